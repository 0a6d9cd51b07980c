"""Checks of relays: they measure somewhere, trip devices behind it, and know their settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from cosim.errors import Problem
from cosim.scenario.checks.connections import bus_problems, unknown
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.keys.relays import DEFAULT_HZ
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.view import View
from grids.protection.law import RelayKind
from simulators.models.registry import KINDS

_GENERATORS = frozenset({"source", "storage", "engine"})
_MOST_OFF = 0.1  # no network runs further from its frequency: beyond it is a slip of the unit
_KW_PER_MW = 1e3


def relays_at(view: View, boundary: str) -> bool:
    """Whether a power relay measures at a boundary that agrees on no export: its setting is a minimum import."""
    spec = view.boundaries.get(boundary)
    if spec is None or getattr(spec, "export_limit_kw", None):
        return False
    relays = (relay for relay in view.relays.values() if relay.watches.power)
    return any(getattr(relay, "at", None) == boundary and not _blocked(relay) for relay in relays)


def _blocked(relay: object) -> bool:
    return bool(getattr(getattr(relay, "normal", None), "blocked", False))


@rule("place of a relay", "grid", "relays.*.kind", "relays.*.at")
def relay_place(view: View, name: str) -> Iterator[Problem]:
    """A power relay measures at a boundary of kind pcc, any other at a bus."""
    relay, route = view.relays[name], ("relays", name, "at")
    at = getattr(relay, "at", None)
    if at is None:
        return
    if not relay.watches.power:
        yield from bus_problems(view, [(route, at)])
        return
    known = view.parts.names("boundaries")
    if at not in known:
        yield unknown(view, route, "boundary", at, known)
    elif view.parts.usable(("boundaries", at, "kind")) and view.boundaries[at].kind is not BoundaryKind.PCC:
        given = f'"{at}" is of kind {view.boundaries[at].kind}'
        yield view.problem(route, "must be a boundary of kind pcc", given=given)


@rule("devices of a relay", "relays.*.kind", "relays.*.trips")
def relay_devices(view: View, name: str) -> Iterator[Problem]:
    """A relay trips devices that exist, each named once; what judges power trips what gives power."""
    relay, known = view.relays[name], view.parts.names("devices")
    for position, device in enumerate(relay.trips):
        route = ("relays", name, "trips", position)
        if device not in known:
            yield unknown(view, route, "device", device, known)
            continue
        if device in relay.trips[:position]:
            yield view.problem(route, "the device is named twice", given=f'"{device}"')
        kind = getattr(view.devices.get(device), "kind", "")
        if relay.watches.power and kind in KINDS and KINDS[kind].role not in _GENERATORS:
            yield view.problem(route, f"{relay.kind} trips generators", given=f'"{device}" is of kind {kind}')


@rule(
    "devices stand behind the relay", "grid", "sections", "boundaries", "relays.*.kind", "relays.*.at", "relays.*.trips"
)
def behind(view: View, name: str) -> Iterator[Problem]:
    """A relay at a metering point trips only what stands behind it."""
    relay, at = view.relays[name], getattr(view.relays[name], "at", None)
    if not relay.watches.power or at not in view.boundaries:
        return
    elsewhere = frozenset(view.bus_names()) - view.buses_behind(at) - view.network.grid.out_of_service_buses
    unplaced = []
    for position, device in enumerate(relay.trips):
        if device not in view.parts.names("devices"):
            continue
        if not view.parts.usable(("devices", device)):
            unplaced.append(device)
            continue
        outside = [bus for bus in _buses(view, device) if bus in elsewhere]
        if outside:
            given = f'"{device}" stands at bus {outside[0]}'
            route = ("relays", name, "trips", position)
            hint = f"trip only what lies in section {view.boundaries[at].into}"
            yield view.problem(route, f"the device does not stand behind {at}", given=given, hint=hint)
    if unplaced:
        raise CannotJudgeError(f"devices.{unplaced[0]} is wrong")


def _buses(view: View, device: str) -> tuple[str, ...]:
    """Bus of each unit of an entry."""
    entry = view.devices[device]
    return tuple(one.bus for one in _from_network(view, entry)) if entry.from_network else tuple(entry.placed)


def _from_network(view: View, entry: Any) -> list[Any]:
    """The generators of the network that an entry stands for."""
    known = view.network.grid.generators
    return [one for one in known if one.name not in entry.exclude and entry.type in {None, one.type}]


@rule("setting of an under-power relay", "boundaries", "relays.*.kind", "relays.*.at")
def under_power_setting(view: View, name: str) -> Iterator[Problem]:
    """A percentage of the maximum received power needs the contract power."""
    relay = view.relays[name]
    boundary = view.boundaries.get(getattr(relay, "at", None) or "")
    if relay.watches is not RelayKind.UNDER_POWER or boundary is None or boundary.contract_kw is not None:
        return
    for key, settings in relay.groups:
        if settings.setting_kw is None and not settings.blocked:
            hint = f"give setting_kw, or contract_kw at boundaries.{getattr(relay, 'at', '')}"
            message = "the setting is a share of the maximum received power, and there is none"
            yield view.problem(("relays", name, key), message, hint=hint)


@rule("reach of a power relay", "grid", "boundaries", "relays.*.kind", "relays.*.at", "relays.*.trips")
def power_reach(view: View, name: str) -> Iterator[Problem]:
    """A setting lies within what can flow: exports of what it trips, imports of what was agreed.

    Where export is agreed a reverse power relay watches the whole site, and may trip a part of it.
    """
    relay = view.relays[name]
    boundary = view.boundaries.get(getattr(relay, "at", None) or "")
    if not relay.watches.power or boundary is None:
        return
    if relay.watches is RelayKind.REVERSE_POWER and boundary.export_limit_kw:
        return
    given = [(key, settings.setting_kw) for key, settings in relay.groups if settings.setting_kw is not None]
    if not given:
        return
    if relay.watches is RelayKind.UNDER_POWER:
        most, what = boundary.contract_kw, f"contract_kw of boundaries.{getattr(relay, 'at', '')}"
    else:
        most, what = _rating_kw(view, relay.trips), "the rating of what it trips"
    for key, setting_kw in given:
        if most is not None and setting_kw > most:
            told = f"{setting_kw:g} kW"
            message = f"is above {what}, {most:g} kW"
            yield view.problem(("relays", name, key, "setting_kw"), message, given=told, hint="settings are in kW")


def _rating_kw(view: View, trips: Iterable[str]) -> float | None:
    """AC rating of devices together; None where one is unknown."""
    total = 0.0
    for device in dict.fromkeys(trips):
        if device not in view.parts.names("devices"):
            return None
        if not view.parts.usable(("devices", device)):
            raise CannotJudgeError(f"devices.{device} is wrong")
        entry = view.devices[device]
        each = getattr(entry, "rating_kva", None) or getattr(entry, "power_kw", None)
        if each is None and not entry.from_network:
            return None
        if each is None:
            each = [one.p_mw * _KW_PER_MW * entry.scale for one in _from_network(view, entry)]
        units = len(_buses(view, device))
        total += sum(each) * (units if len(each) == 1 else 1) if isinstance(each, list | tuple) else each * units
    return total


@rule("setting of a frequency relay", "grid", "relays.*.kind")
def frequency_setting(view: View, name: str) -> Iterator[Problem]:
    """A frequency relay lets the network's own frequency pass, and has a default only at 50 and 60 Hz."""
    relay = view.relays[name]
    if not relay.watches.frequency:
        return
    own = view.network.grid.index.frequency_hz
    for key, settings in relay.groups:
        route = ("relays", name, key, "setting_hz")
        if settings.setting_hz is None:
            if own not in DEFAULT_HZ[relay.watches]:
                yield view.problem(route, f"is missing: there is no default in a network of {own:g} Hz")
        elif (settings.setting_hz > own) is not relay.watches.over:
            side = "above" if relay.watches.over else "below"
            given = f"{settings.setting_hz:g} Hz"
            yield view.problem(route, f"must lie {side} the network's {own:g} Hz", given=given)
        elif abs(settings.setting_hz - own) > _MOST_OFF * own:
            given = f"{settings.setting_hz:g} Hz"
            yield view.problem(route, f"is more than {_MOST_OFF:.0%} off the network's {own:g} Hz", given=given)


@rule("frequency events are read", "events.*.kind", "relays")
def frequency_read(view: View, name: str) -> Iterator[Problem]:
    """Only frequency relays read a source's frequency."""
    if view.events[name].kind != "source-frequency" or any(r.watches.frequency for r in view.relays.values()):
        return
    hint = "give relays of kind over-frequency or under-frequency, or leave the event out"
    problem = view.problem(("events", name), "nothing reads the frequency of a source", hint=hint)
    yield replace(problem, warning=True)
