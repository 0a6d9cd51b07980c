"""From proposals to one decision per device. Pure: the same observation and proposals give the same decision.

Device safety first (the ranges), then proposals by priority, each choosing inside what the higher ones left; then the
bounds on the scope as a whole, met by moving devices in a stated order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators.ems.bounds import Interval, unbounded
from simulators.ems.contract import GROUP, Decision, DeviceView, Observation, Proposal
from simulators.ems.split import split
from simulators.ports import ON

_SLACK_MW = 1e-9  # 1 mW: below what any meter shows
_CUT_BY_ROLE = {"storage": 0, "engine": 1, "source": 2}
_RAISED = ("storage", "engine")  # who makes up a deficit, in this order; sources give all they may already


def default_cut_order(devices: Mapping[str, DeviceView]) -> tuple[str, ...]:
    """Whose power goes first when too much would be exported: charge storage, engines down, then cut sources."""
    return tuple(sorted(devices, key=lambda name: (_CUT_BY_ROLE[devices[name].role], name)))


def arbitrate(
    observation: Observation, proposals: Iterable[Proposal], cut_order: Sequence[str] = ()
) -> dict[str, Decision]:
    """One decision per device of the scope.

    Args:
        observation: what is known of this step.
        proposals: every opinion; the order decides between equal priorities.
        cut_order: devices in the order in which an excess is taken from them; those left out follow.
    """
    ranked = sorted(proposals, key=lambda proposal: -proposal.priority)
    devices = observation.devices
    order = (*cut_order, *(name for name in default_cut_order(devices) if name not in cut_order))
    plans = {name: _Plan(view, [p for p in ranked if p.target == name]) for name, view in devices.items()}
    bounds, reasons = _group_bounds(observation, [p for p in ranked if p.target == GROUP])
    # Losses are last step's. A lower bound counts on them, an upper bound does not: when engines start they fall, and
    # the margin to a relay would be lost. A step that did not converge leaves them unknown: none.
    fixed = -observation.demand_mw
    losses = np.nan_to_num(observation.losses_mw)
    bounds = Interval(bounds.lower + losses, np.maximum(bounds.upper, bounds.lower + losses))
    alive = observation.alive
    if not alive.all():  # nothing can be exported or imported: no bound to meet
        open_ = unbounded(len(alive))
        bounds = Interval(np.where(alive, bounds.lower, open_.lower), np.where(alive, bounds.upper, open_.upper))
    unmet = _meet(plans, order, bounds, fixed, reasons)
    return {name: plan.decision(unmet, alive) for name, plan in plans.items()}


def planned_mw(view: DeviceView, proposals: Iterable[Proposal]) -> FloatArray:
    """(M,) what a device would inject if nothing bound the scope: what later strategies may count on."""
    own = [proposal for proposal in proposals if proposal.target == view.name]
    return _Plan(view, sorted(own, key=lambda proposal: -proposal.priority)).total


class Planned(Mapping[str, FloatArray]):
    """`planned_mw` of each device of a scope, worked out only where a strategy asks."""

    def __init__(self, devices: Mapping[str, DeviceView], proposals: Sequence[Proposal]) -> None:
        self._devices, self._proposals = devices, tuple(proposals)

    def __getitem__(self, name: str) -> FloatArray:
        return planned_mw(self._devices[name], self._proposals)

    def __iter__(self) -> Iterator[str]:
        return iter(self._devices)

    def __len__(self) -> int:
        return len(self._devices)


class _Plan:
    """One device on its way to a decision."""

    def __init__(self, view: DeviceView, ranked: Sequence[Proposal]) -> None:
        self.view = view = _narrowed_units(view, [proposal for proposal in ranked if proposal.per_unit])
        self.steps = bool((view.on_min_mw > 0.0).any())  # not every total can be given (engines with a minimum)
        on = view.states.get(ON)
        self._on = np.zeros(view.max_mw.shape, dtype=bool) if on is None else np.asarray(on > 0)
        self.bounds = Interval(np.add.reduce(view.min_mw, axis=1), np.add.reduce(view.max_mw, axis=1))
        target = np.full(len(view.max_mw), np.nan)
        self._reason = np.zeros(len(view.max_mw), dtype=np.int64)
        self.clipped_by = ""
        self.set_mw: FloatArray
        self.total: FloatArray  # (M,) injection of all units
        for proposal in ranked:
            if proposal.per_unit:
                continue
            narrowed = self.bounds.narrowed(proposal.lower_mw, proposal.upper_mw)
            lowered = narrowed.upper < self.bounds.upper - _SLACK_MW
            free = np.isnan(target)
            wanted = np.where(free, proposal.set_mw, target)
            lowered |= free & (wanted < narrowed.upper - _SLACK_MW)
            self._blame(lowered, np.asarray(proposal.reason), proposal.source)
            self.bounds, target = narrowed, wanted
        if view.role == "source" and not ranked:
            self._take(view.max_mw)  # nobody has an opinion: all there is
        else:
            target = np.where(np.isnan(target), self.bounds.upper if view.role == "source" else 0.0, target)
            self._take(self._split(self.bounds.clip(target)))
        self.asked = self.total  # before the bounds of the scope

    def move(
        self,
        by_mw: FloatArray,
        reason: FloatArray,
        source: str,
        *,
        up: bool = False,
        most_mw: FloatArray | None = None,
    ) -> None:
        """Change the total by `by_mw` (M,) as far as it goes.

        Args:
            by_mw: wanted change; where it is nothing, the device stays as it is.
            reason: why, where a source loses by it.
            source: who asks.
            up: of two totals an engine can give, the upper.
            most_mw: no change at all where rounding up would change the total by more.
        """
        before = self.total
        moved = np.abs(by_mw) > _SLACK_MW
        if not moved.any():
            return
        wanted = self._split(self.bounds.clip(before + by_mw), up=up)
        total = np.add.reduce(wanted, axis=1)
        if up:
            moved = moved & (total <= np.maximum(self.bounds.upper, before) + _SLACK_MW)
        if most_mw is not None:
            moved = moved & (total - before <= most_mw + _SLACK_MW)
        self._take(np.where(moved[:, np.newaxis], wanted, self.set_mw))
        self._blame(self.total < before - _SLACK_MW, reason, source)

    def decision(self, unmet_mw: FloatArray, alive: BoolArray) -> Decision:
        """What the device is told; only a source that is held below what it has carries a reason.

        Behind a dead metering point there is nothing to command: sources keep their ceiling, all else is told 0.
        """
        if self.view.role != "source" and not alive.all():
            self.set_mw = np.where(alive[:, np.newaxis], self.set_mw, 0.0)
        cut = np.zeros(self.set_mw.shape, dtype=np.int64)
        if self.view.role == "source":
            held = self.set_mw < self.view.max_mw - _SLACK_MW
            if held.any():
                cut = np.where(held, self._reason[:, np.newaxis], int(Reason.NONE)).astype(np.int64)
        return Decision(self.set_mw, cut, self.clipped_by, unmet_mw)

    def _take(self, set_mw: FloatArray) -> None:
        self.set_mw, self.total = set_mw, np.asarray(np.add.reduce(set_mw, axis=1))

    def _split(self, total_mw: FloatArray, *, up: bool = False) -> FloatArray:
        view = self.view
        return split(total_mw, view.min_mw, view.max_mw, view.on_min_mw, self._on, up=up)

    def _blame(self, where: BoolArray, reason: FloatArray | IntArray, source: str) -> None:
        if where.any():
            self._reason = np.where(where, reason, self._reason)
            self.clipped_by = source


def _group_bounds(observation: Observation, ranked: Sequence[Proposal]) -> tuple[Interval, FloatArray]:
    """Bounds on net export, and whose reason counts where the upper one binds."""
    bounds = unbounded(len(observation.demand_mw))
    reasons = np.full(len(observation.demand_mw), int(Reason.EXPORT))
    for proposal in ranked:
        narrowed = bounds.narrowed(proposal.lower_mw, proposal.upper_mw)
        reasons = np.where(narrowed.upper < bounds.upper, proposal.reason, reasons)
        bounds = narrowed
    return bounds, reasons


def _meet(
    plans: Mapping[str, _Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: FloatArray
) -> FloatArray:
    """Move devices until the net export lies inside its bounds; (M,) what could not be met, positive = too much."""
    net = _net(plans, fixed_mw)
    if np.any(net > bounds.upper + _SLACK_MW):
        _cut(plans, order, bounds, fixed_mw, reasons)
        net = _net(plans, fixed_mw)
    if np.any(net < bounds.lower - _SLACK_MW):
        _raise(plans, order, bounds, fixed_mw, reasons)
        net = _net(plans, fixed_mw)
    return np.asarray(np.maximum(net - bounds.upper, 0.0) - np.maximum(bounds.lower - net, 0.0))


def _cut(
    plans: Mapping[str, _Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: FloatArray
) -> None:
    """Take an excess from the devices in order.

    First an engine stops no sooner than it must and leaves the rest to the next device; only what then is still too
    much stops it, and what that frees is given back, last cut first.
    """
    for engines_stop in (False, True):
        for name in order:
            excess = np.maximum(_net(plans, fixed_mw) - bounds.upper, 0.0)
            if not engines_stop or plans[name].steps:
                plans[name].move(-excess, reasons, "group upper bound", up=not engines_stop)
        if not np.any(_net(plans, fixed_mw) > bounds.upper + _SLACK_MW):
            break
    for name in reversed(order):
        room = np.maximum(bounds.upper - _net(plans, fixed_mw), 0.0)
        plan = plans[name]
        plan.move(np.minimum(room, np.maximum(plan.asked - plan.total, 0.0)), reasons, "group upper bound")


def _raise(
    plans: Mapping[str, _Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: FloatArray
) -> None:
    """Make up a deficit: storage, then engines as far as they go without too much, then one more at its minimum."""
    ranked = [name for role in _RAISED for name in reversed(order) if plans[name].view.role == role]
    for name in ranked:
        deficit = np.maximum(bounds.lower - _net(plans, fixed_mw), 0.0)
        plans[name].move(deficit, reasons, "group lower bound")
    for name in ranked:
        if plans[name].steps:
            net = _net(plans, fixed_mw)
            deficit, room = np.maximum(bounds.lower - net, 0.0), bounds.upper - net
            plans[name].move(deficit, reasons, "group lower bound", up=True, most_mw=room)


def _narrowed_units(view: DeviceView, ranked: Sequence[Proposal]) -> DeviceView:
    """The device with the bounds that proposals set on single units; an engine left less than its minimum is off."""
    if not ranked:
        return view
    units = Interval(view.min_mw, view.max_mw)
    for proposal in ranked:
        units = units.narrowed(proposal.lower_mw, proposal.upper_mw)
    return replace(view, min_mw=units.lower, max_mw=units.upper)


def _net(plans: Mapping[str, _Plan], fixed_mw: FloatArray) -> FloatArray:
    net = fixed_mw
    for plan in plans.values():
        net = net + plan.total
    return net
