"""Weather on a time axis, as the device models need it: plain arrays, no files."""

from __future__ import annotations

from dataclasses import dataclass

from grids.arrays import FloatArray


@dataclass(frozen=True)
class Weather:
    """Means over each step (K,), and the sun at the middle of each step.

    `dni_w_m2` is 0 wherever the sun is at or below the horizon. `source` says in words where it comes from;
    `synthetic` marks a generated year, which every output must repeat.
    """

    dni_w_m2: FloatArray
    dhi_w_m2: FloatArray
    ghi_w_m2: FloatArray
    air_degc: FloatArray
    wind_m_s: FloatArray
    sun_zenith_deg: FloatArray  # apparent zenith
    sun_azimuth_deg: FloatArray  # from north, clockwise
    source: str
    synthetic: bool = False
    dni_extra_w_m2: FloatArray | float = 1361.0  # beam outside the atmosphere; the constant is within 3.4 % all year
