"""What the limits of a study follow from, taken from the scenario and its network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cosim.limits.facts import BoundaryFact, CustomerFact, LimitFacts, SectionFact, SupplyFact
from cosim.scenario.keys.sections import Mode

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.scenario.schema import Scenario


def limit_facts(scenario: Scenario, network: Network) -> LimitFacts:
    """What the limits follow from."""
    feeder = network.feeder
    index = feeder.index
    responsible = {name: spec.responsible(Mode.NORMAL) for name, spec in scenario.sections.items()}
    ends: dict[str, list[str]] = {}
    for boundary, at in feeder.ends:
        ends.setdefault(boundary, []).append(at)
    poles = () if network.facts.low_voltage is None else network.facts.low_voltage.poles
    return LimitFacts(
        index=index,
        sections=tuple(
            SectionFact(
                section.name,
                tuple(index.bus[bus] for bus in section.buses),
                scenario.sections[section.name].wires.value,
                responsible[section.name],
            )
            for section in feeder.partition.sections
        ),
        customers=tuple(
            CustomerFact(name, tuple(spec.buses), spec.voltage) for name, spec in scenario.customers.items()
        ),
        boundaries=tuple(
            BoundaryFact(
                name=name,
                kind=spec.kind.value,
                ends=tuple(ends[name]),
                section=spec.into or "",
                responsible=responsible.get(spec.into or "", ""),
                contract_kw=spec.contract_kw,
                export_limit_kw=spec.export_limit_kw,
                min_import_kw=spec.min_import_kw,
                reverse_allowed=spec.reverse_allowed,
            )
            for name, spec in scenario.boundaries.items()
        ),
        supplies=tuple(_supplies(network)),
        pole_trafos=frozenset(pole.trafo for pole in poles if pole.trafo is not None),
        legs_known_at=frozenset() if network.facts.low_voltage is None else network.facts.low_voltage.low_voltage_buses,
    )


def _supplies(network: Network) -> Iterator[SupplyFact]:
    supply = network.feeder.supply
    if supply is not None:
        for (subject, legs), bus in zip(network.feeder.supply_points, supply.buses, strict=True):
            yield SupplyFact(subject, legs, bus, supply.method.value)
