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
        # fmax and fmin pass over NaN
        low = np.minimum(np.fmax(self.lower, lower), self.upper)
        high = np.maximum(np.fmin(self.upper, upper), self.lower)
        return Interval(low, np.maximum(high, low))

    def clip(self, value: FloatArray) -> FloatArray:
        """The value moved inside."""
        return np.asarray(np.minimum(np.maximum(value, self.lower), self.upper))


def unbounded(members: int) -> Interval:
    """Everything is allowed."""
    return Interval(np.full(members, -np.inf), np.full(members, np.inf))
