"""Line-drop compensation (LDC, 線路電圧降下補償): the voltage a controller takes for that of its load centre.

Three different things carry this name (planner.md 1.8). They agree in forward flow near their set power factor and part
in reverse flow: the phasor and the projected kind see that the voltage rises along the line, the magnitude kind takes
every current for demand and raises the voltage further.
"""

from __future__ import annotations

import numpy as np

from grids.arrays import FloatArray

SQRT3 = 3.0**0.5


def phasor(v: FloatArray, p_mw: FloatArray, q_mvar: FloatArray, r_ohm: FloatArray, x_ohm: FloatArray) -> FloatArray:
    """|V - sqrt(3) Z I|, line volts: exact for a line without shunts. All arrays broadcast.

    Args:
        v: line voltage where the controller measures, V, above zero.
        p_mw: active power from there to the load centre, MW; negative in reverse flow.
        q_mvar: reactive power the same way, MVar.
        r_ohm: resistance to the load centre, ohm.
        x_ohm: reactance to the load centre, ohm.
    """
    drop = 1e6 * (r_ohm + 1j * x_ohm) * (p_mw - 1j * q_mvar) / v
    return np.abs(v - drop)


def projected(v: FloatArray, p_mw: FloatArray, q_mvar: FloatArray, r_ohm: FloatArray, x_ohm: FloatArray) -> FloatArray:
    """V - (R P + X Q) / V, line volts: the part of the drop in phase with V, with its sign."""
    return np.asarray(v - 1e6 * (r_ohm * p_mw + x_ohm * q_mvar) / v)


def magnitude(
    v: FloatArray,
    p_mw: FloatArray,
    q_mvar: FloatArray,
    r_ohm: FloatArray,
    x_ohm: FloatArray,
    power_factor: FloatArray,
) -> FloatArray:
    """V - sqrt(3) |I| (R cos + X sin), line volts, at a fixed power factor: blind to the direction of the current."""
    current_a = 1e6 * np.hypot(p_mw, q_mvar) / (SQRT3 * v)
    return np.asarray(v - SQRT3 * current_a * (r_ohm * power_factor + x_ohm * np.sqrt(1.0 - power_factor**2)))
