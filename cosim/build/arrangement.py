"""Who runs the wires and who supplies whom in a study: the rules' facts, from the scenario and its network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.rules.facts import (
    Arrangement,
    BalancingFact,
    BoundaryFact,
    CustomerFact,
    OwnSupplyFact,
    PlanFact,
    PlantFact,
    SectionFact,
    WheelingFact,
)
from cosim.rules.forms import FORMS
from cosim.rules.terms import Scheme, Supply, Wires
from simulators.models.registry import KINDS

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.build.placement import Placement
    from cosim.scenario.keys.sections import SectionSpec
    from cosim.scenario.schema import Scenario
    from cosim.study import DeviceEntry
    from grids.sections import Section

MW_TO_KW = 1e3
NAME_PLATE = ("rating_kva", "power_kw")
REACTIVE = "compensator"  # gives no active power


def arrangement(scenario: Scenario, network: Network, devices: Iterable[DeviceEntry] = ()) -> Arrangement:
    """The facts of a scenario whose network is cut into sections; ratings of each member are those of `devices`."""
    section_of = _section_of_bus(network)
    customers = tuple(_customers(scenario, network, section_of))
    plants = tuple(_plants(scenario, network, section_of, {device.name: device for device in devices}))
    loads = {section.name: section.loads for section in network.feeder.partition.sections}
    facts = Arrangement(
        as_of=scenario.rules.as_of,
        sections=tuple(_section(name, spec, loads[name].tolist()) for name, spec in scenario.sections.items()),
        customers=customers,
        plants=plants,
        boundaries=tuple(
            BoundaryFact(name, spec.kind.value, spec.into or "", spec.contract_kw)
            for name, spec in scenario.boundaries.items()
        ),
        balancing=tuple(
            BalancingFact(
                name,
                tuple(spec.customers),
                tuple(spec.devices),
                PlanFact(
                    spec.plan.gate, spec.plan.day_ahead_error_percent, spec.plan.seed, spec.plan.tolerance_percent
                ),
            )
            for name, spec in scenario.balancing.items()
        ),
        wheeling=tuple(
            WheelingFact(
                name,
                tuple(spec.devices),
                spec.customer,
                spec.loss_percent,
                spec.new_plant,
                spec.user_owned,
                None if spec.permits is None else frozenset(spec.permits),
            )
            for name, spec in scenario.self_wheeling.items()
        ),
    )
    return replace(facts, own_supply=tuple(_own_supply(scenario, network, section_of, facts)))


def _section(name: str, spec: SectionSpec, loads: Iterable[int]) -> SectionFact:
    return SectionFact(
        name=name,
        wires=spec.wires,
        island=spec.island,
        owner=spec.owner or "",
        operator=spec.operator or "",
        parties=dict(spec.parties),
        answers={mode: spec.responsible(mode) for mode in spec.answers},
        permits=None if spec.permits is None else frozenset(spec.permits),
        consortium=None if spec.consortium is None else frozenset(spec.consortium),
        form=FORMS.get(spec.form or ""),
        loads=tuple(loads),
    )


def _section_of_bus(network: Network) -> Mapping[str, str]:
    """Bus -> the smallest section that holds it."""
    names = network.feeder.index.bus
    return {names[bus]: section.name for section in _largest_first(network) for bus in section.buses}


def _largest_first(network: Network) -> list[Section]:
    return sorted(network.feeder.partition.sections, key=lambda section: -len(section.buses))


def _directly_inside(network: Network) -> Mapping[str, list[Section]]:
    """Section -> those that lie in it and in no smaller one."""
    largest_first = _largest_first(network)
    inside: dict[str, list[Section]] = {section.name: [] for section in largest_first}
    for at, section in enumerate(largest_first):
        around = [one.name for one in largest_first[:at] if set(section.buses.tolist()) <= set(one.buses.tolist())]
        if around:
            inside[around[-1]].append(section)
    return inside


def _customers(scenario: Scenario, network: Network, section_of: Mapping[str, str]) -> Iterator[CustomerFact]:
    """A customer that names no loads owns those at its buses which no other one names."""
    names, buses = network.feeder.index.bus, network.feeder.index.load_bus.tolist()
    named = {at for spec in scenario.customers.values() for load in spec.loads for at in network.load_points[load]}
    for name, spec in scenario.customers.items():
        if spec.loads:
            own = tuple(point for load in spec.loads for point in network.load_points[load])
        else:
            at_its_buses = (at for at, bus in enumerate(buses) if names[bus] in spec.buses)
            own = tuple(at for at in at_its_buses if at not in named)
        yield CustomerFact(name, spec.supply, spec.relation, section_of.get(spec.buses[0], ""), own)


def _plants(
    scenario: Scenario, network: Network, section_of: Mapping[str, str], devices: Mapping[str, DeviceEntry]
) -> Iterator[PlantFact]:
    for placement in network.devices:
        spec, kind = scenario.devices[placement.name], KINDS[scenario.devices[placement.name].kind]
        section = section_of.get(placement.buses[0], "") if placement.buses else ""
        points = network.injection_points[placement.name]
        scheme = Scheme(getattr(spec, "scheme", Scheme.NONE))
        rated = 0.0 if kind.role == REACTIVE else rated_kw(spec, placement)
        drawn = devices[placement.name].parameters if placement.name in devices else ()
        each = tuple(rated_kw(one, placement) for one in drawn) if rated else ()
        yield PlantFact(placement.name, kind.kind, kind.role, section, rated, scheme, points, each)


def rated_kw(spec: Any, placement: Placement) -> float:
    """Name plate of all units of an entry together, kW: its own, or that of the elements it stands for."""
    given = next((value for key in NAME_PLATE if (value := getattr(spec, key, None)) is not None), None)
    each = [element.p_mw * MW_TO_KW for element in placement.elements] if given is None else given
    return float(np.broadcast_to(np.asarray(each, dtype=np.float64), (placement.units,)).sum())


def _own_supply(
    scenario: Scenario, network: Network, section_of: Mapping[str, str], facts: Arrangement
) -> Iterator[OwnSupplyFact]:
    """Sections in which somebody owes own supply, and private lines that say what theirs is.

    What stands behind a meter of its own takes from the line what this meter shows; but where a plant that counts
    stands there too, everything behind it is part of the line.
    """
    index, directly_inside = network.feeder.index, _directly_inside(network)
    hanging = [section_of.get(index.bus[bus], "") for bus in index.load_bus.tolist()]
    for name, spec in scenario.sections.items():
        here = [one for one in facts.customers if one.section == name]
        served = [one for one in here if _owed_own_supply(one, facts)]
        own = spec.own_supply
        if not served and (own is None or spec.wires is not Wires.PRIVATE_LINE):
            continue
        inside = tuple(plant.name for plant in facts.plants if plant.section == name)
        plants = inside if own is None or own.devices is None else tuple(own.devices)
        points = {at for plant in plants for at in facts.plant[plant].injections}
        shared = [one for one in directly_inside[name] if not points.isdisjoint(one.injections.tolist())]
        behind = {one.name for one in shared}
        own_wires = [at for at, section in enumerate(hanging) if section == name]
        yield OwnSupplyFact(
            section=name,
            plants=plants,
            customers=tuple(one.name for one in served or here),
            loads=tuple(sorted({*own_wires, *(at for one in shared for at in one.loads.tolist())})),
            nested=tuple(one.name for one in directly_inside[name] if one.name not in behind),
            contracted_kw=0.0 if own is None else own.contracted_kw,
            contracted_mwh=0.0 if own is None else own.contracted_mwh,
        )


def _owed_own_supply(customer: CustomerFact, facts: Arrangement) -> bool:
    """Under specified supply, or of a specified electricity business (facts.md 3.1, 3.3)."""
    of_old = facts.form(customer) is FORMS["specified_electricity"]
    return customer.supply is Supply.SPECIFIED_SUPPLY or (
        of_old and customer.supply is Supply.SPECIFIED_TRANSMISSION_RETAIL
    )
