"""Which columns the series files have, and where each block of them comes from in a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cosim.results.port_columns import PortColumns
from cosim.results.record_spec import RecordSpec
from grids.arrays import FloatArray
from simulators import ports
from simulators.ports import PORTS, Role
from simulators.sinks import EntityLayout, Layout, StepBlock

DEVICE_ROLES = ("source", "storage", "engine", "compensator")
# actual powers come from the grid; ranges and requests are the controller's affair
_NOT_RECORDED = {ports.P, ports.Q, ports.P_MIN, ports.P_MAX, ports.P_ON_MIN, ports.STEP}


@dataclass(frozen=True, slots=True)
class Block:
    """Adjacent columns and how to read them: (rows, columns) from a block."""

    names: tuple[str, ...]
    read: Callable[[StepBlock], FloatArray]


def group_blocks(layout: Layout, record: RecordSpec, first: StepBlock) -> dict[str, list[Block]]:
    """The blocks of every group that keeps anything."""
    groups = {
        "bus": _bus(layout, record),
        "branch": _branch(layout, record),
        "device": _device(layout, record, first),
        "boundary": _boundary(layout, record),
        "regulator": _regulator(layout, record),
        "supply": _supply(layout, record),
        "inputs": _inputs(layout, record, first),
    }
    kept = {name: [block for block in blocks if block.names] for name, blocks in groups.items()}
    return {name: blocks for name, blocks in kept.items() if blocks}


def _bus(layout: Layout, record: RecordSpec) -> Iterator[Block]:
    kept = [at for at, name in enumerate(layout.index.bus) if record.keeps("bus", name, f"bus:{name}")]
    yield Block(tuple(f"vm_pu|{layout.index.bus[at]}" for at in kept), lambda b: b.grid.result.vm_pu[:, kept])


def _branch(layout: Layout, record: RecordSpec) -> Iterator[Block]:
    index = layout.index
    subjects = [index.branch_subject(at) for at in range(len(index.branch))]
    kept = [at for at, subject in enumerate(subjects) if record.keeps("branch", index.branch[at], subject)]
    rated = [at for at in kept if np.isfinite(index.branch_rating[at]).any()]
    names = [subjects[at] for at in kept]
    yield Block(
        tuple(f"loading_percent|{subjects[at]}" for at in rated),
        lambda b: b.grid.result.loading_percent[:, rated],
    )
    yield Block(tuple(f"p_from_mw|{name}" for name in names), lambda b: b.grid.result.p_mw[:, kept, 0])
    yield Block(tuple(f"q_from_mvar|{name}" for name in names), lambda b: b.grid.result.q_mvar[:, kept, 0])


def _boundary(layout: Layout, record: RecordSpec) -> Iterator[Block]:
    names = layout.boundaries
    kept = [at for at, name in enumerate(names) if record.keeps("boundary", name, f"boundary:{name}")]
    yield Block(tuple(f"p_mw|{names[at]}" for at in kept), lambda b: b.grid.boundary_p_mw[:, kept])
    yield Block(tuple(f"q_mvar|{names[at]}" for at in kept), lambda b: b.grid.boundary_q_mvar[:, kept])
    chosen = {names[at] for at in kept}
    # an end may serve two boundaries (a switch between two sections): one column
    ends = {end: at for at, (boundary, end) in reversed(list(enumerate(layout.ends))) if boundary in chosen}
    order = sorted(ends, key=ends.__getitem__)
    positions = [ends[end] for end in order]
    yield Block(tuple(f"p_mw|{end}" for end in order), lambda b: b.grid.end_p_mw[:, positions])
    if record.boundary != "none":
        sources = tuple(f"p_mw|source:{name}" for name in layout.index.source)
        yield Block(sources, lambda b: b.grid.result.source_p_mw)
        fixtures = tuple(f"p_fixture_mw|{name}" for name in layout.index.fixture)
        yield Block(fixtures, lambda b: b.grid.result.fixture_p_mw)
        yield Block(("losses_mw|grid",), lambda b: b.grid.result.losses_mw[:, np.newaxis])


def _regulator(layout: Layout, record: RecordSpec) -> Iterator[Block]:
    names = layout.regulators
    kept = [at for at, name in enumerate(names) if record.keeps("regulator", name, f"regulator:{name}")]
    yield Block(tuple(f"tap_pos|{names[at]}" for at in kept), lambda b: b.grid.regulators.tap_pos[:, kept])


def _supply(layout: Layout, record: RecordSpec) -> Iterator[Block]:
    points = layout.supply
    kept = [at for at, (subject, _) in enumerate(points) if record.keeps("supply", subject.partition(":")[2], subject)]
    legs = tuple(f"leg_v|{points[at][0]}@{leg}" for at in kept for leg in points[at][1])
    yield Block(legs, lambda b: _legs(b)[:, kept].reshape(b.rows, -1))


def _legs(block: StepBlock) -> FloatArray:
    supply = block.grid.supply
    assert supply is not None  # noqa: S101 - the layout has supply points
    return supply.legs_v


def _device(layout: Layout, record: RecordSpec, first: StepBlock) -> Iterator[Block]:
    devices = [
        entity
        for entity in layout.entities
        if entity.role in DEVICE_ROLES and record.keeps("device", _name(entity), entity.subject)
    ]
    points = [point for entity in devices for point in entity.injections]
    units = [label for entity in devices for label in labels(_name(entity), len(entity.injections))]
    yield Block(tuple(f"p_mw|{label}" for label in units), lambda b: b.grid.p_actual_mw[:, points])
    yield Block(tuple(f"q_mvar|{label}" for label in units), lambda b: b.grid.q_actual_mvar[:, points])
    yield Block(
        tuple(f"reason|{label}" for label in units),
        lambda b: b.grid.injection_reason[:, points].astype(np.float64),
    )
    yield _ports(devices, _name, first)


def _inputs(layout: Layout, record: RecordSpec, first: StepBlock) -> Iterator[Block]:
    entities = [
        entity
        for entity in layout.entities
        if entity.role not in DEVICE_ROLES and record.keeps("inputs", _name(entity), entity.subject)
    ]
    points = [point for entity in entities for point in entity.loads]
    units = [label for entity in entities for label in labels(entity.subject, len(entity.loads))]
    yield Block(tuple(f"p_served_mw|{label}" for label in units), lambda b: b.grid.p_served_mw[:, points])
    yield _ports(entities, lambda entity: entity.subject, first)


def _ports(entities: Sequence[EntityLayout], name: Callable[[EntityLayout], str], first: StepBlock) -> Block:
    wanted = tuple(port for port in PORTS if _recorded(port))
    columns = PortColumns(entities, wanted, first)
    names = tuple(
        f"{PORTS[block.port].series}|{label}"
        for block in columns.blocks
        for label in labels(name(block.entity), block.width)
    )
    return Block(names, columns.gather)


def _recorded(port: str) -> bool:
    return port not in _NOT_RECORDED and PORTS[port].role not in {Role.FEEDBACK, Role.OBSERVED}


def _name(entity: EntityLayout) -> str:
    return entity.subject.partition(":")[2]


def labels(name: str, width: int) -> list[str]:
    """`NAME`, or `NAME[0]`, `NAME[1]`, ... for several units."""
    return [name] if width == 1 else [f"{name}[{unit}]" for unit in range(width)]
