"""How far every bus is from the head of its feeder, and by which way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cosim.report.wires import LINE, Wires
from grids.arrays import BoolArray, FloatArray, IntArray

HOP_KM = 1e-9  # what has no length must still be a way
TRANSMISSION_KV = 60.0  # lines from here on up lie before the feeder's head


@dataclass(frozen=True)
class Ways:
    """The shortest way to every bus."""

    km: FloatArray  # (bus,) NaN = not reached
    parent: IntArray  # (bus,) the bus before; -1 = a source, or not reached

    def paths(self, buses: Iterable[int]) -> list[list[int]]:
        """Ways through these buses only, outwards, that together use each step once; the longest first."""
        inside = {bus for bus in buses if np.isfinite(self.km[bus])}
        before = {bus: int(self.parent[bus]) for bus in inside}
        inner = set(before.values()) & inside
        drawn: set[int] = set()
        paths = []
        for leaf in sorted(inside - inner, key=lambda bus: (-self.km[bus], bus)):
            path, bus = [leaf], leaf
            while bus not in drawn and before[bus] in inside:
                drawn.add(bus)
                bus = before[bus]
                path.append(bus)
            paths.append(path[::-1])
        return paths


def ways(wires: Wires, opened: BoolArray, sources: Sequence[int]) -> Ways:
    """Shortest ways over the branches that are not open, by length of lines; everything else has none.

    Args:
        wires: the network.
        opened: (branch,) which branches carry nothing.
        sources: buses with a source that is on.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    count = len(wires.bus)
    length: dict[tuple[int, int], float] = {}
    for branch, is_open in zip(wires.branches, opened.tolist(), strict=True):
        if not is_open and branch.start != branch.end:
            pair = min(branch.start, branch.end), max(branch.start, branch.end)
            counts = branch.kind == LINE and wires.vn_kv[branch.start] < TRANSMISSION_KV
            length[pair] = min(length.get(pair, np.inf), branch.length_km if counts else 0.0)
    if not length or not len(sources):
        return Ways(np.full(count, np.nan), np.full(count, -1, dtype=np.int64))
    ends = np.array(list(length), dtype=np.int64)
    graph = csr_array((np.array(list(length.values())) + HOP_KM, (ends[:, 0], ends[:, 1])), shape=(count, count))
    km, parent, _ = dijkstra(graph, directed=False, indices=np.unique(sources), return_predecessors=True, min_only=True)
    km = np.where(np.isfinite(km), km, np.nan)
    return Ways(km, np.where(parent < 0, -1, parent).astype(np.int64))
