"""The law of blocks and members: no figure depends, by a single bit, on how steps and members come together."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.monitor import Monitor
from cosim.results.balance import Balance
from cosim.results.cost import EnergyCost
from cosim.results.events import EventLog
from cosim.results.extremes import Extremes
from cosim.results.rows import add_steps, pick
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout

MEMBERS, STEPS, ROOFS, SHOPS = 5, 40, 33, 31
LIMITS = (
    Limit("v", Quantity.VM_PU, ("bus:lv", "bus:end"), 1800, Bounds(0.95, 1.05), "", "", "", "", Severity.VIOLATION),
    Limit("x", Quantity.EXPORT_KW, ("boundary:pcc",), 0, Bounds(upper=3.0), "", "", "", "", Severity.VIOLATION),
)
ENTITIES = (
    EntityLayout("device:roof", "pv", "source", ROOFS, (), injections=tuple(range(ROOFS))),
    EntityLayout("device:baths", "heat-plant", "engine", 2, (), injections=(ROOFS, ROOFS + 1), storage_mwh=0.2),
    EntityLayout("device:cells", "battery", "storage", 1, (), injections=(ROOFS + 2,)),
    EntityLayout("load:shops", "network", "load", SHOPS, (), loads=tuple(range(SHOPS))),
    EntityLayout("market:main", "market", "input", 1, ()),
)


@pytest.fixture
def study(toy):
    """`study(members, numbers)`: half hours that begin inside one, a change of month, a fixture."""
    small = toy().index
    points = ROOFS + 3
    index = replace(
        small,
        injection=tuple(f"i{at}" for at in range(points)), injection_bus=np.full(points, 4),
        load=tuple(f"l{at}" for at in range(SHOPS)), load_bus=np.full(SHOPS, 4),
        fixture=("shunt:c", "gen:g"), fixture_bus=np.array([1, 1]),
    )  # fmt: skip
    start = toy().start.replace(day=30, hour=22, minute=10)

    def make(members):
        return toy(start=start, step_s=600, duration_s=600 * STEPS, members=members, entities=ENTITIES, index=index)

    return make


def steps_of(member):
    """Random steps of one member: some cut, some dead, some failed, engines on and off, a switch that moves."""
    rng = np.random.default_rng(member)
    for k in range(STEPS):
        row = lambda n, low=0.0, high=0.01: rng.uniform(low, high, (1, n))  # noqa: E731
        available, rating, demand = row(ROOFS), row(ROOFS, high=0.001), row(SHOPS)
        shed = rng.random((1, SHOPS)) < 0.2
        heat = {name: row(1) for name in (ports.HEAT_CHP, ports.HEAT_BOILER, ports.HEAT_SERVED, ports.HEAT_DUMPED,
                                          ports.HEAT_LOSS, ports.HEAT_DEMAND, ports.HEAT_UNSERVED)}  # fmt: skip
        yield {
            "vm_pu": row(5, 0.93, 1.07), "energised": rng.random((1, 5)) > 0.05, "loading_percent": row(4, 0, 150),
            "closed": rng.random((1, 2)) > 0.3, "source_p_mw": row(1, -0.05, 0.05), "losses_mw": row(1),
            "p_actual_mw": np.concatenate((available - rating, row(3, -0.02, 0.02)), axis=1),
            "p_served_mw": np.where(shed, 0.0, demand), "load_reason": np.where(shed, Reason.SHED, Reason.NONE),
            "boundary_p_mw": row(2, -0.05, 0.05), "end_p_mw": row(3, -0.05, 0.05),
            "fixture_p_mw": row(2, -0.01, 0.01), "converged": [[k % 5 != member]],
            "ports": {
                "device:roof": {ports.P: available - rating, ports.P_AVAILABLE: available, ports.CUT_RATING: rating},
                "device:baths": {**heat, ports.TANK_SOC: row(1, 0, 1), ports.ON: rng.random((1, 2)) > 0.5},
                "device:cells": {ports.SOC: row(1, 0, 1)},
                "load:shops": {ports.P_LOAD: demand},
                "market:main": {ports.ENERGY_PRICE: np.array([[10.0 + k / 7]])},
            },
        }  # fmt: skip


def together(members):
    """The same steps of several members side by side."""

    def joined(parts):
        if isinstance(parts[0], dict):
            return {name: joined([part[name] for part in parts]) for name in parts[0]}
        return np.concatenate([np.atleast_2d(part) for part in parts])

    return [joined(parts) for parts in zip(*(list(steps_of(member)) for member in members), strict=True)]


def figures(study, steps, size):
    """Every figure, finding and event of the sinks, as plain data."""
    sinks = Balance(), Extremes({"c": ["lv"]}), EnergyCost(["pcc"], "JPY")
    table = {}
    for sink in sinks:
        table |= {figure.key: figure.values for figure in study.feed(sink, steps, size).figures()}
    balance, monitor = study.feed(Balance(), steps, size), study.feed(Monitor(LIMITS), steps, size)
    log = study.feed(EventLog(), steps, size)
    return table, balance.monthly(), monitor, log


@pytest.mark.parametrize("members", [(0,), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("size", [2, 3, 5, STEPS])
def test_figures_findings_and_events_are_the_same_to_the_bit_in_blocks_of_any_length(study, members, size):
    steps = together(members)
    one, many = (figures(study(len(members)), steps, length) for length in (1, size))
    assert {key: values.tolist() for key, values in one[0].items()} == {
        key: pytest.approx(values.tolist(), rel=0, abs=0, nan_ok=True) for key, values in many[0].items()
    }
    assert one[1] == many[1]
    assert one[2].findings() == many[2].findings() != []
    assert [event.as_dict() for event in one[3].events] == [event.as_dict() for event in many[3].events] != []


@pytest.mark.parametrize("size", [1, 3])
def test_a_member_has_the_figures_it_has_alone_to_the_bit(study, size):
    whole = figures(study(MEMBERS), together(range(MEMBERS)), size)[0]
    for member in range(MEMBERS):
        alone = figures(study(1), together([member]), 1)[0]
        assert alone.keys() == whole.keys()
        different = [key for key, own in alone.items() if not np.array_equal(own, whole[key][[member]], equal_nan=True)]
        assert not different


def test_the_steps_hold_what_they_are_meant_to_test(study):
    table, monthly, _, log = figures(study(MEMBERS), together(range(MEMBERS)), 3)
    assert monthly["months"] == ["2020-04", "2020-05"]
    assert table["grid.failed_steps"].tolist() == [STEPS / 5] * MEMBERS
    for key in ("grid.curtailed_mwh", "grid.unserved_mwh", "grid.fixtures_mwh", "grid.fixture_generation_mwh",
                "balance.heat_residual_mw", "boundary:pcc.energy_cost", "device:baths.starts"):  # fmt: skip
        assert (table[key] > 0).all(), key
    assert {event.action for event in log.events} == {"open", "close", "start", "stop"}


@pytest.mark.parametrize("shape", [(1,), (1, 1), (2,), (3, 5)])
def test_steps_are_added_one_after_the_other(shape):
    steps = np.random.default_rng(1).uniform(-1, 1, (300, *shape))
    total = np.full(shape, 0.1)
    expected = total
    for step in steps:
        expected = expected + step
    assert np.array_equal(add_steps(total, steps), expected)
    halves = add_steps(add_steps(total, steps[:77]), steps[77:])
    assert np.array_equal(halves, expected)


def test_picked_columns_keep_the_order_of_memory_that_sums_depend_on():
    values = np.random.default_rng(1).uniform(size=(7, 40))
    at = np.arange(39)
    picked = pick(values, at)
    assert np.array_equal(picked, values[:, at])
    assert picked.flags.c_contiguous
    assert not values[:, at].flags.c_contiguous
    assert pick(values, np.arange(40)) is values
    assert np.array_equal(pick(values, np.arange(40)[::-1]), values[:, ::-1])
