"""The wires of a study: the network opened, points connected, sections cut out, an engine bound, events scheduled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cosim.build.controls import build_regulation
from cosim.build.engine import choose_engine
from cosim.build.placement import Placement, from_network, positions, with_points
from cosim.errors import SimulationError
from cosim.results.feeder_facts import FeederFacts
from cosim.scenario.keys.events import EventKind
from cosim.scenario.keys.loads import NetworkLoads
from grids import boundaries, sections
from grids.errors import GridError, ZeroImpedanceRingError
from grids.feeder import Feeder, WireEvent, WireEventKind
from grids.supply import SupplyVoltages

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.scenario.keys.events import EventSpec
    from cosim.scenario.network import OpenNetwork
    from cosim.scenario.schema import Scenario
    from grids.library.simbench import SimbenchProfiles
    from grids.normalise import NormalisedGrid
    from grids.wires import WireState


@dataclass(frozen=True)
class Network:
    """The feeder and where every entry sits on it."""

    feeder: Feeder
    loads: tuple[Placement, ...]
    devices: tuple[Placement, ...]
    load_points: Mapping[str, tuple[int, ...]]
    injection_points: Mapping[str, tuple[int, ...]]
    profiles: SimbenchProfiles | None
    origin: str
    facts: FeederFacts
    notes: tuple[str, ...]


def build_network(
    scenario: Scenario, opened: OpenNetwork, draws: Draws, *, engine: str, threads: int | None
) -> Network:
    """Everything of `grids` a study needs; sections and boundaries follow from the normal switch states of the file.

    Raises:
        GridError: what is asked of the network is wrong (validation finds most of it earlier, with places).
    """
    grid = opened.grid
    loads = tuple(_loads(scenario, grid))
    devices = tuple(_devices(scenario, grid))
    pointed = with_points(grid, loads, devices)
    cut, problems = sections.partition(
        pointed,
        [sections.SectionSpec(name, tuple(spec.contains)) for name, spec in scenario.sections.items()],
        [boundaries.BoundarySpec(name, tuple(spec.at), spec.into) for name, spec in scenario.boundaries.items()],
    )
    if problems:
        raise SimulationError("\n".join(problem.message for problem in problems))
    events = _events(scenario.events.values(), pointed)
    regulation = build_regulation(scenario, draws, pointed, opened.regulators, devices, opened.low_voltage)
    supply = None if opened.low_voltage is None else SupplyVoltages(opened.low_voltage, pointed)
    solver, said = choose_engine(engine, pointed, threads)
    try:
        feeder = Feeder(pointed, solver, cut, events, _start(pointed, draws), regulation, supply)
    except ZeroImpedanceRingError as error:
        raise GridError(f"member {draws.member[error.row]}: {error}") from error
    return Network(
        feeder=feeder,
        loads=loads,
        devices=devices,
        load_points=positions(loads),
        injection_points=positions(devices),
        profiles=opened.profiles,
        origin=opened.origin,
        facts=FeederFacts(opened.low_voltage, opened.regulators),
        notes=(*opened.notes, *said),
    )


def _start(grid: NormalisedGrid, draws: Draws) -> WireState:
    """The wires each member starts with: normal, but for the switches whose state was drawn."""
    if not draws.switches:
        return grid.normal
    start = grid.normal.spread(draws.count)
    closed = start.closed.copy()
    for name, states in draws.switches.items():
        closed[:, grid.index.switch_position(name)] = states
    return replace(start, closed=closed)


def _loads(scenario: Scenario, grid: NormalisedGrid) -> Iterator[Placement]:
    for name, spec in scenario.loads.items():
        if isinstance(spec, NetworkLoads):
            yield from_network(name, grid.loads, spec.exclude, spec.type)
        else:
            yield Placement(name, spec.placed)


def _devices(scenario: Scenario, grid: NormalisedGrid) -> Iterator[Placement]:
    for name, spec in scenario.devices.items():
        if spec.from_network:
            yield from_network(name, grid.generators, spec.exclude, spec.type)
        else:
            yield Placement(name, spec.placed)


def _events(events: Iterable[EventSpec], grid: NormalisedGrid) -> Iterator[WireEvent]:
    """What is undone first, then what is done: one event may begin where another ends."""
    done, undone = [], []
    index = grid.index
    for event in events:
        if event.kind is EventKind.SOURCE_FREQUENCY:
            continue  # no wire changes: what reads it is a relay
        source = event.kind is EventKind.SOURCE_OFF
        kind = WireEventKind.SOURCE if source else WireEventKind.SWITCH
        position = index.source.index(event.name) if source else index.switch_position(event.name)
        on = event.kind is EventKind.SWITCH_CLOSE
        done.append(WireEvent(round(event.at.total_seconds()), kind, position, on))
        if event.until is not None:
            undone.append(WireEvent(round(event.until.total_seconds()), kind, position, not on))
    yield from (*undone, *done)
