"""Time series: chunked Parquet, one file a group at the end, readable to the last chunk of a run that never ended.

Rows are (step, member); `t_s, dt_s, time, member`, then one float32 column a quantity and subject.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cosim.results.files import PART
from cosim.results.record_spec import GROUPS, RecordSpec
from cosim.results.series_columns import Block, group_blocks
from simulators.sinks import Layout, StepRecord

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "series"
CHUNKS = "chunks"
CHUNK_BYTES = 8 * 2**20  # buffer of one group
CHUNK_STEPS = 480  # what a killed run may lose: five days of quarter hours
KEYS = ("t_s", "dt_s", "time", "member")


class SeriesWriter:
    """Sink: buffers a bounded number of steps per group and writes them as chunks.

    Args:
        folder: the run folder; chunks go to `series/chunks`.
        record: what to keep.
        chunk_bytes: largest buffer of one group.
    """

    def __init__(self, folder: Path, record: RecordSpec, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._folder = folder / FOLDER
        self._record = record
        self._chunk_bytes = chunk_bytes

    def open(self, layout: Layout) -> None:
        """Create the folder."""
        self._layout = layout
        (self._folder / CHUNKS).mkdir(parents=True, exist_ok=True)
        self._groups: list[_GroupWriter] | None = None

    def write(self, step: StepRecord) -> None:
        """Buffer one step; every full buffer becomes a chunk."""
        if self._groups is None:
            blocks = group_blocks(self._layout, self._record, step)
            self._groups = [
                _GroupWriter(self._folder / CHUNKS, name, self._layout, of_group, self._chunk_bytes)
                for name, of_group in blocks.items()
            ]
        for group in self._groups:
            group.write(step)

    def close(self, *, complete: bool) -> None:
        """Write what is buffered; merge the chunks of a complete run."""
        for group in self._groups or ():
            group.flush()
        if complete:
            merge_chunks(self._folder)

    @property
    def buffered_bytes(self) -> int:
        """Size of all buffers: constant over the run."""
        return sum(group.buffer.nbytes for group in self._groups or ())


class _GroupWriter:
    """The buffer and the chunks of one group."""

    def __init__(self, folder: Path, name: str, layout: Layout, blocks: list[Block], chunk_bytes: int) -> None:
        self._folder, self._name, self._layout = folder, name, layout
        self._names = [column for block in blocks for column in block.names]
        ends = np.cumsum([len(block.names) for block in blocks]).tolist()
        self._blocks = [
            (slice(end - len(block.names), end), block.read) for end, block in zip(ends, blocks, strict=True)
        ]
        self._members = layout.members
        step_bytes = 4 * len(self._names) * self._members
        self._steps = int(np.clip(chunk_bytes // step_bytes, 1, min(CHUNK_STEPS, layout.axis.steps)))
        self.buffer: NDArray[np.float32] = np.empty((self._steps, self._members, len(self._names)), dtype=np.float32)
        self._first_k = self._filled = self._written = 0

    def write(self, step: StepRecord) -> None:
        """Buffer one step."""
        if self._filled == 0:
            self._first_k = step.k
        row = self.buffer[self._filled]
        for columns, read in self._blocks:
            row[:, columns] = read(step)
        self._filled += 1
        if self._filled == self._steps:
            self.flush()

    def flush(self) -> None:
        """Write the buffer as one chunk: whole or not at all."""
        if self._filled == 0:
            return
        import pyarrow.parquet as pq  # noqa: PLC0415

        path = self._folder / f"{self._name}-{self._written:05d}.parquet"
        part = path.with_name(path.name + PART)
        pq.write_table(self._table(), part, **_format(self._names))
        part.replace(path)
        self._written += 1
        self._filled = 0

    def _table(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415

        steps, axis = slice(self._first_k, self._first_k + self._filled), self._layout.axis
        values = np.ascontiguousarray(self.buffer[: self._filled].reshape(-1, len(self._names)).T)
        seconds = np.repeat(axis.utc[steps], self._members)
        keys = [
            pa.array(np.repeat(axis.edges[steps], self._members)),
            pa.array(np.repeat(axis.dt_s[steps], self._members).astype(np.int32)),
            pa.array(seconds.astype("datetime64[ms]"), type=pa.timestamp("ms", tz="UTC")),
            pa.array(np.tile(np.arange(self._members, dtype=np.int32), self._filled)),
        ]
        return pa.table([*keys, *(pa.array(column) for column in values)], names=[*KEYS, *self._names])


def _format(names: list[str]) -> dict[str, Any]:
    # byte-stream split groups the exponents of slowly changing floats: smaller and faster than plain zstd
    return {"compression": "zstd", "use_dictionary": list(KEYS), "use_byte_stream_split": names}


def merge_chunks(folder: Path) -> None:
    """Join the chunks of each group into `GROUP.parquet`, a few chunks in memory at a time, then remove them.

    Args:
        folder: the `series` folder. A merged file is always whole; it replaces its chunks.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    for group in GROUPS:
        chunks = _chunks(folder, group)
        if not chunks:
            continue
        part = folder / f"{group}.parquet{PART}"
        schema = pq.ParquetFile(chunks[0]).schema_arrow
        with pq.ParquetWriter(part, schema, **_format(schema.names[len(KEYS) :])) as writer:
            for batch in _batches(chunks):
                writer.write_table(batch)
        part.replace(folder / f"{group}.parquet")
        for chunk in chunks:
            chunk.unlink()
    if (folder / CHUNKS).is_dir() and not any((folder / CHUNKS).iterdir()):
        (folder / CHUNKS).rmdir()


def _batches(chunks: list[Path]) -> Iterator[pa.Table]:
    """Tables of about CHUNK_BYTES: chunks are kept short in time, row groups long enough to read fast."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    waiting: list[pa.Table] = []
    for chunk in chunks:
        waiting.append(pq.ParquetFile(chunk).read())
        if sum(table.nbytes for table in waiting) >= CHUNK_BYTES:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def series_files(run: Path, group: str) -> list[Path]:
    """The files that hold a group, in time order: the merged one, else the chunks of an unfinished run."""
    merged = run / FOLDER / f"{group}.parquet"
    return [merged] if merged.is_file() else _chunks(run / FOLDER, group)


def iterate_series(run: Path, group: str, columns: list[str] | None = None) -> Iterator[pa.Table]:
    """Row groups of a group in time order; memory holds one at a time."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    for path in series_files(run, group):
        file = pq.ParquetFile(path)
        for row_group in range(file.num_row_groups):
            yield file.read_row_group(row_group, columns=columns)


def _chunks(folder: Path, group: str) -> list[Path]:
    return sorted((folder / CHUNKS).glob(f"{group}-*.parquet"))
