"""What flows through closed bus-bus switches and out of ideal sources, from the balance of the buses they join.

A solver makes one node of the buses that closed switches join, so it has no flow between them, and knows the power
of an ideal source only to rounding. Both follow from Kirchhoff's law alone: what a fused group lacks comes from its
source, and what the buses on one side of a switch have over goes through it. Per topology the terms of each such sum
are found once; a solve only gathers and adds them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.powerflow.contract import FeederIndex
from grids.topology import fusing_mask, neighbours, reach


def fused(index: FeederIndex, connected: BoolArray) -> IntArray:
    """(bus,) the first bus of the group that closed bus-bus switches make of each bus."""
    adjacent = neighbours(index, connected & fusing_mask(index)[:, np.newaxis])
    first: IntArray = np.arange(len(index.bus))
    for bus in first.tolist():
        if first[bus] == bus and adjacent[bus]:
            first[list(reach(adjacent, [bus]))] = bus
    return first


@dataclass(frozen=True, slots=True)
class Sums:
    """Signed sums of columns: number s adds `signs * columns` from `starts[s]` on."""

    columns: IntArray
    signs: FloatArray
    starts: IntArray

    @classmethod
    def of(cls, parts: Iterable[list[tuple[int, float]]]) -> Sums:
        """From (column, sign) lists; column 0 is zero, so that no sum is empty."""
        lists = [[(0, 1.0), *part] for part in parts]
        flat = [term for part in lists for term in part]
        starts = np.cumsum([0, *(len(part) for part in lists)])[:-1]
        return cls(
            np.array([column for column, _ in flat], dtype=np.int64), np.array([sign for _, sign in flat]), starts
        )

    def __call__(self, values: FloatArray) -> FloatArray:
        """(members, sum)."""
        if not len(self.starts):
            return np.zeros((len(values), 0))
        return np.asarray(np.add.reduceat(values[:, self.columns] * self.signs, self.starts, axis=1))


@dataclass(frozen=True, slots=True)
class Balances:
    """Sums over columns of `[zero, injections, loads, fixtures, branch from ends, branch to ends, sources]`."""

    links: IntArray  # (closed link,) branch positions
    sources: IntArray  # (source that is on,)
    _link_sums: Sums
    _source_sums: Sums

    @classmethod
    def of(cls, index: FeederIndex, connected: BoolArray, source_on: BoolArray) -> Balances:
        """The sums of one topology; closed links must form trees (`zero_impedance_ring` is checked before)."""
        closed = connected & fusing_mask(index)[:, np.newaxis]
        links = np.flatnonzero(closed[:, 0])
        sources = np.flatnonzero(source_on)
        at = _terms(index)
        first_source = 1 + sum(map(len, (index.injection, index.load, index.fixture))) + 2 * len(index.branch)
        group = fused(index, connected)
        group_of_source = group[index.source_bus[sources]]
        lacking = []
        for own in group_of_source:
            # equal ideal sources at one node share equally
            share = -1.0 / int(np.count_nonzero(group_of_source == own))
            buses = np.flatnonzero(group == own).tolist()
            lacking.append([(column, sign * share) for bus in buses for column, sign in at[bus]])
        for source in sources.tolist():
            at[int(index.source_bus[source])].append((first_source + source, 1.0))
        sides = (
            reach(neighbours(index, closed, without={link}), [int(index.branch_from[link])]) for link in links.tolist()
        )
        over = [[term for bus in sorted(side) for term in at[bus]] for side in sides]
        return cls(links, sources, Sums.of(over), Sums.of(lacking))

    def flows(
        self, injected: FloatArray, load: FloatArray, fixture: FloatArray, ends: FloatArray, sources: int
    ) -> tuple[FloatArray, FloatArray]:
        """(members, link) from the from to the to bus, and (members, source) into the network, of p or of q.

        Args:
            injected: (members, injection), 0 where dead.
            load: (members, load) as served, 0 where dead.
            fixture: (members, fixture).
            ends: (members, branch, 2) into the branches; those of links are not looked at.
            sources: number of all sources.
        """
        zero = np.zeros((len(load), 1))
        everything = np.concatenate([zero, injected, load, fixture, ends[..., 0], ends[..., 1]], axis=1)
        given = np.zeros((len(load), sources))
        given[:, self.sources] = self._source_sums(everything)
        if not len(self.links):
            return np.zeros((len(load), 0)), given
        return self._link_sums(np.concatenate([everything, given], axis=1)), given


def _terms(index: FeederIndex) -> list[list[tuple[int, float]]]:
    """(column, sign) of what meets at each bus: injections bring, loads, fixtures and branches (no links) take."""
    at: list[list[tuple[int, float]]] = [[] for _ in index.bus]
    solved = ~fusing_mask(index)
    first = 1
    for buses, sign, branches in (
        (index.injection_bus, 1.0, False),
        (index.load_bus, -1.0, False),
        (index.fixture_bus, -1.0, False),
        (index.branch_from, -1.0, True),
        (index.branch_to, -1.0, True),
    ):
        for position, bus in enumerate(buses.tolist()):
            if not branches or solved[position]:
                at[bus].append((first + position, sign))
        first += len(buses)
    return at
