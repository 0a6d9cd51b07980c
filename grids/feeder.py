"""One step of a feeder: injections and loads in, the full AC state and the boundary flows out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.boundaries import source_signs
from grids.errors import ZeroImpedanceRingError
from grids.normalise import NormalisedGrid
from grids.powerflow.contract import Engine, FlowResult, FlowState, power_at_voltage
from grids.protection.law import RelayStep
from grids.reasons import Reason
from grids.regulators.regulation import Moment, Regulation, RegulatorMemory, RegulatorStep
from grids.sections import Partition
from grids.topology import connected_ends, zero_impedance_ring
from grids.wires import WireState

if TYPE_CHECKING:
    from grids.supply import SupplyState, SupplyVoltages

LEGS = {"measured": ("a", "b"), "equivalent": ("near", "far")}  # what the two leg voltages of a supply point are
AT_ONCE = Moment(0.0, 0.0)  # a step without length: nothing has time to move


@dataclass(frozen=True, slots=True)
class GridStep:
    """What one step of the wires produced. M = members; means over the step.

    `boundary_p_mw` is the net import through each boundary *into* its section (sum over all its ends); without a
    section it is the flow outwards. `end_p_mw` is the flow through each single boundary end, positive from the present
    source side to the end side; a negative value is reverse flow. Both per `Feeder.boundaries` / `Feeder.ends`.
    """

    state: FlowState  # as solved: actual powers, final taps and switches
    result: FlowResult
    p_actual_mw: FloatArray  # (M, injection) what was really injected (0 where dead)
    q_actual_mvar: FloatArray  # (M, injection)
    p_served_mw: FloatArray  # (M, load) what was really served (0 where dead)
    q_served_mvar: FloatArray  # (M, load)
    injection_reason: IntArray  # (M, injection) Reason where actual differs from request
    load_reason: IntArray  # (M, load) Reason where served differs from demand
    boundary_p_mw: FloatArray  # (M, boundary) into the section
    boundary_q_mvar: FloatArray  # (M, boundary)
    end_p_mw: FloatArray  # (M, end) from the present source side towards the end side
    end_q_mvar: FloatArray  # (M, end)
    section_losses_mw: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))  # (M, section)
    regulators: RegulatorStep = field(default_factory=lambda: RegulatorStep.none(0))
    relays: RelayStep = field(default_factory=lambda: RelayStep.none(0))
    supply: SupplyState | None = None  # voltages at low-voltage supply points; None = none are known
    after: FeederState | None = None  # wires and regulators at the end of the step


class WireEventKind(StrEnum):
    """What an event turns on or off."""

    SOURCE = "source"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class WireEvent:
    """At `t_s`, the source or switch at `position` is turned on (closed) or off (open), for every member."""

    t_s: int
    kind: WireEventKind
    position: int
    on: bool


@dataclass(frozen=True, slots=True)
class FeederState:
    """The wires, how far the schedule of events has been worked off, and what the regulators remember."""

    wires: WireState
    done: int = 0
    memory: RegulatorMemory | None = None


class Feeder:
    """A network with an engine, boundaries and sections, a schedule of switching events, and regulators.

    `start` holds the wires of every member before the first step; without it all start in the normal state.

    Raises:
        ZeroImpedanceRingError: at the start or after an event a member's bus-bus switches form a ring.
    """

    def __init__(
        self,
        grid: NormalisedGrid,
        engine: Engine,
        partition: Partition,
        events: Iterable[WireEvent] = (),
        start: WireState | None = None,
        regulation: Regulation | None = None,
        supply: SupplyVoltages | None = None,
    ) -> None:
        self.grid = grid
        self._start = grid.normal if start is None else start
        self.engine = engine
        self.regulation = regulation
        self.supply = supply
        self.index = grid.index
        self.partition = partition
        self.events = tuple(sorted(events, key=lambda event: event.t_s))  # of equal times, as given
        self.boundaries = partition.boundaries
        self.ends = tuple((end.boundary, end.at) for end in partition.ends)
        self.sections = tuple(section.name for section in partition.sections)
        self._end_branch = np.array([end.where.branch for end in partition.ends], dtype=np.int64)
        self._end_side = np.array([end.where.end for end in partition.ends], dtype=np.int64)
        self._own_sign = np.array([end.sign for end in partition.ends])
        counts = [sum(end.boundary == name for end in partition.ends) for name in self.boundaries]
        self._first_end = np.cumsum([0, *counts[:-1]]) if counts else np.zeros(0, dtype=np.int64)
        self._signs: dict[bytes, FloatArray] = {}
        self._signs_of: tuple[WireState, FloatArray] | None = None
        self._zeros: dict[tuple[int, ...], IntArray] = {}
        self._shares = grid.load_shares if np.any(grid.load_shares) else None
        self._refuse_rings()

    @property
    def regulators(self) -> tuple[str, ...]:
        """Names of the tap changers' controllers, as in `RegulatorStep`."""
        return () if self.regulation is None else self.regulation.taps.names

    @property
    def hunting_groups(self) -> tuple[tuple[str, ...], ...]:
        """The controllers of each group that is watched for hunting, as in `RegulatorStep.hunting`."""
        if self.regulation is None:
            return ()
        watch = self.regulation.watch
        return tuple(tuple(self.regulators[at] for at in watch.members_of(group)) for group in range(watch.groups))

    @property
    def supply_points(self) -> tuple[tuple[str, tuple[str, str]], ...]:
        """(subject, what its two leg voltages are) of every supply point, as in `GridStep.supply`."""
        if self.supply is None:
            return ()
        return tuple((subject, LEGS[self.supply.method]) for subject in self.supply.subjects)

    def initial(self, members: int) -> FeederState:
        """Every member's own switches, taps and sources; no event has happened."""
        if len(self._start.closed) not in {1, members}:
            raise ValueError(f"wires of {len(self._start.closed)} members at the start, {members} run")
        wires = self._start if len(self._start.closed) == members else self._start.spread(members)
        return FeederState(wires, memory=None if self.regulation is None else self.regulation.initial(members))

    def at(self, state: FeederState, t_s: float) -> FeederState:
        """The state with every event up to and including `t_s`; the same object if nothing is due."""
        done = state.done
        while done < len(self.events) and self.events[done].t_s <= t_s:
            done += 1
        if done == state.done:
            return state
        return FeederState(_switched(state.wires, self.events[state.done : done]), done, state.memory)

    def step(
        self,
        state: FeederState,
        p_mw: FloatArray,
        q_mvar: FloatArray,
        p_load_mw: FloatArray,
        q_load_mvar: FloatArray,
        moment: Moment = AT_ONCE,
        blocked: BoolArray | None = None,
    ) -> GridStep:
        """Solve one step with the powers asked for, all (M, point); `after` is the state for the next one.

        `blocked` injections (M, injection) stand behind an open breaker and inject nothing (reason RELAY). A dead
        connection point injects nothing (its inverter or machine trips on undervoltage: reason RELAY) and
        serves nothing (NO_SUPPLY). Rows of a member that did not converge are NaN with reason FAILURE; what becomes of
        the run is not decided here.

        Raises:
            GridError: a power that is not finite or of the wrong shape.
        """
        refused = None
        if blocked is not None:
            refused = blocked & ((p_mw != 0.0) | (q_mvar != 0.0))
            p_mw, q_mvar = np.where(blocked, 0.0, p_mw), np.where(blocked, 0.0, q_mvar)
        request = state.wires.flow(p_mw, q_mvar, p_load_mw, q_load_mvar)
        request, result, regulators, after = self._solved(request, state, moment, blocked)
        actual = request.p_mw, request.q_mvar, self._held_back(p_mw, request.p_mw, refused)
        served = p_load_mw, q_load_mvar, self._no_reason(p_load_mw)
        if not (result.converged.all() and result.energised.all()):  # else everything happened as asked
            actual = _realised(actual, self.index.injection_bus, result, Reason.RELAY)
            served = _realised(served, self.index.load_bus, result, Reason.NO_SUPPLY)
            failed = ~result.converged[:, np.newaxis]
            kept_p, kept_q = (
                np.where(failed, asked, got) for asked, got in zip((p_mw, q_mvar), actual[:2], strict=True)
            )
            request = replace(request, p_mw=kept_p, q_mvar=kept_q)
        p, q, injection_reason = actual
        p_load, q_load, load_reason = served
        if self._shares is not None:
            vm_pu = result.vm_pu[:, self.index.load_bus]
            p_load = power_at_voltage(p_load, self._shares, 0, vm_pu)
            q_load = power_at_voltage(q_load, self._shares, 1, vm_pu)
        into_p, into_q = (array[:, self._end_branch, self._end_side] for array in (result.p_mw, result.q_mvar))
        signs = self._source_signs(state.wires)
        return GridStep(
            state=request,
            result=result,
            p_actual_mw=p,
            q_actual_mvar=q,
            p_served_mw=p_load,
            q_served_mvar=q_load,
            injection_reason=injection_reason,
            load_reason=load_reason,
            boundary_p_mw=self._per_boundary(into_p),
            boundary_q_mvar=self._per_boundary(into_q),
            end_p_mw=signs * into_p,
            end_q_mvar=signs * into_q,
            section_losses_mw=self._section_losses(result.p_mw),
            regulators=regulators,
            supply=None if self.supply is None else self.supply.state(result, p, q, p_load, q_load, request.tap_pos),
            after=after,
        )

    def replay(self, request: FlowState) -> GridStep:
        """Solve these powers on these wires once: taps and switches stay, nothing regulates, nothing is remembered."""
        wires = WireState(request.closed, request.in_service, request.tap_pos, request.source_on, request.source_vm_pu)
        return self.step(FeederState(wires), request.p_mw, request.q_mvar, request.p_load_mw, request.q_load_mvar)

    def _solved(
        self, request: FlowState, state: FeederState, moment: Moment, blocked: BoolArray | None = None
    ) -> tuple[FlowState, FlowResult, RegulatorStep, FeederState]:
        """The flow with everything that regulates in it, and the state it leaves."""
        if self.regulation is None or state.memory is None:
            return request, self.engine.solve(request), RegulatorStep.none(request.members), state
        regulation = self.regulation if blocked is None else self.regulation.holding(blocked)
        settled = regulation.settle(self.engine, request, state.memory, moment)
        taps = settled.state.tap_pos
        wires = state.wires if taps is state.wires.tap_pos else replace(state.wires, tap_pos=taps)
        return settled.state, settled.result, settled.step, replace(state, wires=wires, memory=settled.memory)

    def _held_back(self, asked: FloatArray, given: FloatArray, refused: BoolArray | None) -> IntArray:
        """VOLTAGE where a voltage control gave less than was asked for, RELAY where a breaker refused it."""
        reason = self._no_reason(asked)
        if given is not asked:
            reason = np.where(given < asked, Reason.VOLTAGE, reason)
        return reason if refused is None else np.where(refused, Reason.RELAY, reason)

    def _per_boundary(self, into_branch: FloatArray) -> FloatArray:
        # reduceat, not a matrix product: a member's figures must not depend on how many others there are
        if not self.boundaries:
            return np.zeros((len(into_branch), 0))
        return np.asarray(np.add.reduceat(self._own_sign * into_branch, self._first_end, axis=1))

    def _section_losses(self, p_mw: FloatArray) -> FloatArray:
        into = (np.take(p_mw, section.branches, axis=1) for section in self.partition.sections)
        sections = [(ends[..., 0] + ends[..., 1]).sum(axis=1) for ends in into]
        return np.stack(sections, axis=1) if sections else np.zeros((len(p_mw), 0))

    def _source_signs(self, wires: WireState) -> FloatArray:
        """(M, end), worked out once per topology and looked up again only when somebody switched."""
        if self._signs_of is None or self._signs_of[0] is not wires:
            rows = []
            for closed, in_service, source_on in zip(wires.closed, wires.in_service, wires.source_on, strict=True):
                key = closed.tobytes() + in_service.tobytes() + source_on.tobytes()
                if key not in self._signs:
                    self._signs[key] = source_signs(self.index, self.partition.ends, closed, in_service, source_on)
                rows.append(self._signs[key])
            self._signs_of = (wires, np.stack(rows))
        return self._signs_of[1]

    def _no_reason(self, powers: FloatArray) -> IntArray:
        """Zeros of the shape of `powers`: one array for all steps, for nobody writes into it."""
        if powers.shape not in self._zeros:
            self._zeros[powers.shape] = np.zeros(powers.shape, dtype=np.int64)
        return self._zeros[powers.shape]

    def _refuse_rings(self) -> None:
        starts, rows = np.unique(self._start.closed, axis=0, return_index=True)
        for closed, row in zip(starts, rows, strict=True):
            state = FeederState(replace(self._start.spread(1), closed=closed[np.newaxis]))
            for moment in (-math.inf, *(event.t_s for event in self.events)):
                state = self.at(state, moment)
                connected = connected_ends(self.index, state.wires.closed[0], state.wires.in_service[0])
                if ring := zero_impedance_ring(self.index, connected):
                    raise ZeroImpedanceRingError(ring, int(row))


def _switched(wires: WireState, events: Sequence[WireEvent]) -> WireState:
    closed, source_on = wires.closed.copy(), wires.source_on.copy()
    for event in events:
        (source_on if event.kind is WireEventKind.SOURCE else closed)[:, event.position] = event.on
    return replace(wires, closed=closed, source_on=source_on)


Realised = tuple[FloatArray, FloatArray, IntArray]


def _realised(given: Realised, bus: IntArray, result: FlowResult, dead_reason: Reason) -> Realised:
    """Actual p and q of connection points and why they differ from what was asked."""
    p, q, before = given
    failed, alive = ~result.converged[:, np.newaxis], result.energised[:, bus]
    asked = (p != 0.0) | (q != 0.0)
    reason = np.where(failed, Reason.FAILURE, np.where(asked & ~alive, dead_reason, before)).astype(np.int64)
    actual_p, actual_q = (np.where(failed, np.nan, np.where(alive, power, 0.0)) for power in (p, q))
    return actual_p, actual_q, reason
