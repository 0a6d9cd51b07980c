"""How bus voltages answer to injections: one batch of probe flows at a fixed point, once per topology.

The point is the same for every member and every step (no load, no injection, normal taps), so that what a member does
cannot depend on the others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import Engine, FlowState
from grids.powerflow.results import taken

if TYPE_CHECKING:
    from grids.wires import WireState

PROBE_MW = 0.002  # small against any feeder, large against the tolerance of a solver
CHUNK = 256  # probes solved at once: bounds the memory of a large feeder


Slopes = tuple[FloatArray, FloatArray]  # (n, N, N) pu per MW and per MVar: row = the voltage, column = the power


class Sensitivities:
    """dV/dP and dV/dQ between some injection points."""

    def __init__(self, engine: Engine, normal: WireState, points: IntArray) -> None:
        self._engine, self._normal, self._points = engine, normal, points
        self._buses = engine.index.injection_bus[points]
        self._known: dict[bytes, Slopes] = {}

    def of(self, state: FlowState, rows: IntArray) -> Slopes:
        """Of these members at the nominal point, kept by topology; n is 1 where they share one."""
        keys = [
            state.closed[row].tobytes() + state.in_service[row].tobytes() + state.source_on[row].tobytes()
            for row in rows.tolist()
        ]
        for key, row in dict(zip(keys, rows.tolist(), strict=True)).items():
            if key not in self._known:
                self._known[key] = self._probed(self._nominal(state, row))
        distinct = [keys[0]] if len(set(keys)) == 1 else keys
        each = [self._known[key] for key in distinct]
        return np.concatenate([one[0] for one in each]), np.concatenate([one[1] for one in each])

    def _nominal(self, state: FlowState, row: int) -> FlowState:
        """No load, no injection, normal taps; switches and sources as the member has them."""
        idle, demand = np.zeros((1, len(self._engine.index.injection))), np.zeros((1, len(self._engine.index.load)))
        return replace(
            self._normal.spread(1).flow(idle, idle, demand, demand),
            closed=state.closed[[row]],
            in_service=state.in_service[[row]],
            source_on=state.source_on[[row]],
        )

    def _probed(self, one: FlowState) -> Slopes:
        """Central differences around the state of one member."""
        count = len(self._points)
        moves = [(column, reactive, sign) for column in range(count) for reactive in (False, True) for sign in (1, -1)]
        found = np.zeros((len(moves), count))
        for start in range(0, len(moves), CHUNK):
            part = moves[start : start + CHUNK]
            state = taken(one, np.zeros(len(part), dtype=np.int64))  # a copy for every move
            for row, (column, reactive, sign) in enumerate(part):
                (state.q_mvar if reactive else state.p_mw)[row, self._points[column]] += sign * PROBE_MW
            found[start : start + len(part)] = self._engine.solve(state).vm_pu[:, self._buses]
        slopes = (found[0::2] - found[1::2]) / (2.0 * PROBE_MW)  # P and Q of each point in turn
        slopes = np.nan_to_num(slopes)  # where a probe has no solution the step is damped, and the next flow tells
        return np.ascontiguousarray(slopes[0::2].T)[np.newaxis], np.ascontiguousarray(slopes[1::2].T)[np.newaxis]
