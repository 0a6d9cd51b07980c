"""The largest imbalance of a run and when it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from cosim.results.numbers import significant
from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis


class Residual:
    """Largest absolute value per member; NaN (a member that did not converge) does not count.

    Args:
        member: (M,) number of each member.
    """

    def __init__(self, member: IntArray) -> None:
        self._member = member
        self.worst: FloatArray = np.zeros(len(member))
        self.k: IntArray = np.full(len(member), -1, dtype=np.int64)

    def add(self, values: FloatArray, first_k: int) -> None:
        """Take the (T, members) values of steps from `first_k` on; of equal ones the first counts."""
        size = np.abs(values)
        size = np.where(np.isnan(size), 0.0, size)
        at = size.argmax(axis=0)
        top = size[at, np.arange(size.shape[1])]
        larger = top > self.worst
        if larger.any():
            self.worst = np.where(larger, top, self.worst)
            self.k = np.where(larger, first_k + at, self.k)

    def as_dict(self, axis: TimeAxis) -> dict[str, Any]:
        """Largest value of all members, its local time and member; no time where nothing was ever out of balance."""
        worst = int(np.argmax(self.worst))
        k = int(self.k[worst])
        at = axis.local(int(axis.edges[k])).isoformat() if k >= 0 else None
        value = significant(float(self.worst[worst]))
        return {"value": value, "unit": "MW", "at": at, "member": int(self._member[worst])}
