"""From proposals to one decision per device. Pure: the same observation and proposals give the same decision.

Device safety first (the ranges), then proposals by priority, each choosing inside what the higher ones left; then the
bounds on the scope as a whole, met by moving devices in a stated order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.reasons import Reason
from simulators.ems.bounds import UNBOUNDED, Interval
from simulators.ems.contract import Decision, Observation, Proposal
from simulators.ems.plan import SLACK_MW, Plan, Plans

_CUT_BY_ROLE = {"storage": 0, "engine": 1, "source": 2}
_RAISED = ("storage", "engine")  # who makes up a deficit, in this order; sources give all they may already
_EXPORT = np.array([Reason.EXPORT], dtype=np.int64)


def full_cut_order(cut_order: Sequence[str], roles: Mapping[str, str]) -> tuple[str, ...]:
    """Whose power goes first when too much would be exported.

    Devices left out of `cut_order` follow it: charge storage, engines down, then cut sources.
    """
    rest = sorted(set(roles) - set(cut_order), key=lambda name: (_CUT_BY_ROLE[roles[name]], name))
    return (*cut_order, *rest)


def arbitrate(
    observation: Observation, proposals: Iterable[Proposal], cut_order: Sequence[str] = ()
) -> dict[str, Decision]:
    """One decision per device of the scope.

    Args:
        observation: what is known of this step.
        proposals: every opinion; the order decides between equal priorities.
        cut_order: devices in the order in which an excess is taken from them; those left out follow.
    """
    plans = Plans(observation.devices)
    plans.add(proposals)
    roles = {name: view.role for name, view in observation.devices.items()}
    return decide(observation, plans, full_cut_order(cut_order, roles))


def decide(observation: Observation, plans: Plans, order: Sequence[str]) -> dict[str, Decision]:
    """`arbitrate` for plans already made (they are used up) and an `order` that names every device."""
    made = {name: plans.plan(name) for name in observation.devices}
    bounds, reasons = _group_bounds(plans.about_scope())
    # Losses are last step's. A lower bound counts on them, an upper bound does not: when engines start they fall, and
    # the margin to a relay would be lost. A step that did not converge leaves them unknown: none.
    lower = bounds.lower + np.where(np.isnan(observation.losses_mw), 0.0, observation.losses_mw)
    # behind a dead point nothing can be exported or imported: no bound to meet
    alive = observation.alive
    lower = np.where(alive, lower, -np.inf)
    bounds = Interval(lower, np.where(alive, np.maximum(bounds.upper, lower), np.inf))
    unmet = _meet(made, order, bounds, -observation.demand_mw, reasons)
    return {name: plan.decision(unmet, alive) for name, plan in made.items()}


def _group_bounds(ranked: Sequence[Proposal]) -> tuple[Interval, IntArray]:
    """Bounds on net export, and whose reason counts where the upper one binds."""
    bounds, reasons = UNBOUNDED, _EXPORT
    for proposal in ranked:
        narrowed = bounds.narrowed(proposal.lower_mw, proposal.upper_mw)
        reasons = np.where(narrowed.upper < bounds.upper, proposal.reason, reasons)
        bounds = narrowed
    return bounds, reasons


def _meet(
    plans: Mapping[str, Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: IntArray
) -> FloatArray:
    """Move devices until the net export lies inside its bounds; (M,) what could not be met, positive = too much."""
    net = _net(plans, fixed_mw)
    if (net > bounds.upper + SLACK_MW).any():
        _cut(plans, order, bounds, fixed_mw, reasons)
        net = _net(plans, fixed_mw)
    if (net < bounds.lower - SLACK_MW).any():
        _raise(plans, order, bounds, fixed_mw, reasons)
        net = _net(plans, fixed_mw)
    return np.asarray(np.maximum(net - bounds.upper, 0.0) - np.maximum(bounds.lower - net, 0.0))


def _cut(
    plans: Mapping[str, Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: IntArray
) -> None:
    """Take an excess from the devices in order.

    First an engine stops no sooner than it must and leaves the rest to the next device; only what then is still too
    much stops it, and what that frees is given back, last cut first.
    """
    for engines_stop in (False, True):
        for name in order:
            if plans[name].steps or not engines_stop:
                excess = np.maximum(_net(plans, fixed_mw) - bounds.upper, 0.0)
                plans[name].move(-excess, reasons, up=not engines_stop)
        if not (_net(plans, fixed_mw) > bounds.upper + SLACK_MW).any():
            break
    for name in reversed(order):
        plan = plans[name]
        room = np.maximum(bounds.upper - _net(plans, fixed_mw), 0.0)
        plan.move(np.minimum(room, np.maximum(plan.asked - plan.total, 0.0)), reasons)


def _raise(
    plans: Mapping[str, Plan], order: Sequence[str], bounds: Interval, fixed_mw: FloatArray, reasons: IntArray
) -> None:
    """Make up a deficit: storage, then engines as far as they go without too much, then one more at its minimum."""
    ranked = [name for role in _RAISED for name in reversed(order) if plans[name].view.role == role]
    for name in ranked:
        deficit = np.maximum(bounds.lower - _net(plans, fixed_mw), 0.0)
        plans[name].move(deficit, reasons)
    for name in ranked:
        if plans[name].steps:
            net = _net(plans, fixed_mw)
            plans[name].move(np.maximum(bounds.lower - net, 0.0), reasons, up=True, most_mw=bounds.upper - net)


def _net(plans: Mapping[str, Plan], fixed_mw: FloatArray) -> FloatArray:
    net = fixed_mw
    for plan in plans.values():
        net = net + plan.total
    return net
