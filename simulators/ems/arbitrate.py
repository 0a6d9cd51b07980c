"""From proposals to one decision per device. Pure: the same observation and proposals give the same decision.

Device safety first (the ranges), then proposals by priority, each choosing inside what the higher ones left; then the
bounds on the scope as a whole, met by moving devices in a stated order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators.ems.bounds import Interval, unbounded
from simulators.ems.contract import GROUP, Decision, DeviceView, Observation, Proposal
from simulators.ems.split import split
from simulators.ports import ON

_SLACK_MW = 1e-9  # 1 mW: below what any meter shows
_CUT_BY_ROLE = {"storage": 0, "engine": 1, "source": 2}


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
    fixed = -observation.demand_mw - observation.losses_mw
    unmet = _meet(plans, order, bounds, fixed, reasons)
    return {name: plan.decision(unmet) for name, plan in plans.items()}


def planned_mw(view: DeviceView, proposals: Iterable[Proposal]) -> FloatArray:
    """(M,) what a device would inject if nothing bound the scope: what later strategies may count on."""
    own = [proposal for proposal in proposals if proposal.target == view.name]
    return _Plan(view, sorted(own, key=lambda proposal: -proposal.priority)).total


class _Plan:
    """One device on its way to a decision."""

    def __init__(self, view: DeviceView, ranked: Sequence[Proposal]) -> None:
        self.view = view
        self._on = np.asarray(view.states.get(ON, np.zeros_like(view.max_mw)) > 0)
        self.bounds = Interval(view.min_mw.sum(axis=1), view.max_mw.sum(axis=1))
        target = np.full(len(view.max_mw), np.nan)
        self._reason = np.zeros(len(view.max_mw), dtype=np.int64)
        self.clipped_by = ""
        for proposal in ranked:
            narrowed = self.bounds.narrowed(proposal.lower_mw, proposal.upper_mw)
            lowered = narrowed.upper < self.bounds.upper - _SLACK_MW
            wanted = np.where(np.isnan(target), proposal.set_mw, target)
            lowered |= np.isnan(target) & (wanted < narrowed.upper - _SLACK_MW)
            self._blame(lowered, np.asarray(proposal.reason), proposal.source)
            self.bounds, target = narrowed, wanted
        self.set_mw = self._split(self.bounds.clip(np.where(np.isnan(target), self._unasked(), target)))

    @property
    def total(self) -> FloatArray:
        """(M,) injection of all units."""
        return np.asarray(self.set_mw.sum(axis=1))

    def move(self, by_mw: FloatArray, reason: FloatArray, source: str) -> FloatArray:
        """Change the total by `by_mw` (M,) as far as it goes; what really changed."""
        before = self.total
        wanted = self.bounds.clip(before + by_mw)
        moved = np.abs(by_mw) > _SLACK_MW
        after = np.where(moved[:, np.newaxis], self._split(wanted), self.set_mw)
        self._blame(after.sum(axis=1) < before - _SLACK_MW, reason, source)
        self.set_mw = after
        return np.asarray(self.total - before)

    def decision(self, unmet_mw: FloatArray) -> Decision:
        """What the device is told; only a source that is held below what it has carries a reason."""
        cut = np.zeros(self.set_mw.shape, dtype=np.int64)
        if self.view.role == "source":
            held = self.set_mw < self.view.max_mw - _SLACK_MW
            cut = np.where(held, self._reason[:, np.newaxis], int(Reason.NONE)).astype(np.int64)
        return Decision(self.set_mw, cut, self.clipped_by, unmet_mw)

    def _unasked(self) -> FloatArray:
        """What a device does if nobody has an opinion: a source gives all, the rest rest."""
        return self.bounds.upper if self.view.role == "source" else np.zeros_like(self.bounds.upper)

    def _split(self, total_mw: FloatArray) -> FloatArray:
        view = self.view
        return split(total_mw, view.min_mw, view.max_mw, view.on_min_mw, self._on)

    def _blame(self, where: BoolArray, reason: FloatArray | IntArray, source: str) -> None:
        self._reason = np.where(where, reason, self._reason)
        if np.any(where):
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
    for name in order:
        net = _net(plans, fixed_mw)
        plans[name].move(-np.maximum(net - bounds.upper, 0.0), reasons, "group upper bound")
    for name in reversed(order):
        if plans[name].view.role != "source":
            net = _net(plans, fixed_mw)
            plans[name].move(np.maximum(bounds.lower - net, 0.0), reasons, "group lower bound")
    net = _net(plans, fixed_mw)
    return np.asarray(np.maximum(net - bounds.upper, 0.0) - np.maximum(bounds.lower - net, 0.0))


def _net(plans: Mapping[str, _Plan], fixed_mw: FloatArray) -> FloatArray:
    net = fixed_mw
    for plan in plans.values():
        net = net + plan.total
    return net
