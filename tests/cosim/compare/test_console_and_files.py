"""The comparison on a terminal and in files: aligned, within the width, the same numbers everywhere."""

import csv
import json
import re

import pytest

from cosim.compare.comparison import compare
from cosim.compare.console import print_comparison
from cosim.compare.files import write_comparison_json, write_csv, write_page
from cosim.results.manifest import Status

NAMES = ("none", "pole-taps", "svr-compensation", "power-factor-095", "suppression")


@pytest.fixture
def five(make_run, finding):
    """Five variants of one study, the second unfinished."""

    def run(at, name):
        figures = {
            "grid.losses_mwh": (0.0412 - 0.002 * at, "MWh"),
            "level:6.6kV.vm_max_pu": (1.0431 - 0.004 * at, "pu"),
            "boundary:変電所.max_export_kw": (1234.5 + at, "kW"),
            "regulator:f1-svr.operations": (13.0 * at, "1"),
        }
        left = [finding("voltage-100v", f"bus:{bus}", 1.04 - 0.002 * at, 9.0 - at) for bus in "abc"[: 4 - at]]
        return make_run(name, name, figures=figures, findings=left)

    runs = [run(at, name) for at, name in enumerate(NAMES) if at != 1]
    return [runs[0], make_run(NAMES[1], NAMES[1], status=Status.RUNNING), *runs[1:]]


@pytest.fixture
def printed(capsys, monkeypatch):
    """`printed(comparison, columns)` -> lines."""

    def lines(comparison, columns=80):
        monkeypatch.setenv("COLUMNS", str(columns))
        print_comparison(comparison)
        return capsys.readouterr().out.splitlines()

    return lines


def numbers_of(lines, words):
    return next(re.split(r"\s{2,}", line.strip()) for line in lines if line.startswith(words))


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_the_terminal_and_leaves_no_blanks(five, printed, columns):
    from rich.cells import cell_len

    lines = printed(compare(five, everything=True), columns)
    assert max(map(cell_len, lines)) <= columns
    assert not [line for line in lines if line != line.rstrip()]
    assert "\x1b" not in "".join(lines)


def test_five_runs_stand_in_one_table_of_80_columns_changes_below(five, printed):
    lines = printed(compare(five))
    assert lines.count("Findings") == 1
    at = next(at for at, line in enumerate(lines) if line.startswith("losses"))
    assert lines[at].split() == ["losses", "kWh", "41.2", "-", "37.2", "35.2", "33.2"]
    assert lines[at + 1].split() == ["-9.7", "%", "-15", "%", "-19", "%"]
    ends = [match.end() for match in re.finditer(r"\S+", lines[at])][-3:]
    assert ends == [match.end() for match in re.finditer(r"-\S+ %", lines[at + 1])]


def test_on_a_wide_terminal_changes_stand_beside(five, printed):
    lines = printed(compare(five), 140)
    assert numbers_of(lines, "losses") == [
        "losses", "kWh", "41.2", "-", "37.2", "-9.7 %", "35.2", "-15 %", "33.2", "-19 %"
    ]  # fmt: skip


def test_more_runs_than_fit_go_on_in_a_further_table_with_the_first_again(five, printed):
    lines = printed(compare(five), 60)
    assert lines.count("Findings") == 2
    losses = [line.split() for line in lines if line.startswith("losses")]
    assert [row[2] for row in losses] == ["41.2", "41.2"]
    assert sum(len(row) - 3 for row in losses) == 4


def test_an_unfinished_run_shows_in_head_table_and_words(five, printed):
    text = "\n".join(printed(compare(five)))
    assert "pole-taps         UNFINISHED: The run is still going on, or was killed" in text
    assert " RUNNING" in text
    assert "pole-taps         nothing can be said: pole-taps did not finish" in text


def test_equal_runs_are_said_to_be_equal(make_run, printed):
    figures = {"grid.losses_mwh": (1.0, "MWh")}
    lines = printed(compare([make_run("a", "one", figures=figures), make_run("b", "two", figures=figures)]))
    assert "All figures read the same." in lines
    assert "two  no violations and no warnings, as in one" in lines


def test_many_notes_are_cut_and_counted(make_run, printed):
    notes = [f"note {at}" for at in range(9)]
    lines = printed(compare([make_run("a", "one", notes=notes), make_run("b", "two", notes=notes)]))
    assert "Note: note 5" in lines
    assert "Note: note 6" not in lines
    assert "  and 3 more notes in the runs' summary.json" in lines


def test_csv_and_json_hold_the_rows_with_every_digit(five, tmp_path):
    comparison = compare(five, everything=True)
    write_csv(comparison, tmp_path / "table.csv")
    write_comparison_json(comparison, tmp_path / "table.json")
    with (tmp_path / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    found = next(line for line in table if line["figure"] == "grid.losses_mwh")
    assert (found["group"], found["unit"], found["none"]) == ("Losses and loading", "MWh", "0.0412")
    assert found["suppression"] == "0.0332"
    assert float(found["suppression change"]) == pytest.approx(-0.008)
    assert float(found["suppression change percent"]) == pytest.approx(-19.417, abs=1e-3)
    assert found["pole-taps"] == found["pole-taps change"] == ""
    assert "boundary:変電所.max_export_kw" in {line["figure"] for line in table}
    data = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert data["schema"] == "cosim-comparison/1"
    assert [run["status"] for run in data["runs"]] == ["complete", "running", "complete", "complete", "complete"]
    assert [line["figure"] for line in data["rows"]] == [line["figure"] for line in table]
    entry = next(line for line in data["rows"] if line["figure"] == "grid.losses_mwh")
    assert entry["values"] == [0.0412, None, 0.0372, 0.0352, 0.0332]
    assert entry["said"] == ["", "", "-9.7 %", "-15 %", "-19 %"]
    assert {claim["run"] for claim in data["claims"]} == set(NAMES[1:])


def test_the_page_needs_nothing_else_and_shows_what_the_terminal_shows(five, tmp_path):
    comparison = compare(five)
    write_page(comparison, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    for row in comparison.rows:
        assert row.label in page
        for text in (*row.texts(), *(row.change_text(at) for at in range(5))):
            assert text in page
    for claim in comparison.claims:
        assert claim.sentence in page
    assert "UNFINISHED" in page


def test_names_cannot_become_markup(make_run, finding, tmp_path, printed):
    runs = [make_run("a", "<b>one</b>"), make_run("b", "[red]two[/red]", findings=[finding("<i>", "bus:a", 1.1, 1.0)])]
    comparison = compare(runs)
    write_page(comparison, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<b>one" not in page
    assert "<i>" not in page
    assert "[red]two[/red]  <i>: new" in "\n".join(printed(comparison))
