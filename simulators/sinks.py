"""The sink protocol: whoever wants a run's steps. The recorder stage feeds every sink, in order, each step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.feeder import GridStep
from grids.powerflow.contract import FeederIndex
from simulators.axis import TimeAxis

PortValues = Mapping[str, FloatArray | BoolArray | IntArray]


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
    storage_mwh: float = math.nan  # heat a full tank of a heat plant holds; NaN = none or unknown


@dataclass(frozen=True)
class Layout:
    """Everything a sink may know before the first step."""

    axis: TimeAxis
    members: int
    index: FeederIndex
    entities: tuple[EntityLayout, ...]
    boundaries: tuple[str, ...]  # names, order of GridStep.boundary_p_mw
    ends: tuple[tuple[str, str], ...]  # (boundary name, "switch:S3@from"), order of GridStep.end_p_mw


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step, all members. `ports[subject][port name]` are (M, units) arrays or floats that broadcast."""

    k: int
    t_s: int
    dt_s: int
    ports: Mapping[str, PortValues]
    grid: GridStep


class Sink(Protocol):
    """A consumer of steps. It must not keep references into arrays it intends to change (they are shared)."""

    def open(self, layout: Layout) -> None:
        """Called once before the first step."""
        ...

    def write(self, step: StepRecord) -> None:
        """Called once a step, in time order."""
        ...

    def close(self, *, complete: bool) -> None:
        """Called once at the end, also after a failure (`complete` false)."""
        ...
