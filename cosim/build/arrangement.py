"""Who runs the wires and who supplies whom in a study: the rules' facts, from the scenario and its network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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

MW_TO_KW = 1e3
NAME_PLATE = ("rating_kva", "power_kw")
REACTIVE = "compensator"  # gives no active power


def arrangement(scenario: Scenario, network: Network, devices: Iterable[DeviceEntry] = ()) -> Arrangement:
    """The facts of a scenario whose network is cut into sections; ratings of each member are those of `devices`."""
    section_of = _section_of_bus(network)
    customers = tuple(_customers(scenario, network, section_of))
    plants = tuple(_plants(scenario, network, section_of, {device.name: device for device in devices}))
    return Arrangement(
        as_of=scenario.rules.as_of,
        sections=tuple(_section(name, spec) for name, spec in scenario.sections.items()),
        customers=customers,
        plants=plants,
        boundaries=tuple(
            BoundaryFact(name, spec.kind.value, spec.into or "", spec.contract_kw)
            for name, spec in scenario.boundaries.items()
        ),
        own_supply=tuple(_own_supply(scenario, network, section_of, customers, plants)),
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
            WheelingFact(name, tuple(spec.devices), spec.customer, spec.loss_percent, spec.new_plant, spec.user_owned)
            for name, spec in scenario.self_wheeling.items()
        ),
    )


def _section(name: str, spec: SectionSpec) -> SectionFact:
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
    )


def _section_of_bus(network: Network) -> Mapping[str, str]:
    """Bus -> the smallest section that holds it."""
    names = network.feeder.index.bus
    largest_first = sorted(network.feeder.partition.sections, key=lambda section: -len(section.buses))
    return {names[bus]: section.name for section in largest_first for bus in section.buses}


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
    scenario: Scenario,
    network: Network,
    section_of: Mapping[str, str],
    customers: tuple[CustomerFact, ...],
    plants: tuple[PlantFact, ...],
) -> Iterator[OwnSupplyFact]:
    """Sections in which a supplier owes own supply: those with customers under specified supply."""
    index = network.feeder.index
    hanging = [section_of.get(index.bus[bus], "") for bus in index.load_bus.tolist()]
    for name, spec in scenario.sections.items():
        here = [one for one in customers if one.section == name]
        served = [one for one in here if one.supply is Supply.SPECIFIED_SUPPLY]
        own = spec.own_supply
        if not served and (own is None or spec.wires is not Wires.PRIVATE_LINE):
            continue
        inside = tuple(plant.name for plant in plants if plant.section == name)
        yield OwnSupplyFact(
            section=name,
            plants=inside if own is None or own.devices is None else tuple(own.devices),
            customers=tuple(one.name for one in served or here),
            loads=tuple(at for at, section in enumerate(hanging) if section == name),
            contracted_kw=0.0 if own is None else own.contracted_kw,
            contracted_mwh=0.0 if own is None else own.contracted_mwh,
        )
