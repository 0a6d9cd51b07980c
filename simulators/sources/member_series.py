"""What drives the units of one entry, for every member, without a table of members x time.

Members share profiles; each reads its own at its own offset and multiplies by its own factor and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.noise import Noise

MOST_BYTES = 2e9  # of one port
GB = 1e9
T = TypeVar("T")


@dataclass(frozen=True)
class MemberSeries:
    """One port of one entry: step k of member m is `profiles[which[m], k + offset[m]] * factor[m] * noise`.

    A profile is read in a circle: one that is a single step long is constant, one of a year begins again after it.
    What all members share has one row.
    """

    profiles: FloatArray  # (U, L, columns): distinct profiles; one column where all units share it
    which: IntArray  # (M,) or (1,) profile of each member
    offset: IntArray  # (M,) or (1,) steps
    factor: FloatArray | None  # (M, units) or (1, units)
    noise: Noise | None

    @classmethod
    def of(
        cls,
        profiles: FloatArray,
        members: MemberAxis,
        *,
        units: int | None = None,
        which: IntArray | None = None,
        offset: IntArray | None = None,
        factor: FloatArray | None = None,
        noise: Noise | None = None,
    ) -> Self:
        """Series in the form that is quickest to step.

        Args:
            profiles: (U, L, columns); columns are the units, or one that all units share. L is 1 (constant), at least
                the steps of `members.reading`, or a period after which it begins again.
            members: axis and offsets.
            units: number of units; left out = the columns.
            which: (M,) profile of each member; left out = the first.
            offset: (M or 1,) steps each reads further on; left out = those of `members`.
            factor: (M or 1, units or 1), or None = 1.
            noise: noise of the entry, shared by its ports.
        """
        if np.array_equal(profiles[:, 1:], profiles[:, :-1]):
            profiles = profiles[:, :1].copy()  # the same all the time: nothing to look up, nothing to keep
        columns = profiles.shape[2]
        units = columns if units is None else units
        which = _shared(np.zeros(1, dtype=np.int64) if which is None else which)
        own = members.offset if offset is None else offset
        offset = _shared(own if profiles.shape[1] > 1 else np.zeros(1, dtype=np.int64))
        if len(which) == 1:
            profiles, which = profiles[which[0] : which[0] + 1], np.zeros(1, dtype=np.int64)
        if factor is None and columns < units:
            factor = np.ones((1, 1))
        if factor is not None:
            factor = _shared(np.ascontiguousarray(np.broadcast_to(factor, (len(factor), units))))
            if len(factor) == len(profiles) == 1:  # the same product as in each step
                profiles, factor = profiles * factor, None
        return cls(np.ascontiguousarray(profiles), which, offset, factor, noise)

    @property
    def members(self) -> int:
        """M, or 1 where all members share it."""
        rows = [len(self.which), len(self.offset)]
        rows += [len(self.factor)] if self.factor is not None else []
        rows += [self.noise.members] if self.noise is not None else []
        return max(rows)

    def row(self, k: int) -> FloatArray:
        """(M, units) values of step k; (1, units) where all members share them."""
        values = self._read(k)
        if self.factor is not None:
            values = values * self.factor
        return values if self.noise is None else values * self.noise.row(k)

    def _read(self, k: int) -> FloatArray:
        length = self.profiles.shape[1]
        if len(self.which) == len(self.offset) == 1:
            at = (k + int(self.offset[0])) % length
            row: FloatArray = self.profiles[0, at : at + 1]
            return row
        at_each = (k + self.offset) % length + self.which * length
        return np.asarray(self.profiles.reshape(-1, self.profiles.shape[2]).take(at_each, axis=0))


def stacked(
    items: Sequence[T],
    make: Callable[[T], FloatArray],
    path: str,
    key: Callable[[T], Hashable] = id,
) -> tuple[FloatArray, IntArray]:
    """A profile for each distinct item: (U, L, columns) and (M or 1,) which one each item means.

    Args:
        items: one a member, or one for all.
        make: item -> (L,) or (L, columns) profile; the same shape for all.
        path: scenario path, for the message.
        key: what makes two items the same.

    Raises:
        SourceError: they would not fit into memory.
    """
    position: dict[Hashable, int] = {}
    distinct: list[T] = []
    which = np.empty(len(items), dtype=np.int64)
    for member, item in enumerate(items):
        found = position.setdefault(key(item), len(distinct))
        if found == len(distinct):
            distinct.append(item)
        which[member] = found
    first = make(distinct[0])
    first = first.reshape(len(first), -1)
    refuse_size(len(distinct) * first.size, f"{len(distinct)} members' own profiles of {len(first)} steps", path)
    profiles = np.empty((len(distinct), *first.shape))
    profiles[0] = first
    for place, item in enumerate(distinct[1:], start=1):
        profiles[place] = make(item).reshape(first.shape)
    return profiles, which


def refuse_size(numbers: int, what: str, path: str) -> None:
    """`SourceError` if so many numbers do not fit into memory."""
    if 8 * numbers > MOST_BYTES:
        said = f"{what} need {8 * numbers / GB:.1f} GB, at most {MOST_BYTES / GB:g}"
        raise SourceError(path, [f"{said}; run fewer members or a shorter time, or draw from a list of few values"])


def _shared(values: T) -> T:
    """One row where all are equal."""
    array = np.asarray(values)
    return array[:1] if len(array) > 1 and bool(np.all(array == array[:1])) else array  # type: ignore[return-value]
