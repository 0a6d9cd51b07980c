"""Errors of plans: a plan is wrong by what changed between its gate and the delivery (planner.md 1.15)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators.axis import HALF_HOUR_S
from simulators.sources.noise import standard_normals

DAY_S = 86400
BLOCK = 336  # half hours made at a time: a week


def error_weights(gate: timedelta) -> FloatArray:
    """Weight of the last, second last, ... half hour's step in the error of a plan, per unit of day-ahead error.

    What is forecast wanders off as a random walk, so a plan final `gate` before delivery misses the steps of that
    time: its standard deviation is the day-ahead one x sqrt(gate / 24 h), and errors of half hours closer than the gate
    are alike. The sum of the squared weights is gate / 24 h. [assumed: no published law of the error's growth]
    """
    half_hours = gate.total_seconds() / HALF_HOUR_S
    whole = int(half_hours)
    weights = np.ones(whole + 1)
    weights[-1] = math.sqrt(half_hours - whole)
    return np.asarray(weights * math.sqrt(HALF_HOUR_S / DAY_S))


class PlanErrors:
    """Relative errors of the plans of some streams, half hour by half hour; equal moments give equal errors."""

    def __init__(self, keys: Sequence[int], units: int, sigma: float, gate: timedelta) -> None:
        """Errors.

        Args:
            keys: key of each stream (one a member).
            units: plans of each stream, with errors of their own.
            sigma: standard deviation of a plan made 24 h ahead, per unit of the power.
            gate: how long before delivery a plan is final.
        """
        self._keys, self._units = tuple(keys), units
        self._weights = sigma * error_weights(gate)
        self._begin, self._block = 0, np.zeros((0, len(self._keys), units))

    def of(self, half_hours: IntArray) -> FloatArray:
        """(W, stream, units) errors of half hours, counted since 1970 and in rising order."""
        return np.array([self._row(int(number)) for number in half_hours]).reshape(-1, *self._block.shape[1:])

    def _row(self, number: int) -> FloatArray:
        if not 0 <= number - self._begin < len(self._block):
            self._begin, self._block = number, self._made(number)
        row: FloatArray = self._block[number - self._begin]
        return row

    def _made(self, begin: int) -> FloatArray:
        before = len(self._weights) - 1
        first = np.full(len(self._keys), begin - before, dtype=np.int64)
        steps = standard_normals(self._keys, self._units, first, BLOCK + before)
        errors: FloatArray = np.zeros((BLOCK, *steps.shape[1:]))
        for back, weight in enumerate(self._weights.tolist()):  # one after the other: no sum depends on the block
            errors += weight * steps[before - back : before - back + BLOCK]
        return errors
