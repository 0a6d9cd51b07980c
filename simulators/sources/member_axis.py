"""Which members run, and where on the time axis each of them reads what comes from outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from grids.arrays import IntArray
from simulators.axis import TimeAxis
from simulators.sources.clock import DAY_S
from simulators.sources.errors import SourceError

OFFSET = "time.offset_days"


@dataclass(frozen=True)
class MemberAxis:
    """The axis of a run and its M members; one that starts `days` later reads step k that many days further on.

    Labels stay those of `axis`; what is read is computed on `reading`, which reaches as far as the latest member does.
    """

    axis: TimeAxis
    number: IntArray  # (M,) of each member in its ensemble: keys of random streams
    days: IntArray  # (M,) whole days it starts later
    seed: int = 0

    def __post_init__(self) -> None:
        dt_s = self.axis.dt_s
        if np.any(self.days) and (np.any(dt_s != dt_s[0]) or DAY_S % int(dt_s[0])):
            said = "starts later by whole days need steps of one length that divides a day"
            raise SourceError(OFFSET, [f"{said}; leave out events between steps, or the offset"])

    @classmethod
    def alone(cls, axis: TimeAxis, number: int = 0, days: int = 0, seed: int = 0) -> Self:
        """One member."""
        return cls(axis, np.array([number]), np.array([days]), seed)

    @property
    def count(self) -> int:
        """M."""
        return len(self.number)

    @cached_property
    def offset(self) -> IntArray:
        """(M,) steps each member reads further on."""
        return np.asarray(self.days * (DAY_S // int(self.axis.dt_s[0])), dtype=np.int64)

    @cached_property
    def reading(self) -> TimeAxis:
        """The axis, and beyond its end what the latest member needs."""
        return self.beyond(int(self.offset.max()))

    def beyond(self, steps: int) -> TimeAxis:
        """The axis with so many more steps; with a negative number cut off."""
        edges = self.axis.edges
        if steps > 0:
            more = edges[-1] + self.axis.dt_s[0] * np.arange(1, steps + 1, dtype=np.int64)
            edges = np.concatenate([edges, more])
        return TimeAxis(edges[: self.axis.steps + steps + 1], self.axis.start) if steps else self.axis

    def of(self, member: int) -> TimeAxis:
        """The axis at the dates a member really reads."""
        edges = self.reading.edges[int(self.offset[member]) :][: self.axis.steps + 1]
        return TimeAxis(edges - edges[0], self.reading.local(int(edges[0])))
