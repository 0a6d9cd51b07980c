"""What the limits of a study follow from, taken from the scenario and its network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.limits.facts import BoundaryFact, CustomerFact, GeneratorFact, LimitFacts, SectionFact, SupplyFact
from cosim.rules.terms import Mode, Scheme
from simulators.models.registry import KINDS

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.build.placement import Placement
    from cosim.scenario.schema import Scenario


KW_PER_MW = 1e3


def limit_facts(scenario: Scenario, network: Network) -> LimitFacts:
    """What the limits follow from."""
    feeder = network.feeder
    index = feeder.index
    responsible = {name: spec.responsible(Mode.NORMAL) for name, spec in scenario.sections.items()}
    ends: dict[str, list[str]] = {}
    for boundary, at in feeder.ends:
        ends.setdefault(boundary, []).append(at)
    low_voltage = network.facts.low_voltage
    poles = () if low_voltage is None else low_voltage.poles
    return LimitFacts(
        index=index,
        sections=tuple(
            SectionFact(
                section.name,
                tuple(index.bus[bus] for bus in section.buses),
                scenario.sections[section.name].wires.value,
                responsible[section.name],
                scenario.sections[section.name].island.value,
                tuple(index.branch_subject(branch) for branch in section.branches.tolist()),
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
                separate_metering=spec.separate_metering,
            )
            for name, spec in scenario.boundaries.items()
        ),
        supplies=tuple(_supplies(network)),
        pole_trafos=frozenset(pole.trafo for pole in poles if pole.trafo is not None),
        legs_known_at=frozenset() if low_voltage is None else low_voltage.low_voltage_buses,
        low_voltage=low_voltage,
        generators=tuple(_generators(scenario, network)),
        as_of=scenario.rules.as_of,
    )


def fit_behind(scenario: Scenario, network: Network) -> tuple[tuple[int, ...], ...]:
    """Per boundary: positions of the injections behind it that sell under FIT; none where it leads into no section."""
    partition = network.feeder.partition
    fit = {
        point
        for placement in network.devices
        if scenario.devices[placement.name].scheme is Scheme.FIT
        for point in network.injection_points[placement.name]
    }
    inside = [set() if into < 0 else set(partition.sections[into].injections.tolist()) for into in partition.into]
    return tuple(tuple(sorted(fit & behind)) for behind in inside)


def tripping(scenario: Scenario, network: Network) -> tuple[tuple[int, ...] | None, ...]:
    """Per boundary: positions of the injections that power relays there take off; without relays all behind it.

    None where a boundary without relays leads into no section: what stands behind it is not known.
    """
    partition = network.feeder.partition
    taken_off: dict[str, set[int]] = {}
    for spec in scenario.relays.values():
        at = getattr(spec, "at", None)
        if spec.watches.power and at is not None:
            points = (point for device in spec.trips for point in network.injection_points[device])
            taken_off.setdefault(at, set()).update(points)
    behind = [None if into < 0 else partition.sections[into].injections.tolist() for into in partition.into]
    own = [taken_off.get(name, inside) for name, inside in zip(partition.boundaries, behind, strict=True)]
    return tuple(None if points is None else tuple(sorted(points)) for points in own)


def _generators(scenario: Scenario, network: Network) -> Iterator[GeneratorFact]:
    """Entries that can feed in: all but compensators."""
    for placement in network.devices:
        entry, kind = scenario.devices[placement.name], KINDS[scenario.devices[placement.name].kind]
        if kind.role in {"source", "storage", "engine"}:
            yield GeneratorFact(
                name=placement.name,
                role=kind.role,
                scheme=entry.scheme.value,
                rotating=kind.role == "engine" and not kind.inverter,
                buses=placement.buses,
                rated_kw=_rated_kw(placement, entry),
            )


def _rated_kw(placement: Placement, entry: Any) -> tuple[float, ...]:
    """AC rating of each unit: its power, or what its power conditioner lets through."""
    given = getattr(entry, "power_kw", None)
    if given is None:
        scale = getattr(entry, "scale", 1.0)
        given = [element.p_mw * KW_PER_MW * scale for element in placement.elements]
    most = getattr(entry, "pcs_kva", None)
    each = np.broadcast_to(np.asarray(given, dtype=np.float64), (placement.units,))
    return tuple((each if most is None else np.minimum(each, most)).tolist())


def _supplies(network: Network) -> Iterator[SupplyFact]:
    supply = network.feeder.supply
    if supply is not None:
        for (subject, legs), bus in zip(network.feeder.supply_points, supply.buses, strict=True):
            yield SupplyFact(subject, legs, bus, supply.method.value)
