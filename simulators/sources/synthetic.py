"""An invented typical year for places without data. Nothing in it is measured; every output must say so.

Beam and diffuse: clear sky (simplified Solis, Ineichen 2008, through pvlib) x cloudiness that jumps between clear,
mixed and overcast days (a Markov chain) and varies by the hour. Air: a yearly and a daily wave, warmer in the sun, plus
day-to-day weather. All coefficients are assumed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from grids.arrays import FloatArray
from simulators.sources.noise import stream_key
from simulators.sources.sun import sun_at
from simulators.sources.typical_year import HOURS_A_YEAR, TypicalYear, hour_middles
from simulators.sources.weather_spec import Location

DAYS = 365
STAYS = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.15, 0.4, 0.45]])  # clear, mixed, overcast -> the next day
CLEARNESS = np.array([0.95, 0.60, 0.26])  # mean share of the clear sky's light
SPREAD = np.array([0.02, 0.18, 0.10])  # of the hours of a day
BEAM_THRESHOLD = 0.25  # share below which no beam comes through
BEAM_EXPONENT = 1.5  # beam fades faster than the global light
WARMEST_DAY_NORTH = 208  # late July
WARMEST_HOUR = 14.5  # solar time
LAPSE_K_PER_M = 0.0065  # standard atmosphere
DAY_MEMORY = 0.7  # of the temperature's departure from its wave
DAY_SPREAD_K = 2.0
DAY_SWING_K = 4.5  # half the range of a clear day


def synthetic_year(seed: int, location: Location) -> TypicalYear:
    """A typical year: dni, dhi (W/m2), air (degC); the same seed and place give the same year."""
    random = np.random.Generator(np.random.Philox(key=stream_key(seed, "weather", 0)))
    offset_s = round(location.longitude_deg / 15.0) * 3600
    clearness = _clearness(random)
    dni, dhi = _light(clearness, offset_s, location)
    return TypicalYear({"dni": dni, "dhi": dhi, "air": _air(random, clearness, location)}, offset_s)


def _clearness(random: np.random.Generator) -> FloatArray:
    """(8760,) share of the clear sky's light."""
    draws = random.random(DAYS)
    turns = np.cumsum(STAYS, axis=1)
    states = np.zeros(DAYS, dtype=np.int64)
    for day in range(1, DAYS):
        states[day] = np.searchsorted(turns[states[day - 1]], draws[day])
    hours = CLEARNESS[states][:, np.newaxis] + SPREAD[states][:, np.newaxis] * random.standard_normal((DAYS, 24))
    return np.clip(hours, 0.05, 1.0).reshape(HOURS_A_YEAR)


def _light(clearness: FloatArray, offset_s: int, location: Location) -> tuple[FloatArray, FloatArray]:
    """Beam normal and diffuse horizontal, W/m2: the global light is the clear sky's share, beam fades faster."""
    zenith, clear = _clear_sky(offset_s, location)
    up = zenith < 90.0
    through = np.clip((clearness - BEAM_THRESHOLD) / (1.0 - BEAM_THRESHOLD), 0.0, 1.0) ** BEAM_EXPONENT
    dni = np.where(up, clear["dni"] * through, 0.0)
    ghi = np.where(up, clear["ghi"] * clearness, 0.0)
    return dni, np.maximum(ghi - dni * np.cos(np.radians(zenith)), 0.0)


@lru_cache(maxsize=4)  # the same for every seed
def _clear_sky(offset_s: int, location: Location) -> tuple[FloatArray, Mapping[str, FloatArray]]:
    """(8760,) zenith, deg, and light of a sky without clouds: `dni`, `ghi`, `dhi`, W/m2."""
    from pvlib import clearsky  # noqa: PLC0415

    zenith = sun_at(hour_middles(offset_s), location).zenith_deg
    return zenith, clearsky.simplified_solis(90.0 - zenith)


def _air(random: np.random.Generator, clearness: FloatArray, location: Location) -> FloatArray:
    """(8760,) air temperature, degC."""
    latitude = abs(location.latitude_deg)
    mean = 27.0 - 0.42 * max(latitude - 12.0, 0.0) - LAPSE_K_PER_M * location.altitude_m
    warmest = WARMEST_DAY_NORTH if location.latitude_deg >= 0 else WARMEST_DAY_NORTH - DAYS / 2
    hours = np.arange(HOURS_A_YEAR)
    year_wave = 0.27 * latitude * np.cos(2 * math.pi * (hours / 24 - warmest) / DAYS)
    day_wave = np.cos(2 * math.pi * (hours % 24 + 0.5 - WARMEST_HOUR) / 24)
    day_clearness = np.repeat(clearness.reshape(DAYS, 24).mean(axis=1), 24)
    departures = np.zeros(DAYS)
    shocks = DAY_SPREAD_K * math.sqrt(1.0 - DAY_MEMORY**2) * random.standard_normal(DAYS)
    for day in range(1, DAYS):
        departures[day] = DAY_MEMORY * departures[day - 1] + shocks[day]
    return mean + year_wave + DAY_SWING_K * day_clearness * day_wave + np.repeat(departures, 24)
