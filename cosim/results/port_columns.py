"""Port values of many entities side by side in one array: gathered once a step, then handled without a loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators import ports as names
from simulators.sinks import EntityLayout, PortValues, StepRecord

# what belongs to each unit: one column or a float stands for every unit. All other ports count as they are published
# (a heat plant of four engines has one tank).
PER_UNIT = frozenset(
    {
        names.P,
        names.Q,
        names.P_LOAD,
        names.Q_LOAD,
        names.P_AVAILABLE,
        names.CUT_RATING,
        names.CUT_VOLTAGE,
        names.CUT_SET,
        names.SET_REASON,
        names.P_SET,
    }
)


@dataclass(frozen=True, slots=True)
class PortBlock:
    """The columns of one port of one entity."""

    entity: EntityLayout
    port: str
    columns: slice

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.columns.stop - self.columns.start)


class PortColumns:
    """Chosen ports of chosen entities; which of them exist, and how wide they are, the first step says."""

    def __init__(self, entities: Iterable[EntityLayout], wanted: Sequence[str], first: StepRecord) -> None:
        self.blocks = tuple(_blocks(entities, wanted, first.ports))
        self.width = self.blocks[-1].columns.stop if self.blocks else 0
        self.starts: IntArray = np.array([block.columns.start for block in self.blocks], dtype=np.int64)
        self._members = len(first.grid.result.converged)

    def gather(self, ports: Mapping[str, PortValues]) -> FloatArray:
        """(members, width), a new array."""
        values = np.empty((self._members, self.width))
        for block in self.blocks:
            values[:, block.columns] = ports[block.entity.subject][block.port]
        return values

    def totals(self, values: FloatArray) -> FloatArray:
        """(members, block) sums over the columns of each block."""
        return block_sums(values, self.starts)

    def of(self, port: str) -> Iterable[PortBlock]:
        """The blocks of one port."""
        return (block for block in self.blocks if block.port == port)


def block_sums(values: FloatArray, starts: IntArray) -> FloatArray:
    """(members, block) sums over runs of columns that begin at `starts`; no block is empty."""
    if not len(starts):
        return np.zeros((len(values), 0))
    return np.asarray(np.add.reduceat(values, starts, axis=1))


def _blocks(
    entities: Iterable[EntityLayout], wanted: Sequence[str], ports: Mapping[str, PortValues]
) -> Iterable[PortBlock]:
    start = 0
    for entity in entities:
        published = ports.get(entity.subject, {})
        for port in wanted:
            if port in published:
                width = entity.units if port in PER_UNIT else _width(published[port])
                yield PortBlock(entity, port, slice(start, start + width))
                start += width


def _width(value: Any) -> int:
    shape = np.shape(value)
    return int(shape[-1]) if shape else 1
