"""PV plants for a plain mosaik scenario: `{"python": "simulators.pv:PvSimulator"}`.

`start(..., start="2020-06-01T00:00+09:00")`, `create(n, "Pv", latitude_deg=31.6, longitude_deg=130.4, power_kw=5)`;
in, all optional: `ghi[W/m2]` (left open: clear sky), `air[degC]`, `P_set[MW]` (ceiling); out `P[MW]`, `Q[MVar]`
(absorbing < 0), `P_available[MW]`, `P_cut_rating[MW]`, `P_cut_voltage[MW]`, `P_cut_set[MW]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.hosted import ModelSimulator
from simulators.models.contract import DeviceSpec
from simulators.models.pv import Pv, PvParameters, available_mw
from simulators.models.weather import Weather
from simulators.ports import AIR, GHI, P_AVAILABLE

_BLOCK_STEPS = 96  # sun positions are worked out this many steps at a time


class PvSite(Parameters):
    """Where a plant stands and the weather it has where nothing is connected."""

    latitude_deg: float = quantity(unit="deg", description="Latitude, north positive.", ge=-90, le=90)
    longitude_deg: float = quantity(unit="deg", description="Longitude, east positive.", ge=-180, le=180)
    altitude_m: float = quantity(0.0, unit="m", description="Height above the sea.", ge=-500, le=9000)
    air_degc: float = quantity(20.0, unit="degC", description="Air temperature where none is connected.")
    wind_m_s: float = quantity(1.0, unit="m/s", description="Wind speed at the modules.", ge=0)


@dataclass(frozen=True, slots=True)
class Sky:
    """Clear sky and sun of one site over consecutive steps, each (steps,); evaluated at the middle of a step."""

    first: int  # number of the first step
    zenith_deg: FloatArray
    azimuth_deg: FloatArray
    ghi_w_m2: FloatArray
    dni_w_m2: FloatArray
    dhi_w_m2: FloatArray
    dni_extra_w_m2: FloatArray
    day_of_year: FloatArray


def clear_sky(site: PvSite, start: datetime, step_s: float, first: int, steps: int) -> Sky:
    """Ineichen-Perez clear sky with the monthly Linke turbidity that pvlib ships; nothing is downloaded."""
    import pandas as pd  # noqa: PLC0415
    from pvlib.irradiance import get_extra_radiation  # noqa: PLC0415
    from pvlib.location import Location  # noqa: PLC0415

    middle = start.astimezone(UTC) + timedelta(seconds=(first + 0.5) * step_s)
    times = pd.date_range(middle, periods=steps, freq=pd.Timedelta(seconds=step_s))
    location = Location(site.latitude_deg, site.longitude_deg, altitude=site.altitude_m)
    sun = location.get_solarposition(times)
    sky = location.get_clearsky(times, solar_position=sun)
    return Sky(
        first=first,
        zenith_deg=sun["apparent_zenith"].to_numpy(),
        azimuth_deg=sun["azimuth"].to_numpy(),
        ghi_w_m2=sky["ghi"].to_numpy(),
        dni_w_m2=sky["dni"].to_numpy(),
        dhi_w_m2=sky["dhi"].to_numpy(),
        dni_extra_w_m2=get_extra_radiation(times).to_numpy(),
        day_of_year=times.dayofyear.to_numpy(dtype=np.float64),
    )


def weather_at(sky: Sky, k: int, site: PvSite, ghi_w_m2: float | None, air_degc: float | None) -> Weather:
    """Weather of step `k`: clear sky, or beam and diffuse split from a given global irradiance (Erbs 1982)."""
    row = slice(k - sky.first, k - sky.first + 1)
    ghi, dni, dhi = sky.ghi_w_m2[row], sky.dni_w_m2[row], sky.dhi_w_m2[row]
    if ghi_w_m2 is not None:
        from pvlib.irradiance import erbs  # noqa: PLC0415

        ghi = np.array([max(ghi_w_m2, 0.0)])
        split = erbs(ghi, sky.zenith_deg[row], sky.day_of_year[row])
        dni, dhi = split["dni"], split["dhi"]
    return Weather(
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        ghi_w_m2=ghi,
        air_degc=np.array([site.air_degc if air_degc is None else air_degc]),
        wind_m_s=np.array([site.wind_m_s]),
        sun_zenith_deg=sky.zenith_deg[row],
        sun_azimuth_deg=sky.azimuth_deg[row],
        source="clear sky" if ghi_w_m2 is None else "connected irradiance",
        dni_extra_w_m2=sky.dni_extra_w_m2[row],
    )


class PvSimulator(ModelSimulator):
    """Hosts `simulators.models.pv`; parameters are the fields of `PvSite` and `PvParameters`."""

    spec: ClassVar[DeviceSpec] = Pv.spec
    model_name = "Pv"
    extra_params = tuple(PvSite.model_fields)
    extra_attrs = (GHI, AIR)

    def configure(self, *, start: str | datetime | None = None, **options: Any) -> None:
        """Take `start`: the moment of time 0, ISO 8601 with an offset."""
        super().configure(**options)
        if start is None:
            raise ValueError('PvSimulator needs start, such as start="2020-06-01T00:00+09:00"')
        moment = datetime.fromisoformat(start) if isinstance(start, str) else start
        if moment.tzinfo is None:
            raise ValueError(f"start {start} has no offset from UTC: write it as 2020-06-01T00:00+09:00")
        self._start = moment
        self._sites: dict[str, tuple[PvSite, PvParameters]] = {}
        self._skies: dict[str, Sky] = {}

    def prepare(self, eid: str, parameters: Any, **own: Any) -> None:
        """Keep the site."""
        self._sites[eid] = (PvSite(**own), parameters)

    def drive(self, eid: str, k: int, given: Mapping[str, float]) -> dict[str, float]:
        """What the array has available in step k; a connected `P_available[MW]` stands."""
        if P_AVAILABLE in given:
            return {}
        site, parameters = self._sites[eid]
        sky = self._skies.get(eid)
        if sky is None or not sky.first <= k < sky.first + _BLOCK_STEPS:
            sky = clear_sky(site, self._start, self.step_s, k, _BLOCK_STEPS)
            self._skies[eid] = sky
        weather = weather_at(sky, k, site, given.get(GHI), given.get(AIR))
        return {P_AVAILABLE: float(available_mw(parameters, weather)[0])}
