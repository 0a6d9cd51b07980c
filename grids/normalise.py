"""From any pandapower network to the one form every engine reads.

Before an engine sees a network: names are unique, elements nobody carries are refused by name, tap changer types and
vector groups are filled, sources are ideal, loads and static generators are taken out and come back as connection
points. Tables are numbered 0..n-1, so that a position in an array is a row of a table. The pi model of transformers
is chosen by the engines.

Voltage-dependent (ZIP) loads keep their shares as data. pandapower averages the shares of several loads at a bus
without regard to their power; what is meant, and what the engines here do, is the mean weighted by power.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grids.admission import admit
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import GridError, unknown
from grids.naming import Renamed, fill_names
from grids.powerflow.contract import BranchKind, FeederIndex
from grids.wires import WireState

if TYPE_CHECKING:
    import pandas as pd
    from pandapower import pandapowerNet

SHARES = ("const_z_p_percent", "const_i_p_percent", "const_z_q_percent", "const_i_q_percent")
Shares = tuple[float, float, float, float]
CONSTANT_POWER: Shares = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class NetworkElement:
    """A load or static generator that came with the network, to become a connection point.

    Powers in its own sign: demand of a load, injection of a generator, scaling included. `shares` are the parts of
    p and q at constant impedance and constant current: (z of p, i of p, z of q, i of q), 0..1.
    """

    kind: str  # "load" or "sgen"
    name: str
    index: int  # in the network it came with
    bus: str
    p_mw: float
    q_mvar: float
    sn_mva: float  # NaN where not given
    type: str
    profile: str | None
    shares: Shares = CONSTANT_POWER


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
    origin: Mapping[str, tuple[int, ...]]  # table -> index each position had in the network it came from
    load_shares: FloatArray = field(default_factory=lambda: np.zeros((0, 4)))  # (load, 4), see NetworkElement

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
    admit(source)
    clean = _renumbered(source)
    _fill_trafos(clean.trafo)
    bus_on = clean.bus["in_service"].to_numpy(dtype=bool)
    return NormalisedGrid(
        net=clean,
        index=_index(clean),
        normal=_normal_state(clean, bus_on),
        elements=tuple(_elements(source)),
        renamed=renamed,
        out_of_service_buses=frozenset(clean.bus["name"][~bus_on]),
        origin={
            table: tuple(int(i) for i in source[table].index)
            for table in ("bus", "line", "trafo", "switch", "ext_grid")
        },
    )


def _renumbered(source: pandapowerNet) -> pandapowerNet:
    """The carried wires with rows numbered 0..n-1, without loads, generators, results and side tables."""
    import pandapower  # noqa: PLC0415

    net = pandapower.create_empty_network(name=source.name, f_hz=source.f_hz, sn_mva=source.sn_mva, add_stdtypes=False)
    bus = {int(old): new for new, old in enumerate(source.bus.index)}
    element = {
        "b": bus,
        "l": {int(old): new for new, old in enumerate(source.line.index)},
        "t": {int(old): new for new, old in enumerate(source.trafo.index)},
    }
    for table, bus_columns in (
        ("bus", ()),
        ("line", ("from_bus", "to_bus")),
        ("trafo", ("hv_bus", "lv_bus")),
        ("switch", ("bus",)),
        ("ext_grid", ("bus",)),
    ):
        frame: pd.DataFrame = source[table].reset_index(drop=True)
        for column in bus_columns:
            frame[column] = _places([bus] * len(frame), frame[column], table, frame["name"])
        net[table] = frame
    switch = net.switch
    switch["element"] = _places([element[et] for et in switch["et"]], switch["element"], "switch", switch["name"])
    return net


def _places(positions: Sequence[Mapping[int, int]], olds: Iterable[Any], table: str, names: Iterable[str]) -> IntArray:
    """New positions of old references, row by row; an array, because an empty list would make a float column."""
    news = []
    for position, old, name in zip(positions, olds, names, strict=True):
        if int(old) not in position:
            raise GridError(f"{table} {name!r} refers to an element {old} that is not in the network")
        news.append(position[int(old)])
    return np.array(news, dtype=np.int64)


def _fill_trafos(trafo: pd.DataFrame) -> None:
    """Fill what pandapower leaves open: the tap changer's type (else its position is ignored), the vector group."""
    for column in ("tap_pos", "tap_neutral", "tap_step_percent", "tap_step_degree"):
        trafo[column] = trafo[column].astype(float)
    trafo["tap_pos"] = trafo["tap_pos"].fillna(trafo["tap_neutral"])
    given = trafo["tap_changer_type"]
    filled = [
        kind if isinstance(kind, str) and kind else _tap_type(side, pos, percent, degree)
        for kind, side, pos, percent, degree in zip(
            given,
            trafo["tap_side"],
            trafo["tap_pos"],
            trafo["tap_step_percent"].fillna(0.0),
            trafo["tap_step_degree"].fillna(0.0),
            strict=True,
        )
    ]
    trafo["tap_changer_type"] = np.array(filled, dtype=object)
    if "vector_group" not in trafo:
        trafo["vector_group"] = None
    clock = (np.rint(trafo["shift_degree"].fillna(0.0).to_numpy(dtype=float) / 30.0) % 12).astype(int)
    # the group only matters to unbalanced calculations; an odd clock needs a delta or zigzag winding
    groups = [f"{'Dyn' if hour % 2 else 'YNyn'}{hour}" for hour in clock]
    known = trafo["vector_group"]
    trafo["vector_group"] = [
        old if isinstance(old, str) and old else new for old, new in zip(known, groups, strict=True)
    ]


def _tap_type(side: object, position: float, step_percent: float, step_degree: float) -> str | None:
    if side not in {"hv", "lv"} or np.isnan(position):
        return None
    return "Ratio" if step_percent != 0.0 else "Ideal" if step_degree != 0.0 else None


def _index(net: pandapowerNet) -> FeederIndex:
    line, trafo, switch = net.line, net.trafo, net.switch
    links = switch["et"].to_numpy() == "b"
    link = switch[links]
    lines, trafos = len(line), len(trafo)
    kinds = [BranchKind.LINE] * lines + [BranchKind.TRAFO] * trafos + [BranchKind.LINK] * len(link)
    tap = _movable_taps(trafo)
    offset = np.select([switch["et"] == "t"], [lines], default=0)
    switch_branch = switch["element"].to_numpy(dtype=np.int64) + offset
    switch_branch[links] = lines + trafos + np.arange(len(link))
    first = np.concatenate([_ints(line["from_bus"]), _ints(trafo["hv_bus"]), _ints(link["bus"])])
    second = np.concatenate([_ints(line["to_bus"]), _ints(trafo["lv_bus"]), _ints(link["element"])])
    switch_bus = _ints(switch["bus"])
    at_first, at_second = first[switch_branch] == switch_bus, second[switch_branch] == switch_bus
    if not np.all(at_first | at_second):
        stray = switch["name"][~(at_first | at_second)]
        raise GridError(f"switches at a bus their element does not end at: {', '.join(stray)}")
    return FeederIndex(
        bus=tuple(net.bus["name"]),
        bus_vn_kv=net.bus["vn_kv"].to_numpy(dtype=np.float64),
        branch=(*line["name"], *trafo["name"], *link["name"]),
        branch_kind=tuple(kinds),
        branch_from=first,
        branch_to=second,
        branch_rating=np.concatenate([_line_ratings(line), _trafo_ratings(trafo), np.full((len(link), 2), np.nan)]),
        switch=tuple(switch["name"]),
        switch_branch=switch_branch,
        switch_end=np.where(at_first, 0, 1).astype(np.int64),
        tap=tuple(trafo["name"][tap]),
        tap_branch=lines + np.flatnonzero(tap).astype(np.int64),
        source=tuple(net.ext_grid["name"]),
        source_bus=_ints(net.ext_grid["bus"]),
        load=(),
        load_bus=np.zeros(0, dtype=np.int64),
        injection=(),
        injection_bus=np.zeros(0, dtype=np.int64),
        frequency_hz=float(net.f_hz),
    )


def _ints(column: pd.Series[Any]) -> IntArray:
    return np.asarray(column.to_numpy(dtype=np.int64))


def _movable_taps(trafo: pd.DataFrame) -> BoolArray:
    movable = trafo["tap_changer_type"].notna() & trafo["tap_pos"].notna() & (trafo["tap_max"] > trafo["tap_min"])
    return np.asarray(movable.to_numpy(dtype=bool))


def _line_ratings(line: pd.DataFrame) -> FloatArray:
    rating = (line["max_i_ka"] * line["df"] * line["parallel"]).to_numpy(dtype=np.float64)
    return _rated(np.repeat(rating[:, np.newaxis], 2, axis=1))


def _trafo_ratings(trafo: pd.DataFrame) -> FloatArray:
    power = (trafo["sn_mva"] * trafo["df"] * trafo["parallel"]).to_numpy(dtype=np.float64)
    winding = trafo[["vn_hv_kv", "vn_lv_kv"]].to_numpy(dtype=np.float64)
    return _rated(power[:, np.newaxis] / (np.sqrt(3.0) * winding))


def _rated(rating: FloatArray) -> FloatArray:
    """A rating that is missing, zero or infinite says nothing: NaN."""
    return np.where(np.isfinite(rating) & (rating > 0.0), rating, np.nan)


def _normal_state(net: pandapowerNet, bus_on: BoolArray) -> WireState:
    """As given; what ends at a bus out of service is out of service too, so that topology needs no bus status."""

    def on(table: str, *bus_columns: str) -> BoolArray:
        frame = net[table]
        state = frame["in_service"].to_numpy(dtype=bool).copy()
        for column in bus_columns:
            state &= bus_on[frame[column].to_numpy(dtype=np.int64)]
        return np.asarray(state)

    link = net.switch[net.switch["et"] == "b"]
    links_on = bus_on[_ints(link["bus"])] & bus_on[_ints(link["element"])]
    tap = _movable_taps(net.trafo)
    branches = np.concatenate([on("line", "from_bus", "to_bus"), on("trafo", "hv_bus", "lv_bus"), links_on])
    return WireState(
        closed=net.switch["closed"].to_numpy(dtype=bool)[np.newaxis],
        in_service=branches[np.newaxis],
        tap_pos=net.trafo["tap_pos"].to_numpy(dtype=np.float64)[np.newaxis, tap],
        source_on=on("ext_grid", "bus")[np.newaxis],
        source_vm_pu=net.ext_grid["vm_pu"].to_numpy(dtype=np.float64)[np.newaxis],
    )


def _elements(net: pandapowerNet) -> Iterator[NetworkElement]:
    """Loads and static generators in service at buses in service."""
    bus_name, bus_on = net.bus["name"], net.bus["in_service"]
    for kind in ("load", "sgen"):
        for index, row in net[kind].iterrows():
            if not row["in_service"] or not bus_on[row["bus"]]:
                continue
            profile, label = row.get("profile"), row.get("type")
            yield NetworkElement(
                kind=kind,
                name=row["name"],
                index=int(index),
                bus=bus_name[row["bus"]],
                p_mw=float(row["p_mw"] * row["scaling"]),
                q_mvar=float(row["q_mvar"] * row["scaling"]),
                sn_mva=float(row["sn_mva"]),
                type=label if isinstance(label, str) else "",
                profile=profile if isinstance(profile, str) else None,
                shares=_shares(row) if kind == "load" else CONSTANT_POWER,
            )


def _shares(row: pd.Series[Any]) -> Shares:
    z_p, i_p, z_q, i_q = (float(row.get(column, 0.0) or 0.0) / 100.0 for column in SHARES)
    return z_p, i_p, z_q, i_q
