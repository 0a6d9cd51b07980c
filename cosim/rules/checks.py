"""Rules that a study keeps or breaks before anything runs: pure checks over the arrangement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cosim.findings import Severity
from cosim.rules import dated
from cosim.rules.facts import Arrangement, CustomerFact, SectionFact
from cosim.rules.forms import FORMS, SUPPLY_ON_WIRES, SupplyForm
from cosim.rules.terms import IslandArrangement, Party, Permit, Relation, Scheme, Supply, Wires

_CONSORTIUM = frozenset({Party.MUNICIPALITY, Party.OWNER, Party.MICROGRID_OPERATOR})
_RELATIONS = {
    Supply.SPECIFIED_SUPPLY: dated.SPECIFIED_SUPPLY_RELATIONS,
    Supply.SELF_WHEELING: dated.SELF_WHEELING_RELATIONS,
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that something breaks, in words; numbers where the rule has any."""

    rule: str
    subject: str
    section: str
    label: str
    certainty: str
    hint: str
    severity: Severity = Severity.VIOLATION
    quantity: str = "stated"
    value: float = 0.0
    limit: float = 1.0
    unit: str = "1"


def static_breaches(facts: Arrangement) -> Iterator[Breach]:
    """Every rule broken by what is stated, in the order of the checks."""
    for check in CHECKS:
        yield from check(facts)


def in_force(facts: Arrangement) -> Iterator[Breach]:
    """A form can be used only while its law is in force."""
    for section in facts.sections:
        for form in _forms_of(section, facts):
            if not _holds(form, facts):
                yield _of_form("in-force", f"section:{section.name}", section.name, form, _when(form, facts))
    for customer in facts.customers:
        used = facts.form(customer)
        if used is not None and used.supply is not Supply.RETAIL and not _holds(used, facts):
            yield _of_form("in-force", f"customer:{customer.name}", customer.section, used, _when(used, facts))


def supply_on_wires(facts: Arrangement) -> Iterator[Breach]:
    """A supply relation exists only over wires it was made for; outside every section the wires are the utility's."""
    for customer in facts.customers:
        wires = facts.wires(customer)
        if customer.supply not in SUPPLY_ON_WIRES[wires]:
            allowed = ", ".join(sorted(SUPPLY_ON_WIRES[wires]))
            yield Breach(
                "supply-on-wires",
                f"customer:{customer.name}",
                customer.section,
                f"{customer.supply} does not exist over wires of {wires}",
                "derived: facts.md 3.1 [S001]",
                f"over these wires a customer may have {allowed}",
            )


def premises(facts: Arrangement) -> Iterator[Breach]:
    """Premises are one site of one owner, or adjacent sites of closely linked businesses."""
    allowed = dated.PREMISES_RELATIONS.at(facts.as_of)
    for customer in facts.customers:
        stated = customer.relation
        if allowed is None or stated is None or facts.wires(customer) is not Wires.PREMISES:
            continue
        if stated not in allowed:
            yield Breach(
                "premises",
                f"customer:{customer.name}",
                customer.section,
                "one premises: fenced, one owner, or adjacent and closely linked (一の構内)",
                dated.PREMISES_RELATIONS.certainty,
                "supply it as specified supply or over a specified operator's wires",
            )


def close_relation(facts: Arrangement) -> Iterator[Breach]:
    """Specified supply and self-wheeling reach only those who are closely related."""
    for customer in facts.customers:
        known = _RELATIONS.get(customer.supply)
        if known is None:
            continue
        allowed = known.at(facts.as_of)
        if allowed is not None and customer.relation not in allowed:  # None: the form itself is not in force yet
            yield Breach(
                "close-relation",
                f"customer:{customer.name}",
                customer.section,
                f"closely related (密接な関連性): {', '.join(sorted(allowed))} at {facts.as_of}",
                known.certainty,
                "form a union with the customer, or supply it over a specified operator's wires (特定送配電)",
            )


def permits(facts: Arrangement) -> Iterator[Breach]:
    """What a form needs must be stated before it is used; not stated = a warning, stated without it = a violation."""
    for section in facts.sections:
        for form in _forms_in(section, facts):
            inside = [one for one in facts.customers if one.section == section.name and facts.form(one) is form]
            held = _together([section.permits, _wheeling_permits(inside, facts)])
            where = f"sections.{section.name}.permits"
            yield from _permits(f"section:{section.name}", section.name, form, held, where)
    for customer in facts.customers:
        used = facts.form(customer)
        if not customer.section and used is not None and customer.supply is Supply.SELF_WHEELING:
            way = next((one.name for one in facts.wheeling if one.customer == customer.name), "NAME")
            held, where = _wheeling_permits([customer], facts), f"self_wheeling.{way}.permits"
            yield from _permits(f"customer:{customer.name}", "", used, held, where)


def _permits(
    subject: str, section: str, form: SupplyForm, held: frozenset[Permit] | None, where: str
) -> Iterator[Breach]:
    """What a form needs and is not held."""
    if missing := sorted(form.permits - (held or frozenset())):
        said = "not stated" if held is None else "missing"
        label = f"{form.title} ({form.title_ja}): {', '.join(missing)} {said}; {form.label}"
        severity = Severity.WARNING if held is None else Severity.VIOLATION
        hint = f"obtain it, or list it in {where}"
        yield Breach("permits", subject, section, label, form.certainty, hint, severity)


def _wheeling_permits(customers: Iterable[CustomerFact], facts: Arrangement) -> frozenset[Permit] | None:
    """Permits stated with what is wheeled, as far as every one of the customers has them; None = stated with none."""
    stated = {way.customer: way.permits for way in facts.wheeling}
    each = [stated.get(one.name) for one in customers]
    if all(permits is None for permits in each):
        return None
    return frozenset.intersection(*(permits or frozenset() for permits in each))


def _together(permits: Iterable[frozenset[Permit] | None]) -> frozenset[Permit] | None:
    """Permits from several places; None = stated nowhere."""
    stated = [one for one in permits if one is not None]
    return frozenset().union(*stated) if stated else None


def consortium(facts: Arrangement) -> Iterator[Breach]:
    """An existing-line microgrid is carried by municipality, facility owner and whoever balances the island."""
    for section in facts.sections:
        if section.island is not IslandArrangement.EXISTING_LINE:
            continue
        missing = sorted(_CONSORTIUM - (section.consortium or frozenset()))
        if missing:
            severity = Severity.WARNING if section.consortium is None else Severity.VIOLATION
            yield Breach(
                "consortium",
                f"section:{section.name}",
                section.name,
                f"the consortium lacks {', '.join(missing)}"
                if section.consortium is not None
                else "no consortium stated",
                "sourced: facts.md 3.2 [S001]",
                f"list who takes part in sections.{section.name}.consortium",
                severity,
            )


def wheeling_plants(facts: Arrangement) -> Iterator[Breach]:
    """Self-wheeling: no plant under FIT or FIP; for a union a plant built for it; since 2024 one of the user's own."""
    own_only = dated.SELF_WHEELING_OWN_PLANT_ONLY.at(facts.as_of)
    for wheeling in facts.wheeling:
        customer = facts.customer[wheeling.customer]
        for name in wheeling.plants:
            plant = facts.plant[name]
            if plant.scheme is not Scheme.NONE:
                label = f"a plant under {plant.scheme.upper()} cannot be a source of self-wheeling"
                yield _plant("fit-barred", name, plant.section, label, "sourced: facts.md 3.3 [W46]")
            union = customer.relation is Relation.UNION and not wheeling.new_plant
            if union or (own_only and not wheeling.user_owned):
                label = "a union wheels from a plant newly built for it; since 2024-02-12 the user owns or developed it"
                yield _plant("new-plant", name, plant.section, label, dated.SELF_WHEELING_OWN_PLANT_ONLY.certainty)


def upstream_contract(facts: Arrangement) -> Iterator[Breach]:
    """A licensee buys connection of the utility above: contract power at every point of his area's edge."""
    for section in facts.sections:
        if section.wires is not Wires.DISTRIBUTION_LICENCE:
            continue
        edge = [one for one in facts.boundaries if one.section == section.name and one.kind != "pcc"]
        open_ends = [one.name for one in edge if one.contract_kw is None]
        if open_ends or not edge:
            where = f"boundaries.{'|'.join(open_ends)}" if edge else f"a boundary (kind section) into {section.name}"
            yield Breach(
                "upstream-contract",
                f"section:{section.name}",
                section.name,
                "no contract power at the edge of the licence area",
                "sourced: facts.md 3.1 [S001]; contract power [U]",
                f"give contract_kw at {where}",
            )


Check = Callable[[Arrangement], Iterable[Breach]]
CHECKS: tuple[Check, ...] = (
    in_force, supply_on_wires, premises, close_relation, permits, consortium, wheeling_plants, upstream_contract,
)  # fmt: skip


def _holds(form: SupplyForm, facts: Arrangement) -> bool:
    return form.since <= facts.as_of and (form.until is None or facts.as_of < form.until)


def _when(form: SupplyForm, facts: Arrangement) -> str:
    until = f" until {form.until}" if form.until else ""
    return f"in force from {form.since}{until}, judged by the rules of {facts.as_of}"


def _forms_of(section: SectionFact, facts: Arrangement) -> list[SupplyForm]:
    """Forms of a section itself: what it was said to be, its wires, and the licence under an existing line's island."""
    used = [section.form, facts.form_of_wires(section)]
    if section.wires is Wires.DISTRIBUTION_LICENCE:
        used.append(FORMS["distribution_licence"])
    return _each(used)


def _forms_in(section: SectionFact, facts: Arrangement) -> list[SupplyForm]:
    """Forms in use in a section: its own, and those of its customers."""
    customers = (one for one in facts.customers if one.section == section.name)
    return _each([*_forms_of(section, facts), *(facts.form(customer) for customer in customers)])


def _each(forms: Iterable[SupplyForm | None]) -> list[SupplyForm]:
    return list({form.id: form for form in forms if form is not None}.values())


def _of_form(rule: str, subject: str, section: str, form: SupplyForm, when: str) -> Breach:
    label = f"{form.title} ({form.title_ja}) {when}"
    return Breach(rule, subject, section, label, form.certainty, "choose another form, or another day in rules.as_of")


def _plant(rule: str, device: str, section: str, label: str, certainty: str) -> Breach:
    return Breach(rule, f"device:{device}", section, label, certainty, "wheel from another plant")
