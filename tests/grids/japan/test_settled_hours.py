"""Hours with every tap changer at rest: what a rural feeder does at noon, without and with PV, and with remedies."""

from datetime import time

import pytest

from grids.japan.settle import Case, settle

NOON = time(12)


def near_and_far_legs(built, demand, pv, at):
    """Highest and lowest leg of the equivalent test over all poles: formula of facts.md 1.3, planner.md 3."""
    (case,) = settle(built.net, built.regulators, [Case("then", demand, pv, at)])
    highest, lowest = [], []
    for pole in built.low_voltage.poles:
        near = case.line_v[pole.bus] * 105 / pole.tap_v
        net_kw = demand * pole.peak_kw - pv * pole.pv_kw
        far = near - pole.drop_v * net_kw / pole.peak_kw if net_kw > 0 else near - pole.rise_v * net_kw / pole.pv_kw
        highest.append(max(near, far))
        lowest.append(min(near, far))
    return highest, lowest


@pytest.mark.parametrize("preset", ["jp-rural", "jp-suburban", "jp-urban", "jp-remote-island"])
def test_before_pv_every_hour_is_legal(feeder, preset):
    built = feeder(preset)
    for demand, at in ((0.25, time(3)), (0.35, NOON), (0.7, NOON), (0.7, time(22)), (1.0, time(18))):
        highest, lowest = near_and_far_legs(built, demand, 0.0, at)
        assert 95 <= min(lowest) <= max(highest) <= 107


@pytest.mark.parametrize(
    ("changes", "highest_v", "poles_above"),
    [
        ({}, 107.09, 19),
        ({"pv": {"penetration": 1.0}}, 108.46, 29),
        ({"pv": {"penetration": 1.0}, "svrs": {"svr1": {"at": "s2"}}}, 106.85, 0),
        ({"pv": {"penetration": 1.0}, "taps": {"with_pv": True}}, 106.07, 0),
    ],
)  # the figures of docs/japanese-feeder.md
def test_a_rural_feeder_rises_at_noon_until_a_remedy(feeder, changes, highest_v, poles_above):
    highest, _ = near_and_far_legs(feeder("jp-rural", **changes), 0.35, 0.9, NOON)
    assert round(max(highest), 2) == highest_v
    assert sum(volts > 107 for volts in highest) == poles_above


def test_a_remedy_by_taps_is_paid_for_in_the_evening(feeder):
    built = feeder("jp-rural", pv={"penetration": 1.0}, taps={"with_pv": True})
    _, lowest = near_and_far_legs(built, 1.0, 0.0, time(18))
    _, before = near_and_far_legs(feeder("jp-rural", pv={"penetration": 1.0}), 1.0, 0.0, time(18))
    assert min(lowest) < 95 <= min(before)


def test_program_control_follows_the_time_of_day(feeder):
    built = feeder("jp-rural")
    night, evening = settle(built.net, built.regulators, [Case("", 0.4, 0.0, at) for at in (time(2), time(19))])
    assert evening.line_v["busbar"] - night.line_v["busbar"] > 75  # 150 V of reference, 82 V taps
    assert night.at_limit == evening.at_limit == ()


def test_a_changer_that_runs_out_of_taps_is_named(feeder):
    built = feeder("jp-rural", bank={"lrt": {"reference_v": 7400}})
    assert "regulator lrt is at the end of its taps at the annual peak" in built.notes
    (case,) = settle(built.net, built.regulators, [Case("", 1.0, 0.0, time(18))])
    assert case.at_limit == ("lrt",)
    assert case.tap_pos == {"bank": -8}


def test_a_changer_that_finds_no_rest_is_said(feeder):
    built = feeder("jp-rural", bank={"lrt": {"reference_v": 6630, "dead_band_percent": 0.05}})
    assert any("do not come to rest at the annual peak" in note for note in built.notes)
    assert not any("come to rest" in note for note in feeder("jp-rural").notes)
