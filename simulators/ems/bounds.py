"""Intervals of power: NaN = no opinion, arrays broadcast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Interval:
    """`lower <= upper`, both (M,)."""

    lower: FloatArray
    upper: FloatArray

    def narrowed(self, lower: FloatArray | float, upper: FloatArray | float) -> Interval:
        """What is left after somebody of lower rank narrows it: never empty, the wider bounds win.

        self      [-----------------]
        asked           [---------------------]
        narrowed        [-----------]
        """
        low = np.where(np.isnan(lower), self.lower, np.clip(lower, self.lower, self.upper))
        high = np.where(np.isnan(upper), self.upper, np.clip(upper, self.lower, self.upper))
        return Interval(low, np.maximum(high, low))

    def clip(self, value: FloatArray) -> FloatArray:
        """The value moved inside."""
        return np.clip(value, self.lower, self.upper)


def unbounded(members: int) -> Interval:
    """Everything is allowed."""
    return Interval(np.full(members, -np.inf), np.full(members, np.inf))
