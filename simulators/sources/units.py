"""Units a profile's values may come in, and what each is worth."""

from __future__ import annotations

from enum import Enum

from simulators.sources.errors import SourceError


class Measure(Enum):
    """What a series measures."""

    POWER = "power"
    SHARE = "share of a rating"


POWER_MW: dict[str, float] = {
    "W": 1e-6,
    "kW": 1e-3,
    "MW": 1.0,
    "万kW": 10.0,
    # energy in a period of so many minutes: mean power = energy / period
    "Wh30": 2e-6,
    "kWh15": 4e-3,
    "kWh30": 2e-3,
    "kWh60": 1e-3,
    "MWh30": 2.0,
    "MWh60": 1.0,
}
PERIOD_S: dict[str, int] = {"Wh30": 1800, "kWh15": 900, "kWh30": 1800, "kWh60": 3600, "MWh30": 1800, "MWh60": 3600}
SHARES: dict[str, float] = {"pu": 1.0, "1": 1.0, "%": 0.01}
PER_BASE: dict[str, tuple[str, float]] = {
    "kWh": ("kWh", 1.0),
    "MWh": ("kWh", 1e-3),
    "m3": ("m3", 1.0),
    "kg": ("kg", 1.0),
    "t": ("kg", 1e-3),
    "Nm3": ("Nm3", 1.0),
}


def power_unit(unit: str, where: str) -> tuple[Measure, float]:
    """What a power profile's unit measures, and the factor to MW or p.u."""
    if unit in POWER_MW:
        return Measure.POWER, POWER_MW[unit]
    if unit in SHARES:
        return Measure.SHARE, SHARES[unit]
    raise SourceError(where, [f"unit {unit!r} is not a power; use one of {', '.join([*POWER_MW, *SHARES])}"])


def price_factor(unit: str, currency: str, per: str, where: str) -> float:
    """Factor from a price unit as "EUR/MWh" to `currency` per `per` ("kWh", "m3", "kg", "Nm3")."""
    given_currency, _, given_per = unit.partition("/")
    base, factor = PER_BASE.get(given_per, ("", 0.0))
    if base != per:
        raise SourceError(where, [f"unit {unit!r} is not a price per {per}; write {currency}/{per}"])
    if given_currency != currency:
        raise SourceError(where, [f"unit {unit!r}, but the market's currency is {currency}; convert the prices first"])
    return factor
