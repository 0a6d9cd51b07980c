"""Inverters that follow the voltage: solved together with the network, member by member.

Two levels (prototypes.md 4): outside the AC power flow, inside the exact laws on a network that is linear around it.
A member ends when the voltages its inverters were set for are those of the flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.powerflow.contract import Engine, FeederIndex, FlowResult, FlowState
from grids.powerflow.results import put
from grids.regulators.law import Law, rows_of
from grids.regulators.linear_network import LinearNetwork, agree
from grids.regulators.responses import Response
from grids.regulators.sensitivities import Sensitivities

if TYPE_CHECKING:
    from grids.wires import WireState

FLOWS = 20  # per solution; 2-5 are usual
CLOSE_PU = 2e-8  # voltage the inverters were set for against that of the flow
CLOSE_SHARE = 1e-7  # or powers that would not change any more, as a share of the rating
ENTRIES = 4_000_000  # sensitivities held at once: bounds the memory of many members with many inverters


@dataclass(frozen=True)
class ControlledGroup:
    """Inverters under one law: positions among the injections, and how far their terminals are above the bus.

    `rise_pu` is the rise from the bus to the terminals at `rated_mw`; it grows with the power given.
    """

    points: IntArray  # (units,)
    response: Response
    rated_mw: FloatArray  # (M or 1, units)
    rise_pu: FloatArray  # (M or 1, units)


@dataclass(frozen=True, slots=True)
class InverterFlow:
    """The solution for some members, in their order."""

    p_mw: FloatArray  # (n, N) what the inverters give
    q_mvar: FloatArray
    result: FlowResult
    terminal_pu: FloatArray  # (n, N) voltages they are set for
    unsettled: BoolArray  # (n,)


class InverterControls:
    """Every controlled inverter of a network; N in all, the groups one after the other."""

    def __init__(self, groups: Sequence[ControlledGroup], index: FeederIndex, normal: WireState) -> None:
        self.groups = tuple(groups)
        self.points = np.concatenate([group.points for group in groups])
        self._normal = normal
        self._bus = index.injection_bus[self.points]
        ends = np.cumsum([0, *(len(group.points) for group in groups)])
        self._columns = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        members = max(len(group.rated_mw) for group in groups)
        self._rated = _joined([group.rated_mw for group in groups], members)
        rated = np.where(self._rated > 0.0, self._rated, 1.0)
        self._rise = _joined([group.rise_pu for group in groups], members) / rated
        self._sensitivities: Sensitivities | None = None
        self._held: BoolArray | None = None  # (M, N) inverters behind an open breaker

    def holding(self, blocked: BoolArray) -> InverterControls:
        """The same for a step in which the injections `blocked` (M, injection) give neither P nor Q."""
        held = copy(self)
        held._held = blocked[:, self.points]
        return held

    def __len__(self) -> int:
        return len(self.points)

    def settle(
        self, engine: Engine, asked: FlowState, state: FlowState, rows: IntArray, terminal_pu: FloatArray
    ) -> InverterFlow:
        """Solve these members with every inverter on its law.

        Args:
            engine: of the network.
            asked: powers asked for, all members.
            state: taps and switches to solve with, all members.
            rows: members to solve.
            terminal_pu: (M, N) voltages to begin with.
        """
        most = max(1, ENTRIES // max(1, len(self) ** 2))
        parts = [
            self._settle(engine, asked, state, rows[start : start + most], terminal_pu)
            for start in range(0, len(rows), most)
        ]
        return parts[0] if len(parts) == 1 else _together(parts)

    def _settle(
        self, engine: Engine, asked: FlowState, state: FlowState, rows: IntArray, terminal_pu: FloatArray
    ) -> InverterFlow:
        law = self._law(rows, asked)
        guess = terminal_pu[rows]
        p, q = law.powers(guess)
        result = self._flow(engine, state, rows, p, q)
        left = np.arange(len(rows))  # positions among `rows` of members that are not at rest
        network: LinearNetwork | None = None
        for _ in range(FLOWS):
            here, seen = law.only(left), self._seen(result, left)
            terminal = here.terminal(seen[0], p[left])
            open_ = ~_at_rest(here, terminal, guess[left], p[left], q[left], seen[1])
            if network is None:
                network = LinearNetwork(seen[0], p, q, seen[1], *self._slopes(engine).of(state, rows))
            else:
                network = network.corrected(seen[0], p[left], q[left], seen[1])
            left, network = left[open_], network.only(np.flatnonzero(open_))
            if not len(left):
                break
            guess[left] = agree(law.only(left), network, terminal[open_])
            p[left], q[left] = law.only(left).powers(guess[left])
            result = put(result, left, self._flow(engine, state, rows[left], p[left], q[left]))
        unsettled = np.zeros(len(rows), dtype=bool)
        unsettled[left] = True
        return InverterFlow(p, q, result, guess, unsettled)

    def _law(self, rows: IntArray, asked: FlowState) -> Law:
        at = np.ix_(rows, self.points)
        pairs = zip(self._columns, self.groups, strict=True)
        return Law(
            tuple((columns, group.response.rows(rows)) for columns, group in pairs),
            asked.p_mw[at],
            asked.q_mvar[at],
            rows_of(self._rated, rows),
            rows_of(self._rise, rows),
            None if self._held is None else self._held[rows],
        )

    def _flow(self, engine: Engine, state: FlowState, rows: IntArray, p: FloatArray, q: FloatArray) -> FlowResult:
        return engine.solve(self.given(state, rows, p, q), rows)

    def given(self, state: FlowState, rows: IntArray, p: FloatArray, q: FloatArray) -> FlowState:
        """The state of all members with these members' inverters giving (n, N) `p`, `q`."""
        p_all, q_all = state.p_mw.copy(), state.q_mvar.copy()
        p_all[np.ix_(rows, self.points)] = p
        q_all[np.ix_(rows, self.points)] = q
        return replace(state, p_mw=p_all, q_mvar=q_all)

    def _seen(self, result: FlowResult, left: IntArray) -> tuple[FloatArray, BoolArray]:
        """Voltages at the buses of the inverters, and which of them are alive."""
        at = np.ix_(left, self._bus)
        return result.vm_pu[at], result.energised[at]

    def _slopes(self, engine: Engine) -> Sensitivities:
        if self._sensitivities is None:
            self._sensitivities = Sensitivities(engine, self._normal, self.points)
        return self._sensitivities


def _at_rest(
    law: Law, terminal: FloatArray, guess: FloatArray, p: FloatArray, q: FloatArray, alive: BoolArray
) -> BoolArray:
    """(n,) members whose inverters are set for the voltages they see, or would not do anything else there."""
    p_there, q_there = law.powers(terminal)
    same = np.maximum(np.abs(p_there - p), np.abs(q_there - q)) <= CLOSE_SHARE * law.rated
    close = np.abs(terminal - guess) <= CLOSE_PU
    return np.asarray((same | close | ~alive).all(axis=1))


def _joined(arrays: Sequence[FloatArray], members: int) -> FloatArray:
    """Arrays of groups, (M or 1, units), side by side."""
    return np.concatenate([np.broadcast_to(array, (members, array.shape[1])) for array in arrays], axis=1)


def _together(parts: Sequence[InverterFlow]) -> InverterFlow:
    """Parts of the members, one below the other."""
    results = [part.result for part in parts]
    joined = FlowResult(
        *(np.concatenate([getattr(one, column.name) for one in results]) for column in fields(FlowResult))
    )
    p, q, terminal, unsettled = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("p_mw", "q_mvar", "terminal_pu", "unsettled")
    )
    return InverterFlow(p, q, joined, terminal, unsettled)
