"""What the base charge of a Japanese bill is counted on: contract power and power factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.meter import Month
from cosim.settlement.tariff import PowerFactorClause
from grids.arrays import BoolArray
from simulators.sources.calendars import clock_range
from simulators.sources.clock import MINUTES_A_DAY

AGREED_FROM_KW = 500  # facts.md 6.1 [U]: from here the contract power is agreed, below it is measured
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Contract:
    """The contract of a metering point.

    Attributes:
        agreed_kw: agreed contract power (協議制); None = measured, the highest half-hour mean of the tariff's
            `demand_months` (実量制).
        previous_max_kw: month -> highest half-hour mean of months before the metered ones, or one number for all
            eleven of them (it then counts until the last of them has left the window, an upper bound).
        power_factor_percent: power factor where no reactive energy is metered.
    """

    agreed_kw: Decimal | None = None
    previous_max_kw: Decimal | Mapping[Month, Decimal] = field(default_factory=dict)
    power_factor_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Contract power of a month."""

    kw: Decimal  # what is charged
    peak_kw: Decimal  # highest half-hour mean of the month itself
    notes: tuple[str, ...] = ()


def demand_of(meter: HalfHours, month: Month, contract: Contract, months: int) -> Demand:
    """The contract power a month is charged for, in whole kW (half a kW counts up [U]).

    Args:
        meter: the metering point.
        month: the month.
        contract: agreed, or what is known of earlier months.
        months: length of the window, this month included; 12 = 実量制, 1 = the month by itself.
    """
    peak = meter.peak_kw(month)
    if contract.agreed_kw is not None:
        over = peak - contract.agreed_kw
        note = f"the agreed {contract.agreed_kw:f} kW were exceeded by {over.normalize():f} kW"
        return Demand(contract.agreed_kw, peak, (note,) if over > 0 else ())
    highest = max([peak, *_of_meter(meter, month, months), *_before_meter(meter, month, contract, months)])
    whole = highest.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    note = f"from {AGREED_FROM_KW} kW on the contract power is agreed, not measured [U]: {whole} kW is the measured one"
    return Demand(whole, peak, (note,) if whole >= AGREED_FROM_KW and months == MONTHS_A_YEAR else ())


def power_factor_percent(meter: HalfHours, month: Month, contract: Contract, clause: PowerFactorClause) -> int:
    """Mean power factor of the month's daytime import in whole percent: kWh / sqrt(kWh2 + kvarh2), at most 100.

    Leading half hours count as no reactive energy, a daytime without import as the neutral power factor [U].

    Raises:
        ValueError: neither metered nor given.
    """
    if contract.power_factor_percent is not None:
        return contract.power_factor_percent
    if meter.kvarh is None:
        raise ValueError(
            "the tariff rewards the power factor, but no reactive energy is metered: "
            "give the metering point kvarh, or the contract a power_factor_percent"
        )
    inside = meter.of_month(month)
    counts = _daytime(meter, inside, clause)
    active = float(meter.import_kwh[inside][counts].sum())
    reactive = float(np.maximum(meter.kvarh[inside], 0.0)[counts].sum())
    if not active:
        return clause.neutral_percent
    mean = Decimal(repr(round(100.0 * active / float(np.hypot(active, reactive)), 9)))
    return int(mean.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _of_meter(meter: HalfHours, month: Month, months: int) -> list[Decimal]:
    """Peaks of the metered months of the window before this one."""
    return [meter.peak_kw(one) for one in meter.months if 0 < _months_between(one, month) < months]


def _before_meter(meter: HalfHours, month: Month, contract: Contract, months: int) -> list[Decimal]:
    """What the contract says of months of the window before the meter begins."""
    known = contract.previous_max_kw
    if isinstance(known, Decimal):
        return [known] if _months_between(meter.months[0], month) < months - 1 else []
    return [kw for one, kw in known.items() if 0 < _months_between(one, month) < months]


def _months_between(earlier: Month, later: Month) -> int:
    return MONTHS_A_YEAR * (later.year - earlier.year) + later.month - earlier.month


def _daytime(meter: HalfHours, inside: slice, clause: PowerFactorClause) -> BoolArray:
    """Half hours that begin in the clause's hours of the local day."""
    begin, end = clock_range(clause.hours)
    axis = meter.axis(inside)
    walls = (axis.local(int(edge)) for edge in axis.edges[:-1])
    minutes = np.array([wall.hour * 60 + wall.minute for wall in walls], dtype=np.int64)
    return ((minutes >= begin) & (minutes < end)) | (minutes + MINUTES_A_DAY < end)
