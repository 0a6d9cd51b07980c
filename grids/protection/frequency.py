"""The frequency at buses: that of the source that feeds them, as a schedule of events has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.powerflow.contract import FeederIndex, FlowState
from grids.topology import connected_ends, neighbours, reach


@dataclass(frozen=True, slots=True)
class FrequencyEvent:
    """From `t_s` on the source at `position` runs at `hz`, for every member; None = at the network's own frequency."""

    t_s: int
    position: int
    hz: float | None


class Frequencies:
    """Frequency of sources over time, and which of them feeds which bus.

    Args:
        index: the network.
        buses: (point,) positions of the buses that are watched.
        events: of equal times, the later one counts.
    """

    def __init__(self, index: FeederIndex, buses: IntArray, events: Iterable[FrequencyEvent] = ()) -> None:
        self._index = index
        self._buses = buses
        self._events = tuple(sorted(events, key=lambda event: event.t_s))
        self._nominal = index.frequency_hz
        self._paths: dict[bytes, BoolArray] = {}
        self._fed_of: tuple[FlowState, BoolArray] | None = None

    def of_sources(self, t_s: float) -> FloatArray:
        """(source,) frequency at `t_s`, Hz."""
        found = np.full(len(self._index.source), self._nominal)
        for event in self._events:
            if event.t_s > t_s:
                break
            found[event.position] = self._nominal if event.hz is None else event.hz
        return found

    def at(self, t_s: float, state: FlowState) -> FloatArray:
        """(M, point) frequency at the watched buses, Hz; the network's own where nothing feeds them.

        Of several sources joined with a bus the one furthest from the network's frequency counts.
        """
        away = self.of_sources(t_s) - self._nominal
        shape = (state.members, len(self._buses))
        if not away.any():
            return np.full(shape, self._nominal)
        heard = np.where(self._fed(state), np.abs(away)[:, np.newaxis], 0.0)  # (M, source, point)
        return np.asarray(self._nominal + np.where(heard.any(axis=1), away[heard.argmax(axis=1)], 0.0))

    def _fed(self, state: FlowState) -> BoolArray:
        """(M, source, point) whether a source that is on reaches a bus; worked out once per topology."""
        if self._fed_of is None or not _same_wires(self._fed_of[0], state):
            rows = []
            for closed, in_service, source_on in zip(state.closed, state.in_service, state.source_on, strict=True):
                key = closed.tobytes() + in_service.tobytes() + source_on.tobytes()
                if key not in self._paths:
                    self._paths[key] = self._reached(closed, in_service, source_on)
                rows.append(self._paths[key])
            self._fed_of = (state, np.stack(rows))
        return self._fed_of[1]

    def _reached(self, closed: BoolArray, in_service: BoolArray, source_on: BoolArray) -> BoolArray:
        adjacent = neighbours(self._index, connected_ends(self._index, closed, in_service))
        fed = np.zeros((len(source_on), len(self._buses)), dtype=bool)
        for source in np.flatnonzero(source_on).tolist():
            reached = reach(adjacent, [int(self._index.source_bus[source])])
            fed[source] = [bus in reached for bus in self._buses.tolist()]
        return fed


def _same_wires(one: FlowState, other: FlowState) -> bool:
    return one.closed is other.closed and one.in_service is other.in_service and one.source_on is other.source_on
