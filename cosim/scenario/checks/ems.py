"""Checks of EMS scopes: one metering point each, and only what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.checks.relays import relays_at
from cosim.scenario.keys.boundaries import BoundaryKind
from cosim.scenario.rules import CannotJudgeError, rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View
from simulators.models.registry import KINDS

# what a strategy rules; and the keys that give it its limit: its own, or else its metering point's
_ROLES = {"self-consumption": "storage", "price-led": "engine", "heat-led": "engine"}
_LIMITS = {
    "export-cap": (("limit_kw", "min_import_kw"), ("export_limit_kw", "min_import_kw")),
    "contract-cap": (("limit_kw",), ("contract_kw",)),
}


@rule("metering point of an EMS", "ems.*.at")
def metering_point(view: View, name: str) -> Iterator[Problem]:
    """An EMS acts at a boundary of kind pcc, and two never at the same one."""
    at, route = view.scopes[name].at, ("ems", name, "at")
    known = view.parts.names("boundaries")
    if at not in known:
        yield unknown(view, route, "boundary", at, known)
        return
    if view.parts.usable(("boundaries", at, "kind")) and view.boundaries[at].kind is not BoundaryKind.PCC:
        hint = "in normal mode nobody nets beyond one metering point"
        given = f'"{at}" is of kind {view.boundaries[at].kind}'
        yield view.problem(route, "must be a boundary of kind pcc", given=given, hint=hint)
    earlier = [other for other, scope in view.scopes.items() if getattr(scope, "at", None) == at]
    if earlier.index(name) > 0:
        yield view.problem(route, f"ems.{earlier[0]} acts at this boundary already", hint="put the strategies together")


@rule("devices of an EMS", "ems.*.strategies", "ems.*.cut_order")
def device_names(view: View, name: str) -> Iterator[Problem]:
    """Strategies and the cut order name devices that exist."""
    known = view.parts.names("devices")
    for route, device in _named(view, name):
        if device not in known:
            yield unknown(view, route, "device", device, known)


@rule("devices stand behind the metering point", "grid", "sections", "boundaries", "ems.*")
def behind(view: View, name: str) -> Iterator[Problem]:
    """An EMS rules only devices behind its metering point."""
    scope = view.scopes[name]
    if scope.at not in view.boundaries:
        return
    inside = view.buses_behind(scope.at)
    elsewhere = frozenset(view.bus_names()) - inside - view.network.grid.out_of_service_buses
    unplaced = []
    for route, device in _named(view, name):
        if device not in view.parts.names("devices"):
            continue
        if not all(view.parts.usable(("devices", device, key)) for key in ("kind", "bus", "buses", "count")):
            unplaced.append(device)
            continue
        outside = [bus for bus in view.devices[device].placed if bus in elsewhere]
        if outside:
            hint = f"only what lies in section {view.boundaries[scope.at].into} can be ruled here"
            given = f'"{device}" stands at bus {outside[0]}'
            yield view.problem(route, f"the device does not stand behind {scope.at}", given=given, hint=hint)
    if unplaced:
        raise CannotJudgeError(f"devices.{unplaced[0]} is wrong")


@rule("devices fit their strategies", "ems.*.strategies")
def fitting(view: View, name: str) -> Iterator[Problem]:
    """A strategy rules a device of the role it is made for."""
    for position, strategy in enumerate(view.scopes[name].strategies):
        needed = _ROLES.get(strategy.kind)
        device = getattr(strategy, "device", "")
        entry = view.devices.get(device)
        if needed is not None and entry is not None and KINDS[entry.kind].role != needed:
            kinds = ", ".join(kind for kind, spec in KINDS.items() if spec.role == needed)
            route = ("ems", name, "strategies", position, "device")
            given = f'"{device}" is of kind {entry.kind}'
            yield view.problem(route, f"{strategy.kind} needs a device of kind {kinds}", given=given)


@rule("limits of strategies", "ems.*.at", "ems.*.strategies")
def strategy_limits(view: View, name: str) -> Iterator[Problem]:
    """A strategy that keeps a limit is given one, by itself or by its metering point."""
    scope = view.scopes[name]
    for position, strategy in enumerate(scope.strategies):
        own, agreed = _LIMITS.get(strategy.kind, ((), ()))
        if not own or any(getattr(strategy, key) is not None for key in own):
            continue
        if not view.parts.usable(("boundaries", scope.at)):
            raise CannotJudgeError(f"boundaries.{scope.at} is wrong")
        boundary = view.boundaries.get(scope.at)
        if boundary is not None and all(getattr(boundary, key) is None for key in agreed):
            if strategy.kind == "export-cap" and relays_at(view, scope.at):
                continue  # their settings are the minimum import
            hint = f"give {' or '.join(own)} here, or {' or '.join(agreed)} at boundaries.{scope.at}"
            yield view.problem(("ems", name, "strategies", position), f"{strategy.kind} has no limit", hint=hint)


@rule("prices of strategies", "ems.*.strategies", "market")
def strategy_prices(view: View, name: str) -> Iterator[Problem]:
    """A strategy that compares costs knows the price of electricity and of the device's fuel."""
    market = view.parts.values.get("market")
    for position, strategy in enumerate(view.scopes[name].strategies):
        if strategy.kind != "price-led" and not getattr(strategy, "only_above_cost", False):
            continue
        route = ("ems", name, "strategies", position)
        if market is None or market.tariff is None:
            yield view.problem(
                route, f"{strategy.kind} compares costs, but there is no tariff", hint="give market.tariff"
            )
        fuel = getattr(view.devices.get(getattr(strategy, "device", "")), "fuel", None)
        if fuel is not None and (market is None or fuel not in market.fuels):
            yield view.problem(route, f"the price of {fuel} is missing", hint=f"give market.fuels.{fuel}")


def _named(view: View, name: str) -> Iterator[tuple[Route, str]]:
    """Every device an EMS names, with where."""
    scope: Any = view.scopes[name]
    for position, strategy in enumerate(scope.strategies):
        route: Route = ("ems", name, "strategies", position)
        if isinstance(device := getattr(strategy, "device", None), str):
            yield (*route, "device"), device
    for position, device in enumerate(scope.cut_order):
        yield ("ems", name, "cut_order", position), device
