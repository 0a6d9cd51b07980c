"""Own supply by capacity and by energy (planner.md 1.16 and its last acceptance case)."""

import numpy as np
import pytest

from cosim.rules.own_supply import firm_kw, own_supply

PEAK_KW, CHP_KW, PV_KW, BATTERY_KW = (np.array([value]) for value in (600.0, 200.0, 300.0, 150.0))
OWN_MWH, DEMAND_MWH = np.array([1600.0]), np.array([2400.0])
NOTHING = np.zeros(1)


def ratios(battery_kw=BATTERY_KW, stored=True):
    firm = firm_kw(CHP_KW, PV_KW, battery_kw, stored=stored)
    return own_supply(firm, PEAK_KW, OWN_MWH, DEMAND_MWH, 0.5)


def test_a_battery_makes_the_sun_firm_up_to_its_power():
    found = ratios()
    assert found.capacity_percent[0] == pytest.approx(58.3, abs=0.05)
    assert found.energy_percent[0] == pytest.approx(66.7, abs=0.05)
    assert not found.broken[0]
    assert found.capacity_binds[0]


def test_without_a_battery_the_capacity_fails_although_the_energy_passes():
    found = ratios(NOTHING)
    assert found.capacity_percent[0] == pytest.approx(33.3, abs=0.05)
    assert found.energy_percent[0] == pytest.approx(66.7, abs=0.05)
    assert found.broken[0]
    assert found.capacity_binds[0]
    assert found.binding[0] == found.capacity_percent[0]


def test_before_2014_a_battery_made_nothing_firm():
    assert ratios(stored=False).capacity_percent[0] == pytest.approx(33.3, abs=0.05)


def test_a_battery_larger_than_the_sun_counts_no_more_than_the_sun():
    assert firm_kw(CHP_KW, PV_KW, np.array([900.0]), stored=True)[0] == 500.0
    assert firm_kw(CHP_KW, NOTHING, BATTERY_KW, stored=True)[0] == 200.0


def test_energy_alone_can_break_the_rule_and_is_named():
    found = own_supply(np.array([600.0]), PEAK_KW, np.array([1.0]), np.array([4.0]), 0.5)
    assert (found.capacity_percent[0], found.energy_percent[0]) == (100.0, 25.0)
    assert found.broken[0]
    assert not found.capacity_binds[0]


def test_members_are_judged_one_by_one():
    firm = firm_kw(CHP_KW, PV_KW, np.array([0.0, 99.0, 100.0, 150.0]), stored=True)
    assert own_supply(firm, PEAK_KW, OWN_MWH, DEMAND_MWH, 0.5).broken.tolist() == [True, True, False, False]


def test_energy_never_covers_more_than_is_used():
    assert own_supply(CHP_KW, PEAK_KW, np.array([9.0]), np.array([4.0]), 0.5).energy_percent[0] == 100.0


def test_without_demand_there_is_no_ratio_and_no_breach():
    found = own_supply(CHP_KW, NOTHING, NOTHING, NOTHING, 0.5)
    assert np.isnan(found.capacity_percent[0])
    assert not found.broken[0]
