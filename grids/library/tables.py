"""Networks written as tables in a scenario, and edits on top of any network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from grids.empty import empty_network
from grids.equipment.tables import HERTZ
from grids.errors import DescriptionError, GridProblem, unknown
from grids.library.ratings import line_ratings, line_type, trafo_ratings, unfit_conductor
from grids.library.spec import EditSpec, SwitchSpec, TablesSpec, TrafoSpec
from grids.library.svrs import bad_svr, create_svr, insert_svr
from grids.naming import fill_names

if TYPE_CHECKING:
    from pandapower import pandapowerNet

VN_TOLERANCE = 0.3  # a winding may differ this much from the bus it is at before it must be a slip


@dataclass(frozen=True)
class KnownElements:
    """Names a description may refer to: what a network already holds."""

    buses: Mapping[str, float] = field(default_factory=dict)  # name -> vn_kv
    lines: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # name -> both buses
    trafos: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    frequency_hz: float = HERTZ[0]

    @classmethod
    def of(cls, net: pandapowerNet) -> KnownElements:
        """Everything in a pandapower network whose names are filled (`grids.naming.fill_names`)."""
        bus = net.bus["name"]
        return cls(
            buses=dict(zip(bus, net.bus["vn_kv"].astype(float), strict=True)),
            lines={
                row.name: (bus[row.from_bus], bus[row.to_bus])
                for row in net.line[["name", "from_bus", "to_bus"]].itertuples(index=False)
            },
            trafos={
                row.name: (bus[row.hv_bus], bus[row.lv_bus])
                for row in net.trafo[["name", "hv_bus", "lv_bus"]].itertuples(index=False)
            },
            switches=frozenset(net.switch["name"]),
            sources=frozenset(net.ext_grid["name"]),
            frequency_hz=float(net.f_hz),
        )


def check(tables: EditSpec, base: KnownElements | None = None) -> list[GridProblem]:
    """Everything wrong with `tables` as edits on `base`, or as a whole network without one. Needs no pandapower."""
    base = base or KnownElements()
    buses = dict(base.buses) | {name: bus.vn_kv for name, bus in tables.buses.items()}
    lines = dict(base.lines) | {name: (line.from_bus, line.to_bus) for name, line in tables.lines.items()}
    trafos = {name: (svr.from_bus, svr.to_bus) for name, svr in tables.svrs.items() if svr.from_bus and svr.to_bus}
    trafos |= dict(base.trafos) | {name: (trafo.hv, trafo.lv) for name, trafo in tables.trafos.items()}
    problems = [
        *_doubled(tables, base),
        *_bad_lines(tables, buses, base.frequency_hz),
        *_bad_trafos(tables, buses),
        *_bad_sources(tables, buses),
    ]
    for name, svr in tables.svrs.items():
        problems += [problem.under("svrs", name) for problem in bad_svr(name, svr, buses, lines, VN_TOLERANCE)]
    for name, switch in tables.switches.items():
        problems += [problem.under("switches", name) for problem in _bad_switch(switch, buses, lines, trafos)]
    if not base.sources and not tables.sources:
        problems.append(GridProblem(("sources",), "the network has no source"))
    return problems


def _doubled(tables: EditSpec, base: KnownElements) -> Iterator[GridProblem]:
    for kind in ("buses", "lines", "trafos", "switches", "sources"):
        for name in getattr(tables, kind):
            if name in getattr(base, kind):
                yield GridProblem((kind, name), "the network already has an element of that name")
    for name in tables.svrs:
        if name in base.trafos or name in tables.trafos:
            yield GridProblem(("svrs", name), "the network already has a transformer of that name")


def _missing(buses: Mapping[str, float], **references: str) -> Iterator[GridProblem]:
    for key, bus in references.items():
        if bus not in buses:
            yield GridProblem((key,), unknown("bus", bus, buses))


def _bad_lines(tables: EditSpec, buses: Mapping[str, float], frequency_hz: float) -> Iterator[GridProblem]:
    for name, line in tables.lines.items():
        missing = list(_missing(buses, **{"from": line.from_bus, "to": line.to_bus}))
        yield from (problem.under("lines", name) for problem in missing)
        if not missing and buses[line.from_bus] != buses[line.to_bus]:
            message = f"joins buses of {buses[line.from_bus]:g} and {buses[line.to_bus]:g} kV; use a transformer"
            yield GridProblem(("lines", name), message)
        elif line.conductor is not None and not missing:
            for message in unfit_conductor(line.conductor, buses[line.from_bus], frequency_hz):
                yield GridProblem(("lines", name, "conductor"), message)


def _bad_trafos(tables: EditSpec, buses: Mapping[str, float]) -> Iterator[GridProblem]:
    for name, trafo in tables.trafos.items():
        yield from (problem.under("trafos", name) for problem in _missing(buses, hv=trafo.hv, lv=trafo.lv))
        ratings = trafo_ratings(trafo)
        for key, bus, winding in (
            ("vn_hv_kv", trafo.hv, ratings.vn_hv_kv),
            ("vn_lv_kv", trafo.lv, ratings.vn_lv_kv),
        ):
            if bus in buses and abs(winding / buses[bus] - 1) > VN_TOLERANCE:
                message = f"the winding has {winding:g} kV but its bus {bus!r} {buses[bus]:g} kV"
                yield GridProblem(("trafos", name, key if trafo.pole_kva is None else "pole_kva"), message)


def _bad_sources(tables: EditSpec, buses: Mapping[str, float]) -> Iterator[GridProblem]:
    for name, source in tables.sources.items():
        yield from (problem.under("sources", name) for problem in _missing(buses, bus=source.bus))


def _bad_switch(
    switch: SwitchSpec,
    buses: Mapping[str, float],
    lines: Mapping[str, tuple[str, str]],
    trafos: Mapping[str, tuple[str, str]],
) -> Iterator[GridProblem]:
    yield from _missing(buses, bus=switch.bus)
    if switch.to_bus is not None:
        missing = list(_missing(buses, to_bus=switch.to_bus))
        yield from missing
        if not missing and switch.bus in buses and buses[switch.bus] != buses[switch.to_bus]:
            yield GridProblem((), f"joins buses of {buses[switch.bus]:g} and {buses[switch.to_bus]:g} kV")
        return
    kind, name, known = ("line", switch.line, lines) if switch.line is not None else ("trafo", switch.trafo, trafos)
    if name is not None and name not in known:
        yield GridProblem((kind,), unknown(kind, name, known))
    elif name is not None and switch.bus not in known[name]:
        yield GridProblem(("bus",), f"{kind} {name!r} ends at {' and '.join(known[name])}, not at {switch.bus!r}")


def build(tables: TablesSpec) -> pandapowerNet:
    """A pandapower network from tables.

    Raises:
        DescriptionError: the tables do not hold together (`check` finds the same problems without building).
    """
    net = empty_network(f_hz=float(tables.frequency_hz))
    apply(net, tables)
    return net


def apply(net: pandapowerNet, tables: EditSpec) -> None:
    """Add elements to a pandapower network, in place.

    Raises:
        DescriptionError: something named is missing or doubled; the network is then unchanged but for filled names.
    """
    import pandapower  # noqa: PLC0415

    fill_names(net)
    problems = check(tables, KnownElements.of(net))
    if problems:
        raise DescriptionError(problems)
    for name, bus in tables.buses.items():
        pandapower.create_bus(net, vn_kv=bus.vn_kv, name=name)
    bus_index = {name: index for index, name in net.bus["name"].items()}
    for name, line in tables.lines.items():
        row = pandapower.create_line_from_parameters(
            net,
            from_bus=bus_index[line.from_bus],
            to_bus=bus_index[line.to_bus],
            length_km=line.length_km,
            parallel=line.parallel,
            name=name,
            **asdict(line_ratings(line, net.f_hz)),
        )
        if line.conductor is not None:
            net.line.loc[row, ["std_type", "type"]] = line.conductor, line_type(line.conductor)
    for name, trafo in tables.trafos.items():
        _create_trafo(net, name, trafo, bus_index)
    for name, svr in tables.svrs.items():
        if svr.line is None:
            create_svr(net, name, svr, bus_index)
    for name, switch in tables.switches.items():
        _create_switch(net, name, switch, bus_index)
    for name, source in tables.sources.items():
        pandapower.create_ext_grid(net, bus=bus_index[source.bus], vm_pu=source.vm_pu, name=name)
    for name, svr in tables.svrs.items():
        if svr.line is not None:  # last: what is described above names the line as it was
            insert_svr(net, name, svr)


def _create_trafo(net: pandapowerNet, name: str, trafo: TrafoSpec, bus_index: Mapping[str, int]) -> None:
    import pandapower  # noqa: PLC0415

    ratings = trafo_ratings(trafo)
    tap = ratings.tap
    taps = (
        {}
        if tap is None
        else {
            "tap_side": tap.side,
            "tap_min": tap.min,
            "tap_max": tap.max,
            "tap_neutral": tap.neutral,
            "tap_step_percent": tap.step_percent,
            "tap_step_degree": 0.0,
            "tap_pos": tap.position,
            "tap_changer_type": "Ratio",
        }
    )
    pandapower.create_transformer_from_parameters(
        net,
        hv_bus=bus_index[trafo.hv],
        lv_bus=bus_index[trafo.lv],
        sn_mva=ratings.sn_kva / 1000,
        vn_hv_kv=ratings.vn_hv_kv,
        vn_lv_kv=ratings.vn_lv_kv,
        vk_percent=ratings.vk_percent,
        vkr_percent=ratings.vkr_percent,
        i0_percent=ratings.i0_percent,
        pfe_kw=ratings.pfe_kw,
        shift_degree=trafo.shift_degree,
        parallel=trafo.parallel,
        name=name,
        **taps,
    )


def _create_switch(net: pandapowerNet, name: str, switch: SwitchSpec, bus_index: Mapping[str, int]) -> None:
    import pandapower  # noqa: PLC0415

    if switch.to_bus is not None:
        et, element = "b", bus_index[switch.to_bus]
    elif switch.line is not None:
        et, element = "l", net.line.index[net.line["name"] == switch.line][0]
    else:
        et, element = "t", net.trafo.index[net.trafo["name"] == switch.trafo][0]
    pandapower.create_switch(
        net, bus=bus_index[switch.bus], element=int(element), et=et, closed=switch.closed, name=name
    )
