"""The mains of a whole network as one forest: who feeds whom, and what each stretch does to the two legs.

A node has one segment, the one that feeds it; a root's segment is its pole transformer. Wires a, n, b carry no current
to earth, so two loop currents say everything: L_a out on a and back on n, L_b out on n and back on b (I_a = L_a,
I_n = L_b - L_a, I_b = -L_b). A 3 x 3 series impedance is therefore exactly a 2 x 2 one between legs and loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grids.arrays import FloatArray, IntArray

ComplexArray = NDArray[np.complex128]

LEG_V = 105.0  # half of the 210 V secondary winding

# wires to loops: what L_a and L_b are in wires a, n, b; its transpose takes wire drops to leg drops
_LOOPS = np.array([[1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]])


@dataclass(frozen=True, slots=True)
class Forest:
    """Mains (低圧幹線) with their transformers, services and house wirings, one main after the other, outwards."""

    parent: IntArray  # (node,) the node that feeds it; -1 = secondary terminals of a transformer
    first: IntArray  # (main + 1,) where each main begins in the nodes; the last entry is their number
    loop_ohm: ComplexArray  # (node, leg, loop) series impedance of the segment that feeds it


def forest(parent: IntArray, loop_ohm: ComplexArray) -> Forest:
    """Put mains together.

    Args:
        parent: (node,) position of the node that feeds each, -1 for the secondary terminals of a transformer; every
            main begins with its terminals, and a node stands behind the one that feeds it.
        loop_ohm: (node, 2, 2) from `wires` or `equal_wires` for a stretch, from `transformer` for a root.

    Raises:
        ValueError: the nodes are in another order, so some would be computed before what feeds them.
    """
    parent = np.asarray(parent, dtype=np.int64)
    roots = np.flatnonzero(parent < 0)
    begins = np.where(parent < 0, np.arange(len(parent)), 0)
    start = np.maximum.accumulate(begins)
    stray = np.flatnonzero((parent >= 0) & ((parent < start) | (parent >= np.arange(len(parent)))))
    if len(stray) or (len(parent) and parent[0] >= 0):
        raise ValueError(f"nodes {stray.tolist()} do not stand behind the node of their own main that feeds them")
    return Forest(
        parent=parent,
        first=np.append(roots, len(parent)).astype(np.int64),
        loop_ohm=np.ascontiguousarray(loop_ohm, dtype=np.complex128).reshape(-1, 2, 2),
    )


def wires(impedance_ohm: ComplexArray) -> ComplexArray:
    """(..., 2, 2) legs by loops from (..., 3, 3) series impedance of wires a, n, b, mutual terms included."""
    return np.asarray(_LOOPS.T @ impedance_ohm @ _LOOPS)


def equal_wires(impedance_ohm: ComplexArray) -> ComplexArray:
    """(segment, 2, 2) from (segment,) impedance of one wire, all three equal; mutual terms are in its loop value."""
    return wires(np.asarray(impedance_ohm)[:, np.newaxis, np.newaxis] * np.eye(3))


def transformer(impedance_ohm: ComplexArray) -> ComplexArray:
    """(unit, 2, 2) from (unit,) R + jX between primary and the whole 210 V winding, seen from 210 V.

    Seen from 105 V, where R and X are a quarter, both half windings have R + j0.4 X and the primary 0.5 R + j0.8 X
    (the interlaced winding of three-wire transformers, prototypes.md 7); over 210 V that is R + jX again.
    """
    leg = np.asarray(impedance_ohm)[:, np.newaxis, np.newaxis] / 4.0
    half = leg.real + 0.4j * leg.imag
    primary = 0.5 * leg.real + 0.8j * leg.imag
    return np.asarray(half * np.eye(2) + primary)


def rated_ohm(
    sn_kva: FloatArray, vkr_percent: FloatArray, vkx_percent: FloatArray, line_v: FloatArray | float = 2.0 * LEG_V
) -> ComplexArray:
    """(unit,) R + jX seen from the whole secondary winding of `line_v`; R and X in percent of the rating."""
    return np.asarray((vkr_percent + 1j * vkx_percent) / 100.0 * line_v**2 / (1e3 * sn_kva))
