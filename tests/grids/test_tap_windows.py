"""Which 6.6 kV voltages a pole tap allows. Reference: planner.md 1.5 and the table of facts.md 1.3."""

import pytest

from grids.low_voltage import LowVoltageDepth, LowVoltageFacts
from grids.tap_windows import Window, buses_behind, common, node_windows, pole_window, tap_window
from tests.grids.threewire.poles import feeder, pole_fact

EQUIVALENT = LowVoltageDepth.EQUIVALENT


def facts(*poles):
    return LowVoltageFacts(EQUIVALENT, poles)


def at_n(name, **given):
    return pole_fact(name, depth=EQUIVALENT, **{"bus": "n", **given})


@pytest.mark.parametrize(
    ("tap_v", "high", "low_6", "low_4"),
    [(6750, 6879, 6493, 6364), (6600, 6726, 6349, 6223), (6450, 6573, 6204, 6081), (6300, 6420, 6060, 5940),
     (6150, 6267, 5916, 5799)],
)  # fmt: skip
def test_the_window_of_every_tap_is_that_of_the_facts(tap_v, high, low_6, low_4):
    assert tap_window(tap_v, 6.0, 0.0) == Window(pytest.approx(low_6, abs=0.6), pytest.approx(high, abs=0.6))
    assert tap_window(tap_v, 4.0, 0.0).lower_v == pytest.approx(low_4, abs=0.6)


@pytest.mark.parametrize(("rise_v", "window", "empty"), [(0.0, (6349, 6420), False), (2.0, (6349, 6300), True)])
def test_staggered_taps_leave_an_island_what_the_planner_says(rise_v, window, empty):
    left = common(tap_window(tap_v, 6.0, rise_v) for tap_v in (6600, 6300))
    assert (left.lower_v, left.upper_v) == pytest.approx(window, abs=0.6)
    assert left.empty is empty


def test_the_bounds_of_a_window_put_the_legs_on_their_limits():
    window = tap_window(6450.0, 5.0, 1.5)
    assert window.lower_v * 105 / 6450 - 5.0 == pytest.approx(95.0)
    assert window.upper_v * 105 / 6450 + 1.5 == pytest.approx(107.0)


def test_a_node_has_what_all_its_poles_allow():
    node = node_windows(facts(at_n("p", tap_v=6750.0), at_n("q", tap_v=6600.0)))["n"]
    assert (node.window.lower_v, node.window.upper_v) == pytest.approx((101 * 6750 / 105, 105 * 6600 / 105))
    assert (node.poles, node.taps_v, node.assumed) == (("p", "q"), (6750.0, 6600.0), False)


def test_only_where_something_can_flow_back_the_rise_counts():
    dark = at_n("p", pv_kw=0.0)
    assert node_windows(facts(dark))["n"].window.upper_v == pytest.approx(107 * 6600 / 105)
    assert node_windows(facts(dark), generation_at={"n"})["n"].window.upper_v == pytest.approx(105 * 6600 / 105)
    assert node_windows(facts(dark), generation_at={"elsewhere"})["n"].window.upper_v > 6700


def test_what_nobody_gave_is_6_v_of_drop_and_2_v_of_rise_and_says_so():
    unknown = at_n("p", drop_v=0.0, rise_v=0.0, peak_kw=0.0, pv_kw=0.0)
    node = node_windows(facts(unknown), generation_at={"n"})["n"]
    assert node.assumed
    assert node.window == tap_window(6600.0, 6.0, 2.0)


def test_a_drop_of_nothing_at_a_known_peak_is_no_drop():
    assert pole_window(at_n("p", drop_v=0.0)).lower_v == pytest.approx(95 * 6600 / 105)


def test_behind_a_modelled_transformer_a_third_of_the_drop_is_its_own():
    behind = pole_fact("p", depth=LowVoltageDepth.LUMPED, drop_v=4.0, rise_v=4.0 / 3.0)
    assert pole_window(behind) == Window(
        pytest.approx(tap_window(6600.0, 6.0, 2.0).lower_v), pytest.approx(tap_window(6600.0, 6.0, 2.0).upper_v)
    )


def test_other_limits_of_the_legs_move_the_window():
    assert pole_window(at_n("p"), (96.0, 106.0)) == Window(102 * 6600 / 105, 104 * 6600 / 105)


def test_every_bus_is_behind_the_pole_that_feeds_it():
    _, known = feeder()
    assert buses_behind(known) == {
        "p1": {"p1-lv", "p1-c0", "p1-c1", "p1-c2"},
        "p2": {"p2-lv", "p2-c0", "p2-c1", "p2-c2"},
    }
    assert buses_behind(facts(at_n("p"), at_n("q"))) == {"p": {"n"}, "q": {"n"}}
