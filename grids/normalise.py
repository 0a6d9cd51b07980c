"""From any pandapower network to the one form every engine reads.

Before an engine sees a network: names are unique, elements nobody carries are refused by name, what has an exact
equivalent is replaced by it (`grids.equivalents`), tap changer types and vector groups are filled, sources are ideal,
loads and static generators are taken out and come back as connection points. Tables are numbered 0..n-1, so that a
position in an array is a row of a table. The pi model of transformers is chosen by the engines.

Voltage-dependent (ZIP) loads keep their shares as data. pandapower averages the shares of several loads at a bus
without regard to their power; what is meant, and what the engines here do, is the mean weighted by power.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from grids.admission import CARRIED, admit
from grids.arrays import FloatArray, IntArray
from grids.elements import CONSTANT_POWER, LOAD_TABLES, SHARES, NetworkElement, Shares, network_elements
from grids.empty import empty_network
from grids.equivalents import drop_dead, simplify
from grids.errors import GridError, unknown
from grids.fixtures import only_pandapower
from grids.indexing import feeder_index, normal_state
from grids.naming import Renamed, fill_names
from grids.powerflow.contract import FeederIndex
from grids.tapchangers import fill_transformers
from grids.wires import WireState

if TYPE_CHECKING:
    from pandapower import pandapowerNet

__all__ = ["NetworkElement", "NormalisedGrid", "Point", "normalise"]

# everything else is left behind: loads and generators, results, side tables
SOLVED_TABLES = tuple(table for table in CARRIED if table not in {*LOAD_TABLES, "sgen", "trafo3w"} or table == "xward")
TAP_TABLES = "trafo_characteristic_table"


class Point(NamedTuple):
    """A connection point: where a load takes or a device injects power."""

    name: str
    bus: str
    shares: Shares = CONSTANT_POWER


PointLike = Point | tuple[str, str] | tuple[str, str, Shares]


@dataclass(frozen=True)
class NormalisedGrid:
    """A network ready for an engine. `net` belongs to this object: engines work on copies."""

    net: pandapowerNet
    index: FeederIndex
    normal: WireState  # one member: normal switches, taps as given, sources as given
    elements: tuple[NetworkElement, ...]
    renamed: tuple[Renamed, ...]
    out_of_service_buses: frozenset[str]
    # table -> index each position had in the network it came from; rows made here are numbered on after the last
    origin: Mapping[str, tuple[int, ...]]
    load_shares: FloatArray = field(default_factory=lambda: np.zeros((0, 4)))  # (load, 4), see NetworkElement
    only_pandapower: tuple[str, ...] = ()  # what no other engine can solve, by table, index and name

    @property
    def loads(self) -> tuple[NetworkElement, ...]:
        """Loads that came with the network."""
        return tuple(element for element in self.elements if element.kind == "load")

    @property
    def generators(self) -> tuple[NetworkElement, ...]:
        """Static generators that came with the network."""
        return tuple(element for element in self.elements if element.kind == "sgen")

    def with_points(self, loads: Sequence[PointLike], injections: Sequence[PointLike]) -> NormalisedGrid:
        """This network with these connection points instead of the ones it has: (name, bus[, shares]).

        Raises:
            GridError: a name is doubled, or a bus is missing or out of service.
        """
        import pandapower  # noqa: PLC0415

        load_points = [Point(*point) for point in loads]
        injection_points = [Point(*point) for point in injections]
        load_bus = self._point_buses("load", load_points)
        injection_bus = self._point_buses("injection", injection_points)
        shares = np.array([point.shares for point in load_points], dtype=np.float64).reshape(-1, 4)
        net = copy.deepcopy(self.net)
        for table in ("load", "sgen"):
            net[table] = net[table].iloc[:0].copy()
        if load_points:
            columns = dict(zip(SHARES, (100.0 * shares).T, strict=True))
            names = [point.name for point in load_points]
            pandapower.create_loads(net, load_bus.tolist(), p_mw=0.0, q_mvar=0.0, name=names, **columns)
        if injection_points:
            names = [point.name for point in injection_points]
            pandapower.create_sgens(net, injection_bus.tolist(), p_mw=0.0, q_mvar=0.0, name=names)
        index = replace(
            self.index,
            load=tuple(point.name for point in load_points),
            load_bus=load_bus,
            injection=tuple(point.name for point in injection_points),
            injection_bus=injection_bus,
        )
        return replace(self, net=net, index=index, load_shares=shares)

    def _point_buses(self, kind: str, points: Sequence[Point]) -> IntArray:
        position = {name: place for place, name in enumerate(self.index.bus)}
        seen: set[str] = set()
        for point in points:
            if point.name in seen:
                raise GridError(f"two {kind} points are called {point.name!r}")
            seen.add(point.name)
            if point.bus not in position:
                raise GridError(f"{kind} point {point.name!r}: {unknown('bus', point.bus, position)}")
            if point.bus in self.out_of_service_buses:
                raise GridError(f"{kind} point {point.name!r}: bus {point.bus!r} is out of service")
        return np.array([position[point.bus] for point in points], dtype=np.int64)

    def to_json(self, path: Path) -> None:
        """Write the network as pandapower JSON: put recorded powers into it and solve it by hand."""
        import pandapower  # noqa: PLC0415

        path.write_text(pandapower.to_json(self.net), encoding="utf-8")


def normalise(net: pandapowerNet) -> NormalisedGrid:
    """Bring a pandapower network into the form every engine reads; `net` itself is left alone.

    Raises:
        UnsupportedElementsError: it holds elements nobody carries; all are listed.
        GridError: it has no source, or two at one bus, or a parameter is missing or impossible.
    """
    source = copy.deepcopy(net)
    renamed = fill_names(source)
    drop_dead(source)
    admit(source)
    elements = tuple(network_elements(source))
    simplify(source)
    clean = _renumbered(source)
    fill_transformers(clean.trafo)
    return NormalisedGrid(
        net=clean,
        index=feeder_index(clean),
        normal=normal_state(clean),
        elements=elements,
        renamed=renamed,
        out_of_service_buses=frozenset(clean.bus["name"][~clean.bus["in_service"].astype(bool)]),
        origin={table: tuple(int(i) for i in source[table].index) for table in SOLVED_TABLES},
        only_pandapower=tuple(only_pandapower(source)),
    )


def _renumbered(source: pandapowerNet) -> pandapowerNet:
    """What an engine solves, with rows numbered 0..n-1."""
    net = empty_network(name=source.name, f_hz=source.f_hz, sn_mva=source.sn_mva)
    place = {
        table: {int(old): new for new, old in enumerate(source[table].index)} for table in ("bus", "line", "trafo")
    }
    for table in SOLVED_TABLES:
        frame = source[table].reset_index(drop=True)
        for column in CARRIED[table]:
            # an array, because an empty list would make a float column
            frame[column] = np.array([place["bus"][int(old)] for old in frame[column]], dtype=np.int64)
        net[table] = frame
    switch = net.switch
    positions = [place[{"b": "bus", "l": "line", "t": "trafo"}[et]] for et in switch["et"]]
    switch["element"] = _places(positions, switch["element"], switch["name"])
    if TAP_TABLES in source:
        net[TAP_TABLES] = source[TAP_TABLES].copy()
    return net


def _places(positions: Iterable[Mapping[int, int]], olds: Iterable[int], names: Iterable[str]) -> IntArray:
    """New positions of the elements switches sit at."""
    news = []
    for position, old, name in zip(positions, olds, names, strict=True):
        if int(old) not in position:
            raise GridError(f"switch {name!r} refers to an element {old} that is not in the network")
        news.append(position[int(old)])
    return np.array(news, dtype=np.int64)
