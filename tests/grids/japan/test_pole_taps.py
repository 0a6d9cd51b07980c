"""Pole taps: the cases of planner.md 5, drop 6 V at heavy and rise 2 V at light load."""

import pytest

from grids.equipment.tables import pole_taps
from grids.japan.taps import HIGHEST_V, LOWEST_V, choose_tap


def choose(light, heavy, drop=6.0, rise=2.0, taps=None):
    return choose_tap(light, heavy, drop, rise, pole_taps() if taps is None else taps)


@pytest.mark.parametrize(
    ("light", "heavy", "tap", "high", "low"),
    [
        (6720, 6640, 6750, 106.53, 97.29),
        (6560, 6360, 6600, 106.36, 95.18),
        (6430, 6210, 6450, 106.67, 95.09),
    ],
)
def test_the_only_tap_that_serves_the_year(light, heavy, tap, high, low):
    choice = choose(light, heavy)
    assert choice.feasible == (tap,)
    assert choice.tap_v == choice.least_bad_v == tap
    assert (round(choice.high_v, 2), round(choice.low_v, 2)) == (high, low)
    assert choice.margin_v == pytest.approx(min(HIGHEST_V - choice.high_v, choice.low_v - LOWEST_V))
    assert choice.margin_v >= 0


@pytest.mark.parametrize(("light", "heavy"), [(6650, 6400), (6580, 6250)])
def test_where_no_tap_serves_the_least_bad_one_is_named_and_not_chosen(light, heavy):
    choice = choose(light, heavy)
    assert choice.tap_v is None
    assert choice.feasible == ()
    assert choice.margin_v < 0
    others = [choose(light, heavy, taps=[tap]).margin_v for tap in pole_taps()]
    assert choice.margin_v == max(others)


def test_of_several_taps_the_one_with_most_margin_is_chosen():
    choice = choose(6600, 6600, drop=6.0, rise=0.0)
    assert choice.feasible == (6750, 6600)
    assert choice.tap_v == 6600  # 105.0 / 99.0 V, 2 V to 107 V, against 102.7 / 96.7 V, 1.7 V to 95 V
    assert choose(6600, 6600, drop=5.0, rise=0.0).tap_v == 6750  # 102.7 / 97.7 V, 2.7 V to 95 V


def test_equal_margins_go_to_the_lower_voltage():
    # 6600 gives 107 V exactly high, 6750 gives 95 V exactly low: both without any margin
    light = 6600 * 107 / 105
    drop = light * 105 / 6750 - 95
    assert choose(light, light, drop=drop, rise=0.0, taps=[6600, 6750]).tap_v == 6750


def test_a_transformer_without_taps_is_refused():
    with pytest.raises(ValueError, match="at least one tap"):
        choose(6600, 6600, taps=[])
