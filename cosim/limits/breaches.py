"""Statistics of breaches per member and column: bounded memory, however long the run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cosim.limits.limit import excess
from cosim.results.rows import add_steps
from grids.arrays import FloatArray, IntArray
from simulators.sinks import Layout


class NewWorst(NamedTuple):
    """(member, column) pairs whose worst value is a new one: by how much, and the first step of its window."""

    member: IntArray
    column: IntArray
    excess: FloatArray
    k: IntArray


class Breaches:
    """Hours, windows, worst value, first and last of every (member, column); zeros where `windows` is 0.

    Zeros, because memory that is never written costs nothing: most columns of most members never breach.
    """

    def __init__(self, members: int, lower: FloatArray, upper: FloatArray, tolerance: FloatArray) -> None:
        shape = (members, len(lower))
        self._lower, self._upper = lower, upper
        # value at which a breach begins; -inf and inf where a side is open
        self._below, self._above = lower - tolerance, upper + tolerance
        self.hours: FloatArray = np.zeros(shape)
        self.hours_above: FloatArray = np.zeros(shape)  # part of them above the upper bound
        self.windows: IntArray = np.zeros(shape, dtype=np.int64)
        self.energy: FloatArray = np.zeros(shape)  # excess x hours, in the unit of the quantity
        self.worst_excess: FloatArray = np.zeros(shape)
        self.worst_value: FloatArray = np.zeros(shape)
        self.worst_k: IntArray = np.zeros(shape, dtype=np.int64)
        self.first_k: IntArray = np.zeros(shape, dtype=np.int64)
        self.last_k: IntArray = np.zeros(shape, dtype=np.int64)

    def add(self, values: FloatArray, hours: FloatArray, k: IntArray) -> NewWorst | None:
        """Count steps or windows, in time order; NaN = not judged.

        Args:
            values: (T, members, columns).
            hours: (T,) length of each.
            k: (T,) first step of each.

        Returns:
            the pairs that were never so bad before (maybe none); None where nothing breaches.
        """
        breached = (values > self._above) | (values < self._below)
        if not breached.any():
            return None
        # only (member, column) pairs that breach now: (T, pairs)
        at = np.nonzero(breached.any(axis=0))
        hit, value, column = breached[:, at[0], at[1]], values[:, at[0], at[1]], at[1]
        over = np.where(hit, excess(value, self._lower[column], self._upper[column]), 0.0)
        lasting = np.where(hit, hours[:, np.newaxis], 0.0)
        self.hours[at] = add_steps(self.hours[at], lasting)
        above = value > self._above[column]
        self.hours_above[at] = add_steps(self.hours_above[at], np.where(above, lasting, 0.0))
        self.energy[at] = add_steps(self.energy[at], over * lasting)
        fresh = self.windows[at] == 0
        self.first_k[at] = np.where(fresh, k[hit.argmax(axis=0)], self.first_k[at])
        self.last_k[at] = k[len(k) - 1 - hit[::-1].argmax(axis=0)]
        self.windows[at] += hit.sum(axis=0)
        worst = np.where(hit, over, -1.0).argmax(axis=0)
        pairs = np.arange(len(column))
        worse = fresh | (over[worst, pairs] > self.worst_excess[at])
        to, worst, pairs = (at[0][worse], column[worse]), worst[worse], pairs[worse]
        self.worst_excess[to], self.worst_value[to], self.worst_k[to] = (
            over[worst, pairs],
            value[worst, pairs],
            k[worst],
        )
        return NewWorst(*to, self.worst_excess[to], self.worst_k[to])


class HalfHours:
    """Running sums of the current clock half hour; energy-weighted means of complete ones."""

    def __init__(self, layout: Layout, columns: int) -> None:
        axis = layout.axis
        self._window, self._dt_s = axis.half_hour, axis.dt_s
        self._seconds = np.bincount(self._window, weights=axis.dt_s)
        self._complete = axis.fits_half_hours & (self._seconds == 1800.0)
        self._first_k = np.searchsorted(self._window, np.arange(len(self._seconds)))
        self._sum: FloatArray = np.zeros((layout.members, columns))

    def add(self, values: FloatArray, first_k: int) -> tuple[FloatArray, IntArray]:
        """Take consecutive steps; what they complete.

        Args:
            values: (T, members, columns); NaN spoils its half hour.
            first_k: number of the first step.

        Returns:
            means: (W, members, columns) of the half hours that are over now and complete.
            first_k: (W,) first step of each.
        """
        steps = slice(first_k, first_k + len(values))
        window = self._window[steps]
        starts = np.flatnonzero(np.diff(window, prepend=window[0] - 1))
        lengths = np.diff(starts, append=len(values))
        weighted = values * self._dt_s[steps, np.newaxis, np.newaxis]
        sums = np.zeros((len(starts), *values.shape[1:]))
        sums[0] = self._sum
        for place in range(int(lengths.max())):  # one after the other in each half hour, all half hours at once
            longer = np.flatnonzero(lengths > place)
            if len(longer) == len(starts):
                sums += weighted[starts + place]
            else:
                sums[longer] += weighted[starts[longer] + place]
        over = window[starts]
        if steps.stop < len(self._window) and self._window[steps.stop] == over[-1]:  # goes on in the next block
            self._sum, over = sums[-1], over[:-1]
        else:
            self._sum = np.zeros_like(self._sum)
        done = np.flatnonzero(self._complete[over])
        whole = over[done]
        means = (sums[: len(over)] if len(done) == len(over) else sums[done]) / self._seconds[whole, None, None]
        return means, self._first_k[whole]
