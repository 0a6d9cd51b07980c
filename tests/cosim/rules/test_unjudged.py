"""What is not judged because nothing is listed is said, and nothing is said where it is listed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cosim.findings import Severity
from cosim.rules.facts import BalancingFact, CustomerFact, PlanFact
from cosim.rules.forms import FORMS
from cosim.rules.register import bound_by
from cosim.rules.terms import Supply
from cosim.rules.unjudged import not_judged
from tests.cosim.rules.arrangements import HOME, TOWN, arrangement, wheeled, with_customer

GROUP = BalancingFact("group", (HOME,), (), PlanFact(timedelta(hours=1), 10.0, 0, 10.0))
WARNING, INFORMATION = Severity.WARNING, Severity.INFORMATION


def said(facts):
    """(subject, severity) of everything that is not judged."""
    assert {one.rule for one in not_judged(facts)} <= {"not-judgeable"}
    return [(one.subject, one.severity) for one in not_judged(facts)]


def test_a_customer_of_self_wheeling_to_whom_nothing_is_wheeled_is_a_warning():
    facts = arrangement("self_wheeling", balancing=(GROUP,))
    (told,) = not_judged(facts)
    assert (told.subject, told.section, told.severity) == (f"customer:{HOME}", TOWN, WARNING)
    assert "nothing is wheeled to it: wheeling-surplus, new-plant and fit-barred are not judged" in told.label
    assert told.hint == f"name its plants in self_wheeling.NAME, with customer: {HOME}"
    assert said(wheeled(facts)) == []


@pytest.mark.parametrize("form", [form for form, known in FORMS.items() if known.letter in "abcdef"])
def test_who_is_in_no_balancing_group_is_told_where_the_rule_binds_the_form(form):
    facts = wheeled(arrangement(form))
    binds = "planned-balancing" in {rule.id for rule in bound_by(FORMS[form].letter)}
    assert said(facts) == ([(f"section:{TOWN}", INFORMATION)] if binds else [])
    assert said(replace(facts, balancing=(GROUP,))) == []


def test_outside_every_section_it_is_the_network_s():
    facts = with_customer(arrangement("self_wheeling"), section="")
    assert said(facts) == [(f"customer:{HOME}", WARNING), ("grid:network", INFORMATION)]


def test_many_customers_of_a_section_are_one_line():
    many = tuple(CustomerFact(f"c{at}", Supply.SPECIFIED_TRANSMISSION_RETAIL, None, TOWN) for at in range(7))
    (told,) = not_judged(arrangement("specified_transmission", customers=many))
    assert told.label.endswith("not judged: c0, c1, c2, c3, c4 and 2 more")
