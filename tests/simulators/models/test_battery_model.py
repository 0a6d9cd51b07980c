"""The battery: energy conservation, invariance to the step length, window, limits, correction by the grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.models.battery import Battery, BatteryParameters
from simulators.models.contract import Feedback
from simulators.ports import LOSS, SOC, P, Q

HOUR = 3600.0
QUARTER = 900.0

parameter_sets = st.builds(
    BatteryParameters,
    power_kw=st.floats(1, 1000),
    capacity_kwh=st.floats(1, 3000),
    charge_efficiency=st.floats(0.6, 1),
    discharge_efficiency=st.floats(0.6, 1),
    soc_min=st.just(0.1),
    soc_max=st.just(0.9),
    soc_initial=st.floats(0.1, 0.9),
    self_discharge_percent_per_month=st.floats(0, 90),
    standby_w=st.floats(0, 500),
)


def column(*values):
    return np.array([values], dtype=float)


def feedback(p_mw, *, energised=True):
    p = np.atleast_2d(np.asarray(p_mw, dtype=float))
    zero = np.zeros_like(p)
    return Feedback(p, zero, zero + 1, np.full(p.shape, energised), zero.astype(np.int64))


def plain(**fields):
    """Ten kWh, five kW, no loss but what the test adds."""
    defaults = {
        "power_kw": 5,
        "capacity_kwh": 10,
        "charge_efficiency": 1,
        "discharge_efficiency": 1,
        "self_discharge_percent_per_month": 0,
    }
    return BatteryParameters(**(defaults | fields))


def soc(battery, state):
    return battery.states(state, {}, QUARTER)[SOC]


def test_charging_and_discharging_pay_their_efficiency():
    battery = Battery([plain(charge_efficiency=0.9, discharge_efficiency=0.8)], units=1)
    state, out = battery.step(battery.initial(1), {}, column(-0.002), HOUR)
    assert soc(battery, state)[0, 0] == pytest.approx(0.5 + 0.2 * 0.9)
    assert out[LOSS][0, 0] == pytest.approx(0.0002)
    state, out = battery.step(state, {}, column(0.002), HOUR)
    assert soc(battery, state)[0, 0] == pytest.approx(0.68 - 0.2 / 0.8)
    assert out[LOSS][0, 0] == pytest.approx(0.0005)


def test_rest_loses_the_stated_share_in_thirty_days():
    battery = Battery([plain(self_discharge_percent_per_month=3)], units=1)
    state, out = battery.step(battery.initial(1), {}, None, 30 * 24 * HOUR)
    assert soc(battery, state)[0, 0] == pytest.approx(0.5 * 0.97)
    assert out[P].tolist() == [[0.0]]
    assert out[LOSS][0, 0] * 720 == pytest.approx(0.5 * 0.03 * 0.01)


def test_standby_is_drawn_at_the_terminals_and_covered_when_told_to_hold_zero():
    battery = Battery([plain(standby_w=50)], units=1)
    _, out = battery.step(battery.initial(1), {}, None, HOUR)
    assert out[P][0, 0] == pytest.approx(-50e-6)
    assert out[LOSS][0, 0] == pytest.approx(50e-6)
    state, out = battery.step(battery.initial(1), {}, column(0.0), HOUR)
    assert out[P][0, 0] == 0.0
    assert soc(battery, state)[0, 0] == pytest.approx(0.5 - 0.005)


def test_power_is_limited_at_the_terminals_both_ways():
    battery = Battery([plain()], units=2)
    _, out = battery.step(battery.initial(1), {}, column(9.0, -9.0), 60.0)
    assert out[P].tolist() == [[0.005, -0.005]]


def test_a_request_beyond_the_energy_left_shows_the_rest_as_unmet():
    battery = Battery([plain(soc_initial=0.2, discharge_efficiency=0.8)], units=1)
    state, out = battery.step(battery.initial(1), {}, column(0.005), HOUR)
    assert out[P][0, 0] == pytest.approx(0.0008)  # 1 kWh of cells above the window's bottom, over one hour
    assert soc(battery, state)[0, 0] == pytest.approx(0.1)


def test_an_empty_battery_makes_up_its_self_discharge_from_the_grid():
    battery = Battery([plain(soc_initial=0.1, self_discharge_percent_per_month=5)], units=1)
    state, out = battery.step(battery.initial(1), {}, None, HOUR)
    assert out[P][0, 0] < 0
    assert soc(battery, state)[0, 0] == pytest.approx(0.1, abs=1e-15)


def test_power_factor_absorbs_both_ways():
    battery = Battery([plain(power_factor=0.95)], units=2)
    _, out = battery.step(battery.initial(1), {}, column(0.004, -0.004), 60.0)
    assert out[Q][0].tolist() == pytest.approx([-0.004 * np.tan(np.arccos(0.95))] * 2)


@given(parameter_sets, st.lists(st.floats(-2, 2), min_size=1, max_size=12))
def test_energy_is_conserved_and_the_loss_is_the_sum_of_its_causes(parameters, requests):
    battery = Battery([parameters], units=1)
    state = battery.initial(1)
    for request in requests:
        before = state.energy_mwh[0, 0]
        state, out = battery.step(state, {}, column(request), QUARTER)
        p, loss = out[P][0, 0], out[LOSS][0, 0]
        stored = (state.energy_mwh[0, 0] - before) / 0.25
        assert -p == pytest.approx(stored + loss, abs=1e-12)
        converter = p + parameters.standby_w * 1e-6
        charge, discharge = max(-converter, 0.0), max(converter, 0.0)
        into_cells = charge * parameters.charge_efficiency - discharge / parameters.discharge_efficiency
        leaked = into_cells - stored
        conversion = charge * (1 - parameters.charge_efficiency) + discharge * (1 / parameters.discharge_efficiency - 1)
        assert leaked >= -1e-12
        assert loss == pytest.approx(conversion + leaked + parameters.standby_w * 1e-6, abs=1e-12)


@given(parameter_sets, st.lists(st.floats(-2, 2), min_size=1, max_size=12), st.sampled_from([60.0, 900.0, 7200.0]))
def test_it_never_leaves_its_window_or_its_published_range(parameters, requests, dt_s):
    battery = Battery([parameters], units=1)
    state = battery.initial(1)
    for request in requests:
        limits = battery.range(state, {}, dt_s)
        assert limits.min_mw <= limits.max_mw
        state, out = battery.step(state, {}, column(request), dt_s)
        assert limits.min_mw <= out[P] <= limits.max_mw
        assert abs(out[P][0, 0]) <= parameters.power_kw * 1e-3
        if parameters.standby_w <= 100:  # else the rating may not cover the standby at the bottom
            assert 0.1 - 1e-9 <= soc(battery, state)[0, 0] <= 0.9 + 1e-9


@given(parameter_sets, st.floats(-0.1, 0.1))
def test_one_hour_equals_four_quarters_of_the_same_power(parameters, share):
    battery = Battery([parameters], units=1)
    start = battery.initial(1)
    limits = battery.range(start, {}, HOUR)
    p = np.clip(column(share * parameters.power_kw * 1e-3), limits.min_mw, limits.max_mw)
    hour, _ = battery.step(start, {}, p, HOUR)
    quarters = start
    for _ in range(4):
        inside = battery.range(quarters, {}, QUARTER)
        p = np.clip(p, inside.min_mw, inside.max_mw)
        quarters, _ = battery.step(quarters, {}, p, QUARTER)
    assert quarters.energy_mwh == pytest.approx(hour.energy_mwh, rel=1e-9)


def test_what_the_grid_really_took_replaces_the_request():
    battery = Battery([plain(discharge_efficiency=0.8)], units=1)
    state, _ = battery.step(battery.initial(1), {}, column(0.004), HOUR)
    corrected = battery.correct(state, feedback([[0.002]]), HOUR)
    assert soc(battery, corrected)[0, 0] == pytest.approx(0.5 - 0.2 / 0.8)


def test_losses_settle_over_time_after_a_correction():
    battery = Battery([plain(charge_efficiency=0.9, discharge_efficiency=0.8, standby_w=20)], units=1)
    rng = np.random.default_rng(1)
    state, total, taken = battery.initial(1), 0.0, 0.0
    for dt_s in (900.0, 600.0, 300.0, 900.0):
        state, out = battery.step(state, {}, column(rng.uniform(-0.004, 0.004)), dt_s)
        total += out[LOSS][0, 0] * dt_s / HOUR
        actual = out[P] * 0.7
        taken -= actual[0, 0] * dt_s / HOUR
        state = battery.correct(state, feedback(actual), dt_s)
    total += state.settle_mwh[0, 0]  # what the coming step will publish
    assert taken == pytest.approx(state.energy_mwh[0, 0] - 0.005 + total, abs=1e-15)


def test_a_correction_by_nothing_changes_nothing_to_the_bit():
    battery = Battery([plain(charge_efficiency=0.93, self_discharge_percent_per_month=2)], units=1)
    state, out = battery.step(battery.initial(1), {}, column(-0.0031), QUARTER)
    corrected = battery.correct(state, feedback(out[P]), QUARTER)
    assert corrected.energy_mwh.tolist() == state.energy_mwh.tolist()
    assert corrected.settle_mwh.tolist() == [[0.0]]


def test_in_a_dead_grid_the_request_never_happened_and_the_cells_feed_the_standby():
    battery = Battery([plain(standby_w=100)], units=1)
    state, _ = battery.step(battery.initial(1), {}, column(0.004), HOUR)
    dead = battery.correct(state, feedback([[0.0]], energised=False), HOUR)
    assert soc(battery, dead)[0, 0] == pytest.approx(0.5 - 0.01)


def test_after_a_long_dead_grid_the_cells_are_empty_not_negative_and_are_not_forced_back():
    battery = Battery([plain(standby_w=100, soc_initial=0.1)], units=1)
    state, _ = battery.step(battery.initial(1), {}, column(0.0), 100 * HOUR)
    dead = battery.correct(state, feedback([[0.0]], energised=False), 100 * HOUR)
    assert soc(battery, dead).tolist() == [[0.0]]
    limits = battery.range(dead, {}, QUARTER)
    assert limits.max_mw[0, 0] == pytest.approx(-100e-6)  # own use only
    assert limits.min_mw[0, 0] == pytest.approx(-0.005)


def test_handed_out_arrays_are_never_written_again():
    battery = Battery([plain()], units=1)
    state, out = battery.step(battery.initial(1), {}, column(0.001), QUARTER)
    kept = out[P].copy(), soc(battery, state).copy()
    battery.correct(state, feedback([[0.0]]), QUARTER)
    battery.step(state, {}, column(-0.003), QUARTER)
    assert (out[P].tolist(), soc(battery, state).tolist()) == (kept[0].tolist(), kept[1].tolist())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"soc_min": 0.9, "soc_max": 0.1}, "upside down"),
        ({"soc_initial": 0.95}, "outside the window"),
        ({"standby_w": 5000}, "not below the rating"),
        ({"charge_efficiency": 1.1}, "less than or equal"),
        ({"capacity_kwh": 0}, "greater than 0"),
        ({"capacity": 3}, "Extra inputs"),
    ],
)
def test_impossible_batteries_are_refused_in_plain_words(fields, message):
    with pytest.raises(ValidationError, match=message):
        plain(**fields)
