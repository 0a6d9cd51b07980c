"""Series files: `series/{bus,branch,device,boundary,inputs}.parquet`, float32, one row a step and member.

Columns are `t_s` (s since the start), `dt_s`, `time` (UTC), `member`, then `vm_pu|BUS`, `p_mw|home-battery`, ... by
quantity and subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cosim.results.chunks import CHUNK_BYTES, CHUNKS, FOLDER, ChunkWriter, merge_chunks
from cosim.results.record_spec import GROUPS, RecordSpec
from cosim.results.series_columns import Block, group_blocks
from simulators.sinks import Layout, StepBlock


class SeriesWriter:
    """Sink: writes what `record` keeps; memory is bounded.

    Args:
        folder: the run folder; chunks go to `series/chunks`.
        record: what to keep.
        chunk_bytes: largest buffer of all groups.
    """

    def __init__(self, folder: Path, record: RecordSpec, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._folder = folder / FOLDER
        self._record = record
        self._chunk_bytes = chunk_bytes

    def open(self, layout: Layout) -> None:
        """Create the folder."""
        self._layout = layout
        (self._folder / CHUNKS).mkdir(parents=True, exist_ok=True)
        self._writer: ChunkWriter | None = None

    def write(self, block: StepBlock) -> None:
        """Buffer some steps."""
        if self._writer is None:
            self._writer = self._prepare(block)
        groups = {
            group: [(columns, block.by_step(own.read(block))) for columns, own in blocks]
            for group, blocks in self._groups.items()
        }
        self._writer.write(block.first_k, block.steps, groups)

    def _prepare(self, first: StepBlock) -> ChunkWriter:
        layout = self._layout
        groups = group_blocks(layout, self._record, first)
        self._groups = {group: _placed(blocks) for group, blocks in groups.items()}
        names = {group: [name for block in blocks for name in block.names] for group, blocks in groups.items()}
        return ChunkWriter(self._folder, layout.axis, names, layout.member, self._chunk_bytes)

    def close(self, *, complete: bool) -> None:
        """Write what is buffered; merge the chunks of a complete run."""
        if self._writer is not None:
            self._writer.flush()
        if complete:
            merge_chunks(self._folder, GROUPS)

    @property
    def buffered_bytes(self) -> int:
        """Size of all buffers: constant over the run."""
        return self._writer.buffered_bytes if self._writer is not None else 0


def _placed(blocks: Sequence[Block]) -> list[tuple[slice, Block]]:
    """Every block with the columns it fills."""
    ends = np.cumsum([len(block.names) for block in blocks]).tolist()
    return [(slice(end - len(block.names), end), block) for end, block in zip(ends, blocks, strict=True)]
