"""Weather on the axis, from a station, an EPW file, a CSV file or an invented year."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulators.axis import TimeAxis
from simulators.models.weather import Weather
from simulators.sources.calendars import JAPANESE_ZONES
from simulators.sources.clock import find_zone, zone_name
from simulators.sources.epw import read_epw
from simulators.sources.errors import SourceError
from simulators.sources.series import Series
from simulators.sources.stations import distance_km, find_station, nearest_station, station_year
from simulators.sources.sun import Sun, sun_at
from simulators.sources.synthetic import synthetic_year
from simulators.sources.tables import Layout, read_csv, series_from
from simulators.sources.weather_spec import (
    BuilelibWeather,
    CsvWeather,
    EpwWeather,
    Location,
    SyntheticWeather,
    WeatherSpec,
)

ResolvePath = Callable[[str], Path]
HORIZON_DEG = 90.0
WIND_M_S = 1.0  # assumed where a source has none: pvlib's default for cell temperature
_NO_WIND = f"wind assumed {WIND_M_S:g} m/s"
_CSV_COLUMNS = {"dni": "dni_w_m2", "dhi": "dhi_w_m2", "air": "air_degc"}
_CSV_WIND = "wind_m_s"


@dataclass(frozen=True)
class WeatherSeries:
    """What a source gives: series `dni`, `dhi`, `air` and perhaps `wind`, and where they come from."""

    series: Mapping[str, Series]
    source: str
    synthetic: bool = False


def default_weather(axis: TimeAxis) -> WeatherSpec:
    """For a scenario that says nothing: in Japan (by time zone) the nearest station, elsewhere an invented year."""
    zone = axis.start.tzinfo
    if zone is not None and zone_name(zone) in JAPANESE_ZONES:
        return BuilelibWeather(kind="builelib")
    return SyntheticWeather(kind="synthetic")


def build_weather(
    spec: WeatherSpec | None, axis: TimeAxis, location: Location, resolve_path: ResolvePath, sun: Sun | None = None
) -> Weather:
    """Weather over the run: means over each step, the sun at its middle (worked out unless given).

    Beam is 0 while the middle of the step sees no sun. Global light is recomputed, diffuse + beam x cos(zenith), so
    that the three always agree.

    Raises:
        SourceError: unknown station, a file that is wrong or shorter than the run, light below zero.
    """
    given = _series(spec or default_weather(axis), axis, location, resolve_path)
    means = {name: series.mean_on(axis) for name, series in given.series.items()}
    wind = means.get("wind", np.full(axis.steps, WIND_M_S))
    sun = sun or sun_at(middles(axis), location)
    dni = np.where(sun.zenith_deg < HORIZON_DEG, means["dni"], 0.0)
    ghi = means["dhi"] + dni * np.maximum(np.cos(np.radians(sun.zenith_deg)), 0.0)
    return Weather(
        dni_w_m2=dni,
        dhi_w_m2=means["dhi"],
        ghi_w_m2=ghi,
        air_degc=means["air"],
        wind_m_s=wind,
        sun_zenith_deg=sun.zenith_deg,
        sun_azimuth_deg=sun.azimuth_deg,
        source=given.source if "wind" in means else f"{given.source}; {_NO_WIND}",
        synthetic=given.synthetic,
        dni_extra_w_m2=sun.beam_outside_w_m2,
    )


def middles(axis: TimeAxis) -> np.ndarray:
    """(K,) UTC `datetime64` of the middle of each step."""
    milliseconds = 500 * (axis.edges[:-1] + axis.edges[1:])
    return np.asarray(axis.utc[0].astype("datetime64[ms]") + milliseconds.astype("timedelta64[ms]"))


def _series(spec: WeatherSpec, axis: TimeAxis, location: Location, resolve_path: ResolvePath) -> WeatherSeries:
    match spec:
        case BuilelibWeather():
            return _from_station(spec, axis, location)
        case EpwWeather():
            year, place = read_epw(resolve_path(spec.file))
            return WeatherSeries(year.series(axis), f"EPW typical year {Path(spec.file).name} ({place})")
        case CsvWeather():
            return _from_csv(spec, axis, resolve_path(spec.file))
        case SyntheticWeather():
            year = synthetic_year(spec.seed, location)
            said = f"SYNTHETIC weather, invented (seed {spec.seed}): not measured, not a typical year of this place"
            return WeatherSeries(year.series(axis), said, synthetic=True)


def _from_station(spec: BuilelibWeather, axis: TimeAxis, location: Location) -> WeatherSeries:
    if spec.station == "nearest":
        station, distance = nearest_station(location)
    else:
        station = find_station(spec.station)
        distance = distance_km(location, station)
    said = f"typical year of station {station.number} {station.name} (package builelib), {distance:.0f} km away"
    return WeatherSeries(station_year(station).series(axis), said)


def _from_csv(spec: CsvWeather, axis: TimeAxis, path: Path) -> WeatherSeries:
    table = read_csv(path)
    columns = dict(_CSV_COLUMNS)
    if _CSV_WIND in table.columns:
        columns["wind"] = _CSV_WIND
    own_zone = find_zone(spec.timezone, path.name) if spec.timezone else axis.start.tzinfo
    if own_zone is None:
        raise SourceError(path.name, ["times without offset need a zone; set timezone"])
    by_column = series_from(table, list(columns.values()), Layout(own_zone, spec.label))
    series = {name: by_column[column] for name, column in columns.items()}
    negative = [columns[name] for name in series if name != "air" and np.any(series[name].values < 0.0)]
    if negative:
        raise SourceError(path.name, [f"{column} has negative values" for column in negative])
    return WeatherSeries(series, f"CSV file {path.name}")
