"""Typical years of the Japanese stations in the package builelib (MIT): data files only, none of its code is run."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from simulators.sources.builelib_data import builelib_folder
from simulators.sources.errors import SourceError
from simulators.sources.text import data_rows
from simulators.sources.typical_year import HOURS_A_YEAR, TypicalYear
from simulators.sources.weather_spec import Location

EARTH_RADIUS_KM = 6371.0
JST_S = 9 * 3600
# Rows are centred on the full hour i + 1: the sun columns equal the position there (planner.md 1.17), so row i
# covers [i + 0.5, i + 1.5).
CENTRING_S = 1800
MJ_PER_H_TO_W = 1 / 0.0036
_COLUMNS = 5  # air, beam normal, diffuse horizontal, sun altitude, sun azimuth


@dataclass(frozen=True, slots=True)
class Station:
    """A station; `certainty` marks its coordinates."""

    number: str
    name: str
    latitude_deg: float
    longitude_deg: float
    certainty: str

    @property
    def variant(self) -> bool:
        """Whether it is another sunshine class of a station (59-A4), not a place of its own."""
        return "-" in self.number


@lru_cache(maxsize=1)
def stations() -> dict[str, Station]:
    """All stations by number, from the table beside this file."""
    rows = data_rows(Path(__file__).with_name("stations.csv"))
    next(rows)
    return {
        number: Station(number, name, float(latitude), float(longitude), certainty)
        for _, (number, name, latitude, longitude, certainty) in rows
    }


def nearest_station(location: Location) -> tuple[Station, float]:
    """The station nearest to a place and how far it is, km along the great circle."""
    places = [station for station in stations().values() if not station.variant]
    return min(((station, distance_km(location, station)) for station in places), key=lambda pair: pair[1])


def find_station(number: str) -> Station:
    """A station by its number; `SourceError` with the numbers there are."""
    if number not in stations():
        known = ", ".join(f"{station.number} {station.name}" for station in stations().values())
        raise SourceError("weather", [f"no station {number!r}; write nearest or one of {known}"])
    return stations()[number]


def distance_km(location: Location, station: Station) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = math.radians(location.latitude_deg), math.radians(station.latitude_deg)
    dlon = math.radians(station.longitude_deg - location.longitude_deg)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def station_year(station: Station) -> TypicalYear:
    """The station's typical year: dni, dhi (W/m2) and air (degC)."""
    rows = station_rows(station)
    return TypicalYear(
        {"dni": rows[:, 1] * MJ_PER_H_TO_W, "dhi": rows[:, 2] * MJ_PER_H_TO_W, "air": rows[:, 0]}, JST_S, CENTRING_S
    )


def station_rows(station: Station) -> np.ndarray:
    """(8760, 5) air degC, beam normal and diffuse horizontal MJ/m2h, sun altitude and azimuth (from south) deg."""
    path = builelib_folder() / "climatedata" / f"{station.number}.csv"
    # only the heading holds letters, and one file's are outside cp932
    lines = path.read_text(encoding="cp932", errors="replace").splitlines()[2:]
    rows = np.array([row for row in csv.reader(lines) if any(row)], dtype=np.float64)
    if rows.shape != (HOURS_A_YEAR, _COLUMNS):
        raise SourceError(path.name, [f"expected {HOURS_A_YEAR} rows of {_COLUMNS}, got {rows.shape}"])
    return rows
