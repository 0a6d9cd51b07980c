"""Rules that are kept or broken by what is stated: each kept, and each tripped by the fact it is about."""

from dataclasses import replace
from datetime import date

import pytest

from cosim.findings import Severity
from cosim.rules.checks import static_breaches
from cosim.rules.facts import Arrangement, SectionFact
from cosim.rules.forms import FORMS
from cosim.rules.register import RULES, bound_by
from cosim.rules.terms import IslandArrangement, Party, Permit, Relation, Scheme, Supply, Wires
from tests.cosim.rules.arrangements import (
    EVERYBODY,
    HOME,
    TOWN,
    arrangement,
    wheeled,
    with_customer,
    with_section,
)

CURRENT = [form for form in FORMS if form != "specified_electricity"]


def broken(facts: Arrangement) -> list[tuple[str, str]]:
    """(rule, subject) of everything broken."""
    return [(breach.rule, breach.subject) for breach in static_breaches(facts)]


@pytest.mark.parametrize("form", CURRENT)
def test_a_form_with_everything_it_needs_breaks_no_rule(form):
    assert broken(arrangement(form)) == []


@pytest.mark.parametrize(
    ("form", "day"),
    [
        ("specified_supply", date(1995, 12, 1)),
        ("specified_transmission", date(2016, 4, 1)),
        ("self_wheeling", date(2014, 4, 1)),
        ("distribution_licence", date(2022, 4, 1)),
    ],
)
def test_a_form_can_be_used_from_its_day_on(form, day):
    assert "in-force" not in {rule for rule, _ in broken(arrangement(form, day))}
    assert "in-force" in {rule for rule, _ in broken(arrangement(form, date.fromordinal(day.toordinal() - 1)))}


def test_the_specified_electricity_business_ended_in_2016():
    last, first = (arrangement("specified_electricity", day) for day in (date(2016, 3, 31), date(2016, 4, 1)))
    assert ("in-force", f"section:{TOWN}") not in broken(last)
    assert ("in-force", f"section:{TOWN}") in broken(first)


@pytest.mark.parametrize("day", [date(1995, 12, 1), date(2010, 6, 1), date(2016, 3, 31)])
def test_within_its_dates_the_specified_electricity_business_keeps_every_rule(day):
    facts = arrangement("specified_electricity", day)
    assert broken(facts) == []
    (breach,) = static_breaches(with_section(facts, permits=frozenset()))
    assert breach.label.startswith("specified electricity business (until 2016) (特定電気事業): permission missing")
    after = arrangement("specified_electricity")
    assert broken(after) == [("in-force", f"section:{TOWN}"), ("in-force", f"customer:{HOME}")]


@pytest.mark.parametrize(
    ("day", "form"), [(date(2016, 3, 31), "specified_electricity"), (date(2016, 4, 1), "specified_transmission")]
)
def test_wires_of_a_specified_operator_that_name_no_form_are_of_that_of_the_day(day, form):
    facts = with_section(arrangement(form, day), form=None)
    assert facts.form_of_wires(facts.sections[0]) is FORMS[form]
    assert facts.form(facts.customers[0]) is FORMS[form]
    assert broken(facts) == []


@pytest.mark.parametrize("supply", [Supply.SPECIFIED_SUPPLY, Supply.SPECIFIED_TRANSMISSION_RETAIL])
def test_private_supply_does_not_exist_over_public_wires(supply):
    facts = with_customer(arrangement("distribution_licence"), supply=supply)
    assert ("supply-on-wires", f"customer:{HOME}") in broken(facts)


def test_outside_every_section_the_wires_are_the_utilitys():
    facts = wheeled(arrangement("self_wheeling"), permits=FORMS["self_wheeling"].permits)
    assert broken(with_customer(facts, section="")) == []
    outside = with_customer(facts, section="", supply=Supply.SPECIFIED_SUPPLY)
    assert ("supply-on-wires", f"customer:{HOME}") in broken(outside)


@pytest.mark.parametrize(
    ("relation", "kept"),
    [(None, True), (Relation.SAME_OWNER, True), (Relation.ADJACENT_RELATED, True), (Relation.NONE, False)],
)
def test_premises_are_one_owners_or_adjacent(relation, kept):
    facts = with_customer(arrangement("self_consumption"), relation=relation)
    assert (broken(facts) == []) is kept


@pytest.mark.parametrize(
    ("form", "since"), [("specified_supply", date(2013, 1, 1)), ("self_wheeling", date(2021, 11, 18))]
)
def test_a_union_is_close_enough_since_its_day(form, since):
    before = date.fromordinal(since.toordinal() - 1)
    rules = [
        {rule for rule, _ in broken(with_customer(arrangement(form, day), relation=Relation.UNION))}
        for day in (before, since)
    ]
    assert "close-relation" in rules[0]
    assert "close-relation" not in rules[1]


@pytest.mark.parametrize("form", ["specified_supply", "self_wheeling"])
def test_strangers_cannot_be_supplied_privately(form):
    assert ("close-relation", f"customer:{HOME}") in broken(with_customer(arrangement(form), relation=Relation.NONE))


def test_anybody_may_be_a_customer_of_a_specified_operator():
    assert broken(with_customer(arrangement("specified_transmission"), relation=Relation.NONE)) == []


@pytest.mark.parametrize("form", [form for form in CURRENT if FORMS[form].permits])
def test_a_permit_not_stated_is_a_warning_and_a_missing_one_a_violation(form):
    stated = {
        severity: [b for b in static_breaches(with_section(arrangement(form), permits=permits)) if b.rule == "permits"]
        for severity, permits in ((Severity.WARNING, None), (Severity.VIOLATION, frozenset()))
    }
    for severity, breaches in stated.items():
        assert {breach.severity for breach in breaches} == {severity}
        assert all(permit in breaches[0].label for permit in FORMS[form].permits)


def test_some_permits_are_not_all():
    facts = with_section(arrangement("distribution_licence"), permits=frozenset({Permit.PERMISSION}))
    (breach,) = static_breaches(facts)
    assert "takeover_plan" in breach.label
    assert "permission," not in breach.label


def test_self_wheeling_needs_its_contract_also_where_no_section_is():
    outside = with_customer(wheeled(arrangement("self_wheeling")), section="")
    (unstated,) = static_breaches(outside)
    assert (unstated.rule, unstated.subject, unstated.section) == ("permits", f"customer:{HOME}", "")
    assert (unstated.severity, unstated.hint) == (
        Severity.WARNING,
        "obtain it, or list it in self_wheeling.way.permits",
    )
    (missing,) = static_breaches(with_customer(wheeled(arrangement("self_wheeling"), permits=frozenset()), section=""))
    assert (missing.severity, missing.subject) == (Severity.VIOLATION, f"customer:{HOME}")


def test_what_is_wheeled_within_a_section_states_its_contract_here_or_there():
    contract = FORMS["self_wheeling"].permits
    facts = with_section(arrangement("self_wheeling"), permits=None)
    assert broken(wheeled(facts, permits=contract)) == []
    assert broken(wheeled(facts)) == [("permits", f"section:{TOWN}")]
    second = replace(facts.customers[0], name="second")  # one contract does not cover another customer
    both = replace(wheeled(facts, permits=contract), customers=(*facts.customers, second))
    assert broken(both) == [("permits", f"section:{TOWN}")]


def test_an_existing_line_microgrid_needs_its_consortium():
    facts = arrangement("existing_line_microgrid")
    (unstated,) = static_breaches(with_section(facts, consortium=None))
    assert (unstated.rule, unstated.severity) == ("consortium", Severity.WARNING)
    (missing,) = static_breaches(with_section(facts, consortium=EVERYBODY - {Party.MUNICIPALITY}))
    assert (missing.rule, missing.severity) == ("consortium", Severity.VIOLATION)
    assert "municipality" in missing.label


@pytest.mark.parametrize("scheme", [Scheme.FIT, Scheme.FIP])
def test_a_supported_plant_is_no_source_of_self_wheeling(scheme):
    facts = wheeled(arrangement("self_wheeling"), {"scheme": scheme})
    assert broken(facts) == [("fit-barred", "device:roof")]


def test_a_union_wheels_from_a_plant_built_for_it():
    facts = with_customer(arrangement("self_wheeling"), relation=Relation.UNION)
    assert broken(wheeled(facts)) == []
    assert broken(wheeled(facts, new_plant=False)) == [("new-plant", "device:roof")]
    assert broken(wheeled(arrangement("self_wheeling"), new_plant=False)) == []


@pytest.mark.parametrize(("day", "kept"), [(date(2024, 2, 11), True), (date(2024, 2, 12), False)])
def test_since_2024_the_user_owns_what_he_wheels(day, kept):
    facts = wheeled(arrangement("self_wheeling", day), user_owned=False)
    assert (broken(facts) == []) is kept


def test_a_licensee_needs_a_contract_upstream():
    facts = arrangement("distribution_licence")
    (edge,) = facts.boundaries
    assert broken(replace(facts, boundaries=())) == [("upstream-contract", f"section:{TOWN}")]
    assert broken(replace(facts, boundaries=(replace(edge, contract_kw=None),))) == [
        ("upstream-contract", f"section:{TOWN}")
    ]
    second = replace(edge, name="second", contract_kw=None)  # one contract does not cover another point
    assert broken(replace(facts, boundaries=(edge, second))) == [("upstream-contract", f"section:{TOWN}")]
    of_a_customer = replace(edge, kind="pcc")
    assert broken(replace(facts, boundaries=(of_a_customer,))) == [("upstream-contract", f"section:{TOWN}")]


def test_an_existing_line_microgrid_may_lie_on_a_licensees_wires():
    """Isumi wants both (planner.md 1.2): the rules of both forms apply."""
    form = FORMS["existing_line_microgrid"]
    permits = form.permits | FORMS["distribution_licence"].permits
    area = SectionFact(TOWN, Wires.DISTRIBUTION_LICENCE, IslandArrangement.EXISTING_LINE, form=form)
    facts = replace(arrangement("distribution_licence"), sections=(area,))
    assert {rule for rule, _ in broken(facts)} == {"permits", "consortium"}
    assert broken(with_section(facts, permits=permits, consortium=EVERYBODY)) == []
    missing = with_section(facts, permits=form.permits, consortium=EVERYBODY)
    assert [rule for rule, _ in broken(missing)] == ["permits"]


def test_the_licence_under_an_existing_line_must_be_in_force_too():
    everything = FORMS["existing_line_microgrid"].permits | FORMS["distribution_licence"].permits
    area = SectionFact(
        TOWN,
        Wires.DISTRIBUTION_LICENCE,
        IslandArrangement.EXISTING_LINE,
        permits=everything,
        consortium=EVERYBODY,
    )
    before, since = (
        replace(arrangement("distribution_licence", day), sections=(area,))
        for day in (date(2021, 4, 1), date(2022, 4, 1))
    )
    (breach,) = static_breaches(before)
    assert (breach.rule, breach.subject) == ("in-force", f"section:{TOWN}")
    assert breach.label.startswith("distribution licence")
    assert broken(since) == []


def test_every_static_breach_is_a_rule_of_the_register_and_of_a_form():
    facts = wheeled(
        with_customer(arrangement("self_wheeling", date(1990, 1, 1)), relation=Relation.NONE), {"scheme": "fit"}
    )
    found = {rule for rule, _ in broken(facts)}
    assert found <= set(RULES)
    assert found & {rule.id for rule in bound_by("d")}
