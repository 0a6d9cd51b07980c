"""What own generation earns or saves in Japan: FIT, FIP, self-consumption; and what standby supply costs.

Amounts are exact and not rounded; whoever pays them rounds once.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from cosim.settlement.japan_meter import HalfHours, cost, total_kwh
from cosim.settlement.meter import Month
from cosim.settlement.money import ZERO
from cosim.settlement.tariff import TariffArrays
from grids.arrays import FloatArray
from simulators.sources.clock import moment


@dataclass(frozen=True)
class FitTerms:
    """Feed-in tariff (FIT, 固定価格買取): a fixed price for so many years.

    20 years, 10 below 10 kW (facts.md 6.2 [U]).
    """

    per_kwh: Decimal
    first: date
    years: int

    @property
    def end(self) -> date:
        """First day on which the price holds no more."""
        year = self.first.year + self.years
        leap_day = (self.first.month, self.first.day) == (2, 29)
        return date(year, 3, 1) if leap_day and not isleap(year) else self.first.replace(year=year)


@dataclass(frozen=True)
class FipTerms:
    """Feed-in premium (FIP): the market's price plus a monthly premium, base price less reference price, never below 0.

    Attributes:
        base_per_kwh: base price (基準価格).
        reference_per_kwh: month -> reference price (参照価格).
        balancing_per_kwh: paid on top for balancing oneself.
    """

    base_per_kwh: Decimal
    reference_per_kwh: Mapping[Month, Decimal] = field(default_factory=dict)
    balancing_per_kwh: Decimal = ZERO

    def premium(self, month: Month) -> Decimal:
        """Premium of a month; ValueError if its reference price is missing."""
        if month not in self.reference_per_kwh:
            raise ValueError(f"no reference price for {month}: a premium cannot be told")
        return max(self.base_per_kwh - self.reference_per_kwh[month], ZERO)


@dataclass(frozen=True, slots=True)
class Revenue:
    """What fed-in energy of a month earns."""

    month: Month
    sold_kwh: Decimal
    fixed: Decimal  # at the fixed price of FIT
    market: Decimal  # at the spot price
    premium: Decimal  # of FIP, with what is paid for balancing

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.fixed + self.market + self.premium


def fit_revenue(meter: HalfHours, terms: FitTerms, spot: FloatArray | None = None) -> tuple[Revenue, ...]:
    """Revenue of the export register under FIT, by month; outside its years energy is sold at spot.

    Raises:
        ValueError: energy is fed in outside the years of the fixed price and no spot price is given.
    """
    begin, end = (moment(day, 0, meter.zone) for day in (terms.first, terms.end))
    starts = meter.edges_s[:-1]
    fixed = np.where((starts >= begin) & (starts < end), meter.export_kwh, 0.0)
    free = meter.export_kwh - fixed
    if spot is None and free.any():
        raise ValueError(
            f"the fixed price holds from {terms.first} to {terms.end} only: give a spot price for the rest"
        )
    price = np.zeros(len(free)) if spot is None else spot
    found = []
    for month in meter.months:
        at = meter.of_month(month)
        at_market = cost(free[at], price[at])
        sold = total_kwh(meter.export_kwh[at])
        found.append(Revenue(month, sold, total_kwh(fixed[at]) * terms.per_kwh, at_market, ZERO))
    return tuple(found)


def fip_revenue(meter: HalfHours, terms: FipTerms, spot: FloatArray) -> tuple[Revenue, ...]:
    """Revenue of the export register under FIP, by month; ValueError if a month has no reference price."""
    found = []
    for month in meter.months:
        at = meter.of_month(month)
        sold = total_kwh(meter.export_kwh[at])
        premium = sold * (terms.premium(month) + terms.balancing_per_kwh)
        found.append(Revenue(month, sold, ZERO, cost(meter.export_kwh[at], spot[at]), premium))
    return tuple(found)


def market_revenue(meter: HalfHours, spot: FloatArray) -> tuple[Revenue, ...]:
    """Revenue of the export register at the spot price, by month."""
    found = []
    for month in meter.months:
        at = meter.of_month(month)
        found.append(Revenue(month, total_kwh(meter.export_kwh[at]), ZERO, cost(meter.export_kwh[at], spot[at]), ZERO))
    return tuple(found)


def self_consumption_value(
    used_kwh: FloatArray, arrays: TariffArrays, applies: frozenset[str], wheeling: FloatArray | None = None
) -> dict[str, Decimal]:
    """What own energy saves by not being drawn: charge -> amount, before tax; the base charge is not in it.

    Behind one's own meter (自家消費) every charge on energy is avoided. On a specified operator's own wires the
    customers still pay the levy: leave `levy` out of `applies`. Losses are inside a spot-indexed energy price.

    Args:
        used_kwh: (K,) own generation used on the spot.
        arrays: the compiled tariff of the import that it replaces.
        applies: which of `energy`, `fuel_adjustment`, `levy`, `wheeling` are avoided.
        wheeling: (K,) wheeling charge per kWh, where it is billed apart from the energy.
    """
    parts = {"energy": arrays.energy_charge, "fuel_adjustment": arrays.fuel_adjustment, "levy": arrays.levy}
    if wheeling is not None:
        parts["wheeling"] = wheeling
    return {name: cost(used_kwh, price) for name, price in parts.items() if name in applies}


@dataclass(frozen=True)
class StandbyTerms:
    """Standby supply for own generators that stand still (自家発補給); every number is the contract's.

    Attributes:
        kw: standby power contracted.
        base_per_kw_month: base charge in a month it is used.
        unused_share: share of the base charge in a month without use.
        per_kwh: price of the energy.
    """

    kw: Decimal
    base_per_kw_month: Decimal
    unused_share: Decimal
    per_kwh: Decimal


def standby_cost(used_kwh: Decimal, terms: StandbyTerms) -> tuple[Decimal, Decimal]:
    """(base, energy) of a month; ValueError for a negative use."""
    if used_kwh < 0:
        raise ValueError(f"standby supply cannot be negative ({used_kwh} kWh)")
    share = Decimal(1) if used_kwh else terms.unused_share
    return terms.kw * terms.base_per_kw_month * share, used_kwh * terms.per_kwh
