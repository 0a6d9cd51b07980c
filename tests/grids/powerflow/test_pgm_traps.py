"""Every trap of power-grid-model and of its conversion, tripped (design.md 6, data_and_packages.md 5)."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pandapower
import pandapower.networks
import pytest

from grids.errors import GridError, UnsupportedElementsError
from grids.normalise import normalise
from grids.powerflow.contract import BranchKind, FlowResult
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine
from grids.powerflow.pgm_input import PgmInput
from grids.powerflow.results import taken


@pytest.fixture
def baran(as_given):
    grid, _, state = as_given(pandapower.networks.case33bw())
    return grid, state


def times(state, factors):
    many = taken(state, np.zeros(len(factors), dtype=np.int64))
    column = np.array(factors)[:, np.newaxis]
    return replace(many, p_load_mw=many.p_load_mw * column, q_load_mvar=many.q_load_mvar * column)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["p_mw", "q_mvar", "p_load_mw", "q_load_mvar", "source_vm_pu", "tap_pos"])
def test_what_is_not_finite_is_an_error_never_the_base_value(name, bad, as_given):
    grid, _, state = as_given(pandapower.networks.mv_oberrhein())
    array = getattr(state, name).copy()
    array[0, -1] = bad
    with pytest.raises(GridError, match=f"{name} of .* is {bad}"):
        PgmEngine(grid).solve(replace(state, **{name: array}))


def test_a_tap_beyond_its_range_is_an_error_not_moved_inside(as_given):
    grid, _, state = as_given(pandapower.networks.mv_oberrhein())
    with pytest.raises(GridError, match=r"tap 10 of 'HV/MV Transformer 1' lies outside -9\.\.9"):
        PgmEngine(grid).solve(replace(state, tap_pos=np.array([[0.0, 10.0]])))


def test_rows_of_a_failed_member_are_nan_and_its_neighbours_untouched(baran):
    grid, state = baran
    factors = [0.5, 40.0, 1.0, 60.0, 0.9]
    engine = PgmEngine(grid)
    for _ in range(20):  # uninitialised memory differs from call to call
        result = engine.solve(times(state, factors))
        assert result.converged.tolist() == [True, False, True, False, True]
        for column in fields(FlowResult):
            failed = getattr(result, column.name)[[1, 3]]
            if failed.dtype == np.float64 and column.name != "loading_percent":
                assert np.isnan(failed).all(), column.name
        assert np.isnan(result.loading_percent[[1, 3]]).all()
        assert not result.energised[[1, 3]].any()
    clean = engine.solve(times(state, [0.5, 1.0, 0.9]))
    for column in fields(FlowResult):
        left, right = getattr(result, column.name)[[0, 2, 4]], getattr(clean, column.name)
        assert np.array_equal(left, right, equal_nan=left.dtype == np.float64), column.name


def test_a_single_member_that_fails_is_nan_and_the_next_one_is_right(baran):
    grid, state = baran
    engine = PgmEngine(grid)
    before = engine.solve(state)
    failed = engine.solve(times(state, [40.0]))
    assert failed.converged.tolist() == [False]
    assert np.isnan(failed.vm_pu).all()
    assert np.array_equal(engine.solve(state).vm_pu, before.vm_pu)


def test_an_update_does_not_stay_behind(baran):
    """A tap or a source voltage of one call must not be the next one's base."""
    grid, state = baran
    engine = PgmEngine(grid)
    first = engine.solve(state).vm_pu
    raised = engine.solve(replace(state, source_vm_pu=state.source_vm_pu + 0.05)).vm_pu
    assert raised.min() > first.min() + 0.04
    assert np.array_equal(engine.solve(state).vm_pu, first)
    assert np.array_equal(engine.solve(taken(state, np.zeros(3, dtype=np.int64))).vm_pu[1], first[0])


def test_sources_are_ideal(baran):
    """The default short-circuit power of 1e10 VA would cost 3e-4 pu here (peers.md 4.1)."""
    grid, state = baran
    result = PgmEngine(grid).solve(state)
    assert result.vm_pu[0, grid.index.source_bus[0]] == pytest.approx(1.0, abs=1e-12)


def test_the_power_of_an_ideal_source_is_that_of_what_it_feeds(baran):
    grid, state = baran
    result = PgmEngine(grid).solve(state)
    assert result.source_p_mw[0, 0] == pytest.approx(state.p_load_mw.sum() + result.losses_mw[0], abs=1e-9)


def test_dead_parts_are_zero_and_never_nan(tables, row):
    grid = tables(
        ["source", "a", "b", "c"], [("source", "a"), ("b", "c")], {"ab": {"bus": "a", "to_bus": "b"}},
        loads=["a", "c"], injections=["c"],
    )  # fmt: skip
    closed = grid.normal.closed.copy()
    closed[:] = False
    state = replace(grid.normal, closed=closed).flow(row([0.5]), row([0]), row([0.1, 0.2]), row([0.01, 0.02]))
    result = PgmEngine(grid).solve(state)
    assert result.converged.tolist() == [True]
    assert result.energised[0].tolist() == [True, True, False, False]
    link, line = grid.index.branch_position(BranchKind.LINK, "ab"), grid.index.branch_position(BranchKind.LINE, "b-c")
    for array in (result.p_mw, result.q_mvar, result.i_ka):
        assert array[0, [link, line]].tolist() == [[0.0, 0.0]] * 2
    assert result.vm_pu[0, 2:].tolist() == [0.0, 0.0]


def test_no_source_at_all_is_a_solution_with_nothing_alive(baran):
    grid, state = baran
    for count in (1, 3):
        many = taken(state, np.zeros(count, dtype=np.int64))
        result = PgmEngine(grid).solve(replace(many, source_on=np.zeros_like(many.source_on)))
        assert result.converged.all()
        assert not result.energised.any()
        assert not result.vm_pu.any()
        assert not result.losses_mw.any()


def test_a_bool_status_is_never_an_odd_number(baran):
    """Status 2 counts as closed, -128 as unchanged: what is sent is 0 or 1."""
    grid, state = baran
    tables = PgmInput(grid).tables(
        np.ones((len(grid.index.branch), 2), dtype=bool), state.source_on[0], np.arange(len(grid.index.bus))
    )
    for name in ("generic_branch",):
        assert set(np.unique(tables[name]["from_status"])) == {1}
    with pytest.raises(GridError, match="closed has shape"):
        PgmEngine(grid).solve(replace(state, closed=np.zeros((1, 99), dtype=bool)))


@pytest.mark.parametrize("hertz", [50.0, 60.0])
def test_line_charging_follows_the_frequency_of_the_network(hertz):
    net = pandapower.create_empty_network(f_hz=hertz)
    buses = [pandapower.create_bus(net, 66) for _ in range(2)]
    pandapower.create_ext_grid(net, buses[0])
    pandapower.create_line_from_parameters(net, *buses, 50, 0.1, 0.4, 300, 0.5)
    grid = normalise(net)
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, none, none)
    result = PgmEngine(grid).solve(state)
    charging = -2 * np.pi * hertz * 300e-9 * 50 * 66e3**2 * 1e-6
    assert result.source_q_mvar[0, 0] == pytest.approx(charging, rel=0.1)
    assert np.abs(result.vm_pu - PandapowerEngine(grid).solve(state).vm_pu).max() < 1e-10


def test_taps_count_although_the_file_names_no_changer_type():
    """pandapower ignores `tap_pos` without `tap_changer_type`: SimBench networks ran at the wrong ratio (2.8e-2 pu)."""
    net = pandapower.create_empty_network()
    high, low = pandapower.create_bus(net, 20), pandapower.create_bus(net, 0.4)
    pandapower.create_ext_grid(net, high)
    pandapower.create_transformer(net, high, low, "0.4 MVA 20/0.4 kV", tap_pos=2)
    net.trafo["tap_changer_type"] = None
    grid = normalise(net)
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, none, none)
    result = PgmEngine(grid).solve(state)
    assert result.vm_pu[0, 1] == pytest.approx(1 / 1.05, abs=1e-3)
    assert np.abs(result.vm_pu - PandapowerEngine(grid).solve(state).vm_pu).max() < 1e-10


def test_loads_of_one_bus_keep_their_own_voltage_dependence():
    """The converter applies scaling twice; pandapower averages shares without weights. Two buses, solved by hand."""
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 10) for _ in range(2)]
    pandapower.create_ext_grid(net, buses[0])
    pandapower.create_line_from_parameters(net, *buses, 1, 2.0, 1e-9, 0, 0.5)
    pandapower.create_load(net, buses[1], 1.0, const_z_p_percent=100, scaling=0.5)
    pandapower.create_load(net, buses[1], 2.0)
    grid = normalise(net)
    grid = grid.with_points([(load.name, load.bus, load.shares) for load in grid.loads], [])
    state = grid.normal.flow(np.zeros((1, 0)), np.zeros((1, 0)), np.array([[0.5, 2.0]]), np.zeros((1, 2)))
    vm = PgmEngine(grid).solve(state).vm_pu[0, 1]
    # v (1 - v) / r = p with r = 2 ohm / 100 ohm per unit on 1 MVA
    assert vm * (1 - vm) / 0.02 == pytest.approx(0.5 * vm**2 + 2.0, rel=1e-7)
    assert PandapowerEngine(grid).solve(state).vm_pu[0, 1] == pytest.approx(vm, abs=1e-9)


def test_large_flows_through_a_chain_of_switches_cost_no_voltage():
    """A link of the library has an impedance: 184 MW through a switchyard cost 1e-5 pu and 1.8 kW."""
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 110) for _ in range(8)]
    pandapower.create_ext_grid(net, buses[0])
    for one, other in pairwise(buses[:7]):
        pandapower.create_switch(net, one, other, et="b")
    pandapower.create_line_from_parameters(net, buses[6], buses[7], 10, 0.1, 0.4, 10, 1.0)
    grid = normalise(net).with_points([("far", "bus-7")], [])
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, np.array([[200.0]]), np.array([[50.0]]))
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    assert np.abs(fast.vm_pu - reference.vm_pu).max() < 1e-6
    assert fast.p_mw == pytest.approx(reference.p_mw, abs=1e-4)
    assert fast.q_mvar == pytest.approx(reference.q_mvar, abs=1e-4)
    links = fast.p_mw[0, [kind is BranchKind.LINK for kind in grid.index.branch_kind]]
    assert links.sum(axis=1).tolist() == [0.0] * 6
    assert fast.source_p_mw[0, 0] == pytest.approx(200.0 + fast.losses_mw[0], abs=1e-9)


def test_a_line_beside_a_closed_switch_only_charges():
    """Both its ends are one node, which the library refuses."""
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 20) for _ in range(3)]
    pandapower.create_ext_grid(net, buses[0])
    for one, other in ((0, 1), (1, 2)):
        pandapower.create_line_from_parameters(net, buses[one], buses[other], 1, 0.3, 0.3, 200, 0.3)
    pandapower.create_switch(net, buses[1], buses[2], et="b")
    grid = normalise(net).with_points([("far", "bus-2")], [])
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, np.array([[2.0]]), np.array([[0.5]]))
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    assert np.abs(fast.vm_pu - reference.vm_pu).max() < 1e-9
    link = grid.index.branch_position(BranchKind.LINK, "switch-0")
    assert fast.p_mw[0, link] == pytest.approx([2.0, -2.0], abs=1e-6)
    for name in ("q_mvar", "i_ka", "loading_percent"):
        assert getattr(fast, name) == pytest.approx(getattr(reference, name), abs=1e-6, nan_ok=True), name


def test_two_sources_at_one_node_share_what_it_lacks():
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 20) for _ in range(3)]
    for bus in buses[:2]:
        pandapower.create_ext_grid(net, bus)
    pandapower.create_switch(net, buses[0], buses[1], et="b")
    pandapower.create_line_from_parameters(net, buses[1], buses[2], 1, 0.3, 0.3, 200, 0.3)
    grid = normalise(net).with_points([("far", "bus-2")], [])
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, np.array([[2.0]]), np.array([[0.5]]))
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    assert fast.source_p_mw == pytest.approx(reference.source_p_mw, abs=1e-9)
    assert fast.p_mw == pytest.approx(reference.p_mw, abs=1e-9)


def beside_a_coupler(closed_ends=(True, True)):
    """A long cable with a switch at both ends, its two buses joined by a closed coupler."""
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 20) for _ in range(4)]
    pandapower.create_ext_grid(net, buses[0])
    pandapower.create_line_from_parameters(net, buses[0], buses[1], 1, 0.3, 0.3, 200, 0.3)
    cable = pandapower.create_line_from_parameters(net, buses[1], buses[2], 30, 0.1, 0.2, 300, 0.3)
    pandapower.create_line_from_parameters(net, buses[2], buses[3], 1, 0.3, 0.3, 200, 0.3)
    pandapower.create_switch(net, buses[1], buses[2], et="b")
    for bus, closed in zip(buses[1:3], closed_ends, strict=True):
        pandapower.create_switch(net, bus, cable, et="l", closed=closed)
    grid = normalise(net).with_points([("far", "bus-3")], [])
    none = np.zeros((1, 0))
    return grid, grid.normal.flow(none, none, np.array([[2.0]]), np.array([[0.5]]))


@pytest.mark.parametrize("ends", [(True, True), (True, False), (False, True), (False, False)])
def test_a_long_cable_beside_a_closed_switch_charges_as_in_the_reference(ends):
    grid, state = beside_a_coupler(ends)
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    assert np.abs(fast.vm_pu - reference.vm_pu).max() < 1e-9
    for name in ("p_mw", "q_mvar", "i_ka", "loading_percent", "losses_mw", "source_q_mvar"):
        assert getattr(fast, name) == pytest.approx(getattr(reference, name), abs=1e-6, nan_ok=True), name


def test_members_beside_a_closed_switch_are_the_same_to_the_bit_alone_and_in_a_mixed_call():
    grid, state = beside_a_coupler()
    many = taken(state, np.zeros(4, dtype=np.int64))
    closed = many.closed.copy()
    closed[[1, 3], 1] = False
    closed[2, 2] = False
    many = replace(many, closed=closed)
    engine = PgmEngine(grid)
    together = engine.solve(many)
    for member in range(4):
        alone = PgmEngine(grid).solve(taken(many, np.array([member])))
        for column in fields(FlowResult):
            left, right = getattr(alone, column.name), getattr(together, column.name)[[member]]
            assert np.array_equal(left, right, equal_nan=left.dtype == np.float64), column.name


def with_a_bypass(trafo_closed):
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 6.6) for _ in range(3)]
    pandapower.create_ext_grid(net, buses[0])
    trafo = pandapower.create_transformer_from_parameters(
        net, buses[0], buses[1], 5, 6.6, 6.6, 0.1, 0.5, 1.0, 0.1, tap_side="lv", tap_neutral=0, tap_min=-4, tap_max=4,
        tap_step_percent=1.25, tap_pos=0, tap_changer_type="Ratio", name="SVR",
    )  # fmt: skip
    pandapower.create_switch(net, buses[1], trafo, et="t", closed=trafo_closed)
    pandapower.create_switch(net, buses[0], buses[1], et="b")
    pandapower.create_line_from_parameters(net, buses[1], buses[2], 1, 0.3, 0.3, 10, 0.3)
    grid = normalise(net).with_points([("far", "bus-2")], [])
    none = np.zeros((1, 0))
    return grid, grid.normal.flow(none, none, np.array([[1.0]]), np.array([[0.2]]))


def test_a_regulator_that_is_bypassed_and_switched_off_only_magnetises():
    grid, state = with_a_bypass(trafo_closed=False)
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    for name in ("vm_pu", "p_mw", "q_mvar", "losses_mw"):
        assert getattr(fast, name) == pytest.approx(getattr(reference, name), abs=1e-6), name


def test_a_regulator_bridged_while_connected_is_refused_by_name_so_that_auto_falls_back():
    grid, _ = with_a_bypass(trafo_closed=True)
    with pytest.raises(UnsupportedElementsError, match=r"bridged by a closed switch .*: SVR"):
        PgmEngine(grid)


@pytest.mark.parametrize("change", ["voltage", "angle"])
def test_sources_that_hold_one_node_differently_are_refused_as_by_the_reference(change):
    net = pandapower.create_empty_network()
    buses = [pandapower.create_bus(net, 20) for _ in range(2)]
    pandapower.create_ext_grid(net, buses[0])
    pandapower.create_ext_grid(net, buses[1], **({"vm_pu": 1.03} if change == "voltage" else {"va_degree": 30.0}))
    pandapower.create_switch(net, *buses, et="b", closed=False)
    grid = normalise(net)
    none = np.zeros((1, 0))
    state = grid.normal.flow(none, none, none, none)
    engine = PgmEngine(grid)
    assert engine.solve(state).converged.all()
    with pytest.raises(GridError, match="sources of different voltage or angle: ext_grid-0, ext_grid-1"):
        engine.solve(replace(state, closed=np.ones_like(state.closed)))
    net.switch["closed"] = True
    with pytest.raises(GridError, match="sources of different voltage or angle"):  # before the run, not in it
        PgmEngine(normalise(net))
