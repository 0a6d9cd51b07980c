"""JUnit XML of checks: a suite a file, a case a variant. What CI servers read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from cosim.check.verdict import Outcome, Verdict
from cosim.errors import Problem
from cosim.results.files import PART

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ERRORS = frozenset({Outcome.BAD_INPUT, Outcome.NO_RESULT})


def write_junit(path: Path, verdicts: Sequence[Verdict], versions: Mapping[str, str]) -> None:
    """One file: judged and failed is a `failure`, a run or input that is wrong an `error`, not run `skipped`.

    Args:
        path: the file; its folder is made.
        verdicts: in the order of the files.
        versions: become properties of every suite.
    """
    root = ET.Element("testsuites", {"name": "cosim check", **_counts(verdicts)})
    files = dict.fromkeys(verdict.task.file for verdict in verdicts)
    for file in files:
        own = [verdict for verdict in verdicts if verdict.task.file == file]
        suite = _suite(root, file, versions, **_counts(own))
        for verdict in own:
            _case(suite, verdict)
    _write(path, root)


def write_problems(path: Path, problems: Mapping[str, Sequence[Problem]], versions: Mapping[str, str]) -> None:
    """The same of files that could not be run: file -> its problems; one without problems was not run."""
    wrong = sum(bool(found) for found in problems.values())
    counts = _numbers(len(problems), 0, wrong, len(problems) - wrong, 0.0)
    root = ET.Element("testsuites", {"name": "cosim check", **counts})
    for file, found in problems.items():
        numbers = _numbers(1, 0, int(bool(found)), int(not found), 0.0)
        suite = _suite(root, file, versions, **numbers)
        case = ET.SubElement(suite, "testcase", name="valid", classname=_text(Path(file).name), time="0.000")
        if found:
            _wrong(case, "error", Outcome.BAD_INPUT, [str(problem) for problem in found])
        else:
            ET.SubElement(case, "skipped", message="nothing was run: another file is wrong")
    _write(path, root)


def _suite(root: ET.Element, file: str, versions: Mapping[str, str], **numbers: str) -> ET.Element:
    began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(root, "testsuite", {"name": _text(file), "timestamp": began, **numbers})
    properties = ET.SubElement(suite, "properties")
    for name, version in versions.items():
        ET.SubElement(properties, "property", name=f"version.{name}", value=_text(version))
    return suite


def _case(suite: ET.Element, verdict: Verdict) -> None:
    task = verdict.task
    case = ET.SubElement(
        suite,
        "testcase",
        name=_text(task.variant or task.scenario),
        classname=_text(task.scenario),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.outcome is Outcome.NOT_RUN:
        ET.SubElement(case, "skipped", message="interrupted before its turn")
    elif not verdict.passed:
        more = [line for line in verdict.more if f"  {line}" not in verdict.failures]
        lines = [*verdict.failures, *(f"  {line}" for line in more), *(f"next: {line}" for line in verdict.advice)]
        _wrong(case, "error" if verdict.outcome in _ERRORS else "failure", verdict.outcome, lines)
    if verdict.notes:
        ET.SubElement(case, "system-out").text = _text("\n".join(verdict.notes))


def _wrong(case: ET.Element, what: str, outcome: Outcome, lines: Sequence[str]) -> None:
    found = ET.SubElement(case, what, message=_text(lines[0]), type=outcome.value)
    found.text = _text("\n".join(lines))


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    outcomes = [verdict.outcome for verdict in verdicts]
    return _numbers(
        len(verdicts),
        outcomes.count(Outcome.FAILED),
        sum(outcome in _ERRORS for outcome in outcomes),
        outcomes.count(Outcome.NOT_RUN),
        sum(verdict.seconds for verdict in verdicts),
    )


def _numbers(tests: int, failures: int, errors: int, skipped: int, seconds: float) -> dict[str, str]:
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    return {**{name: str(count) for name, count in counts.items()}, "time": f"{seconds:.3f}"}


def _text(text: str) -> str:
    """What XML can hold of a text."""
    return _NOT_XML.sub("?", text)


def _write(path: Path, root: ET.Element) -> None:
    ET.indent(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    ET.ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)
    part.replace(path)
