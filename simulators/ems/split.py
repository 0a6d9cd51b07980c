"""A total over the units of one device: pure functions, the same rows for the same rows of input.

Continuous units share by their range. Semi-continuous units (engines) give nothing or at least `on_min`, so the total
decides how many run; those that must run come first, then those already on, then the rest in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray

_SLACK = 1e-12  # MW; a set-point that misses a bound by rounding is inside


def unit_sum(values_mw: FloatArray) -> FloatArray:
    """(M,) sum over the units of (M, units)."""
    if values_mw.shape[1] == 1:
        return values_mw[:, 0]
    # the order of summation follows the layout in memory, and must not depend on how many members there are
    return np.asarray(np.add.reduce(np.ascontiguousarray(values_mw), axis=1))


def share(total_mw: FloatArray, min_mw: FloatArray, max_mw: FloatArray) -> FloatArray:
    """(M, units) continuous units, every one at the same place between its bounds; as near `total_mw` as they can.

    Args:
        total_mw: (M,) what all units together shall inject.
        min_mw: (M, units) lowest injection.
        max_mw: (M, units) highest injection.
    """
    if min_mw.shape[1] == 1:
        return np.maximum(np.minimum(total_mw[:, np.newaxis], max_mw), min_mw)
    span = np.maximum(max_mw - min_mw, 0.0)
    room = unit_sum(span)
    wanted = np.minimum(np.maximum(total_mw - unit_sum(min_mw), 0.0), room)
    part = wanted / np.where(room > 0.0, room, 1.0)
    return np.asarray(min_mw + span * part[:, np.newaxis])


@dataclass(frozen=True, slots=True, eq=False)
class Fleet:
    """Semi-continuous units in the order they run in: those that must, those already on, those able, the rest."""

    low_mw: FloatArray  # (M, units) smallest injection while running, as are all in this order
    high_mw: FloatArray
    able: BoolArray
    must: IntArray  # (M,) how many must run
    least_mw: FloatArray  # (M, units) of this unit and all before it
    most_mw: FloatArray
    place: tuple[IntArray, IntArray] | None  # rows and columns of the units in this order; None = as they stand

    @classmethod
    def of(cls, min_mw: FloatArray, max_mw: FloatArray, on_min_mw: FloatArray, on: BoolArray) -> Fleet:
        """The fleet of one step.

        Args:
            min_mw: (M, units) lowest injection; > 0 = the unit must run.
            max_mw: (M, units) highest injection; < `on_min_mw` = the unit cannot run.
            on_min_mw: (M, units) smallest injection while running; 0 = continuous.
            on: (M, units) which units run now.
        """
        must = min_mw > 0.0
        able = must | (max_mw + _SLACK >= np.maximum(on_min_mw, _SLACK))
        low = np.where(able, np.maximum(on_min_mw, min_mw), 0.0)
        high = np.where(able, np.maximum(max_mw, low), 0.0)
        place = _places(must, able, on)
        if place is not None:
            able, low, high = able[place], low[place], high[place]
        least, most = np.add.accumulate(low, axis=1), np.add.accumulate(high, axis=1)
        return cls(low, high, able, np.add.reduce(must, axis=1), least, most, place)

    def split(self, total_mw: FloatArray, *, up: bool = False) -> FloatArray:
        """(M, units) how many units run, then shared among them; never above `total_mw` by choice.

        Args:
            total_mw: (M,) what all units together shall inject.
            up: never below `total_mw` by choice instead: another engine at its minimum rather than a gap.
        """
        total = total_mw[:, np.newaxis]
        needed = 1 + np.add.reduce(self.most_mw + _SLACK < total, axis=1)
        # without rounding up: a prefix, for cumulated sums only grow
        fits = self.able if up else self.able & (self.least_mw <= total + _SLACK)
        number = np.where(total_mw > _SLACK, np.minimum(needed, np.add.reduce(fits, axis=1)), 0)
        runs = np.arange(self.able.shape[1]) < np.maximum(number, self.must)[:, np.newaxis]
        shared = share(total_mw, np.where(runs, self.low_mw, 0.0), np.where(runs, self.high_mw, 0.0))
        if self.place is None:
            return shared
        result = np.empty_like(shared)
        result[self.place] = shared
        return result


def _places(must: BoolArray, able: BoolArray, on: BoolArray) -> tuple[IntArray, IntArray] | None:
    """Rows and columns that put the units in the order they run in; None where they stand in it already."""
    if must.shape[1] == 1:
        return None
    rank = np.where(must, 0, np.where(able, np.where(on, 1, 2), 3))
    if not (rank[:, 1:] < rank[:, :-1]).any():
        return None
    return np.arange(len(rank))[:, np.newaxis], np.argsort(rank, axis=1, kind="stable")
