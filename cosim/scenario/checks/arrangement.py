"""Checks of who runs the wires and who is supplied how: what is named exists, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cosim.errors import Problem
from cosim.rules.terms import Supply
from cosim.scenario.checks.connections import unknown
from cosim.scenario.rules import rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View


def _named(view: View, route: Route, kind: str, names: Sequence[str]) -> Iterator[Problem]:
    """Names of a list that no entry has, and those written twice in it."""
    known = view.parts.names({"customer": "customers", "device": "devices"}[kind])
    for position, name in enumerate(names):
        if name not in known:
            yield unknown(view, (*route, position), kind, name, known)
        elif name in names[:position]:
            yield view.problem((*route, position), f"the {kind} is named twice", given=f'"{name}"')


def _taken_before(
    view: View, route: Route, names: Sequence[str], others: Iterable[tuple[str, Sequence[str]]], said: str
) -> Iterator[Problem]:
    """Names that an entry further up has already."""
    known = list(others)
    for position, name in enumerate(names):
        if other := next((other for other, theirs in known if name in theirs), ""):
            yield view.problem((*route, position), f"{said} {other} already", given=f'"{name}"')


@rule("members of a balancing group", "balancing.*.customers", "balancing.*.devices")
def balancing_members(view: View, name: str) -> Iterator[Problem]:
    """A group plans customers and devices that exist, and nobody is planned by two groups."""
    groups = view.parts.entries("balancing")
    before = list(groups)[: list(groups).index(name)]
    for key, kind in (("customers", "customer"), ("devices", "device")):
        route, names = ("balancing", name, key), getattr(groups[name], key)
        yield from _named(view, route, kind, names)
        usable = [other for other in before if view.parts.usable(("balancing", other, key))]
        others = [(f"balancing.{other}", getattr(groups[other], key)) for other in usable]
        yield from _taken_before(view, route, names, others, f"the {kind} is planned by")


@rule("plants of self-wheeling", "self_wheeling.*.devices")
def wheeled_plants(view: View, name: str) -> Iterator[Problem]:
    """What is wheeled comes from generating devices that exist, each to one customer."""
    ways = view.parts.entries("self_wheeling")
    route, names = ("self_wheeling", name, "devices"), ways[name].devices
    yield from _named(view, route, "device", names)
    before = list(ways)[: list(ways).index(name)]
    usable = [other for other in before if view.parts.usable(("self_wheeling", other, "devices"))]
    others = [(f"self_wheeling.{other}", ways[other].devices) for other in usable]
    yield from _taken_before(view, route, names, others, "the device is wheeled by")


@rule("plants that generate", "self_wheeling.*.devices", "devices")
def wheeled_generation(view: View, name: str) -> Iterator[Problem]:
    """Storage and compensators generate nothing that could be wheeled."""
    from simulators.models.registry import KINDS  # noqa: PLC0415 - numpy

    for position, device in enumerate(view.parts.entries("self_wheeling")[name].devices):
        entry = view.devices.get(device)
        if entry is not None and KINDS[entry.kind].role not in {"source", "engine"}:
            message = f"a {entry.kind} generates nothing that could be wheeled"
            yield view.problem(("self_wheeling", name, "devices", position), message, given=f'"{device}"')


@rule("customer of self-wheeling", "self_wheeling.*.customer")
def wheeled_to(view: View, name: str) -> Iterator[Problem]:
    """Power is wheeled to a customer under self-wheeling, in one entry."""
    ways = view.parts.entries("self_wheeling")
    customer, known = ways[name].customer, view.parts.names("customers")
    route = ("self_wheeling", name, "customer")
    if customer not in known:
        yield unknown(view, route, "customer", customer, known)
        return
    supply = view.customers[customer].supply if view.parts.usable(("customers", customer, "supply")) else None
    if supply is not None and supply is not Supply.SELF_WHEELING:
        hint = f"give customers.{customer}.supply: self_wheeling, with its relation"
        yield view.problem(route, f"the customer's supply is {supply}", given=f'"{customer}"', hint=hint)
    for other in list(ways)[: list(ways).index(name)]:
        if view.parts.usable(("self_wheeling", other, "customer")) and ways[other].customer == customer:
            hint = f"list all its plants in self_wheeling.{other}.devices"
            yield view.problem(route, f"self_wheeling.{other} wheels to it already", given=f'"{customer}"', hint=hint)


@rule("plants of own supply", "sections.*.own_supply", about=("own_supply",))
def own_supply_plants(view: View, name: str) -> Iterator[Problem]:
    """Own supply comes from devices that exist."""
    own = view.sections[name].own_supply
    if own is not None:
        yield from _named(view, ("sections", name, "own_supply", "devices"), "device", own.devices or ())


@rule(
    "own supply stands inside", "grid", "sections", "boundaries", "devices", "sections.*.own_supply",
    about=("own_supply",),
)  # fmt: skip
def own_supply_inside(view: View, name: str) -> Iterator[Problem]:
    """A plant outside the section is no plant of its own; it counts by contract."""
    own = view.sections[name].own_supply
    named = [] if own is None else list(enumerate(own.devices or ()))
    if not named:
        return
    inside, known = view.buses_in(name), frozenset(view.bus_names())
    for position, device in named:
        entry = view.devices.get(device)
        for bus in () if entry is None else _standing(view, entry):
            if bus in known and bus not in inside:
                route = ("sections", name, "own_supply", "devices", position)
                hint = "leave it out; under contract it counts by contracted_kw and contracted_mwh"
                yield view.problem(
                    route, f"stands outside section {name}, at bus {bus}", given=f'"{device}"', hint=hint
                )
                break


def _standing(view: View, entry: Any) -> Sequence[str]:
    """The bus of each unit of a device entry."""
    if not entry.from_network:
        placed: Sequence[str] = entry.placed
        return placed
    generators = view.network.grid.generators
    return [one.bus for one in generators if one.name not in entry.exclude and entry.type in {None, one.type}]


@rule("customers in one section", "grid", "sections", "boundaries")
def customers_in_one_section(view: View) -> Iterator[Problem]:
    """The wires a customer is reached over are those of one section, or of none."""
    if not view.parts.names("sections"):
        return
    known = frozenset(view.bus_names())
    for name, spec in view.customers.items():
        if not view.parts.usable(("customers", name, "buses")):
            continue
        placed = [(bus, view.section_of_bus.get(bus, "")) for bus in spec.buses if bus in known]
        if apart := next((one for one in placed if one[1] != placed[0][1]), None):
            where = [f"{bus} lies in {f'section {one}' if one else 'no section'}" for bus, one in (placed[0], apart)]
            message, hint = f"lie apart: {', '.join(where)}", "make it a customer for each"
            yield view.problem(("customers", name, "buses"), message, hint=hint)


@rule("loads of customers at one bus", "customers.*.buses", "customers.*.loads")
def loads_told_apart(view: View, name: str) -> Iterator[Problem]:
    """A customer that names no loads owns those at its buses: two of them at one bus would both be billed."""
    spec = view.customers[name]
    if spec.loads:
        return
    for other, entry in view.customers.items():
        if other == name:
            return
        if not all(view.parts.usable(("customers", other, key)) for key in ("buses", "loads")) or entry.loads:
            continue
        if shared := sorted(set(spec.buses) & set(entry.buses)):
            message = f"shares bus {shared[0]} with customers.{other}, and neither says which loads are its own"
            yield view.problem(("customers", name, "buses"), message, hint="give loads of one of them")
