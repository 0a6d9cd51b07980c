"""The sweep equals an independent unbalanced solver (the bar is 0.1 V)."""

import numpy as np
import pytest

from grids.threewire.forest import forest, rated_ohm, transformer, wires
from grids.threewire.sweep import sweep
from tests.grids.threewire.mains import MAIN_OHM_PER_KM

pytest.importorskip("opendssdirect")
dss = pytest.importorskip("tests.grids.threewire.dss")

KVA, R, X = 30.0, 1.7, 1.7
BAR_V = 1e-6


def in_opendss(parent, impedances, demand):
    """(node, 2) volts of both legs: one pole transformer at 6600 V, wires with full matrices."""
    dss.clear()
    dss.source("hv.1", 6.6, 1)
    dss.pole("t", "hv.1.0", "n0", KVA, R, X)
    for node in range(1, len(parent)):
        start = "n0.1.0.2" if parent[node] == 0 else f"n{parent[node]}.1.3.2"  # the neutral is earthed at the unit
        dss.line(f"l{node}", start, f"n{node}.1.3.2", impedances[node])
        for k, (ends, kv) in enumerate((("1.3", 0.105), ("3.2", 0.105), ("1.2", 0.21))):
            if demand[node, k]:
                dss.load(f"d{node}x{k}", f"n{node}.{ends}", kv, demand[node, k])
    dss.solve()
    return np.abs([dss.legs(f"n{node}") for node in range(len(parent))])


def compare(parent, impedances, demand):
    loops = wires(np.array(impedances))
    loops[0] = transformer(rated_ohm(*(np.array([value]) for value in (KVA, R, X))))[0]
    flow = sweep(forest(np.array(parent), loops), np.array([[105.0]]), demand[np.newaxis])
    assert flow.converged.all()
    theirs = in_opendss(parent, impedances, demand)
    assert flow.volts[0] == pytest.approx(theirs, abs=BAR_V)
    return theirs


def test_a_main_with_unequal_legs():
    demand = np.array([[0, 0, 0], [4000 + 1300j, 1000 + 300j, 0]])
    low, high = compare([-1, 0], [np.zeros((3, 3)), 0.1 * MAIN_OHM_PER_KM * np.eye(3)], demand)[1]
    assert high - low > 4.0  # else the case shows nothing


def test_a_main_with_branches_services_and_pv():
    """Ten nodes, demand on both legs and 200 V, PV on 200 V at three of them, one after another main."""
    rng = np.random.default_rng(7)
    parent = [-1, 0, 1, 2, 2, 4, 1, 6, 0, 8]
    impedances = [np.zeros((3, 3)), *(rng.uniform(0.02, 0.05) * MAIN_OHM_PER_KM * np.eye(3) for _ in range(9))]
    demand = np.zeros((10, 3), dtype=complex)
    demand[[3, 5, 7, 9], :2] = 1e3 * rng.uniform(0.2, 2.5, (4, 2)) * (1 + 0.25j)
    demand[[3, 5, 9], 2] = [-5500.0, -4000.0, 1500.0 + 400j]
    compare(parent, impedances, demand)


def test_wires_with_mutual_impedance_and_a_thinner_neutral():
    """Open-wire main: self and mutual terms by distance, another neutral; not the equal wires of the default."""
    near, far, thin = 0.030j, 0.025j, 0.09
    z = np.array([[0.05 + 0.07j, near, far], [near, thin + 0.072j, near], [far, near, 0.05 + 0.07j]])
    demand = np.array([[0, 0, 0], [2500 + 800j, 600, 0], [3000, 500 + 200j, -3000]])
    compare([-1, 0, 1], [np.zeros((3, 3)), z, 0.6 * z], demand)
