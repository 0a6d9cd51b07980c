"""What a balanced 6.6 kV flow does not see: single-phase and open-delta (V-V) units load its three lines unequally.

One rural feeder in OpenDSS, three-wire and unearthed, against our balanced flow with three-wire mains behind it:
4 km of Al-OC 120 mm2 (0.24 + j0.31 ohm/km, facts.md 1.5) with 270 kW at power factor 0.95 every kilometre between
lines AB, BC and CA; at its end one 30 kVA pole transformer a pair with a 100 m main (7 kW and 3 kW on the legs) and an
open-delta bank of two 30 kVA units (AB, BC) with 25 kW. All of that is assumed. `docs/low-voltage.md` prints the table.
"""

from itertools import pairwise

import numpy as np
import pandapower
import pytest

from grids.threewire.forest import equal_wires, forest, rated_ohm, transformer
from grids.threewire.sweep import sweep
from tests.grids.threewire.mains import MAIN_OHM_PER_KM

pytest.importorskip("opendssdirect")
dss = pytest.importorskip("tests.grids.threewire.dss")

KM_OHM = 0.24 + 0.31j
NODES = 4
NODE_VA = 270e3 * (1 + 0.32868j)  # power factor 0.95
LEGS_VA = np.array([7e3, 3e3]) * (1 + 0.32868j)
BANK_VA = 25e3 * (1 + 0.61974j)  # power factor 0.85
KVA, R, X = 30.0, 1.7, 1.7
PAIRS = ("1.2", "2.3", "3.1")


def unbalanced(shares):
    """(6.6 kV line voltages AB, BC, CA at the end; legs (pair, 2) at the mains' ends; 200 V of the open delta), V."""
    dss.clear()
    dss.source("n0.1.2.3", 6.6, 3)
    for node in range(1, NODES + 1):
        dss.line(f"l{node}", f"n{node - 1}.1.2.3", f"n{node}.1.2.3", KM_OHM * np.eye(3))
        for k, (pair, share) in enumerate(zip(PAIRS, shares, strict=True)):
            dss.load(f"d{node}x{k}", f"n{node}.{pair}", 6.6, share * NODE_VA)
    for k, pair in enumerate(PAIRS):
        dss.pole(f"t{k}", f"n{NODES}.{pair}", f"s{k}", KVA, R, X)
        dss.line(f"m{k}", f"s{k}.1.0.2", f"e{k}.1.3.2", 0.1 * MAIN_OHM_PER_KM * np.eye(3))
        dss.load(f"a{k}", f"e{k}.1.3", 0.105, LEGS_VA[0])
        dss.load(f"b{k}", f"e{k}.3.2", 0.105, LEGS_VA[1])
    for name, pair, ends in (("v1", "1.2", "v.1.0"), ("v2", "2.3", "v.0.3")):
        dss.command(
            f"new transformer.{name} phases=1 windings=2 xhl={X} ppm_antifloat=0 %imag=0 %noloadloss=0",
            f"~ wdg=1 bus=n{NODES}.{pair} kv=6.6 kva={KVA} %r={R / 2}",
            f"~ wdg=2 bus={ends} kv=0.21 kva={KVA} %r={R / 2}",
        )
    for k, ends in enumerate(("v.1.0", "v.0.3", "v.3.1")):
        dss.load(f"motor{k}", ends, 0.21, BANK_VA / 3)
    dss.solve()
    end, bank = dss.phasors(f"n{NODES}"), dss.phasors("v")
    lines = [abs(end[1] - end[2]), abs(end[2] - end[3]), abs(end[3] - end[1])]
    legs = np.abs([dss.legs(f"e{k}") for k in range(3)])
    return np.array(lines), legs, np.array([abs(bank[1]), abs(bank[3]), abs(bank[3] - bank[1])])


def balanced():
    """(6.6 kV line voltage at the end, (2,) legs at a main's end, 200 V of the bank) of our model, V."""
    net = pandapower.create_empty_network(f_hz=50)
    buses = [pandapower.create_bus(net, 6.6) for _ in range(NODES + 1)]
    pandapower.create_ext_grid(net, buses[0])
    for start, end in pairwise(buses):
        line(net, start, end, 1.0, KM_OHM)
        pandapower.create_load(net, end, NODE_VA.real / 1e6, NODE_VA.imag / 1e6)
    for _ in range(3):
        near, far = (pandapower.create_bus(net, 0.21) for _ in range(2))
        unit(net, buses[-1], near, KVA)
        line(net, near, far, 0.1, 2 * MAIN_OHM_PER_KM)
        pandapower.create_load(net, far, LEGS_VA.sum().real / 1e6, LEGS_VA.sum().imag / 1e6)
    bank = pandapower.create_bus(net, 0.21)
    unit(net, buses[-1], bank, 1.5 * KVA)  # in positive sequence two units in V carry like one of 1.5 times the rating
    pandapower.create_load(net, bank, BANK_VA.real / 1e6, BANK_VA.imag / 1e6)
    pandapower.runpp(net, trafo_model="pi", numba=False)
    volts = net.res_bus["vm_pu"] * net.bus["vn_kv"] * 1e3
    loops = equal_wires(np.array([0.0, 0.1 * MAIN_OHM_PER_KM]))
    loops[0] = transformer(rated_ohm(*(np.array([value]) for value in (KVA, R, X))))[0]
    demand = np.zeros((1, 2, 3), dtype=complex)
    demand[0, 1, :2] = LEGS_VA
    flow = sweep(forest(np.array([-1, 0]), loops), np.array([[volts[buses[-1]] * 105 / 6600]]), demand)
    return volts[buses[-1]], flow.volts[0, 1], volts[bank]


def line(net, start, end, km, ohm):
    pandapower.create_line_from_parameters(net, start, end, km, ohm.real, ohm.imag, 0, 1.0)


def unit(net, hv, lv, kva):
    pandapower.create_transformer_from_parameters(
        net, hv, lv, kva / 1e3, 6.6, 0.21, R, float(np.hypot(R, X)), 0, 0, shift_degree=0
    )


@pytest.fixture(scope="module")
def ours():
    return balanced()


def test_evenly_spread_units_are_a_balanced_feeder(ours):
    """What is left is the mains' own unequal legs, and at the open-delta bank its two units (1.7 V of 202)."""
    lines, legs, bank = unbalanced((1 / 3, 1 / 3, 1 / 3))
    assert np.abs(lines - ours[0]).max() < 0.2
    assert np.abs(legs - ours[1]).max() < 0.005
    assert bank - ours[2] == pytest.approx([0.50, 1.18, -1.68], abs=0.01)


@pytest.mark.parametrize(
    ("shares", "unbalance_percent", "line_v", "leg_v", "bank_v"),
    [
        ((0.38, 0.34, 0.28), 30, (-9.95, 14.56), (-0.174, 0.254), (-1.210, 0.860)),
        ((0.45, 0.30, 0.25), 60, (-21.09, 30.12), (-0.368, 0.525), (-0.713, 0.860)),
        ((0.60, 0.25, 0.15), 135, (-49.84, 67.81), (-0.871, 1.182), (-1.090, 0.527)),
    ],
)
def test_the_differences_are_as_documented(ours, shares, unbalance_percent, line_v, leg_v, bank_v):
    """Lowest and highest difference to the balanced model, V.

    Unbalance (不平衡率): largest less smallest load between lines, over the mean of the three, percent.
    """
    assert (max(shares) - min(shares)) * 300 == pytest.approx(unbalance_percent)
    lines, legs, bank = unbalanced(shares)
    for theirs, mine, expected, tolerance in (
        (lines, ours[0], line_v, 0.1),
        (legs, ours[1], leg_v, 0.01),
        (bank, ours[2], bank_v, 0.01),
    ):
        assert [(theirs - mine).min(), (theirs - mine).max()] == pytest.approx(expected, abs=tolerance)
    assert lines.mean() == pytest.approx(ours[0], rel=2e-4)  # the balanced model is right about the mean
    # on the legs it is the difference of their own 6.6 kV line, times 105 / tap, but for a tenth of it
    passed_on = (lines - ours[0])[:, np.newaxis] * 105.0 / 6600.0
    assert legs - ours[1] == pytest.approx(np.broadcast_to(passed_on, legs.shape), abs=0.11)
