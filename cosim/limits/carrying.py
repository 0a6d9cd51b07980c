"""Which boundaries can carry a flow at all: where none can, their flow is not judged."""

from __future__ import annotations

import numpy as np

from grids.arrays import BoolArray
from grids.boundaries import resolve_end
from grids.feeder import GridStep
from grids.powerflow.contract import FeederIndex
from simulators.sinks import Layout


class Carrying:
    """Which boundary ends can carry a flow: both buses of the branch alive and its own switch closed."""

    def __init__(self, layout: Layout) -> None:
        index = layout.index
        branches = np.array([_branch(end, index) for _, end in layout.ends], dtype=np.int64)
        self._from, self._to = index.branch_from[branches], index.branch_to[branches]
        # the switch an end is named by; a trafo or line end has none of its own: -1, a padding column
        self._switch = np.array([_switch(end, index) for _, end in layout.ends], dtype=np.int64)
        self._own_switches = self._switch[self._switch >= 0]
        names = [name for name, _ in layout.ends]
        self._ends = [
            np.array([position for position, name in enumerate(names) if name == boundary], dtype=np.int64)
            for boundary in layout.boundaries
        ]

    def all_closed(self, grid: GridStep) -> bool:
        """Whether every switch that a boundary end is named by is closed, in all rows."""
        return bool(grid.state.closed[:, self._own_switches].all())

    def ends_and_boundaries(self, grid: GridStep) -> tuple[BoolArray, BoolArray]:
        """(rows, end) and (rows, boundary); a boundary carries if any of its ends does."""
        energised, closed = grid.result.energised, grid.state.closed
        own = np.concatenate((closed, np.ones((len(closed), 1), dtype=bool)), axis=1)[:, self._switch]
        ends: BoolArray = energised[:, self._from] & energised[:, self._to] & own
        per_boundary = [ends[:, positions].any(axis=1) for positions in self._ends]
        return ends, np.stack(per_boundary, axis=1) if per_boundary else np.zeros((len(ends), 0), dtype=bool)


def _branch(end: str, index: FeederIndex) -> int:
    where = resolve_end(end, index)
    if isinstance(where, str):
        raise ValueError(where)
    return where.branch


def _switch(end: str, index: FeederIndex) -> int:
    kind, _, name = end.partition(":")
    if kind != "switch":
        return -1
    return index.switch_position(name if name in index.switch else name.rpartition("@")[0])
