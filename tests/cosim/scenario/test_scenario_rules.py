"""Rules are judged one by one: what one of them did not foresee silences no other, and never passes for a pass."""

from pathlib import Path

import pytest

from cosim.check.files import problems_of
from cosim.check.verdict import Settings
from cosim.errors import InputError
from cosim.scenario import validation
from cosim.scenario.rules import Rule, judge
from cosim.scenario.validation import load_scenario, validate_file

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"


def unforeseen(view, name):
    yield view.problem(("boundaries", name, "at"), "found before")
    raise AttributeError("no attribute 'kind'")


BROKEN = Rule("a rule with a fault", ("boundaries.*.at",), unforeseen)


def said(view, name):
    yield view.problem(("customers", name), "found after")


@pytest.fixture
def faulty(monkeypatch):
    """A rule with a fault among the others."""
    monkeypatch.setattr(validation, "RULES", [BROKEN, Rule("another", ("customers.*.buses",), said)])


def test_a_fault_of_one_rule_is_told_at_its_entry_and_the_others_are_judged(faulty):
    report = validate_file(BASE)
    told = {(one.path, one.line): one.message for one in report.problems}
    (fault,) = [message for message in told.values() if message.startswith("a fault of cosim: ")]
    assert fault.startswith("a fault of cosim: a rule with a fault: AttributeError: no attribute 'kind' [")
    assert Path(__file__).name in fault
    assert told["boundaries.pcc", 28] == fault
    assert {"found before", "found after"} < set(told.values())


def test_a_fault_in_one_file_is_a_problem_of_it_and_stops_a_run(faulty):
    assert any("a fault of cosim" in problem.message for problem in problems_of(str(BASE), Settings()))
    with pytest.raises(InputError, match="a fault of cosim"):
        load_scenario(BASE)


def test_a_file_that_cannot_be_read_is_no_fault():
    def unreadable(_):
        raise PermissionError(13, "Permission denied", "x.csv")

    view = validation._judged(validation.read_document(validation.find_source(BASE)).resolved(), BASE)[1]
    (problem,), skipped = judge(view, [Rule("series", ("time",), unreadable)])
    assert (problem.message, problem.hint) == ("series: [Errno 13] Permission denied: 'x.csv'", "")
    assert skipped == []
