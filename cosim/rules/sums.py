"""Sums of power over groups of connection points, and energies of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cosim.results.rows import add_steps
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.sinks import StepBlock


class PointSums:
    """Sums over the points of some groups; a group without points sums up to 0.

    Args:
        groups: positions of each group's points among the columns.
    """

    def __init__(self, groups: Sequence[Sequence[int]]) -> None:
        filled = [position for position, points in enumerate(groups) if len(points)]
        self._filled: IntArray = np.array(filled, dtype=np.int64)
        self._points: IntArray = np.array([point for at in filled for point in groups[at]], dtype=np.int64)
        self._starts = np.cumsum([0, *(len(groups[at]) for at in filled)])[:-1]
        self.width = len(groups)

    def of(self, values: FloatArray) -> FloatArray:
        """(rows, group) from (rows, point)."""
        return self._reduced(np.add, values, np.zeros((len(values), self.width)))

    def all_of(self, states: BoolArray) -> BoolArray:
        """(rows, group) whether all points of a group are in a state, (rows, point)."""
        whole: BoolArray = np.ones((len(states), self.width), dtype=bool)
        return self._reduced(np.logical_and, states, whole)

    def _reduced(self, how: np.ufunc, values: np.ndarray, into: np.ndarray) -> np.ndarray:
        if len(self._filled):
            into[:, self._filled] = how.reduceat(np.take(values, self._points, axis=1), self._starts, axis=1)
        return into


def added_mwh(total: FloatArray, mw: FloatArray, block: StepBlock) -> FloatArray:
    """`total` (M, ...) and the energies of a block's (rows, ...) powers; a step without solution adds nothing."""
    converged = block.grid.result.converged
    if not converged.all():
        mw = np.where(converged[:, np.newaxis], mw, 0.0)
    return add_steps(total, block.by_step(mw) * block.hours[:, np.newaxis, np.newaxis])
