"""Prices from outside: what a kWh costs at the spot market and what fuel costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.axis import TimeAxis
from simulators.models.fuels import FUELS, FuelName
from simulators.sources.build import ResolvePath, build_price
from simulators.sources.calendars import Calendar
from simulators.sources.errors import SourceError
from simulators.sources.profiles import ProfileSpec

NO_SOURCE = "assumed: the scenario names no source"


class FuelPriceSpec(Parameters):
    """The price of one fuel, in the unit it is sold by: exactly one, a number or a series."""

    per_m3: float | ProfileSpec | None = quantity(
        None, unit="currency/m3", description="LPG by metered volume.", vary=True
    )
    per_kg: float | ProfileSpec | None = quantity(None, unit="currency/kg", description="LPG by mass.", vary=True)
    per_nm3: float | ProfileSpec | None = quantity(
        None, unit="currency/Nm3", description="City gas by normal cubic metre.", vary=True
    )

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        given = self.model_fields_set
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of per_m3, per_kg, per_nm3 (given: {', '.join(sorted(given)) or 'none'})"
            )
        return self


class MarketSpec(Parameters):
    """Prices every customer of the study meets."""

    currency: str = Field("JPY", description="ISO 4217 code every price is in.", pattern="[A-Z]{3}")
    spot: ProfileSpec | None = Field(None, description="Spot price, unit as JPY/kWh.")
    fuels: dict[FuelName, FuelPriceSpec] = Field({}, description="Fuel -> price.")
    source: str | None = Field(None, description="Where the prices come from.")


@dataclass(frozen=True)
class MarketPrices:
    """Prices on the axis, each (K,), in `currency`; `source` says where they come from."""

    currency: str
    spot: FloatArray | None  # per kWh
    fuel_per_kwh: Mapping[FuelName, FloatArray]  # per kWh of lower heating value
    source: str


def build_market(spec: MarketSpec, axis: TimeAxis, calendar: Calendar, resolve_path: ResolvePath) -> MarketPrices:
    """Every price of the market on the axis; `SourceError` for a wrong unit, currency or file."""
    spot = None
    if spec.spot is not None:
        spot = build_price(
            spec.spot, axis, calendar=calendar, path="market.spot", resolve_path=resolve_path, currency=spec.currency
        )
    fuels = {
        fuel: fuel_price(price, fuel, axis, calendar=calendar, resolve_path=resolve_path, currency=spec.currency)
        for fuel, price in spec.fuels.items()
    }
    return MarketPrices(spec.currency, spot, fuels, spec.source or NO_SOURCE)


def fuel_price(
    spec: FuelPriceSpec,
    fuel: FuelName,
    axis: TimeAxis,
    *,
    calendar: Calendar,
    resolve_path: ResolvePath,
    currency: str,
) -> FloatArray:
    """(K,) price per kWh of lower heating value; `SourceError` if the fuel is not sold by that unit."""
    (key,) = spec.model_fields_set
    path = f"market.fuels.{fuel.value}.{key}"
    per, heat = _SOLD_BY.get((fuel, key), ("", 0.0))
    if not per:
        fitting = ", ".join(name for other, name in _SOLD_BY if other is fuel)
        raise SourceError(path, [f"{fuel.value} is not priced that way; use {fitting}"])
    price = build_price(
        getattr(spec, key), axis, calendar=calendar, path=path, resolve_path=resolve_path, currency=currency, per=per
    )
    return price / heat


def _kwh_per_m3(fuel: FuelName) -> float:
    return FUELS[fuel].lhv_kwh * FUELS[fuel].units_per_m3


# (fuel, key of the price) -> unit it is sold by, kWh of lower heating value in one
_SOLD_BY: dict[tuple[FuelName, str], tuple[str, float]] = {
    (FuelName.LPG, "per_m3"): ("m3", _kwh_per_m3(FuelName.LPG)),
    (FuelName.LPG, "per_kg"): ("kg", FUELS[FuelName.LPG].lhv_kwh),
    (FuelName.CITY_GAS, "per_nm3"): ("Nm3", FUELS[FuelName.CITY_GAS].lhv_kwh),
}
