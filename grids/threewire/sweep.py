"""Backward/forward sweep over every main of every member.

Loads take constant power: currents from the present voltages, added up towards the transformer (backward), drops on
the way out (forward), until no voltage moves. Each main of each member is iterated for itself from rest, so its digits
depend on nobody else. Why it is compiled: `docs/low-voltage.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from grids.threewire.forest import ComplexArray, Forest


@dataclass(frozen=True, slots=True)
class ThreeWireFlow:
    """State of every main. M = members; NaN where a main did not converge, 0 where it has no voltage.

    Voltages are between wires of the same place, phasors to the e.m.f.; currents flow outwards.
    """

    leg_v: ComplexArray  # (M, node, 2) a to neutral and neutral to b: both about the e.m.f., V
    loop_a: ComplexArray  # (M, node, 2) loop currents (see `forest`) through the segment that feeds the node, A
    converged: BoolArray  # (M, main)

    @property
    def volts(self) -> FloatArray:
        """(M, node, 2) magnitudes of legs a and b, V."""
        return magnitude(self.leg_v)

    @property
    def line_v(self) -> FloatArray:
        """(M, node) magnitude of the 200 V voltage a-b, V."""
        return magnitude(self.leg_v[..., 0] + self.leg_v[..., 1])

    @property
    def wire_a(self) -> FloatArray:
        """(M, node, 3) magnitudes of the currents in wires a, n and b of the segment that feeds the node, A."""
        first, second = self.loop_a[..., 0], self.loop_a[..., 1]
        return magnitude(np.stack([first, second - first, second], axis=2))


def sweep(trees: Forest, emf_v: FloatArray, demand_va: ComplexArray) -> ThreeWireFlow:
    """Voltages of both legs at every node and currents of every segment.

    Args:
        trees: the mains.
        emf_v: (M, main) no-load voltage of a leg behind the transformer: 6.6 kV line voltage x 105 / tap. A main with
            0 (dead) or NaN (unknown) gets that as its voltages and currents.
        demand_va: (M, node, 3) constant power P + jQ taken a-n, n-b and a-b, W and var; injections are negative.
    """
    from grids.threewire.kernel import solve  # noqa: PLC0415

    shape = len(emf_v), len(trees.parent), 2
    leg_v, loop_a = np.empty(shape, dtype=np.complex128), np.empty(shape, dtype=np.complex128)
    converged = np.empty(emf_v.shape, dtype=np.bool_)
    emf_v, demand_va = np.ascontiguousarray(emf_v), np.ascontiguousarray(demand_va)
    solve(trees.first, trees.parent, trees.loop_ohm, emf_v, demand_va, leg_v, loop_a, converged)
    return ThreeWireFlow(leg_v, loop_a, converged)


def magnitude(phasor: ComplexArray) -> FloatArray:
    """(...) |phasor| of (...)."""
    # not np.abs: it may round differently by a value's place in memory, and a member's digits are its own
    return np.asarray(np.sqrt(phasor.real**2 + phasor.imag**2))
