"""Tolerances and the words of a difference, without a run."""

import numpy as np
import pytest

from cosim.check import tolerance


@pytest.mark.parametrize(
    ("old", "new", "unit", "same"),
    [
        (100.0, 100.00009, "MWh", True),
        (100.0, 100.0002, "MWh", False),
        (0.0, 0.9e-6, "MW", True),  # 0.9 W
        (0.0, 1.1e-6, "MW", False),
        (1.0, 1.0 + 1.05e-6, "pu", True),
        (1.0, 1.0 + 1.2e-6, "pu", False),
        (0.0, 0.009, "JPY", True),
        (16.0, 17.0, "1", False),
        (None, None, "kW", True),
        (None, 0.0, "kW", False),
    ],
)
def test_numbers_agree_within_a_millionth_or_the_floor_of_their_unit(old, new, unit, same):
    assert tolerance.agree(old, new, unit) is same


def kw(value):
    return {"value": value, "unit": "kW"}


def test_figures_are_told_largest_change_first_with_unit_and_percent(pair):
    pair.figures(pair.old, {"a": kw(100.0), "b": kw(2.0), "c": kw(0.0), "same": kw(5.0), "gone": kw(1.0)})
    pair.figures(pair.new, {"a": kw(101.0), "b": kw(1.0), "c": kw(3.0), "same": kw(5.0), "new": kw(1.0)})
    difference = pair.compare()
    assert difference.moved
    assert list(difference.lines())[:4] == [
        "figure c: 0 -> 3 kW (+3 kW)",
        "figure b: 2 -> 1 kW (-1 kW, -50 %)",
        "figure a: 100 -> 101 kW (+1 kW, +1 %)",
        "figure gone: gone",
    ]
    assert list(difference.notes()) == ["the baseline has no figure new: --update-baseline takes it in"]


def test_a_figure_that_is_only_new_fails_nothing(pair):
    pair.figures(pair.new, {"new": kw(1.0)})
    assert not pair.compare().moved


def test_of_an_ensemble_the_statistic_that_moved_is_named(pair):
    pair.figures(pair.old, {"a": {"mean": 1.0, "max": 2.0, "unit": "MWh"}})
    pair.figures(pair.new, {"a": {"mean": 1.0, "max": 2.5, "unit": "MWh"}})
    assert next(pair.compare().lines()) == "figure a (max): 2 -> 2.5 MWh (+0.5 MWh, +25 %)"


def test_a_figure_in_another_unit_has_moved(pair):
    pair.figures(pair.old, {"a": kw(1.0)})
    pair.figures(pair.new, {"a": {"value": 1.0, "unit": "MW"}})
    assert "unit was kW" in next(pair.compare().lines())


def test_a_finding_that_moved_says_in_what(pair):
    finding = {"rule": "no-export", "subject": "boundary:pcc", "value": 10.0, "hours": 1.0}
    pair.findings(pair.old, finding)
    pair.findings(pair.new, finding | {"severity": "warning", "hours": 2.5})
    (line,) = pair.compare().findings
    assert line == (
        "finding moved: no-export of boundary:pcc: violation -> warning, hours 1 -> 2.5 h, "
        "worst at 2020-04-20T12:00:00+09:00"
    )


def test_series_part_at_the_first_step_of_any_and_there_at_the_one_farthest_apart(pair):
    pair.series(pair.old, vm_pu__a=[1, 1, 1, 1], vm_pu__b=[1, 1, 1, 1], vm_pu__c=[1, 1, 1, 1])
    pair.series(pair.new, vm_pu__a=[1, 1, 1.001, 2], vm_pu__b=[1, 1, 1.01, 1], vm_pu__c=[1, 1, 1, 1])
    assert pair.partings() == [
        "bus:b at 2020-04-20T09:30:00+09:00 (step 2): vm_pu 1 -> 1.01 pu (2 of 3 bus series part)"
    ]


def test_members_are_named_where_there_are_several(pair):
    pair.series(pair.old, member=[4, 7], vm_pu__a=[1, 1, 1, 1])
    pair.series(pair.new, member=[4, 7], vm_pu__a=[1, 1, 1, 1.5])
    assert "(step 1, member 7)" in pair.partings()[0]


def test_a_value_that_vanished_parts_and_two_missing_ones_do_not(pair):
    pair.series(pair.old, vm_pu__a=[np.nan, 1, 1], vm_pu__b=[1, 1, 1])
    pair.series(pair.new, vm_pu__a=[np.nan, 1, np.nan], vm_pu__b=[1, 1, 1])
    (parted,) = pair.partings()
    assert "(step 2): vm_pu 1 -> nan pu" in parted


def test_what_parts_earlier_is_told_earlier_whatever_its_group(pair):
    for side, load, voltage in ((pair.old, [1, 1, 1], [1, 1, 1]), (pair.new, [1, 2, 2], [1, 1, 0.9])):
        pair.series(side, "inputs", **{"p_load_mw__load:hall": load})
        pair.series(side, "bus", vm_pu__a=voltage)
    lines = [line for line in pair.compare().lines() if "at 2020" in line]
    assert [line.split(" at ")[0] for line in lines] == ["series part first: load:hall", "then: bus:a"]


def test_series_that_only_one_of_them_has_are_named(pair):
    pair.series(pair.old, vm_pu__a=[1.0], vm_pu__old=[1.0])
    pair.series(pair.new, vm_pu__a=[1.0], vm_pu__x=[1.0], vm_pu__y=[1.0])
    pair.series(pair.new, "regulator", tap_pos__svr=[1.0])
    remarks = pair.compare().series.remarks
    assert remarks == (
        "series of bus only in the baseline: vm_pu|old",
        "series of bus only in the run: vm_pu|x and 1 more",
        "series of regulator: only in the run",
    )


def test_series_that_part_though_no_figure_moved_are_a_note_and_no_failure(pair):
    pair.series(pair.old, vm_pu__a=[1.0, 1.0])
    pair.series(pair.new, vm_pu__a=[1.0, 1.1])
    difference = pair.compare()
    assert not difference.moved
    assert "the series part from the baseline, though no figure moved: bus:a" in next(difference.notes())
