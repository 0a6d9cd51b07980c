"""Who answers for a finding by law: the duty its rule touches, in its section and mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cosim.findings import Finding
from cosim.rules.duties import SUPPLY_PARTY, answer
from cosim.rules.facts import Arrangement, SectionFact
from cosim.rules.register import rule_of
from cosim.rules.terms import Duty, IslandArrangement, Mode, Party, Wires

_OUTSIDE = SectionFact("", Wires.GENERAL_UTILITY, IslandArrangement.NONE)  # outside every section the wires are public


def with_answers(findings: Iterable[Finding], facts: Arrangement) -> Iterator[Finding]:
    """The findings with `responsible` filled in: the name the section gives the party, else what the law calls it.

    A study that names neither sections nor customers has no arrangement, and nobody is named.
    """
    outside = _OUTSIDE if facts.sections or facts.customers else None
    for finding in findings:
        rule, section = rule_of(finding.rule), facts.section.get(finding.section, outside)
        if rule is None or rule.duty is None:
            yield finding
        elif (supplier := _supplier(finding, rule.duty, facts)) is not None:
            yield replace(finding, responsible=supplier.words if section is None else party_name(section, supplier))
        elif section is None:
            yield finding
        else:
            yield replace(finding, responsible=who_answers(section, rule.duty, Mode(finding.mode)))


def _supplier(finding: Finding, duty: Duty, facts: Arrangement) -> Party | None:
    """Who answers by a supply relation, not by the wires: for a customer, a group, something wheeled, own supply."""
    kind, _, name = finding.subject.partition(":")
    if finding.rule == "own-supply":  # the line may be a specified operator's
        return Party.SUPPLIER
    concerned: Iterable[str] = ()
    if kind == "customer":
        concerned = (name,)
    elif kind == "balancing":
        concerned = next((one.customers for one in facts.balancing if one.name == name), ())
    elif kind == "wheeling":
        concerned = (one.customer for one in facts.wheeling if one.name == name)
    known = (facts.customer[one] for one in concerned if one in facts.customer)
    return next((SUPPLY_PARTY.get((customer.supply, duty)) for customer in known), None)


def who_answers(section: SectionFact, duty: Duty, mode: Mode) -> str:
    """In words, with whom he may commission.

    What was agreed at a metering point and whether a form may be used is the business of those behind it: of the
    operator of that section.
    """
    if named := (section.answers or {}).get(mode):
        return named
    found = answer(section.wires, section.island, duty, mode)
    said = party_name(section, found.party)
    if found.commissioned is not None:
        said = f"{said}; may commission {party_name(section, found.commissioned)}"
    return said


def party_name(section: SectionFact, party: Party) -> str:
    """The name a section gives a party; else its operator, if the wires are the party's; else the words of the law."""
    if name := (section.parties or {}).get(party):
        return name
    wires = answer(section.wires, section.island, Duty.WIRES, Mode.NORMAL).party
    if party is wires and section.operator:
        return section.operator
    return party.words
