"""The heat balance of heat plants: CHP + boiler = served + dumped + lost + stored; demand = served + unserved."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cosim.results.port_columns import PortColumns, block_sums
from grids.arrays import FloatArray, IntArray
from simulators import ports
from simulators.sinks import EntityLayout, StepRecord

_SIGNS = {
    ports.HEAT_CHP: 1.0,
    ports.HEAT_BOILER: 1.0,
    ports.HEAT_SERVED: -1.0,
    ports.HEAT_DUMPED: -1.0,
    ports.HEAT_LOSS: -1.0,
}
_DEMAND_SIGNS = {ports.HEAT_DEMAND: 1.0, ports.HEAT_SERVED: -1.0, ports.HEAT_UNSERVED: -1.0}


class HeatBalance:
    """Residual of every plant that publishes its heat flows; with `storage_mwh` also what its tank took."""

    def __init__(self, entities: Sequence[EntityLayout], first: StepRecord) -> None:
        plants = [entity for entity in entities if ports.HEAT_CHP in first.ports.get(entity.subject, {})]
        self._demand = _Signed(plants, _DEMAND_SIGNS, first)
        tanks = [entity for entity in plants if math.isfinite(entity.storage_mwh)]
        self._flows = _Signed(tanks, _SIGNS, first)
        self._soc = PortColumns(tanks, (ports.TANK_SOC,), first)
        self._storage_mwh = np.array([entity.storage_mwh for entity in tanks])
        self._members = len(first.grid.result.converged)
        self._previous: FloatArray | None = None

    def residual_mw(self, step: StepRecord) -> FloatArray:
        """(members,) largest absolute imbalance of any plant; the first step has no tank to compare with."""
        parts = [np.zeros((self._members, 1)), self._demand.sums(step)]
        if len(self._storage_mwh):
            stored = self._soc.totals(self._soc.gather(step.ports)) * self._storage_mwh
            if self._previous is not None:
                parts.append(self._flows.sums(step) - (stored - self._previous) * (3600.0 / step.dt_s))
            self._previous = stored
        return np.asarray(np.abs(np.concatenate(parts, axis=1)).max(axis=1))


class _Signed:
    """Signed sums of ports, (members, plant)."""

    def __init__(self, plants: Sequence[EntityLayout], signs: dict[str, float], first: StepRecord) -> None:
        self._columns = PortColumns(plants, tuple(signs), first)
        self._signs = np.repeat(
            [signs[block.port] for block in self._columns.blocks], [block.width for block in self._columns.blocks]
        )
        subjects = [block.entity.subject for block in self._columns.blocks]
        begins = [at for at, subject in enumerate(subjects) if at == 0 or subject != subjects[at - 1]]
        self._starts: IntArray = self._columns.starts[begins]

    def sums(self, step: StepRecord) -> FloatArray:
        """Sum of each plant."""
        return block_sums(self._columns.gather(step.ports) * self._signs, self._starts)
