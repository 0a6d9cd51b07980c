"""The file of branches: lines, three-wire stretches, transformers, voltage regulators and switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from grids.errors import GridError, unknown
from grids.library.csv_columns import BRANCHES, KIND_WORDS, KINDS, STATES
from grids.library.csv_rows import Row, Sheet, read_sheet, without_doubled
from grids.library.ratings import conductor_ratings
from grids.library.spec import LineSpec, SvrSpec, SwitchSpec, TrafoSpec

AMPERES_PER_KA = 1000.0
LOOP = 2.0  # wires of a single-phase loop in series
# power P takes P / V in the loop and P / (sqrt(3) V) in each phase of the balanced line that stands for it
LOOP_CURRENT = sqrt(3.0)

_ENDS = ("name", "kind", "from", "to")
_INLINE = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_a")
_RATINGS = ("sn_kva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "i0_percent", "pfe_kw", "shift_degree")
_TAPS = ("tap_side", "tap_min", "tap_max", "tap_neutral", "tap_step_percent", "tap_pos")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "line": (*_ENDS, "length_km", "conductor", *_INLINE, "parallel"),
    "three_wire": (*_ENDS, "length_km", "conductor", "r_ohm_per_km", "x_ohm_per_km", "max_i_a"),
    "trafo": (*_ENDS, "parallel", "pole_kva", "tap_v", *_RATINGS, *_TAPS),
    "svr": (*_ENDS, "model", "tap_pos"),
    "switch": (*_ENDS, "at_line", "at_trafo", "closed"),
}
_TABLES = {"line": "lines", "three_wire": "lines", "trafo": "trafos", "svr": "svrs", "switch": "switches"}
# table of the network -> field of its description -> column
FIELDS: Mapping[str, Mapping[str, str]] = {
    "lines": {"max_i_ka": "max_i_a"},
    "trafos": {"hv": "from", "lv": "to", "tap": ""} | {f"tap.{name.removeprefix('tap_')}": name for name in _TAPS},
    "svrs": {},
    "switches": {"bus": "from", "to_bus": "to", "line": "at_line", "trafo": "at_trafo"},
}


@dataclass(frozen=True)
class Stretch:
    """A three-wire main, service or house wiring; ohms are those of one wire."""

    row: Row
    name: str
    from_node: str
    to_node: str
    r_ohm: float
    x_ohm: float


@dataclass(frozen=True)
class Branches:
    """What the file describes, and the row each name stands in, also where the row is wrong."""

    sheet: Sheet
    frequency_hz: float
    lines: dict[str, LineSpec] = field(default_factory=dict)
    trafos: dict[str, TrafoSpec] = field(default_factory=dict)
    svrs: dict[str, SvrSpec] = field(default_factory=dict)
    switches: dict[str, SwitchSpec] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)  # (`lines`, name) and so on


def read_branches(path: Path, frequency_hz: float) -> Branches:
    """Branches of a CSV file; mistakes are noted in its sheet.

    Raises:
        DescriptionError: the header is wrong.
        GridError: the file is no CSV text.
        OSError: the file cannot be read.
    """
    sheet, rows = read_sheet(path, "branches", BRANCHES)
    found = Branches(sheet, frequency_hz)
    known = [row for row in rows if _kind(row) is not None]
    for row in without_doubled(known, lambda row: KINDS[_known_kind(row)]):
        kind = _known_kind(row)
        found.rows[_TABLES[kind], row.name] = row
        row.only(_COLUMNS[kind], f"means nothing for a {kind}")
        _READ[kind](row, found)
    return found


def _known_kind(row: Row) -> str:
    written = row.text("kind", "")
    return KIND_WORDS.get(written, written)


def _kind(row: Row) -> str | None:
    """The kind of a row; None, and a mistake noted, where it has none."""
    if not row.needs("kind", "from"):
        return None
    kind = _known_kind(row)
    if kind not in KINDS:
        row.problem("kind", unknown("kind", kind, KINDS))
        return None
    return kind


def _given(row: Row, *columns: str) -> dict[str, Any]:
    return {column: row.cells[column] for column in columns if column in row.cells}


def _read_line(row: Row, found: Branches) -> None:
    values = _given(row, "from", "to", "length_km", "conductor", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km")
    values |= _given(row, "parallel")
    if "max_i_a" in row.cells:
        values["max_i_ka"] = row.value("max_i_a") / AMPERES_PER_KA
    _keep_line(row, found, values)


def _keep_line(row: Row, found: Branches, values: dict[str, Any]) -> None:
    line = row.model(LineSpec, values, FIELDS["lines"])
    if line is not None:
        found.lines[row.name] = line


def _read_three_wire(row: Row, found: Branches) -> None:
    """A stretch of three equal wires: the balanced line with the drop and the losses of its 200 V loop."""
    wire = _wire(row, found.frequency_hz)
    if wire is None or not row.needs("to", "length_km"):
        return
    r, x, max_i_a = wire
    values = _given(row, "from", "to", "length_km") | {
        "r_ohm_per_km": LOOP * r,
        "x_ohm_per_km": LOOP * x,
        "max_i_ka": max_i_a / LOOP_CURRENT / AMPERES_PER_KA,
    }
    _keep_line(row, found, values)
    if row.name in found.lines:
        km = row.value("length_km")
        ends = row.text("from", ""), row.text("to", "")
        found.stretches.append(Stretch(row, row.name, *ends, r_ohm=km * r, x_ohm=km * x))


def _wire(row: Row, frequency_hz: float) -> tuple[float, float, float] | None:
    """Resistance and reactance of one wire, ohm/km, and its rated current, A."""
    inline = ("r_ohm_per_km", "x_ohm_per_km", "max_i_a")
    if "conductor" not in row.cells:
        if not row.needs(*inline, because="or name a conductor"):
            return None
        return row.value(inline[0]), row.value(inline[1]), row.value(inline[2])
    for column in _given(row, *inline):
        row.problem(column, "the conductor brings it; give one or the other")
    try:
        wire = conductor_ratings(row.text("conductor", ""), None, frequency_hz)
    except GridError as error:
        row.problem("conductor", str(error))
        return None
    return wire.r_ohm_per_km, wire.x_ohm_per_km, wire.max_i_ka * AMPERES_PER_KA


def _read_trafo(row: Row, found: Branches) -> None:
    values = _given(row, *_RATINGS, "parallel", "pole_kva", "tap_v")
    values |= {field: row.cells[column] for field, column in (("hv", "from"), ("lv", "to")) if column in row.cells}
    taps = _given(row, *_TAPS)
    if taps:
        if not row.needs("tap_side", "tap_min", "tap_max", "tap_step_percent", because="other tap columns are filled"):
            return
        values["tap"] = {column.removeprefix("tap_"): value for column, value in taps.items()}
    trafo = row.model(TrafoSpec, values, FIELDS["trafos"])
    if trafo is not None:
        found.trafos[row.name] = trafo


def _read_svr(row: Row, found: Branches) -> None:
    if not row.needs("to", "model"):
        return
    svr = row.model(SvrSpec, _given(row, "from", "to", "model", "tap_pos"), FIELDS["svrs"])
    if svr is not None:
        found.svrs[row.name] = svr


def _read_switch(row: Row, found: Branches) -> None:
    if not row.needs("closed"):
        return
    state = row.text("closed", "").lower()
    if state not in STATES:
        row.problem("closed", f"{state!r} is no state; write closed or open")
        return
    values = {field: row.cells[column] for field, column in FIELDS["switches"].items() if column in row.cells} | {
        "closed": STATES[state]
    }
    switch = row.model(SwitchSpec, values, FIELDS["switches"])
    if switch is not None:
        found.switches[row.name] = switch


_READ = {
    "line": _read_line,
    "three_wire": _read_three_wire,
    "trafo": _read_trafo,
    "svr": _read_svr,
    "switch": _read_switch,
}
