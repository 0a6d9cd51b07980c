"""Intervals of power: None or NaN = no opinion, arrays broadcast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Interval:
    """`lower <= upper`, each (M,), or (M, units), or one that broadcasts to them."""

    lower: FloatArray
    upper: FloatArray

    def narrowed(self, lower: FloatArray | None, upper: FloatArray | None) -> Interval:
        """What is left after somebody of lower rank narrows it: never empty, the wider bounds win.

        self      [-----------------]
        asked           [---------------------]
        narrowed        [-----------]
        """
        # fmax and fmin pass over NaN
        low = self.lower if lower is None else np.minimum(np.fmax(self.lower, lower), self.upper)
        if upper is None:
            return self if lower is None else Interval(low, self.upper)
        return Interval(low, np.maximum(np.fmin(self.upper, upper), low))

    def clip(self, value: FloatArray) -> FloatArray:
        """The value moved inside."""
        return np.minimum(np.maximum(value, self.lower), self.upper)


UNBOUNDED = Interval(np.array([-np.inf]), np.array([np.inf]))
