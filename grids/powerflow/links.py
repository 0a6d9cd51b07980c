"""Flow through closed bus-bus switches without impedance, from the balance of the buses they join.

A solver fuses such buses, so it has no flow between them. In a tree of closed switches each flow follows from
Kirchhoff's law alone: what the buses on one side have over goes through the switch. The same result as
`pandapower.toolbox.compute_switch_flows` (a test holds them together), which takes longer than half a power flow
because it visits every element in Python; here the trees are found once per topology.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import ZeroImpedanceRingError
from grids.powerflow.contract import FeederIndex
from grids.topology import fusing_mask, neighbours, reach, zero_impedance_ring


@dataclass(frozen=True, slots=True)
class LinkTrees:
    """Which buses feed each closed link from its from side."""

    branch: IntArray  # (closed link,) branch positions
    feeds: FloatArray  # (closed link, bus) 1 where the bus lies on the from side within its fused group
    group: IntArray  # (bus,) fused buses have the same number, below the number of buses

    @classmethod
    def of(cls, index: FeederIndex, connected: BoolArray) -> LinkTrees:
        """Trees of one topology.

        Raises:
            ZeroImpedanceRingError: closed links form a ring.
        """
        ring = zero_impedance_ring(index, connected)
        if ring:
            raise ZeroImpedanceRingError(ring)
        links_only = connected & fusing_mask(index)[:, np.newaxis]
        closed = np.flatnonzero(links_only[:, 0])
        feeds = np.zeros((len(closed), len(index.bus)))
        group = np.arange(len(index.bus))
        for row, branch in enumerate(closed.tolist()):
            side = reach(neighbours(index, links_only, without={branch}), [int(index.branch_from[branch])])
            feeds[row, list(side)] = 1.0
            group[group == group[index.branch_to[branch]]] = group[index.branch_from[branch]]
        return cls(closed, feeds, group)

    def flow(self, surplus: FloatArray) -> FloatArray:
        """(closed link,) flow from the from to the to side, given what each bus has over for its links."""
        return np.asarray(self.feeds @ surplus)
