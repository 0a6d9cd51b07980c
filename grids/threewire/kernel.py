"""The loop of the sweep as machine code: scalar by scalar, every main of every member for itself.

Importing this module imports numba, so `sweep` does it at its first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.threewire.forest import ComplexArray

TOLERANCE_V = 1e-7
MAX_ITERATIONS = 100
# of the e.m.f.: a leg below that has lost its operating point, constant power has none far below one half
COLLAPSED = 0.3

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """`loop` as machine code, kept between runs wherever there is a place to keep it."""
    try:
        made: Loop = njit(loop, cache=True, nogil=True, error_model="numpy")
    except RuntimeError:
        made = njit(loop, nogil=True, error_model="numpy")
    return made


@compiled
def _square(u: complex) -> float:
    return u.real * u.real + u.imag * u.imag


@compiled
def _backward(
    start: int, stop: int, parent: IntArray, floor: float, demand: ComplexArray, legs: ComplexArray, loops: ComplexArray
) -> bool:
    """Currents conj(S / U) of all loads, added up towards the transformer; False if a leg has collapsed."""
    for node in range(start, stop):
        loops[node, 0] = loops[node, 1] = 0.0
    for node in range(stop - 1, start - 1, -1):
        a, b = legs[node, 0], legs[node, 1]
        square_a, square_b = _square(a), _square(b)
        if not (square_a >= floor and square_b >= floor):
            return False
        line = a + b
        across = demand[node, 2].conjugate() * line * (1.0 / _square(line))
        loops[node, 0] += demand[node, 0].conjugate() * a * (1.0 / square_a) + across
        loops[node, 1] += demand[node, 1].conjugate() * b * (1.0 / square_b) + across
        feeder = parent[node]
        if feeder >= 0:
            loops[feeder, 0] += loops[node, 0]
            loops[feeder, 1] += loops[node, 1]
    return True


@compiled
def _forward(
    start: int,
    stop: int,
    parent: IntArray,
    loop_ohm: ComplexArray,
    emf: float,
    loops: ComplexArray,
    legs: ComplexArray,
) -> float:
    """Voltages behind all drops on the way; by how many volts the most restless leg moved."""
    most = 0.0
    for node in range(start, stop):
        feeder = parent[node]
        for leg in range(2):
            source = legs[feeder, leg] if feeder >= 0 else emf + 0.0j
            after = source - (loop_ohm[node, leg, 0] * loops[node, 0] + loop_ohm[node, leg, 1] * loops[node, 1])
            moved = abs(after.real - legs[node, leg].real) + abs(after.imag - legs[node, leg].imag)
            if not moved <= most:  # also where it is not a number
                most = moved
            legs[node, leg] = after
    return most


@compiled
def _main(
    start: int,
    stop: int,
    parent: IntArray,
    loop_ohm: ComplexArray,
    emf: float,
    demand: ComplexArray,
    legs: ComplexArray,
    loops: ComplexArray,
) -> bool:
    """One main of one member, from rest; whether it found its voltages."""
    legs[start:stop] = emf
    for _ in range(MAX_ITERATIONS):
        if not _backward(start, stop, parent, (COLLAPSED * emf) ** 2, demand, legs, loops):
            return False
        if _forward(start, stop, parent, loop_ohm, emf, loops, legs) <= TOLERANCE_V:
            return True
    return False


@compiled
def solve(
    first: IntArray,
    parent: IntArray,
    loop_ohm: ComplexArray,
    emf_v: FloatArray,
    demand_va: ComplexArray,
    leg_v: ComplexArray,
    loop_a: ComplexArray,
    converged: BoolArray,
) -> None:
    """Fill `leg_v`, `loop_a` and `converged`; arguments as in `sweep.sweep`."""
    for member in range(emf_v.shape[0]):
        legs, loops, demand = leg_v[member], loop_a[member], demand_va[member]
        for main in range(first.size - 1):
            start, stop = first[main], first[main + 1]
            emf = emf_v[member, main]
            if emf > 0.0:
                solved = _main(start, stop, parent, loop_ohm, emf, demand, legs, loops)
                blank = float("nan")
            else:
                solved = emf == 0.0
                blank = emf
            converged[member, main] = solved
            if not (solved and emf > 0.0):
                legs[start:stop] = blank
                loops[start:stop] = blank
