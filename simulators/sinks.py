"""The sink protocol: whoever wants a run's steps. The recorder stage feeds every sink, in order, blocks of steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Protocol, cast

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.feeder import GridStep
from grids.powerflow.contract import FeederIndex
from grids.protection.relays import Relay
from simulators.axis import TimeAxis

Ports = Mapping[str, Mapping[str, Any]]  # subject -> port -> value of one step

STEPS_ALONE = 96  # steps of a block with one member: a day of quarter hours
ROWS = 512  # (step, member) rows of a block with many: arrays of a usual feeder stay in the processor's cache


def block_steps(members: int) -> int:
    """Steps that are handed on together: many with few members, one with very many."""
    return STEPS_ALONE if members == 1 else max(1, ROWS // members)


@dataclass(frozen=True, slots=True)
class EntityLayout:
    """One recorded entity and where its connection points sit in the grid arrays.

    `subject` is `device:home-battery`, `load:city-hall`, `market:main`, ...
    """

    subject: str
    kind: str
    role: str  # "source", "storage", "engine", "load", "input"
    units: int
    ports: tuple[str, ...]
    injections: tuple[int, ...] = ()  # positions in GridStep.p_actual_mw, one a unit
    loads: tuple[int, ...] = ()  # positions in GridStep.p_served_mw, one a unit
    customer: str = ""
    # heat a full tank of a heat plant holds, one for all or (M,); NaN = none or unknown
    storage_mwh: FloatArray | float = math.nan


@dataclass(frozen=True)
class Layout:
    """Everything a sink may know before the first step."""

    axis: TimeAxis
    members: int
    index: FeederIndex
    entities: tuple[EntityLayout, ...]
    boundaries: tuple[str, ...]  # names, order of GridStep.boundary_p_mw
    ends: tuple[tuple[str, str], ...]  # (boundary name, "switch:S3@from"), order of GridStep.end_p_mw
    regulators: tuple[str, ...] = ()  # names, order of GridStep.regulators
    hunting_groups: tuple[tuple[str, ...], ...] = ()  # regulators of each group of RegulatorStep.hunting
    supply: tuple[tuple[str, tuple[str, str]], ...] = ()  # (subject, names of its two legs), order of GridStep.supply
    relays: tuple[Relay, ...] = ()  # their points are the columns of GridStep.relays
    fit: tuple[tuple[int, ...], ...] = ()  # per boundary: FIT plants behind it, positions in GridStep.p_actual_mw
    # per boundary: what its relays (without any: all that stands behind it) can take off, the same; None = not known
    tripping: tuple[tuple[int, ...] | None, ...] = ()
    numbers: IntArray | None = None  # (M,) the ensemble's number of each member; None = 0, 1, ...

    @property
    def member(self) -> IntArray:
        """(M,) number of each member in its ensemble: what results call it."""
        return np.arange(self.members) if self.numbers is None else self.numbers


@dataclass(frozen=True)
class StepBlock:
    """Consecutive steps of all members. Row `step * M + member` of every array.

    `ports[subject][port]` are (rows, units), or (T, units) where the members share it; `grid` has the arrays of a
    `GridStep` with rows in the place of members. Both are joined when first read; all are in C order.
    """

    first_k: int
    members: int  # M
    t_s: IntArray  # (T,) start of each step
    dt_s: IntArray  # (T,) length of each step
    ports: Mapping[str, Mapping[str, FloatArray]]
    grid: GridStep

    @property
    def steps(self) -> int:
        """Number of steps T."""
        return len(self.t_s)

    @property
    def rows(self) -> int:
        """T x M."""
        return len(self.t_s) * self.members

    @property
    def hours(self) -> FloatArray:
        """(T,) length of each step in hours."""
        return np.asarray(self.dt_s / 3600.0)

    def by_step(self, values: Any) -> Any:
        """(rows, ...) as (T, M, ...), a view."""
        return values.reshape(self.steps, self.members, *values.shape[1:])


def join_steps(
    axis: TimeAxis, first_k: int, members: int, ports: Sequence[Sequence[Ports]], grids: Sequence[GridStep]
) -> StepBlock:
    """The block of consecutive steps.

    Args:
        axis: the time axis.
        first_k: number of the first step.
        members: M.
        ports: per step the outputs of each stage; values are (M, units), (1, units) or a number.
        grids: per step.

    Raises:
        ValueError: two stages publish one port of one subject.
    """
    steps = slice(first_k, first_k + len(grids))
    return StepBlock(
        first_k=first_k,
        members=members,
        t_s=axis.edges[steps],
        dt_s=axis.dt_s[steps],
        ports=_joined_ports(ports, members),
        grid=cast(GridStep, _Rows(grids)),
    )


class _Rows:
    """A dataclass of arrays over several steps; a field is joined when first read (few sinks read all)."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # never a field
            raise AttributeError(name)
        values = [getattr(part, name) for part in self._parts]
        joined = _Rows(values) if is_dataclass(values[0]) else _joined(values)
        setattr(self, name, joined)
        return joined


@dataclass(frozen=True)
class _PortRows(Mapping[str, FloatArray]):
    """The ports of one subject over several steps; a port is joined when first read."""

    subject: str
    stages: Mapping[str, int]  # port -> stage that publishes it
    steps: Sequence[Sequence[Ports]]
    members: int
    joined: dict[str, FloatArray] = field(default_factory=dict)

    def __getitem__(self, port: str) -> FloatArray:
        if port not in self.joined:
            stage = self.stages[port]
            parts = [np.atleast_2d(step[stage][self.subject][port]) for step in self.steps]
            if len({len(part) for part in parts}) > 1:
                parts = [np.broadcast_to(part, (self.members, part.shape[1])) for part in parts]
            self.joined[port] = _joined(parts)
        return self.joined[port]

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)


def _joined(parts: Sequence[Any]) -> Any:
    """Rows one below the other, C order: numpy adds along rows in an order that depends on the layout."""
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts))


def _joined_ports(steps: Sequence[Sequence[Ports]], members: int) -> dict[str, _PortRows]:
    subjects: dict[str, dict[str, int]] = {}
    for stage, outputs in enumerate(steps[0]):
        for subject, published in outputs.items():
            known = subjects.setdefault(subject, {})
            for port in published:
                if port in known:
                    raise ValueError(f"{port} of {subject} reaches the recorder twice")
                known[port] = stage
    return {subject: _PortRows(subject, stages, steps, members) for subject, stages in subjects.items()}


class Sink(Protocol):
    """A consumer of blocks. It must not keep references into arrays it intends to change (they are shared)."""

    def open(self, layout: Layout) -> None:
        """Called once before the first step."""
        ...

    def write(self, block: StepBlock) -> None:
        """Called with the steps of the run in time order; a block ends with a step that did not converge."""
        ...

    def close(self, *, complete: bool) -> None:
        """Called once at the end, also after a failure (`complete` false)."""
        ...
