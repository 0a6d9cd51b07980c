"""Where the sun stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray
from simulators.sources.weather_spec import Location

AIR_DEGC = 12.0  # for refraction near the horizon only: pvlib's default


@dataclass(frozen=True)
class Sun:
    """Sun at given instants, each (N,)."""

    zenith_deg: FloatArray  # apparent
    azimuth_deg: FloatArray  # from north, clockwise
    beam_outside_w_m2: FloatArray  # normal beam outside the atmosphere


def sun_at(instants_utc: np.ndarray, location: Location) -> Sun:
    """Sun at UTC `datetime64` instants by the NREL algorithm (Reda and Andreas 2004) of pvlib; one vectorised call."""
    import pandas as pd  # noqa: PLC0415
    from pvlib import irradiance, solarposition  # noqa: PLC0415

    times = pd.DatetimeIndex(instants_utc).tz_localize("UTC")
    position = solarposition.get_solarposition(
        times, location.latitude_deg, location.longitude_deg, altitude=location.altitude_m, temperature=AIR_DEGC
    )
    return Sun(
        np.array(position["apparent_zenith"], dtype=np.float64),
        np.array(position["azimuth"], dtype=np.float64),
        np.array(irradiance.get_extra_radiation(times), dtype=np.float64),
    )
