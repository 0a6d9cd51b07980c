"""The balance of a network, in sum and at every bus, with links, fixtures and voltage-dependent loads."""

from dataclasses import fields, replace

import numpy as np
import pandapower
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from tests.grids.powerflow.random_networks import random_network

MEMBERS = 3


def equipped(seed):
    """A random network with more equipment: wards, motors, storages, a generator, switches with impedance."""
    random = np.random.default_rng(seed)
    net = random_network(seed)
    at_20_kv = net.bus.index[net.bus["vn_kv"] == 20.0]
    for bus in random.choice(at_20_kv, size=2).tolist():
        pandapower.create_ward(net, bus, *random.uniform(-0.3, 0.5, size=4))
        pandapower.create_motor(net, bus, random.uniform(0.1, 0.5), 0.9)
        pandapower.create_storage(net, bus, random.uniform(-0.5, 0.5), 1)
    behind = [pandapower.create_bus(net, 20.0) for _ in range(3)]
    pandapower.create_switch(net, int(at_20_kv[-1]), behind[0], et="b", z_ohm=float(random.choice([0.0, 0.5])))
    pandapower.create_switch(net, behind[0], behind[1], et="b")
    pandapower.create_switch(net, behind[0], behind[2], et="b", z_ohm=0.2, closed=bool(random.random() < 0.8))
    for bus in (0, *behind):
        pandapower.create_load(net, bus, 0.3, 0.1, const_z_p_percent=40, const_i_q_percent=60)
        pandapower.create_shunt(net, bus, -0.2, 0.01)
    if random.random() < 0.5:
        pandapower.create_gen(net, behind[1], 0.2, 1.01)
        pandapower.create_xward(net, behind[2], 0.1, 0.1, 0.1, 0.1, 0.2, 2.0, 1.0)
    if random.random() < 0.7:
        sides = [pandapower.create_bus(net, kv) for kv in (20.0, 10.0)]
        pandapower.create_transformer3w(net, 0, *sides, "63/25/38 MVA 110/20/10 kV")
        net.trafo3w["vn_hv_kv"] = 66.0
        pandapower.create_load(net, sides[0], 4, 1, const_i_p_percent=50)
    return net, random


def solved(seed):
    net, random = equipped(seed)
    grid = normalise(net)
    grid = grid.with_points(
        [(load.name, load.bus, load.shares) for load in grid.loads],
        [(generator.name, generator.bus) for generator in grid.generators],
    )
    powers = [
        np.array([getattr(element, name) for element in elements]) * random.uniform(0.3, 1.2, (MEMBERS, len(elements)))
        for elements in (grid.generators, grid.loads)
        for name in ("p_mw", "q_mvar")
    ]
    state = grid.normal.spread(MEMBERS).flow(*powers)
    engine = PandapowerEngine(grid)
    return grid, engine, state, engine.solve(state)


def points(grid, state, result):
    """(M, injection) and (M, load) p and q really injected and served, dead points 0."""
    index = grid.index
    volts = result.vm_pu[:, index.load_bus]
    on_p, on_q = (result.energised[:, bus] for bus in (index.injection_bus, index.load_bus))
    z_p, i_p, z_q, i_q = grid.load_shares.T
    served_p = state.p_load_mw * (1 - z_p - i_p + i_p * volts + z_p * volts**2) * on_q
    served_q = state.q_load_mvar * (1 - z_q - i_q + i_q * volts + z_q * volts**2) * on_q
    return (state.p_mw * on_p, served_p), (state.q_mvar * on_p, served_q)


@settings(max_examples=25)
@given(st.integers(0, 100_000))
def test_what_goes_in_comes_out_in_sum_and_at_every_bus(seed):
    grid, _, state, result = solved(seed)
    index = grid.index
    assert result.converged.all()
    for (injected, served), source, fixture, ends in zip(
        points(grid, state, result),
        (result.source_p_mw, result.source_q_mvar),
        (result.fixture_p_mw, result.fixture_q_mvar),
        (result.p_mw, result.q_mvar),
        strict=True,
    ):
        for member in range(MEMBERS):
            over = np.zeros(len(index.bus))
            np.add.at(over, index.injection_bus, injected[member])
            np.add.at(over, index.source_bus, source[member])
            np.subtract.at(over, index.load_bus, served[member])
            np.subtract.at(over, index.fixture_bus, fixture[member])
            np.subtract.at(over, index.branch_from, ends[member, :, 0])
            np.subtract.at(over, index.branch_to, ends[member, :, 1])
            # pandapower counts the reactive power of generators from limits of 1e9, so not to more digits
            np.testing.assert_allclose(over, 0.0, atol=1e-8 if ends is result.p_mw else 1e-6)
    (injected, served), _ = points(grid, state, result)
    into = result.source_p_mw.sum(axis=1) + injected.sum(axis=1)
    out = served.sum(axis=1) + result.fixture_p_mw.sum(axis=1) + result.losses_mw
    assert into == pytest.approx(out, abs=1e-7)


@settings(max_examples=10)
@given(st.integers(0, 100_000))
def test_a_member_is_the_same_to_the_bit_without_the_others(seed):
    _, engine, state, result = solved(seed)
    for member in range(MEMBERS):
        one = replace(state, **{f.name: getattr(state, f.name)[member : member + 1] for f in fields(state)})
        alone = engine.solve(one)
        for field in fields(result):
            np.testing.assert_array_equal(
                getattr(alone, field.name)[0], getattr(result, field.name)[member], field.name
            )
