"""Who answers for a finding by law: the duty its rule touches, in its section and mode.

Duties of the wires are those of `cosim.rules.duties`. Whether a form may be used is the business of who applies for it,
half hours that of who supplies, and what was agreed at a metering point that of the customer behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cosim.findings import Finding
from cosim.rules.duties import APPLICANT, SUPPLY_PARTY, WIRES_PARTY, answer
from cosim.rules.facts import Arrangement, CustomerFact, SectionFact
from cosim.rules.forms import FORMS
from cosim.rules.register import rule_of
from cosim.rules.terms import Duty, IslandArrangement, Mode, Party, Wires

_OUTSIDE = SectionFact("", Wires.GENERAL_UTILITY, IslandArrangement.NONE)  # outside every section the wires are public
_OWN_WIRES = frozenset({Wires.PREMISES, Wires.PRIVATE_LINE})  # whose they are, runs what stands on them
_PUBLIC_WIRES = frozenset({Wires.GENERAL_UTILITY, Wires.DISTRIBUTION_LICENCE})
_METER = "pcc"
# rule about a section -> the form it belongs to, where there is one only
_ABOUT = {
    "own-supply": "specified_supply",  # the line may be a specified operator's
    "consortium": "existing_line_microgrid",
    "upstream-contract": "distribution_licence",
}


def with_answers(findings: Iterable[Finding], facts: Arrangement) -> Iterator[Finding]:
    """The findings with `responsible` filled in: the name the section gives the party, else what the law calls it.

    A study that names neither sections nor customers has no arrangement, and nobody is named.
    """
    arranged = bool(facts.sections or facts.customers)
    for finding in findings:
        rule = rule_of(finding.rule)
        if arranged and rule is not None and rule.duty is not None:
            yield replace(finding, responsible=_answer(finding, rule.duty, facts))
        else:
            yield finding


def _answer(finding: Finding, duty: Duty, facts: Arrangement) -> str:
    section, mode = facts.section.get(finding.section, _OUTSIDE), Mode(finding.mode)
    named = (section.answers or {}).get(mode)  # by the author, for everything
    return (
        named
        or _of_form(finding, duty, section, facts)
        or _of_supply(finding, duty, section, facts)
        or _of_meter(finding, duty, section, facts)
        or who_answers(section, duty, mode)
    )


def _of_form(finding: Finding, duty: Duty, section: SectionFact, facts: Arrangement) -> str:
    """Who applies for the form that a finding about a section is about; empty where it is about none."""
    if duty is not Duty.ELIGIBILITY or finding.subject != f"section:{section.name}":
        return ""
    form = _ABOUT.get(finding.rule, "")
    if finding.rule == "own-supply" and _before_reform(section, facts):
        form = "specified_electricity"
    # a section may have several forms: the label names those that are meant
    meant = [form] if form else [one.id for one in FORMS.values() if f"{one.title} (" in finding.label]
    return "; ".join(dict.fromkeys(party_name(section, APPLICANT[one]) for one in meant))


def _before_reform(section: SectionFact, facts: Arrangement) -> bool:
    """Whether the section has a specified electricity business: there its operator owes own supply."""
    here = (facts.form(one) for one in facts.customers if one.section == section.name)
    return any(form is not None and form.id == "specified_electricity" for form in here)


def _of_supply(finding: Finding, duty: Duty, section: SectionFact, facts: Arrangement) -> str:
    """Who answers by a supply relation, not by the wires: for a customer, a group, something wheeled or its plants."""
    kind, _, name = finding.subject.partition(":")
    concerned: Iterable[str] = ()
    if kind == "customer":
        concerned = (name,)
    elif kind == "balancing":
        group = next((one for one in facts.balancing if one.name == name), None)
        if group is not None and not group.customers:
            return _runner(group.plants, facts)
        concerned = () if group is None else group.customers
    elif kind == "wheeling":
        concerned = (one.customer for one in facts.wheeling if one.name == name)
    elif kind == "device" and duty is Duty.ELIGIBILITY:
        concerned = (one.customer for one in facts.wheeling if name in one.plants)
    for customer in (facts.customer[one] for one in concerned if one in facts.customer):
        if duty is Duty.CONNECTION:
            return _customer(customer, facts)
        if (party := SUPPLY_PARTY.get((customer.supply, duty))) is not None:
            at_home = facts.section.get(customer.section, section)
            named = (one for one in (section, at_home) if party in (one.parties or {}))
            return party_name(next(named, section), party)
    return ""


def _of_meter(finding: Finding, duty: Duty, section: SectionFact, facts: Arrangement) -> str:
    """The customer behind a metering point over public wires, or whose plant a relay takes off; empty for others."""
    kind, _, name = finding.subject.partition(":")
    if duty is not Duty.CONNECTION or section.wires not in _PUBLIC_WIRES:
        return ""
    if kind == "customer":  # one that only the network knows
        return f"customer {name} (需要家)"
    meters = [one.name for one in facts.boundaries if one.kind == _METER and one.section == section.name]
    if (kind == "boundary" and name in meters) or (kind == "relay" and section.name and meters):
        behind = [one for one in facts.customers if section.name and one.section == section.name]
        return _customer(behind[0], facts) if len(behind) == 1 else f"whoever is behind {finding.subject} (需要家)"
    return f"owner of what {finding.subject} takes off (発電者)" if kind == "relay" else ""


def _customer(customer: CustomerFact, facts: Arrangement) -> str:
    """A customer by the name its section gives it, else by its own."""
    party, section = SUPPLY_PARTY.get((customer.supply, Duty.CONNECTION)), facts.section.get(customer.section, _OUTSIDE)
    if party is None:
        return f"customer {customer.name} (需要家)"
    # on public wires `owner` is whose they are or who holds them, not this customer
    if (party is Party.USER or section.wires is Wires.PREMISES) and (said := party_name(section, party)) != party.words:
        return said
    return f"customer {customer.name}, {party.words}"


def _runner(plants: Iterable[str], facts: Arrangement) -> str:
    """Whoever runs plants: the party of the own wires they stand on, else whoever it is."""
    names = list(plants)
    homes = {facts.section.get(facts.plant[one].section, _OUTSIDE).name for one in names}
    home = facts.section.get(homes.pop(), _OUTSIDE) if len(homes) == 1 else _OUTSIDE
    if home.wires in _OWN_WIRES:
        return party_name(home, WIRES_PARTY[home.wires])
    return f"whoever runs {', '.join(f'device:{one}' for one in names)} (発電者)"


def who_answers(section: SectionFact, duty: Duty, mode: Mode) -> str:
    """In words, with whom he may commission.

    Whether the form of a section may be used is the business of who applies for it. What was agreed at a point into
    the section is that of the operator of its wires here: over public wires a contract between two networks.
    """
    if named := (section.answers or {}).get(mode):
        return named
    if duty is Duty.ELIGIBILITY and (form := _form_of(section)):
        return party_name(section, APPLICANT[form])
    found = answer(section.wires, section.island, duty, mode)
    said = party_name(section, found.party)
    if found.commissioned is not None:
        said = f"{said}; may commission {party_name(section, found.commissioned)}"
    return said


def _form_of(section: SectionFact) -> str:
    if section.island is IslandArrangement.EXISTING_LINE:
        return "existing_line_microgrid"
    return "" if section.form is None else section.form.id


def party_name(section: SectionFact, party: Party) -> str:
    """The name a section gives a party; else its operator, if the wires are the party's; else the words of the law."""
    if name := (section.parties or {}).get(party):
        return name
    wires = answer(section.wires, section.island, Duty.WIRES, Mode.NORMAL).party
    if party is wires and section.operator:
        return section.operator
    return party.words
