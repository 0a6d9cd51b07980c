"""What the engine promises beyond right numbers: guards, dead parts, failures, links, independence."""

import copy
from dataclasses import fields, replace

import numpy as np
import pandapower
import pandapower.networks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandapower.toolbox import compute_switch_flows

from grids.errors import GridError, ZeroImpedanceRingError
from grids.normalise import normalise
from grids.powerflow.contract import FlowResult
from grids.powerflow.pandapower_engine import PandapowerEngine


@pytest.fixture
def oberrhein(as_given):
    return as_given(pandapower.networks.mv_oberrhein())


@pytest.fixture
def chain(tables):
    """source - a =(switch)= b - c, load and PV at c, load at a."""
    switches = {"ab": {"bus": "a", "to_bus": "b"}, "at-c": {"bus": "c", "line": "b-c"}}
    return tables(
        ["source", "a", "b", "c"], [("source", "a"), ("b", "c")], switches, loads=["a", "c"], injections=["c"]
    )


def flow(grid, row, p, loads, **wires):
    state = replace(grid.normal, **wires)
    return state.flow(row(p), row([0.0] * len(p)), row(loads), row([0.1 * load for load in loads]))


def test_results_are_those_of_runpp_on_the_normalised_network(oberrhein):
    grid, engine, state = oberrhein
    result = engine.solve(state)
    net = copy.deepcopy(grid.net)
    net.load["p_mw"], net.load["q_mvar"] = state.p_load_mw[0], state.q_load_mvar[0]
    net.sgen["p_mw"], net.sgen["q_mvar"] = state.p_mw[0], state.q_mvar[0]
    pandapower.runpp(net, trafo_model="pi", init="dc", calculate_voltage_angles=True, tolerance_mva=1e-9)
    assert result.vm_pu[0] == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=1e-12)
    assert result.va_degree[0] == pytest.approx(net.res_bus.va_degree.to_numpy(), abs=1e-9)
    lines = len(net.line)
    for end, name in enumerate(("from", "to")):
        assert result.p_mw[0, :lines, end] == pytest.approx(net.res_line[f"p_{name}_mw"].to_numpy(), abs=1e-9)
        assert result.q_mvar[0, :lines, end] == pytest.approx(net.res_line[f"q_{name}_mvar"].to_numpy(), abs=1e-9)
        assert result.i_ka[0, :lines, end] == pytest.approx(net.res_line[f"i_{name}_ka"].to_numpy(), abs=1e-12)
    assert result.loading_percent[0, :lines] == pytest.approx(net.res_line.loading_percent.to_numpy(), abs=1e-8)
    assert result.loading_percent[0, lines:] == pytest.approx(net.res_trafo.loading_percent.to_numpy(), abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 2), st.floats(-1, 1))
def test_power_in_equals_power_out(p, load_a, load_c, q):
    grid = _lossy_chain()
    state = grid.normal.flow(*(np.array([values]) for values in ([p], [q], [load_a, load_c], [0.1, 0.2])))
    result = PandapowerEngine(grid).solve(state)
    assert result.converged.all()
    balance = result.source_p_mw.sum() + p - load_a - load_c - result.losses_mw[0]
    assert abs(balance) <= 1e-8
    assert result.losses_mw[0] >= 0


def _lossy_chain():
    net = pandapower.create_empty_network()
    source, middle, end = (pandapower.create_bus(net, vn_kv=20) for _ in range(3))
    pandapower.create_ext_grid(net, source)
    pandapower.create_line_from_parameters(net, source, middle, 1, 0.3, 0.3, 10, 0.2)
    pandapower.create_line_from_parameters(net, middle, end, 1, 0.3, 0.3, 10, 0.2)
    return normalise(net).with_points([("a", "bus-1"), ("c", "bus-2")], [("pv", "bus-2")])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["p_mw", "q_mvar", "p_load_mw", "q_load_mvar", "source_vm_pu"])
def test_what_is_not_finite_never_reaches_the_solver(chain, row, name, bad):
    state = flow(chain, row, [0.1], [0.1, 0.2])
    array = getattr(state, name).copy()
    array[0, -1] = bad
    with pytest.raises(GridError, match=f"{name} of .* is {bad}"):
        PandapowerEngine(chain).solve(replace(state, **{name: array}))


@pytest.mark.parametrize("name", ["p_mw", "p_load_mw", "closed", "in_service", "tap_pos", "source_on"])
def test_a_wrong_shape_is_refused(chain, row, name):
    state = flow(chain, row, [0.1], [0.1, 0.2])
    array = np.zeros((1, 7), dtype=getattr(state, name).dtype)
    with pytest.raises(GridError, match=rf"{name} has shape \(1, 7\)"):
        PandapowerEngine(chain).solve(replace(state, **{name: array}))


def test_a_tap_beyond_its_range_is_refused(oberrhein):
    _, engine, state = oberrhein
    with pytest.raises(GridError, match=r"tap 10 of 'HV/MV Transformer 1' lies outside -9\.\.9"):
        engine.solve(replace(state, tap_pos=np.array([[0.0, 10.0]])))


def test_behind_an_open_switch_everything_is_dead_and_zero(chain, row):
    closed = chain.normal.closed.copy()
    closed[0, chain.index.switch_position("ab")] = False
    result = PandapowerEngine(chain).solve(flow(chain, row, [0.5], [0.1, 0.2], closed=closed))
    assert result.converged.tolist() == [True]
    assert result.energised[0].tolist() == [True, True, False, False]
    assert result.vm_pu[0, 2:].tolist() == result.va_degree[0, 2:].tolist() == [0.0, 0.0]
    dead = [chain.index.branch.index(name) for name in ("b-c", "ab")]
    for array in (result.p_mw, result.q_mvar, result.i_ka):
        assert np.all(array[0, dead] == 0.0)
    assert result.loading_percent[0, dead[0]] == 0.0
    assert result.source_p_mw[0, 0] == pytest.approx(0.1, abs=1e-9)


def test_without_any_source_everything_is_dead_and_that_is_a_solution(chain, row):
    result = PandapowerEngine(chain).solve(flow(chain, row, [0.5], [0.1, 0.2], source_on=np.array([[False]])))
    assert result.converged.all()
    assert not result.energised.any()
    for field in fields(FlowResult):
        values = getattr(result, field.name)
        assert np.all(values[~np.isnan(values)] == (field.name == "converged"))


def test_a_line_open_at_one_end_carries_nothing(chain, row):
    closed = chain.normal.closed.copy()
    closed[0, chain.index.switch_position("at-c")] = False
    result = PandapowerEngine(chain).solve(flow(chain, row, [0.5], [0.1, 0.2], closed=closed))
    assert result.energised[0].tolist() == [True, True, True, False]
    assert result.p_mw[0, 1] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_a_member_that_fails_is_nan_and_leaves_its_neighbours_alone(as_given):
    _, engine, state = as_given(pandapower.networks.case33bw())
    three = replace(
        state,
        **{f.name: np.repeat(getattr(state, f.name), 3, axis=0) for f in fields(state)},
    )
    three.p_load_mw[1] *= 50  # far beyond collapse
    result, alone = engine.solve(three), engine.solve(state)
    assert result.converged.tolist() == [True, False, True]
    for field in fields(FlowResult):
        values, single = getattr(result, field.name), getattr(alone, field.name)
        if values.dtype == float:
            assert np.isnan(values[1]).all()
        else:
            assert not values[1].any()
        np.testing.assert_array_equal(values[[0, 2]], np.repeat(single, 2, axis=0))


def test_listed_members_come_in_the_order_asked_for(chain, row):
    state = flow(chain, row, [0.0], [0.1, 0.2])
    both = replace(state, **{f.name: np.repeat(getattr(state, f.name), 2, axis=0) for f in fields(state)})
    both.p_load_mw[1] = 0.7
    engine = PandapowerEngine(chain)
    np.testing.assert_array_equal(
        engine.solve(both, np.array([1, 0])).source_p_mw, engine.solve(both).source_p_mw[::-1]
    )


def test_a_state_is_left_as_it_was_and_results_are_new_each_time(chain, row):
    state = flow(chain, row, [0.3], [0.1, 0.2])
    for field in fields(state):
        getattr(state, field.name).flags.writeable = False
    engine = PandapowerEngine(chain)
    first = engine.solve(state)
    before = first.vm_pu.copy()
    engine.solve(flow(chain, row, [0.9], [0.1, 0.2]))
    np.testing.assert_array_equal(first.vm_pu, before)


def test_flow_through_a_bus_coupler_is_what_lies_behind_it(chain, row):
    result = PandapowerEngine(chain).solve(flow(chain, row, [0.5], [0.1, 0.2]))
    coupler = chain.index.branch.index("ab")
    assert result.p_mw[0, coupler] == pytest.approx([-0.3, 0.3], abs=1e-9)
    assert np.isnan(result.loading_percent[0, coupler])
    current = np.hypot(result.p_mw[0, coupler, 0], result.q_mvar[0, coupler, 0]) / (
        np.sqrt(3) * 6.6 * result.vm_pu[0, 1]
    )
    assert result.i_ka[0, coupler] == pytest.approx([current, current], rel=1e-12)


def test_coupler_flows_equal_the_toolbox_of_pandapower(as_given):
    net = pandapower.networks.create_cigre_network_mv(with_der="pv_wind")
    # a tree of couplers with loads, generators and lines on it, one open
    extra = [pandapower.create_bus(net, vn_kv=20, name=f"x{i}") for i in range(4)]
    for one, other in ((3, extra[0]), (extra[0], extra[1]), (extra[2], extra[0]), (8, extra[3])):
        pandapower.create_switch(net, one, other, et="b", name=f"{one}-{other}")
    pandapower.create_switch(net, extra[1], extra[2], et="b", closed=False, name="open")
    for bus, power in zip(extra, (0.3, 0.2, -0.1, 0.4), strict=True):
        pandapower.create_load(net, bus, power, 0.1)
    pandapower.create_sgen(net, extra[1], 0.25)
    grid, engine, state = as_given(net)
    result = engine.solve(state)
    hand = copy.deepcopy(grid.net)
    hand.load["p_mw"], hand.load["q_mvar"] = state.p_load_mw[0], state.q_load_mvar[0]
    hand.sgen["p_mw"], hand.sgen["q_mvar"] = state.p_mw[0], state.q_mvar[0]
    pandapower.runpp(hand, trafo_model="pi", init="dc", tolerance_mva=1e-9)
    compute_switch_flows(hand)
    links = hand.switch.index[hand.switch["et"] == "b"]
    expected = (
        hand.res_switch.loc[links, ["p_from_mw", "p_to_mw", "q_from_mvar", "q_to_mvar", "i_ka"]].fillna(0.0).to_numpy()
    )
    start = len(grid.index.branch) - len(links)
    assert result.p_mw[0, start:] == pytest.approx(expected[:, :2], abs=1e-9)
    assert result.q_mvar[0, start:] == pytest.approx(expected[:, 2:4], abs=1e-9)
    assert result.i_ka[0, start:, 0] == pytest.approx(expected[:, 4], abs=1e-9)


def test_a_ring_of_couplers_is_refused_by_name(tables, row):
    switches = {
        "s1": {"bus": "a", "to_bus": "b"},
        "s2": {"bus": "b", "to_bus": "c"},
        "s3": {"bus": "c", "to_bus": "a", "closed": False},
    }
    grid = tables(["source", "a", "b", "c"], [("source", "a")], switches)
    engine = PandapowerEngine(grid)
    closed = np.ones((1, 3), dtype=bool)
    with pytest.raises(ZeroImpedanceRingError) as caught:
        engine.solve(replace(grid.normal, closed=closed).flow(row([]), row([]), row([]), row([])))
    assert set(caught.value.switches) == {"s1", "s2", "s3"}
    switches["s3"]["closed"] = True
    with pytest.raises(ZeroImpedanceRingError):
        PandapowerEngine(tables(["source", "a", "b", "c"], [("source", "a")], switches))


def test_parallel_couplers_are_a_ring_of_two(tables):
    switches = {"s1": {"bus": "a", "to_bus": "b"}, "s2": {"bus": "b", "to_bus": "a"}}
    with pytest.raises(ZeroImpedanceRingError, match=r"s2, s1|s1, s2"):
        PandapowerEngine(tables(["source", "a", "b"], [("source", "a")], switches))
