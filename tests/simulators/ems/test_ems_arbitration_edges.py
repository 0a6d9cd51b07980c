"""Where the bounds of a scope meet engines that cannot give every power, dead points and unknown losses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.reasons import Reason
from simulators.ems.arbitrate import arbitrate
from simulators.ems.contract import GROUP, DeviceView, Observation, Priority, Proposal

NONE = np.array([np.nan])


def device(name, role, low_kw, high_kw, on_min_kw=0.0, units=1):
    low, high, on_min = (np.full((1, units), value / 1e3) for value in (low_kw, high_kw, on_min_kw))
    return DeviceView(name, role, role, low, high, on_min, {})


def engines():
    return device("engines", "engine", 0, 25, 12.5, units=4)


def battery(kw=100):
    return device("battery", "storage", -kw, kw)


def pv(kw):
    return device("pv", "source", 0, kw)


def scene(*devices, demand_kw=0.0, alive=True, losses_mw=0.0):
    return Observation(
        k=0,
        t_s=0,
        dt_s=900,
        window_s=1800,
        window_left_s=1800,
        demand_mw=np.array([demand_kw / 1e3]),
        losses_mw=np.array([losses_mw]),
        net_import_mw=np.zeros(1),
        window_import_mwh=np.zeros(1),
        alive=np.array([alive]),
        signals={},
        devices={view.name: view for view in devices},
    )


def net_export(lower_kw=np.nan, upper_kw=np.nan):
    low, high = np.array([lower_kw / 1e3]), np.array([upper_kw / 1e3])
    return Proposal("bound", Priority.LIMIT, GROUP, low, high, NONE, Reason.EXPORT)


def wish(name, kw):
    return Proposal("wish", Priority.ECONOMICS, name, NONE, NONE, np.array([kw / 1e3]), Reason.NONE)


def given_kw(decisions, name):
    return float(decisions[name].p_set_mw.sum()) * 1e3


def unmet_kw(decisions):
    return float(next(iter(decisions.values())).unmet_mw[0]) * 1e3


def test_an_idle_engine_starts_at_its_minimum_rather_than_break_the_contract():
    decisions = arbitrate(scene(engines(), demand_kw=205), [net_export(lower_kw=-200)])
    assert given_kw(decisions, "engines") == pytest.approx(12.5)
    assert unmet_kw(decisions) == 0


def test_an_engine_does_not_start_where_its_minimum_would_break_the_upper_bound():
    decisions = arbitrate(scene(engines(), demand_kw=205), [net_export(lower_kw=-200, upper_kw=-195)])
    assert given_kw(decisions, "engines") == 0
    assert unmet_kw(decisions) == pytest.approx(-5)


@pytest.mark.parametrize("cut_order", [(), ("engines", "battery"), ("battery", "engines")])
def test_a_battery_makes_up_a_deficit_before_engines_in_any_cut_order(cut_order):
    decisions = arbitrate(scene(engines(), battery(), demand_kw=250), [net_export(lower_kw=-200)], cut_order)
    assert given_kw(decisions, "battery") == pytest.approx(50)
    assert given_kw(decisions, "engines") == 0


def test_an_engine_at_its_minimum_stays_on_and_the_next_device_gives_the_rest():
    view = scene(engines(), pv(60), demand_kw=82.5)
    decisions = arbitrate(view, [net_export(upper_kw=-15), wish("engines", 12.5)], ("engines", "pv"))
    assert given_kw(decisions, "engines") == pytest.approx(12.5)
    assert given_kw(decisions, "pv") == pytest.approx(55)
    assert decisions["pv"].reason.tolist() == [[Reason.EXPORT]]


def test_what_a_stopped_engine_frees_is_given_back_to_the_source():
    # PV goes first and is not enough: the engine has to stop, and then 10 kW of PV fit under the bound again
    view = scene(device("engines", "engine", 0, 25, 12.5), pv(60), demand_kw=20)
    decisions = arbitrate(view, [net_export(upper_kw=-10), wish("engines", 25)], ("pv", "engines"))
    assert given_kw(decisions, "engines") + given_kw(decisions, "pv") == pytest.approx(10)
    assert unmet_kw(decisions) == 0


def test_behind_a_dead_point_sources_keep_their_ceiling_and_all_else_is_told_zero():
    view = scene(engines(), battery(), pv(60), demand_kw=20, alive=False)
    decisions = arbitrate(view, [net_export(upper_kw=-10), wish("engines", 100), wish("battery", 80)])
    assert [given_kw(decisions, name) for name in ("engines", "battery", "pv")] == pytest.approx([0, 0, 60])
    assert decisions["pv"].reason.tolist() == [[Reason.NONE]]
    assert unmet_kw(decisions) == 0


def test_the_bound_holds_where_losses_are_unknown():
    view = scene(engines(), demand_kw=100, losses_mw=np.nan)
    decisions = arbitrate(view, [net_export(upper_kw=-10), wish("engines", 100)])
    assert given_kw(decisions, "engines") == pytest.approx(90)


def test_a_barred_unit_stays_off_and_the_others_carry_the_total():
    upper = np.array([[0.0, np.nan, np.nan, np.nan]])
    unit = np.full((1, 4), np.nan)
    bar = Proposal("bar", Priority.ORDER, "engines", unit, upper, unit, Reason.ORDER, per_unit=True)
    decisions = arbitrate(scene(engines(), demand_kw=200), [bar, wish("engines", 100)])
    assert decisions["engines"].p_set_mw[0] * 1e3 == pytest.approx([0, 25, 25, 25])


@given(
    demand=st.floats(0, 300),
    sun=st.floats(0, 200),
    run=st.floats(0, 100),
    cap=st.floats(-100, 100),
    order=st.permutations(["engines", "battery", "pv"]),
)
def test_an_upper_bound_holds_or_nothing_is_left_to_take_and_every_cut_has_a_reason(demand, sun, run, cap, order):
    view = scene(engines(), battery(20), pv(sun), demand_kw=demand)
    decisions = arbitrate(view, [net_export(upper_kw=cap), wish("engines", run)], tuple(order))
    net = sum(given_kw(decisions, name) for name in order) - demand
    least = -20 - demand
    assert net <= max(cap, least) + 1e-6
    assert unmet_kw(decisions) == pytest.approx(max(net - cap, 0), abs=1e-5)
    cut = given_kw(decisions, "pv") < sun - 1e-5
    assert (decisions["pv"].reason[0, 0] == Reason.EXPORT) or not cut
    engine = decisions["engines"].p_set_mw * 1e3
    assert np.all((engine == 0) | ((engine >= 12.5 - 1e-6) & (engine <= 25 + 1e-6)))


def test_a_members_decision_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(7)
    members = 5
    demand, sun = rng.uniform(0, 0.3, members), rng.uniform(0, 0.2, (members, 1))
    view = scene(engines(), battery(20), pv(100))
    wide = {
        name: replace(
            one,
            min_mw=np.repeat(one.min_mw, members, axis=0),
            max_mw=sun if name == "pv" else np.repeat(one.max_mw, members, axis=0),
            on_min_mw=np.repeat(one.on_min_mw, members, axis=0),
        )
        for name, one in view.devices.items()
    }
    many = replace(
        view,
        demand_mw=demand,
        losses_mw=np.zeros(members),
        window_import_mwh=np.zeros(members),
        alive=np.array([True, True, False, True, True]),
        devices=wide,
    )
    proposals = [net_export(lower_kw=-50, upper_kw=-10), wish("engines", 60)]
    together = arbitrate(many, proposals)
    for member in range(members):
        rows = slice(member, member + 1)
        alone = replace(
            many,
            demand_mw=demand[rows],
            losses_mw=np.zeros(1),
            window_import_mwh=np.zeros(1),
            alive=many.alive[rows],
            devices={
                name: replace(one, min_mw=one.min_mw[rows], max_mw=one.max_mw[rows], on_min_mw=one.on_min_mw[rows])
                for name, one in wide.items()
            },
        )
        for name, decision in arbitrate(alone, proposals).items():
            assert np.array_equal(decision.p_set_mw[0], together[name].p_set_mw[member])
