"""The judge: figures in their bands, findings expected and unexpected."""

import pytest

from cosim.results.expect import Band, ExpectSpec, judge

FIGURES = {
    "boundary:pcc.export_mwh": {"value": 0.5, "unit": "MWh"},
    "boundary:pcc.import_mwh": {"value": 3.0, "unit": "MWh"},
    "x": {"mean": 2.0, "min": 1.0, "p05": 1.0, "p50": 2.0, "p95": 3.0, "max": 3.0, "unit": "1"},
    "nothing": {"value": None, "unit": "1"},
}


def finding(rule="no-export", subject="boundary:pcc", severity="violation", hours=1.0):
    return {
        "rule": rule, "subject": subject, "severity": severity, "hours": hours, "value": 3.0, "limit": 0.0,
        "unit": "kW", "worst_at": "2020-04-21T12:00:00+09:00",
    }  # fmt: skip


def failures(expect, findings=()):
    return [str(failure) for failure in judge(ExpectSpec.model_validate(expect), FIGURES, findings)]


@pytest.mark.parametrize(
    "band", [{"max": 0.5}, {"min": 0.4, "max": 0.6}, {"value": 0.52, "abs": 0.03}, {"value": 0.52, "rel": 0.05}]
)
def test_a_figure_in_its_band_passes(band):
    assert failures({"figures": {"boundary:pcc.export_mwh": band}}) == []


@pytest.mark.parametrize(
    ("band", "text"),
    [
        ({"max": 0}, "is 0.5, expected at most 0 MWh"),
        ({"min": 1}, "is 0.5, expected at least 1 MWh"),
        ({"value": 0.52, "rel": 0.01}, "is 0.5, expected 0.52 +- 0.0052 MWh"),
    ],
)
def test_a_figure_outside_its_band_fails_and_says_how(band, text):
    assert failures({"figures": {"boundary:pcc.export_mwh": band}}) == [
        f"expect.figures.boundary:pcc.export_mwh: {text}"
    ]


def test_a_figure_the_run_does_not_have_fails_with_its_neighbours():
    (text,) = failures({"figures": {"boundary:pcc.exprt_mwh": {"max": 1}}})
    assert "boundary:pcc has boundary:pcc.export_mwh, boundary:pcc.import_mwh" in text
    assert failures({"figures": {"nothing": {"max": 1}}}) == ["expect.figures.nothing: has no value in this run"]


def test_of_an_ensemble_every_member_must_pass():
    assert failures({"figures": {"x": {"min": 1, "max": 3}}}) == []
    assert failures({"figures": {"x": {"max": 2.5}}}) == ["expect.figures.x: is 3, expected at most 2.5 1"]
    assert failures({"figures": {"x": {"value": 2, "abs": 0.5}}}) != []


def test_an_unexpected_violation_fails_and_information_does_not():
    (text,) = failures({}, [finding()])
    assert text.startswith("violation: no-export of boundary:pcc: 3 kW against 0 kW, 1 h, worst at 2020-04-21T12:00")
    assert failures({}, [finding(severity="warning"), finding(severity="information")]) == []


def test_an_expected_finding_passes_and_one_that_stays_away_fails():
    expect = {"findings": [{"rule": "no-export", "subject": "boundary:*", "hours": {"min": 0.5, "max": 2}}]}
    assert failures(expect, [finding()]) == []
    assert failures(expect) == [
        "expect.findings[0]: no-export of boundary:*: expected, but the run shows no such finding"
    ]


def test_an_expected_finding_with_other_hours_fails():
    expect = {"findings": [{"rule": "no-export", "hours": {"max": 0.5}}]}
    assert failures(expect, [finding()]) == [
        "expect.findings[0]: no-export of boundary:pcc: hours is 1, expected at most 0.5"
    ]


def test_zero_hours_says_a_finding_must_not_be_there():
    expect = {"findings": [{"rule": "min-import", "hours": {"max": 0}}]}
    assert failures(expect) == []
    assert len(failures(expect, [finding("min-import", severity="information")])) == 1


def test_severity_and_subject_narrow_an_expectation():
    expect = {"findings": [{"rule": "no-export", "subject": "boundary:other", "severity": "violation"}]}
    assert len(failures(expect, [finding()])) == 2  # the one awaited is missing, the one there is unexpected


@pytest.mark.parametrize(
    ("band", "text"),
    [
        ({}, "give min, max or value"),
        ({"min": 2, "max": 1}, "min 2 is above max 1"),
        ({"min": 1, "abs": 1}, "give value"),
    ],
)
def test_a_band_that_says_nothing_is_refused(band, text):
    with pytest.raises(ValueError, match=text):
        Band(**band)


def told(effect, severity="violation"):
    return finding(severity=severity) | {"effect": effect}


def test_an_effect_that_is_expected_must_be_the_one_that_came():
    expected = {"findings": [{"rule": "no-export", "effect": "worsened"}]}
    assert failures(expected, [told("worsened")]) == []
    said = failures(expected, [told("caused")])
    assert "expected as worsened, but it is caused against the base case" in said[0]
    assert "no expectation names it" in said[1]


def test_what_only_the_base_case_has_answers_no_expectation_but_its_own():
    gone = told("cured", "information")
    assert failures({"findings": [{"rule": "no-export", "hours": {"max": 0}}]}, [gone]) == []
    assert "shows no such finding" in failures({"findings": [{"rule": "no-export"}]}, [gone])[0]
    assert failures({"findings": [{"rule": "no-export", "effect": "cured"}]}, [gone]) == []


def test_only_effects_need_the_base_case():
    plain = {"rule": "no-export"}
    assert not ExpectSpec.model_validate({"findings": [plain]}).compares
    assert ExpectSpec.model_validate({"findings": [plain, plain | {"effect": "cured"}]}).compares
