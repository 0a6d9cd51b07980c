"""What the meters of a run would have recorded: energies by clock half hour at every metering point.

Import and export are two registers, each interval apart. Own generation is what plants behind the point injected
(storage aside: it shifts energy, its losses are use). Use = import - export + own generation.
What plants send to a customer over public wires (自己託送) has a register of its own: nobody buys it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.results.files import PART
from cosim.results.metered import Metered
from cosim.results.metered_groups import DEMAND, IMBALANCE, SUPPLY, missed_kwh, powers_of
from cosim.results.rows import pick
from grids.arrays import FloatArray, IntArray
from simulators.sinks import Layout, StepBlock
from simulators.sources.clock import DAY_S

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "metering.parquet"
METADATA = b"cosim-metering"
SPOT = "spot_per_kwh"
MOST_VALUES = 20_000_000  # of all members together: 160 MB
KWH_PER_MWH = 1e3


class Metering:
    """Sink: registers of metering points, customers and what is wheeled; written when the run ends, however it ends.

    Args:
        folder: the run folder.
        metered: what is metered.
    """

    def __init__(self, folder: Path, metered: Metered) -> None:
        self._folder, self._metered = folder, metered
        self.notes: tuple[str, ...] = ()

    def open(self, layout: Layout) -> None:
        """Set up the intervals: clock half hours, or the steps themselves where they are longer."""
        self._layout = layout
        axis = layout.axis
        self._interval: IntArray = axis.half_hour if axis.fits_half_hours else np.arange(axis.steps)
        first = np.searchsorted(self._interval, np.arange(int(self._interval[-1]) + 1))
        self._edges: IntArray = np.append(axis.edges[first], axis.duration_s)
        self._bound(len(first) * layout.members)
        known = self._metered
        self._at: IntArray = np.array([layout.boundaries.index(one.name) for one in known.points], dtype=np.int64)
        shape = (len(first), layout.members, len(known.columns))
        self.kept = bool(known.columns)
        self._energy: FloatArray = np.zeros(shape if self.kept else (0, 0, 0))
        rows = 1 if known.spot is None else known.spot.members
        self._spot: FloatArray = np.zeros((len(first), rows) if self.kept and known.spot is not None else (0, 0))
        self._until_s = 0

    def _bound(self, rows: int) -> None:
        """Leave out what is more than fits, customers first, and say so."""
        whole = rows * len(self._metered.columns)
        if whole <= MOST_VALUES:
            return
        less = f"{whole:,} values, at most {MOST_VALUES:,}; run fewer members or a shorter time"
        self._metered = replace(self._metered, customers={}, groups=())
        if rows * len(self._metered.columns) <= MOST_VALUES:
            self.notes = (f"{NAME} is without customers: {less}",)
        else:
            self._metered = replace(self._metered, points=(), wheeling=())
            self.notes = (f"no {NAME}, so no bills: {less}",)

    def write(self, block: StepBlock) -> None:
        """Add some steps; one without solution is unknown and spoils its interval."""
        if not self.kept:
            return
        rates = np.concatenate([*self._of_points(block), *self._of_others(block)], axis=1)
        energies = block.by_step(rates) * (KWH_PER_MWH * block.hours)[:, np.newaxis, np.newaxis]
        for step, interval in enumerate(self._interval[block.first_k : block.first_k + block.steps].tolist()):
            self._energy[interval] += energies[step]
            if self._metered.spot is not None:
                self._spot[interval] += self._metered.spot.row(block.first_k + step)[:, 0] * int(block.dt_s[step])
        self._until_s = int(block.t_s[-1] + block.dt_s[-1])

    def _of_points(self, block: StepBlock) -> Iterator[FloatArray]:
        if not len(self._at):
            return
        p, q = (pick(values, self._at) for values in (block.grid.boundary_p_mw, block.grid.boundary_q_mvar))
        actual = np.maximum(block.grid.p_actual_mw, 0.0)
        own = np.stack([actual[:, list(one.plants)].sum(axis=1) for one in self._metered.points], axis=1)
        rates = np.stack([*_both(p), *_both(q), own], axis=-1)
        yield rates.reshape(len(rates), -1)

    def _of_others(self, block: StepBlock) -> Iterator[FloatArray]:
        for loads in self._metered.customers.values():
            at = list(loads)
            served = (block.grid.p_served_mw, block.grid.q_served_mvar)
            yield np.stack([values[:, at].sum(axis=1) for values in served], axis=1)
        for way in self._metered.wheeling:
            yield np.maximum(block.grid.p_actual_mw[:, list(way.plants)], 0.0).sum(axis=1, keepdims=True)
        for group in self._metered.groups:
            yield powers_of(group, block)

    def close(self, *, complete: bool) -> None:
        """Write the file, whole or not at all: every interval that was metered to its end."""
        if self.kept and self._until_s >= self._edges[1]:
            import pyarrow.parquet as pq  # noqa: PLC0415

            part = self._folder / f"{NAME}{PART}"
            pq.write_table(self.table(), part, compression="zstd")
            part.replace(self._folder / NAME)

    def table(self) -> pa.Table:
        """`t_s`, `dt_s`, `time`, `member`, `register|name`, perhaps `spot_per_kwh`; one row an interval and member.

        `time` is that whose prices and calendars the member reads.
        """
        import pyarrow as pa  # noqa: PLC0415

        axis, members = self._layout.axis, self._layout.members
        count = int(np.searchsorted(self._edges, self._until_s, side="right")) - 1
        starts, lengths = self._edges[:count], np.diff(self._edges)[:count]
        days = np.zeros(members, dtype=np.int64) if self._metered.days is None else self._metered.days
        own = (starts[:, np.newaxis] + DAY_S * days).ravel().tolist()
        shown = {second: axis.local(second).isoformat() for second in dict.fromkeys(own)}
        columns: dict[str, Any] = {
            "t_s": pa.array(np.repeat(starts, members)),
            "dt_s": pa.array(np.repeat(lengths, members)),
            "time": pa.array([shown[second] for second in own]),
            "member": pa.array(np.tile(self._layout.member, count)),
        }
        known = self._metered.columns
        for at, name in enumerate(known):
            columns[name] = pa.array(np.ascontiguousarray(self._energy[:count, :, at]).ravel())
        for group in self._metered.groups if axis.fits_half_hours else ():
            demand, supply = (self._energy[:count, :, known.index(f"{word}|{group.name}")] for word in (DEMAND, SUPPLY))
            columns[f"{IMBALANCE}|{group.name}"] = pa.array(missed_kwh(group, demand, supply, self._layout).ravel())
        if self._spot.size:
            mean = self._spot[:count] / lengths[:, np.newaxis]
            columns[SPOT] = pa.array(np.ascontiguousarray(np.broadcast_to(mean, (count, members))).ravel())
        return pa.table(columns).replace_schema_metadata({METADATA: json.dumps(self._about()).encode()})

    def _about(self) -> dict[str, Any]:
        zone = self._layout.axis.start.tzinfo
        keys = ("name", "kind", "section", "wheeled", "unclear")
        points = [{key: getattr(one, key) for key in keys} for one in self._metered.points]
        ways = [
            {key: getattr(one, key) for key in ("name", "customer", "loss_percent")} for one in self._metered.wheeling
        ]
        return {
            "timezone": str(zone),
            "currency": self._metered.currency,
            "points": points,
            "customers": list(self._metered.customers),
            "wheeling": ways,
        }


def _both(flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.maximum(flow, 0.0), np.maximum(-flow, 0.0)
