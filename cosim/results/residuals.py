"""The largest imbalance of a run and when it was."""

from __future__ import annotations

from typing import Any

import numpy as np

from cosim.results.numbers import significant
from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis


class Residual:
    """Largest absolute value per member; NaN (a member that did not converge) does not count."""

    def __init__(self, members: int) -> None:
        self.worst: FloatArray = np.zeros(members)
        self.k: IntArray = np.full(members, -1, dtype=np.int64)

    def add(self, values: FloatArray, k: int) -> None:
        """Take the (members,) values of step k."""
        size = np.abs(values)
        larger = size > self.worst
        if larger.any():
            self.worst = np.where(larger, size, self.worst)
            self.k = np.where(larger, k, self.k)

    def as_dict(self, axis: TimeAxis) -> dict[str, Any]:
        """Largest value of all members, its local time and member; no time where nothing was ever out of balance."""
        member = int(np.argmax(self.worst))
        k = int(self.k[member])
        at = axis.local(int(axis.edges[k])).isoformat() if k >= 0 else None
        return {"value": significant(float(self.worst[member])), "unit": "MW", "at": at, "member": member}
