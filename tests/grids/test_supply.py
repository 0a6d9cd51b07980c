"""Voltages customers are judged by: measured legs, equivalents, dead points, members."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.errors import DescriptionError
from grids.low_voltage import LowVoltageDepth
from grids.normalise import normalise
from grids.powerflow.pgm_engine import PgmEngine
from grids.supply import SupplyMethod, SupplyVoltages
from tests.grids.threewire.poles import feeder

EQUIVALENT, LUMPED, FULL = LowVoltageDepth.EQUIVALENT, LowVoltageDepth.LUMPED, LowVoltageDepth.FULL


@cache
def network(depth, poles, movable, taps):
    """(grid, engine, facts, buses of the points): made once, it takes half a second."""
    net, facts = feeder(depth=depth, poles=poles, movable=movable, taps=dict(taps))
    if depth is FULL:
        buses = [customer.bus for customer in facts.customers]
    else:
        buses = [pole.lv_bus or pole.bus for pole in facts.poles]
    grid = normalise(net).with_points([(f"load {bus}", bus) for bus in buses], [(f"pv {bus}", bus) for bus in buses])
    return grid, PgmEngine(grid), facts, buses


class Case:
    """A network with a demand and a PV at every pole or customer, solved as the run does it."""

    def __init__(self, depth=FULL, change=lambda facts: facts, poles=("p1", "p2"), movable=(), taps=()):
        self.grid, self.engine, facts, self.buses = network(depth, poles, movable, taps)
        self.facts = change(facts)
        self.supply = SupplyVoltages(self.facts, self.grid)

    def solve(self, load_kw, pv_kw=0.0, wires=None, kvar_per_kw=0.3):
        """(supply state, flow); powers (M, point) or numbers for all."""
        shape = np.broadcast_shapes(np.shape(load_kw), np.shape(pv_kw), (1, len(self.buses)))
        load, pv = (np.array(np.broadcast_to(kw, shape)) / 1e3 for kw in (load_kw, pv_kw))
        wires = self.grid.normal.spread(shape[0]) if wires is None else wires
        state = wires.flow(pv, 0 * pv, load, kvar_per_kw * load)
        flow = self.engine.solve(state)
        return self.of(flow, state), flow

    def of(self, flow, state):
        return self.supply.state(flow, state.p_mw, state.q_mvar, state.p_load_mw, state.q_load_mvar, state.tap_pos)


def leaning(share_a, share_b):
    """Every customer with these shares."""

    def change(facts):
        return replace(
            facts, customers=tuple(replace(one, share_a=share_a, share_b=share_b) for one in facts.customers)
        )

    return change


def volts(flow, case):
    return flow.vm_pu[:, case.supply.bus_position] * 1e3 * case.grid.index.bus_vn_kv[case.supply.bus_position]


@settings(max_examples=12)
@given(
    st.lists(st.floats(0.0, 4.0), min_size=6, max_size=6),
    st.lists(st.floats(0.0, 4.0), min_size=6, max_size=6),
    st.sampled_from([(0.5, 0.5), (0.2, 0.2), (0.0, 0.0)]),
    st.integers(-3, 1),
)
def test_with_equal_legs_the_sweep_is_the_power_flow(load_kw, pv_kw, shares, tap):
    """Balanced lines have twice the impedance of one wire: each leg is half of the bus voltage."""
    case = Case(change=leaning(*shares), movable=("p1", "p2"))
    wires = replace(case.grid.normal, tap_pos=np.array([[0.0, tap]]))
    state, flow = case.solve(np.array([load_kw]), np.array([pv_kw]), wires=wires)
    assert state.legs_v.mean(axis=2) == pytest.approx(volts(flow, case) / 2, abs=1e-3)
    assert state.line_v == pytest.approx(volts(flow, case), abs=1e-3)


@settings(max_examples=25)
@given(st.lists(st.floats(0.0, 3.0), min_size=6, max_size=6), st.floats(0.5, 1.0))
def test_legs_part_around_the_power_flow_and_the_lower_one_carries_more(load_kw, share):
    """200 V stays near the balanced voltage (a little below, for there is more loss) however far the legs part."""
    case = Case(change=leaning(share, 1.0 - share))
    state, flow = case.solve(np.array([load_kw]))
    balanced = volts(flow, case) / 2
    assert (state.legs_v[..., 0] <= state.legs_v[..., 1] + 1e-6).all()
    assert (state.low_leg_v <= balanced + 1e-6).all()
    assert state.line_v == pytest.approx(2 * balanced, abs=2.5)
    assert state.low_leg_v == pytest.approx(state.legs_v.min(axis=2))
    assert state.high_leg_v == pytest.approx(state.legs_v.max(axis=2))


def test_a_longer_main_and_a_heavier_leg_lower_its_voltage():
    even, leant = (Case(change=leaning(a, 1 - a)).solve(2.0)[0] for a in (0.5, 0.8))
    assert (leant.low_leg_v < even.low_leg_v).all()
    assert (leant.high_leg_v > even.high_leg_v).all()
    assert (np.diff(even.low_leg_v[0, :3]) < 0).all()


def test_pv_on_200_v_lifts_both_legs_alike():
    case = Case(change=leaning(0.7, 0.3))
    without, _ = case.solve(1.0)
    with_pv, _ = case.solve(1.0, 4.0)
    lift = with_pv.legs_v - without.legs_v
    assert (lift > 0.5).all()
    assert lift[..., 0] == pytest.approx(lift[..., 1], rel=0.05)


def test_measured_points_are_the_customers():
    case = Case()
    supply = case.supply
    assert supply.subjects[:2] == ("customer:p1-c0", "customer:p1-c1")
    assert supply.buses[:2] == ("p1-c0", "p1-c1")
    assert [case.grid.index.bus[position] for position in supply.bus_position] == list(supply.buses)
    assert supply.method is SupplyMethod.MEASURED


def test_the_tap_in_use_counts_also_when_it_moves():
    """At the same tap it does not matter whether it can move; a moved tap moves the legs of its own pole."""
    fixed, _ = Case(taps=(("p2", -2),)).solve(1.0)
    case = Case(movable=("p1", "p2"))
    assert case.grid.index.tap == ("p1", "p2")
    wires = replace(case.grid.normal, tap_pos=np.array([[0.0, -2.0]]))
    moved, flow = case.solve(1.0, wires=wires)
    assert moved.legs_v == pytest.approx(fixed.legs_v, abs=1e-6)
    assert moved.line_v == pytest.approx(volts(flow, case), abs=1e-3)


def test_no_load_legs_follow_the_tap_table():
    """facts.md 1.3: 6600 V at taps 6750, 6600, 6450, 6300, 6150 V gives 102.7, 105.0, 107.4, 110.0, 112.7 V."""
    printed = [102.7, 105.0, 107.4, 110.0, 112.7]
    for position, leg in zip((1, 0, -1, -2, -3), printed, strict=True):
        tapped = {"tap_v": 6600.0 + 150.0 * position}
        states = [Case(EQUIVALENT, lambda facts: changed(facts, poles=(0, tapped))).solve(0.0)[0]]  # noqa: B023
        for depth in (LUMPED, FULL):
            case = Case(depth, movable=("p1", "p2"))
            states += [case.solve(0.0, wires=replace(case.grid.normal, tap_pos=np.array([[position, 0.0]])))[0]]
        for state in states:
            assert state.legs_v[0, 0] == pytest.approx([leg, leg], abs=0.06)


def test_the_equivalent_drops_with_demand_or_rises_with_reverse_flow_never_both():
    """6 V at 20 kW of demand, 2 V at 40 kW of reverse flow; one pole, leg = V x 105 / 6600."""
    case = Case(EQUIVALENT, poles=("p1",))
    for load, pv, change in ((20, 0, -6.0), (10, 0, -3.0), (10, 6, -1.2), (0, 40, 2.0), (10, 30, 1.0), (10, 10, 0.0)):
        state, flow = case.solve(float(load), float(pv), kvar_per_kw=0.0)
        near = volts(flow, case) * 105.0 / 6600.0
        assert state.legs_v[..., 0] == pytest.approx(near)
        assert state.legs_v[..., 1] == pytest.approx(near + change)
        assert np.isnan(state.line_v).all()
    assert case.supply.subjects == ("pole:p1",)
    assert case.supply.buses == ("p1-hv",)
    assert case.supply.method is SupplyMethod.EQUIVALENT


def test_lumped_starts_at_the_secondary_terminals():
    case = Case(LUMPED, poles=("p1",))
    state, flow = case.solve(10.0)
    near = volts(flow, case) / 2
    assert case.supply.buses == ("p1-lv",)
    assert state.legs_v[0, 0] == pytest.approx([near[0, 0], near[0, 0] - 3.0])


def test_poles_of_one_bus_share_its_demand():
    """Two units at a node, 20 + 60 kW of peak: 40 kW of demand is half load for both, whatever their size."""

    def together(facts):
        first, second = facts.poles
        return replace(facts, poles=(first, replace(second, bus=first.bus, drop_v=4.0, peak_kw=60.0)))

    case = Case(EQUIVALENT, change=together)
    state, _ = case.solve(np.array([[40.0, 5.0]]))
    near, far = state.legs_v[0, :, 0], state.legs_v[0, :, 1]
    assert near - far == pytest.approx([3.0, 2.0])


@pytest.mark.parametrize(("given", "load", "pv", "change"), [("peak_kw", 0, 10, 3.0), ("pv_kw", 10, 0, -0.5)])
def test_a_missing_scale_takes_the_slope_of_the_other_one(given, load, pv, change):
    """6 V / 20 kW or 2 V / 40 kW: PV nobody announced raises the voltage all the same."""
    other = {"peak_kw": "pv_kw", "pv_kw": "peak_kw"}[given]
    case = Case(
        EQUIVALENT, poles=("p1",), change=lambda facts: replace(facts, poles=(replace(facts.poles[0], **{other: 0.0}),))
    )
    state, _ = case.solve(float(load), float(pv))
    assert state.legs_v[0, 0, 1] - state.legs_v[0, 0, 0] == pytest.approx(change)


@pytest.mark.parametrize("depth", LowVoltageDepth)
def test_dead_points_have_no_voltage_and_are_not_judged(depth):
    """The line to the second pole is out of service in the second member only."""
    case = Case(depth)
    wires = case.grid.normal.spread(2)
    in_service = wires.in_service.copy()
    in_service[1, case.grid.index.branch.index("hv-p2")] = False
    state, _ = case.solve(np.ones((2, 1)), wires=replace(wires, in_service=in_service))
    behind = np.array(["p2" in subject for subject in case.supply.subjects])
    assert state.energised.tolist() == [[True] * len(behind), (~behind).tolist()]
    assert (state.legs_v[1, behind] == 0.0).all()
    assert (state.line_v[1, behind] == 0.0).all()
    assert (state.legs_v[0] > 90.0).all()
    assert state.converged.all()


def test_a_customer_cut_off_alone_is_dead_alone():
    case = Case()
    in_service = case.grid.normal.in_service.copy()
    in_service[0, case.grid.index.branch.index("p1-l2")] = False
    state, _ = case.solve(
        np.array([[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]]), wires=replace(case.grid.normal, in_service=in_service)
    )
    assert state.energised[0].tolist() == [True, True, False, True, True, True]
    assert state.legs_v[0, 2].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("depth", LowVoltageDepth)
def test_a_member_without_solution_is_nan_and_not_converged(depth):
    case = Case(depth)
    load = np.full((2, len(case.buses)), 1.0)
    load[1] = 1e5
    state, flow = case.solve(load)
    assert flow.converged.tolist() == [True, False]
    assert state.converged.tolist() == [[True] * len(case.supply.subjects), [False] * len(case.supply.subjects)]
    assert np.isnan(state.legs_v[1]).all()
    assert not state.energised[1].any()
    assert np.isfinite(state.legs_v[0]).all()


def test_a_leg_that_breaks_down_fails_its_main_though_the_balanced_flow_holds():
    case = Case(change=leaning(1.0, 0.0))
    load = np.full((1, 6), 0.5)
    load[0, 2] = 35.0
    state, flow = case.solve(load)
    assert flow.converged.all()
    assert state.converged[0].tolist() == [False] * 3 + [True] * 3
    assert np.isnan(state.legs_v[0, :3]).all()


@pytest.mark.parametrize("depth", LowVoltageDepth)
def test_a_member_is_the_same_to_the_bit_alone_and_among_others(depth):
    case = Case(depth, **({"change": leaning(0.7, 0.2)} if depth is FULL else {}))
    rng = np.random.default_rng(3)
    load, pv = rng.uniform(0, 4, (2, 7, len(case.buses)))
    together, _ = case.solve(load, pv)
    for k in range(7):
        alone, _ = case.solve(load[k : k + 1], pv[k : k + 1])
        assert alone.legs_v.tobytes() == together.legs_v[k].tobytes()
        assert alone.line_v.tobytes() == together.line_v[k].tobytes()


def test_an_island_former_on_a_main_feeds_it_as_200_v_equipment():
    """A source at a customer's bus carries its neighbours: what the transformer sees is what both leave over."""
    import pandapower

    net, facts = feeder(poles=("p1",))
    pandapower.create_ext_grid(net, int(net.bus.index[net.bus["name"] == "p1-c2"][0]), vm_pu=1.0, name="former")
    net.ext_grid.loc[net.ext_grid["name"] == "source", "in_service"] = False
    grid = normalise(net).with_points([("home", "p1-c0")], [])
    state = grid.normal.flow(np.zeros((1, 0)), np.zeros((1, 0)), np.array([[0.004]]), np.array([[0.001]]))
    flow = PgmEngine(grid).solve(state)
    supply = SupplyVoltages(facts, grid)
    legs = supply.state(flow, state.p_mw, state.q_mvar, state.p_load_mw, state.q_load_mvar, state.tap_pos).legs_v
    assert legs.mean(axis=2) == pytest.approx(flow.vm_pu[:, supply.bus_position] * 105.0, abs=1e-3)
    assert legs[0, 2] == pytest.approx(105.0, abs=1e-3)
    assert (legs[0, 0] < legs[0, 2]).all()


def changed(facts, **changes):
    """The facts with one entry of one kind changed: kind -> (position, fields)."""
    for kind, (position, fields) in changes.items():
        entries = list(getattr(facts, kind))
        entries[position] = replace(entries[position], **fields)
        facts = replace(facts, **{kind: tuple(entries)})
    return facts


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customers": (0, {"pole": "p9"})}, "customers.p1-c0: there is no pole transformer 'p9'"),
        ({"customers": (0, {"pole": "p2"})}, "no wires from pole transformer 'p2' to its bus 'p1-c0'"),
        ({"customers": (0, {"bus": "source"})}, "no wires from pole transformer 'p1' to its bus 'source'"),
        ({"customers": (0, {"share_a": 0.7, "share_b": 0.6})}, "shares of legs a and b are"),
        ({"customers": (1, {"bus": "p1-c0", "share_a": 0.6})}, "another customer at bus 'p1-c0' has other shares"),
        ({"poles": (0, {"trafo": "p8"})}, "poles.p1: there is no transformer 'p8'"),
        ({"poles": (0, {"trafo": None})}, "must be in the network (depth full)"),
        ({"poles": (0, {"trafo": "p2"})}, "'p2' does not run from 'p1-hv' to 'p1-lv'"),
        ({"poles": (0, {"lv_bus": "p1-lw"})}, "there is no bus 'p1-lw'; did you mean 'p1-lv'?"),
        ({"segments": (0, {"to_bus": "nowhere"})}, "segments.p1-l0: there is no bus 'nowhere'"),
        ({"segments": (2, {"to_bus": "p1-lv"})}, "bus 'p1-lv' already has a way to a pole transformer"),
        ({"segments": (0, {"from_bus": "source"})}, "no way from a pole transformer to its bus 'source'"),
    ],
)
def test_facts_that_do_not_fit_the_network_are_refused_by_name(change, message):
    with pytest.raises(DescriptionError) as error:
        Case(change=lambda facts: changed(facts, **change))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("depth", "change", "message"),
    [
        (EQUIVALENT, {"bus": "p1-hw"}, "there is no bus 'p1-hw'; did you mean 'p1-hv'?"),
        (LUMPED, {"lv_bus": None}, "its secondary bus is not given (depth lumped)"),
        (EQUIVALENT, {"peak_kw": 0.0, "pv_kw": 0.0}, "neither peak_kw nor pv_kw is given"),
    ],
)
def test_equivalents_without_what_they_need_are_refused_by_name(depth, change, message):
    with pytest.raises(DescriptionError) as error:
        Case(depth, change=lambda facts: changed(facts, poles=(0, change)))
    assert f"low_voltage.poles.p1: {message}" in str(error.value)


def test_all_problems_come_at_once():
    with pytest.raises(DescriptionError) as error:
        Case(change=lambda facts: changed(facts, poles=(0, {"trafo": "p8"}), segments=(3, {"to_bus": "nowhere"})))
    assert len(error.value.problems) > 1


@pytest.mark.parametrize(("column", "value"), [("tap_side", "lv"), ("tap_changer_type", "Symmetrical")])
def test_other_taps_than_those_of_a_pole_transformer_are_refused(column, value):
    net, facts = feeder()
    net.trafo[column] = value
    with pytest.raises(DescriptionError, match="other taps than ratio taps on its"):
        SupplyVoltages(facts, normalise(net).with_points([], []))
