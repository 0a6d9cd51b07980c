"""Checks of device entries that need more than one of their fields."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cosim.errors import Problem
from cosim.rules.terms import Scheme
from cosim.scenario.keys.devices import needs_weather
from cosim.scenario.keys.loads import NetworkLoads
from cosim.scenario.rules import rule
from cosim.scenario.view import View
from grids.regulators.control_spec import LEG_BASES_KV, SuppressionSpec

_APART = "tell them apart by type or exclude"
_NAMED = ("devices", "loads", "boundaries", "sections", "customers", "relays", "balancing", "self_wheeling")
_GENERATES = frozenset({"source", "engine"})
_MARKS = "[]|"  # units are NAME[i]; series columns are quantity|NAME


@rule("names of entries")
def entry_names(view: View) -> Iterator[Problem]:
    """Names stay unique when units are counted, and columns can be told apart."""
    for key in _NAMED:
        for name in view.parts.names(key):
            if any(mark in name for mark in _MARKS):
                node = view.tree.at((key, name))
                place = node.key if node is not None and node.key is not None else view.tree.place
                message = f"a name must not hold any of {' '.join(_MARKS)}: units are called NAME[i]"
                yield place.problem(f"{key}.{name}", message)


@rule("location of a device", "devices.*.kind")
def device_location(view: View, name: str) -> Iterator[Problem]:
    """What lives from the sun needs to know where it stands."""
    if needs_weather(view.devices[name].kind) and view.tree.child("location") is None:
        hint = "give location: {latitude_deg: ..., longitude_deg: ...}"
        yield view.problem(("devices", name), "needs the key location", hint=hint)


@rule(
    "ratings fit the units",
    "devices.*.power_kw",
    "devices.*.count",
    "devices.*.bus",
    "devices.*.buses",
    about=("power_kw",),
)
def device_ratings(view: View, name: str) -> Iterator[Problem]:
    """A list of ratings names one a unit."""
    entry = view.devices[name]
    ratings = entry.power_kw
    if isinstance(ratings, tuple) and not entry.from_network and len(ratings) not in {1, len(entry.placed)}:
        given = f"{len(ratings)} ratings for {len(entry.placed)} units"
        yield view.problem(("devices", name, "power_kw"), "must name one rating, or one a unit", given=given)


@rule(
    "suppression stands at low voltage",
    "grid",
    "devices.*.voltage_control",
    "devices.*.bus",
    "devices.*.buses",
    "devices.*.network",
    "devices.*.type",
    "devices.*.exclude",
    about=("voltage_control",),
)
def suppression_at_low_voltage(view: View, name: str) -> Iterator[Problem]:
    """Voltage-rise suppression holds 100 V legs: every unit stands at a bus that has some."""
    entry = view.devices[name]
    if not isinstance(getattr(entry, "voltage_control", None), SuppressionSpec):
        return
    bases = view.bus_bases()
    buses = entry.placed
    if entry.from_network:
        generators = view.network.grid.generators
        buses = [one.bus for one in generators if one.name not in entry.exclude and entry.type in {None, one.type}]
    strange = [bus for bus in buses if bus in bases and not any(math.isclose(bases[bus], kv) for kv in LEG_BASES_KV)]
    if strange:
        hint = "put it at 0.21 kV (grid.design low_voltage lumped or full), or take others by type or exclude"
        message = f"suppression holds 100 V legs, but bus {strange[0]} has {bases[strange[0]]:g} kV"
        yield view.problem(("devices", name, "voltage_control"), message, hint=hint)


@rule("plants that are bought", "devices.*.kind", "devices.*.scheme", about=("scheme",))
def supported_plants(view: View, name: str) -> Iterator[Problem]:
    """FIT and FIP buy renewable generation: nothing from storage, and nothing made of a fossil fuel."""
    from simulators.models.registry import KINDS  # noqa: PLC0415 - numpy

    entry = view.devices[name]
    if entry.scheme is Scheme.NONE:
        return
    hint = "leave scheme out"
    route, given = ("devices", name, "scheme"), f"{entry.scheme}"
    if KINDS[entry.kind].role not in _GENERATES:
        message = f"a {entry.kind} generates nothing that could be sold under {entry.scheme.upper()}"
        yield view.problem(route, message, given=given, hint=hint)
    elif (fuel := getattr(entry, "fuel", None)) is not None:
        message = f"what is made of {fuel} is not renewable: no {entry.scheme.upper()} buys it"
        yield view.problem(route, message, given=given, hint=hint)


@rule("network is taken once", "devices.*.network", "devices.*.type", "devices.*.exclude", about=("network",))
def network_once(view: View, name: str) -> Iterator[Problem]:
    """Two entries must not both stand for the generators of the network."""
    takers = {other: entry for other, entry in view.devices.items() if getattr(entry, "network", False)}
    if other := _taken_before(name, takers):
        message = f"devices.{other} takes the network's generators already"
        yield view.problem(("devices", name, "network"), message, hint=_APART)


@rule("network loads are taken once", "loads.*.kind", "loads.*.type", "loads.*.exclude", about=("kind",))
def network_loads_once(view: View, name: str) -> Iterator[Problem]:
    """Two entries must not both stand for the loads of the network."""
    takers = {other: entry for other, entry in view.loads.items() if isinstance(entry, NetworkLoads)}
    if other := _taken_before(name, takers):
        message = f"loads.{other} takes the network's loads already"
        yield view.problem(("loads", name, "kind"), message, hint=_APART)


def _taken_before(name: str, takers: Mapping[str, Any]) -> str | None:
    """The entry further up that takes the same elements: no types that tell them apart, and nothing excluded."""
    if name not in takers:
        return None
    for other, entry in takers.items():
        if other == name:
            return None
        apart = None not in {entry.type, takers[name].type} and entry.type != takers[name].type
        if not apart and not entry.exclude and not takers[name].exclude:
            return other
    return None
