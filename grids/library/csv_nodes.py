"""The file of nodes: buses with coordinates, sources, demand, photovoltaics, pole transformers and customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import acos, tan
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import Field

from grids.errors import unknown
from grids.library.csv_columns import NODES
from grids.library.csv_rows import Row, Sheet, read_sheet, without_doubled
from grids.library.spec import BusSpec, SourceSpec
from grids.parameters import Parameters, quantity

Thing = TypeVar("Thing", bound=Parameters)
MOST_SHARE = 1.0 + 1e-9  # shares of both legs together, and how they are rounded
_OF_A_NODE = ("vn_kv", "longitude", "latitude", "source_vm_pu", "source")


class Place(Parameters):
    """Where a node is."""

    longitude: float = quantity(unit="degree", description="East positive.", ge=-180, le=180)
    latitude: float = quantity(unit="degree", description="North positive.", ge=-90, le=90)


class Demand(Parameters):
    """A load at its annual peak."""

    load: str = Field(description="Its name.")
    load_kw: float = quantity(unit="kW", description="Active power.", ge=0)
    load_kvar: float = quantity(unit="kvar", description="Reactive power, lagging positive.")
    load_type: str | None = Field(None, description="What it is.")


class Photovoltaics(Parameters):
    """Photovoltaic generation."""

    pv: str = Field(description="Its name.")
    pv_kw: float = quantity(unit="kW", description="AC rating.", ge=0)
    pv_type: str | None = Field(None, description="What it is.")


class PoleRow(Parameters):
    """A pole transformer, as far as this file says it."""

    pole: str = Field(description="Its name.")
    pole_kva: float | None = quantity(None, unit="kVA", description="Rating.", gt=0)
    tap_v: float | None = quantity(None, unit="V", description="Primary voltage of the tap in use.", gt=0)
    drop_v: float = quantity(unit="V", description="Drop of a leg behind it.", ge=0)
    rise_v: float = quantity(unit="V", description="Rise of a leg behind it.", ge=0)
    peak_kw: float = quantity(unit="kW", description="Highest coincident demand behind it.", ge=0)
    pole_pv_kw: float = quantity(unit="kW", description="AC rating of the PV behind it.", ge=0)


class CustomerRow(Parameters):
    """A low-voltage customer."""

    customer: str = Field(description="Its name.")
    share_a: float = quantity(unit="1", description="Share of its demand on leg a.", ge=0, le=1)
    share_b: float = quantity(unit="1", description="Share of its demand on leg b.", ge=0, le=1)


@dataclass(frozen=True)
class At(Generic[Thing]):
    """Something at a node, and the row it stands in."""

    thing: Thing
    node: str
    row: Row


@dataclass(frozen=True)
class Nodes:
    """What the file describes, and the row each name stands in, also where the row is wrong."""

    sheet: Sheet
    buses: dict[str, BusSpec] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)  # where given
    sources: dict[str, SourceSpec] = field(default_factory=dict)
    demands: list[At[Demand]] = field(default_factory=list)
    photovoltaics: list[At[Photovoltaics]] = field(default_factory=list)
    poles: list[At[PoleRow]] = field(default_factory=list)
    customers: list[At[CustomerRow]] = field(default_factory=list)
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)  # (`buses`, name) and so on


def read_nodes(path: Path) -> Nodes:
    """Nodes of a CSV file; mistakes are noted in its sheet.

    Raises:
        DescriptionError: the header is wrong.
        GridError: the file is no CSV text.
        OSError: the file cannot be read.
    """
    sheet, rows = read_sheet(path, "nodes", NODES)
    found = Nodes(sheet)
    rows = without_doubled(rows)
    for row in rows:
        if "at" not in row.cells:
            _read_bus(row, found)
    for row in rows:
        node = row.text("at", row.name)
        if "at" in row.cells:
            for column in _filled(row, _OF_A_NODE):
                row.problem(column, f"belongs in the row of the node {node!r}")
            if ("buses", node) not in found.rows:
                row.problem("at", unknown("node", node, [name for kind, name in found.rows if kind == "buses"]))
        _read_things(row, node, found)
    _refuse_doubled(found.demands, "load")
    _refuse_doubled(found.photovoltaics, "pv")
    _refuse_doubled(found.poles, "pole")
    _refuse_doubled(found.customers, "customer")
    return found


def _filled(row: Row, columns: Iterable[str]) -> list[str]:
    return [column for column in columns if column in row.cells]


def _read_bus(row: Row, found: Nodes) -> None:
    found.rows["buses", row.name] = row
    bus = row.model(BusSpec, {column: row.cells[column] for column in _filled(row, ("vn_kv",))}, {})
    if bus is not None:
        found.buses[row.name] = bus
    if place := {column: row.cells[column] for column in _filled(row, ("longitude", "latitude"))}:
        there = row.model(Place, place, {})
        if there is not None:
            found.places[row.name] = there
    if "source_vm_pu" in row.cells:
        values = {"bus": row.name, "vm_pu": row.cells["source_vm_pu"]}
        source = row.model(SourceSpec, values, {"vm_pu": "source_vm_pu"})
        name = row.text("source", row.name)
        if name in found.sources:
            row.problem("source", f"another source is called {name!r}")
            return
        found.rows["sources", name] = row
        if source is not None:
            found.sources[name] = source
    elif "source" in row.cells:
        row.needs("source_vm_pu", because="a source is named")


def _read_things(row: Row, node: str, found: Nodes) -> None:
    """What is connected at a node: each group of columns is one thing, there if its first column or name is filled."""
    if _filled(row, ("load", "load_kw", "load_kvar", "load_power_factor", "load_type")) and row.needs("load_kw"):
        _keep(found.demands, row, node, Demand, _demand(row))
    if _filled(row, ("pv", "pv_kw", "pv_type")) and row.needs("pv_kw"):
        _keep(
            found.photovoltaics, row, node, Photovoltaics, _cells(row, Photovoltaics) | {"pv": row.text("pv", row.name)}
        )
    if _filled(row, PoleRow.model_fields) and row.needs("pole"):
        _keep(found.poles, row, node, PoleRow, _cells(row, PoleRow))
    if _filled(row, CustomerRow.model_fields) and row.needs("customer"):
        _keep(found.customers, row, node, CustomerRow, _cells(row, CustomerRow))
        share = sum(float(row.cells.get(column, 0.0)) for column in ("share_a", "share_b"))
        if share > MOST_SHARE:
            row.problem("share_a", "the shares of both legs are more than 1 together")


def _cells(row: Row, model: type[Parameters]) -> dict[str, Any]:
    return {column: row.cells[column] for column in _filled(row, model.model_fields)}


def _keep(things: list[At[Thing]], row: Row, node: str, model: type[Thing], values: Mapping[str, Any]) -> None:
    thing = row.model(model, values, {})
    if thing is not None:
        things.append(At(thing, node, row))


def _demand(row: Row) -> dict[str, Any]:
    """A demand with its reactive power, which one of two columns must say."""
    values = {"load": row.text("load", row.name), "load_kw": row.cells["load_kw"]} | (
        {"load_type": row.cells["load_type"]} if "load_type" in row.cells else {}
    )
    given = _filled(row, ("load_kvar", "load_power_factor"))
    if len(given) != 1:
        row.problem("load_kvar", f"give load_kvar or load_power_factor (given: {' and '.join(given) or 'none'})")
        return values | {"load_kvar": 0.0}
    if given == ["load_kvar"]:
        return values | {"load_kvar": row.cells["load_kvar"]}
    power_factor = row.value("load_power_factor")
    if not 0.0 < power_factor <= 1.0:
        row.problem("load_power_factor", f"{power_factor:g} is no power factor between 0 and 1")
        return values | {"load_kvar": 0.0}
    return values | {"load_kvar": row.value("load_kw") * tan(acos(power_factor))}


def _refuse_doubled(things: Sequence[At[Any]], column: str) -> None:
    seen: dict[str, int] = {}
    for at in things:
        name = getattr(at.thing, column)
        first = seen.setdefault(name, at.row.number)
        if first != at.row.number:
            at.row.problem(column, f"{name!r} is already in row {first}")
