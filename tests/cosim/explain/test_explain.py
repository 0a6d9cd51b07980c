"""`cosim explain` on real runs: the hours around the worst moment, from what was recorded."""

import pytest
from typer.testing import CliRunner

from cosim.cli import app
from cosim.explain.window import MOST_ROWS, read_window
from cosim.results.files import read_json, write_json
from tests.cosim.wired_study import demand, findings, plant, run

HIGH = "voltage-default|bus:far"
DAY = [0.0] * 5 + [0.3, 0.6, 1.0, 1.0, 0.6, 0.3] + [0.0] * 13  # a share of the rating for every hour
ROOFS = {
    "time": {"duration": "P1D", "step": "PT15M"},
    "devices": {
        "roofs": plant("far", 600)
        | {
            "profile": {
                "kind": "daily",
                "days": {"any": {f"{h:02d}:00": 600 * s for h, s in enumerate(DAY)}},
                "unit": "kW",
            }
        },
        "cells": {"kind": "battery", "bus": "site", "power_kw": 50, "capacity_kwh": 100},
    },
    "loads": {"village": demand("far", 20)},
    "base_case": {"devices": {"roofs": None, "old": plant("site", 30)}},
    "events": {"open": {"kind": "switch-open", "subject": "switch:breaker", "at": "PT8H", "duration": "PT1H"}},
}


@pytest.fixture(scope="module")
def sunny(tmp_path_factory):
    return run(tmp_path_factory.mktemp("sunny"), ROOFS, base=True)


def explained(*arguments, columns=80):
    asked = CliRunner().invoke(app, ["explain", *map(str, arguments)], env={"COLUMNS": str(columns)})
    assert asked.exit_code == 0, asked.output
    return asked.stdout


def test_without_a_name_all_findings_are_listed_with_their_numbers(sunny):
    listed = explained(sunny.path)
    for number, name in enumerate(findings(sunny), start=1):
        assert f"{number}  {name}" in listed


def test_the_window_holds_the_recorded_series_around_the_worst_half_hour(sunny):
    finding = findings(sunny)[HIGH]
    assert finding["worst_at"] == "2020-06-01T07:00:00+09:00"
    window = read_window(sunny, finding, {"boundaries": {"pcc": {"into": "site"}}}, 1.0)
    assert window.times[0] == "06-01 06:00"
    assert window.times[-1] == "06-01 08:00"
    assert [time for time, worst in zip(window.times, window.worst, strict=True) if worst] == [
        "06-01 07:00",
        "06-01 07:15",
    ]
    shown = {column.words: column for column in window.columns}
    volts = sunny.column("bus", "vm_pu|far")
    assert shown["far"].cells == tuple(f"{value:.4f}" for value in volts[24:33])
    assert shown["roofs"].cells == tuple(f"{1000 * p:.4g}" for p in sunny.column("device", "p_mw|roofs")[24:33])
    assert "cells charge" in shown
    assert window.row_s == 900


def test_more_steps_than_fit_are_put_together(sunny):
    finding = findings(sunny)[HIGH]
    whole = read_window(sunny, finding, {}, 24.0)
    assert len(whole.times) <= MOST_ROWS
    assert whole.row_s == 3600
    shown = {column.words: column for column in whole.columns}
    at = whole.times.index("06-01 07:00")
    mean = 1000 * sunny.column("device", "p_mw|roofs")[28:32].mean()
    assert float(shown["roofs"].cells[at].replace(",", "")) == pytest.approx(mean, rel=1e-3)


def test_events_of_the_hours_are_told(sunny):
    said = explained(sunny.path, HIGH, "--hours", "2")
    assert "switch:breaker open (schedule)" in said
    assert "switch:breaker open" not in explained(sunny.path, HIGH, "--hours", "0.5")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_it_survives_any_width(sunny, columns):
    said = explained(sunny.path, HIGH, columns=columns)
    assert max(map(len, said.splitlines())) <= columns
    assert "06-01 07:00>" in said
    assert "roofs" in said


def test_a_cured_finding_is_shown_in_the_base_case(sunny):
    low = next(number for number, one in enumerate(sunny.findings(), start=1) if one["effect"] == "cured")
    said = explained(sunny.path, low)
    assert "those of the base case" in said


def test_an_ensemble_without_series_says_how_to_get_them(tmp_path):
    over = ROOFS | {
        "ensemble": {"members": 2, "vary": {"devices.cells.power_kw": {"dist": "uniform", "low": 1, "high": 2}}}
    }
    many = run(tmp_path, over, members=2)
    said = " ".join(explained(many.path, HIGH).split())
    assert "cosim run FILE --members 2 --member 0 runs it alone" in said


def test_what_was_not_recorded_is_named_with_the_command_that_records_it(tmp_path):
    some = run(tmp_path, ROOFS | {"record": {"bus": "none"}})
    said = " ".join(explained(some.path, HIGH).split())
    assert "Not recorded: far (record.bus); cosim run FILE --set record.bus=all" in said


def test_findings_of_every_quantity_can_be_explained(sunny):
    """Whatever a rule judges: a table, or a sentence, never a fault."""
    kinds = {
        "leg_v": "customer:a@a", "line_v": "customer:a", "loading_percent": "line:first",
        "reverse_kw": "switch:breaker@from", "export_kw": "boundary:pcc", "import_kw": "boundary:pcc",
        "net_import_kw": "boundary:pcc",
        "power_factor": "boundary:pcc", "hours": "regulator:lrt+svr", "steps": "grid:network",
    }  # fmt: skip
    given = read_json(sunny.path / "findings.json")
    try:
        made = [given[0] | {"id": f"{kind}|x", "quantity": kind, "subject": subject} for kind, subject in kinds.items()]
        write_json(sunny.path / "findings.json", made)
        for number in range(1, len(made) + 1):
            assert "06-01 07:00>" in explained(sunny.path, number)
    finally:
        write_json(sunny.path / "findings.json", given)


RELAY = {"rpr": {"kind": "reverse-power", "at": "pcc", "trips": ["sun"], "normal": {"setting_kw": 5}}}


@pytest.fixture(scope="module")
def tripped(tmp_path_factory):
    """A site that gives more than it uses, with a relay at its meter; it says no permits."""
    over = {"devices": {"sun": plant("site", 100)}, "loads": {"mill": demand("site", 60)}, "relays": RELAY}
    over["sections"] = {"site": {"wires": "specified_transmission"}}
    return run(tmp_path_factory.mktemp("tripped"), over)


def test_a_relay_s_trip_shows_the_flow_where_it_measures(tripped):
    said = explained(tripped.path, "relay-trip")
    assert "Not recorded" not in said
    assert "export 40 kW against a limit of 5 kW, 35 kW beyond" in said.splitlines()[1]
    assert "pcc export" in said
    (row,) = (line for line in said.splitlines() if ">" in line and line[:2] == "06")
    assert row.split()[2] == "40"


def test_what_is_stated_has_no_numbers_and_no_hours(tripped):
    said = explained(tripped.path, "permits|section:site")
    labels = [line.partition("  ")[0] for line in said.splitlines() if not line.startswith(" ")]
    assert labels[1:] == ["who answers", "ground", "what may help"]
    assert "permits|section:site  warning\n" in explained(tripped.path)


def test_an_unknown_finding_is_a_mistake_of_the_user(sunny):
    asked = CliRunner().invoke(app, ["explain", str(sunny.path), "voltage-defalt|bus:far"])
    assert asked.exit_code
    assert f"did you mean {HIGH}?" in str(asked.exception)
