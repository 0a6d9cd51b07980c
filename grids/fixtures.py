"""Fixtures: equipment of a network that takes or gives power and that nobody drives, and where an engine reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from grids.admission import by_table
from grids.arrays import IntArray

if TYPE_CHECKING:
    from pandapower import pandapowerNet

FIXTURE_KIND = "fixture"  # column of the shunt table that says what a row was


class FixtureEnd(NamedTuple):
    """One block of the fixture axis: the rows of a table, at one of their buses."""

    table: str
    bus: str  # column
    results: tuple[str, ...]  # columns of the result table: (p, q), or (q,) where p is nothing
    sign: float  # of the results; fixtures have the load sign
    held: str = ""  # column of the voltage it holds at its bus, if it does
    mark: str = ""  # behind the name, where a row has two ends


PQ = ("p_mw", "q_mvar")
# the order is that of the fixture axis
FIXTURE_ENDS = (
    FixtureEnd("shunt", "bus", PQ, 1.0),
    FixtureEnd("gen", "bus", PQ, -1.0, "vm_pu"),
    FixtureEnd("xward", "bus", PQ, 1.0),
    FixtureEnd("dcline", "from_bus", ("p_from_mw", "q_from_mvar"), 1.0, "vm_from_pu", " (from)"),
    FixtureEnd("dcline", "to_bus", ("p_to_mw", "q_to_mvar"), 1.0, "vm_to_pu", " (to)"),
    FixtureEnd("svc", "bus", ("q_mvar",), 1.0),
    FixtureEnd("ssc", "bus", ("q_mvar",), 1.0),
)
_WHY_ONLY_PANDAPOWER = {
    "gen": "PV bus",
    "xward": "extended ward",
    "dcline": "DC line",
    "svc": "static var compensator",
    "ssc": "static synchronous compensator",
    "tcsc": "series compensator",
    "impedance": "not symmetric, or between buses of different nominal voltage",
}


def fixture_axis(net: pandapowerNet) -> tuple[tuple[str, ...], IntArray]:
    """Subjects and bus positions of all fixtures of a renumbered network."""
    names: list[str] = []
    buses = [np.zeros(0, dtype=np.int64)]
    for end in FIXTURE_ENDS:
        frame = net[end.table]
        kinds = frame[FIXTURE_KIND] if end.table == "shunt" else [end.table] * len(frame)
        names += [f"{kind}:{name}{end.mark}" for kind, name in zip(kinds, frame["name"], strict=True)]
        buses.append(frame[end.bus].to_numpy(dtype=np.int64))
    return tuple(names), np.concatenate(buses)


def fixture_blocks(net: pandapowerNet) -> Iterator[tuple[FixtureEnd, slice]]:
    """Every block of the fixture axis that is not empty, and where it lies."""
    start = 0
    for end in FIXTURE_ENDS:
        rows = slice(start, start + len(net[end.table]))
        start = rows.stop
        if rows.start < rows.stop:
            yield end, rows


def only_pandapower(net: pandapowerNet) -> Iterator[str]:
    """What only pandapower can solve, by table, index and name. `net` is simplified but not yet renumbered."""
    for table, why in _WHY_ONLY_PANDAPOWER.items():
        for row in net[table].itertuples():
            yield f"{table} {row.Index} {row.name!r} ({why})"
    switch = net.switch
    for row in switch[(switch["et"] == "b") & (switch["z_ohm"] > 0.0)].itertuples():
        yield f"switch {row.Index} {row.name!r} (impedance {row.z_ohm:g} ohm)"
    trafo = net.trafo
    for row in trafo[trafo["in_service"].astype(bool) & by_table(trafo)].itertuples():
        yield f"trafo {row.Index} {row.name!r} (impedance from a tap table)"
