"""Every rule of every supply form has a variant that breaks it, and breaks nothing else.

Which rules bind which form says the register; the runs say what the variants break.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cosim.results.expect import judge
from cosim.results.folder import RunFolder
from cosim.rules.forms import FORMS
from cosim.rules.register import EXCURSION, RULES, bound_by
from cosim.run import RunOptions, build, execute
from cosim.scenario.bundled import SUFFIX, folder
from cosim.scenario.loading import find_source, read_document
from cosim.scenario.tree import plain
from cosim.scenario.validation import load_scenario

BREAKS = "breaks-"
LETTERS = "abcdef"
FILES = {letter: next((folder() / "forms").glob(f"forms-{letter}-*{SUFFIX}")) for letter in LETTERS}
DOCUMENTS = {letter: read_document(find_source(file)) for letter, file in FILES.items()}
VARIANTS = [(letter, variant) for letter in LETTERS for variant in DOCUMENTS[letter].variants]


@cache
def resolved(letter, variant=None):
    """The scenario as plain data."""
    return plain(DOCUMENTS[letter].resolved(variant))


def expected(letter, variant):
    """Findings a variant expects."""
    return resolved(letter, variant)["expect"]["findings"]


def run(letter, variant, at):
    """One variant: its scenario and its run folder."""
    options = RunOptions(variant=variant, threads=1, quiet=True, report=False)
    loaded = load_scenario(FILES[letter], variant=variant)
    execute(loaded, build(loaded, options), at, options)
    return loaded.scenario, RunFolder(at)


@cache
def said_by_the_passing_one(letter):
    """Ids of everything the form's scenario says by itself, information included."""
    with TemporaryDirectory() as at:
        _, ended = run(letter, None, Path(at))
        return frozenset(finding["id"] for finding in ended.findings())


def test_every_form_of_the_law_in_force_has_a_file():
    assert {form.letter for form in FORMS.values() if form.until is None} == set(LETTERS)


@pytest.mark.parametrize("letter", LETTERS)
def test_a_file_shows_its_form(letter):
    form = next(form for form in FORMS.values() if form.letter == letter)
    parts = [*resolved(letter)["sections"].values(), *resolved(letter)["customers"].values()]
    assert form.id in {part.get("form") for part in parts}


@pytest.mark.parametrize("letter", LETTERS)
def test_every_rule_of_a_form_has_its_variant_and_every_variant_is_of_a_rule(letter):
    assert set(DOCUMENTS[letter].variants) == {f"{BREAKS}{rule.id}" for rule in bound_by(letter)}


@pytest.mark.parametrize(("letter", "variant"), VARIANTS)
def test_a_variant_expects_the_rule_it_is_named_after(letter, variant):
    assert {one["rule"] for one in expected(letter, variant)} == {variant.removeprefix(BREAKS)}


def test_every_rule_that_binds_a_form_is_broken_somewhere():
    broken = {variant.removeprefix(BREAKS) for _, variant in VARIANTS}
    assert broken == {rule.id for rule in RULES.values() if rule.forms}


@pytest.mark.slow
@pytest.mark.parametrize("letter", LETTERS)
def test_a_form_breaks_nothing_by_itself(letter, tmp_path):
    _, ended = run(letter, None, tmp_path)
    assert [finding["id"] for finding in ended.findings() if finding["severity"] != "information"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("letter", "variant"), VARIANTS)
def test_a_variant_breaks_its_rule_and_no_other(letter, variant, tmp_path):
    scenario, ended = run(letter, variant, tmp_path)
    findings = ended.findings()
    assert [str(missed) for missed in judge(scenario.expect, ended.summary()["figures"], findings)] == []
    told = [one for one in findings if one["severity"] != "information"]
    if any(one.get("severity") == "information" for one in expected(letter, variant)):
        known = said_by_the_passing_one(letter)
        told += [one for one in findings if one["severity"] == "information" and one["id"] not in known]
    rule = variant.removeprefix(BREAKS)
    assert {one["rule"].removesuffix(EXCURSION) for one in told} == {rule}, [one["id"] for one in told]
