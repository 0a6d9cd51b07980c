"""What the page says of voltage regulation: tap positions, regulators, legs, and who lost energy to the voltage."""

import csv
import json

import pytest

from cosim.report.page import MOST_LOSSES, render
from cosim.report.texts import number
from cosim.results.folder import RunFolder
from cosim.results.voltage_losses import NAME
from cosim.run import RunOptions, run_scenario
from tests.cosim.report.test_report_page import Page

SCENARIO = """\
name: regulated
time: {start: 2019-05-01T10:00, duration: PT2H, step: PT30M, timezone: Asia/Tokyo}
grid:
  library: jp-remote-island
  design: {low_voltage: full, pv: {penetration: 2.0, share_of_homes: 0.5}, svrs: {svr1: {at: s2, reference_v: 6500}}}
loads:
  all: {kind: network, scale: 0.1}
devices:
  homes:
    kind: generation
    network: true
    type: pv-home
    voltage_control: {kind: suppression, limit_v: 104, house_rise_v: 0, bus_is: terminal}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regulated")
    file = folder / "regulated.cosim.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return RunFolder(run_scenario(str(file), RunOptions(out=folder / "run", quiet=True, report=False)))


@pytest.fixture(scope="module")
def parsed(run):
    return Page(render(run))


def test_tap_positions_are_drawn_as_recorded(run, parsed):
    (trace,) = json.loads(parsed.scripts[0])["taps"]["data"]
    recorded = run.column("regulator", "tap_pos|svr1").tolist()
    assert trace["name"] == "svr1"
    assert trace["y"] == [*recorded, recorded[-1]]
    assert any(recorded)


def test_every_regulator_has_a_row_of_its_figures(run, parsed):
    figures = run.summary()["figures"]
    keys = ("operations", "max_operations_per_day", "tap_min", "tap_max", "reverse_hours")
    row = "".join(number(figures[f"regulator:svr1.{key}"]["value"]) for key in keys)
    assert f"reverseflowsvr1{row}" in _joined(parsed)


def test_the_largest_losses_are_listed_by_customer_and_the_rest_counted(run, parsed):
    with (run.path / NAME).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > MOST_LOSSES
    text = _joined(parsed)
    for row in rows[:MOST_LOSSES]:
        customer, unit = row["customer"].removeprefix("customer:"), row["unit"].removeprefix("device:")
        assert f"{customer}{unit}{row['bus']}{number(float(row['lost_kwh']))}" in text
    assert f"{rows[MOST_LOSSES]['unit'].removeprefix('device:')}{rows[MOST_LOSSES]['bus']}" not in text
    assert f"{NAME}hasall{len(rows)}." in text


def test_legs_have_a_tile_with_the_range_of_the_summary(run, parsed):
    figures = run.summary()["figures"]
    low, high = (number(figures[f"supply.leg_{end}_v"]["value"]) for end in ("min", "max"))
    assert f"100Vlegs,V{low}to{high}" in _joined(parsed)


def test_a_run_without_regulators_or_losses_says_nothing_of_them(bare_run):
    parsed = Page(render(bare_run))
    assert "taps" not in json.loads(parsed.scripts[0])
    for words in ("Voltage regulators", "Energy lost to voltage control", "100 V legs"):
        assert words not in parsed.text


def _joined(parsed):
    """The text of the page without blanks: cells stand one after the other."""
    return "".join(parsed.text.split())
