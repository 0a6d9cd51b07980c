"""Quantile bands over the members: `series/{bus,branch,device,boundary,inputs}-bands.parquet`, float32, one row a step.

Columns are `t_s`, `dt_s`, `time` (UTC), then `vm_pu|BUS|p05`, ...: every series with each statistic of `BANDS`.
Members that did not converge, and buses that are dead, do not count; NaN where nobody counts. Kept are voltages of
buses, loading of branches, flows through boundaries, and per device entry the power of all its units and their mean
state of charge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosim.results.chunks import CHUNK_BYTES, CHUNKS, FOLDER, ChunkWriter, merge_chunks
from cosim.results.port_columns import PortColumns
from cosim.results.record_spec import BANDS, BANDS_SUFFIX, GROUPS, RecordSpec
from cosim.results.rows import pick
from cosim.results.series_columns import DEVICE_ROLES, Block, group_blocks
from grids.arrays import FloatArray
from simulators import ports
from simulators.sinks import EntityLayout, Layout, StepBlock

_SHARES = np.array([0.0, 0.05, 0.50, 0.95, 1.0])


class BandWriter:
    """Sink: writes the bands of what `bands` names; memory is bounded.

    Args:
        folder: the run folder.
        bands: which series.
        chunk_bytes: largest buffer of all groups.
    """

    def __init__(self, folder: Path, bands: RecordSpec, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._folder = folder / FOLDER
        self._bands = bands
        self._chunk_bytes = chunk_bytes

    def open(self, layout: Layout) -> None:
        """Create the folder."""
        self._layout = layout
        (self._folder / CHUNKS).mkdir(parents=True, exist_ok=True)
        self._writer: ChunkWriter | None = None

    def write(self, block: StepBlock) -> None:
        """Reduce some steps over the members and buffer what is left."""
        if self._writer is None:
            self._groups = band_blocks(self._layout, self._bands, block)
            names = {f"{group}{BANDS_SUFFIX}": _names(blocks) for group, blocks in self._groups.items()}
            self._writer = ChunkWriter(self._folder, self._layout.axis, names, None, self._chunk_bytes)
        reduced = {}
        for group, blocks in self._groups.items():
            values = np.concatenate([own.read(block) for own in blocks], axis=1)
            statistics = quantile_bands(block.by_step(values))
            reduced[f"{group}{BANDS_SUFFIX}"] = [(slice(None), statistics.reshape(block.steps, 1, -1))]
        self._writer.write(block.first_k, block.steps, reduced)

    def close(self, *, complete: bool) -> None:
        """Write what is buffered; merge the chunks of a complete run."""
        if self._writer is not None:
            self._writer.flush()
        if complete:
            merge_chunks(self._folder, [f"{group}{BANDS_SUFFIX}" for group in GROUPS])


def _names(blocks: Sequence[Block]) -> list[str]:
    return [f"{name}|{band}" for block in blocks for name in block.names for band in BANDS]


def quantile_bands(values: FloatArray) -> NDArray[np.float32]:
    """(T, columns, BANDS) of (T, members, columns): linear quantiles of the finite values, NaN where there are none."""
    by_member = np.ascontiguousarray(values.transpose(0, 2, 1), dtype=np.float32)
    by_member.sort(axis=-1)  # NaN come last
    members = by_member.shape[-1]
    result = np.empty((*by_member.shape[:-1], len(BANDS)), dtype=np.float32)
    if not np.isnan(by_member[..., -1]).any():
        place = _SHARES * (members - 1)
        low = place.astype(np.int64)
        part = (place - low).astype(np.float32)
        below, above = by_member[..., low], by_member[..., np.minimum(low + 1, members - 1)]
        result[..., :-1] = below + part * (above - below)
        result[..., -1] = values.mean(axis=1)
        return result
    finite = np.isfinite(values)
    known = np.isfinite(by_member).sum(axis=-1)[..., np.newaxis]
    place = _SHARES * np.maximum(known - 1, 0)
    low = place.astype(np.int64)
    below = np.take_along_axis(by_member, low, axis=-1)
    above = np.take_along_axis(by_member, np.minimum(low + 1, np.maximum(known - 1, 0)), axis=-1)
    result[..., :-1] = below + (place - low) * (above - below)
    total = np.where(finite, values, 0.0).sum(axis=1)
    result[..., -1] = total / np.maximum(known[..., 0], 1)
    result[known[..., 0] == 0] = np.nan
    return result


def band_blocks(layout: Layout, spec: RecordSpec, first: StepBlock) -> dict[str, list[Block]]:
    """The blocks of every group that has bands."""
    groups = group_blocks(layout, spec, first)
    blocks = {
        "bus": list(_alive_voltages(layout, spec)),
        "branch": [block for block in groups.get("branch", []) if block.names[0].startswith("loading_percent|")],
        "device": list(_devices(layout, spec, first)),
        "boundary": list(_boundaries(layout, spec)),
        "inputs": groups.get("inputs", []),
    }
    kept = {group: [block for block in own if block.names] for group, own in blocks.items()}
    return {group: own for group, own in kept.items() if own}


def _alive_voltages(layout: Layout, spec: RecordSpec) -> Iterator[Block]:
    buses = layout.index.bus
    kept = np.array([at for at, name in enumerate(buses) if spec.keeps("bus", name, f"bus:{name}")], dtype=np.int64)

    def read(block: StepBlock) -> FloatArray:
        voltage: FloatArray = pick(block.grid.result.vm_pu, kept)
        alive = pick(block.grid.result.energised, kept)
        return voltage if alive.all() else np.where(alive, voltage, np.nan)

    yield Block(tuple(f"vm_pu|{buses[at]}" for at in kept.tolist()), read)


def _boundaries(layout: Layout, spec: RecordSpec) -> Iterator[Block]:
    names = layout.boundaries
    kept = np.array(
        [at for at, name in enumerate(names) if spec.keeps("boundary", name, f"boundary:{name}")], dtype=np.int64
    )
    yield Block(tuple(f"p_mw|{names[at]}" for at in kept.tolist()), lambda block: pick(block.grid.boundary_p_mw, kept))


def _devices(layout: Layout, spec: RecordSpec, first: StepBlock) -> Iterator[Block]:
    """Power of all units of an entry together, and the mean state of charge of its units."""
    devices = [
        entity
        for entity in layout.entities
        if entity.role in DEVICE_ROLES and entity.injections and spec.keeps("device", _name(entity), entity.subject)
    ]
    points = np.array([point for entity in devices for point in entity.injections], dtype=np.int64)
    starts = np.cumsum([0, *(len(entity.injections) for entity in devices[:-1])])
    if devices:
        yield Block(
            tuple(f"p_mw|{_name(entity)}" for entity in devices),
            lambda block: np.add.reduceat(pick(block.grid.p_actual_mw, points), starts, axis=1),
        )
    charge = PortColumns(devices, (ports.SOC,), first)
    widths = np.array([column.width for column in charge.blocks])
    yield Block(
        tuple(f"soc|{_name(column.entity)}" for column in charge.blocks),
        lambda block: _solved(block, charge.totals(charge.gather(block)) / widths),
    )


def _solved(block: StepBlock, values: FloatArray) -> FloatArray:
    """NaN where a member found no solution: its devices went on with what they asked for."""
    converged = block.grid.result.converged
    return values if converged.all() else np.where(converged[:, np.newaxis], values, np.nan)


def _name(entity: EntityLayout) -> str:
    return entity.subject.partition(":")[2]
