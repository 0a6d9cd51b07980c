"""What voltage control cost each unit: the file, its sums and whose bus it is."""

import csv

import pytest

from cosim.results.folder import RunFolder
from cosim.results.voltage_losses import NAME
from cosim.run import RunOptions, run_scenario

SCENARIO = """\
name: losses
time: {start: 2019-05-01T10:00, duration: PT2H, step: PT30M, timezone: Asia/Tokyo}
grid:
  library: jp-remote-island
  design: {low_voltage: full, pv: {penetration: 2.0, share_of_homes: 0.5}}
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
    folder = tmp_path_factory.mktemp("losses")
    file = folder / "losses.cosim.yaml"
    file.write_text(SCENARIO, encoding="utf-8")
    return RunFolder(run_scenario(str(file), RunOptions(out=folder / "run", quiet=True, report=False)))


@pytest.fixture(scope="module")
def rows(run):
    with (run.path / NAME).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_units_add_up_to_what_the_balance_says_was_curtailed_for_the_voltage(run, rows):
    lost = sum(float(row["lost_kwh"]) for row in rows)
    figure = run.summary()["figures"]["device:homes.curtailed_voltage_mwh"]["value"]
    assert lost > 1
    assert lost == pytest.approx(1e3 * figure, rel=1e-4)


def test_every_unit_is_somebodys(rows):
    """PV stands at `NAME-pcs`, behind the customer's supply point."""
    for row in rows:
        assert row["bus"].endswith("-pcs")
        assert row["customer"] == f"customer:{row['bus'].removesuffix('-pcs')}"
        assert 0 < float(row["lost_percent"]) <= 100


def test_the_largest_loss_comes_first(rows):
    lost = [float(row["lost_kwh"]) for row in rows]
    assert lost == sorted(lost, reverse=True)


def test_available_is_realised_plus_curtailed(run):
    assert run.summary()["figures"]["balance.residual_mw"]["value"] < 1e-6


def test_members_without_solution_do_not_count_as_in_the_figures(tmp_path):
    file = tmp_path / "some-fail.cosim.yaml"
    vary = "{loads.all.scale: {dist: list, values: [0.1, 90, 0.2]}}"
    file.write_text(f"{SCENARIO}ensemble: {{members: 3, by_default: true, vary: {vary}}}\n", encoding="utf-8")
    run = RunFolder(run_scenario(str(file), RunOptions(out=tmp_path / "run", quiet=True, report=False)))
    figures = run.summary()["figures"]
    assert figures["grid.failed_steps"]["max"] > 0
    with (run.path / NAME).open(encoding="utf-8", newline="") as rows:
        lost = sum(float(row["lost_kwh"]) for row in csv.DictReader(rows))
    assert lost == pytest.approx(1e3 * figures["device:homes.curtailed_voltage_mwh"]["mean"], rel=1e-4)
