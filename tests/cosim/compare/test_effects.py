"""What becomes of a finding against the base case, within the tolerances that are stated."""

from dataclasses import replace

import pytest

from cosim.compare.effects import BaseFindings, counts, with_effects
from cosim.findings import Finding, Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from tests.cosim.wired_study import demand, findings, run

LIMIT = Limit("voltage", Quantity.VM_PU, ("bus:a", "bus:b"), 1800, Bounds(0.9, 1.1), "", "", "", "", Severity.VIOLATION)
FOUND = Finding(
    id="voltage|bus:a", rule="voltage", severity=Severity.VIOLATION, subject="bus:a", section="", quantity="vm_pu",
    value=1.15, limit=1.1, margin=-0.05, unit="pu", first="f", last="l", worst_at="w", hours=100.0, energy_mwh=None,
    windows=200, members=1, member_share=1.0, worst_member=0, mode="normal", caused_by="", responsible="",
    label="band", certainty="assumed", hint="", hours_above=100.0,
)  # fmt: skip


def effect(now, before):
    (one,), _ = with_effects([now], [before], [LIMIT])
    return one.effect


def test_what_the_base_case_does_not_have_is_caused():
    (one,), _ = with_effects([FOUND], [], [LIMIT])
    assert (one.effect, one.base_hours, one.base_value) == ("caused", None, None)


@pytest.mark.parametrize(
    ("hours", "value", "said"),
    [
        (100.0, 1.15, "unchanged"),
        (100.9, 1.151, "unchanged"),  # 1 % of the hours, 0.1 % of the limit
        (101.1, 1.15, "worsened"),
        (100.0, 1.1512, "worsened"),
        (98.9, 1.15, "reduced"),
        (100.0, 1.1488, "reduced"),
        (50.0, 1.16, "worsened"),  # shorter, and farther away
    ],
)
def test_hours_and_worst_value_each_have_their_tolerance(hours, value, said):
    assert effect(replace(FOUND, hours=hours, hours_above=hours, value=value), FOUND) == said


def test_a_band_broken_on_the_other_side_is_worse_though_its_hours_are_fewer():
    low = replace(FOUND, value=0.85, limit=0.9, hours=10.0, hours_above=0.0)
    assert effect(low, FOUND) == "worsened"


def test_hours_of_an_ensemble_count_members_that_are_cured():
    """100 h in all members, then 100 h in half of them."""
    assert effect(replace(FOUND, member_share=0.5, members=5), replace(FOUND, members=10)) == "reduced"


def test_a_limit_of_zero_is_compared_by_the_value():
    reverse = replace(FOUND, value=1000.0, limit=0.0, unit="kW", hours_above=None)
    assert effect(replace(reverse, value=1000.9), reverse) == "unchanged"
    assert effect(replace(reverse, value=1002.0), reverse) == "worsened"


def test_what_is_gone_is_listed_as_information_with_the_numbers_of_the_base_case():
    (one,), strange = with_effects([], [FOUND], [LIMIT])
    assert (one.effect, one.severity, one.hours, one.value) == ("cured", Severity.INFORMATION, 100.0, 1.15)
    assert (one.base_hours, one.base_value, strange) == (100.0, 1.15, 0)
    assert "base case" in one.label


def test_what_the_study_does_not_judge_is_not_cured():
    elsewhere = replace(FOUND, id="voltage|bus:c", subject="bus:c")
    assert with_effects([], [elsewhere], [LIMIT]) == ([], 1)
    _, notes = BaseFindings([elsewhere], ("first",)).compared([], [LIMIT])
    assert notes == ("first", "1 finding of the base case left out: not judged in this study")


def test_what_only_the_base_case_has_a_limit_for_is_not_cured():
    """The study has no contract power: that nobody breaks it there says nothing."""
    contract = replace(LIMIT, id="contract-power", subjects=("boundary:pcc",))
    broken = replace(FOUND, id="contract-power|boundary:pcc", rule="contract-power", subject="boundary:pcc")
    beyond = replace(broken, id="contract-power-excursion|boundary:pcc", rule="contract-power-excursion")
    assert with_effects([], [broken, beyond], [LIMIT], [LIMIT, contract]) == ([], 2)


def test_a_run_says_how_many_findings_of_its_base_case_it_does_not_judge(tmp_path):
    over = {
        "loads": {"works": demand("site", 100), "village": demand("far", 500)},
        "base_case": {"boundaries": {"pcc": {"contract_kw": 50}}},
    }
    told = run(tmp_path, over, base=True)
    assert "contract-power|boundary:pcc" not in findings(told)
    assert findings(told)["voltage-default|bus:far"]["effect"] == "unchanged"
    assert any("left out: not judged in this study" in note for note in told.summary()["notes"])


def test_findings_that_are_no_limit_s_can_be_cured():
    permits = replace(FOUND, id="permits|section:s", rule="permits", subject="section:s")
    (one,), _ = with_effects([], [permits], [LIMIT])
    assert one.effect == "cured"


def test_without_a_base_case_nothing_is_said():
    assert BaseFindings(notes=("it failed",)).compared([FOUND], [LIMIT]) == ([FOUND], ("it failed",))
    assert BaseFindings().findings is None


def test_effects_are_counted():
    both, _ = with_effects([FOUND], [replace(FOUND, id="voltage|bus:b", subject="bus:b")], [LIMIT])
    assert counts(both) == {"caused": 1, "worsened": 0, "unchanged": 0, "reduced": 0, "cured": 1}
