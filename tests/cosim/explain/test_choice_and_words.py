"""Which finding is meant, and what is said of it."""

import pytest

from cosim.errors import UsageError
from cosim.explain.choice import chosen
from cosim.explain.sentences import sentences

FOUND = {
    "id": "no-export|boundary:pcc", "rule": "no-export", "severity": "violation", "subject": "boundary:pcc",
    "section": "site", "quantity": "export_kw", "value": 100.0, "limit": 0.0, "margin": -100.0, "unit": "kW",
    "first": "2020-06-01T00:00:00+09:00", "last": "2020-06-01T01:30:00+09:00", "worst_at": "2020-06-01T01:00:00+09:00",
    "hours": 2.0, "windows": 4, "members": 1, "worst_member": 0, "mode": "normal", "caused_by": "device:sun",
    "responsible": "works", "label": "no-export contract", "certainty": "sourced: stated", "hint": "store it",
    "hours_above": 2.0, "effect": "worsened", "base_hours": 1.0, "base_value": 50.0,
    "causes": [{"subject": "device:sun", "share": 0.75}, {"subject": "device:wind", "share": 0.25}],
}  # fmt: skip
LISTED = [FOUND, FOUND | {"id": "no-export|boundary:other"}, FOUND | {"id": "voltage-100v|bus:a"}]


@pytest.mark.parametrize(
    ("name", "number"),
    [("no-export|boundary:pcc", 1), ("boundary:other", 2), ("VOLTAGE", 3), ("2", 2), ("bus:a", 3)],
)
def test_a_finding_is_meant_by_its_id_a_part_of_it_or_its_number(name, number):
    assert chosen(LISTED, name)[0] == number


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-export", "fits 2 findings: 1 no-export|boundary:pcc, 2 no-export|boundary:other"),
        ("voltge-100v|bus:a", "did you mean voltage-100v|bus:a?"),
        ("4", "it has 1 to 3"),
        ("0", "it has 1 to 3"),
    ],
)
def test_what_fits_none_or_several_says_what_there_is(name, said):
    with pytest.raises(UsageError) as error:
        chosen(LISTED, name)
    assert said in str(error.value)


def test_one_finding_is_said_to_be_the_only_one():
    with pytest.raises(UsageError) as error:
        chosen(LISTED[:1], "99")
    assert str(error.value) == "the run has no finding 99; it has only 1 (no-export|boundary:pcc)"


def test_a_run_without_findings_has_nothing_to_explain():
    with pytest.raises(UsageError, match="no findings"):
        chosen([], "1")


def test_every_field_is_said():
    said = dict(sentences(FOUND, 1, 1800))
    assert said == {
        "what": "export 100 kW against a limit of 0 kW, 100 kW beyond",
        "when": "2 h in 4 half hours, from 2020-06-01 00:00 to 2020-06-01 01:30; worst at 2020-06-01 01:00",
        "who answers": "works (normal mode, section site)",
        "caused by": "device:sun 75 %, device:wind 25 %",
        "base case": "worsened: 1 h, 50 kW in the base case",
        "ground": "no-export contract (sourced: stated)",
        "what may help": "store it",
    }


def test_members_and_single_units_are_told():
    said = dict(sentences(FOUND | {"members": 3, "worst_member": 7, "caused_by": "device:sun[2]"}, 10))
    assert said["when"].endswith("worst at 2020-06-01 01:00 in member 7")
    assert "in 3 of 10 members" in said["when"]
    assert "in 4 steps" in said["when"]
    assert said["caused by"].startswith("device:sun[2] (")


def test_what_is_not_known_is_said_so():
    said = dict(sentences(FOUND | {"caused_by": "", "causes": [], "responsible": "", "effect": ""}, 1))
    assert said["caused by"] == "no device or load could be named"
    assert said["who answers"].startswith("nobody is stated")
    assert "base case" not in said


def test_the_base_case_s_own_findings_name_no_cause_of_the_study():
    said = dict(sentences(FOUND | {"effect": "cured"}, 1))
    assert "caused by" not in said
    assert said["base case"] == "cured: only in the base case: its numbers"
