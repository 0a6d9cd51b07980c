"""How a scenario says where its weather comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from grids.parameters import Parameters, quantity
from simulators.sources.profiles import LARGEST_SEED, PeriodLabel


class Location(Parameters):
    """Where the study lies."""

    latitude_deg: float = quantity(unit="deg", description="Latitude, north positive.", ge=-90, le=90)
    longitude_deg: float = quantity(unit="deg", description="Longitude, east positive.", ge=-180, le=180)
    altitude_m: float = quantity(0.0, unit="m", description="Height above the sea.", ge=-450, le=9000)


class BuilelibWeather(Parameters):
    """A typical year of one of the 31 Japanese stations (and 4 variants) in the package builelib."""

    kind: Literal["builelib"]
    station: str = Field("nearest", description='Station number as "798", or "nearest".', min_length=1)


class EpwWeather(Parameters):
    """A typical year in an EPW file."""

    kind: Literal["epw"]
    file: str = Field(description="The file, relative to the scenario.", min_length=1)


class CsvWeather(Parameters):
    """A CSV file: time, dni_w_m2, dhi_w_m2, air_degc and, if known, wind_m_s. Global light is recomputed."""

    kind: Literal["csv"]
    file: str = Field(description="The file, relative to the scenario.", min_length=1)
    label: PeriodLabel = Field(PeriodLabel.START, description="Whether `time` names the start or the end of a period.")
    timezone: str | None = Field(None, description="Zone of times without offset; left out = the scenario's.")


class SyntheticWeather(Parameters):
    """A seeded, invented year: clear sky x random cloudiness; every output says so."""

    kind: Literal["synthetic"]
    seed: int = quantity(
        0, unit="1", description="Seed of the cloudiness and the daily temperatures.", vary=True, ge=0, le=LARGEST_SEED
    )


WeatherSpec = Annotated[BuilelibWeather | EpwWeather | CsvWeather | SyntheticWeather, Field(discriminator="kind")]
