"""What the meters of a run would have recorded: energies by clock half hour at every metering point.

Import and export are two registers, each interval apart. Own generation is what plants behind the point injected
(storage aside: it shifts energy, its losses are use). Use = import - export + own generation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.results.files import PART
from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.axis import HALF_HOUR_S
from simulators.sinks import Layout, StepBlock

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "metering.parquet"
REGISTERS = ("import_kwh", "export_kwh", "import_kvarh", "export_kvarh", "generation_kwh")
MOST_VALUES = 20_000_000  # of all members together: 160 MB
KWH_PER_MWH = 1e3


class Metering:
    """Sink: five registers of every metering point.

    Args:
        behind: metering point -> positions of the injections behind it that are plants of its customer.
    """

    def __init__(self, behind: Mapping[str, tuple[int, ...]]) -> None:
        self._behind = {name: np.array(points, dtype=np.int64) for name, points in behind.items()}

    def open(self, layout: Layout) -> None:
        """Set up the intervals: clock half hours, or the steps themselves where they are longer."""
        self._layout = layout
        axis = layout.axis
        self._interval: IntArray = axis.half_hour if axis.fits_half_hours else np.arange(axis.steps)
        first = np.searchsorted(self._interval, np.arange(int(self._interval[-1]) + 1))
        self._edges: IntArray = np.append(axis.edges[first], axis.duration_s)
        self._at: IntArray = np.array([layout.boundaries.index(name) for name in self._behind], dtype=np.int64)
        shape = (len(first), layout.members, len(self._behind), len(REGISTERS))
        self.kept = bool(self._behind) and int(np.prod(shape)) <= MOST_VALUES
        self._energy: FloatArray = np.zeros(shape if self.kept else (0, 0, 0, 0))

    def write(self, block: StepBlock) -> None:
        """Add some steps; one without solution is unknown and spoils its interval."""
        if not self.kept:
            return
        p, q = (pick(values, self._at) for values in (block.grid.boundary_p_mw, block.grid.boundary_q_mvar))
        actual = block.grid.p_actual_mw
        own = np.stack([actual[:, points].sum(axis=1) for points in self._behind.values()], axis=1)
        rates = np.stack([*_both(p), *_both(q), np.maximum(own, 0.0)], axis=-1)
        energies = block.by_step(rates) * (KWH_PER_MWH * block.hours)[:, np.newaxis, np.newaxis, np.newaxis]
        intervals = self._interval[block.first_k : block.first_k + block.steps]
        for step, interval in enumerate(intervals.tolist()):
            self._energy[interval] += energies[step]

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def table(self) -> pa.Table:
        """`t_s`, `dt_s`, `time`, `member`, then `register|metering point`; one row an interval and member."""
        import pyarrow as pa  # noqa: PLC0415

        layout, axis = self._layout, self._layout.axis
        intervals, members = len(self._energy), layout.members
        starts = self._edges[:-1]
        columns: dict[str, Any] = {
            "t_s": pa.array(np.repeat(starts, members)),
            "dt_s": pa.array(np.repeat(np.diff(self._edges), members)),
            "time": pa.array(np.repeat([axis.local(int(start)).isoformat() for start in starts], members)),
            "member": pa.array(np.tile(layout.member, intervals)),
        }
        for at, name in enumerate(self._behind):
            for register, word in enumerate(REGISTERS):
                columns[f"{word}|{name}"] = pa.array(np.ascontiguousarray(self._energy[:, :, at, register]).ravel())
        return pa.table(columns)

    def save(self, folder: Path) -> None:
        """Write the file, whole or not at all; nothing where no meter stands or there are too many values."""
        import pyarrow.parquet as pq  # noqa: PLC0415

        if not self.kept:
            return
        part = folder / f"{NAME}{PART}"
        pq.write_table(self.table(), part, compression="zstd")
        part.replace(folder / NAME)


def complete_half_hours(edges_s: IntArray) -> BoolArray:
    """(K,) whether an interval is a whole half hour; only such ones count for the demand charge."""
    return np.asarray(np.diff(edges_s) == HALF_HOUR_S)


def _both(flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.maximum(flow, 0.0), np.maximum(-flow, 0.0)
