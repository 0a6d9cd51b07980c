"""Checks that what is named exists: buses, customers, loads, elements of the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from cosim.errors import Problem
from cosim.scenario.keys.loads import NetworkLoads
from cosim.scenario.rules import rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View

if TYPE_CHECKING:
    from grids.normalise import NetworkElement

LONGEST_LIST = 12


def unknown(view: View, route: Route, kind: str, name: str, known: Iterable[str]) -> Problem:
    """A name that nothing has, with the one that was probably meant."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        hint = f'did you mean "{close[0]}"?'
    elif 0 < len(names) <= LONGEST_LIST:
        hint = f"there are: {', '.join(names)}"
    else:
        hint = "" if names else f"there is no {kind} at all"
    return view.problem(route, f"there is no {kind} of that name", given=f'"{name}"', hint=hint)


def bus_problems(view: View, named: Iterable[tuple[Route, str]]) -> Iterator[Problem]:
    """What is wrong with buses named at routes: unknown, or out of service."""
    known = view.bus_names()
    for route, bus in named:
        if bus not in known:
            yield unknown(view, route, "bus", bus, known)
        elif view.names is None and bus in view.network.grid.out_of_service_buses:
            hint = "put the bus into service in the network, or choose another"
            yield view.problem(route, "the bus is out of service", given=f'"{bus}"', hint=hint)


def _placed(view: View, key: str, name: str) -> Iterator[tuple[Route, str]]:
    entry = view.parts.entries(key)[name]
    if getattr(entry, "bus", None) is not None:
        yield (key, name, "bus"), entry.bus
    for position, bus in enumerate(getattr(entry, "buses", None) or ()):
        yield (key, name, "buses", position), bus


@rule("grid holds together", "grid")
def grid_holds(view: View) -> Iterator[Problem]:
    """The network opens, and everything its tables name exists."""
    if isinstance(view.opened, list):
        yield from view.opened


@rule("bus of a load", "grid", "loads.*.bus", "loads.*.buses", about=("bus", "buses"))
def load_bus(view: View, name: str) -> Iterator[Problem]:
    """Loads stand at buses that exist and are in service."""
    yield from bus_problems(view, _placed(view, "loads", name))


@rule("bus of a device", "grid", "devices.*.bus", "devices.*.buses", about=("bus", "buses"))
def device_bus(view: View, name: str) -> Iterator[Problem]:
    """Devices stand at buses that exist and are in service."""
    yield from bus_problems(view, _placed(view, "devices", name))


@rule("buses of a customer", "grid", "customers.*.buses")
def customer_buses(view: View, name: str) -> Iterator[Problem]:
    """Customers are supplied at buses that exist and are in service."""
    buses = view.customers[name].buses
    yield from bus_problems(view, ((("customers", name, "buses", i), bus) for i, bus in enumerate(buses)))


@rule("loads of a customer", "customers.*.loads", about=("loads",))
def customer_loads(view: View, name: str) -> Iterator[Problem]:
    """Customers own loads that exist, and no load has two owners."""
    known = view.parts.names("loads")
    for position, load in enumerate(view.customers[name].loads):
        route = ("customers", name, "loads", position)
        if load not in known:
            yield unknown(view, route, "load", load, known)
        owners = [
            other
            for other in view.customers
            if view.parts.usable(("customers", other, "loads")) and load in view.customers[other].loads
        ]
        if owners.index(name) > 0:
            yield view.problem(route, f"the load belongs to customer {owners[0]} already", given=f'"{load}"')


@rule("calendar of a load", "loads.*.calendar", about=("calendar",))
def load_calendar(view: View, name: str) -> Iterator[Problem]:
    """A calendar is named by the customer that has it."""
    yield from _calendar(view, ("loads", name, "calendar"), getattr(view.loads[name], "calendar", None))


@rule("calendar of a device", "devices.*.calendar", about=("calendar",))
def device_calendar(view: View, name: str) -> Iterator[Problem]:
    """A calendar is named by the customer that has it."""
    yield from _calendar(view, ("devices", name, "calendar"), getattr(view.devices[name], "calendar", None))


def _calendar(view: View, route: Route, customer: str | None) -> Iterator[Problem]:
    if customer is None:
        return
    known = view.parts.names("customers")
    if customer not in known:
        yield unknown(view, route, "customer", customer, known)
    elif view.tree.at(("customers", customer, "calendar")) is None:
        hint = f"give customers.{customer}.calendar, or leave this out (always open)"
        yield view.problem(route, "that customer has no calendar", given=f'"{customer}"', hint=hint)


@rule("loads of the network", "grid", "loads.*.kind", "loads.*.exclude", about=("kind",))
def network_loads(view: View, name: str) -> Iterator[Problem]:
    """`kind: network` takes loads a network has."""
    entry = view.loads[name]
    if isinstance(entry, NetworkLoads):
        yield from _taken(view, ("loads", name), "load", view.network.grid.loads, entry)


@rule("generators of the network", "grid", "devices.*.network", "devices.*.exclude", about=("network",))
def network_generators(view: View, name: str) -> Iterator[Problem]:
    """`network: true` takes static generators a network has."""
    entry = view.devices[name]
    if entry.from_network:
        yield from _taken(view, ("devices", name), "static generator", view.network.grid.generators, entry)


def _taken(view: View, route: Route, kind: str, elements: Sequence[NetworkElement], entry: Any) -> Iterator[Problem]:
    types = sorted({element.type for element in elements} - {""})
    if entry.type is not None and entry.type not in types:
        if types:
            close = get_close_matches(entry.type, types, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"types are: {', '.join(types[:LONGEST_LIST])}"
            message = f"no {kind} of the network has this type"
            yield view.problem((*route, "type"), message, given=f'"{entry.type}"', hint=hint)
        else:
            yield view.problem((*route, "type"), f"no {kind} of the network has a type", hint="leave type out")
        return
    names = [element.name for element in elements if entry.type in {None, element.type}]
    exclude = entry.exclude
    if not names:
        yield view.problem(route, f"the network has no {kind}", hint="leave this entry out")
        return
    for position, name in enumerate(exclude):
        if name not in names:
            yield unknown(view, (*route, "exclude", position), kind, name, names)
    yield from _taken_before(view, route, kind, entry, elements)
    if set(names) <= set(exclude):
        yield view.problem((*route, "exclude"), f"leaves no {kind} over", hint="leave this entry out")


def _taken_before(
    view: View, route: Route, kind: str, taker: Any, elements: Sequence[NetworkElement]
) -> Iterator[Problem]:
    """An element that an entry further up stands for already would count twice."""
    key, name = route[0], route[1]
    own = {one.name for one in elements if taker.type in {None, one.type}} - set(taker.exclude)
    for other, entry in (view.loads if key == "loads" else view.devices).items():
        if other == name:
            return
        if not (isinstance(entry, NetworkLoads) or getattr(entry, "from_network", False)):
            continue
        if not entry.exclude and not taker.exclude:
            continue  # told without looking at the network
        theirs = {one.name for one in elements if entry.type in {None, one.type}} - set(entry.exclude)
        if both := sorted(own & theirs):
            shown = ", ".join(both[:3]) + (", ..." if len(both) > 3 else "")
            hint = "tell them apart by type or exclude"
            yield view.problem(route, f"{kind} {shown} belong to {key}.{other} already", hint=hint)
            return
