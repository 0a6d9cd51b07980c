"""Checks of the key `ensemble`, and of a start that is moved by whole days."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, timedelta

import numpy as np

from cosim.ensemble.draws import Draws
from cosim.ensemble.paths import VARY, find_targets
from cosim.ensemble.refusals import owner_of, refused
from cosim.ensemble.sampling import drawn
from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.keys.ensemble import EnsembleSpec
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.tree import Route, dotted, plain
from cosim.scenario.view import View

DAY_S = 86_400
OFFSET: Route = ("time", "offset_days")
_NORMAL = "grid.normal."
_TRIAL = 32  # members drawn to find values out of range, where the file does not say how many there are
_LONGEST_TRIAL = 1000


def _ensemble(view: View) -> EnsembleSpec:
    """The key `ensemble`; if part of it is broken, what is not."""
    read: EnsembleSpec = view.parts.values.get("ensemble", EnsembleSpec())
    if view.parts.usable(("ensemble",)):
        return read
    node = view.tree.at(VARY)
    written = {} if node is None else node.mapping
    vary = {path: plain(child) for path, child in written.items() if view.parts.usable((*VARY, path))}
    sound = {name: getattr(read, name) for name in ("members", "seed", "sampling") if hasattr(read, name)}
    return EnsembleSpec.model_validate(sound | {"vary": vary})


def _needed(view: View, key: str) -> None:
    if not view.parts.usable((key,)):
        raise CannotJudgeError(f"{key} is wrong")


@rule("what members draw")
def draws(view: View) -> Iterator[Problem]:
    """Paths lead to values that may vary, and what is drawn for them fits there."""
    spec = _ensemble(view)
    if not spec.vary:
        return
    targets, problems = find_targets(view.tree, spec.vary)
    yield from problems
    read = view.parts.values.get
    usable = [target for target in targets if view.parts.usable(owner_of(target.route, read))]
    size = min(spec.members or _TRIAL, _LONGEST_TRIAL)
    members = np.arange(size, dtype=np.int64)
    trial = Draws(size, members, spec.seed, drawn(usable, spec, size, range(size)))
    yield from refused(trial, usable, view.tree, read)


@rule("switches that vary")
def switches(view: View) -> Iterator[Problem]:
    """A switch of an imported network that varies exists, though `grid.normal` need not name it."""
    for path in _ensemble(view).vary:
        if path.startswith(_NORMAL):
            _needed(view, "grid")
            name = path.removeprefix(_NORMAL)
            known = view.names.switches if view.names is not None else view.network.grid.index.switch
            if name not in known:
                yield unknown(view, (*VARY, path), "switch", name, known)


@rule("start moved by whole days")
def offset(view: View) -> Iterator[Problem]:
    """A moved start needs days of equal length, steps that fill them, and nothing that is tied to a date."""
    varied = _ensemble(view).vary.get(dotted(OFFSET))
    if varied is None and view.tree.at(OFFSET) is None:
        return
    _needed(view, "time")
    time = view.time
    if varied is None and time.offset_days == 0:
        return
    route: Route = OFFSET if varied is None else (*VARY, dotted(OFFSET))
    highest = time.offset_days if varied is None else varied.highest
    if view.parts.names("events"):
        named = f"the scenario has {', '.join(view.parts.names('events'))}"
        hint = "take the events out, or leave the start as it is (null drops this path)"
        yield view.problem(route, "does not go together with timed events", given=named, hint=hint)
    if DAY_S % time.step_s:
        given = f"the step has {time.step_s} s"
        yield view.problem(route, "needs a step that divides a day", given=given, hint="as PT15M")
    elif not (view.axis.dt_s == time.step_s).all():
        hint = "choose a start and a step that meet every clock half hour, as 00:00 and PT15M"
        yield view.problem(route, "needs steps of one length: clock half hours cut some", hint=hint)
    if math.isinf(highest):
        yield view.problem(route, "has no upper bound", hint="give high, or choose another distribution")
    elif changed := _clock_change(view, round(highest)):
        hint = "choose a zone without daylight saving as Etc/GMT-1, or a span without the change"
        message = f"the clock of {time.timezone} changes on {changed}, so days have different lengths"
        yield view.problem(route, message, hint=hint)


def _clock_change(view: View, days: int) -> str:
    """The first day of the run, or of it moved by up to `days`, that has not 24 hours; empty if there is none."""
    first = view.time.first
    last = first.astimezone(UTC) + timedelta(seconds=view.time.duration_s, days=days)
    for day in range(math.ceil((last - first) / timedelta(days=1))):
        moment = min(first.astimezone(UTC) + timedelta(days=day + 1), last).astimezone(view.time.zone)
        if moment.utcoffset() != first.utcoffset():
            return f"or before {moment.date().isoformat()}"
    return ""
