"""Scenarios under two laws side by side: what each finds rule by rule, and who answers."""

from dataclasses import replace

import pytest

from cosim.compare.comparison import compare
from cosim.compare.files import as_data, write_page
from cosim.findings import Severity

BAND = {"id": "voltage-100v", "quantity": "vm_pu", "subjects": ["bus:a"], "window_s": 1800, "lower": 0.9, "upper": 1.0}


@pytest.fixture
def two(make_run, finding):
    """One study under two laws: the second has a contract and somebody else answers."""

    def told(who, *found):
        return [replace(one, responsible=who) for one in found]

    voltage = [finding("voltage-100v", f"bus:{bus}", 1.03, 2.0) for bus in "ab"]
    contract = finding("contract-power", "boundary:pcc", 120.0, 1.0, unit="kW", limit=100.0)
    consortium = finding("consortium", "section:s", 0.0, 24.0, unit="1", limit=1.0, severity=Severity.WARNING)
    known = finding("min-import", "boundary:pcc", 1.0, 1.0, unit="kW", limit=2.0, severity=Severity.INFORMATION)
    return [
        make_run("one", scenario="utility", findings=told("Utility", *voltage, consortium, known), limits=[BAND]),
        make_run("two", scenario="licence", findings=told("Town Wires", *voltage, contract)),
    ]


def test_every_rule_broken_by_one_of_them_is_told_for_both_the_gravest_first(two):
    verdicts = compare(two).verdicts
    assert [(one.rule, one.severity.value, one.said) for one in verdicts] == [
        ("contract-power", "violation", ("not judged", "violation, 1 place; answers: Town Wires")),
        ("voltage-100v", "violation", ("violation, 2 places; answers: Utility",
                                       "violation, 2 places; answers: Town Wires")),
        ("consortium", "warning", ("warning, 1 place; answers: Utility", "none")),
    ]  # fmt: skip


def test_several_who_answer_are_all_named_and_nobody_is_left_out(make_run, finding):
    found = [replace(finding("voltage-100v", f"bus:{who}", 1.03, 2.0), responsible=who) for who in ("A", "B", "")]
    runs = [make_run("one", scenario="utility", findings=found), make_run("two", scenario="licence")]
    assert [one.said for one in compare(runs).verdicts] == [("violation, 3 places; answers: A; B", "none")]


def test_variants_of_one_scenario_are_told_by_their_claims_alone(make_run, finding):
    runs = [make_run(name, name, findings=[finding("voltage-100v", "bus:a", 1.03, 2.0)]) for name in ("one", "two")]
    assert compare(runs).verdicts == ()


def test_json_and_page_have_them_too(two, tmp_path):
    compared = compare(two)
    told = as_data(compared)["verdicts"]
    assert [one["rule"] for one in told] == ["contract-power", "voltage-100v", "consortium"]
    write_page(compared, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Rule by rule, and who answers" in page
    assert all(said in page for one in told for said in one["said"])
