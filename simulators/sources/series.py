"""A quantity over time, piecewise constant, with exact means on any edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis
from simulators.sources.clock import epoch_seconds, moment
from simulators.sources.errors import SourceError


@dataclass(frozen=True)
class Series:
    """`values[i]` holds over `[edges_s[i], edges_s[i + 1])`, in seconds since `start_utc`."""

    start_utc: np.datetime64
    edges_s: IntArray  # (N + 1,) strictly increasing
    values: FloatArray  # (N,) or (N, columns), finite
    name: str = "series"

    def __post_init__(self) -> None:
        if len(self.values) == 0 or len(self.edges_s) != len(self.values) + 1:
            raise SourceError(self.name, [f"{len(self.values)} values need one edge more, got {len(self.edges_s)}"])
        if np.any(np.diff(self.edges_s) <= 0):
            raise SourceError(self.name, ["times must increase"])
        if not np.all(np.isfinite(self.values)):
            row = int(np.argwhere(~np.isfinite(self.values))[0][0])
            raise SourceError(self.name, [f"value {row + 1} is not a finite number"])

    @classmethod
    def from_epoch(cls, edges: IntArray, values: FloatArray, name: str = "series") -> Series:
        """From edges in seconds since 1970, UTC."""
        start = np.datetime64(int(edges[0]), "s")
        return cls(start, edges - edges[0], np.asarray(values, dtype=np.float64), name)

    @cached_property
    def epoch(self) -> IntArray:
        """(N + 1,) edges in seconds since 1970, UTC."""
        return np.asarray(self.edges_s + epoch_seconds(self.start_utc), dtype=np.int64)

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return int(self.edges_s[-1] - self.edges_s[0])

    @property
    def energy(self) -> float:
        """Integral over the whole series (of all columns), value x hours."""
        return float(np.sum(self.values.T * np.diff(self.edges_s)) / 3600.0)

    def mean_on(self, axis: TimeAxis) -> FloatArray:
        """Mean over each step, (K,) or (K, columns); `SourceError` names the first moment a short series lacks."""
        self.must_cover(axis)
        return self._means(axis.edges + epoch_seconds(axis.utc[0]))

    def must_cover(self, axis: TimeAxis) -> None:
        """`SourceError` with the first moment of the axis that the series lacks."""
        first, last = (epoch_seconds(edge) for edge in (axis.utc[0], axis.utc[-1]))
        begins, ends = int(self.epoch[0]), int(self.epoch[-1])
        if begins <= first and last <= ends:
            return
        missing = first if begins > first or ends <= first else ends
        said = [_said(second, axis.start.tzinfo) for second in (begins, ends, first, last, missing)]
        raise SourceError(
            self.name,
            [f"covers {said[0]} to {said[1]}, the run needs {said[2]} to {said[3]}; first missing moment {said[4]}"],
        )

    def times(self, factor: Series) -> Series:
        """Product with a one-column series, over the time both cover."""
        first, last = max(self.epoch[0], factor.epoch[0]), min(self.epoch[-1], factor.epoch[-1])
        edges = np.union1d(self.epoch, factor.epoch)
        edges = edges[(edges >= first) & (edges <= last)]
        product = (self._at(edges[:-1]).T * factor._at(edges[:-1])).T
        return Series.from_epoch(edges, product, self.name)

    def scaled(self, factor: float) -> Series:
        """The same with every value times `factor`."""
        return Series(self.start_utc, self.edges_s, self.values * factor, self.name)

    def repeated(self, last: int) -> Series:
        """The series again and again until it reaches `last`, seconds since 1970."""
        rounds = -(-(last - int(self.epoch[0])) // self.duration_s)
        if rounds <= 1:
            return self
        starts = self.epoch[0] + self.duration_s * np.arange(rounds)[:, np.newaxis] + self.edges_s[:-1]
        edges = np.append(starts.reshape(-1), self.epoch[0] + rounds * self.duration_s)
        return Series.from_epoch(edges, np.concatenate([self.values] * rounds), self.name)

    def column(self, position: int) -> Series:
        """One column as a series of its own."""
        return Series(self.start_utc, self.edges_s, np.ascontiguousarray(self.values[:, position]), self.name)

    def between(self, first: int, last: int) -> Series:
        """The part in `[first, last)`, seconds since 1970; both inside the series."""
        inside = self.epoch[(self.epoch > first) & (self.epoch < last)]
        edges = np.concatenate([[first], inside, [last]]).astype(np.int64)
        return Series.from_epoch(edges, self._at(edges[:-1]), self.name)

    def _at(self, epoch: IntArray) -> FloatArray:
        """Values in force at instants inside the series."""
        return self.values[np.searchsorted(self.epoch, epoch, side="right") - 1]

    def _means(self, wanted: IntArray) -> FloatArray:
        """Time-weighted means between `wanted` edges. Weights, not differences of a running sum: zeros stay zero."""
        cuts = self.epoch[(self.epoch > wanted[0]) & (self.epoch < wanted[-1])]
        if np.array_equal(cuts, wanted[1:-1]):  # step by step its own values: no tables of weights
            return np.ascontiguousarray(self._at(wanted[:-1]))
        edges = np.union1d(wanted, cuts)
        step = np.searchsorted(wanted, edges[:-1], side="right") - 1
        weights = np.diff(edges) / np.diff(wanted)[step]
        starts = np.searchsorted(edges, wanted[:-1])
        return np.ascontiguousarray(
            np.add.reduceat((self._at(edges[:-1]).T * weights).T, starts, axis=0), dtype=np.float64
        )


def constant(value: float, first: int, last: int, name: str) -> Series:
    """One value over `[first, last)`, seconds since 1970."""
    return Series.from_epoch(np.array([first, last], dtype=np.int64), np.array([value]), name)


def year_of(axis: TimeAxis) -> tuple[int, int]:
    """Epoch seconds of the local calendar year the run starts in: `[1 January, next 1 January)`."""
    zone = axis.start.tzinfo or UTC
    return moment(date(axis.start.year, 1, 1), 0, zone), moment(date(axis.start.year + 1, 1, 1), 0, zone)


def _said(second: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).isoformat(timespec="minutes")
