"""What a kWh and a kW cost at the meter: a tariff compiles once, before the run, to arrays on the axis."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from cosim.settlement.blocks import Blocks, representative_price
from grids.arrays import BoolArray, FloatArray
from grids.parameters import Parameters, quantity
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar, ClockRange, DayType, clock_range
from simulators.sources.clock import MINUTES_A_DAY, epoch_seconds
from simulators.sources.daily import Day, series_of_days
from simulators.sources.errors import SourceError
from simulators.sources.series import Series

Dated = float | dict[date, float]  # a number, or the number in force from each date on
Levy = Dated | Literal["japan"]  # "japan" = the bundled table of the renewable levy, by fiscal year


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

    name: str | None = Field(None, description="What the bill calls it, as peak or night.")
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


class WheelingRate(Parameters):
    """Use of somebody's wires (託送料金): one price for every kWh delivered, and the losses the sender makes good."""

    kind: Literal["wheeling"]
    per_kwh: float = quantity(unit="currency/kWh", description="Wheeling charge on energy delivered.", vary=True, ge=0)
    loss_percent: float = quantity(
        0.0, unit="%", description="Losses between injection and delivery point (損失率).", vary=True, ge=0, lt=100
    )


EnergyCharge = Annotated[SpotIndexed | FlatRate | TimeOfUse | WheelingRate | Blocks, Field(discriminator="kind")]


class PowerFactorClause(Parameters):
    """Base charge x (100 + neutral - PF) / 100, PF the month's mean power factor in daytime (力率割引・割増)."""

    neutral_percent: int = quantity(
        85,
        unit="%",
        description="Power factor that changes nothing.",
        certainty="assumed: facts.md 6.1 [U]",
        gt=0,
        le=100,
    )
    hours: ClockRange = Field("08:00-22:00", description="Hours of the day whose energies count; facts.md 6.1 [U].")


class TariffSpec(Parameters):
    """A retail tariff, a wheeling tariff or the avoided cost of supply; prices in the market's currency.

    A price is before tax where `tax_percent` is given, else as printed; what an EMS plans by leaves the tax out.
    """

    energy: EnergyCharge = Field(description="Charge on energy.")
    demand_charge_per_kw_month: Dated = quantity(
        0.0, unit="currency/kW/month", description="Charge on the peak of the billing period."
    )
    fuel_adjustment_per_kwh: Dated = quantity(
        0.0, unit="currency/kWh", description="Fuel adjustment, a number or from dates on."
    )
    levy_per_kwh: Levy = quantity(
        0.0,
        unit="currency/kWh",
        description="Renewable levy on retail-supplied energy, a number, from dates on, or japan = the bundled table.",
    )
    demand_months: int = quantity(
        1,
        unit="month",
        description="The peak that is charged is the highest of so many months; 12 = 実量制.",
        ge=1,
        le=12,
    )
    demand_unit: Literal["kW", "kVA"] = Field(
        "kW", description="What the demand charge counts; kVA = those of an agreed contract (従量電灯), never measured."
    )
    power_factor: PowerFactorClause | None = Field(None, description="Discount for a good power factor.")
    tax_percent: Dated = quantity(
        0.0, unit="%", description="Consumption tax put on top by a bill; 0 where the rates include it."
    )
    levy_includes_tax: bool = Field(True, description="The levy's rates hold the tax already; assumed [U].")
    source: str | None = Field(None, description="Where the tariff comes from.")


NOTHING = FlatRate(kind="flat", per_kwh=0.0)


@dataclass(frozen=True)
class TariffArrays:
    """A tariff on the axis, each (K,), in `currency`; `source` says where it comes from.

    The EMS reads the whole price of a kWh, a bill its parts: `energy_price = energy_charge + fuel_adjustment + levy`.
    """

    energy_charge: FloatArray  # per kWh drawn at the meter
    fuel_adjustment: FloatArray  # per kWh
    levy: FloatArray  # per kWh
    demand_charge: FloatArray  # per kW of the billing period's peak
    tax_percent: FloatArray
    currency: str
    source: str

    @property
    def energy_price(self) -> FloatArray:
        """(K,) what a kWh drawn at the meter costs, all parts together, before tax."""
        return self.energy_charge + self.fuel_adjustment + self.levy


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

    def dated(value: Levy, key: str) -> FloatArray:
        known, last = _dates(value)
        if not isinstance(known, dict):
            return np.full(axis.steps, float(known))
        return _series(_dated_day(known, key, last), axis, calendar, key).mean_on(axis)

    return TariffArrays(
        energy_charge=_energy_price(spec.energy, axis, spot, calendar),
        fuel_adjustment=dated(spec.fuel_adjustment_per_kwh, "fuel_adjustment_per_kwh"),
        levy=dated(spec.levy_per_kwh, "levy_per_kwh"),
        demand_charge=dated(spec.demand_charge_per_kw_month, "demand_charge_per_kw_month"),
        tax_percent=dated(spec.tax_percent, "tax_percent"),
        currency=currency,
        source=spec.source or "assumed: the scenario names no source",
    )


def without_blocks(spec: TariffSpec) -> TariffSpec:
    """The rates with a price of 0 for the energy of blocks, which a bill counts by itself; others as they are."""
    return spec.model_copy(update={"energy": NOTHING}) if isinstance(spec.energy, Blocks) else spec


def told(error: Exception) -> str:
    """What a price lacks, in the words of a tariff file: without the key that a scenario has tariffs under."""
    return str(error).removeprefix("market.tariff.")


def prices_change(spec: TariffSpec, axis: TimeAxis, calendar: Calendar) -> BoolArray:
    """(K,) whether the price of a kWh changes within a step, by hour, day or date; the spot price aside.

    Raises:
        SourceError: as `compile_tariff`.
    """
    made: list[Series] = []
    if isinstance(spec.energy, TimeOfUse):
        charge = spec.energy
        made.append(_series(lambda day: _rates_of(charge, day, calendar), axis, calendar, "time-of-use"))
    for key in ("fuel_adjustment_per_kwh", "levy_per_kwh"):
        value, last = _dates(getattr(spec, key))
        if isinstance(value, dict):
            made.append(_series(_dated_day(value, key, last), axis, calendar, key))
    changed = np.zeros(axis.steps, dtype=bool)
    edges = epoch_seconds(axis.utc[0]) + axis.edges
    for series in made:
        changes = np.append(0, np.cumsum(np.diff(series.values) != 0))
        first, last_in = (np.searchsorted(series.epoch, edges[:-1], "right"), np.searchsorted(series.epoch, edges[1:]))
        changed |= changes[first - 1] != changes[last_in - 1]
    return changed


def _energy_price(charge: EnergyCharge, axis: TimeAxis, spot: FloatArray | None, calendar: Calendar) -> FloatArray:
    if isinstance(charge, Blocks):  # which block a kWh falls into is known only at the end of the billing period
        try:
            return np.full(axis.steps, float(representative_price(charge)))
        except ValueError as error:
            raise SourceError("market.tariff.energy", [f"{error}: give representative_per_kwh"]) from None
    if isinstance(charge, FlatRate | WheelingRate):
        return np.full(axis.steps, charge.per_kwh)
    if isinstance(charge, TimeOfUse):
        return _series(lambda day: _rates_of(charge, day, calendar), axis, calendar, "time-of-use").mean_on(axis)
    if spot is None:
        raise SourceError("market.tariff.energy", ["spot-indexed, but there is no market.spot; add it"])
    return spot / (1.0 - charge.loss_percent / 100.0) + charge.wheeling_per_kwh + charge.margin_per_kwh


def _dates(value: Levy) -> tuple[Dated, date | None]:
    """A price with its dates, and the last day known: of the bundled table of the levy."""
    if value != "japan":
        return value, None
    from cosim.settlement.japan_tables import renewable_levy  # noqa: PLC0415  (reads a file)

    table = renewable_levy()
    return table.dated, table.last


def _rates_of(charge: TimeOfUse, day: date, calendar: Calendar) -> Day:
    """The prices of one day: between any two edges of its rows the first row that matches."""
    if not calendar.knows_holidays and any("holiday" in (rate.days or ()) for rate in charge.rates):
        zone = str(calendar.zone)
        said = f"rows with days: holiday never hold: the public holidays of {zone} are not known here; take them out"
        raise SourceError("market.tariff.energy", [said])
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


def _dated_day(value: dict[date, float], key: str, last: date | None) -> Callable[[date], Day]:
    known = sorted(value)

    def of(day: date) -> Day:
        position = bisect_right(known, day)
        if position == 0:
            first = known[0] if known else "none"
            raise SourceError(f"market.tariff.{key}", [f"no value for {day}; the first date given is {first}"])
        if last is not None and day > last:
            raise SourceError(f"market.tariff.{key}", [f"no value for {day}; the last day known is {last}"])
        return (0,), (value[known[position - 1]],)

    return of


def _series(day_of: Callable[[date], Day], axis: TimeAxis, calendar: Calendar, name: str) -> Series:
    first, last = (epoch_seconds(edge) for edge in (axis.utc[0], axis.utc[-1]))
    return series_of_days(day_of, first, last, calendar.zone, name)
