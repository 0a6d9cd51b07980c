"""Statistics of breaches per member and column: bounded memory, however long the run."""

from __future__ import annotations

import numpy as np

from cosim.limits.limit import excess
from grids.arrays import FloatArray, IntArray
from simulators.sinks import Layout


class Breaches:
    """Hours, windows, worst value, first and last of every (member, column)."""

    def __init__(self, members: int, lower: FloatArray, upper: FloatArray, tolerance: FloatArray) -> None:
        shape = (members, len(lower))
        self._lower, self._upper = lower, upper
        # value at which a breach begins; -inf and inf where a side is open
        self._below, self._above = lower - tolerance, upper + tolerance
        self.hours: FloatArray = np.zeros(shape)
        self.windows: IntArray = np.zeros(shape, dtype=np.int64)
        self.energy: FloatArray = np.zeros(shape)  # excess x hours, in the unit of the quantity
        self.worst_excess: FloatArray = np.zeros(shape)
        self.worst_value: FloatArray = np.full(shape, np.nan)
        self.worst_k: IntArray = np.full(shape, -1, dtype=np.int64)
        self.first_k: IntArray = np.full(shape, -1, dtype=np.int64)
        self.last_k: IntArray = np.full(shape, -1, dtype=np.int64)

    def add(self, values: FloatArray, hours: float, k: int) -> None:
        """Count one step or window of `hours` that starts at step k; NaN = not judged. (members, columns)."""
        breached = (values > self._above) | (values < self._below)
        if not breached.any():
            return
        at = np.nonzero(breached)
        value, column = values[at], at[1]
        over = excess(value, self._lower[column], self._upper[column])
        self.hours[at] += hours
        self.windows[at] += 1
        self.energy[at] += over * hours
        self.last_k[at] = k
        self.first_k[at] = np.where(self.first_k[at] < 0, k, self.first_k[at])
        worse = over > self.worst_excess[at]
        to = (at[0][worse], column[worse])
        self.worst_excess[to], self.worst_value[to], self.worst_k[to] = over[worse], value[worse], k


class HalfHours:
    """Running sums of the current clock half hour; the energy-weighted mean once it is complete."""

    def __init__(self, layout: Layout, columns: int) -> None:
        window = layout.axis.half_hour
        self._last = np.append(window[1:] != window[:-1], True)
        seconds = np.bincount(window, weights=layout.axis.dt_s)
        self._complete = layout.axis.fits_half_hours & (seconds[window] == 1800.0)
        self._shape = (layout.members, columns)
        self._start()

    def _start(self) -> None:
        self._sum: FloatArray = np.zeros(self._shape)
        self._seconds = 0
        self._first_k = -1

    def add(self, values: FloatArray, dt_s: int, k: int) -> tuple[FloatArray, int] | None:
        """Take step k; at the end of a complete half hour its means, NaN where any step was, and its first step."""
        if self._first_k < 0:
            self._first_k = k
        self._sum += values * dt_s  # a NaN stays: one step not judged spoils its half hour
        self._seconds += dt_s
        if not self._last[k]:
            return None
        mean = (self._sum / self._seconds, self._first_k) if self._complete[k] else None
        self._start()
        return mean
