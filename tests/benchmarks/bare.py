"""The bare solver: power-grid-model alone on the very powers a run solved, bus voltages and line loadings out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from power_grid_model import ComponentType, PowerGridModel

from grids.normalise import NormalisedGrid
from grids.powerflow.contract import FlowState
from grids.powerflow.kirchhoff import fused
from grids.powerflow.pgm_input import PgmInput
from grids.topology import connected_ends
from tests.benchmarks.measure import seconds

OUTPUT = {ComponentType.node: ["u_pu"], ComponentType.generic_branch: ["loading"]}
W = 1e6


class Bare:
    """`update` + `calculate_power_flow` for one member, one batched call for many; no check, no conversion."""

    def __init__(self, grid: NormalisedGrid, states: Sequence[FlowState], threads: int) -> None:
        connected = connected_ends(grid.index, grid.normal.closed[0], grid.normal.in_service[0])
        tables = PgmInput(grid).tables(connected, grid.normal.source_on[0], fused(grid.index, connected))
        self._model = PowerGridModel(tables)
        self._threads = threads
        self._many = states[0].members > 1
        self._updates = [
            {
                ComponentType.sym_load: _powers(state.p_load_mw, state.q_load_mvar),
                ComponentType.sym_gen: _powers(state.p_mw, state.q_mvar),
            }
            for state in states
        ]
        if not self._many:
            self._updates = [
                {name: {attr: values[0] for attr, values in columns.items()} for name, columns in update.items()}
                for update in self._updates
            ]

    def run(self) -> float:
        """Seconds per step."""
        return seconds(self._batches if self._many else self._singles) / len(self._updates)

    def _singles(self) -> None:
        for update in self._updates:
            self._model.update(update_data=update)
            self._model.calculate_power_flow(output_component_types=OUTPUT)

    def _batches(self) -> None:
        threading = self._threads if self._threads > 1 else -1
        for update in self._updates:
            self._model.calculate_power_flow(update_data=update, output_component_types=OUTPUT, threading=threading)


def _powers(p_mw: np.ndarray, q_mvar: np.ndarray) -> dict[str, np.ndarray]:
    return {"p_specified": p_mw * W, "q_specified": q_mvar * W}
