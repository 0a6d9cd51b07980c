"""The study `voltage-remedies`, one day a season: what every remedy does, and what it costs."""

import pytest

from cosim.report.figures import Figures
from cosim.results.folder import RunFolder
from cosim.run import RunOptions, run_scenario

WINTER, SPRING = 0, 1


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    runs = {}
    for variant in (None, "pole-taps", "svr", "power-factor", "suppression"):
        out = tmp_path_factory.mktemp("remedies") / "run"
        options = RunOptions(variant=variant, duration="P1D", out=out, quiet=True, report=False)
        runs[variant or "none"] = RunFolder(run_scenario("voltage-remedies", options))
    return runs


def members(run, figure):
    """The figure of each season."""
    return [row[figure] for row in run.members().to_pylist()]


def test_without_a_remedy_customers_are_above_107_v_at_midday_and_never_below_95_v(study):
    none = study["none"]
    assert max(members(none, "supply.over_midday_hours")) > 1
    assert max(members(none, "supply.under_hours")) == 0
    assert all(finding["rule"] == "voltage-100v" for finding in none.findings() if finding["severity"] == "violation")


def test_every_remedy_lowers_the_highest_leg_and_none_cures_it(study):
    highest = {name: max(members(run, "supply.leg_max_v")) for name, run in study.items()}
    for name in ("pole-taps", "svr", "power-factor", "suppression"):
        assert 107 < highest[name] < highest["none"], name


def test_pole_taps_for_midday_fail_in_the_winter_evening(study):
    under = members(study["pole-taps"], "supply.under_evening_hours")
    assert under[WINTER] > 0
    assert under[SPRING] == 0
    assert min(members(study["pole-taps"], "supply.leg_min_v")) < 95


def test_only_the_regulator_moves_taps_along_the_feeder(study):
    assert max(members(study["svr"], "regulator:svr1.operations")) > 0
    assert "regulator:svr1.operations" not in Figures(study["none"].summary()["figures"]).table


def test_absorbing_costs_losses_and_only_suppression_costs_energy(study):
    losses = {name: sum(members(run, "grid.losses_mwh")) for name, run in study.items()}
    assert losses["power-factor"] > 1.02 * losses["none"]
    lost = {name: sum(members(run, "grid.curtailed_mwh")) for name, run in study.items()}
    assert lost["suppression"] >= 0
    assert all(lost[name] == pytest.approx(0.0, abs=1e-9) for name in lost if name != "suppression")


def test_suppression_keeps_supply_points_within_the_rise_of_the_house_wiring(study):
    """Setting 107 V plus 1 V of house wiring plus the band it cuts over."""
    assert max(members(study["suppression"], "supply.leg_max_v")) < 108.2


def test_the_reference_agrees_on_samples_of_every_variant(study):
    for name, run in study.items():
        check = run.manifest["cross_check"]
        assert check["samples"] > 0, name
        assert run.manifest["status"] == "complete"
