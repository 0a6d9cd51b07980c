"""`cosim check`: what is run, in which order, what it says, and the exit code."""

import io

import pytest
from lxml import etree

from cosim.check.files import problems_of
from cosim.check.session import Report, check_all
from cosim.check.verdict import Outcome, Settings, Task, Verdict
from cosim.check.waiting import Waiting
from cosim.errors import InputError, UsageError
from tests.cosim.check.conftest import write

NEVER = {"expect": {"figures": {"grid.losses_mwh": {"max": 0}}}}
HEAVY = {"loads": {"school": {"profile": {"value": 500_000}}}}


def test_side_by_side_every_variant_is_judged_in_the_order_of_the_files(checked, tmp_path):
    write(tmp_path / "studies", "b", {"variants": {"summer": None, "strict": NEVER}})
    write(tmp_path / "studies", "c-heavy", HEAVY)
    write(tmp_path / "studies", "d-base", {"abstract": True, "time": None})
    done = checked("studies", jobs=2, junit=tmp_path / "out" / "junit.xml")
    verdicts = [line.split("  ")[:2] for line in done.lines if line[:4] in {"pass", "FAIL"}]
    assert verdicts == [["pass", "b"], ["FAIL", "b [strict]"], ["FAIL", "c-heavy"]]
    assert "      expect.figures.grid.losses_mwh: is " in done.text
    assert "      the run failed: " in done.text
    assert "found no solution" in done.text
    summary = done.lines.index(next(line for line in done.lines if line.startswith("1 passed, 2 failed in ")))
    assert done.lines[summary + 1 :] == [
        "next:",
        "  b [strict]: cosim run studies/b.cosim.yaml --variant strict",
        "  c-heavy: cosim run studies/c-heavy.cosim.yaml  # keeps what was run",
    ]
    assert done.code == 1
    root = etree.parse(tmp_path / "out" / "junit.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")


def test_all_problems_of_all_files_are_told_and_nothing_runs(checked, tmp_path):
    write(tmp_path, "good")
    write(tmp_path, "one", {"wether": {}, "time": {"duration": "PT2H", "step": "often"}})
    write(tmp_path, "two", {"boundaries": {"pcc": {"contract_kw": -1}}})
    with pytest.raises(InputError) as caught:
        checked(".", junit=tmp_path / "junit.xml")
    assert {(problem.file, problem.path) for problem in caught.value.problems} == {
        ("one.cosim.yaml", "wether"),
        ("one.cosim.yaml", "time.step"),
        ("two.cosim.yaml", "boundaries.pcc.contract_kw"),
    }
    root = etree.parse(tmp_path / "junit.xml").getroot()
    assert [root.get(name) for name in ("tests", "errors", "skipped")] == ["3", "2", "1"]


@pytest.mark.parametrize("duration", ["2H", "P0D", "{a: b}"])
def test_a_duration_that_is_none_is_refused_once_by_the_name_of_the_option(checked, tmp_path, duration):
    write(tmp_path, "one", {"base_case": {"boundaries": {"pcc": {"contract_kw": 100}}}})
    write(tmp_path, "two")
    with pytest.raises(UsageError, match=f"^--duration {duration}: (is not a duration|must be longer)"):
        checked(".", duration=duration)


@pytest.mark.parametrize(
    ("rule", "hint"),
    [("no-exports", "did you mean no-export?"), ("volatge-*", "did you mean voltage"), ("xyz", "docs/limits.md")],
)
def test_a_guard_with_a_typo_does_not_stay_green(checked, tmp_path, rule, hint):
    never = {"findings": [{"rule": rule, "hours": {"max": 0}}]}
    write(tmp_path, "x", {"variants": {"summer": None, "strict": {"expect": never}}})
    with pytest.raises(InputError) as caught:
        checked("x.cosim.yaml")
    (problem,) = caught.value.problems
    assert (problem.path, problem.warning) == ("expect.findings.0.rule", False)
    assert problem.hint.startswith(hint)


@pytest.mark.parametrize("rule", ["voltage-*", "no-export", "*-excursion", "*"])
def test_a_guard_whose_rule_exists_is_right(tmp_path, rule):
    file = write(tmp_path, "x", {"expect": {"findings": [{"rule": rule, "hours": {"max": 0}}]}})
    assert problems_of(str(file), Settings()) == ()


def test_an_interrupted_check_tells_what_was_judged_and_what_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "x", {"variants": {"summer": None, "more": {}}})
    said = []

    def interrupted_once(line):
        said.append(line)
        if len(said) == 1:
            raise KeyboardInterrupt

    report = check_all(["x.cosim.yaml"], Settings(), jobs=1, echo=interrupted_once)
    assert said[1].startswith("1 passed, 0 failed, 1 not run: interrupted in ")
    assert report.exit_code == 3


def test_a_file_named_twice_is_checked_once(checked, tmp_path):
    write(tmp_path, "x")
    assert len(checked("x.cosim.yaml", ".", tmp_path / "x.cosim.yaml").report.verdicts) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["nothing"], "holds no scenario"),
        (["x.cosim.yaml", "nope"], "no such file"),
        (["base-only"], "only abstract scenarios"),
        (["base-only/base.cosim.yaml"], "is abstract"),
    ],
)
def test_what_cannot_be_checked_is_refused_before_anything_runs(checked, tmp_path, given, message):
    (tmp_path / "nothing").mkdir()
    write(tmp_path, "x")
    write(tmp_path / "base-only", "base", {"abstract": True, "extends": None, "time": None})
    with pytest.raises(UsageError, match=message):
        checked(*given)


def test_an_unknown_variant_is_refused_with_those_there_are(checked, tmp_path):
    write(tmp_path, "x", {"variants": {"summer": None, "late": {}}})
    with pytest.raises(UsageError, match="no variant 'winter'; it has late"):
        checked("x.cosim.yaml", variant="winter")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([Outcome.PASSED], 0),
        ([Outcome.PASSED, Outcome.FAILED], 1),
        ([Outcome.NO_RESULT, Outcome.PASSED], 1),
        ([Outcome.FAILED, Outcome.BAD_INPUT], 2),
        ([Outcome.FAILED, Outcome.NOT_RUN], 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst(outcomes, code):
    report = Report(tuple(Verdict(Task("f", "s", None), outcome) for outcome in outcomes), 1.0)
    assert report.exit_code == code


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_time_left_by_steps_and_a_log_sees_nothing():
    terminal, log = _Terminal(), io.StringIO()
    for stream in (terminal, log):
        waiting = Waiting("checked", [10, 30], stream)
        waiting.tick(-1)
        waiting.tick(0)
        waiting.clear()
    lines = terminal.getvalue().split("\r\x1b[K")
    assert lines[1] == "0 of 2 checked  0:00 so far"
    assert lines[2] == "1 of 2 checked  0:00 left"
    assert lines[-1] == ""
    assert log.getvalue() == ""
