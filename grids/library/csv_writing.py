"""Writing a network and its low-voltage facts as the two CSV files that `grids.library.csv_files` reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.elements import SHARES
from grids.errors import GridError
from grids.library.csv_branches import AMPERES_PER_KA, LOOP, LOOP_CURRENT
from grids.library.csv_columns import BRANCHES, NODES, Column
from grids.low_voltage import LowVoltageFacts, PoleTransformer, WireSegment
from grids.tapchangers import filled_types

if TYPE_CHECKING:
    from pandapower import pandapowerNet

HELD = frozenset({"bus", "line", "trafo", "switch", "ext_grid", "load", "sgen"})
KW_PER_MW = 1000.0
OHM_TOLERANCE = 1e-9
SHOWN = 8
_LONGITUDES, _LATITUDES = 180.0, 90.0

Cells = dict[str, Any]


def write(net: pandapowerNet, low_voltage: LowVoltageFacts | None, folder: Path) -> tuple[Path, Path]:
    """Write `nodes.csv` and `branches.csv`, UTF-8 with the mark spreadsheets look for.

    Columns nobody fills are left out. Places that are no longitude and latitude stay blank. Loads and generators are
    written with their scaling.

    Args:
        net: names filled (`grids.naming.fill_names`).
        low_voltage: what stands behind its 6.6 kV nodes, if known.
        folder: existing folder; files of these names are replaced.

    Returns:
        Both paths, nodes first.

    Raises:
        GridError: the format does not hold the network; elements are named.
    """
    lost = [*_lost_tables(net), *_lost_parameters(net), *_lost_stretches(net, low_voltage)]
    if lost:
        more = f", and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
        raise GridError("the CSV files cannot hold: " + ", ".join(lost[:SHOWN]) + more)
    segments = {} if low_voltage is None else {segment.name: segment for segment in low_voltage.segments}
    paths = folder / "nodes.csv", folder / "branches.csv"
    _save(paths[0], NODES, _node_rows(net, low_voltage))
    _save(paths[1], BRANCHES, [*_line_rows(net, segments), *_trafo_rows(net), *_switch_rows(net)])
    return paths


def _save(path: Path, columns: Sequence[Column], rows: Iterable[Cells]) -> None:
    rows = list(rows)
    used = [column.name for column in columns if column.needed or any(column.name in row for row in rows)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, used, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _node_rows(net: pandapowerNet, low_voltage: LowVoltageFacts | None) -> Iterator[Cells]:
    """One row a bus, and further ones where it has more than one load, PV, pole or customer."""
    name = net.bus["name"]
    things: dict[str, list[list[Cells]]] = {bus: [[], [], [], []] for bus in name}
    for row in net.load.itertuples():
        things[name[row.bus]][0].append(_demand_cells(row))
    for row in net.sgen.itertuples():
        kw = float(row.p_mw * row.scaling) * KW_PER_MW
        things[name[row.bus]][1].append({"pv": row.name, "pv_kw": kw} | _type_cell("pv_type", row))
    for pole in () if low_voltage is None else low_voltage.poles:
        things[pole.lv_bus or pole.bus][2].append(_pole_cells(pole))
    for one in () if low_voltage is None else low_voltage.customers:
        shares = {"customer": one.name, "share_a": one.share_a, "share_b": one.share_b}
        things[one.bus][3].append(shares)
    source = {row.bus: {"source": row.name, "source_vm_pu": float(row.vm_pu)} for row in net.ext_grid.itertuples()}
    taken = set(name)
    for row in net.bus.itertuples():
        first = {"name": row.name, "vn_kv": float(row.vn_kv)} | _place_cells(row) | source.get(row.Index, {})
        connected = [_joined(cells) for cells in zip_longest(*things[row.name])]
        yield first | (connected[0] if connected else {})
        for number, cells in enumerate(connected[1:], start=2):
            further = f"{row.name} ({number})"
            while further in taken:
                further += "'"
            taken.add(further)
            yield {"name": further, "at": row.name} | cells


def _joined(groups: Iterable[Cells | None]) -> Cells:
    return {column: value for cells in groups if cells is not None for column, value in cells.items()}


def _demand_cells(row: Any) -> Cells:
    kw, kvar = (float(value * row.scaling) * KW_PER_MW for value in (row.p_mw, row.q_mvar))
    return {"load": row.name, "load_kw": kw, "load_kvar": kvar} | _type_cell("load_type", row)


def _type_cell(column: str, row: Any) -> Cells:
    return {column: row.type} if isinstance(row.type, str) and row.type else {}


def _pole_cells(pole: PoleTransformer) -> Cells:
    return {
        "pole": pole.name,
        "pole_kva": pole.sn_kva,
        "tap_v": pole.tap_v,
        "drop_v": pole.drop_v,
        "rise_v": pole.rise_v,
        "peak_kw": pole.peak_kw,
        "pole_pv_kw": pole.pv_kw,
    }


def _place_cells(row: Any) -> Cells:
    geo = getattr(row, "geo", None)
    place = json.loads(geo) if isinstance(geo, str) and geo else {}
    if place.get("type") != "Point":
        return {}
    longitude, latitude = place["coordinates"][:2]
    if abs(longitude) > _LONGITUDES or abs(latitude) > _LATITUDES:
        return {}
    return {"longitude": longitude, "latitude": latitude}


def _line_rows(net: pandapowerNet, segments: Mapping[str, WireSegment]) -> Iterator[Cells]:
    bus = net.bus["name"]
    for row in net.line.itertuples():
        loop = row.name in segments
        wires, current = (LOOP, LOOP_CURRENT) if loop else (1.0, 1.0)
        cells = {
            "name": row.name,
            "kind": "three_wire" if loop else "line",
            "from": bus[row.from_bus],
            "to": bus[row.to_bus],
            "length_km": float(row.length_km),
            "r_ohm_per_km": row.r_ohm_per_km / wires,
            "x_ohm_per_km": row.x_ohm_per_km / wires,
            "max_i_a": row.max_i_ka * AMPERES_PER_KA * current,
        }
        yield cells if loop else cells | {"c_nf_per_km": float(row.c_nf_per_km), "parallel": int(row.parallel)}


def _trafo_rows(net: pandapowerNet) -> Iterator[Cells]:
    bus = net.bus["name"]
    kinds = filled_types(net.trafo, ("hv", "lv"))
    for row, kind in zip(net.trafo.itertuples(), kinds, strict=True):
        cells = {"name": row.name, "kind": "trafo", "from": bus[row.hv_bus], "to": bus[row.lv_bus]}
        cells |= {"parallel": int(row.parallel), "sn_kva": float(row.sn_mva) * KW_PER_MW}
        for column in ("vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent", "i0_percent", "pfe_kw", "shift_degree"):
            cells[column] = float(getattr(row, column))
        if kind is not None:
            cells |= {"tap_side": row.tap_side, "tap_step_percent": float(row.tap_step_percent)}
            low, high = (getattr(row, column) for column in ("tap_min", "tap_max"))
            fixed = np.isnan(low) or np.isnan(high)  # no range: it stays where it is
            cells["tap_min"] = int(min(row.tap_pos, row.tap_neutral) if fixed else low)
            cells["tap_max"] = int(max(row.tap_pos, row.tap_neutral) if fixed else high)
            cells |= {"tap_neutral": int(row.tap_neutral), "tap_pos": int(row.tap_pos)}
        yield cells


def _switch_rows(net: pandapowerNet) -> Iterator[Cells]:
    bus = net.bus["name"]
    for row in net.switch.itertuples():
        table, column = {"b": ("bus", "to"), "l": ("line", "at_line"), "t": ("trafo", "at_trafo")}[row.et]
        yield {
            "name": row.name,
            "kind": "switch",
            "from": bus[row.bus],
            column: net[table]["name"][row.element],
            "closed": "closed" if row.closed else "open",
        }


def _lost_tables(net: pandapowerNet) -> Iterator[str]:
    """Elements of tables without a place in the files, and what is out of service."""
    import pandas as pd  # noqa: PLC0415

    for table, frame in net.items():
        if not isinstance(frame, pd.DataFrame) or table.startswith(("_", "res_")) or frame.empty:
            continue
        if table not in HELD and "in_service" in frame:
            yield from (f"{table} {name!r}" for name in frame.get("name", frame.index))
        elif table in HELD and "in_service" in frame:
            off = frame[~frame["in_service"].astype(bool)]
            yield from (f"{table} {name!r} (out of service)" for name in off["name"])


# table -> columns that must have one value, which the files take for granted
_GRANTED: Mapping[str, Mapping[str, float]] = {
    "line": {"g_us_per_km": 0.0, "df": 1.0},
    "trafo": {"df": 1.0, "tap_step_degree": 0.0},
    "switch": {"z_ohm": 0.0},
    "ext_grid": {"va_degree": 0.0},
    "load": dict.fromkeys(SHARES, 0.0),
    "sgen": {"q_mvar": 0.0},
}


def _lost_parameters(net: pandapowerNet) -> Iterator[str]:
    for table, granted in _GRANTED.items():
        frame = net[table]
        for column in granted.keys() & set(frame.columns):
            values = frame[column].to_numpy(dtype=np.float64)
            for row in np.flatnonzero(np.isfinite(values) & (values != granted[column])):
                yield f"{table} {frame['name'].iloc[row]!r} ({column} {values[row]:g})"
    for name, rating in zip(net.line["name"], net.line["max_i_ka"], strict=True):
        if not rating > 0.0:
            yield f"line {name!r} (no rated current)"
    kinds = filled_types(net.trafo, ("hv", "lv"))
    for name, kind in zip(net.trafo["name"], kinds, strict=True):
        if kind not in {None, "Ratio"}:
            yield f"trafo {name!r} (tap changer {kind})"
    for row in net.switch.itertuples():
        if row.et not in {"b", "l", "t"}:
            yield f"switch {row.name!r} (type {row.et})"


def _lost_stretches(net: pandapowerNet, low_voltage: LowVoltageFacts | None) -> Iterator[str]:
    """Three-wire segments whose line in the network does not have twice the impedance of one wire."""
    line = net.line.set_index("name")
    for segment in () if low_voltage is None else low_voltage.segments:
        if segment.name not in line.index:
            yield f"segment {segment.name!r} (no line of that name)"
            continue
        row = line.loc[segment.name]
        ohms = np.array([row["r_ohm_per_km"], row["x_ohm_per_km"]]) * row["length_km"]
        wires = LOOP * np.array([segment.r_ohm, segment.x_ohm])
        if not np.allclose(ohms, wires, rtol=OHM_TOLERANCE, atol=0.0) or row["c_nf_per_km"] or row["parallel"] != 1:
            yield f"segment {segment.name!r} (its line is not twice one wire, without charging)"
