"""Balancing groups beside the meters: energies by clock half hour, and what the plans missed of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cosim.rules.facts import Arrangement, PlanFact
from grids.arrays import FloatArray
from simulators.axis import HALF_HOUR_S
from simulators.sinks import Layout, StepBlock
from simulators.sources.clock import epoch_seconds
from simulators.sources.noise import stream_key

DEMAND, SUPPLY = "demand_kwh", "supply_kwh"  # of a group; what plants draw themselves counts against what they give
IMBALANCE = "imbalance_kwh"  # actual less planned demand, less that of generation; positive = shortfall


@dataclass(frozen=True)
class MeteredGroup:
    """A balancing group: positions of its loads and injections, and how good its plans are."""

    name: str
    loads: tuple[int, ...]
    injections: tuple[int, ...]
    plan: PlanFact


def metered_groups(facts: Arrangement) -> Iterator[MeteredGroup]:
    """Those of a study."""
    for group in facts.balancing:
        loads = tuple(at for name in group.customers for at in facts.customer[name].loads)
        injections = tuple(at for name in group.plants for at in facts.plant[name].injections)
        yield MeteredGroup(group.name, loads, injections, group.plan)


def powers_of(group: MeteredGroup, block: StepBlock) -> FloatArray:
    """(row, 2) demand and generation of a block, MW."""
    used = block.grid.p_served_mw[:, list(group.loads)].sum(axis=1)
    given = block.grid.p_actual_mw[:, list(group.injections)].sum(axis=1)
    return np.stack([used, given], axis=1)


def missed_kwh(group: MeteredGroup, demand_kwh: FloatArray, supply_kwh: FloatArray, layout: Layout) -> FloatArray:
    """(K, M) imbalance of the half hours from the start of a run on, by the plans the rule `planned-balancing` judges.

    Args:
        group: the group.
        demand_kwh: (K, M).
        supply_kwh: (K, M).
        layout: of the run.
    """
    from cosim.rules.balancing import planned  # noqa: PLC0415  (limits and findings with it)
    from cosim.rules.forecast import PlanErrors  # noqa: PLC0415

    keys = [stream_key(group.plan.seed, f"balancing.{group.name}", int(number)) for number in layout.member]
    errors = PlanErrors(keys, 2, group.plan.day_ahead_error_percent / 100.0, group.plan.gate)
    error = errors.of(epoch_seconds(layout.axis.utc[0]) // HALF_HOUR_S + np.arange(len(demand_kwh)))
    beyond = demand_kwh - planned(demand_kwh, error[..., 0])
    return np.asarray(beyond - (supply_kwh - planned(supply_kwh, error[..., 1])))
