"""Arithmetic on rows that does not depend on how many members there are, or how steps are cut into blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from grids.arrays import FloatArray, IntArray


def add_steps(total: FloatArray, steps: FloatArray) -> FloatArray:
    """`total + steps[0] + steps[1] + ...`, added in that order, to the bit; (...) and (T, ...)."""
    stacked = np.concatenate((total[np.newaxis], steps))
    if total.size == 1:  # along the last axis numpy adds pairwise, along any other one after the other
        return np.asarray(np.cumsum(stacked, axis=0)[-1])
    return np.asarray(np.add.reduce(np.ascontiguousarray(stacked), axis=0))


def pick(values: Any, at: IntArray) -> Any:
    """Columns of (rows, columns), in C order (a plain index would be transposed, and its sums depend on the layout).

    All columns in their own order are the array itself, not a copy.
    """
    if len(at) == values.shape[1] and np.array_equal(at, np.arange(len(at))):
        return values
    return np.take(values, at, axis=1)
