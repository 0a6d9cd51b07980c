"""The time axis: integer seconds, built once before the run. Nobody else decides a step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from grids.arrays import FloatArray, IntArray

HALF_HOUR_S = 1800


@dataclass(frozen=True)
class TimeAxis:
    """Edges of the run in seconds since `start`; step k covers `[edges[k], edges[k+1])`.

    A value of step k is the mean over it and labelled by its start; states are end-of-step.
    """

    edges: IntArray  # (K + 1,) strictly increasing, edges[0] = 0
    start: datetime  # aware, in the scenario's zone

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError("the start of a time axis must carry a time zone")
        if len(self.edges) < 2 or self.edges[0] != 0 or np.any(np.diff(self.edges) <= 0):
            raise ValueError("edges must start at 0 and increase")

    @classmethod
    def build(
        cls,
        start: datetime,
        duration_s: int,
        step_s: int,
        extra_s: Iterable[int] = (),
        *,
        half_hours: bool = True,
    ) -> TimeAxis:
        """Uniform edges plus `extra_s` (events, refinement) plus, for steps up to 30 min, every clock half hour.

        Steps are counted from `start`; `duration_s` and `extra_s` in seconds after it.
        """
        edges = set(range(0, duration_s, step_s)) | {duration_s}
        edges |= {second for second in extra_s if 0 < second < duration_s}
        if half_hours and step_s <= HALF_HOUR_S:
            first = -seconds_into_half_hour(start) % HALF_HOUR_S
            edges |= set(range(first, duration_s, HALF_HOUR_S)) | {0}
        return cls(np.array(sorted(edges), dtype=np.int64), start)

    @property
    def steps(self) -> int:
        """Number of steps K."""
        return len(self.edges) - 1

    @property
    def duration_s(self) -> int:
        """Length of the run in seconds."""
        return int(self.edges[-1])

    @cached_property
    def dt_s(self) -> IntArray:
        """(K,) length of each step in seconds."""
        return np.diff(self.edges)

    @cached_property
    def _position(self) -> dict[int, int]:
        return {int(edge): k for k, edge in enumerate(self.edges)}

    @cached_property
    def _next(self) -> list[int]:
        # mosaik insists on Python ints
        return [int(edge) for edge in self.edges[1:]]

    def step_at(self, t_s: int) -> int:
        """Index k of the step that starts at `t_s`; KeyError if no step does."""
        return self._position[t_s]

    def next_edge(self, k: int) -> int:
        """Time of the edge after step k, as a Python int for mosaik."""
        return self._next[k]

    @cached_property
    def half_hour(self) -> IntArray:
        """(K,) number of the clock half hour each step lies in, 0 = the one that holds `start`."""
        return np.asarray((self.edges[:-1] + seconds_into_half_hour(self.start)) // HALF_HOUR_S, dtype=np.int64)

    @cached_property
    def fits_half_hours(self) -> bool:
        """Whether no step crosses a clock half hour (longer steps leave half-hour limits not judgeable)."""
        into = (self.edges[:-1] + seconds_into_half_hour(self.start)) % HALF_HOUR_S
        return bool(np.all(into + self.dt_s <= HALF_HOUR_S))

    @cached_property
    def utc(self) -> np.ndarray:
        """(K + 1,) edges as UTC `datetime64[s]`."""
        origin = np.datetime64(self.start.astimezone(UTC).replace(tzinfo=None), "s")
        return np.asarray(origin + self.edges.astype("timedelta64[s]"))

    def local(self, t_s: int) -> datetime:
        """Local time of `t_s` seconds after the start, in the scenario's zone."""
        return (self.start.astimezone(UTC) + timedelta(seconds=int(t_s))).astimezone(self.start.tzinfo)

    @cached_property
    def hours(self) -> FloatArray:
        """(K,) length of each step in hours."""
        return np.asarray(self.dt_s / 3600.0)


def seconds_into_half_hour(moment: datetime) -> int:
    """Seconds since the last clock half hour (:00 or :30, local)."""
    return (moment.minute % 30) * 60 + moment.second


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; `KeyError` family (`ZoneInfoNotFoundError`) if there is none."""
    return ZoneInfo(name)
