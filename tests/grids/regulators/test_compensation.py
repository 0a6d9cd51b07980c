"""Line-drop compensation: planner.md 5, an SVR whose load centre lies 4 km (1.252 + j1.508 ohm) away at 6500 V."""

import numpy as np
import pytest

from grids.regulators.compensation import SQRT3, magnitude, phasor, projected

R, X, REFERENCE = 1.252, 1.508, 6500.0
LOAD = 1.5, 1.5 * np.tan(np.arccos(0.95))  # MW, MVar at the load centre
PV = -1.5, 0.0


def sending_end(p_mw, q_mvar, v_end=REFERENCE):
    """Phasor of the sending end, V, when the load centre has `v_end` and takes p, q: the exact two-bus solution."""
    return v_end + 1e6 * (R + 1j * X) * (p_mw - 1j * q_mvar) / v_end


def receiving_end(v_send, p_mw, q_mvar):
    """|V| at the load centre for a held sending end: the upper root of the two-bus equation."""
    a = v_send**2 / 2 - 1e6 * (R * p_mw + X * q_mvar)
    return np.sqrt(a + np.sqrt(a**2 - 1e12 * (R**2 + X**2) * (p_mw**2 + q_mvar**2)))


def measured(p_mw, q_mvar):
    """What flows into the line at the sending end: the load and the line's own losses, MW and MVar."""
    squared = 1e12 * (p_mw**2 + q_mvar**2) / REFERENCE**2
    return p_mw + 1e-6 * R * squared, q_mvar + 1e-6 * X * squared


@pytest.mark.parametrize(("power", "set_point"), [(LOAD, 6907.9), (PV, 6220.8)], ids=["load", "pv reverse"])
def test_phasor_compensation_holds_the_load_centre_in_both_directions(power, set_point):
    v = abs(sending_end(*power))
    assert v == pytest.approx(set_point, abs=0.05)
    assert phasor(v, *measured(*power), R, X) == pytest.approx(REFERENCE, abs=1e-6)


def test_projected_compensation_misses_the_load_centre_by_its_quadrature_part():
    v = np.max(np.roots([1.0, -REFERENCE, -1e6 * (R * LOAD[0] + X * LOAD[1])]))  # V - (R P + X Q) / V = reference
    assert v == pytest.approx(6881.0, abs=0.05)
    assert projected(v, *LOAD, R, X) == pytest.approx(REFERENCE, abs=1e-6)
    assert receiving_end(v, *LOAD) == pytest.approx(6471.2, abs=0.05)


def test_magnitude_compensation_raises_the_voltage_in_reverse_flow():
    current_mw = SQRT3 * REFERENCE * (1.5e6 / (SQRT3 * REFERENCE)) / 1e6  # of 1.5 MW at 6500 V
    drop = REFERENCE - float(magnitude(REFERENCE, -current_mw, 0.0, R, X, 0.95))
    assert REFERENCE + drop == pytest.approx(6883.1, abs=0.05)
    assert receiving_end(REFERENCE + drop, *PV) == pytest.approx(7138.9, abs=0.05)
    assert receiving_end(6600.0, *PV) == pytest.approx(6865.3, abs=0.05)


def test_all_kinds_agree_where_nothing_flows():
    for estimate in (phasor(6600.0, 0.0, 0.0, R, X), projected(6600.0, 0.0, 0.0, R, X)):
        assert estimate == 6600.0
    assert magnitude(6600.0, 0.0, 0.0, R, X, 0.95) == 6600.0
