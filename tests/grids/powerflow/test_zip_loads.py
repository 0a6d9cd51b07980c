"""Voltage-dependent loads: exact whatever else meets at their bus."""

import numpy as np
import pandapower
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine

IMPEDANCE, CURRENT, POWER = (1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 1.0), (0.0, 0.0, 0.0, 0.0)


def voltage_of_zip_pair(p_constant, p_impedance, x, r):
    """Two buses by fixed-point iteration: source 1 pu, a constant-power and a constant-impedance load (pu)."""
    volts = 1.0 + 0j
    for _ in range(500):
        power = p_constant + p_impedance * abs(volts) ** 2
        volts = 1.0 - (r + 1j * x) * np.conj(power / volts)
    return abs(volts)


@pytest.mark.parametrize(("p_constant", "p_impedance"), [(1.6, 0.2), (0.2, 1.6), (1.0, 0.0)])
def test_zip_loads_at_one_bus_count_by_power(as_given, p_constant, p_impedance):
    """pandapower averages the shares of a bus's loads without weighting them by power."""
    net = pandapower.create_empty_network()
    source, end = (pandapower.create_bus(net, vn_kv=10) for _ in range(2))
    pandapower.create_ext_grid(net, source)
    pandapower.create_line_from_parameters(net, source, end, 1, 5, 5, 0, 1)
    pandapower.create_load(net, end, p_constant)
    pandapower.create_load(net, end, p_impedance, const_z_p_percent=100, const_z_q_percent=100)
    _, engine, state = as_given(net)
    volts = engine.solve(state).vm_pu[0, 1]
    assert volts == pytest.approx(voltage_of_zip_pair(p_constant, p_impedance, 5 / 100, 5 / 100), abs=1e-9)
    if p_impedance:
        pandapower.runpp(net)
        assert abs(net.res_bus.vm_pu.to_numpy()[1] - volts) > 1e-3  # the trap is still there


@pytest.fixture(scope="module")
def feeder():
    """a -(line)- b =(switch)= c -(line)- d, weak enough for voltage to matter."""
    return _feeder()


def _feeder():
    net = pandapower.create_empty_network()
    for name in "abcd":
        pandapower.create_bus(net, vn_kv=10, name=name)
    pandapower.create_ext_grid(net, 0, vm_pu=1.02)
    pandapower.create_line_from_parameters(net, 0, 1, 1, 4, 5, 0, 1)
    pandapower.create_line_from_parameters(net, 2, 3, 1, 2, 2, 0, 1)
    pandapower.create_switch(net, 1, 2, et="b", name="bc")
    return normalise(net)


def solve(grid, loads, injections=(), closed=True):
    """Result for loads [(bus, p, q, shares)] and injections [(bus, p, q)]."""
    pointed = grid.with_points(
        [(str(place), bus, shares) for place, (bus, _, _, shares) in enumerate(loads)],
        [(str(place), bus) for place, (bus, _, _) in enumerate(injections)],
    )
    columns = [[point[column] for point in points] for points in (injections, loads) for column in (1, 2)]
    state = pointed.normal.flow(*(np.array([column], dtype=float).reshape(1, -1) for column in columns))
    state.closed[:] = closed
    result = PandapowerEngine(pointed).solve(state)
    assert result.converged.all()
    return result


def taken(grid, result, loads):
    """The same loads as constant power: what they take at the voltages of the result."""
    constant = []
    for bus, p, q, (z_p, i_p, z_q, i_q) in loads:
        volts = result.vm_pu[0, grid.index.bus_position(bus)]
        p_now = p * (1 - z_p - i_p + i_p * volts + z_p * volts**2)
        q_now = q * (1 - z_q - i_q + i_q * volts + z_q * volts**2)
        constant.append((bus, p_now, q_now, POWER))
    return constant


def assert_exact(grid, loads, injections=(), closed=True):
    """Loads that depend on voltage are constant power of what they take there."""
    result = solve(grid, loads, injections, closed)
    same = solve(grid, taken(grid, result, loads), injections, closed)
    np.testing.assert_allclose(result.vm_pu, same.vm_pu, rtol=0, atol=1e-9)
    np.testing.assert_allclose(result.va_degree, same.va_degree, rtol=0, atol=1e-7)
    np.testing.assert_allclose(result.p_mw, same.p_mw, rtol=0, atol=1e-8)
    np.testing.assert_allclose(result.q_mvar, same.q_mvar, rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    "loads",
    [
        [("b", 2.0, 0.5, IMPEDANCE), ("b", -2.0, -0.5, POWER)],
        [("b", 2.0, 0.7, IMPEDANCE), ("b", 1.0, -0.7, POWER)],  # a capacitor against a motor: no reactive power in sum
        [("b", 2.0, 0.7, CURRENT), ("b", -2.0, -0.7, POWER)],
        [("b", 2.0, 0.7, CURRENT), ("b", -2.0, -0.7, CURRENT), ("b", 1.0, 0.3, IMPEDANCE)],
        [("b", 2.0, 0.7, CURRENT), ("b", -2.0 + 1e-15, -0.7, POWER)],
        [("b", 2.0, 0.7, CURRENT), ("b", -3.0, 0.4, POWER)],
        [("b", -2.0, -0.7, CURRENT), ("d", 1.0, 0.0, CURRENT)],
    ],
)
def test_powers_that_cancel_at_a_bus_leave_its_voltage_dependence(feeder, loads):
    assert_exact(feeder, loads)


@pytest.mark.parametrize("shares", [IMPEDANCE, CURRENT])
@pytest.mark.parametrize("injected", [0.5, 2.0, 3.0])
def test_generation_at_the_bus_of_such_a_load_does_not_depend_on_voltage(feeder, shares, injected):
    """pandapower applies the shares of the loads to generation too."""
    loads, injections = [("b", 2.0, 0.7, shares)], [("b", injected, 0.7)]
    assert_exact(feeder, loads, injections)
    result = solve(feeder, loads, injections)
    volts = result.vm_pu[0, 1]
    served = 2.0 * (volts**2 if shares is IMPEDANCE else volts)
    assert result.source_p_mw[0, 0] + injected == pytest.approx(served + result.losses_mw[0], abs=1e-8)


@pytest.mark.parametrize("closed", [True, False])
def test_loads_on_both_sides_of_a_bus_coupler_keep_their_own_shares(feeder, closed):
    assert_exact(
        feeder,
        [("b", 1.0, 0.2, CURRENT), ("c", 1.5, 0.4, POWER), ("c", 0.5, 0.0, IMPEDANCE)],
        [("c", 0.4, 0.0)],
        closed,
    )


@pytest.mark.parametrize("shares", [IMPEDANCE, CURRENT])
def test_what_a_source_gives_to_a_load_beside_it_is_what_the_load_takes(feeder, shares):
    """pandapower counts the load there as if the voltage were 1 pu."""
    result = solve(feeder, [("a", 2.0, 0.7, shares)])
    served = 1.02**2 if shares is IMPEDANCE else 1.02
    assert result.source_p_mw[0, 0] == pytest.approx(2.0 * served, abs=1e-9)
    assert result.source_q_mvar[0, 0] == pytest.approx(0.7 * served, abs=1e-9)


SHARE = st.sampled_from([0.0, 0.3, 0.5])
LOAD = st.tuples(
    st.sampled_from("bcd"), st.floats(-1, 1.5), st.floats(-0.8, 0.8), st.tuples(SHARE, SHARE, SHARE, SHARE)
)
INJECTION = st.tuples(st.sampled_from("bcd"), st.floats(0, 2), st.floats(-0.5, 0.5))


@settings(max_examples=40)
@given(st.lists(LOAD, min_size=1, max_size=4), st.lists(INJECTION, max_size=2))
def test_a_voltage_dependent_load_is_a_constant_one_of_what_it_takes(loads, injections):
    assert_exact(_feeder(), loads, injections)
