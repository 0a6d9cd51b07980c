"""Fewer points for long runs, without losing what a planner looks for.

Steps are grouped into buckets of a round length. Lines keep the lowest and highest value of every bucket, bands
the lowest low and the highest high; areas (energies) take the mean weighted by time. Short runs stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray, IntArray

MOST_POINTS = 2500
MOST_DAYS_BY_HOURS = 92
_DAY_S = 86400
_SPANS_S = tuple(hours * 3600 for hours in (1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168, 336, 672))


@dataclass(frozen=True)
class Buckets:
    """Steps in groups: bucket b covers the steps `[starts[b], starts[b+1])`; `span_s` 0 = one step a bucket."""

    starts: IntArray
    span_s: int
    steps: int

    @property
    def whole(self) -> bool:
        """Whether nothing is grouped."""
        return self.span_s == 0

    def mean(self, values: FloatArray, dt_s: FloatArray) -> FloatArray:
        """Mean over each bucket weighted by time, of its finite values; NaN where there are none."""
        if self.whole:
            return values
        finite = np.isfinite(values)
        weight = np.where(finite, dt_s, 0.0)
        total = np.add.reduceat(np.where(finite, values, 0.0) * weight, self.starts)
        time = np.add.reduceat(weight, self.starts)
        return np.asarray(np.divide(total, time, out=np.full(len(total), np.nan), where=time > 0))

    def low(self, values: FloatArray) -> FloatArray:
        """Lowest finite value of each bucket."""
        return values if self.whole else np.asarray(np.fmin.reduceat(values, self.starts))

    def high(self, values: FloatArray) -> FloatArray:
        """Highest finite value of each bucket."""
        return values if self.whole else np.asarray(np.fmax.reduceat(values, self.starts))

    def extremes(self, values: FloatArray) -> IntArray:
        """Positions of the lowest and the highest value of each bucket, and of the first gap; in time order."""
        if self.whole:
            return np.arange(self.steps)
        ends = np.append(self.starts[1:], self.steps)
        kept: set[int] = {self.steps - 1}
        for start, end in zip(self.starts.tolist(), ends.tolist(), strict=True):
            part = values[start:end]
            gaps = np.flatnonzero(~np.isfinite(part))
            if gaps.size:
                kept.add(start + int(gaps[0]))
            if gaps.size < part.size:
                kept |= {start + int(np.nanargmin(part)), start + int(np.nanargmax(part))}
        return np.array(sorted(kept), dtype=np.int64)


def buckets(t_s: IntArray, most: int = MOST_POINTS) -> Buckets:
    """The shortest round bucket that leaves at most `most` of them.

    Args:
        t_s: (K,) start of each step in seconds since the start of the run, increasing.
        most: largest number of buckets.
    """
    steps = len(t_s)
    if steps <= most:
        return Buckets(np.arange(steps), 0, steps)
    for span_s in _SPANS_S:
        group = t_s // span_s
        starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
        if len(starts) <= most:
            return Buckets(starts, span_s, steps)
    length = -(-steps // most)
    return Buckets(np.arange(0, steps, length), int(t_s[length] - t_s[0]), steps)


def area_buckets(t_s: IntArray) -> Buckets:
    """Buckets for areas: whole days where day and night would only draw a comb."""
    found = buckets(t_s)
    days = int(t_s[-1] - t_s[0]) // _DAY_S
    if found.whole or days <= MOST_DAYS_BY_HOURS or found.span_s % _DAY_S == 0:
        return found
    return buckets(t_s, min(MOST_POINTS, days + 2))


def line_buckets(t_s: IntArray) -> Buckets:
    """Buckets for lines, which keep two points (and a gap) each."""
    return buckets(t_s, MOST_POINTS) if len(t_s) <= MOST_POINTS else buckets(t_s, MOST_POINTS // 3)
