"""A feeder without a finding, and what its changes make of it."""

import copy
from functools import cache

import pandapower as pp
import pytest

from grids.boundaries import BoundarySpec
from grids.normalise import normalise
from grids.sections import SectionSpec, partition
from grids.validation.facts import GridFacts, PlacedPower
from grids.validation.rules import findings

LINE = {"r_ohm_per_km": 0.309, "x_ohm_per_km": 0.396, "c_nf_per_km": 11, "max_i_ka": 0.26}  # Cu 60 mm2, facts.md 1.5
TAPS = {"tap_side": "lv", "tap_neutral": 0, "tap_step_degree": 0.0, "tap_changer_type": "Ratio", "tap_pos": 0}


def feeder():
    """A copy of it, to be changed."""
    return copy.deepcopy(_feeder())


@cache
def _feeder():
    """66 kV - bank - b0 -S1- b1 - b2 - SVR - b3, tie b3/b0 open; pole transformer and house behind b2."""
    net = pp.create_empty_network(f_hz=60)
    voltages = {"grid": 66.0, "b0": 6.6, "b1": 6.6, "b2": 6.6, "b3": 6.6, "lv": 0.21, "house": 0.21}
    bus = {name: pp.create_bus(net, vn_kv, name=name) for name, vn_kv in voltages.items()}
    pp.create_ext_grid(net, bus["grid"], name="utility")

    def trafo(name, hv, lv, sn_mva, vk, vkr, **taps):
        pp.create_transformer_from_parameters(
            net, bus[hv], bus[lv], sn_mva, voltages[hv], voltages[lv], vkr, vk, 0.0, 0.0, name=name, **taps
        )

    trafo("bank", "grid", "b0", 10, 7.5, 0.5, tap_min=-8, tap_max=8, tap_step_percent=1.25, **TAPS)
    trafo("svr", "b2", "b3", 3, 0.5, 0.1, tap_min=-4, tap_max=4, tap_step_percent=1.5, **TAPS)
    trafo("pole", "b2", "lv", 0.05, 2.5, 1.5)
    for name, start, end in (("first", "b0", "b1"), ("second", "b1", "b2")):
        pp.create_line_from_parameters(net, bus[start], bus[end], 2.0, name=name, **LINE)
    wire = LINE | {"r_ohm_per_km": 0.497, "x_ohm_per_km": 0.3, "max_i_ka": 0.162}
    pp.create_line_from_parameters(net, bus["lv"], bus["house"], 0.1, name="main", **wire)
    pp.create_switch(net, bus["b1"], net.line.index[net.line["name"] == "first"][0], et="l", name="S1")
    pp.create_switch(net, bus["b0"], bus["b3"], et="b", closed=False, name="tie")
    pp.create_load(net, bus["house"], 0.02, name="home")
    pp.create_sgen(net, bus["b3"], 1.0, name="plant")
    return net


def set_value(net, table, name, column, value):
    """Write one value of one element."""
    net[table].loc[net[table]["name"] == name, column] = value


def facts_of(net, *, sections=None, boundaries=None, **given):
    """Facts of a network whose own loads and generators all act; sections `{name: [buses]}`, all to run alone."""
    grid = normalise(net)
    cut, problems = partition(
        grid,
        [SectionSpec(name, tuple(buses)) for name, buses in (sections or {}).items()],
        [BoundarySpec(name, tuple(at), into) for name, (at, into) in (boundaries or {}).items()],
    )
    assert problems == []
    powers = tuple(
        PlacedPower(f"{one.kind}:{one.name}", one.bus, one.p_mw, one.q_mvar, one.kind == "load")
        for one in grid.elements
    )
    return GridFacts(**({"grid": grid, "powers": powers, "cut": cut, "islands": frozenset(sections or ())} | given))


@pytest.fixture
def judged():
    """`judged(change)` -> findings of the feeder after `change(net)`, which may return more facts."""

    def judge(change):
        net = feeder()
        return findings(facts_of(net, **(change(net) or {})))

    return judge
