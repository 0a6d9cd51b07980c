"""Members sorted by topology: those with the same switches, branches and sources share a model of the fast engine."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np

from grids.arrays import BoolArray, IntArray
from grids.errors import ZeroImpedanceRingError
from grids.powerflow.contract import FeederIndex
from grids.powerflow.kirchhoff import Balances, fused
from grids.topology import connected_ends, link_mask, zero_impedance_ring

KEPT = 256  # topologies remembered


@dataclass(frozen=True, slots=True)
class Topology:
    """One state of the wires, and the members that are in it."""

    key: bytes
    connected: BoolArray  # (branch, 2) ends joined to their bus
    source_on: BoolArray  # (source,)
    node: IntArray  # (bus,) the bus that stands for each fused group
    place: IntArray | None  # (bus,) position of its node among all nodes; None where nothing is fused
    loops: IntArray  # lines beside closed switches, connected at both ends: both at one node
    poolable: bool  # whether members of other topologies with the same nodes may share a call
    shared: tuple[IntArray, ...]  # sources that are on and hold one node together
    balances: Balances
    rows: IntArray  # members


class Topologies:
    """Finds the topologies of a state; remembers what follows from each."""

    def __init__(self, index: FeederIndex) -> None:
        self._index = index
        self._known: OrderedDict[bytes, Topology] = OrderedDict()

    def of(self, closed: BoolArray, in_service: BoolArray, source_on: BoolArray) -> list[Topology]:
        """All members, each in exactly one.

        Raises:
            ZeroImpedanceRingError: closed bus-bus switches of a member form a ring.
        """
        wires = (closed, in_service, source_on)
        if all((array == array[:1]).all() for array in wires):
            firsts, of_row = [0], np.zeros(len(closed), dtype=np.int64)
        else:
            _, first_of, of_row = np.unique(np.hstack(wires), axis=0, return_index=True, return_inverse=True)
            firsts, of_row = first_of.tolist(), of_row.reshape(-1)
        return [
            replace(self._one(closed[row], in_service[row], source_on[row]), rows=np.flatnonzero(of_row == number))
            for number, row in enumerate(firsts)
        ]

    def _one(self, closed: BoolArray, in_service: BoolArray, source_on: BoolArray) -> Topology:
        connected = connected_ends(self._index, closed, in_service)
        key = np.packbits(np.concatenate([connected.ravel(), source_on])).tobytes()
        if key not in self._known:
            if ring := zero_impedance_ring(self._index, connected):
                raise ZeroImpedanceRingError(ring)
            node = fused(self._index, connected)
            nodes, place = np.unique(node, return_inverse=True)
            beside = (node[self._index.branch_from] == node[self._index.branch_to]) & ~link_mask(self._index)
            self._known[key] = Topology(
                key=key,
                connected=connected,
                source_on=source_on.copy(),
                node=node,
                place=place if len(nodes) < len(node) else None,
                loops=np.flatnonzero(beside & connected.all(axis=1)),
                poolable=not beside.any(),
                shared=_shared(node[self._index.source_bus], source_on),
                balances=Balances.of(self._index, connected, source_on),
                rows=np.zeros(0, dtype=np.int64),
            )
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[key]


def _shared(node_of_source: IntArray, source_on: BoolArray) -> tuple[IntArray, ...]:
    """Sources that are on, where several hold one node."""
    alive = np.flatnonzero(source_on)
    groups = (alive[node_of_source[alive] == node] for node in np.unique(node_of_source[alive]))
    return tuple(group for group in groups if len(group) > 1)
