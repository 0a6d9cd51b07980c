"""One section under two laws: an existing-line microgrid and a distribution licence on the same wires.

Physics is equal to the bit; verdicts differ only where rules differ, and every finding says who answers.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cosim.compare.comparison import compare
from cosim.compare.console import print_comparison
from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario

pytest.importorskip("simbench")

EXISTING, LICENCE = "existing-line-reference", "distribution-licence-reference"
UTILITY, LICENSEE = "general transmission and distribution utility", "section grid company"
WEDNESDAY = ("time.start=2016-06-08T00:00", "time.duration=P1D", "base_case=null")
SWITCHES = "boundary:section-switches"
ONE_SIDED = {  # variant -> findings of the existing line alone, of the licence alone
    None: (set(), set()),
    "stress": (set(), {f"contract-power|{SWITCHES}", f"contract-power-excursion|{SWITCHES}"}),
    "without-municipality": ({"consortium|section:section"}, set()),
    "rules-of-2021": (set(), {"in-force|section:section"}),
}


@dataclass(frozen=True)
class Run:
    """A run, its findings by id, and the figures of its summary."""

    folder: RunFolder
    findings: dict[str, dict[str, Any]]
    figures: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`run(scenario, variant)` of one day -> Run; equal calls share one."""
    done: dict[tuple, Run] = {}

    def once(scenario: str, variant: str | None = None) -> Run:
        key = (scenario, variant)
        if key not in done:
            sets = WEDNESDAY
            options = RunOptions(variant=variant, sets=sets, quiet=True, report=False)
            loaded = load_scenario(scenario, variant=variant, sets=sets)
            path: Path = tmp_path_factory.mktemp("run")
            execute(loaded, build(loaded, options), path, options)
            folder = RunFolder(path)
            found = {finding["id"]: finding for finding in folder.findings()}
            done[key] = Run(folder, found, folder.summary()["figures"])
        return done[key]

    return once


@pytest.fixture(params=ONE_SIDED, ids=str)
def pair(request, run):
    """Both scenarios in one variant, and what only one of them is to find."""
    return run(EXISTING, request.param), run(LICENCE, request.param), ONE_SIDED[request.param]


def test_every_recorded_series_is_equal_to_the_bit(pair):
    existing, licence, _ = pair
    groups = sorted(path.stem for path in (existing.folder.path / "series").iterdir())
    assert {"bus", "branch", "device", "inputs", "boundary"} <= set(groups)
    for group in groups:
        one, other = (run.folder.series(group).to_pandas() for run in (existing, licence))
        assert len(one) == 96
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_figures_are_equal_and_only_the_licence_has_a_balancing_group(pair):
    existing, licence, _ = pair
    assert {key: licence.figures[key] for key in existing.figures} == existing.figures
    assert all(key.startswith("balancing:retailer.") for key in set(licence.figures) - set(existing.figures))


def test_verdicts_differ_only_where_the_rules_do(pair):
    existing, licence, (only_existing, only_licence) = pair
    assert set(existing.findings) - set(licence.findings) == only_existing
    assert set(licence.findings) - set(existing.findings) == only_licence
    for key in set(existing.findings) & set(licence.findings):
        one, other = (dict(run.findings[key]) for run in (existing, licence))
        answers = one.pop("responsible"), other.pop("responsible")
        assert one == other
        assert answers == ((UTILITY, LICENSEE) if one["section"] == "section" else (UTILITY, UTILITY)), key


def test_every_finding_of_both_says_who_answers(pair):
    for run in pair[:2]:
        assert run.findings
        assert all(finding["responsible"] for finding in run.findings.values())


def test_by_themselves_both_pass_without_a_warning(run):
    for scenario in (EXISTING, LICENCE):
        assert {finding["severity"] for finding in run(scenario).findings.values()} == {"information"}


def test_under_stress_the_same_wires_are_overloaded_and_two_parties_answer(run):
    for scenario, party in ((EXISTING, UTILITY), (LICENCE, LICENSEE)):
        found = run(scenario, "stress").findings
        broken = {key for key, one in found.items() if one["severity"] == "violation"}
        assert {"line-loading|line:LV4.101 Line 33", "trafo-loading|trafo:MV1.101-LV4.101-Trafo 1"} <= broken
        assert {found[key]["responsible"] for key in broken} == {party}
    contract = run(LICENCE, "stress").findings[f"contract-power|{SWITCHES}"]
    assert contract["value"] > contract["limit"] == 800


def test_a_licensee_pays_upstream_and_wheels_by_its_own_tariff(run):
    charges = {}
    for scenario in (EXISTING, LICENCE):
        told = run(scenario).folder.arrangement()
        households = next(one for one in told["customers"] if one["name"] == "households")
        charges[scenario] = {row["charge"]: row for row in households["charges"]}
    assert not charges[EXISTING]["upstream"]["applies"]
    upstream = charges[LICENCE]["upstream"]
    assert upstream["payer"] == "licensee"
    assert upstream["amount"] == pytest.approx(run(LICENCE).figures[f"{SWITCHES}.max_import_kw"]["value"], rel=0.05)
    assert "licensee" in charges[LICENCE]["wheeling"]["why"]
    assert charges[EXISTING]["energy"]["amount"] == charges[LICENCE]["energy"]["amount"] > 0


def test_compare_puts_the_verdicts_side_by_side(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    compared = compare([run(scenario, "stress").folder.path for scenario in (EXISTING, LICENCE)])
    told = {verdict.rule: verdict.said for verdict in compared.verdicts}
    assert set(told) == {"contract-power", "line-loading", "trafo-loading"}
    assert told["contract-power"] == ("not judged", f"violation, 1 place; answers: {LICENSEE}")
    assert told["trafo-loading"] == tuple(f"violation, 1 place; answers: {who}" for who in (UTILITY, LICENSEE))
    print_comparison(compared)
    assert f"{LICENCE} stress: violation, 7 places; answers: {LICENSEE}" in capsys.readouterr().out
