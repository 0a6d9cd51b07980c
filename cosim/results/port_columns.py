"""Port values of many entities side by side in one array: gathered once a block, then handled without a loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators import ports as names
from simulators.sinks import EntityLayout, StepBlock

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

    def __init__(self, entities: Iterable[EntityLayout], wanted: Sequence[str], first: StepBlock) -> None:
        self.blocks = tuple(_blocks(entities, wanted, first.ports))
        self.width = self.blocks[-1].columns.stop if self.blocks else 0
        self.starts: IntArray = np.array([block.columns.start for block in self.blocks], dtype=np.int64)

    def gather(self, block: StepBlock) -> FloatArray:
        """(rows, width), a new array."""
        values = np.empty((block.steps, block.members, self.width))
        for own in self.blocks:
            given = block.ports[own.entity.subject][own.port]
            # (T, M, units), or (T, 1, units) where the members share it
            values[:, :, own.columns] = given.reshape(block.steps, -1, given.shape[1])
        return values.reshape(block.rows, self.width)

    def totals(self, values: FloatArray) -> FloatArray:
        """(rows, block) sums over the columns of each block."""
        return block_sums(values, self.starts)

    def of(self, port: str) -> Iterable[PortBlock]:
        """The blocks of one port."""
        return (block for block in self.blocks if block.port == port)


def block_sums(values: FloatArray, starts: IntArray) -> FloatArray:
    """(rows, block) sums over runs of columns that begin at `starts`; no block is empty."""
    if not len(starts):
        return np.zeros((len(values), 0))
    return np.asarray(np.add.reduceat(values, starts, axis=1))


def _blocks(
    entities: Iterable[EntityLayout], wanted: Sequence[str], ports: Mapping[str, Mapping[str, FloatArray]]
) -> Iterable[PortBlock]:
    start = 0
    for entity in entities:
        published = ports.get(entity.subject, {})
        for port in wanted:
            if port in published:
                width = entity.units if port in PER_UNIT else published[port].shape[1]
                yield PortBlock(entity, port, slice(start, start + width))
                start += width
