"""The corpus of mistakes: every file beside an `.expected.txt` that holds its messages, word for word.

To accept new wording: `COSIM_REWRITE=1 pytest tests/cosim/scenario/test_scenario_mistakes.py`, then read the diff.
"""

import os
from pathlib import Path

import pytest

from cosim.errors import InputError
from cosim.scenario.validation import load_scenario, validate_file

FOLDER = Path(__file__).parents[2] / "cases" / "mistakes"
CASES = sorted(path.name.removesuffix(".expected.txt") for path in FOLDER.glob("*.expected.txt"))


@pytest.fixture(autouse=True)
def _in_the_folder(monkeypatch):
    monkeypatch.chdir(FOLDER)


def said(name: str) -> str:
    report = validate_file(f"{name}.cosim.yaml")
    return "".join(f"{line}\n" for line in (*report.problems, *report.skipped))


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_says_what_it_should(name):
    expected = Path(f"{name}.expected.txt")
    if os.environ.get("COSIM_REWRITE"):
        expected.write_text(said(name), encoding="utf-8")
    assert said(name) == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_never_loads(name):
    with pytest.raises(InputError) as caught:
        load_scenario(f"{name}.cosim.yaml")
    assert all(problem.line and problem.column for problem in caught.value.problems)


def test_the_study_the_mistakes_are_laid_over_has_none():
    report = validate_file("base.cosim.yaml")
    assert (report.problems, report.skipped, report.notes) == ((), (), ())


def test_every_file_of_the_corpus_has_its_expectation():
    files = {path.name.removesuffix(".cosim.yaml") for path in FOLDER.glob("*.cosim.yaml")}
    assert files - set(CASES) == {"base", "cycle-other"}
