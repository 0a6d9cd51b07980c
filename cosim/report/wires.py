"""The wires of a run as a drawing needs them, read from its `grid.json` without loading a network library."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from grids.arrays import BoolArray, FloatArray

FILE = "grid.json"
LINE, TRAFO, SWITCH = "line", "trafo", "switch"
_BRANCH_BUSES = {  # table -> its columns of buses; its name is the kind of the subject
    LINE: ("from_bus", "to_bus"),
    TRAFO: ("hv_bus", "lv_bus"),
    "impedance": ("from_bus", "to_bus"),
    "tcsc": ("from_bus", "to_bus"),
}
_ELEMENT = {"l": LINE, "t": TRAFO}  # what a switch sits in
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Branch:
    """A line, a transformer or a switch between two buses; `start` is its from or high-voltage bus."""

    subject: str
    kind: str
    start: int
    end: int
    length_km: float  # 0 for whatever has no length
    in_service: bool

    @property
    def name(self) -> str:
        """Without its kind."""
        return self.subject.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch in normal position, at one end of a branch (bus-bus: it is the branch)."""

    name: str
    bus: int
    branch: int
    closed: bool


@dataclass(frozen=True)
class Wires:
    """Buses, branches, switches and sources, by position."""

    bus: tuple[str, ...]
    vn_kv: FloatArray  # (bus,)
    star: BoolArray  # (bus,) inside a three-winding transformer
    degrees: FloatArray  # (bus, 2) longitude, latitude; NaN = unknown
    branches: tuple[Branch, ...]
    switches: tuple[Switch, ...]
    sources: tuple[tuple[str, int], ...]  # name, bus

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Bus name -> position."""
        return {name: at for at, name in enumerate(self.bus)}

    @cached_property
    def branch_position(self) -> Mapping[str, int]:
        """Subject -> position."""
        return {branch.subject: at for at, branch in enumerate(self.branches)}

    def open_branches(self, switches: frozenset[str] | None = None, out: frozenset[str] = frozenset()) -> BoolArray:
        """(branch,) which branches carry nothing.

        Args:
            switches: names of the open switches; left out = those open in normal operation.
            out: subjects of branches out of service, beside those that never are.
        """
        opened = np.array([not one.in_service or one.subject in out for one in self.branches], dtype=bool)
        for switch in self.switches:
            if not switch.closed if switches is None else switch.name in switches:
                opened[switch.branch] = True
        return opened


def read_wires(run: Path) -> Wires | None:
    """The network of a run; None where `grid.json` is missing or holds something else."""
    try:
        tables = json.loads((run / FILE).read_text(encoding="utf-8"))["_object"]
        return _wires(tables)
    except (OSError, ValueError, KeyError, TypeError, IndexError):  # the page does without
        return None


def _wires(tables: Mapping[str, Any]) -> Wires:
    bus = list(_rows(tables, "bus"))
    branches = list(_branches(tables))
    place = {branch.subject: at for at, branch in enumerate(branches)}
    names = {table: [str(row["name"]) for row in _rows(tables, table)] for table in _ELEMENT.values()}
    switches = []
    for row in _rows(tables, SWITCH):
        table = _ELEMENT.get(row["et"])
        subject = f"{SWITCH}:{row['name']}" if table is None else f"{table}:{names[table][row['element']]}"
        switches.append(Switch(str(row["name"]), int(row["bus"]), place[subject], bool(row["closed"])))
    return Wires(
        bus=tuple(str(row["name"]) for row in bus),
        vn_kv=np.array([row["vn_kv"] for row in bus], dtype=np.float64),
        star=np.array([bool(row.get("star")) for row in bus], dtype=bool),
        degrees=np.array([_point(row.get("geo")) for row in bus], dtype=np.float64).reshape(-1, 2),
        branches=tuple(branches),
        switches=tuple(switches),
        sources=tuple((str(row["name"]), int(row["bus"])) for row in _rows(tables, "ext_grid")),
    )


def _branches(tables: Mapping[str, Any]) -> Iterator[Branch]:
    for kind, (start, end) in _BRANCH_BUSES.items():
        for row in _rows(tables, kind):
            length = float(row.get("length_km") or 0.0)
            on = bool(row.get("in_service", True))
            yield Branch(f"{kind}:{row['name']}", kind, int(row[start]), int(row[end]), length, on)
    for row in _rows(tables, SWITCH):
        if row["et"] not in _ELEMENT:
            yield Branch(f"{SWITCH}:{row['name']}", SWITCH, int(row["bus"]), int(row["element"]), 0.0, True)


def _rows(tables: Mapping[str, Any], name: str) -> Iterator[Row]:
    """Rows of a table of a pandapower network in JSON: a JSON text in split layout."""
    if name not in tables:
        return
    table = json.loads(tables[name]["_object"])
    for row in table["data"]:
        yield dict(zip(table["columns"], row, strict=True))


def _point(text: Any) -> tuple[float, float]:
    """Coordinates of a GeoJSON point; NaN where there is none."""
    try:
        point = json.loads(text)
        longitude, latitude = (float(value) for value in point["coordinates"][:2])
    except (TypeError, ValueError, KeyError):
        return np.nan, np.nan
    return longitude, latitude
