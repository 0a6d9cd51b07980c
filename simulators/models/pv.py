"""Photovoltaics: the array says what is available, the PCS delivers within rating, power factor and set-point.

The array is computed once before the run (`available_mw`); a step only applies the PCS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, constant, member_array, ratings
from simulators.models.delivery import Inverter
from simulators.models.weather import Weather
from simulators.ports import CUT_RATING, CUT_SET, CUT_VOLTAGE, P_AVAILABLE, P_MAX, P_MIN, P_ON_MIN, P, Q

KW_TO_MW = 1e-3
Rating = Annotated[float, Field(gt=0)]
LOW_SUN_ZENITH_DEG = 87.0  # beyond it Hay-Davies divides by almost nothing: circumsolar light counts as isotropic


class TemperatureModel(StrEnum):
    """Cell temperature models, with the coefficients of an open rack."""

    FAIMAN = "faiman"  # Faiman 2008: U0 25, U1 6.84
    PVSYST = "pvsyst"  # PVsyst: Uc 29, Uv 0, absorption 0.9


class PvParameters(Parameters):
    """One PV plant: array, inverter and how it is set."""

    power_kw: Rating | tuple[Rating, ...] | None = quantity(
        None,
        unit="kW",
        description="DC power of one array at STC, or one figure a unit; left out only where a network brings it.",
        vary=True,
    )
    pcs_kva: float | None = quantity(
        None,
        unit="kVA",
        description="AC rating of the power conditioner; left out = as many kVA as the array has kW.",
        certainty="assumed: DC/AC 1.0, facts.md 5.3 gives 1.0-1.3 [U]",
        gt=0,
    )
    tilt_deg: float = quantity(
        20.0, unit="deg", description="Tilt of the array, 0 = flat.", vary=True, certainty="assumed", ge=0, le=90
    )
    azimuth_deg: float = quantity(
        180.0,
        unit="deg",
        description="Where the array faces, clockwise from north (180 = south).",
        vary=True,
        certainty="assumed",
        ge=0,
        lt=360,
    )
    temperature_coefficient_percent_per_k: float = quantity(
        -0.37,
        unit="%/K",
        description="Change of DC power with cell temperature.",
        vary=True,
        certainty="assumed: facts.md 5.3 gives -0.35 to -0.40 [U]",
        ge=-1,
        le=0,
    )
    losses_percent: float = quantity(
        14.0757,
        unit="%",
        description="DC losses: soiling, shading, mismatch, wiring, ageing, outages.",
        vary=True,
        certainty="sourced: PVWatts defaults (peers.md 4.6)",
        ge=0,
        lt=100,
    )
    albedo: float = quantity(
        0.2, unit="1", description="Share of light the ground reflects.", certainty="assumed", ge=0, le=1
    )
    inverter_efficiency: float = quantity(
        0.96,
        unit="1",
        description="Nominal efficiency of the inverter; the part-load curve is that of PVWatts.",
        vary=True,
        certainty="sourced: PVWatts default; facts.md 5.3 gives 0.96-0.98 [U]",
        gt=0,
        le=1,
    )
    power_factor: float = quantity(
        1.0,
        unit="1",
        description="Constant power factor, absorbing (Q < 0); at the kVA limit it holds and P gives way.",
        vary=True,
        certainty="assumed: 1.0",
        gt=0,
        le=1,
    )
    temperature_model: TemperatureModel = quantity(
        TemperatureModel.FAIMAN, unit="", description="Cell temperature model.", certainty="assumed: facts.md 5.3 [U]"
    )

    @model_validator(mode="after")
    def _one_inverter_size(self) -> Self:
        if self.pcs_kva is not None and not isinstance(self.power_kw, float):
            raise ValueError("pcs_kva is one figure and needs one power_kw; leave it out or split the entry")
        return self

    @property
    def rating_kva(self) -> float | tuple[float, ...] | None:
        """The PCS rating in force: one for all units, or one a unit."""
        return self.power_kw if self.pcs_kva is None else self.pcs_kva

    @property
    def array_kw(self) -> float:
        """Power of the one array; ValueError where there are several, or none is given."""
        return float(ratings(self.power_kw, 1, "power_kw")[0])


def plane_of_array(parameters: PvParameters, weather: Weather) -> FloatArray:
    """(K,) irradiance in the plane of the array, W/m2: beam + sky (Hay-Davies 1980) + ground.

    A sun lower than 3 degrees gives isotropic sky light only on top of its bounded beam; below the horizon no beam.
    """
    from pvlib import irradiance  # noqa: PLC0415

    tilt, azimuth = parameters.tilt_deg, parameters.azimuth_deg
    zenith, sun_azimuth = weather.sun_zenith_deg, weather.sun_azimuth_deg
    dni = np.where(zenith < 90.0, weather.dni_w_m2, 0.0)
    circumsolar_dni = np.where(zenith < LOW_SUN_ZENITH_DEG, dni, 0.0)
    beam = irradiance.beam_component(tilt, azimuth, zenith, sun_azimuth, dni)
    sky = irradiance.haydavies(
        tilt, azimuth, weather.dhi_w_m2, circumsolar_dni, weather.dni_extra_w_m2, zenith, sun_azimuth
    )
    ground = irradiance.get_ground_diffuse(tilt, weather.ghi_w_m2, parameters.albedo)
    return np.asarray(beam + sky + ground, dtype=np.float64)


def cell_temperature(model: TemperatureModel, poa_w_m2: FloatArray, weather: Weather) -> FloatArray:
    """(K,) cell temperature, degC."""
    from pvlib import temperature  # noqa: PLC0415

    function = {TemperatureModel.FAIMAN: temperature.faiman, TemperatureModel.PVSYST: temperature.pvsyst_cell}[model]
    return np.asarray(function(poa_w_m2, weather.air_degc, weather.wind_m_s), dtype=np.float64)


def dc_kw(parameters: PvParameters, weather: Weather) -> FloatArray:
    """(K,) DC power, kW: PVWatts (Dobos 2014, NREL/TP-6A20-62641) on plane-of-array light, after losses."""
    from pvlib import pvsystem  # noqa: PLC0415

    poa = plane_of_array(parameters, weather)
    cell = cell_temperature(parameters.temperature_model, poa, weather)
    coefficient = parameters.temperature_coefficient_percent_per_k / 100.0
    gross = pvsystem.pvwatts_dc(poa, cell, parameters.array_kw, coefficient)
    return np.asarray(np.maximum(gross, 0.0) * (1.0 - parameters.losses_percent / 100.0))


def available_mw(parameters: PvParameters, weather: Weather) -> FloatArray:
    """(K,) AC power the array could give, MW, before the PCS clips it.

    PVWatts inverter curve up to the rating; what is beyond it is valued at nominal efficiency, so that "cut by
    rating" has a size.
    """
    from pvlib import inverter  # noqa: PLC0415

    dc = dc_kw(parameters, weather)
    nominal = parameters.inverter_efficiency
    dc_rating = float(ratings(parameters.rating_kva, 1, "pcs_kva")[0]) / nominal
    inside = inverter.pvwatts(np.minimum(dc, dc_rating), dc_rating, eta_inv_nom=nominal)
    return np.asarray((inside + np.maximum(dc - dc_rating, 0.0) * nominal) * KW_TO_MW, dtype=np.float64)


def per_kw(parameters: PvParameters) -> PvParameters:
    """The plant with an array of 1 kW and a PCS in proportion: times `power_kw` it gives what the plant gives."""
    share = None if parameters.pcs_kva is None else parameters.pcs_kva / parameters.array_kw
    return parameters.model_copy(update={"power_kw": 1.0, "pcs_kva": share})


class Pv:
    """The PCS: P = min(available, rating * power factor, set-point), Q at constant power factor. It keeps no state."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[PvParameters], units: int) -> None:
        rating = np.vstack([ratings(member.rating_kva, units, "power_kw") for member in parameters]) * KW_TO_MW
        self._inverter = Inverter.of(rating, member_array(parameters, "power_factor"))
        none = constant(np.zeros_like(rating))
        self._range = Range(none, constant(self._inverter.most_mw), none)

    def initial(self, members: int) -> None:
        """Nothing to remember."""

    def correct(self, state: None, feedback: Feedback, dt_s: float) -> None:
        """Nothing to correct."""

    def range(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """0 to what the PCS can pass; how much of it the sun gives is the driver `P_available[MW]`."""
        return self._range

    def states(self, state: None, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """None of its own."""
        return {}

    def step(
        self, state: None, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[None, Outputs]:
        """Deliver what is available (one column where all units see the same sun), within the limits."""
        given = self._inverter.deliver(drivers[P_AVAILABLE], p_set_mw)
        return None, {
            P: given.p_mw,
            Q: given.q_mvar,
            CUT_RATING: given.cut_rating_mw,
            CUT_VOLTAGE: given.cut_voltage_mw,
            CUT_SET: given.cut_set_mw,
        }


Pv.spec = DeviceSpec(
    kind="pv",
    parameters=PvParameters,
    model=Pv,
    drivers=(P_AVAILABLE,),
    states=(P_MIN, P_MAX, P_ON_MIN),
    results=(CUT_RATING, CUT_VOLTAGE, CUT_SET),
    role="source",
    controllable=True,
    feedback=(),
    inverter=True,
)
