"""What the command line prints: plain, short, the numbers of the summary."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cosim.errors import Problem
from cosim.report.console import (
    MOST_FINDINGS,
    MOST_WARNINGS,
    print_grids,
    print_run_summary,
    print_scenarios,
    print_validation,
)
from cosim.report.page import render
from cosim.report.texts import number, per_unit
from cosim.scenario.rules import Skipped
from cosim.scenario.validation import ValidationReport


@pytest.fixture
def summary(capsys, monkeypatch):
    """`summary(run, columns)` -> printed lines."""

    def printed(run, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_run_summary(run, 3.4)
        return capsys.readouterr().out.splitlines()

    return printed


def test_the_summary_says_verdict_findings_figures_notes_and_where_to_look(day_run, summary):
    lines = summary(day_run)
    text = "\n".join(lines)
    table = day_run.summary()["figures"]
    assert "Verdict: 1 violation, 0 warnings, 0 information" in lines
    assert "violation  no-export  boundary:pcc  19 kW, limit 0, 0.25 h" in lines
    for key in ("grid.import_mwh", "grid.served_mwh", "grid.losses_mwh", "device:roof.curtailed_mwh"):
        assert f"{number(1000 * table[key]['value'])} kWh" in text, key
    assert f"peak import {number(table['boundary:pcc.max_import_kw']['value'])} kW" in text
    assert "(contract 150 kW, no export)" in text
    assert per_unit(table["level:0.21kV.vm_min_pu"]["value"]) in text
    assert "curtailed 512.7 kWh (export)" in text
    assert "Note: weather is synthetic: seed 1" in lines
    assert f"Run:    {day_run.path}  (3 s)" in lines
    assert lines[-1].startswith("Next:   cosim ")


@pytest.mark.parametrize("columns", [60, 80])
def test_the_summary_fits_the_terminal_and_breaks_at_words(day_run, summary, columns):
    lines = summary(day_run, columns)
    assert len(lines) <= 35
    wrapped = [line for line in lines if not line.startswith(("Run:", "Report:", "Next:"))]
    assert max(map(len, wrapped)) <= columns
    assert not [line for line in lines if line != line.rstrip()]
    words = " ".join(" ".join(wrapped).split())
    for whole in ("battery discharge", "1,015 kWh of 1,527 available", "peak import 121 kW", "transformer 50.5 %"):
        assert whole in words


def test_off_a_terminal_there_is_no_colour(day_run, summary):
    assert "\x1b" not in "".join(summary(day_run))


def test_many_findings_are_cut_after_the_worst(make_run, summary):
    run = make_run()
    finding = run.findings()[0]
    many = [finding | {"subject": f"bus:b{at}"} for at in range(MOST_FINDINGS + 5)]
    (run.path / "findings.json").write_text(json.dumps(many), encoding="utf-8")
    text = "\n".join(summary(run))
    assert "bus:b7" in text
    assert "bus:b8" not in text
    assert "and 5 more in findings.json" in text


def test_what_is_stated_has_no_numbers_on_console_and_page(make_run, summary):
    run = make_run()
    stated = run.findings()[0] | {"rule": "permits", "quantity": "stated", "value": 0.0, "limit": 1.0, "unit": "1"}
    (run.path / "findings.json").write_text(json.dumps([stated]), encoding="utf-8")
    (line,) = (line for line in summary(run) if "permits" in line)
    assert line.split()[1:4] == ["permits", "boundary:pcc", "-"]
    assert "limit" not in line
    table = render(run).partition('<table class="findings">')[2].partition("</table>")[0]
    assert table.count('<td class="number">-</td>') == 2


def test_an_unfinished_run_gets_no_verdict(make_run, summary):
    text = "\n".join(summary(make_run(stop_at=3)))
    assert "UNFINISHED: The run is still going on, or was killed" in text
    assert "Verdict: no verdict" in text


def test_markup_and_wide_characters_in_names_are_printed_as_they_are(make_run, summary):
    lines = summary(make_run(title={"en": "[bold]x[/bold] :smile:", "ja": "試験"}))
    assert lines[0] == "[bold]x[/bold] :smile: / 試験"


def test_problems_are_plain_unwrapped_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    problem = Problem("a.cosim.yaml", 3, 5, "loads.x.bus", "names no bus of the grid " * 5, "lv9", "did you mean lv1?")
    skipped = Skipped("islands", "", "grid is wrong")
    print_validation(Path("a.cosim.yaml"), ValidationReport(problems=(problem,), skipped=(skipped,)))
    assert capsys.readouterr().out.splitlines() == [str(problem), f"a.cosim.yaml: {skipped}"]


def test_a_valid_file_is_ok(capsys):
    print_validation(Path("a.cosim.yaml"), ValidationReport(notes=("ends early",)))
    assert capsys.readouterr().out.splitlines() == ["a.cosim.yaml: note: ends early", "a.cosim.yaml: ok"]


def test_warnings_are_counted_and_of_a_rule_with_very_many_only_some_are_printed(capsys):
    def warning(rule, line):
        return Problem("a.cosim.yaml", line, 1, "grid.csv", "is odd", rule=rule, warning=True)

    many = tuple(warning("missing-rating", line) for line in range(MOST_WARNINGS + 3))
    report = ValidationReport(warnings=(*many, warning("long-line", 1)))
    print_validation(Path("a.cosim.yaml"), report)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "a.cosim.yaml:0:1  grid.csv  warning: missing-rating: is odd"
    assert lines[MOST_WARNINGS:] == [
        "a.cosim.yaml: and 3 more warnings of missing-rating",
        "a.cosim.yaml:1:1  grid.csv  warning: long-line: is odd",
        f"a.cosim.yaml: ok, {MOST_WARNINGS + 4} warnings",
    ]
    print_validation(Path("a.cosim.yaml"), replace(report, problems=(many[0],), warnings=many[:1]))
    assert capsys.readouterr().out.splitlines()[-1] == "a.cosim.yaml: 1 problem, 1 warning"


def test_bundled_scenarios_are_listed_with_what_they_can_do(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    print_scenarios()
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert {"hioki", "existing-line-reference"} <= set(lines)
    assert "ひおきコンパクトグリッド" in out
    variants = "winter-open, closed-day, price-spike, price-spike-heat-led, price-spike-engines-off, outage"
    assert f"variants: {variants}" in " ".join(out.split())
    assert "tags: japan, specified-transmission, chp, lpg" in out


@pytest.mark.parametrize(("installed", "hint"), [(object(), False), (None, True)])
def test_grid_sources_are_listed_and_a_missing_extra_is_named(capsys, monkeypatch, installed, hint):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: installed)
    print_grids()
    out = " ".join(capsys.readouterr().out.split())
    for source in ("grid.tables", "grid.simbench", "grid.pandapower", "grid.add"):
        assert source in out
    assert ("feeder-cosim[simbench]" in out) is hint
