"""What regulates inside a step: the network is solved, the first due tap moves, until nothing is due any more.

Waits are counted in simulated seconds of each member's step, so 10 s, 1 min and 15 min steps move the taps equally
often. Inverters settle within every solution: they are faster than any tap. The flow of a step is that at its last
taps; members end on their own criterion and never look at each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.powerflow.contract import Engine, FlowResult, FlowState
from grids.powerflow.results import put
from grids.regulators.hunting import HuntingWatch, TapHistory

if TYPE_CHECKING:
    from grids.regulators.inverters import InverterControls
    from grids.regulators.tap_changers import Proposal, TapChangers

ROUNDS = 30  # taps of one member in one step before it counts as not settled


@dataclass(frozen=True, slots=True)
class RegulatorMemory:
    """What regulators remember from step to step; never written, always replaced."""

    waited_s: FloatArray  # (M, R) how long each has been outside its dead band
    history: TapHistory
    terminal_pu: FloatArray  # (M, N) voltage the controlled inverters were last set for
    settled: bool = False  # whether the taps have found their places before the first step


@dataclass(frozen=True, slots=True)
class RegulatorStep:
    """What the regulators did in a step. R changers, G groups (changers, then pairs). Rows are members."""

    tap_pos: FloatArray  # (M, R) at the end
    operations: FloatArray  # (M, R) taps moved in this step
    reverse: BoolArray  # (M, R) power flows against the normal direction
    at_limit: BoolArray  # (M, R) outside the dead band, no tap left that way
    runaway: BoolArray  # (M, R) at the limit because it regulates the stiff side in reverse flow
    hunting: BoolArray  # (M, G)
    unsettled: BoolArray  # (M,) taps or inverters did not come to rest

    @classmethod
    def none(cls, members: int) -> RegulatorStep:
        """Nothing regulates here."""
        empty, no = np.zeros((members, 0)), np.zeros((members, 0), dtype=bool)
        return cls(empty, empty, no, no, no, no, np.zeros(members, dtype=bool))


@dataclass(frozen=True, slots=True)
class Settled:
    """A step in which everything has come to rest."""

    state: FlowState  # final taps and powers
    result: FlowResult
    memory: RegulatorMemory
    step: RegulatorStep


@dataclass(frozen=True, slots=True)
class Moment:
    """When a step is: its start from the start of the run, its length, and the local time of day it starts at."""

    t_s: float
    dt_s: float
    clock_s: float = 0.0


class Regulation:
    """The regulators of a network."""

    def __init__(self, taps: TapChangers, inverters: InverterControls | None = None) -> None:
        self.taps = taps
        self.inverters = inverters
        self.watch = HuntingWatch(len(taps), taps.pairs)

    def holding(self, blocked: BoolArray) -> Regulation:
        """The same for a step in which inverters at these injections (M, injection) give nothing."""
        if self.inverters is None:
            return self
        return Regulation(self.taps, self.inverters.holding(blocked))

    def initial(self, members: int) -> RegulatorMemory:
        """Nobody has waited, nothing has moved."""
        return RegulatorMemory(
            waited_s=np.zeros((members, len(self.taps))),
            history=TapHistory.empty(members, self.watch.groups),
            terminal_pu=np.ones((members, 0 if self.inverters is None else len(self.inverters))),
        )

    def settle(self, engine: Engine, state: FlowState, memory: RegulatorMemory, moment: Moment) -> Settled:
        """Solve a step with everything that regulates in it.

        Before the first step the taps find their places without waiting, and those moves are not counted: a feeder
        does not begin its day at neutral taps.
        """
        if not memory.settled:
            found = self._run(engine, state, memory, moment, waiting=False)
            memory = replace(found.memory, waited_s=memory.waited_s, history=memory.history, settled=True)
            state = replace(state, tap_pos=found.state.tap_pos)
            settled = self._run(engine, state, memory, moment, waiting=True)
            restless = settled.step.unsettled | found.step.unsettled
            return replace(settled, step=replace(settled.step, unsettled=restless))
        return self._run(engine, state, memory, moment, waiting=True)

    def _run(
        self, engine: Engine, asked: FlowState, memory: RegulatorMemory, moment: Moment, *, waiting: bool
    ) -> Settled:
        members, everyone = asked.members, np.arange(asked.members)
        budget = np.full(members, float(moment.dt_s) if waiting else np.inf)
        waited, history = memory.waited_s, memory.history
        operations = np.zeros_like(waited)
        hunting = np.zeros((members, self.watch.groups), dtype=bool)
        begin = _Solved(asked, None, memory.terminal_pu, np.zeros(members, dtype=bool))
        solved = self._solve(engine, asked, begin, everyone)
        unsettled = np.zeros(members, dtype=bool)
        for _ in range(ROUNDS):
            proposal = self._propose(solved.result, solved.state, waited, moment, waiting=waiting)
            rows, first, elapsed = _first_due(proposal, budget)
            if not len(rows):
                break
            way = proposal.move[rows, first]
            at_s = moment.t_s + moment.dt_s - budget[rows] + elapsed
            waited = _waited(waited, proposal, rows, elapsed)
            waited[rows, first] = 0.0
            budget[rows] -= elapsed
            operations[rows, first] += 1.0
            if waiting:
                history, found = self.watch.after(history, rows, first, way, at_s)
                hunting |= found
            tap_pos = solved.state.tap_pos.copy()
            tap_pos[rows, self.taps.tap[first]] += way
            moved = replace(solved, state=replace(solved.state, tap_pos=tap_pos))
            solved = self._solve(engine, asked, moved, rows)
        else:
            proposal = self._propose(solved.result, solved.state, waited, moment, waiting=waiting)
            unsettled[_first_due(proposal, budget)[0]] = True
        waited = _waited(waited, proposal, everyone, budget) if waiting else waited
        return Settled(
            state=solved.state,
            result=solved.result,
            memory=RegulatorMemory(waited, history, solved.terminal_pu, memory.settled),
            step=RegulatorStep(
                tap_pos=solved.state.tap_pos[:, self.taps.tap],
                operations=operations,
                reverse=proposal.reverse,
                at_limit=proposal.at_limit,
                runaway=proposal.runaway,
                hunting=hunting,
                unsettled=unsettled | solved.unsettled,
            ),
        )

    def _propose(
        self, result: FlowResult, state: FlowState, waited_s: FloatArray, moment: Moment, *, waiting: bool
    ) -> Proposal:
        proposal = self.taps.propose(result, state, waited_s, moment.clock_s)
        if waiting:
            return proposal
        return replace(proposal, wait_s=np.where(proposal.move != 0.0, 0.0, np.inf))

    def _solve(self, engine: Engine, asked: FlowState, last: _Solved, rows: IntArray) -> _Solved:
        """Solve these members anew, inverters included; the others keep what they have."""
        if self.inverters is None:
            new = engine.solve(last.state, None if last.flow is None else rows)
            return replace(last, flow=new if last.flow is None else put(last.flow, rows, new))
        given = self.inverters.settle(engine, asked, last.state, rows, last.terminal_pu)
        terminal, unsettled = last.terminal_pu.copy(), last.unsettled.copy()
        terminal[rows], unsettled[rows] = given.terminal_pu, given.unsettled
        state = self.inverters.given(last.state, rows, given.p_mw, given.q_mvar)
        return _Solved(
            state, given.result if last.flow is None else put(last.flow, rows, given.result), terminal, unsettled
        )


@dataclass(frozen=True, slots=True)
class _Solved:
    """All members as they stand in the middle of a step."""

    state: FlowState
    flow: FlowResult | None  # None before the first solution
    terminal_pu: FloatArray  # (M, N)
    unsettled: BoolArray  # (M,) inverters that did not come to rest

    @property
    def result(self) -> FlowResult:
        """The last flow."""
        assert self.flow is not None  # noqa: S101 - solved
        return self.flow


def _first_due(proposal: Proposal, budget_s: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Members in which something is due within what is left of the step, which changer, and how long it waits.

    A tap due exactly at the end belongs to the next step. Of several due at once the one upstream comes first.
    """
    if not proposal.wait_s.shape[1]:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    first = np.argmin(proposal.wait_s, axis=1)
    wait = np.take_along_axis(proposal.wait_s, first[:, np.newaxis], axis=1)[:, 0]
    rows = np.flatnonzero(wait < budget_s)
    return rows, first[rows], wait[rows]


def _waited(waited_s: FloatArray, proposal: Proposal, rows: IntArray, elapsed_s: FloatArray) -> FloatArray:
    """Waiting goes on for who wants to move; who does not forgets."""
    new = waited_s.copy()
    new[rows] = np.where(proposal.move[rows] != 0.0, waited_s[rows] + elapsed_s[:, np.newaxis], 0.0)
    return new
