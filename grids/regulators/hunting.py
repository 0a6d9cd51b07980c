"""Hunting (ハンチング): tap changers that undo each other's moves.

Three taps of one changer, or of a pair one of which feeds the other, in alternating directions within half an hour.
Of a pair both must have moved, each against the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray

WINDOW_S = 1800.0
TAPS = 3


@dataclass(frozen=True, slots=True)
class TapHistory:
    """The last three taps of every group (each changer alone, then each pair), oldest first; never written."""

    at_s: FloatArray  # (M, G, 3) when; -inf = no such tap
    who: IntArray  # (M, G, 3) column of the changer
    way: FloatArray  # (M, G, 3) -1 or +1

    @classmethod
    def empty(cls, members: int, groups: int) -> Self:
        """Nothing has moved."""
        shape = (members, groups, TAPS)
        return cls(np.full(shape, -np.inf), np.full(shape, -1, dtype=np.int64), np.zeros(shape))


@dataclass(frozen=True)
class HuntingWatch:
    """Which changers form which groups."""

    changers: int
    pairs: tuple[tuple[int, int], ...]

    @property
    def groups(self) -> int:
        """Number of groups G."""
        return self.changers + len(self.pairs)

    def members_of(self, group: int) -> tuple[int, ...]:
        """Columns of the changers of a group."""
        return (group,) if group < self.changers else self.pairs[group - self.changers]

    def after(
        self, history: TapHistory, rows: IntArray, who: IntArray, way: FloatArray, at_s: FloatArray
    ) -> tuple[TapHistory, BoolArray]:
        """The history after one tap in each of some members, and (M, G) which groups it showed to hunt.

        Args:
            history: before.
            rows: (n,) members in which a changer moved.
            who: (n,) column of that changer.
            way: (n,) -1 or +1.
            at_s: (n,) when.
        """
        at, mover, ways = history.at_s.copy(), history.who.copy(), history.way.copy()
        hunting = np.zeros(at.shape[:2], dtype=bool)
        for group in range(self.groups):
            columns = self.members_of(group)
            ours = np.isin(who, columns)
            moved = rows[ours]
            for array, new in ((at, at_s), (mover, who), (ways, way)):
                array[moved, group] = np.concatenate((array[moved, group, 1:], new[ours, np.newaxis]), axis=1)
            recent = at[moved, group, -1] - at[moved, group, 0] <= WINDOW_S
            alternate = (np.diff(ways[moved, group], axis=1) != 0.0).all(axis=1)
            both = len(columns) == 1 or (np.diff(mover[moved, group], axis=1) != 0).all(axis=1)
            hunting[moved, group] = recent & alternate & both
        return TapHistory(at, mover, ways), hunting
