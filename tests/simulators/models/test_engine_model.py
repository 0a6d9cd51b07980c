"""Gas engines: efficiencies, minimum load, ramp, start time, minimum up and down time, trips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.models.contract import Feedback
from simulators.models.engine import EngineBank
from simulators.models.heat_parameters import HeatPlantParameters

QUARTER = 900.0
MINUTE = 60.0


def hioki(**fields) -> HeatPlantParameters:
    """The 25 kW LPG engine of planner.md section 4; instant unless the test says otherwise."""
    defaults = {
        "power_kw": 25,
        "fuel": "lpg",
        "electrical_efficiency": 0.335,
        "thermal_efficiency": 0.515,
        "min_load_percent": 50,
        "tank_m3": 6,
        "boiler_kw": 200,
        "start_min": 0,
        "ramp_percent_per_min": 1e6,
        "min_up_h": 0,
        "min_down_h": 0,
    }
    return HeatPlantParameters(**(defaults | fields))


def run(bank, state, wanted_kw, dt_s=QUARTER):
    wanted = np.atleast_2d(np.asarray(wanted_kw, dtype=float)) * 1e-3
    limits = bank.range(state, dt_s)
    state, p = bank.step(state, wanted, limits, dt_s)
    return state, p[0, 0] * 1e3, limits


def feedback(p_kw, energised=True):
    p = np.atleast_2d(np.asarray(p_kw, dtype=float)) * 1e-3
    zero = np.zeros_like(p)
    return Feedback(p, zero, zero, np.full(p.shape, energised), zero.astype(np.int64))


def column(value):
    return np.array([[float(value)]])


def test_full_load_heat_and_fuel_are_the_rated_figures():
    bank = EngineBank([hioki()], 1)
    fuel, heat = bank.fuel_and_heat_mw(column(0.025), column(1))
    assert heat[0, 0] * 1e3 == pytest.approx(38.4, abs=0.05)  # planner.md section 4
    assert fuel[0, 0] * 1e3 == pytest.approx(74.63, abs=0.01)  # facts.md 5.2


@pytest.mark.parametrize(("load", "ratio"), [(0.5, 0.90), (0.75, 0.97), (1.0, 1.0)])
def test_part_load_efficiency_is_met_at_its_three_points(load, ratio):
    bank = EngineBank([hioki()], 1)
    p = column(0.025 * load)
    assert (p / bank.fuel_and_heat_mw(p, column(1))[0])[0, 0] == pytest.approx(0.335 * ratio)


def test_below_half_load_the_engine_burns_more_per_kilowatt_hour():
    bank = EngineBank([hioki(min_load_percent=30)], 1)
    efficiencies = [p / bank.fuel_and_heat_mw(column(p), column(1))[0][0, 0] for p in (0.0075, 0.010, 0.0125)]
    assert efficiencies == sorted(efficiencies)
    assert efficiencies[0] < 0.335 * 0.9


@given(st.floats(0.3, 1.0))
def test_the_heat_curve_inverts(load):
    bank = EngineBank([hioki()], 1)
    _, heat = bank.fuel_and_heat_mw(column(0.025 * load), column(1))
    assert bank._heat.load_of(heat)[0, 0] == pytest.approx(load)


def test_less_than_minimum_load_means_stop_and_minimum_load_itself_runs():
    bank = EngineBank([hioki()], 1)
    assert run(bank, bank.initial(1), 12.4)[1] == 0.0
    state, p, _ = run(bank, bank.initial(1), 12.5)
    assert p == pytest.approx(12.5)
    assert state.on.all()


def test_own_consumption_comes_off_the_output_and_stays_in_the_fuel():
    bank = EngineBank([hioki(own_use_kw=0.5)], 1)
    _, p, limits = run(bank, bank.initial(1), 99)
    assert p == pytest.approx(24.5)
    assert limits.on_min_mw[0, 0] * 1e3 == pytest.approx(12.0)
    assert bank.fuel_and_heat_mw(column(0.0245), column(1))[0][0, 0] * 1e3 == pytest.approx(25 / 0.335)


def test_start_time_takes_its_share_of_the_first_step():
    bank = EngineBank([hioki(start_min=3)], 1)
    state, p, limits = run(bank, bank.initial(1), 25)
    assert p == pytest.approx(25 * 12 / 15)
    assert limits.on_min_mw[0, 0] * 1e3 == pytest.approx(12.5 * 12 / 15)
    assert run(bank, state, 25)[1] == pytest.approx(25)


def test_a_start_longer_than_the_step_gives_nothing_until_it_is_over():
    bank = EngineBank([hioki(start_min=2.5)], 1)
    state, given_kw = bank.initial(1), []
    for _ in range(5):
        state, p, _ = run(bank, state, 25, MINUTE)
        assert state.on.all()
        given_kw.append(p)
    assert given_kw == pytest.approx([0, 0, 12.5, 25, 25])


def test_an_order_withdrawn_during_the_start_leaves_the_engine_off():
    bank = EngineBank([hioki(start_min=2.5, min_up_h=1)], 1)
    state, _, _ = run(bank, bank.initial(1), 25, MINUTE)
    state, p, _ = run(bank, state, 0, MINUTE)
    assert (p, state.on.any()) == (0.0, False)


def test_ramp_binds_up_and_down_above_minimum_load():
    bank = EngineBank([hioki(ramp_percent_per_min=10)], 1)
    state, levels = bank.initial(1), []
    for wanted in (25, 25, 25, 12.5, 12.5, 0):
        state, p, _ = run(bank, state, wanted, MINUTE)
        levels.append(p)
    assert levels == pytest.approx([15, 17.5, 20, 17.5, 15, 0])  # from 12.5 at start; a stop is not ramped


def test_the_level_reached_does_not_depend_on_the_step():
    bank = EngineBank([hioki(ramp_percent_per_min=7, start_min=1.5)], 1)
    coarse, _, _ = run(bank, bank.initial(1), 25, 5 * MINUTE)
    fine = bank.initial(1)
    for _ in range(5):
        fine, _, _ = run(bank, fine, 25, MINUTE)
    assert fine.level_mw == pytest.approx(coarse.level_mw)


def test_minimum_up_time_holds_the_engine_on():
    bank = EngineBank([hioki(min_up_h=1)], 1)
    state, _, _ = run(bank, bank.initial(1), 25)
    for _ in range(3):
        state, p, limits = run(bank, state, 0)
        assert p == pytest.approx(12.5)
        assert limits.min_mw == limits.on_min_mw
    assert run(bank, state, 0)[1] == 0.0


def test_minimum_down_time_holds_the_engine_off():
    bank = EngineBank([hioki(min_down_h=0.5)], 1)
    state, _, _ = run(bank, bank.initial(1), 25)
    state, _, _ = run(bank, state, 0)
    state, p, limits = run(bank, state, 25)
    assert p == 0.0
    assert limits.max_mw.tolist() == [[0.0]]
    assert run(bank, state, 25)[1] == pytest.approx(25)


def test_a_dead_grid_trips_the_engine_and_the_trip_counts_as_down_time():
    bank = EngineBank([hioki(min_up_h=2, min_down_h=0.5)], 1)
    state, _, _ = run(bank, bank.initial(1), 25)
    state, p, _ = run(bank, state, 25)
    dead = bank.correct(state, feedback([[0.0]], energised=False), column(p * 1e-3), QUARTER)
    assert not dead.on.any()
    assert dead.since_s.tolist() == [[QUARTER]]  # off since the start of that step
    state, p, _ = run(bank, dead, 25)
    assert p == 0.0  # no start without a grid


def test_after_the_grid_returns_the_engine_waits_for_its_minimum_down_time():
    bank = EngineBank([hioki(min_down_h=0.75)], 1)
    state, _, _ = run(bank, bank.initial(1), 25)
    state, p, _ = run(bank, state, 25)
    state = bank.correct(state, feedback([[0.0]], energised=False), column(p * 1e-3), QUARTER)
    outputs = []
    for _ in range(4):
        state, p, _ = run(bank, state, 25)
        outputs.append(p)
        state = bank.correct(state, feedback([[p]]), column(p * 1e-3), QUARTER)
    assert outputs == pytest.approx([0, 0, 25, 25])


def test_an_order_into_a_dead_grid_costs_no_down_time():
    bank = EngineBank([hioki(min_down_h=1)], 1)
    state, p, _ = run(bank, bank.initial(1), 25)
    state = bank.correct(state, feedback([[0.0]], energised=False), column(p * 1e-3), QUARTER)
    state, _, _ = run(bank, state, 0)
    state = bank.correct(state, feedback([[0.0]]), column(0), QUARTER)
    assert run(bank, state, 25)[1] == pytest.approx(25)


def test_power_the_grid_did_not_take_becomes_the_level_the_ramp_starts_from():
    bank = EngineBank([hioki(ramp_percent_per_min=10)], 1)
    state, p, _ = run(bank, bank.initial(1), 25)
    state = bank.correct(state, feedback([[15.0]]), column(p * 1e-3), QUARTER)
    _, p, _ = run(bank, state, 25, MINUTE)
    assert p == pytest.approx(17.5)


@given(
    st.lists(st.floats(-5, 40), min_size=1, max_size=20),
    st.sampled_from([60.0, 300.0, 900.0, 3600.0]),
    st.floats(0, 12),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_output_is_zero_or_between_its_limits(requests, dt_s, start_min, min_up_h, min_down_h):
    bank = EngineBank(
        [hioki(start_min=start_min, min_up_h=min_up_h, min_down_h=min_down_h, ramp_percent_per_min=15)], 1
    )
    state = bank.initial(1)
    for wanted in requests:
        before = state
        state, p, limits = run(bank, state, wanted, dt_s)
        assert 0 <= p <= limits.max_mw[0, 0] * 1e3 <= 25
        if p > 0:
            assert p >= limits.on_min_mw[0, 0] * 1e3 * (1 - 1e-9)
            assert state.on.all()
        if before.on.all() and not state.on.any() and before.start_left_s[0, 0] == 0:
            assert before.since_s[0, 0] >= min_up_h * 3600
        if state.on.all() and not before.on.any():
            assert before.since_s[0, 0] >= min_down_h * 3600


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"electrical_efficiency": 0.6, "thermal_efficiency": 0.5}, "above 1"),
        ({"electrical_ratio_50": 0.3}, "fuel fall"),
        ({"thermal_ratio_50": 1.7}, "above 1|heat fall"),
        ({"own_use_kw": 13}, "minimum load"),
        ({"fuel": "coal"}, "lpg"),
    ],
)
def test_impossible_engines_are_refused_in_plain_words(fields, message):
    with pytest.raises(ValueError, match=message):
        hioki(**fields)
