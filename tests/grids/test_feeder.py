"""Flows at boundaries with their signs, dead points, events, losses per section."""

import numpy as np
import pandapower
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.errors import GridError, ZeroImpedanceRingError
from grids.feeder import Feeder, WireEvent, WireEventKind
from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.reasons import Reason
from grids.sections import Partition

# in a row: source, near switch, section s, far switch, customers further out, open tie, other source
SWITCHES = {
    "near": {"bus": "head", "to_bus": "s"},
    "far": {"bus": "s", "line": "s-out"},
    "tie": {"bus": "out", "to_bus": "back", "closed": False},
}
SECTION = {"sections": {"S": ["s"]}, "boundaries": {"edge": (["switch:near", "switch:far"], "S")}}


@pytest.fixture
def grid(tables):
    return tables(
        ["source", "head", "s", "out", "back", "other"],
        [("source", "head"), ("s", "out"), ("other", "back")],
        SWITCHES,
        sources=["source", "other"],
        loads=["s", "out"],
        injections=["s"],
        x=1e-4,
    )


def run(feeder, row, pv, section_load=0.25, beyond=0.55, t_s=0, members=1, state=None):
    state = feeder.at(state or feeder.initial(members), t_s)
    zero = row([0.0], members)
    loads = row([section_load, beyond], members)
    return feeder.step(state, row([pv], members), zero, loads, 0 * loads)


def switch(grid, name, t_s, on):
    return WireEvent(t_s, WireEventKind.SWITCH, grid.index.switch_position(name), on)


@pytest.mark.parametrize(("pv", "near", "export"), [(0.4, 0.4, 0.15), (0.9, -0.1, 0.65)])
def test_flow_through_the_section_is_not_reverse_flow(grid, feeder_of, row, pv, near, export):
    """planner.md 5: near 400 / far 550 kW with 400 kW of PV; near -100 / far 550 with 900 kW."""
    step = run(feeder_of(grid, **SECTION), row, pv)
    assert step.end_p_mw[0] == pytest.approx([near, 0.55], abs=1e-6)
    assert -step.boundary_p_mw[0, 0] == pytest.approx(export, abs=1e-6)


def test_a_closed_tie_swaps_the_source_side(grid, feeder_of, row):
    """Fed from beyond, the far switch is the near one: 150 kW of surplus are reverse flow there."""
    events = [switch(grid, "near", 900, False), switch(grid, "tie", 900, True)]
    feeder = feeder_of(grid, **SECTION, events=events)
    before, after = run(feeder, row, 0.4), run(feeder, row, 0.4, t_s=900)
    assert before.end_p_mw[0] == pytest.approx([0.4, 0.55], abs=1e-6)
    assert after.end_p_mw[0] == pytest.approx([0.0, -0.15], abs=1e-6)
    assert after.boundary_p_mw[0] == pytest.approx([-0.15], abs=1e-6)


def test_where_both_sides_have_a_source_flow_counts_into_the_section(grid, feeder_of, row):
    feeder = feeder_of(grid, **SECTION, events=[switch(grid, "tie", 0, True)])
    step = run(feeder, row, 0.0)
    assert step.end_p_mw[0].sum() == pytest.approx(0.25, abs=1e-6)
    assert step.end_p_mw[0, 1] == pytest.approx(-(0.55 - step.result.source_p_mw[0, 1]), abs=1e-6)


def test_losing_the_source_kills_what_it_fed_and_says_why(grid, feeder_of, row):
    off = WireEvent(900, WireEventKind.SOURCE, grid.index.source.index("source"), False)
    back = WireEvent(1800, WireEventKind.SOURCE, grid.index.source.index("source"), True)
    feeder = feeder_of(grid, **SECTION, events=[back, off])
    state = feeder.initial(1)
    seen = []
    for t_s in (0, 900, 1800):
        state = feeder.at(state, t_s)
        step = run(feeder, row, 0.4, state=state, t_s=t_s)
        seen.append((step.p_actual_mw[0, 0], step.p_served_mw[0].tolist(), step.injection_reason[0, 0]))
        assert set(step.load_reason[0]) == {Reason.NO_SUPPLY if t_s == 900 else Reason.NONE}
    assert seen == [(0.4, [0.25, 0.55], Reason.NONE), (0.0, [0.0, 0.0], Reason.RELAY), (0.4, [0.25, 0.55], Reason.NONE)]


def test_points_that_ask_for_nothing_lose_nothing(grid, feeder_of, row):
    off = WireEvent(0, WireEventKind.SOURCE, 0, False)
    step = run(feeder_of(grid, **SECTION, events=[off]), row, 0.0, section_load=0.0)
    assert step.injection_reason[0, 0] == Reason.NONE
    assert step.load_reason[0].tolist() == [Reason.NONE, Reason.NO_SUPPLY]


def test_only_due_events_change_the_wires(grid, feeder_of):
    feeder = feeder_of(grid, **SECTION, events=[switch(grid, "near", 900, False)])
    state = feeder.initial(2)
    assert feeder.at(state, 899) is state
    late = feeder.at(state, 10_000)
    assert late.wires.closed[:, 0].tolist() == [False, False]
    assert state.wires.closed[:, 0].tolist() == [True, True]
    assert feeder.at(late, 20_000) is late


def test_an_event_that_closes_a_ring_is_refused_before_the_run(tables, feeder_of):
    switches = {"s1": {"bus": "a", "to_bus": "b"}, "s2": {"bus": "a", "to_bus": "b", "closed": False}}
    grid = tables(["source", "a", "b"], [("source", "a")], switches)
    with pytest.raises(ZeroImpedanceRingError, match="s1"):
        feeder_of(grid, events=[WireEvent(60, WireEventKind.SWITCH, 1, True)])


@pytest.fixture
def bank():
    """110/20 kV, two parallel transformers into one busbar, a load and a PV plant there."""
    net = pandapower.create_empty_network()
    hv, mv, end = (
        pandapower.create_bus(net, vn_kv=kv, name=name) for kv, name in ((110, "hv"), (20, "mv"), (20, "end"))
    )
    pandapower.create_ext_grid(net, hv)
    for name in ("T1", "T2"):
        pandapower.create_transformer_from_parameters(net, hv, mv, 25, 110, 20, 0.4, 12, 14, 0.07, name=name)
    pandapower.create_line_from_parameters(net, mv, end, 1, 0.1, 0.1, 10, 0.3, name="feeder")
    return normalise(net).with_points([("load", "end")], [("pv", "end")])


@pytest.mark.parametrize("surplus", [5.0, -5.0])
def test_bank_flow_is_measured_at_its_secondary_and_positive_outwards(bank, feeder_of, row, surplus):
    ends = ["trafo:T1@lv", "trafo:T2@lv"]
    feeder = feeder_of(bank, boundaries={"bank": (ends, None), "head": (["line:feeder@from"], None)})
    step = feeder.step(feeder.initial(1), row([max(surplus, 0)]), row([0]), row([max(-surplus, 0)]), row([0]))
    lines = step.result.p_mw[0, 0]
    assert step.boundary_p_mw[0] == pytest.approx([lines[0], lines[0]], abs=1e-8)
    assert np.sign(step.boundary_p_mw[0, 0]) == -np.sign(surplus)
    assert step.end_p_mw[0, :2] == pytest.approx([lines[0] / 2] * 2, abs=1e-8)
    assert step.end_p_mw[0, 2] == step.boundary_p_mw[0, 1]


def test_losses_of_a_section_are_those_of_its_own_branches(bank, feeder_of, row):
    feeder = feeder_of(bank, {"S": ["mv"]}, {"bank": (["trafo:T1@lv", "trafo:T2@lv"], "S")})
    step = feeder.step(feeder.initial(1), row([0]), row([0]), row([10.0]), row([2.0]))
    line = step.result.p_mw[0, 0].sum()
    assert step.section_losses_mw[0] == pytest.approx([line], rel=1e-12)
    assert step.boundary_p_mw[0, 0] == pytest.approx(10.0 + line, abs=1e-8)
    outer = feeder_of(bank, {"S": ["mv"]}, {"bank": (["trafo:T1@hv", "trafo:T2@hv"], "S")})
    whole = outer.step(outer.initial(1), row([0]), row([0]), row([10.0]), row([2.0]))
    assert whole.section_losses_mw[0] == pytest.approx(whole.result.losses_mw, rel=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 8), st.floats(0, 8), st.booleans())
def test_import_covers_load_and_losses_less_generation(pv, load, whole):
    feeder = _section(whole)
    step = feeder.step(feeder.initial(1), *(np.array([[value]]) for value in (pv, 0.0, load, 0.3)))
    assert step.boundary_p_mw[0, 0] == pytest.approx(load - pv + step.section_losses_mw[0, 0], abs=1e-8)


def _section(whole):
    from grids.boundaries import BoundarySpec
    from grids.sections import SectionSpec, partition

    net = pandapower.create_empty_network()
    names = ["a", "b", "c"]
    buses = [pandapower.create_bus(net, vn_kv=20, name=name) for name in names]
    pandapower.create_ext_grid(net, buses[0])
    for one, other in ((0, 1), (1, 2)):
        pandapower.create_line_from_parameters(
            net, buses[one], buses[other], 2, 0.3, 0.3, 10, 0.3, name=f"{names[one]}{names[other]}"
        )
    grid = normalise(net).with_points([("load", "c")], [("pv", "b")])
    at = "line:ab@from" if whole else "line:ab@to"
    parts, problems = partition(grid, [SectionSpec("S", ("c",))], [BoundarySpec("edge", (at,), "S")])
    assert problems == []
    return Feeder(grid, PandapowerEngine(grid), parts)


def test_a_failed_member_is_nan_and_marked_and_keeps_its_request(feeder_of, bank, row):
    feeder = feeder_of(bank, {"S": ["mv"]}, {"bank": (["trafo:T1@lv", "trafo:T2@lv"], "S")})
    loads = np.array([[10.0], [5000.0]])
    zero = np.zeros((2, 1))
    step = feeder.step(feeder.initial(2), zero + 0.5, zero, loads, zero)
    assert step.result.converged.tolist() == [True, False]
    for array in (step.p_actual_mw, step.p_served_mw, step.boundary_p_mw, step.end_p_mw, step.section_losses_mw):
        assert np.isfinite(array[0]).all()
        assert np.isnan(array[1]).all()
    assert step.load_reason.tolist() == [[Reason.NONE], [Reason.FAILURE]]
    assert step.state.p_mw.tolist() == [[0.5], [0.5]]


def test_a_member_does_not_depend_on_how_many_others_there_are(grid, feeder_of, row):
    feeder = feeder_of(grid, **SECTION)
    one, many = run(feeder, row, 0.4), run(feeder, row, 0.4, members=5)
    for name in ("p_actual_mw", "boundary_p_mw", "end_p_mw", "section_losses_mw", "boundary_q_mvar"):
        np.testing.assert_array_equal(getattr(many, name), np.repeat(getattr(one, name), 5, axis=0))


def test_nan_requests_are_refused(grid, feeder_of, row):
    with pytest.raises(GridError, match="p_mw of injection 'pv s' is nan"):
        run(feeder_of(grid, **SECTION), row, float("nan"))


def test_voltage_dependent_loads_are_served_what_they_take(row):
    net = pandapower.create_empty_network()
    source, end = (pandapower.create_bus(net, vn_kv=10, name=name) for name in "ab")
    pandapower.create_ext_grid(net, source)
    pandapower.create_line_from_parameters(net, source, end, 1, 5, 5, 0, 1)
    points = [("z", "b", (1.0, 0.0, 1.0, 0.0)), ("i", "b", (0.0, 1.0, 0.0, 1.0)), ("p", "b")]
    grid = normalise(net).with_points(points, [])
    feeder = Feeder(grid, PandapowerEngine(grid), Partition())
    step = feeder.step(feeder.initial(1), row([]), row([]), row([0.5, 0.3, 0.7]), row([0.2, 0.1, 0.0]))
    volts = step.result.vm_pu[0, 1]
    assert volts < 0.95
    assert step.p_served_mw[0] == pytest.approx([0.5 * volts**2, 0.3 * volts, 0.7], rel=1e-12)
    assert step.q_served_mvar[0] == pytest.approx([0.2 * volts**2, 0.1 * volts, 0.0], rel=1e-12)
    balance = step.result.source_p_mw.sum() - step.p_served_mw.sum() - step.result.losses_mw[0]
    assert abs(balance) < 1e-8
