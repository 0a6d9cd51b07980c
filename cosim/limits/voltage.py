"""Voltage limits: which band holds at which supply point, and whose duty it is.

The 100 V legs are half the line voltage of the 105-0-105 V winding (planner.md 1.4), so on a base of 210 V the band of
95-107 V per leg is 0.9048-1.0190 pu, not 0.94-1.06.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from cosim.findings import Severity
from cosim.limits.facts import (
    NO_SECTION,
    OWN_RESPONSIBILITY_WIRES,
    LimitFacts,
    SectionFact,
    SupplyFact,
    SupplyVoltage,
)
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.spec import VoltageLimits
from simulators.axis import HALF_HOUR_S

RULE_100V = "voltage-100v"
RULE_200V = "voltage-200v"
RULE_DEFAULT = "voltage-default"
RULE_OWN = "voltage-own-responsibility"
RULE_UNBALANCE = "leg-unbalance"

# legs of 100 V in series on one base voltage, kV; bases are the no-load and the standard voltages
JAPANESE_LEGS = {0.100: 1, 0.101: 1, 0.105: 1, 0.200: 2, 0.202: 2, 0.210: 2}
JAPANESE_HIGH_VOLTAGE_KV = (3.3, 6.6, 22.0, 33.0)
_STATUTORY = "Electricity Business Act Art. 26, standard voltage at the supply point (電気事業法第26条)"
_SOURCED = "sourced: facts.md 1.1"
MEASURED = "measured"  # legs of a `SupplyFact` that are those of a customer


@dataclass(frozen=True, slots=True)
class VoltageBand:
    """The band of one supply point, in per unit of its base voltage."""

    rule: str
    lower_pu: float
    upper_pu: float
    label: str
    certainty: str
    severity: Severity


def voltage_band(vn_kv: float, voltage: SupplyVoltage, spec: VoltageLimits) -> VoltageBand:
    """The band that holds for a customer supplied at `voltage` from a bus of base `vn_kv`.

    Japanese bands hold only on Japanese bases; elsewhere the default band stands in, marked assumed.
    High-voltage customers and private premises have no statutory band: theirs is information.

    Raises:
        ValueError: a 200 V supply from a 100 V base.
    """
    if voltage in {SupplyVoltage.HIGH_VOLTAGE, SupplyVoltage.PREMISES}:
        return own_responsibility(spec)
    legs = japanese_legs(vn_kv)
    if legs is None or voltage is SupplyVoltage.OTHER:
        return _default(spec, "default band, no statutory one known", Severity.VIOLATION)
    if voltage is SupplyVoltage.LV_100:
        base_v = vn_kv * 1000.0 / legs
        lower, upper, rule = spec.lv_100_lower_v / base_v, spec.lv_100_upper_v / base_v, RULE_100V
    elif legs == 2:
        base_v = vn_kv * 1000.0
        lower, upper, rule = spec.lv_200_lower_v / base_v, spec.lv_200_upper_v / base_v, RULE_200V
    else:
        raise ValueError(f"a 200 V supply cannot stand on a bus of {vn_kv} kV; give a bus of 0.21 kV or lv_100")
    return VoltageBand(rule, lower, upper, _STATUTORY, _SOURCED, Severity.VIOLATION)


def japanese_legs(vn_kv: float) -> int | None:
    """How many 100 V legs make up the base voltage; None if the base is not a Japanese low voltage."""
    return next((legs for base, legs in JAPANESE_LEGS.items() if math.isclose(base, vn_kv, rel_tol=1e-6)), None)


def own_responsibility(spec: VoltageLimits) -> VoltageBand:
    """The band shown, as information, where nobody owes a statutory one."""
    label = "no statutory band: own responsibility (自己責任)"
    band = _default(spec, label, Severity.INFORMATION)
    return VoltageBand(RULE_OWN, band.lower_pu, band.upper_pu, label, band.certainty, Severity.INFORMATION)


def _default(spec: VoltageLimits, label: str, severity: Severity) -> VoltageBand:
    lower, upper = spec.default_lower_pu, spec.default_upper_pu
    return VoltageBand(RULE_DEFAULT, lower, upper, label, "assumed: planner.md 3", severity)


def supply_limits(spec: VoltageLimits, facts: LimitFacts) -> Iterator[Limit]:
    """Both 100 V legs and the 200 V line of every supply point whose legs are known, by section."""
    groups: dict[tuple[str, SectionFact], list[SupplyFact]] = defaultdict(list)
    for supply in facts.supplies:
        groups[supply.method, facts.section_of_bus.get(supply.bus, NO_SECTION)].append(supply)
    for (method, section), supplies in groups.items():
        own = section.wires in OWN_RESPONSIBILITY_WIRES
        label = "no statutory band: own responsibility (自己責任)" if own else _STATUTORY
        legs = tuple(f"{supply.subject}@{leg}" for supply in supplies for leg in supply.legs)
        for rule, quantity, subjects, lower, upper in (
            (RULE_100V, Quantity.LEG_V, legs, spec.lv_100_lower_v, spec.lv_100_upper_v),
            (
                RULE_200V,
                Quantity.LINE_V,
                tuple(one.subject for one in supplies),
                spec.lv_200_lower_v,
                spec.lv_200_upper_v,
            ),
        ):
            yield Limit(
                id=RULE_OWN if own else rule,
                quantity=quantity,
                subjects=subjects,
                window_s=HALF_HOUR_S,
                bounds=Bounds(lower, upper),
                section=section.name,
                responsible=section.responsible,
                label=f"{label}; legs {method}",
                certainty=_SOURCED
                if method == MEASURED
                else "derived: equivalent of the pole transformer, facts.md 1.3 [A]",
                severity=Severity.INFORMATION if own else Severity.VIOLATION,
            )


def unbalance_limits(spec: VoltageLimits, facts: LimitFacts) -> Iterator[Limit]:
    """How unequal the legs of a supply point may be, by section; an equivalent has no two legs to compare."""
    groups: dict[SectionFact, list[str]] = defaultdict(list)
    for supply in facts.supplies:
        if supply.method == MEASURED:
            groups[facts.section_of_bus.get(supply.bus, NO_SECTION)].append(supply.subject)
    for section, subjects in groups.items():
        yield Limit(
            id=RULE_UNBALANCE,
            quantity=Quantity.LEG_UNBALANCE_PERCENT,
            subjects=tuple(subjects),
            window_s=HALF_HOUR_S,
            bounds=Bounds(upper=spec.leg_unbalance_percent),
            section=section.name,
            responsible=section.responsible,
            label="voltage unbalance of a single-phase three-wire supply (単相三線式の電圧不平衡)",
            certainty="assumed: facts.md 2.3 has 40 % for equipment [U], nothing for voltage",
            severity=Severity.WARNING,
        )


def voltage_limits(spec: VoltageLimits, facts: LimitFacts) -> Iterator[Limit]:
    """One limit per band and section, over the supply points of customers and the remaining buses."""
    groups: dict[tuple[VoltageBand, SectionFact], list[str]] = defaultdict(list)
    for bus, band in _bands(spec, facts):
        subjects = groups[band, facts.section_of_bus.get(bus, NO_SECTION)]
        if f"bus:{bus}" not in subjects:
            subjects.append(f"bus:{bus}")
    for (band, section), subjects in groups.items():
        yield Limit(
            id=band.rule,
            quantity=Quantity.VM_PU,
            subjects=tuple(subjects),
            window_s=HALF_HOUR_S,
            bounds=Bounds(band.lower_pu, band.upper_pu),
            section=section.name,
            responsible=section.responsible,
            label=band.label,
            certainty=band.certainty,
            severity=band.severity,
        )


def _bands(spec: VoltageLimits, facts: LimitFacts) -> Iterator[tuple[str, VoltageBand]]:
    """(bus, band) of every supply point; a bus without a customer gets a band only where one can be stated.

    A bus inside a three-winding transformer supplies nobody.
    """
    vn_kv = dict(zip(facts.index.bus, facts.index.bus_vn_kv.tolist(), strict=True))
    judged = {facts.index.bus[position] for position in facts.index.star_bus} | facts.legs_known_at
    for customer in facts.customers:
        for bus in customer.buses:
            wires = facts.section_of_bus.get(bus, NO_SECTION).wires
            own = wires in OWN_RESPONSIBILITY_WIRES
            yield bus, own_responsibility(spec) if own else voltage_band(vn_kv[bus], customer.voltage, spec)
            judged.add(bus)
    for bus in facts.index.bus:
        if bus not in judged and not any(math.isclose(vn_kv[bus], kv) for kv in JAPANESE_HIGH_VOLTAGE_KV):
            yield bus, _unsupplied(vn_kv[bus], facts.section_of_bus.get(bus, NO_SECTION).wires, spec)


def _unsupplied(vn_kv: float, wires: str, spec: VoltageLimits) -> VoltageBand:
    """The band of a bus at which the scenario names no customer: at most a warning, always assumed."""
    if wires in OWN_RESPONSIBILITY_WIRES:
        return own_responsibility(spec)
    if japanese_legs(vn_kv) is None:
        return _default(spec, "default band, no customer named here", Severity.WARNING)
    band = voltage_band(vn_kv, SupplyVoltage.LV_100, spec)
    label = f"{_STATUTORY}; no customer named here, the narrower band taken"
    return VoltageBand(RULE_100V, band.lower_pu, band.upper_pu, label, "assumed: 100 V legs in use", Severity.WARNING)
