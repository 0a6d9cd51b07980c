"""Protection relays in a network: what each of them sees in a step, and which injections it takes off.

An entry of the scenario is a relay at one or several points: a metering point, or every bus where units of its devices
stand (each PCS has its own voltage and frequency relay). A point has one measurement and one breaker.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.powerflow.contract import FeederIndex, FlowState
from grids.protection.frequency import Frequencies, FrequencyEvent
from grids.protection.law import Points, RelayKind, RelayMemory, RelayStep, Seen, Settings, operate
from grids.sections import Partition

if TYPE_CHECKING:
    from grids.feeder import GridStep

MW_TO_KW = 1e3
# nominal voltage of Japanese low-voltage bases, kV: 210 V at the transformer is a 200 V supply (facts.md 2.5, 1.1)
NOMINAL_KV = {0.101: 0.1, 0.105: 0.1, 0.202: 0.2, 0.210: 0.2}


def nominal_kv(vn_kv: float) -> float:
    """The voltage that 100 % of a voltage relay means at a bus of base `vn_kv`: 200 V on a base of 210 V."""
    return next((nominal for base, nominal in NOMINAL_KV.items() if math.isclose(base, vn_kv, rel_tol=1e-6)), vn_kv)


@dataclass(frozen=True, slots=True)
class RelayPoint:
    """One measurement and one breaker."""

    kind: RelayKind
    place: int  # position of the boundary (power) or of the bus (voltage, frequency)
    injections: tuple[int, ...]  # positions of the units behind the breaker


@dataclass(frozen=True, slots=True)
class Relay:
    """An entry of the scenario: its points, and what they take off."""

    name: str
    kind: RelayKind
    points: IntArray  # positions among all points
    opens: tuple[tuple[str, int], ...]  # (`device:pv[3]`, position among all points)
    said: str = ""  # kind, settings and waits in words
    section: str = ""  # smallest section that holds all it takes off

    @property
    def subject(self) -> str:
        """`relay:NAME`."""
        return f"relay:{self.name}"


class Protection:
    """All relays of a network.

    Args:
        index: the network with its connection points.
        partition: its boundaries.
        relays: the entries.
        points: of all entries, one after the other.
        normal: settings while a public source feeds the network.
        reconnect_s: (point,) wait before a breaker closes again; `MANUAL` = never.
        events: frequencies of sources.
    """

    def __init__(
        self,
        index: FeederIndex,
        partition: Partition,
        relays: Sequence[Relay],
        points: Sequence[RelayPoint],
        normal: Settings,
        reconnect_s: FloatArray,
        events: Iterable[FrequencyEvent] = (),
    ) -> None:
        self.relays = tuple(relays)
        self._settings = normal
        self._points = Points(
            upper=np.array([point.kind.over for point in points], dtype=bool),
            from_trip=np.array([point.kind.power for point in points], dtype=bool),
            resolution=np.array([point.kind.resolution for point in points]),
            reconnect_s=reconnect_s,
        )
        self._breakers = _Breakers(points)
        self.protects = np.zeros(len(index.injection), dtype=bool)  # (injection,) whether a relay can take it off
        self.protects[self._breakers.injections] = True
        self._power = _PowerPoints(index, partition, points)
        self._voltage = _positions(not point.kind.power and not point.kind.frequency for point in points)
        self._frequency = _positions(point.kind.frequency for point in points)
        buses = np.array([0 if point.kind.power else point.place for point in points], dtype=np.int64)
        self._bus = buses
        self._dead_counts = np.array([point.kind is RelayKind.UNDER_VOLTAGE for point in points], dtype=bool)
        base = index.bus_vn_kv[buses[self._voltage]]
        self._percent = 100.0 * base / np.array([nominal_kv(float(kv)) for kv in base])
        self._frequencies = Frequencies(index, buses[self._frequency], events)

    def __len__(self) -> int:
        return len(self._points.upper)

    def initial(self, members: int) -> RelayMemory:
        """Every breaker closed."""
        return RelayMemory.initial(members, len(self))

    def blocked(self, memory: RelayMemory) -> BoolArray | None:
        """(M, injection) units whose breaker is open in the coming step; None = none."""
        if not memory.open.any():
            return None
        taken_off = np.zeros((len(memory.open), len(self.protects)), dtype=bool)
        taken_off[:, self._breakers.injections] = self._breakers.taken_off(memory.open)
        return taken_off

    def after(self, memory: RelayMemory, step: GridStep, t_s: float, dt_s: float) -> tuple[RelayMemory, RelayStep]:
        """What a solved step makes of the relays: their memory for the next one, and what they did."""
        return operate(memory, self._seen(step, t_s), self._settings, self._points, dt_s)

    def _seen(self, step: GridStep, t_s: float) -> Seen:
        energised, converged = step.result.energised, step.result.converged
        live = energised[:, self._bus]
        measured = np.zeros(live.shape)
        measured[:, self._voltage] = step.result.vm_pu[:, self._bus[self._voltage]] * self._percent
        if len(self._frequency):
            hz = self._frequencies.at(t_s, step.state)
            measured[:, self._frequency] = np.where(live[:, self._frequency], hz, 0.0)
        known = live | self._dead_counts
        power = self._power
        if len(power.at):
            live[:, power.at] = power.carrying(step.state, energised)
            measured[:, power.at] = step.boundary_p_mw[:, power.boundary] * power.sign_kw
            giving = self._breakers.any_of_point(step.p_actual_mw > 0.0)
            known[:, power.at] = live[:, power.at] & (power.upper | giving[:, power.at])
        if not converged.all():
            measured = np.where(converged[:, np.newaxis], measured, np.nan)
        return Seen(measured, known, live, converged)


def _positions(wanted: Iterable[bool]) -> IntArray:
    return np.flatnonzero(np.fromiter(wanted, dtype=bool)).astype(np.int64)


class _Breakers:
    """Which point takes off which injection, as flat pairs."""

    def __init__(self, points: Sequence[RelayPoint]) -> None:
        pairs = sorted({(unit, at) for at, point in enumerate(points) for unit in point.injections})
        units, at = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
        self.injections, self._first = np.unique(units, return_index=True)
        self._point = at
        order = np.argsort(at, kind="stable")
        self._by_point = units[order]
        self._first_of_point = np.searchsorted(at[order], np.arange(len(points)))

    def taken_off(self, open_: BoolArray) -> BoolArray:
        """(M, len(injections)) units behind an open breaker."""
        return np.asarray(np.logical_or.reduceat(open_[:, self._point], self._first, axis=1))

    def any_of_point(self, units: BoolArray) -> BoolArray:
        """(M, point) whether anything holds for a unit of the point, of (M, injection)."""
        return np.asarray(np.logical_or.reduceat(units[:, self._by_point], self._first_of_point, axis=1))


class _PowerPoints:
    """The relays at metering points: whose flow they see, and whether it can flow at all."""

    def __init__(self, index: FeederIndex, partition: Partition, points: Sequence[RelayPoint]) -> None:
        self.at = _positions(point.kind.power for point in points)
        self.boundary = np.array([points[at].place for at in self.at], dtype=np.int64)
        self.upper = np.array([points[at].kind.over for at in self.at], dtype=bool)
        self.sign_kw = np.where(self.upper, -MW_TO_KW, MW_TO_KW)  # export, or import
        ends = [[end.where for end in partition.ends if end.boundary == name] for name in partition.boundaries]
        own = [ends[boundary] for boundary in self.boundary.tolist()]
        branch = np.array([end.branch for group in own for end in group], dtype=np.int64)
        self._first = np.cumsum([0, *(len(group) for group in own[:-1])])
        self._branch, self._from, self._to = branch, index.branch_from[branch], index.branch_to[branch]
        # switches of each branch, padded with -1: a column of closed ones
        switches = [np.flatnonzero(index.switch_branch == one).tolist() for one in branch.tolist()]
        most = max((len(group) for group in switches), default=0)
        self._switches = np.array([group + [-1] * (most - len(group)) for group in switches], dtype=np.int64)

    def carrying(self, state: FlowState, energised: BoolArray) -> BoolArray:
        """(M, power point) whether the boundary joins two live sides; across an open breaker nothing is measured."""
        always = np.ones((len(state.closed), 1), dtype=bool)
        closed = np.concatenate((state.closed, always), axis=1)[:, self._switches].all(axis=2)
        joined = closed & state.in_service[:, self._branch] & energised[:, self._from] & energised[:, self._to]
        return np.asarray(np.logical_or.reduceat(joined, self._first, axis=1))
