"""Tap changers with dead band, integrating delay, line-drop compensation and reverse modes, all members at once.

A controller waits while the voltage it holds lies outside its dead band, and moves one tap when it has waited for its
delay; back inside the band it forgets. What it waited is kept from step to step, so the length of a step does not
change how often it moves. Arrays are (members, regulators).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import GridError, unknown
from grids.powerflow.contract import BranchKind, FlowResult, FlowState
from grids.regulators import compensation
from grids.regulators.spec import CompensationKind, ReverseMode, TapChangerSpec
from grids.topology import connected_ends, neighbours, path, reach

if TYPE_CHECKING:
    from grids.normalise import NormalisedGrid

DEAD_FLOW = 0.005  # flow against the normal direction below this share of the rating is not yet reverse flow
NEVER = np.inf


@dataclass(frozen=True, slots=True)
class Proposal:
    """What every controller would do next."""

    move: FloatArray  # (M, R) tap positions: -1, 0 or +1
    wait_s: FloatArray  # (M, R) until it does it; inf = nothing to do
    reverse: BoolArray  # (M, R) power flows against the normal direction
    at_limit: BoolArray  # (M, R) outside the dead band with no tap left that way
    runaway: BoolArray  # (M, R) at_limit because it regulates the side that the source stands on


class TapChangers:
    """Controllers bound to a network; `specs[name]` holds one spec a member, or one for all.

    Raises:
        GridError: a controller names a transformer whose tap cannot move, or one that another holds already.
    """

    def __init__(self, specs: Mapping[str, Sequence[TapChangerSpec]], grid: NormalisedGrid) -> None:
        first = [one[0] for one in specs.values()]
        ways = _ways(grid, first)
        order = np.argsort([len(way) for way in ways], kind="stable")  # upstream acts first when several are due
        self.names = tuple(list(specs)[position] for position in order)
        self._specs = [specs[name] for name in self.names]
        self.first = tuple(one[0] for one in self._specs)
        self.tap = _tap_positions(grid, dict(zip(self.names, self.first, strict=True)))  # columns of tap_pos
        self._index = index = grid.index
        self._stiff: dict[bytes, BoolArray] = {}
        self._branch = index.tap_branch[self.tap]
        self._own_end = np.array([1 if spec.side == "lv" else 0 for spec in self.first], dtype=np.int64)
        self.pairs = tuple(  # (upstream, downstream): columns of controllers one of which feeds the other
            (up, down)
            for up, down in combinations(range(len(order)), 2)
            if int(self._branch[up]) in ways[int(order[down])]
        )
        self._place_ends(grid)
        rows = grid.net.trafo.iloc[self._branch - _first_trafo(index.branch_kind)]
        self.tap_min, self.tap_max = (rows[name].to_numpy(dtype=np.float64) for name in ("tap_min", "tap_max"))
        # +1 where a higher position raises the voltage of the side that is held
        step_up = np.sign(rows["tap_step_percent"].to_numpy(dtype=np.float64))
        tapped_end = (rows["tap_side"] == "lv").to_numpy(dtype=np.int64)
        self._raising = np.where(tapped_end == self._own_end, 1.0, -1.0) * step_up
        self._threshold_mw = DEAD_FLOW * rows["sn_mva"].to_numpy(dtype=np.float64)
        self._reference_v = self._member_array("reference_v")
        self._band = self._member_array("dead_band_percent") / 100.0
        self._delay_s = self._member_array("delay_s")
        self._compensation()
        self._modes = {
            mode: np.array([spec.reverse is mode for spec in self.first], dtype=bool) for mode in ReverseMode
        }
        self._schedules = [
            (column, *_schedule(spec)) for column, spec in enumerate(self.first) if spec.schedule
        ]  # schedules cannot vary

    def __len__(self) -> int:
        return len(self.names)

    def _member_array(self, name: str) -> FloatArray:
        """(M or 1, R) a parameter of every controller."""
        members = max((len(one) for one in self._specs), default=1)
        columns = [np.broadcast_to([float(getattr(spec, name)) for spec in one], (members,)) for one in self._specs]
        return np.stack(columns, axis=1) if columns else np.zeros((1, 0))

    def _place_ends(self, grid: NormalisedGrid) -> None:
        index = grid.index
        ends = np.stack([index.branch_from[self._branch], index.branch_to[self._branch]])
        columns = np.arange(len(self._branch))
        self._own_bus, self._other_bus = ends[self._own_end, columns], ends[1 - self._own_end, columns]
        self._own_v, self._other_v = (1e3 * index.bus_vn_kv[bus] for bus in (self._own_bus, self._other_bus))

    def _compensation(self) -> None:
        members = max((len(one) for one in self._specs), default=1)
        none = np.zeros((members, len(self._specs)))
        self._r, self._x, self._factor = none.copy(), none.copy(), none + 1.0
        self._kinds: dict[CompensationKind, IntArray] = {}
        for column, specs in enumerate(self._specs):
            for member, spec in enumerate(np.broadcast_to(np.array(specs, dtype=object), (members,))):
                if spec.compensation is not None:
                    self._r[member, column], self._x[member, column] = spec.compensation.r_ohm, spec.compensation.x_ohm
                    self._factor[member, column] = spec.compensation.power_factor
        for kind in CompensationKind:
            columns = [c for c, spec in enumerate(self.first) if spec.compensation and spec.compensation.kind is kind]
            if columns:
                self._kinds[kind] = np.array(columns, dtype=np.int64)

    def references(self, clock_s: float) -> FloatArray:
        """(M or 1, R) line volts each controller holds at a time of day, seconds after midnight."""
        if not self._schedules:
            return self._reference_v
        held = self._reference_v.copy()
        for column, starts, values in self._schedules:
            held[:, column] = values[np.searchsorted(starts, clock_s, side="right") - 1]  # -1: still yesterday's last
        return held

    def propose(self, result: FlowResult, state: FlowState, waited_s: FloatArray, clock_s: float) -> Proposal:
        """What each controller would do next, of all members.

        Args:
            result: the flow as it is.
            state: what it was solved with, taps and switches included.
            waited_s: (M, R) how long each has been outside its dead band.
            clock_s: time of day, seconds after midnight.
        """
        columns = np.arange(len(self.names))
        p, q = (power[:, self._branch] for power in (result.p_mw, result.q_mvar))
        p_own, p_other = -p[:, columns, self._own_end], -p[:, columns, 1 - self._own_end]
        q_own, q_other = -q[:, columns, self._own_end], -q[:, columns, 1 - self._own_end]
        reverse = p_own < -self._threshold_mw
        turned = reverse & self._modes[ReverseMode.REGULATE]
        alive = result.energised[:, self._own_bus] & result.energised[:, self._other_bus]
        v = np.where(
            turned, result.vm_pu[:, self._other_bus] * self._other_v, result.vm_pu[:, self._own_bus] * self._own_v
        )
        held = np.where(alive, v, 1.0)
        estimated = self._estimated(held, np.where(turned, p_other, p_own), np.where(turned, q_other, q_own))
        uncompensated = reverse & self._modes[ReverseMode.COGENERATION]
        estimated = np.where(uncompensated, held, estimated)
        deviation = estimated / self.references(clock_s) - 1.0
        acts = alive & ~(reverse & self._modes[ReverseMode.HOLD])
        # NaN (no solution) compares false: nothing moves
        wanted = np.where(deviation < -self._band, 1.0, np.where(deviation > self._band, -1.0, 0.0))
        wanted = np.where(acts, wanted * np.where(turned, -self._raising, self._raising), 0.0)
        target = state.tap_pos[:, self.tap] + wanted
        blocked = (wanted != 0.0) & ((target < self.tap_min) | (target > self.tap_max))
        move = np.where(blocked, 0.0, wanted)
        wait = np.where(move != 0.0, np.maximum(self._delay_s - waited_s, 0.0), NEVER)
        runaway = blocked & turned
        if runaway.any():
            runaway &= self._fed_from_other_side(state)
        return Proposal(move, wait, reverse, blocked, runaway)

    def _fed_from_other_side(self, state: FlowState) -> BoolArray:
        """(M, R) whether the side that reverse regulation holds still has the source behind it: then it is stiff."""
        rows = []
        for closed, in_service, source_on in zip(state.closed, state.in_service, state.source_on, strict=True):
            key = closed.tobytes() + in_service.tobytes() + source_on.tobytes()
            if key not in self._stiff:
                sources = self._index.source_bus[source_on].tolist()
                connected = connected_ends(self._index, closed, in_service)
                self._stiff[key] = np.array(
                    [
                        int(bus) in reach(neighbours(self._index, connected, without={int(branch)}), sources)
                        for bus, branch in zip(self._other_bus, self._branch, strict=True)
                    ],
                    dtype=bool,
                )
            rows.append(self._stiff[key])
        return np.stack(rows)

    def _estimated(self, v: FloatArray, p_mw: FloatArray, q_mvar: FloatArray) -> FloatArray:
        """(M, R) voltage at the load centre as each controller sees it."""
        seen = v
        for kind, columns in self._kinds.items():
            if seen is v:
                seen = v.copy()
            at, p, q, r, x = (array[:, columns] for array in (v, p_mw, q_mvar, self._r, self._x))
            if kind is CompensationKind.PHASOR:
                seen[:, columns] = compensation.phasor(at, p, q, r, x)
            elif kind is CompensationKind.PROJECTED:
                seen[:, columns] = compensation.projected(at, p, q, r, x)
            else:
                seen[:, columns] = compensation.magnitude(at, p, q, r, x, self._factor[:, columns])
        return seen


def _schedule(spec: TapChangerSpec) -> tuple[FloatArray, FloatArray]:
    starts = [entry.start for entry in spec.schedule]
    seconds = [3600.0 * start.hour + 60.0 * start.minute + start.second for start in starts]
    return np.array(seconds), np.array([entry.reference_v for entry in spec.schedule])


def _first_trafo(kinds: Sequence[BranchKind]) -> int:
    return next((position for position, kind in enumerate(kinds) if kind is BranchKind.TRAFO), 0)


def _tap_positions(grid: NormalisedGrid, specs: Mapping[str, TapChangerSpec]) -> IntArray:
    found: list[int] = []
    for name, spec in specs.items():
        if spec.trafo not in grid.index.tap:
            trafos = [
                branch
                for branch, kind in zip(grid.index.branch, grid.index.branch_kind, strict=True)
                if kind is BranchKind.TRAFO
            ]
            wrong = (
                f"transformer {spec.trafo!r} has no tap that can move"
                if spec.trafo in trafos
                else unknown("transformer", spec.trafo, trafos)
            )
            raise GridError(f"regulator {name!r}: {wrong}")
        tap = grid.index.tap.index(spec.trafo)
        if tap in found:
            raise GridError(f"regulator {name!r}: transformer {spec.trafo!r} has another regulator already")
        found.append(tap)
    return np.array(found, dtype=np.int64)


def _ways(grid: NormalisedGrid, specs: Sequence[TapChangerSpec]) -> list[list[int]]:
    """Branches from each controller's transformer back to the nearest source, itself included, in the normal state."""
    index, normal = grid.index, grid.normal
    adjacent = neighbours(index, connected_ends(index, normal.closed[0], normal.in_service[0]))
    found = reach(adjacent, index.source_bus[normal.source_on[0]].tolist())
    ways: list[list[int]] = []
    for spec in specs:
        try:
            branch = index.branch_position(BranchKind.TRAFO, spec.trafo)
        except KeyError:
            ways.append([])  # said by name when its tap is looked up
            continue
        ends = [int(bus) for bus in (index.branch_from[branch], index.branch_to[branch]) if int(bus) in found]
        ways.append(max((path(found, bus) for bus in ends), key=len, default=[]))
    return ways
