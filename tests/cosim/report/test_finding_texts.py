"""Who causes a finding and what became of it, in words."""

import pytest

from cosim.report.finding_texts import (
    against_base_text,
    cause_text,
    effect_text,
    limit_text,
    severity_text,
    value_text,
)

FOUND = {"severity": "violation", "unit": "kW", "caused_by": "", "effect": "", "base_hours": None, "base_value": None}
TWO = [{"subject": "device:wind", "share": 0.6234}, {"subject": "device:pv", "share": 0.3766}]


@pytest.mark.parametrize(
    ("caused_by", "causes", "said"),
    [
        ("", [], ""),
        ("device:wind", TWO, "device:wind 62 %, device:pv 38 %"),
        ("device:wind[3]", TWO, "device:wind[3] (device:wind 62 %, device:pv 38 %)"),
        ("device:wind", [], "device:wind"),
    ],
)
def test_causes_are_told_with_their_shares(caused_by, causes, said):
    assert cause_text(FOUND | {"caused_by": caused_by, "causes": causes}) == said


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("", ""),
        ("caused", "caused: not in the base case"),
        ("worsened", "worsened: 2 h, 40 kW in the base case"),
        ("cured", "cured: only in the base case: its numbers"),
    ],
)
def test_effects_are_told_with_the_numbers_of_the_base_case(effect, said):
    assert effect_text(FOUND | {"effect": effect, "base_hours": 2.0, "base_value": 40.0}) == said


def test_runs_of_before_have_neither():
    old = {"severity": "warning", "unit": "pu"}
    assert (severity_text(old), cause_text(old), effect_text(old)) == ("warning", "", "")


def test_what_only_the_base_case_has_is_no_severity_of_the_study():
    assert severity_text(FOUND | {"effect": "cured"}) == "cured"


def test_counts_are_told_where_there_are_any():
    assert against_base_text(None) == ""
    assert against_base_text({"caused": 2, "worsened": 0, "cured": 1}) == "2 caused, 1 cured"
    assert against_base_text({"caused": 0}) == "no findings in either"


@pytest.mark.parametrize("of", [{"rule": "permits", "quantity": "stated"}, {"rule": "not-judgeable"}])
def test_what_is_stated_has_no_numbers(of):
    found = FOUND | {"value": 0.0, "limit": 1.0, "unit": "1"} | of
    assert (value_text(found), limit_text(found)) == ("-", "-")
    assert effect_text(found | {"effect": "caused"}) == "caused: not in the base case"
    assert effect_text(found | {"effect": "unchanged"}) == "unchanged: in the base case as well"


def test_what_is_measured_has_its_unit():
    found = FOUND | {"rule": "no-export", "quantity": "export_kw", "value": 12.5, "limit": 0.0}
    assert (value_text(found), limit_text(found)) == ("12.5 kW", "0 kW")
