"""Files of a run's series while it goes on: a bounded buffer, chunks that are whole or not there, one file at the end.

The cost of a chunk is that of its columns, whatever its length. So chunks are as long as the buffer allows, and
the clock bounds what a killed run may lose.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cosim.results.files import PART
from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis

if TYPE_CHECKING:
    import pyarrow as pa

Values = FloatArray | NDArray[np.float32]
FOLDER = "series"
CHUNKS = "chunks"
CHUNK_BYTES = 32 * 2**20  # buffer of all groups together
BATCH_BYTES = 8 * 2**20  # row group of a merged file, before compression
CHUNK_SECONDS = 15.0  # what a killed run may lose
TIME_KEYS = ("t_s", "dt_s", "time")
KEYS = (*TIME_KEYS, "member")


class ChunkWriter:
    """Buffers and chunks of some groups, all of the same steps: float32 columns, one row a step and member.

    Args:
        folder: the `series` folder.
        axis: the time axis.
        groups: name of each group and of its file -> column names.
        member: (M,) numbers of the members; None = one row a step, without the column `member`.
        chunk_bytes: largest buffer of all groups together.
    """

    def __init__(
        self,
        folder: Path,
        axis: TimeAxis,
        groups: Mapping[str, Sequence[str]],
        member: IntArray | None,
        chunk_bytes: int,
    ) -> None:
        self._folder, self._axis, self._member = folder / CHUNKS, axis, member
        self._names = {group: list(names) for group, names in groups.items()}
        self._rows = 1 if member is None else len(member)
        step_bytes = 4 * self._rows * sum(map(len, self._names.values()))
        self._steps = int(np.clip(chunk_bytes // max(step_bytes, 1), 1, axis.steps))
        self._buffers: dict[str, NDArray[np.float32]] = {
            group: np.empty((self._steps, self._rows, len(names)), dtype=np.float32)
            for group, names in self._names.items()
        }
        self._first_k = self._filled = self._written = 0
        self._since = time.monotonic()

    @property
    def buffered_bytes(self) -> int:
        """Size of all buffers: constant over the run."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def write(self, first_k: int, steps: int, groups: Mapping[str, Sequence[tuple[slice, Values]]]) -> None:
        """Buffer consecutive steps; full or old buffers become chunks.

        Args:
            first_k: number of the first step.
            steps: how many, T.
            groups: group -> columns, and their (T, rows a step, columns) values.
        """
        done = 0
        while done < steps:
            if self._filled == 0:
                self._first_k = first_k + done
            count = min(self._steps - self._filled, steps - done)
            for group, parts in groups.items():
                room = self._buffers[group][self._filled : self._filled + count]
                for columns, values in parts:
                    room[:, :, columns] = values[done : done + count]
            self._filled += count
            done += count
            if self._filled == self._steps or time.monotonic() - self._since > CHUNK_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Write the buffers as one chunk a group: whole or not at all."""
        self._since = time.monotonic()
        if self._filled == 0:
            return
        import pyarrow.parquet as pq  # noqa: PLC0415

        keys = self._keys()
        for group, names in self._names.items():
            path = self._folder / f"{group}-{self._written:05d}.parquet"
            part = path.with_name(path.name + PART)
            pq.write_table(self._table(group, keys), part, **_format(names))
            part.replace(path)
        self._written += 1
        self._filled = 0

    def _keys(self) -> dict[str, pa.Array]:
        import pyarrow as pa  # noqa: PLC0415

        steps, axis = slice(self._first_k, self._first_k + self._filled), self._axis
        seconds = np.repeat(axis.utc[steps], self._rows)
        keys = {
            "t_s": pa.array(np.repeat(axis.edges[steps], self._rows)),
            "dt_s": pa.array(np.repeat(axis.dt_s[steps], self._rows).astype(np.int32)),
            "time": pa.array(seconds.astype("datetime64[ms]"), type=pa.timestamp("ms", tz="UTC")),
        }
        if self._member is not None:
            keys["member"] = pa.array(np.tile(self._member.astype(np.int32), self._filled))
        return keys

    def _table(self, group: str, keys: Mapping[str, pa.Array]) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415

        names = self._names[group]
        values = np.ascontiguousarray(self._buffers[group][: self._filled].reshape(-1, len(names)).T)
        return pa.table([*keys.values(), *(pa.array(column) for column in values)], names=[*keys, *names])


def _format(names: Sequence[str]) -> dict[str, Any]:
    floats = [name for name in names if name not in KEYS]
    # byte-stream split groups the exponents of slowly changing floats: smaller and faster than plain zstd
    return {"compression": "zstd", "use_dictionary": list(KEYS), "use_byte_stream_split": floats}


def merge_chunks(folder: Path, groups: Iterable[str]) -> None:
    """Join the chunks of each group into `GROUP.parquet`, a few chunks in memory at a time, then remove them.

    Args:
        folder: the `series` folder. A merged file is always whole; it replaces its chunks.
        groups: names of the groups.
    """
    for group in groups:
        chunks = _chunks(folder, group)
        if len(chunks) == 1:
            chunks[0].replace(folder / f"{group}.parquet")
        elif chunks:
            _merge(chunks, folder / f"{group}.parquet")
    if (folder / CHUNKS).is_dir() and not any((folder / CHUNKS).iterdir()):
        (folder / CHUNKS).rmdir()


def _merge(chunks: list[Path], whole: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    part = whole.with_name(whole.name + PART)
    schema = pq.ParquetFile(chunks[0]).schema_arrow
    with pq.ParquetWriter(part, schema, **_format(schema.names)) as writer:
        for batch in _batches(chunks):
            writer.write_table(batch)
    part.replace(whole)
    for chunk in chunks:
        chunk.unlink()


def _batches(chunks: list[Path]) -> Iterator[pa.Table]:
    """Tables of about BATCH_BYTES: chunks may be short in time, row groups are long enough to read fast."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    waiting: list[pa.Table] = []
    for chunk in chunks:
        waiting.append(pq.ParquetFile(chunk).read())
        if sum(table.nbytes for table in waiting) >= BATCH_BYTES:
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
    # `bus-` is also how the chunks of `bus-bands` begin
    return sorted((folder / CHUNKS).glob(f"{group}-[0-9][0-9][0-9][0-9][0-9]*.parquet"))
