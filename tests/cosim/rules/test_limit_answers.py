"""Who answers for a limit, as the list of what is judged says it."""

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.rules.facts import Arrangement, BoundaryFact
from cosim.rules.limit_answers import answered_limits
from cosim.rules.terms import Party
from tests.cosim.rules.arrangements import HOME, TOWN, arrangement, with_section


def answers(facts: Arrangement, rule: str, *subjects: str, section: str = TOWN, said: str = "") -> str:
    """Who answers for a limit of a rule on some subjects."""
    bounds, severity = Bounds(-np.inf, 1.0), Severity.VIOLATION
    limit = Limit(rule, Quantity.IMPORT_KW, subjects, 0, bounds, section, said, "label", "sourced", severity)
    (told,) = answered_limits([limit], facts)
    return told.responsible


def test_outside_every_section_the_wires_are_the_utility_s():
    facts = arrangement("distribution_licence")
    assert answers(facts, "line-loading", "line:a", section="") == Party.UTILITY.words
    assert answers(facts, "line-loading", "line:a") == Party.LICENSEE.words
    named = with_section(facts, operator="Town Grid")
    assert answers(named, "voltage-100v", "bus:a", "bus:b", said="somebody") == "Town Grid"


def test_points_of_different_customers_are_told_each_once():
    facts = arrangement("distribution_licence", boundaries=(BoundaryFact("meter", "pcc", TOWN, 180.0),))
    several = ("boundary:meter", "boundary:edge", "boundary:meter")
    assert answers(facts, "contract-power", *several) == f"customer {HOME} (需要家); {Party.LICENSEE.words}"


@pytest.mark.parametrize("said", ["", "operator"])
def test_a_study_without_an_arrangement_says_what_was_stated(said):
    assert answers(Arrangement(arrangement("self_consumption").as_of), "line-loading", "line:a", said=said) == said


def test_the_manifest_of_a_run_names_whoever_its_findings_name(town):
    run = town({"limits": {"line_loading_percent": 1.0}})
    limits = run.manifest["limits"]
    assert all(limit["responsible"] for limit in limits)
    judged = [one for one in run.findings() if one["rule"] == "line-loading"]
    assert {one["section"] for one in judged} == {"", "line"}
    for finding in judged:
        (limit,) = (one for one in limits if one["id"] == finding["rule"] and finding["subject"] in one["subjects"])
        assert limit["responsible"] == finding["responsible"]
