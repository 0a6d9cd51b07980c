"""The heat plant: heat balance, who serves first, room for heat, dump forbidden, calendar, dead grid, fuel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.models.contract import Feedback
from simulators.models.fuels import FUELS, FuelName
from simulators.models.heat_parameters import HeatPlantParameters
from simulators.models.heat_plant import HeatPlant
from simulators.ports import (
    CO2,
    FUEL,
    FUEL_GAS,
    HEAT_BOILER,
    HEAT_CHP,
    HEAT_DEMAND,
    HEAT_DUMPED,
    HEAT_ENABLED,
    HEAT_LOSS,
    HEAT_SERVED,
    HEAT_UNSERVED,
    HEAT_USEFUL,
    TANK,
    TANK_SOC,
    P,
)

QUARTER = 900.0
HOUR = 3600.0
TANK_MWH = 6 * 40 * 4.186 / 3600


def baths(**fields) -> HeatPlantParameters:
    """Hioki's plant (planner.md section 4); instant engines unless the test says otherwise."""
    defaults = {
        "power_kw": 25,
        "fuel": "lpg",
        "electrical_efficiency": 0.335,
        "thermal_efficiency": 0.515,
        "tank_m3": 6,
        "boiler_kw": 200,
        "boiler_efficiency": 0.87,
        "start_min": 0,
        "ramp_percent_per_min": 1e6,
        "min_up_h": 0,
        "min_down_h": 0,
    }
    return HeatPlantParameters(**(defaults | fields))


def heat(demand_kw, enabled=1.0):
    return {HEAT_DEMAND: np.array([[demand_kw * 1e-3]]), HEAT_ENABLED: np.array([[enabled]])}


def row(*kw):
    return np.array([kw], dtype=float) * 1e-3


def feedback(p_mw, energised=True):
    zero = np.zeros_like(p_mw)
    return Feedback(p_mw, zero, zero, np.full(p_mw.shape, energised), zero.astype(np.int64))


def residual_mw(out, tank_before_mwh, tank_after_mwh, dt_s):
    stored = (tank_after_mwh - tank_before_mwh) * HOUR / dt_s
    return (out[HEAT_CHP] + out[HEAT_BOILER] - out[HEAT_SERVED] - stored - out[HEAT_LOSS] - out[HEAT_DUMPED])[0, 0]


def test_the_tank_holds_what_the_planner_says():
    plant = HeatPlant([baths()], units=4)
    state = plant.initial(1)
    assert pytest.approx(279, abs=0.1) == TANK_MWH * 1e3
    assert state.tank_mwh[0, 0] == pytest.approx(0.5 * TANK_MWH)
    assert plant.states(state, heat(0), QUARTER)[TANK_SOC].tolist() == [[0.5]]


def test_a_resting_tank_loses_one_percent_an_hour():
    plant = HeatPlant([baths(tank_initial_soc=1.0)], units=1)
    state, out = plant.step(plant.initial(1), heat(0), None, HOUR)
    assert state.tank_mwh[0, 0] == pytest.approx(0.99 * TANK_MWH)
    assert out[HEAT_LOSS][0, 0] == pytest.approx(0.01 * TANK_MWH)
    assert out[TANK][0, 0] == pytest.approx(40 + 40 * 0.99)


def test_tank_and_boiler_do_not_depend_on_the_step_while_nothing_switches():
    plant = HeatPlant([baths()], units=1)
    hour, _ = plant.step(plant.initial(1), heat(30), row(0), HOUR)
    quarters = plant.initial(1)
    for _ in range(4):
        quarters, _ = plant.step(quarters, heat(30), row(0), QUARTER)
    assert quarters.tank_mwh == pytest.approx(hour.tank_mwh, rel=1e-12)


def test_engine_heat_serves_demand_then_tank_then_radiator():
    plant = HeatPlant([baths(tank_initial_soc=1.0)], units=4)
    state, out = plant.step(plant.initial(1), heat(100), row(25, 25, 25, 25), QUARTER)
    assert out[HEAT_CHP][0, 0] * 1e3 == pytest.approx(4 * 38.43, abs=0.02)
    assert out[HEAT_BOILER].tolist() == [[0.0]]
    assert out[HEAT_SERVED][0, 0] * 1e3 == pytest.approx(100)
    top_up = out[HEAT_LOSS][0, 0]  # a full tank only takes what it loses
    assert out[HEAT_DUMPED][0, 0] == pytest.approx(out[HEAT_CHP][0, 0] - 0.1 - top_up)
    assert state.tank_mwh[0, 0] == pytest.approx(TANK_MWH)


def test_the_boiler_covers_what_the_tank_cannot_and_the_rest_is_unserved():
    plant = HeatPlant([baths(tank_initial_soc=0.0, boiler_kw=60)], units=1)
    _, out = plant.step(plant.initial(1), heat(100), None, QUARTER)
    assert out[HEAT_BOILER][0, 0] * 1e3 == pytest.approx(60)
    assert out[HEAT_SERVED][0, 0] * 1e3 == pytest.approx(60)
    assert out[HEAT_UNSERVED][0, 0] * 1e3 == pytest.approx(40)
    assert out[FUEL][0, 0] == pytest.approx(60 / 0.87 * 3.6 / 46.1)


def test_fuel_and_co2_of_a_full_load_hour():
    plant = HeatPlant([baths()], units=1)
    _, out = plant.step(plant.initial(1), heat(0), row(25), HOUR)
    assert out[FUEL][0, 0] == pytest.approx(5.83, abs=0.01)  # facts.md 5.2: 5.80 kg/h at 46.3 MJ/kg
    assert out[CO2][0, 0] == pytest.approx(3.0 * out[FUEL][0, 0])
    assert out[FUEL_GAS].tolist() == [[0.0]]


def test_lpg_agrees_with_the_planners_price_arithmetic():
    lpg = FUELS[FuelName.LPG]
    per_kwh = 180 / (lpg.units_per_m3 * lpg.lhv_kwh)
    assert per_kwh == pytest.approx(7.03, abs=0.005)
    parameters = baths(om_per_kwh=2.5)
    dumped = per_kwh / parameters.electrical_efficiency + parameters.om_per_kwh
    credit = per_kwh * parameters.thermal_efficiency / parameters.electrical_efficiency / parameters.boiler_efficiency
    assert dumped == pytest.approx(23.49, abs=0.02)
    assert dumped - credit == pytest.approx(11.07, abs=0.02)


def test_city_gas_is_counted_in_normal_cubic_metres():
    plant = HeatPlant([baths(power_kw=7800, electrical_efficiency=0.49, thermal_efficiency=0.25, fuel="city_gas")], 1)
    _, out = plant.step(plant.initial(1), heat(0), row(7800), HOUR)
    assert out[FUEL_GAS][0, 0] == pytest.approx(1410, rel=2e-3)  # facts.md 5.2
    assert out[FUEL].tolist() == [[0.0]]


@pytest.mark.parametrize("dump_allowed", [True, False])
@given(
    steps=st.lists(
        st.tuples(
            st.lists(st.floats(0, 30), min_size=3, max_size=3),
            st.floats(0, 250),
            st.sampled_from([0.0, 1.0]),
            st.floats(0.2, 1.0),
            st.sampled_from([True, True, False]),
            st.sampled_from([300.0, 900.0]),
        ),
        min_size=1,
        max_size=8,
    ),
    soc=st.floats(0, 1),
)
def test_published_heat_balances_at_every_step_whatever_the_grid_does(dump_allowed, steps, soc):
    plant = HeatPlant([baths(tank_initial_soc=soc, dump_allowed=dump_allowed, boiler_kw=60)], units=3)
    state = plant.initial(1)
    tank = state.tank_mwh
    for wanted, demand, enabled, taken, alive, dt_s in steps:
        state, out = plant.step(state, heat(demand, enabled), row(*wanted), dt_s)
        assert residual_mw(out, tank, state.tank_mwh, dt_s) == pytest.approx(0, abs=1e-12)
        assert -1e-12 <= plant.states(state, heat(0), dt_s)[TANK_SOC][0, 0] <= 1 + 1e-12
        tank = state.tank_mwh
        state = plant.correct(state, feedback(out[P] * taken * alive, alive), dt_s)


def test_dump_forbidden_never_dumps_and_follows_the_heat():
    plant = HeatPlant([baths(dump_allowed=False, tank_m3=0)], units=2)
    _, out = plant.step(plant.initial(1), heat(65), row(25, 25), QUARTER)
    assert out[HEAT_DUMPED][0, 0] == pytest.approx(0, abs=1e-12)
    assert out[HEAT_CHP][0, 0] * 1e3 == pytest.approx(65)
    assert out[P][0, 0] * 1e3 == pytest.approx(25)  # the first engine is served first
    assert 12.5 <= out[P][0, 1] * 1e3 < 25


def test_dump_forbidden_stops_engines_whose_minimum_heat_finds_no_use():
    plant = HeatPlant([baths(dump_allowed=False, tank_m3=0)], units=2)
    _, out = plant.step(plant.initial(1), heat(45), row(25, 25), QUARTER)
    assert out[P][0].tolist() == pytest.approx([0.025, 0.0])
    _, out = plant.step(plant.initial(1), heat(15), row(25, 25), QUARTER)
    assert out[P].tolist() == [[0.0, 0.0]]


def test_dump_forbidden_keeps_the_running_engine_rather_than_the_first():
    plant = HeatPlant([baths(dump_allowed=False, tank_m3=0)], units=2)
    state, _ = plant.step(plant.initial(1), heat(80), row(0, 25), QUARTER)
    assert plant.range(state, heat(40), QUARTER).max_mw[0].tolist() == pytest.approx([0.0, 0.025])


def test_without_heat_limits_dump_allowed_leaves_the_full_range():
    plant = HeatPlant([baths(tank_initial_soc=1.0)], units=2)
    assert plant.range(plant.initial(1), heat(0), QUARTER).max_mw.tolist() == [[0.025, 0.025]]


def test_room_for_heat_is_demand_plus_what_fills_the_tank():
    plant = HeatPlant([baths(tank_loss_percent_per_h=0)], units=1)
    state = plant.initial(1)
    room = plant.states(state, heat(20), QUARTER)[HEAT_USEFUL][0, 0]
    assert room == pytest.approx(0.020 + 0.5 * TANK_MWH / 0.25)


def test_a_closed_customer_wants_no_engine_heat():
    forbidden = HeatPlant([baths(dump_allowed=False)], units=1)
    closed = heat(8, enabled=0.0)
    state = forbidden.initial(1)
    _, out = forbidden.step(state, closed, row(25), QUARTER)
    assert out[P].tolist() == [[0.0]]
    # what is published ahead leaves the calendar to whoever decides: it opens in the very step it says
    assert forbidden.states(state, closed, QUARTER)[HEAT_USEFUL][0, 0] > 0.2
    assert forbidden.range(state, closed, QUARTER).max_mw.tolist() == [[0.025]]

    allowed = HeatPlant([baths()], units=1)
    state, out = allowed.step(allowed.initial(1), closed, row(25), QUARTER)
    assert out[P][0, 0] == pytest.approx(0.025)  # the EMS may still want the electricity
    assert out[HEAT_DUMPED][0, 0] == pytest.approx(out[HEAT_CHP][0, 0] - 0.008)
    assert state.tank_mwh[0, 0] < 0.5 * TANK_MWH  # not charged


def test_no_opinion_leaves_engines_off_and_heat_served():
    plant = HeatPlant([baths()], units=4)
    _, out = plant.step(plant.initial(1), heat(50), None, QUARTER)
    assert out[P].tolist() == [[0.0] * 4]
    assert out[HEAT_SERVED][0, 0] == pytest.approx(0.05)


def test_a_dead_grid_takes_the_engine_heat_back_and_the_books_close_over_time():
    plant = HeatPlant([baths(boiler_kw=0)], units=2)
    state, first = plant.step(plant.initial(1), heat(50), row(25, 25), QUARTER)
    state = plant.correct(state, feedback(np.zeros((1, 2)), energised=False), QUARTER)
    assert not state.engines.on.any()
    state, second = plant.step(state, heat(50), row(25, 25), QUARTER)
    assert second[P].tolist() == [[0.0, 0.0]]
    for port in (HEAT_CHP, FUEL, CO2, HEAT_DUMPED):
        assert first[port][0, 0] + second[port][0, 0] == pytest.approx(0, abs=1e-12)
    no_engine = HeatPlant([baths(boiler_kw=0)], units=2)
    reference = no_engine.initial(1)
    for _ in range(2):
        reference, _ = no_engine.step(reference, heat(50), None, QUARTER)
    assert state.tank_mwh == pytest.approx(reference.tank_mwh)


def test_a_correction_by_nothing_changes_nothing_to_the_bit():
    plant = HeatPlant([baths(start_min=3)], units=2)
    state, out = plant.step(plant.initial(1), heat(50), row(25, 13), QUARTER)
    corrected = plant.correct(state, feedback(out[P]), QUARTER)
    assert corrected.tank_mwh.tolist() == state.tank_mwh.tolist()
    assert not corrected.settle.any()
    assert corrected.engines.on.tolist() == state.engines.on.tolist()


def test_a_plant_with_constant_heat_and_one_large_engine_works():
    # existing-line-reference: 300 kW engine, 200 kW constant heat, dump forbidden
    engine = HeatPlantParameters(
        power_kw=300,
        fuel="city_gas",
        electrical_efficiency=0.40,
        thermal_efficiency=0.42,
        tank_m3=20,
        boiler_kw=300,
        boiler_efficiency=0.9,
        dump_allowed=False,
    )
    plant = HeatPlant([engine], units=1)
    state, produced = plant.initial(1), []
    for _ in range(96 * 2):
        state, out = plant.step(state, heat(200), row(300), QUARTER)
        assert out[HEAT_SERVED][0, 0] == pytest.approx(0.2)
        assert out[HEAT_DUMPED][0, 0] == pytest.approx(0, abs=1e-12)
        produced.append(out[P][0, 0])
    # in the long run engine heat = demand + tank loss: about 190 kW electrical
    assert np.mean(produced[96:]) == pytest.approx(0.19, abs=0.02)


def test_members_step_as_if_alone():
    cold, hot = baths(tank_initial_soc=0.1), baths(tank_initial_soc=1.0, dump_allowed=False)
    both = HeatPlant([cold, hot], units=2)
    state, out = both.step(both.initial(2), heat(30), row(25, 25), QUARTER)
    for k, parameters in enumerate((cold, hot)):
        alone = HeatPlant([parameters], units=2)
        single, single_out = alone.step(alone.initial(1), heat(30), row(25, 25), QUARTER)
        assert single_out[P][0].tolist() == out[P][k].tolist()
        assert single.tank_mwh[0].tolist() == state.tank_mwh[k].tolist()


def test_members_that_burn_different_fuels_are_refused():
    with pytest.raises(ValueError, match="one fuel"):
        HeatPlant([baths(), baths(fuel="city_gas")], units=1)
