"""Checks of the key `time`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cosim.errors import Problem
from cosim.scenario.rules import rule
from cosim.scenario.view import LONGEST_RUN_STEPS, View


@rule("end after start", "time")
def end_after_start(view: View) -> Iterator[Problem]:
    """The run must have a length."""
    time = view.time
    if time.end is not None and time.duration_s <= 0:
        given = f"start {time.start.isoformat()}, end {time.end.isoformat()}"
        yield view.problem(
            ("time", "end"), "must be after start", given=given, hint="`end` is the moment after the run"
        )


@rule("local times exist once", "time.start", "time.end", "time.timezone")
def exists_once(view: View) -> Iterator[Problem]:
    """A local time in the hour a clock skips does not exist; one in the hour it repeats exists twice."""
    time = view.time
    for key in ("start", "end"):
        local: datetime | None = getattr(time, key)
        if local is None:
            continue
        aware = local.replace(tzinfo=time.zone)
        hint = "choose another hour, or a zone without daylight saving as Etc/GMT-1"
        if aware.astimezone(UTC).astimezone(time.zone).replace(tzinfo=None) != local:
            message = f"does not exist in {time.timezone}: the clock is put forward over it"
            yield view.problem(("time", key), message, given=local.isoformat(), hint=hint)
        elif aware.utcoffset() != aware.replace(fold=1).utcoffset():
            message = f"exists twice in {time.timezone}: the clock is put back over it"
            yield view.problem(("time", key), message, given=local.isoformat(), hint=hint)


@rule("step fits the run", "time")
def step_fits(view: View) -> Iterator[Problem]:
    """The run is a whole number of steps, and not an absurd one."""
    time = view.time
    length, step = time.duration_s, time.step_s
    route = ("time", "step")
    if length <= 0:
        return
    if step > length:
        yield view.problem(route, "is longer than the run", given=f"{step} s, the run has {length} s")
    elif length % step:
        rest = length % step
        hint = "choose a step that divides the run"
        yield view.problem(route, "does not divide the run", given=f"{rest} s are left over", hint=hint)
    elif length > LONGEST_RUN_STEPS * step:
        given = f"{length // step} steps, at most {LONGEST_RUN_STEPS}"
        yield view.problem(route, "makes too many steps", given=given)
