"""The JUnit file: valid by the schema, counts that add up, every line of a failure in it."""

from pathlib import Path

import pytest
from lxml import etree

from cosim.check.junit import write_junit, write_problems
from cosim.check.verdict import Outcome, Task, Verdict
from cosim.errors import Problem

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))
VERSIONS = {"cosim": "0.1.0", "numpy": "2.4.6"}
GOOD, SPIKE, OTHER = (
    Task("studies/a.cosim.yaml", "a", None),
    Task("studies/a.cosim.yaml", "a", "price-spike"),
    Task("studies/海.cosim.yaml", "umi", None),
)
VERDICTS = (
    Verdict(GOOD, Outcome.PASSED, notes=("baseline written: base/a",), seconds=1.25),
    Verdict(SPIKE, Outcome.FAILED, ("baseline: numbers moved", "  figure x: 1 -> 2"),
            more=("figure x: 1 -> 2", "figure y: 3 -> 4"), advice=("cosim run a",), seconds=2.0),
    Verdict(OTHER, Outcome.NO_RESULT, ("the run failed: \x1b[31m<no & solution>",), seconds=0.5),
    Verdict(Task("b", "b", None), Outcome.NOT_RUN),
)  # fmt: skip


def read(path):
    tree = etree.parse(path)
    SCHEMA.assertValid(tree)
    return tree.getroot()


def test_a_file_of_every_outcome_is_valid_and_its_counts_add_up(tmp_path):
    write_junit(tmp_path / "new" / "junit.xml", VERDICTS, VERSIONS)
    root = read(tmp_path / "new" / "junit.xml")
    assert [root.get(name) for name in ("tests", "failures", "errors", "skipped", "time")] == [
        "4",
        "1",
        "1",
        "1",
        "3.750",
    ]
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["studies/a.cosim.yaml", "studies/海.cosim.yaml", "b"]
    for name in ("tests", "failures", "errors", "skipped"):
        assert sum(int(suite.get(name)) for suite in suites) == int(root.get(name))
    assert [case.get("name") for case in suites[0].findall("testcase")] == ["a", "price-spike"]
    assert {one.get("name"): one.get("value") for one in suites[0].iter("property")} == {
        "version.cosim": "0.1.0",
        "version.numpy": "2.4.6",
    }
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["junit.xml"]


def test_a_failure_holds_every_line_once_and_what_to_do_next(tmp_path):
    write_junit(tmp_path / "junit.xml", VERDICTS, VERSIONS)
    failure = read(tmp_path / "junit.xml").find(".//failure")
    assert failure.get("message") == "baseline: numbers moved"
    lines = [line.strip() for line in failure.text.splitlines()]
    assert lines == ["baseline: numbers moved", "figure x: 1 -> 2", "figure y: 3 -> 4", "next: cosim run a"]


def test_what_xml_cannot_hold_is_replaced(tmp_path):
    write_junit(tmp_path / "junit.xml", VERDICTS, VERSIONS)
    assert read(tmp_path / "junit.xml").find(".//error").get("message") == "the run failed: ?[31m<no & solution>"


def test_wrong_files_are_errors_and_the_others_were_not_run(tmp_path):
    problem = Problem("bad.cosim.yaml", 3, 1, "wether", "unknown key")
    write_problems(tmp_path / "junit.xml", {"bad.cosim.yaml": (problem,), "good.cosim.yaml": ()}, VERSIONS)
    root = read(tmp_path / "junit.xml")
    assert (root.get("errors"), root.get("skipped")) == ("1", "1")
    assert root.find(".//error").text == str(problem)


@pytest.mark.parametrize(
    ("old", "new"), [(b'tests="4"', b""), (b"<failure ", b"<failed "), (b'time="1.250"', b'time="soon"')]
)
def test_the_schema_refuses_what_is_no_junit(tmp_path, old, new):
    write_junit(tmp_path / "junit.xml", VERDICTS, VERSIONS)
    text = (tmp_path / "junit.xml").read_bytes()
    assert old in text
    broken = text.replace(old, new).replace(b"</failure>", b"</failed>" if b"failed" in new else b"</failure>")
    assert not SCHEMA.validate(etree.fromstring(broken))
