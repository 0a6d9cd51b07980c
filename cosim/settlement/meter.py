"""Metered energies: what a customer used and generated in each interval, and billing months of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from cosim.settlement.money import kwh
from grids.arrays import FloatArray, IntArray


@dataclass(frozen=True, order=True)
class Month:
    """A billing month by the calendar of the site."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def following(self) -> Month:
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def first_day(self) -> date:
        """Its first calendar day."""
        return date(self.year, self.month, 1)

    def starts_at(self, zone: ZoneInfo) -> int:
        """Epoch second of its first local midnight."""
        return round(datetime(self.year, self.month, 1, tzinfo=zone).timestamp())


@dataclass(frozen=True)
class Meter:
    """Energies of consecutive intervals, each labelled by its start.

    Two registers: use and generation. What crosses the meter in an interval is their difference.
    """

    edges_s: IntArray  # (K + 1,) epoch seconds
    load_kwh: FloatArray  # (K,) >= 0
    generation_kwh: FloatArray  # (K,) >= 0
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if len(self.edges_s) != len(self.load_kwh) + 1 or len(self.load_kwh) != len(self.generation_kwh):
            raise ValueError("a meter needs one more edge than intervals, and both registers for each")

    @property
    def crossing(self) -> IntArray:
        """Positions of the intervals that reach over the end of their calendar month."""
        ends = np.array([month.following.starts_at(self.zone) for month in self.months], dtype=np.int64)
        after = np.searchsorted(ends, self.edges_s[:-1], side="right")
        return np.flatnonzero(self.edges_s[1:] > ends[after])

    def told(self, position: int) -> str:
        """From when to when an interval lasts, local time."""
        ends = (datetime.fromtimestamp(int(second), UTC) for second in self.edges_s[position : position + 2])
        return " to ".join(end.astimezone(self.zone).isoformat(timespec="minutes") for end in ends)

    @property
    def start(self) -> datetime:
        """Local time of the first interval."""
        return datetime.fromtimestamp(int(self.edges_s[0]), UTC).astimezone(self.zone)

    @property
    def months(self) -> tuple[Month, ...]:
        """The billing months it touches, in order."""
        last = datetime.fromtimestamp(int(self.edges_s[-1]) - 1, UTC).astimezone(self.zone)
        found, end = [Month(self.start.year, self.start.month)], Month(last.year, last.month)
        while found[-1] < end:
            found.append(found[-1].following)
        return tuple(found)

    def of_month(self, month: Month) -> slice:
        """The intervals that begin in a month."""
        edges = (month.starts_at(self.zone), month.following.starts_at(self.zone))
        first, last = np.searchsorted(self.edges_s[:-1], edges)
        return slice(int(first), int(last))

    def holds(self, month: Month) -> bool:
        """Whether the whole month is metered; its intervals follow each other without a gap."""
        first, last = month.starts_at(self.zone), month.following.starts_at(self.zone)
        return bool(self.edges_s[0] <= first and last <= self.edges_s[-1])

    def readings(self) -> Iterator[Reading]:
        """One reading a billing month."""
        for month in self.months:
            inside = self.of_month(month)
            load, generation = self.load_kwh[inside], self.generation_kwh[inside]
            net = load - generation
            yield Reading(
                month=month,
                use_kwh=kwh(load.sum()),
                generation_kwh=kwh(generation.sum()),
                purchase_kwh=kwh(np.maximum(net, 0.0).sum()),
                sale_kwh=kwh(np.maximum(-net, 0.0).sum()),
            )


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meters of one billing month say.

    `purchase_kwh` and `sale_kwh` are netted interval by interval (net purchase and sale, 시간대별 구분계량); the net of
    the period (순계량) is `use - generation`.
    """

    month: Month
    use_kwh: Decimal
    generation_kwh: Decimal
    purchase_kwh: Decimal
    sale_kwh: Decimal
