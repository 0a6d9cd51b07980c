"""`arrangement.json`: who runs the wires, who answers, who is supplied how and billed what, as plain data.

Amounts are means over the members; those with failed steps do not count, as in the figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cosim.rules.answering import who_answers
from cosim.rules.charges import Basis, ChargeRow, charges_of
from cosim.rules.facts import Arrangement, CustomerFact, SectionFact
from cosim.rules.forms import SupplyForm
from cosim.rules.periods import PeriodRules
from cosim.rules.terms import Duty, IslandArrangement, Mode, Supply, Wires
from grids.arrays import FloatArray

Amounts = Mapping[str, FloatArray]  # (M,) each
_METER = "pcc"  # kind of a boundary that is a metering point


def arrangement_data(periods: PeriodRules) -> dict[str, Any] | None:
    """What `arrangement.json` holds; None for a study without sections and customers."""
    facts = periods.facts
    if not facts.sections and not facts.customers:
        return None
    return {
        "as_of": facts.as_of.isoformat(),
        "sections": [_section(section, facts) for section in facts.sections],
        "customers": [_customer(customer, periods) for customer in facts.customers],
    }


def _section(section: SectionFact, facts: Arrangement) -> dict[str, Any]:
    modes = [Mode.NORMAL] if section.island is IslandArrangement.NONE else list(Mode)
    return {
        "name": section.name,
        "form": _form(section.form or facts.form_of_wires(section)),
        "wires": section.wires.value,
        "island": section.island.value,
        "owner": section.owner,
        "operator": section.operator,
        "permits": None if section.permits is None else sorted(section.permits),
        "consortium": None if section.consortium is None else sorted(section.consortium),
        "answers": {mode.value: {duty.value: who_answers(section, duty, mode) for duty in Duty} for mode in modes},
        "customers": [customer.name for customer in facts.customers if customer.section == section.name],
    }


def _form(form: SupplyForm | None) -> dict[str, str] | None:
    return None if form is None else {"id": form.id, "title": form.title, "title_ja": form.title_ja}


def _customer(customer: CustomerFact, periods: PeriodRules) -> dict[str, Any]:
    facts, known = periods.facts, basis_of(customer, periods)
    kept = {key: float(np.mean(values[periods.demand.counted])) for key, values in known.items()}
    return {
        "name": customer.name,
        "section": customer.section,
        "supply": customer.supply.value,
        "relation": None if customer.relation is None else customer.relation.value,
        "form": _form(facts.form(customer)),
        "used": kept,
        "charges": [_charge(row, kept) for row in charges_of(facts, customer)],
    }


def _charge(row: ChargeRow, known: Mapping[str, float]) -> dict[str, Any]:
    told: dict[str, Any] = {"charge": row.charge.value, "applies": row.applies}
    if row.basis is not None:
        told |= {"basis": row.basis.value, "amount": known.get(row.basis), "unit": row.basis.unit}
        told |= {"payer": str(row.payer)}
    return told | {"why": row.why, "certainty": row.certainty}


def basis_of(customer: CustomerFact, periods: PeriodRules) -> Amounts:
    """What a customer's charges rest on, as far as the run tells; a basis nobody measured is left out."""
    used = dict(periods.demand.used().get(customer.name, {}))
    return {**used, **_bought(customer, periods, used), **dict(_shared(customer, periods))}


def _bought(customer: CustomerFact, periods: PeriodRules, used: Amounts) -> Amounts:
    """What it buys: all it uses, but for what its own plants give or what is wheeled to it."""
    if customer.supply is Supply.SELF_WHEELING:
        wheeled = periods.wheeling.amounts()
        if customer.name in wheeled:
            return wheeled[customer.name]
    elif customer.supply is Supply.OWN:
        imported = periods.demand.imported().get(customer.section)
        if imported is None or not _alone_behind_a_meter(customer, periods.facts):
            return {}
        return {"purchased_mwh": imported["import_mwh"], "max_purchased_kw": imported["max_import_kw"]}
    if not used:
        return {}
    return {"purchased_mwh": used["demand_mwh"], "max_purchased_kw": used["max_demand_kw"]}


def _alone_behind_a_meter(customer: CustomerFact, facts: Arrangement) -> bool:
    """Whether what its section imports is what it buys: metering points, and nobody else's load behind them."""
    section = facts.section[customer.section]
    leading = {boundary.kind for boundary in facts.boundaries if boundary.section == section.name}
    sharing = [other for other in facts.customers if other.section == section.name]
    metered = section.wires is Wires.PREMISES or leading == {_METER}
    return metered and len(sharing) == 1 and set(section.loads) <= set(customer.loads)


def _shared(customer: CustomerFact, periods: PeriodRules) -> Iterator[tuple[str, FloatArray]]:
    """What is measured for a section or a balancing group as a whole."""
    imported = periods.demand.imported().get(customer.section)
    if imported is not None:
        yield Basis.SECTION_IMPORT_MWH.value, imported["import_mwh"]
        yield Basis.SECTION_MAX_IMPORT_KW.value, imported["max_import_kw"]
    missed = periods.balancing.imbalance_mwh()
    groups = [group.name for group in periods.facts.balancing if customer.name in group.customers]
    if groups:
        yield Basis.IMBALANCE_MWH.value, missed[groups[0]]
