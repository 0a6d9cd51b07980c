"""The registers of a Japanese metering point: energies of clock half hours, summed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np

from cosim.settlement.meter import Month
from cosim.settlement.money import KWH_QUANTUM, rate
from cosim.settlement.pricing import PRICE_DIGITS
from grids.arrays import FloatArray, IntArray
from simulators.axis import HALF_HOUR_S, TimeAxis

HALF_HOURS_AN_HOUR = 2


@dataclass(frozen=True)
class HalfHours:
    """Consecutive clock half hours of one metering point; import and export are registers of their own.

    Attributes:
        first_s: epoch second at which the first begins.
        import_kwh: (K,) drawn from the wires.
        export_kwh: (K,) fed into them.
        kvarh: (K,) reactive energy of the import, lagging positive; None where nobody metered it.
        zone: whose calendar cuts the months.
    """

    first_s: int
    import_kwh: FloatArray
    export_kwh: FloatArray
    kvarh: FloatArray | None
    zone: ZoneInfo

    def __post_init__(self) -> None:
        registers = [self.import_kwh, self.export_kwh, *([] if self.kvarh is None else [self.kvarh])]
        if len({len(register) for register in registers}) > 1 or not len(self.import_kwh):
            raise ValueError("every register needs one value for each half hour, and at least one")
        if not all(np.isfinite(register).all() for register in registers):
            raise ValueError("a register holds half hours without a value: a bill needs all of them")
        if (self.import_kwh < 0).any() or (self.export_kwh < 0).any():
            raise ValueError("a register counts upwards: import and export cannot be negative")
        if self.first_s % HALF_HOUR_S:
            raise ValueError("half hours begin at :00 and :30")

    @classmethod
    def of(
        cls,
        first_s: int,
        import_kwh: Sequence[float] | FloatArray,
        zone: ZoneInfo,
        *,
        export_kwh: Sequence[float] | FloatArray | None = None,
        kvarh: Sequence[float] | FloatArray | None = None,
    ) -> Self:
        """From what was drawn each half hour; without an export register nothing is fed in."""
        drawn = np.asarray(import_kwh, dtype=np.float64)
        fed = np.zeros(len(drawn)) if export_kwh is None else np.asarray(export_kwh, dtype=np.float64)
        return cls(first_s, drawn, fed, None if kvarh is None else np.asarray(kvarh, dtype=np.float64), zone)

    @classmethod
    def of_intervals(
        cls,
        edges_s: IntArray,
        net_kwh: FloatArray,
        zone: ZoneInfo,
        kvarh: FloatArray | None = None,
    ) -> Self:
        """From shorter intervals: each adds to the import or to the export register of its half hour.

        Args:
            edges_s: (N + 1,) epoch seconds.
            net_kwh: (N,) drawn positive, fed in negative.
            zone: whose calendar cuts the months.
            kvarh: (N,) reactive energy, lagging positive.

        Raises:
            ValueError: intervals cross a half hour, or do not fill the first or the last one.
        """
        number = (edges_s[:-1] - edges_s[0]) // HALF_HOUR_S
        if edges_s[0] % HALF_HOUR_S or edges_s[-1] % HALF_HOUR_S:
            raise ValueError("the metered time must begin and end at a clock half hour")
        if ((edges_s[1:] - edges_s[0] - 1) // HALF_HOUR_S != number).any():
            raise ValueError("an interval crosses a clock half hour; a Japanese bill needs half hours or shorter ones")

        def folded(values: FloatArray) -> FloatArray:
            return np.asarray(np.bincount(number, weights=values), dtype=np.float64)

        reactive = None if kvarh is None else folded(kvarh)
        return cls(int(edges_s[0]), folded(np.maximum(net_kwh, 0.0)), folded(np.maximum(-net_kwh, 0.0)), reactive, zone)

    @property
    def edges_s(self) -> IntArray:
        """(K + 1,) epoch seconds."""
        return np.asarray(self.first_s + HALF_HOUR_S * np.arange(len(self.import_kwh) + 1), dtype=np.int64)

    @property
    def months(self) -> tuple[Month, ...]:
        """The billing months it touches, in order."""
        ends = (self.first_s, self.first_s + HALF_HOUR_S * (len(self.import_kwh) - 1))
        first, last = (datetime.fromtimestamp(end, UTC).astimezone(self.zone) for end in ends)
        found = [Month(first.year, first.month)]
        while found[-1] < Month(last.year, last.month):
            found.append(found[-1].following)
        return tuple(found)

    def of_month(self, month: Month) -> slice:
        """Its half hours of a month."""
        edges = (month.starts_at(self.zone), month.following.starts_at(self.zone))
        ends = [min(max((edge - self.first_s) // HALF_HOUR_S, 0), len(self.import_kwh)) for edge in edges]
        return slice(*ends)

    def covered(self, month: Month) -> tuple[int, int]:
        """(metered, all) half hours of a month."""
        inside = self.of_month(month)
        whole = (month.following.starts_at(self.zone) - month.starts_at(self.zone)) // HALF_HOUR_S
        return inside.stop - inside.start, whole

    def axis(self, inside: slice) -> TimeAxis:
        """Some of its half hours as a time axis."""
        start = datetime.fromtimestamp(self.first_s + HALF_HOUR_S * inside.start, UTC).astimezone(self.zone)
        count = inside.stop - inside.start
        return TimeAxis(HALF_HOUR_S * np.arange(count + 1, dtype=np.int64), start)

    def peak_kw(self, month: Month) -> Decimal:
        """Highest half-hour mean of the import in a month (最大需要電力)."""
        return exact_kwh(self.import_kwh[self.of_month(month)].max()) * HALF_HOURS_AN_HOUR


def exact_kwh(value: float) -> Decimal:
    """An energy to a thousandth of a Wh."""
    return Decimal(int(_micro(np.array([value]))[0])) * KWH_QUANTUM


def total_kwh(energy_kwh: FloatArray) -> Decimal:
    """Sum of (K,) energies, each to a thousandth of a Wh first: the same whatever the order or the grouping."""
    return Decimal(int(_micro(energy_kwh).sum())) * KWH_QUANTUM


def by_price(energy_kwh: FloatArray, price: FloatArray) -> tuple[tuple[Decimal, Decimal], ...]:
    """(price, energy) of every price that occurs, cheapest first; the energies add up to `total_kwh` exactly.

    Args:
        energy_kwh: (K,).
        price: (K,) per kWh, taken to a millionth.
    """
    prices, which = np.unique(np.round(price, PRICE_DIGITS), return_inverse=True)
    sums = np.zeros(len(prices), dtype=np.int64)
    np.add.at(sums, which, _micro(energy_kwh))
    return tuple((rate(p), Decimal(s) * KWH_QUANTUM) for p, s in zip(prices.tolist(), sums.tolist(), strict=True))


def cost(energy_kwh: FloatArray, price: FloatArray) -> Decimal:
    """Sum of energy x price, exact."""
    return sum((energy * one for one, energy in by_price(energy_kwh, price)), Decimal(0))


def _micro(energy_kwh: FloatArray) -> IntArray:
    return np.rint(np.asarray(energy_kwh, dtype=np.float64) / float(KWH_QUANTUM)).astype(np.int64)
