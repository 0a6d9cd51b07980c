"""Connection class (系統連系区分): how much generation one connection may have at its voltage, judged before the run.

A connection is a metering point, or a customer's supply point outside every metering point's section. Where a bus
without a metering point may stand for many customers only single units are judged. Batteries count like generation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from cosim.findings import Severity
from cosim.limits.facts import NO_SECTION, BoundaryFact, LimitFacts
from cosim.limits.reverse_flow import PCC
from cosim.limits.spec import LimitsSpec
from cosim.limits.voltage import japanese_legs
from cosim.rules.checks import Breach
from grids.boundaries import bus_at, resolve_end

RULE = "connection-class"
HIGH_VOLTAGE_KV = (3.3, 6.6)
_CAPACITY = "assumed: facts.md 2.1 [U]"
_ROTATING = "sourced: facts.md 2.1 [W24]"
_NO_MACHINE = "AC machines without an inverter connect to low voltage only without reverse flow"


@dataclass(frozen=True, slots=True)
class _Connection:
    subject: str
    section: str
    vn_kv: float
    kw: float  # AC rating of what is judged together
    machines: tuple[str, ...]  # AC machines without an inverter
    may_export: bool


def connection_breaches(spec: LimitsSpec, facts: LimitFacts) -> Iterator[Breach]:
    """Connections with more generation than their voltage takes, and machines at low voltage that may feed back.

    Only Japanese voltages have a class here; ratings are those of the file, not what members draw.
    """
    for one in (*_metering_points(facts), *_supply_points(facts)):
        low = japanese_legs(one.vn_kv) is not None
        if not low and not any(math.isclose(one.vn_kv, kv) for kv in HIGH_VOLTAGE_KV):
            continue
        limit_kw = spec.connection_low_voltage_kw if low else spec.connection_high_voltage_kw
        too_much, machine = one.kw >= limit_kw, low and one.may_export and bool(one.machines)
        if not (too_much or machine):
            continue
        said = f"connection class: generation at {_words(low)} stays below {limit_kw:g} kW (系統連系区分)"
        label = "; ".join(([said] if too_much else []) + ([_NO_MACHINE] if machine else []))
        hint = f"a no-export contract (export_limit_kw: 0), or an inverter, for {', '.join(one.machines)}"
        yield Breach(
            RULE,
            one.subject,
            one.section,
            label,
            _CAPACITY if too_much else _ROTATING,
            "connect it at the next higher voltage, or split what is no single site" if too_much else hint,
            Severity.WARNING,
            "generation_kw",
            one.kw,
            limit_kw if too_much else 0.0,
            "kW",
        )


def _words(low: bool) -> str:
    return "low voltage (低圧)" if low else "high voltage (高圧)"


def _metering_points(facts: LimitFacts) -> Iterator[_Connection]:
    for boundary in facts.boundaries:
        behind = facts.generators_in(boundary.section) if boundary.kind == PCC else ()
        if behind:
            inside = frozenset(facts.section_by_name[boundary.section].buses)
            machines = tuple(f"device:{one.name}" for one in behind if one.rotating)
            kw = sum(one.kw_at(inside) for one in behind)
            may_export = boundary.export_limit_kw != 0.0
            vn_kv = facts.bus_kv[_bus_of(boundary, facts)]
            yield _Connection(f"boundary:{boundary.name}", boundary.section, vn_kv, kw, machines, may_export)


def _bus_of(boundary: BoundaryFact, facts: LimitFacts) -> str:
    where = resolve_end(boundary.ends[0], facts.index)
    if isinstance(where, str):
        raise ValueError(where)
    return facts.index.bus[bus_at(facts.index, where)]


def _supply_points(facts: LimitFacts) -> Iterator[_Connection]:
    """Customers outside every metering point: all units of one whose own wires are known, else each unit alone."""
    metered = {
        bus
        for boundary in facts.boundaries
        if boundary.kind == PCC and boundary.section in facts.section_by_name
        for bus in facts.section_by_name[boundary.section].buses
    }
    known = {} if facts.low_voltage is None else facts.low_voltage.who_is_at
    named = {bus: f"customer:{one.name}" for one in facts.customers for bus in one.buses if bus not in known}
    kw: dict[str, float] = {}
    machines: dict[str, list[str]] = {}
    place: dict[str, str] = {}
    for device in facts.generators:
        for bus, unit_kw in zip(device.buses, device.rated_kw, strict=True):
            subject = known.get(bus, named.get(bus, ""))
            if bus in metered or not subject.startswith("customer:"):
                continue
            place[subject] = bus
            together = kw.get(subject, 0.0) + unit_kw
            kw[subject] = together if bus in known else max(kw.get(subject, 0.0), unit_kw)
            own = machines.setdefault(subject, [])
            if device.rotating and f"device:{device.name}" not in own:
                own.append(f"device:{device.name}")
    for subject, bus in place.items():
        section = facts.section_of_bus.get(bus, NO_SECTION).name
        yield _Connection(subject, section, facts.bus_kv[bus], kw[subject], tuple(machines[subject]), may_export=True)
