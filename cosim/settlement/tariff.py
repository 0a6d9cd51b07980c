"""What a kWh and a kW cost at the meter: a tariff compiles once, before the run, to arrays on the axis."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar, ClockRange, DayType, clock_range
from simulators.sources.clock import MINUTES_A_DAY, epoch_seconds
from simulators.sources.daily import Day, series_of_days
from simulators.sources.errors import SourceError

Dated = float | dict[date, float]  # a number, or the number in force from each date on


class SpotIndexed(Parameters):
    """Spot price at the meter: spot / (1 - loss) + wheeling (planner.md 3, "value")."""

    kind: Literal["spot-indexed"]
    loss_percent: float = quantity(
        0.0, unit="%", description="Losses between market and meter.", vary=True, ge=0, lt=100
    )
    wheeling_per_kwh: float = quantity(
        0.0, unit="currency/kWh", description="Wheeling charge on energy.", vary=True, ge=0
    )
    margin_per_kwh: float = quantity(0.0, unit="currency/kWh", description="The supplier's margin.", vary=True)


class FlatRate(Parameters):
    """One price for every kWh."""

    kind: Literal["flat"]
    per_kwh: float = quantity(unit="currency/kWh", description="The price.", vary=True)


class Rate(Parameters):
    """One row of a time-of-use table; what is left out matches always."""

    per_kwh: float = quantity(unit="currency/kWh", description="The price.", vary=True)
    months: list[Annotated[int, Field(ge=1, le=12)]] | None = Field(
        None, description="Months it holds in.", min_length=1
    )
    days: list[DayType] | None = Field(None, description="Its day types.", min_length=1)
    hours: ClockRange | list[ClockRange] | None = Field(None, description="Its hours of the day.")


class TimeOfUse(Parameters):
    """A table by season, day type and hour: the first row that matches counts, else `otherwise_per_kwh`."""

    kind: Literal["time-of-use"]
    rates: list[Rate] = Field(description="Rows, most particular first.", min_length=1)
    otherwise_per_kwh: float = quantity(unit="currency/kWh", description="Price where no row matches.", vary=True)


EnergyCharge = Annotated[SpotIndexed | FlatRate | TimeOfUse, Field(discriminator="kind")]


class TariffSpec(Parameters):
    """A retail tariff or the avoided cost of supply; prices in the market's currency, before tax."""

    energy: EnergyCharge = Field(description="Charge on energy.")
    demand_charge_per_kw_month: Dated = quantity(
        0.0, unit="currency/kW/month", description="Charge on the peak of the billing period."
    )
    fuel_adjustment_per_kwh: Dated = quantity(
        0.0, unit="currency/kWh", description="Fuel adjustment, a number or from dates on."
    )
    levy_per_kwh: Dated = quantity(
        0.0, unit="currency/kWh", description="Renewable levy on retail-supplied energy, a number or from dates on."
    )
    source: str | None = Field(None, description="Where the tariff comes from.")


@dataclass(frozen=True)
class TariffArrays:
    """A tariff on the axis, each (K,), in `currency`; `source` says where it comes from."""

    energy_price: FloatArray  # per kWh drawn at the meter
    demand_charge: FloatArray  # per kW of the billing period's peak
    currency: str
    source: str


def compile_tariff(
    spec: TariffSpec, axis: TimeAxis, spot: FloatArray | None, calendar: Calendar, currency: str = "JPY"
) -> TariffArrays:
    """The tariff on the axis, once before the run.

    Args:
        spec: the tariff.
        axis: the run.
        spot: (K,) spot price per kWh on the axis; needed by a spot-indexed tariff.
        calendar: holidays and zone that decide day types.
        currency: currency of every price.

    Raises:
        SourceError: no spot price where one is needed, or a dated price begins after the run does.
    """
    energy = _energy_price(spec.energy, axis, spot, calendar)
    for key, value in (("fuel_adjustment_per_kwh", spec.fuel_adjustment_per_kwh), ("levy_per_kwh", spec.levy_per_kwh)):
        energy = energy + _dated(value, axis, calendar, key)
    demand = _dated(spec.demand_charge_per_kw_month, axis, calendar, "demand_charge_per_kw_month")
    return TariffArrays(energy, demand, currency, spec.source or "assumed: the scenario names no source")


def _energy_price(
    charge: SpotIndexed | FlatRate | TimeOfUse, axis: TimeAxis, spot: FloatArray | None, calendar: Calendar
) -> FloatArray:
    if isinstance(charge, FlatRate):
        return np.full(axis.steps, charge.per_kwh)
    if isinstance(charge, TimeOfUse):
        return _on_axis(lambda day: _rates_of(charge, day, calendar), axis, calendar, "time-of-use")
    if spot is None:
        raise SourceError("market.tariff.energy", ["spot-indexed, but there is no market.spot; add it"])
    return spot / (1.0 - charge.loss_percent / 100.0) + charge.wheeling_per_kwh + charge.margin_per_kwh


def _rates_of(charge: TimeOfUse, day: date, calendar: Calendar) -> Day:
    """The prices of one day: between any two edges of its rows the first row that matches."""
    kinds = set(calendar.day_types(day))
    rows = [
        (rate.per_kwh, _ranges(rate))
        for rate in charge.rates
        if (rate.months is None or day.month in rate.months) and (rate.days is None or kinds & set(rate.days))
    ]
    edges = sorted({0, *(edge % MINUTES_A_DAY for _, ranges in rows for span in ranges for edge in span)})
    return edges, [_first_match(rows, minute, charge.otherwise_per_kwh) for minute in edges]


def _ranges(rate: Rate) -> list[tuple[int, int]]:
    if rate.hours is None:
        return [(0, MINUTES_A_DAY)]
    return [clock_range(text) for text in ([rate.hours] if isinstance(rate.hours, str) else rate.hours)]


def _first_match(rows: list[tuple[float, list[tuple[int, int]]]], minute: int, otherwise: float) -> float:
    """Hours past midnight belong to the day type of the day they lie in."""
    for price, ranges in rows:
        if any(start <= at < end for start, end in ranges for at in (minute, minute + MINUTES_A_DAY)):
            return price
    return otherwise


def _dated(value: Dated, axis: TimeAxis, calendar: Calendar, key: str) -> FloatArray:
    if not isinstance(value, dict):
        return np.full(axis.steps, float(value))
    known = sorted(value)

    def of(day: date) -> Day:
        position = bisect_right(known, day)
        if position == 0:
            first = known[0] if known else "none"
            raise SourceError(f"market.tariff.{key}", [f"no value for {day}; the first date given is {first}"])
        return (0,), (value[known[position - 1]],)

    return _on_axis(of, axis, calendar, key)


def _on_axis(day_of: Callable[[date], Day], axis: TimeAxis, calendar: Calendar, name: str) -> FloatArray:
    first, last = (epoch_seconds(edge) for edge in (axis.utc[0], axis.utc[-1]))
    return series_of_days(day_of, first, last, calendar.zone, name).mean_on(axis)
