"""Whether anything gives power that a relay at a metering point could take off: else its margin means nothing."""

from __future__ import annotations

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.sinks import Layout


class Giving:
    """In which steps the import margin of boundaries is judged.

    Args:
        boundaries: positions of the boundaries in the layout.
        layout: knows what their relays take off; where it does not, every step is judged.
    """

    def __init__(self, boundaries: IntArray, layout: Layout) -> None:
        known = layout.tripping or (None,) * len(layout.boundaries)
        groups = [known[boundary] for boundary in boundaries.tolist()]
        self._always: BoolArray = np.array([group is None for group in groups], dtype=bool)
        self._at = np.array([at for at, group in enumerate(groups) if group], dtype=np.int64)
        own = [group for group in groups if group]
        self._injections = np.array([point for group in own for point in group], dtype=np.int64)
        self._starts = np.cumsum([0, *(len(group) for group in own)])[:-1]

    def judged(self, p_actual_mw: FloatArray) -> BoolArray:
        """(rows, boundary) of (rows, injection) powers; what takes power gives none."""
        found = np.broadcast_to(self._always, (len(p_actual_mw), len(self._always)))
        if not len(self._at):
            return found
        giving = np.logical_or.reduceat(p_actual_mw[:, self._injections] > 0.0, self._starts, axis=1)
        found = found.copy()
        found[:, self._at] = giving
        return found
