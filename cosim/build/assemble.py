"""The one place that knows every part: scenario in, `Study` out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.build.arrangement import arrangement
from cosim.build.drivers import drivers
from cosim.build.engine import AUTO
from cosim.build.limit_facts import fit_behind, limit_facts, tripping
from cosim.build.network import Network, build_network
from cosim.build.outside import Outside, look_outside
from cosim.build.placement import Placement
from cosim.build.relays import StudyRelays, build_relays, with_relay_margins
from cosim.ensemble.draws import Draws
from cosim.errors import InputError
from cosim.limits.build import build_limits
from cosim.limits.voltage import japanese_legs
from cosim.study import DeviceEntry, LoadEntry, Study
from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis
from simulators.ems.contract import Controlled, Scope
from simulators.ems.scope import MeteringPoint, build_scope
from simulators.hosted import initial_ports, published, taken
from simulators.models.contract import DeviceSpec
from simulators.models.registry import KINDS
from simulators.sinks import EntityLayout, Layout
from simulators.sources.build import simbench_ends_before

if TYPE_CHECKING:
    from cosim.limits.facts import LimitFacts
    from cosim.scenario.loaded import LoadedScenario
    from cosim.scenario.schema import Scenario
    from simulators.inputs import DriverSeries
    from simulators.models.weather import Weather

MW_TO_KW = 1e3
MEDIUM_VOLTAGE_KV = 6.6


def build_study(
    loaded: LoadedScenario, *, engine: str = AUTO, draws: Draws | None = None, threads: int | None = None
) -> Study:
    """Read every input and put the study together.

    Args:
        loaded: the scenario.
        engine: which engine solves the power flow.
        draws: the members that run and what they differ in; left out = one member with the file's own values.
        threads: of the power flow; left out = one a core.

    Raises:
        InputError: a profile, price or weather file is wrong or shorter than what is read of it.
        GridError: the network is wrong.
    """
    scenario = loaded.scenario
    draws = draws or Draws.single()
    axis = build_axis(scenario)
    network = build_network(scenario, loaded.network, draws, engine=engine, threads=threads)
    outside = look_outside(loaded, axis, draws, network)
    specs = {name: KINDS[entry.kind] for name, entry in scenario.devices.items()}
    series = tuple(drivers(outside, specs))
    by_subject = {one.subject: one for one in series}
    devices = tuple(_device(placement, outside, specs[placement.name], by_subject) for placement in network.devices)
    loads = tuple(
        LoadEntry(placement.name, placement.units, network.load_points[placement.name]) for placement in network.loads
    )
    relays = build_relays(scenario, draws, network, devices)
    judged = _judged(scenario, network, relays)
    return Study(
        axis=axis,
        draws=draws,
        drivers=series,
        loads=loads,
        devices=devices,
        feeder=network.feeder,
        facts=network.facts,
        scopes=tuple(_scopes(loaded, draws, network, devices, relays)),
        layout=_layout(axis, draws, scenario, network, loads, devices, series, relays),
        limits=build_limits(scenario.limits, judged),
        limit_facts=judged,
        notes=tuple(_notes(outside)),
        provenance=_provenance(outside, relays),
        protection=relays.protection,
        arrangement=arrangement(scenario, network, devices),
        spot=None if outside.prices is None else outside.prices.spot,
    )


def _judged(scenario: Scenario, network: Network, relays: StudyRelays) -> LimitFacts:
    return with_relay_margins(limit_facts(scenario, network), relays, scenario.limits.intra_step_kw)


def build_axis(scenario: Scenario) -> TimeAxis:
    """Steps of the run; every event begins and ends on an edge."""
    time = scenario.time
    moments = [event.at for event in scenario.events.values()]
    moments += [event.until for event in scenario.events.values() if event.until is not None]
    extra = [round(moment.total_seconds()) for moment in moments]
    return TimeAxis.build(time.first, time.duration_s, time.step_s, extra)


def _device(
    placement: Placement, outside: Outside, spec: DeviceSpec, series: Mapping[str, DriverSeries]
) -> DeviceEntry:
    parameters = _parameters(placement, outside, spec)
    driven = series.get(f"device:{placement.name}")
    first = {port: values.row(0) for port, values in driven.ports.items() if port in spec.drivers} if driven else {}
    members, dt_s = outside.members.count, float(outside.members.axis.dt_s[0])
    return DeviceEntry(
        name=placement.name,
        spec=spec,
        parameters=parameters,
        units=placement.units,
        points=outside.network.injection_points[placement.name],
        initial=initial_ports(spec, parameters, placement.units, members, dt_s, first),
    )


def _parameters(placement: Placement, outside: Outside, spec: DeviceSpec) -> tuple[Any, ...]:
    """The physics of each member's device, or one for all; equal ones share one object."""
    route = ("devices", placement.name)
    rated = _network_ratings(placement, outside.loaded)
    made: dict[int, Any] = {}
    entries: tuple[Any, ...] = outside.draws.specs(route, outside.scenario.devices[placement.name])
    for entry in entries:
        if id(entry) in made:
            continue
        given = {name: getattr(entry, name) for name in spec.parameters.model_fields}
        if placement.elements and given.get("power_kw") is None:
            # what gives more is built larger; nothing (0) needs no rating of its own
            given["power_kw"] = tuple(kw * (entry.scale or 1.0) for kw in rated)
        made[id(entry)] = spec.parameters(**given)
    first = made[id(entries[0])]
    if all(one == first for one in made.values()):
        return (first,)  # they differ in what drives them
    return tuple(made[id(entry)] for entry in entries)


def _network_ratings(placement: Placement, loaded: LoadedScenario) -> tuple[float, ...]:
    """Rating of each static generator an entry stands for, kW."""
    entry: Any = loaded.scenario.devices[placement.name]
    if getattr(entry, "power_kw", None) is None:
        idle = [element.name for element in placement.elements if element.p_mw <= 0.0]
        if idle:
            message = f"static generators {', '.join(idle)} of the network have no power: add them to exclude"
            place = loaded.place(("devices", placement.name))
            raise InputError([place.problem(f"devices.{placement.name}", message)])
    return tuple(element.p_mw * MW_TO_KW for element in placement.elements)


def _scopes(
    loaded: LoadedScenario,
    draws: Draws,
    network: Network,
    devices: tuple[DeviceEntry, ...],
    relays: StudyRelays,
) -> Iterator[Scope]:
    """What stands behind a metering point is what the topology puts there, not what a file lists."""
    scenario, partition = loaded.scenario, network.feeder.partition
    for name, spec in scenario.ems.items():
        boundary = scenario.boundaries[spec.at]
        section = partition.section(boundary.into or "")
        least_kw = relays.min_import_kw.get(spec.at, boundary.min_import_kw)
        at = MeteringPoint(spec.at, boundary.contract_kw, boundary.export_limit_kw, least_kw)
        behind = {
            "loads": _wholly_behind(section.loads, network.load_points),
            "devices": _wholly_behind(section.injections, network.injection_points),
        }
        for key, (_, split_entries) in behind.items():
            if split_entries:
                message = f"{key} {', '.join(split_entries)} stand on both sides of {spec.at}: split each entry in two"
                raise InputError([loaded.place((key, split_entries[0])).problem(f"{key}.{split_entries[0]}", message)])
        controlled = [
            Controlled(device.name, device.spec, device.units, device.parameters)
            for device in devices
            if device.name in behind["devices"][0] and device.spec.controllable
        ]
        named = {*spec.cut_order, *(getattr(strategy, "device", "") for strategy in spec.strategies)} - {""}
        if strangers := sorted(named - {device.name for device in controlled}):
            message = f"{', '.join(strangers)} cannot be ruled here: not a device behind {spec.at}"
            raise InputError([loaded.place(("ems", name)).problem(f"ems.{name}", message)])
        strategies = [
            draws.specs(("ems", name, "strategies", position), strategy)
            for position, strategy in enumerate(spec.strategies)
        ]
        yield build_scope(name, at, strategies, behind["loads"][0], controlled, spec.cut_order)


def _wholly_behind(inside: IntArray, points: Mapping[str, tuple[int, ...]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Entries all of whose units lie inside, and those that only partly do."""
    known = set(inside.tolist())
    touching = [name for name, own in points.items() if known.intersection(own)]
    whole = tuple(name for name in touching if known.issuperset(points[name]))
    return whole, tuple(name for name in touching if name not in whole)


def _layout(
    axis: TimeAxis,
    draws: Draws,
    scenario: Scenario,
    network: Network,
    loads: tuple[LoadEntry, ...],
    devices: tuple[DeviceEntry, ...],
    series: tuple[DriverSeries, ...],
    relays: StudyRelays,
) -> Layout:
    return Layout(
        axis=axis,
        members=draws.count,
        numbers=draws.member,
        index=network.feeder.index,
        entities=tuple(_entities(loads, devices, series)),
        boundaries=network.feeder.boundaries,
        ends=network.feeder.ends,
        regulators=network.feeder.regulators,
        hunting_groups=network.feeder.hunting_groups,
        supply=network.feeder.supply_points,
        relays=relays.relays,
        fit=fit_behind(scenario, network),
        tripping=tripping(scenario, network),
    )


def _entities(
    loads: tuple[LoadEntry, ...], devices: tuple[DeviceEntry, ...], series: tuple[DriverSeries, ...]
) -> Iterator[EntityLayout]:
    driven = {one.subject: tuple(one.ports) for one in series}
    for load in loads:
        yield EntityLayout(load.subject, "load", "load", load.units, driven[load.subject], loads=load.points)
    for device in devices:
        own = (*published(device.spec), *taken(device.spec), *driven.pop(device.subject, ()))
        yield EntityLayout(
            device.subject,
            device.spec.kind,
            device.spec.role,
            device.units,
            tuple(dict.fromkeys(own)),
            injections=device.points,
            storage_mwh=_storage_mwh(device),
        )
    for one in series:
        if one.subject.partition(":")[0] not in {"load", "device"}:
            yield EntityLayout(one.subject, one.subject.partition(":")[0], "input", 1, tuple(one.ports))


def _storage_mwh(device: DeviceEntry) -> FloatArray | float:
    """Heat in a full tank, one for all or (M,)."""
    held = np.array([getattr(one, "tank_kwh", math.nan) for one in device.parameters]) / MW_TO_KW
    return float(held[0]) if len(held) == 1 else held


def _notes(outside: Outside) -> Iterator[str]:
    yield from _weather_notes(outside.weather)
    if outside.network.profiles is not None and simbench_ends_before(outside.members.reading):
        yield "SimBench profiles hold one year: members that start later read its beginning again after its end"
    yield from outside.network.notes
    for placement in outside.network.devices:
        if reactive := [element.name for element in placement.elements if element.q_mvar != 0.0]:
            yield (
                f"device:{placement.name} runs at its power_factor: the reactive power that {len(reactive)} static "
                f"generators have in the network ({reactive[0]}, ...) is not taken over"
            )


def _weather_notes(weather: tuple[Weather, ...]) -> Iterator[str]:
    said = list(dict.fromkeys(one.source for one in weather if one.synthetic))
    if said:
        yield said[0] if len(said) == 1 else f"{said[0]}; {len(said)} seeds in all"


def _low_voltage(network: Network) -> str:
    """How customers behind 6.6 kV nodes are judged; empty where there are no such nodes."""
    index, supply = network.feeder.index, network.feeder.supply
    if supply is not None:
        return f"{supply.method.value} at {len(supply.subjects)} supply points"
    low = any(japanese_legs(vn_kv) is not None for vn_kv in index.bus_vn_kv.tolist())
    return (
        "" if low or not np.any(index.bus_vn_kv == MEDIUM_VOLTAGE_KV) else "not judged: nothing is known below 6.6 kV"
    )


def _provenance(outside: Outside, relays: StudyRelays) -> dict[str, str]:
    found = {"network": outside.network.origin}
    if said := _low_voltage(outside.network):
        found["low voltage"] = said
    if outside.weather:
        found["weather"] = outside.weather[0].source
    found |= {relay.subject: relay.said for relay in relays.relays}
    return found | dict(outside.prices.sources if outside.prices is not None else {})
