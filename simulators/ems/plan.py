"""One device on its way from proposals to a decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.ems.bounds import Interval
from simulators.ems.contract import GROUP, Decision, DeviceView, Proposal
from simulators.ems.split import Fleet, share, unit_sum
from simulators.ports import ON

SLACK_MW = 1e-9  # 1 mW: below what any meter shows
_RANK = attrgetter("priority")
_NO_REASON = np.zeros(1, dtype=np.int64)
_OFF = np.zeros((1, 1), dtype=np.bool_)
_NOTHING = np.zeros(1)


class Plans(Mapping[str, FloatArray]):
    """The proposals of a step, and by device (M,) what it would inject if nothing bound the scope.

    A strategy reads what those before it asked for; a plan is worked out once it is asked for, and again only where
    another proposal came in.
    """

    def __init__(self, devices: Mapping[str, DeviceView]) -> None:
        self.devices = devices
        self._proposals: dict[str, list[Proposal]] = {}
        self._plans: dict[str, Plan] = {}

    def add(self, proposals: Iterable[Proposal]) -> None:
        """Take the opinions of one strategy; of equal priorities the one that came first counts."""
        for proposal in proposals:
            self._proposals.setdefault(proposal.target, []).append(proposal)
            self._plans.pop(proposal.target, None)

    def plan(self, name: str) -> Plan:
        """The plan of a device."""
        plan = self._plans.get(name)
        if plan is None:
            plan = self._plans[name] = Plan(self.devices[name], self._ranked(name))
        return plan

    def about_scope(self) -> Sequence[Proposal]:
        """Bounds on the scope's net export, highest priority first."""
        return self._ranked(GROUP)

    def _ranked(self, target: str) -> Sequence[Proposal]:
        own = self._proposals.get(target, ())
        return own if len(own) < 2 else sorted(own, key=_RANK, reverse=True)

    def __getitem__(self, name: str) -> FloatArray:
        return self.plan(name).total

    def __iter__(self) -> Iterator[str]:
        return iter(self.devices)

    def __len__(self) -> int:
        return len(self.devices)


class Plan:
    """What one device will be told, as far as it is known."""

    def __init__(self, view: DeviceView, ranked: Sequence[Proposal]) -> None:
        self.view = view = _narrowed_units(view, [proposal for proposal in ranked if proposal.per_unit])
        self._fleet: Fleet | None = None  # engines with a minimum
        if view.on_min_mw.any():
            on = view.states[ON] > 0 if ON in view.states else _OFF
            self._fleet = Fleet.of(view.min_mw, view.max_mw, view.on_min_mw, on)
        self._source = view.role == "source"
        self._reason: IntArray = _NO_REASON
        self.bounds = Interval(unit_sum(view.min_mw), unit_sum(view.max_mw))
        self.set_mw: FloatArray
        self.total: FloatArray  # (M,) injection of all units
        if self._source and not ranked:
            self.set_mw, self.total = view.max_mw, self.bounds.upper  # nobody has an opinion: all there is
        else:
            self._take(self._split(self._chosen([proposal for proposal in ranked if not proposal.per_unit])))
        self.asked = self.total  # before the bounds of the scope

    @property
    def steps(self) -> bool:
        """Whether not every total can be given."""
        return self._fleet is not None

    def _chosen(self, ranked: Sequence[Proposal]) -> FloatArray:
        """(M,) total the proposals ask for; each narrows the bounds for those after it."""
        target: FloatArray | None = None
        for proposal in ranked:
            narrowed = self.bounds.narrowed(proposal.lower_mw, proposal.upper_mw)
            wanted = _first(target, proposal.set_mw)
            if self._source:
                lowered = narrowed.upper < self.bounds.upper - SLACK_MW
                if wanted is not None:
                    free = True if target is None else np.isnan(target)
                    lowered = lowered | (free & (wanted < narrowed.upper - SLACK_MW))
                self._blame(lowered, np.asarray(proposal.reason))
            self.bounds, target = narrowed, wanted
        none = self.bounds.upper if self._source else _NOTHING
        return self.bounds.clip(none if target is None else np.where(np.isnan(target), none, target))

    def move(self, by_mw: FloatArray, reason: IntArray, *, up: bool = False, most_mw: FloatArray | None = None) -> None:
        """Change the total by `by_mw` (M,) as far as it goes.

        Args:
            by_mw: wanted change; where it is nothing, the device stays as it is.
            reason: why, where a source loses by it.
            up: of two totals an engine can give, the upper.
            most_mw: no change at all where rounding up would change the total by more.
        """
        before = self.total
        moved = np.abs(by_mw) > SLACK_MW
        if not moved.any():
            return
        wanted = self._split(self.bounds.clip(before + by_mw), up=up)
        total = unit_sum(wanted)
        if up:
            moved = moved & (total <= np.maximum(self.bounds.upper, before) + SLACK_MW)
        if most_mw is not None:
            moved = moved & (total - before <= most_mw + SLACK_MW)
        self._take(np.where(moved[:, np.newaxis], wanted, self.set_mw))
        if self._source:
            self._blame(self.total < before - SLACK_MW, reason)

    def decision(self, unmet_mw: FloatArray, alive: BoolArray) -> Decision:
        """What the device is told; only a source that is held below what it has carries a reason.

        Behind a dead metering point there is nothing to command: sources keep their ceiling, all else is told 0.
        """
        if not self._source:
            set_mw = np.where(alive[:, np.newaxis], self.set_mw, 0.0)
            return Decision(set_mw, np.zeros(set_mw.shape, dtype=np.int64), unmet_mw)
        held = self.set_mw < self.view.max_mw - SLACK_MW
        return Decision(self.set_mw, np.where(held, self._reason[:, np.newaxis], 0), unmet_mw)

    def _take(self, set_mw: FloatArray) -> None:
        self.set_mw, self.total = set_mw, unit_sum(set_mw)

    def _split(self, total_mw: FloatArray, *, up: bool = False) -> FloatArray:
        if self._fleet is None:
            return share(total_mw, self.view.min_mw, self.view.max_mw)
        return self._fleet.split(total_mw, up=up)

    def _blame(self, where: BoolArray, reason: IntArray) -> None:
        self._reason = np.where(where, reason, self._reason)


def _first(target: FloatArray | None, wish: FloatArray | None) -> FloatArray | None:
    """The target so far, and the wish where there is none."""
    if target is None or wish is None:
        return wish if target is None else target
    return np.where(np.isnan(target), wish, target)


def _narrowed_units(view: DeviceView, ranked: Sequence[Proposal]) -> DeviceView:
    """The device with the bounds that proposals set on single units; an engine left less than its minimum is off."""
    if not ranked:
        return view
    units = Interval(view.min_mw, view.max_mw)
    for proposal in ranked:
        units = units.narrowed(proposal.lower_mw, proposal.upper_mw)
    return replace(view, min_mw=units.lower, max_mw=units.upper)
