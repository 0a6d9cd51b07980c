"""The heat balance of heat plants: CHP + boiler = served + dumped + lost + stored; demand = served + unserved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosim.results.port_columns import PortColumns, block_sums
from grids.arrays import FloatArray, IntArray
from simulators import ports
from simulators.sinks import EntityLayout, StepBlock

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

    def __init__(self, entities: Sequence[EntityLayout], first: StepBlock) -> None:
        plants = [entity for entity in entities if ports.HEAT_CHP in first.ports.get(entity.subject, {})]
        self._demand = _Signed(plants, _DEMAND_SIGNS, first)
        tanks = [entity for entity in plants if np.isfinite(entity.storage_mwh).all()]
        self._flows = _Signed(tanks, _SIGNS, first)
        self._soc = PortColumns(tanks, (ports.TANK_SOC,), first)
        held = np.broadcast_arrays(*(np.atleast_1d(tank.storage_mwh) for tank in tanks))
        self._storage_mwh = np.stack(held, axis=1) if tanks else np.zeros((1, 0))  # one row for all, or one a member
        self._stored: FloatArray | None = None

    def residual_mw(self, block: StepBlock) -> FloatArray:
        """(rows,) largest absolute imbalance of any plant; the first step has no tank to compare with."""
        parts = [np.zeros((block.rows, 1)), self._demand.sums(block)]
        if self._storage_mwh.size:
            stored = block.by_step(self._soc.totals(self._soc.gather(block))) * self._storage_mwh
            before = stored[:1] if self._stored is None else self._stored[np.newaxis]
            taken = np.diff(stored, axis=0, prepend=before) * (3600.0 / block.dt_s)[:, np.newaxis, np.newaxis]
            missing = block.by_step(self._flows.sums(block)) - taken
            if self._stored is None:
                missing[0] = 0.0
            self._stored = stored[-1]
            parts.append(missing.reshape(block.rows, -1))
        return np.asarray(np.abs(np.concatenate(parts, axis=1)).max(axis=1))


class _Signed:
    """Signed sums of ports, (rows, plant)."""

    def __init__(self, plants: Sequence[EntityLayout], signs: dict[str, float], first: StepBlock) -> None:
        self._columns = PortColumns(plants, tuple(signs), first)
        self._signs = np.repeat(
            [signs[block.port] for block in self._columns.blocks], [block.width for block in self._columns.blocks]
        )
        subjects = [block.entity.subject for block in self._columns.blocks]
        begins = [at for at, subject in enumerate(subjects) if at == 0 or subject != subjects[at - 1]]
        self._starts: IntArray = self._columns.starts[begins]

    def sums(self, block: StepBlock) -> FloatArray:
        """Sum of each plant."""
        return block_sums(self._columns.gather(block) * self._signs, self._starts)
