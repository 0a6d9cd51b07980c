"""Networks in two CSV files, nodes and branches (docs/importers.md has the template)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grids.errors import DescriptionError, GridProblem, unknown
from grids.library import tables
from grids.library.csv_branches import FIELDS, Branches, read_branches
from grids.library.csv_low_voltage import low_voltage_facts
from grids.library.csv_nodes import Nodes, read_nodes
from grids.library.spec import TablesSpec
from grids.low_voltage import LowVoltageFacts
from grids.naming import fill_names

if TYPE_CHECKING:
    from pandapower import pandapowerNet

KW_PER_MW = 1000.0
# column -> what its text names, and the tables that hold it
_REFERENCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "from": ("node", ("buses",)),
    "to": ("node", ("buses",)),
    "at_line": ("line", ("lines",)),
    "at_trafo": ("trafo", ("trafos", "svrs")),
}


@dataclass(frozen=True)
class CsvNetwork:
    """A network from two CSV files, and what they say about its low voltage."""

    net: pandapowerNet
    low_voltage: LowVoltageFacts | None


def load(nodes: Path, branches: Path, frequency_hz: Literal[50, 60]) -> CsvNetwork:
    """The network in two CSV files.

    Args:
        nodes: file of nodes; UTF-8 or Shift_JIS (cp932), headings in English or Japanese.
        branches: file of branches.
        frequency_hz: nominal frequency, for reactances of named conductors and for line charging.

    Raises:
        DescriptionError: everything wrong, each as `file:row:column: ...`; routes start at `nodes` or `branches`.
        GridError: a file is no CSV text.
        OSError: a file cannot be read.
    """
    node_file, branch_file = _read_both(nodes, branches, frequency_hz)
    described = TablesSpec(
        frequency_hz=frequency_hz,
        buses=node_file.buses,
        sources=node_file.sources,
        lines=branch_file.lines,
        trafos=branch_file.trafos,
        svrs=branch_file.svrs,
        switches=branch_file.switches,
    )
    _refer(node_file, branch_file)
    for problem in tables.check(described):
        _place(problem, node_file, branch_file)
    _raise_problems(node_file, branch_file)
    facts = low_voltage_facts(node_file, branch_file)
    _raise_problems(node_file, branch_file)
    net = tables.build(described)
    _connect(net, node_file)
    fill_names(net)
    return CsvNetwork(net, facts)


def _read_both(nodes: Path, branches: Path, frequency_hz: float) -> tuple[Nodes, Branches]:
    """Both files, or the mistakes in the headers of both."""
    problems: list[GridProblem] = []
    try:
        node_file = read_nodes(nodes)
    except DescriptionError as error:
        problems += error.problems
    try:
        branch_file = read_branches(branches, frequency_hz)
    except DescriptionError as error:
        problems += error.problems
    if problems:
        raise DescriptionError(problems)
    return node_file, branch_file


def _raise_problems(nodes: Nodes, branches: Branches) -> None:
    problems = [*nodes.sheet.problems, *branches.sheet.problems]
    if problems:
        raise DescriptionError(problems)


def _refer(nodes: Nodes, branches: Branches) -> None:
    """Note every reference to a node or branch that neither file names."""
    rows = nodes.rows | branches.rows
    for row in branches.rows.values():
        for column, (kind, holding) in _REFERENCES.items():
            named = row.cells.get(column)
            if named is not None and not any((table, str(named)) in rows for table in holding):
                known = [name for table, name in rows if table in holding]
                row.problem(column, unknown(kind, str(named), known))


def _place(problem: GridProblem, nodes: Nodes, branches: Branches) -> None:
    """Note a problem of the described tables at the row it comes from."""
    kind, *rest = (str(part) for part in problem.route)
    if not rest:
        if not any(table == kind for table, _ in nodes.rows):
            nodes.sheet.problem(1, "source_vm_pu", problem.message)
        return
    rows = nodes.rows | branches.rows
    row, written = rows[kind, rest[0]], ".".join(rest[1:])
    for column, (sort, holding) in _REFERENCES.items():
        named = row.cells.get(column)
        found = [rows[table, str(named)] for table in holding if (table, str(named)) in rows]
        usable = named in nodes.buses if sort == "node" else not any(one.number in one.sheet.wrong for one in found)
        if named is not None and not (found and usable):
            return  # there is no such element, or its own row is wrong: said already
    row.problem(FIELDS.get(kind, {}).get(written, written), problem.message)


def _connect(net: pandapowerNet, nodes: Nodes) -> None:
    """Coordinates, demand and photovoltaics, in place."""
    import pandapower  # noqa: PLC0415

    bus = {name: index for index, name in net.bus["name"].items()}
    if nodes.places:
        net.bus["geo"] = [_point(nodes, name) for name in net.bus["name"]]
    if demands := [at.thing for at in nodes.demands]:
        pandapower.create_loads(
            net,
            [bus[at.node] for at in nodes.demands],
            p_mw=[demand.load_kw / KW_PER_MW for demand in demands],
            q_mvar=[demand.load_kvar / KW_PER_MW for demand in demands],
            type=[demand.load_type for demand in demands],
            name=[demand.load for demand in demands],
        )
    if arrays := [at.thing for at in nodes.photovoltaics]:
        rated = [array.pv_kw / KW_PER_MW for array in arrays]
        pandapower.create_sgens(
            net,
            [bus[at.node] for at in nodes.photovoltaics],
            p_mw=rated,
            q_mvar=0.0,
            sn_mva=rated,
            type=[array.pv_type for array in arrays],
            name=[array.pv for array in arrays],
        )


def _point(nodes: Nodes, name: str) -> str | None:
    """The place of a node as GeoJSON text."""
    place: Mapping[str, object] = {}
    if name in nodes.places:
        there = nodes.places[name]
        place = {"type": "Point", "coordinates": [there.longitude, there.latitude]}
    return json.dumps(place) if place else None
