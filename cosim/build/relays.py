"""The relays of a study: settings in kW, percent or Hz for every member, and the margin they ask the EMS to keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.keys.events import EventKind
from cosim.scenario.keys.relays import DEFAULT_HZ, MANUAL, default_reconnect
from grids.arrays import FloatArray, IntArray
from grids.protection import law
from grids.protection.frequency import FrequencyEvent
from grids.protection.law import RelayKind, Settings
from grids.protection.relays import Protection, Relay, RelayPoint
from simulators.models.contract import ratings
from simulators.names import unit_names

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.ensemble.draws import Draws
    from cosim.limits.facts import LimitFacts
    from cosim.scenario.keys.boundaries import BoundarySpec
    from cosim.scenario.keys.events import EventSpec
    from cosim.scenario.keys.relays import RelayEntry
    from cosim.scenario.schema import Scenario
    from cosim.study import DeviceEntry
    from grids.powerflow.contract import FeederIndex
    from grids.sections import Partition


@dataclass(frozen=True)
class StudyRelays:
    """What the relays of a scenario become."""

    protection: Protection | None = None  # None = there are none
    # boundary -> import below which a relay may trip within a step: the larger of its settings (planner.md 1.7)
    min_import_kw: Mapping[str, float] = field(default_factory=dict)

    @property
    def relays(self) -> tuple[Relay, ...]:
        """The entries."""
        return () if self.protection is None else self.protection.relays


def build_relays(scenario: Scenario, draws: Draws, network: Network, devices: Sequence[DeviceEntry]) -> StudyRelays:
    """The relays of a validated scenario, at the points of its network."""
    if not scenario.relays:
        return StudyRelays()
    index, partition = network.feeder.index, network.feeder.partition
    by_name = {device.name: device for device in devices}
    relays: list[Relay] = []
    points: list[RelayPoint] = []
    columns: list[_Columns] = []
    for name, spec in scenario.relays.items():
        tripped = [by_name[device] for device in dict.fromkeys(spec.trips)]
        boundary = scenario.boundaries.get(getattr(spec, "at", None) or "") if spec.watches.power else None
        own, opens = _points(spec, tripped, index, partition.boundaries)
        column = _columns(draws.specs(("relays", name), spec), tripped, boundary, index.frequency_hz, len(own))
        at = np.arange(len(points), len(points) + len(own))
        opened = tuple((subject, len(points) + point) for subject, point in opens)
        section = _section(partition, [unit for device in tripped for unit in device.points])
        relays.append(Relay(name, spec.watches, at, opened, column.said(spec), section))
        points += own
        columns.append(column)
    protection = Protection(
        index,
        partition,
        relays,
        points,
        _side_by_side(columns),
        np.concatenate([np.full(column.points, column.reconnect_s) for column in columns]),
        _frequency_events(scenario.events.values(), index),
    )
    return StudyRelays(protection, _min_import(scenario, columns))


def with_relay_margins(facts: LimitFacts, relays: StudyRelays, intra_step_kw: float) -> LimitFacts:
    """The least import that is judged: agreed at the boundary or asked for by its relays, plus what a mean hides."""
    boundaries = []
    for boundary in facts.boundaries:
        least = relays.min_import_kw.get(boundary.name, boundary.min_import_kw)
        boundaries.append(replace(boundary, min_import_kw=None if least is None else least + intra_step_kw))
    return replace(facts, boundaries=tuple(boundaries))


@dataclass(frozen=True)
class _Columns:
    """The settings of one entry; all its points have the same."""

    settings: Settings  # (M or 1, 1)
    reconnect_s: float
    points: int

    def said(self, spec: RelayEntry) -> str:
        """Kind, settings and waits in words."""
        where = f" at {at}" if (at := getattr(spec, "at", None)) else ""
        if self.settings.blocked.all():
            return f"{spec.kind}{where}, blocked"
        back = "by hand" if self.reconnect_s == law.MANUAL else f"after {self.reconnect_s:g} s"
        value, delay = _range(self.settings.value), _range(self.settings.delay_s)
        unit = spec.watches.unit
        return f"{spec.kind}{where}, {value} {unit} for {delay} s, trips {', '.join(spec.trips)}, closes {back}"


def _range(values: FloatArray) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _points(
    spec: RelayEntry, tripped: Sequence[DeviceEntry], index: FeederIndex, boundaries: Sequence[str]
) -> tuple[list[RelayPoint], list[tuple[str, int]]]:
    """The points of an entry, and (subject, point) of what they open: a device at one point as a whole."""
    units = [unit for device in tripped for unit in device.points]
    at = getattr(spec, "at", None)
    if at is not None:
        place = boundaries.index(at) if spec.watches.power else index.bus_position(at)
        return [RelayPoint(spec.watches, place, tuple(units))], [(device.subject, 0) for device in tripped]
    buses = list(dict.fromkeys(index.injection_bus[units].tolist()))
    bus_of = {unit: int(index.injection_bus[unit]) for unit in units}
    points = [RelayPoint(spec.watches, bus, tuple(unit for unit in units if bus_of[unit] == bus)) for bus in buses]
    return points, [
        (subject, buses.index(bus)) for device in tripped for subject, bus in _subjects(device, index.injection_bus)
    ]


def _subjects(device: DeviceEntry, bus: IntArray) -> Iterator[tuple[str, int]]:
    """Each unit with its bus, or the device as a whole where all stand at one."""
    buses = bus[list(device.points)].tolist()
    if len(set(buses)) == 1:
        yield device.subject, buses[0]
    else:
        yield from zip(unit_names(device.subject, device.units), buses, strict=True)


def _section(partition: Partition, units: Sequence[int]) -> str:
    """The smallest section all these units stand in; empty if there is none."""
    holding = [one for one in partition.sections if np.isin(units, one.injections).all()]
    return min(holding, key=lambda one: len(one.buses)).name if holding else ""


def _columns(
    specs: Sequence[RelayEntry],
    tripped: Sequence[DeviceEntry],
    boundary: BoundarySpec | None,
    frequency_hz: float,
    points: int,
) -> _Columns:
    kind = specs[0].watches
    groups: list[Any] = [getattr(spec, "normal") for spec in specs]  # noqa: B009 - every kind has its own
    if kind.power:
        reference = _rating_kw(tripped) if kind is RelayKind.REVERSE_POWER else _received_kw(boundary)
        value = _power_kw(groups, reference)
    elif kind.frequency:
        default = DEFAULT_HZ[kind].get(frequency_hz, np.nan)  # validation asks for one where there is no default
        value = np.array([default if group.setting_hz is None else group.setting_hz for group in groups])
    else:
        value = np.array([group.setting_percent for group in groups])
    rows = len(value)
    reconnect = specs[0].reconnect
    if reconnect is None:
        reconnect = default_reconnect({device.spec.role for device in tripped})
    settings = Settings(
        value[:, np.newaxis],
        np.broadcast_to([group.delay_s for group in groups], rows)[:, np.newaxis].copy(),
        np.broadcast_to([group.blocked for group in groups], rows)[:, np.newaxis].copy(),
    )
    return _Columns(settings, law.MANUAL if reconnect == MANUAL else float(reconnect), points)


def _power_kw(groups: Sequence[Any], reference_kw: FloatArray) -> FloatArray:
    """(M or 1,) settings; `reference_kw` (M or 1,) is what a percentage is of."""
    rows = max(len(groups), len(reference_kw))
    given = np.array([np.nan if group.setting_kw is None else group.setting_kw for group in groups])
    percent = np.array([group.setting_percent for group in groups])
    return np.array(np.broadcast_to(np.where(np.isnan(given), percent / 100.0 * reference_kw, given), rows))


def _rating_kw(tripped: Sequence[DeviceEntry]) -> FloatArray:
    """(M or 1,) rating of devices together, AC side."""
    total = np.zeros(1)
    for device in tripped:
        each = [getattr(one, "rating_kva", None) or one.power_kw for one in device.parameters]
        total = total + np.array([ratings(rating, device.units, "power_kw").sum() for rating in each])
    return total


def _received_kw(boundary: BoundarySpec | None) -> FloatArray:
    """(1,) maximum received power; validation asks for it where a percentage needs it."""
    contract = None if boundary is None else boundary.contract_kw
    return np.array([np.nan if contract is None else contract])


def _side_by_side(columns: Sequence[_Columns]) -> Settings:
    """(M or 1, point) of all entries."""
    rows = max(len(column.settings.value) for column in columns)

    def joined(name: str) -> Any:
        own = [np.broadcast_to(getattr(column.settings, name), (rows, column.points)) for column in columns]
        return np.ascontiguousarray(np.concatenate(own, axis=1))

    return Settings(joined("value"), joined("delay_s"), joined("blocked"))


def _min_import(scenario: Scenario, columns: Sequence[_Columns]) -> dict[str, float]:
    """The margin where a relay stands at a metering point with no margin of its own and no agreed export."""
    found: dict[str, float] = {}
    for spec, column in zip(scenario.relays.values(), columns, strict=True):
        at = getattr(spec, "at", None)
        if not spec.watches.power or at is None or column.settings.blocked.all():
            continue
        boundary = scenario.boundaries[at]
        if boundary.kind is BoundaryKind.PCC and boundary.min_import_kw is None and not boundary.export_limit_kw:
            highest = float(np.where(column.settings.blocked, 0.0, column.settings.value).max())
            found[at] = max(found.get(at, 0.0), highest)
    return found


def _frequency_events(events: Iterable[EventSpec], index: FeederIndex) -> Iterator[FrequencyEvent]:
    """What is undone first, then what is done: one event may begin where another ends."""
    done, undone = [], []
    for event in events:
        if event.kind is EventKind.SOURCE_FREQUENCY:
            position = index.source.index(event.name)
            done.append(FrequencyEvent(round(event.at.total_seconds()), position, event.value_hz))
            if event.until is not None:
                undone.append(FrequencyEvent(round(event.until.total_seconds()), position, None))
    yield from (*undone, *done)
