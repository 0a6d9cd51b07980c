"""Intervals of power as pairs of arrays; NaN in a wish = no opinion. Pure functions, any broadcastable shapes."""

from __future__ import annotations

import numpy as np

from grids.arrays import FloatArray

NO_OPINION: FloatArray = np.array([np.nan])  # compared by identity on the fast path
NO_OPINION.setflags(write=False)
EPSILON_MW = 1e-9  # 1 mW: rounding, never a decision


def clip(value: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """`value` moved into `[lower, upper]`; a NaN bound leaves that side open, a NaN value stays NaN."""
    kept = np.where(np.isnan(lower), value, np.maximum(value, lower))
    return np.where(np.isnan(upper), kept, np.minimum(kept, upper))


def narrow(
    lower: FloatArray, upper: FloatArray, wish_lower: FloatArray, wish_upper: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The part of `[lower, upper]` (stronger, finite or infinite) that a weaker wish leaves.

    A wish wholly outside collapses to the nearest edge. Where a wish contradicts itself, its lower end holds.
    """
    narrowed_lower = np.minimum(np.fmax(lower, wish_lower), upper)
    narrowed_upper = np.maximum(np.fmin(upper, wish_upper), lower)
    return narrowed_lower, np.maximum(narrowed_upper, narrowed_lower)


def intersect(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """What two intervals of equal rank have in common; NaN ends are open. Empty where lower > upper."""
    return np.fmax(first[0], second[0]), np.fmin(first[1], second[1])
