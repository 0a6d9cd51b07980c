"""PV: reference values of PVWatts and the cell models, traps of the sky model, and what the PCS lets through."""

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.models.delivery import Inverter, below_ceiling
from simulators.models.pv import (
    Pv,
    PvParameters,
    TemperatureModel,
    available_mw,
    cell_temperature,
    dc_kw,
    plane_of_array,
)
from simulators.models.weather import Weather
from simulators.ports import CUT_RATING, CUT_SET, CUT_VOLTAGE, P_AVAILABLE, P, Q


def weather(zenith=40.0, azimuth=180.0, dni=0.0, dhi=0.0, ghi=None, air=20.0, wind=1.0) -> Weather:
    dni, dhi, zenith = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (dni, dhi, zenith))
    closure = np.maximum(np.cos(np.radians(zenith)), 0) * dni + dhi
    return Weather(
        dni_w_m2=dni,
        dhi_w_m2=dhi,
        ghi_w_m2=closure if ghi is None else np.atleast_1d(np.asarray(ghi, dtype=float)),
        air_degc=np.full_like(dni, air),
        wind_m_s=np.full_like(dni, wind),
        sun_zenith_deg=zenith,
        sun_azimuth_deg=np.broadcast_to(np.asarray(azimuth, dtype=float), dni.shape),
        source="test",
    )


def flat(**fields) -> PvParameters:
    """A flat array without losses and temperature effect: POA = GHI, DC = power * GHI / 1000."""
    defaults = {"tilt_deg": 0.0, "losses_percent": 0.0, "temperature_coefficient_percent_per_k": 0.0, "power_kw": 0.1}
    return PvParameters(**(defaults | fields))


def test_dc_power_is_that_of_pvwatts():
    # pvlib tests: DC(900 W/m2, 30 degC, 100 W, -0.003/K) = 88.65 W (peers.md 4.6); the air that makes Faiman's cell 30
    air = 30.0 - 900.0 / (25.0 + 6.84 * 5.0)
    sun = weather(dhi=900.0, air=air, wind=5.0)
    assert dc_kw(flat(temperature_coefficient_percent_per_k=-0.3), sun)[0] * 1000 == pytest.approx(88.65, rel=1e-9)


def test_losses_default_to_pvwatts_and_scale_dc():
    assert PvParameters(power_kw=1).losses_percent == pytest.approx(14.0756607, abs=1e-4)
    sun = weather(dhi=900.0)
    assert dc_kw(flat(losses_percent=14.0756607), sun)[0] == pytest.approx(0.09 * 0.859243393, rel=1e-9)


@pytest.mark.parametrize(
    ("dc_w", "ac_w"), [(0.0, 0.0), (50.0, 47.60843624), (90.0, 85.5855660), (100.0, 95.0), (120.0, 95.0 + 20 * 0.95)]
)
def test_inverter_curve_is_that_of_pvwatts_and_goes_on_at_nominal_efficiency_beyond_the_rating(dc_w, ac_w):
    # pvlib tests: inverter([0, 50, 90, 100], 100, 0.95) (peers.md 4.6)
    plant = flat(pcs_kva=0.095, inverter_efficiency=0.95)
    assert available_mw(plant, weather(dhi=dc_w * 10))[0] * 1e6 == pytest.approx(ac_w, abs=1e-6)


@pytest.mark.parametrize(("model", "degc"), [(TemperatureModel.FAIMAN, 35.203), (TemperatureModel.PVSYST, 45.137)])
def test_cell_temperature_reference(model, degc):
    # 900 W/m2, 20 degC, 5 m/s (peers.md 4.6)
    assert cell_temperature(model, np.array([900.0]), weather(wind=5.0))[0] == pytest.approx(degc, abs=1e-3)


def test_a_flat_array_sees_global_horizontal_irradiance():
    sun = weather(zenith=[20.0, 50.0, 80.0], dni=[800.0, 500.0, 100.0], dhi=[100.0, 150.0, 80.0])
    assert plane_of_array(flat(), sun) == pytest.approx(sun.ghi_w_m2, rel=1e-9)


def test_an_array_that_faces_the_sun_gets_all_of_the_beam_and_the_circumsolar_light():
    sun = weather(zenith=60.0, dni=700.0, dhi=100.0)
    share = 700.0 / 1361.0
    sky = 100.0 * (share * 1.0 / 0.5 + (1 - share) * 0.5 * (1 + np.cos(np.radians(60))))
    ground = sun.ghi_w_m2[0] * 0.2 * 0.5 * (1 - np.cos(np.radians(60)))
    assert plane_of_array(flat(tilt_deg=60.0), sun)[0] == pytest.approx(700.0 + sky + ground, rel=1e-9)


def test_overcast_light_follows_the_isotropic_formula():
    sun = weather(dni=0.0, dhi=200.0)
    cosine = np.cos(np.radians(30))
    expected = 200 * 0.5 * (1 + cosine) + 200 * 0.2 * 0.5 * (1 - cosine)
    assert plane_of_array(flat(tilt_deg=30.0), sun)[0] == pytest.approx(expected, rel=1e-9)


def test_afternoon_sun_favours_west():
    sun = weather(zenith=60.0, azimuth=270.0, dni=700.0, dhi=100.0)
    west, east = (plane_of_array(flat(tilt_deg=30.0, azimuth_deg=azimuth), sun)[0] for azimuth in (270.0, 90.0))
    assert west > 2 * east


def test_a_low_sun_cannot_blow_up_the_sky_light():
    sun = weather(zenith=[87.5, 89.0, 89.99], dni=300.0 * np.ones(3), dhi=50.0 * np.ones(3), azimuth=180.0)
    poa = plane_of_array(flat(tilt_deg=90.0), sun)
    assert np.all(poa <= 300.0 + 50.0)


def test_beam_below_the_horizon_counts_for_nothing():
    # 130-190 hours of a builelib year have DNI > 0 with the sun below the horizon (planner.md 1.17)
    sun = weather(zenith=91.0, dni=400.0, dhi=5.0, ghi=5.0)
    assert plane_of_array(flat(tilt_deg=90.0), sun)[0] <= 5.0


def test_the_beam_from_behind_is_never_negative():
    sun = weather(zenith=70.0, azimuth=0.0, dni=800.0, dhi=0.0)
    ground = sun.ghi_w_m2[0] * 0.2 * 0.5
    assert plane_of_array(flat(tilt_deg=90.0), sun)[0] == pytest.approx(ground, rel=1e-9)


def test_night_gives_exactly_nothing():
    night = weather(zenith=120.0, air=-10.0)
    assert available_mw(PvParameters(power_kw=100), night).tolist() == [0.0]


def test_cold_air_raises_and_heat_lowers_output():
    sun = {"zenith": 30.0, "dni": 800.0, "dhi": 100.0}
    plant = flat(power_kw=100, temperature_coefficient_percent_per_k=-0.4)
    cold, warm = (dc_kw(plant, weather(air=air, **sun))[0] for air in (0.0, 35.0))
    ghi = 800 * np.cos(np.radians(30)) + 100
    assert cold - warm == pytest.approx(100 * ghi / 1000 * 0.004 * 35)


def test_at_the_kva_limit_the_power_factor_holds_and_each_kilowatt_has_one_reason():
    pv = Pv([PvParameters(power_kw=200, pcs_kva=150, power_factor=0.95)], units=1)
    _, out = pv.step(None, {P_AVAILABLE: np.array([[0.160]])}, np.array([[0.1]]), 900)
    assert out[P][0, 0] == pytest.approx(0.1)
    assert out[CUT_RATING][0, 0] == pytest.approx(0.010)  # above 150 kVA
    assert out[CUT_VOLTAGE][0, 0] == pytest.approx(0.0075)  # 150 kVA -> 142.5 kW: the price of reactive power
    assert out[CUT_SET][0, 0] == pytest.approx(0.0425)
    _, out = pv.step(None, {P_AVAILABLE: np.array([[0.160]])}, None, 900)
    assert np.hypot(out[P], out[Q])[0, 0] == pytest.approx(0.150)
    assert out[Q][0, 0] == pytest.approx(-0.1425 * np.tan(np.arccos(0.95)))  # absorbs


def test_available_equals_delivered_plus_cuts():
    available = np.linspace(0, 0.3, 31)[:, None]
    given = Inverter.of(np.array([[0.15]]), np.array([[0.9]])).deliver(available, np.array([[0.12]]))
    cuts = given.cut_rating_mw + given.cut_voltage_mw + given.cut_set_mw
    assert given.p_mw + cuts == pytest.approx(available, abs=1e-15)
    assert min(given.cut_rating_mw.min(), given.cut_voltage_mw.min(), given.cut_set_mw.min()) >= 0


def test_no_opinion_is_no_ceiling_and_a_negative_set_point_is_zero():
    power = np.array([1.5, 1.5, 1.5])
    assert below_ceiling(power, None).tolist() == [1.5, 1.5, 1.5]
    assert below_ceiling(power, np.array([np.nan, -1.0, 2.0])).tolist() == [1.5, 0.0, 1.5]


def test_members_with_their_own_rating_step_together():
    pv = Pv([PvParameters(power_kw=100), PvParameters(power_kw=50)], units=3)
    _, out = pv.step(None, {P_AVAILABLE: np.array([[0.08]])}, None, 900)
    assert out[P].tolist() == [[0.08] * 3, [0.05] * 3]
    assert pv.range(None, {}, 900).max_mw.tolist() == [[0.1] * 3, [0.05] * 3]


@pytest.mark.parametrize(
    "fields", [{"power_kw": 0}, {"power_kw": 1, "tilt_deg": 91}, {"power_kw": 1, "power_factor": 0}, {"powr_kw": 1}]
)
def test_impossible_plants_are_refused(fields):
    with pytest.raises(ValidationError):
        PvParameters(**fields)


def test_one_pcs_size_is_refused_without_one_array_size():
    """Arrays of a network or of a list have sizes of their own: one PCS figure would fit none of them."""
    for power_kw in (None, (3.0, 4.0)):
        with pytest.raises(ValueError, match="pcs_kva is one figure"):
            PvParameters(power_kw=power_kw, pcs_kva=5)
