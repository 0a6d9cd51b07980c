"""The fast engine against the reference, on published and random networks, and member for member against itself."""

from dataclasses import fields, replace

import numpy as np
import pandapower.networks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.errors import GridError, UnsupportedElementsError, ZeroImpedanceRingError
from grids.normalise import normalise
from grids.powerflow.contract import BranchKind, FlowResult
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine
from grids.powerflow.results import taken
from tests.grids.powerflow.random_networks import random_network

TOLERANCE_PU = 1e-6
TOLERANCE_PERCENT = 1e-4

PUBLISHED = {
    "case33bw": pandapower.networks.case33bw,
    "CIGRE MV": pandapower.networks.create_cigre_network_mv,
    "CIGRE MV, PV and wind": lambda: pandapower.networks.create_cigre_network_mv(with_der="pv_wind"),
    "CIGRE MV, everything": lambda: pandapower.networks.create_cigre_network_mv(with_der="all"),
    "CIGRE LV": pandapower.networks.create_cigre_network_lv,
    "Oberrhein, two sources": pandapower.networks.mv_oberrhein,
}
SIMBENCH = (
    "1-LV-rural3--0-sw",
    "1-LV-rural3--2-sw",
    "1-MV-rural--0-sw",
    "1-MV-urban--0-sw",
    "1-MVLV-rural-4.101-0-sw",
    "1-LV-urban6--0-no_sw",
)


def assert_same(grid, state):
    """Both engines, every array of the contract; returns the fast one's result."""
    fast, reference = PgmEngine(grid).solve(state), PandapowerEngine(grid).solve(state)
    assert fast.converged.all()
    assert reference.converged.all()
    assert np.array_equal(fast.energised, reference.energised)
    assert np.abs(fast.vm_pu - reference.vm_pu).max() <= TOLERANCE_PU
    turned = np.abs(fast.va_degree - reference.va_degree) % 360.0
    assert np.minimum(turned, 360.0 - turned).max() <= 1e-4
    assert np.array_equal(np.isnan(fast.loading_percent), np.isnan(reference.loading_percent))
    assert np.nanmax(np.abs(fast.loading_percent - reference.loading_percent), initial=0.0) <= TOLERANCE_PERCENT
    scale = max(1.0, float(np.abs(reference.p_mw).max()))
    for name in ("p_mw", "q_mvar", "source_p_mw", "source_q_mvar", "fixture_p_mw", "fixture_q_mvar", "losses_mw"):
        assert np.abs(getattr(fast, name) - getattr(reference, name)).max(initial=0.0) <= 1e-5 * scale, name
    assert np.abs(fast.i_ka - reference.i_ka).max() <= 1e-6 * scale
    return fast


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_fast_engine_equals_the_reference_on_published_networks(name, as_given):
    grid, _, state = as_given(PUBLISHED[name]())
    assert_same(grid, state)


@pytest.mark.parametrize("code", SIMBENCH)
def test_the_fast_engine_equals_the_reference_on_simbench(code, as_given):
    simbench = pytest.importorskip("simbench")
    grid, _, state = as_given(simbench.get_simbench_net(code))
    assert_same(grid, state)
    opened = state.closed.copy()
    opened[0, :: max(1, opened.shape[1] // 7)] ^= True
    try:
        assert_same(grid, replace(state, closed=opened))
    except ZeroImpedanceRingError:
        pytest.skip("these switches would close a ring without impedance")


@pytest.mark.parametrize("engine", [PgmEngine, PandapowerEngine])
def test_the_33_bus_case_has_its_published_losses_and_lowest_voltage(engine, as_given):
    # peers.md 4.1: 202.677126 kW, 0.913090479 pu at bus 18 (counted from 1)
    grid, _, state = as_given(pandapower.networks.case33bw())
    result = engine(grid).solve(state)
    assert result.losses_mw[0] * 1e3 == pytest.approx(202.677126, abs=1e-5)
    assert int(np.argmin(result.vm_pu[0])) + 1 == 18
    assert result.vm_pu[0].min() == pytest.approx(0.913090479, abs=1e-8)
    assert result.source_p_mw[0, 0] * 1e3 == pytest.approx(3917.677126, abs=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_fast_engine_equals_the_reference_on_random_networks(seed):
    net = random_network(seed)
    grid = normalise(net)
    grid = grid.with_points(
        [(load.name, load.bus, load.shares) for load in grid.loads], [(gen.name, gen.bus) for gen in grid.generators]
    )
    powers = [
        np.array([[getattr(element, name) for element in elements]]).reshape(1, -1)
        for elements in (normalised_generators(net), normalised_loads(net))
        for name in ("p_mw", "q_mvar")
    ]
    state = grid.normal.flow(*powers)
    random = np.random.default_rng(seed)
    taps = np.clip(state.tap_pos + random.integers(-1, 2, state.tap_pos.shape), -4, 4)
    result = assert_same(grid, replace(state, tap_pos=taps))
    injected = result.source_p_mw.sum() + (state.p_mw * result.energised[:, grid.index.injection_bus]).sum()
    share = served(grid, state, result)
    assert injected == pytest.approx(share + result.fixture_p_mw.sum() + result.losses_mw[0], abs=1e-5)


def normalised_loads(net):
    return normalise(net).loads


def normalised_generators(net):
    return normalise(net).generators


def served(grid, state, result):
    """Active power of the loads at their voltage."""
    z, i = grid.load_shares[:, 0], grid.load_shares[:, 1]
    vm = result.vm_pu[:, grid.index.load_bus]
    factor = (1 - z - i + i * vm + z * vm**2) * result.energised[:, grid.index.load_bus]
    return float((state.p_load_mw * factor).sum())


@pytest.fixture(scope="module")
def many():
    """A random network, 40 members with different powers, taps and switches, and both engines' inputs."""
    net = random_network(12)
    grid = normalise(net)
    grid = grid.with_points(
        [(load.name, load.bus, load.shares) for load in grid.loads], [(gen.name, gen.bus) for gen in grid.generators]
    )
    random = np.random.default_rng(3)
    members = 40

    def powers(elements, name):
        values = np.array([[getattr(element, name) for element in elements]])
        return values * random.uniform(0.2, 1.1, (members, len(elements)))

    wires = grid.normal.spread(members)
    closed = wires.closed.copy()
    for member in range(0, members, 3):
        closed[member, random.integers(closed.shape[1])] = False
    taps = np.clip(wires.tap_pos + random.integers(-2, 3, wires.tap_pos.shape), -4, 4)
    state = replace(wires, closed=closed, tap_pos=taps).flow(
        powers(grid.generators, "p_mw"), powers(grid.generators, "q_mvar"),
        powers(grid.loads, "p_mw"), powers(grid.loads, "q_mvar"),
    )  # fmt: skip
    return grid, state


def assert_bitwise(one, other):
    for column in fields(FlowResult):
        left, right = getattr(one, column.name), getattr(other, column.name)
        assert np.array_equal(left, right, equal_nan=left.dtype == np.float64), column.name


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 7, 1024])
def test_a_member_is_the_same_to_the_bit_alone_and_among_others(many, threads, block):
    grid, state = many
    together = PgmEngine(grid, threads=threads, block=block).solve(state)
    alone = PgmEngine(grid)
    for member in range(state.members):
        one = alone.solve(taken(state, np.array([member])))
        assert_bitwise(one, taken_result(together, [member]))


def test_members_may_be_picked_and_ordered(many):
    grid, state = many
    engine = PgmEngine(grid)
    everyone = engine.solve(state)
    picked = engine.solve(state, np.array([17, 3, 30]))
    assert_bitwise(picked, taken_result(everyone, [17, 3, 30]))


def test_the_result_does_not_depend_on_what_was_solved_before(many):
    """Updates stay in a model, and few topologies are kept: neither may show."""
    grid, state = many
    engine = PgmEngine(grid)
    singles = [engine.solve(taken(state, np.array([member]))) for member in range(state.members)]
    again = [engine.solve(taken(state, np.array([member]))) for member in reversed(range(state.members))]
    for one, other in zip(singles, reversed(again), strict=True):
        assert_bitwise(one, other)


def test_many_topologies_do_not_pile_up(many, monkeypatch):
    grid, state = many
    monkeypatch.setattr("grids.powerflow.pgm_engine.MODELS", 2)
    engine = PgmEngine(grid)
    everyone = PgmEngine(grid).solve(state)
    for member in range(state.members):
        assert_bitwise(engine.solve(taken(state, np.array([member]))), taken_result(everyone, [member]))
    assert len(engine._models) <= 2


def taken_result(result, rows):
    return FlowResult(*(getattr(result, column.name)[rows] for column in fields(FlowResult)))


def test_flow_through_a_closed_bus_bus_switch_is_known_at_both_ends(tables, row):
    grid = tables(["source", "a", "b"], [("source", "a")], {"ab": {"bus": "a", "to_bus": "b"}}, loads=["b"])
    result = PgmEngine(grid).solve(grid.normal.flow(row([]), row([]), row([0.5]), row([0.1])))
    link = grid.index.branch_position(BranchKind.LINK, "ab")
    assert result.p_mw[0, link] == pytest.approx([0.5, -0.5], abs=1e-7)
    assert result.q_mvar[0, link] == pytest.approx([0.1, -0.1], abs=1e-7)
    amperes = np.hypot(0.5, 0.1) / (np.sqrt(3) * result.vm_pu[0, 2] * 6.6)
    assert result.i_ka[0, link] == pytest.approx([amperes, amperes], rel=1e-6)


def test_a_ring_of_closed_switches_is_refused_as_by_the_reference(tables, row):
    switches = {f"{a}{b}": {"bus": a, "to_bus": b, "closed": a != "c"} for a, b in ("ab", "bc", "ca")}
    grid = tables(["source", "a", "b", "c"], [("source", "a")], switches, loads=["c"])
    closed = np.ones_like(grid.normal.closed)
    state = replace(grid.normal, closed=closed).flow(row([]), row([]), row([0.1]), row([0.0]))
    for engine in (PgmEngine(grid), PandapowerEngine(grid)):
        with pytest.raises(ZeroImpedanceRingError, match="form a ring"):
            engine.solve(state)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shift_degree": 20.0}, r"trafo 0 'T' \(phase shift of 20 degrees, not a multiple of 30\)"),
        ({"tap_changer_type": "Ideal", "tap_step_degree": 2.0}, r"trafo 0 'T' \(tap changer that shifts the phase\)"),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name_and_index(change, said):
    net = pandapower.create_empty_network()
    high, low = pandapower.create_bus(net, 20), pandapower.create_bus(net, 0.4)
    pandapower.create_ext_grid(net, high)
    pandapower.create_transformer(net, high, low, "0.4 MVA 20/0.4 kV", name="T")
    for column, value in change.items():
        net.trafo[column] = value
    with pytest.raises(UnsupportedElementsError, match=said):
        PgmEngine(normalise(net))
    PandapowerEngine(normalise(net))


def test_a_fractional_tap_is_an_error_not_a_truncation(many):
    grid, state = many
    taps = state.tap_pos.copy()
    taps[5, 0] = 0.5
    with pytest.raises(GridError, match="between two positions"):
        PgmEngine(grid).solve(replace(state, tap_pos=taps))
