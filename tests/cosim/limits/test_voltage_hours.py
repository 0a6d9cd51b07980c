"""Supply points: limits per leg, hours by time of day, and what each depth of low voltage says it is."""

import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, run_scenario


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    found = {}
    for depth in ("equivalent", "lumped", "full"):
        folder = tmp_path_factory.mktemp(depth)
        file = folder / "s.cosim.yaml"
        file.write_text(
            "name: s\n"
            "time: {start: 2019-05-01T08:00, duration: PT12H, step: PT15M, timezone: Asia/Tokyo}\n"
            "grid:\n"
            "  library: jp-rural\n"
            f"  design: {{low_voltage: {depth}, pv: {{penetration: 1.6, share_of_homes: 0.5}}}}\n"
            "loads: {all: {kind: network, scale: 0.3}}\n"
            "devices:\n"
            "  pv: {kind: generation, network: true, type: pv-home, scale: 0.6}\n",
            encoding="utf-8",
        )
        found[depth] = RunFolder(run_scenario(str(file), RunOptions(out=folder / "run", quiet=True, report=False)))
    return found


def test_every_violation_is_of_a_leg_and_says_how_it_is_known(runs):
    kinds = {"equivalent": "pole:", "lumped": "pole:", "full": "customer:"}
    for depth, run in runs.items():
        violations = [finding for finding in run.findings() if finding["severity"] == "violation"]
        assert violations
        for finding in violations:
            assert finding["rule"] == "voltage-100v"
            assert finding["subject"].startswith(kinds[depth])
            assert finding["subject"].rpartition("@")[2] in {"near", "far", "a", "b"}
            assert (finding["unit"], finding["quantity"], finding["limit"]) == ("V", "leg_v", 107)
            assert ("measured" if depth == "full" else "equivalent") in finding["label"]
            assert finding["certainty"].startswith("sourced" if depth == "full" else "derived")


def test_pole_transformers_of_the_network_have_their_own_loading_limit(runs):
    limits = [limit for limit in runs["lumped"].manifest["limits"] if limit["id"] == "trafo-loading"]
    percent = {subject: limit["upper"] for limit in limits for subject in limit["subjects"]}
    assert percent["trafo:bank"] == 100
    assert percent["trafo:f1-p03"] == 130


def test_hours_of_the_figures_are_those_of_the_findings(runs):
    """Constant powers: every leg that is out is out for the whole twelve hours, four of them at midday."""
    for run in runs.values():
        figures = run.summary()["figures"]
        legs = {f["subject"].rpartition("@")[0] for f in run.findings() if f["severity"] == "violation"}
        assert figures["supply.over_hours"]["value"] == pytest.approx(12.0)
        assert figures["supply.over_midday_hours"]["value"] == pytest.approx(4.0)
        assert figures["supply.over_evening_hours"]["value"] == pytest.approx(3.0)
        assert figures["supply.under_hours"]["value"] == 0
        assert figures["supply.over_points"]["value"] == len(legs)
        assert figures["supply.over_point_hours"]["value"] == pytest.approx(12.0 * len(legs))


def test_low_voltage_buses_are_not_judged_twice(runs):
    for run in runs.values():
        at_buses = {f["rule"] for f in run.findings() if f["subject"].startswith("bus:") and "voltage" in f["rule"]}
        assert at_buses == {"voltage-mv-band"}  # of 6.6 kV nodes, and information: their legs are judged themselves
        assert {f["severity"] for f in run.findings() if f["rule"] == "voltage-mv-band"} == {"information"}


def test_the_run_says_how_low_voltage_is_judged(runs):
    said = {depth: run.manifest["provenance"]["low voltage"] for depth, run in runs.items()}
    assert said["equivalent"] == said["lumped"] == "equivalent at 40 supply points"
    assert said["full"] == "measured at 505 supply points"


def test_legs_are_recorded_and_their_extremes_are_the_figures(runs):
    import pyarrow.parquet as pq

    for run in runs.values():
        table = pq.read_table(run.path / "series" / "supply.parquet")
        legs = [name for name in table.column_names if name.startswith("leg_v|")]
        highest = max(max(table[name].to_pylist()) for name in legs)
        assert highest == pytest.approx(run.summary()["figures"]["supply.leg_max_v"]["value"], abs=1e-3)


def test_nothing_is_said_of_hours_where_no_half_hour_could_be_judged(tmp_path):
    """Steps of an hour have no half-hour means: zero hours out of band would be a false comfort."""
    file = tmp_path / "coarse.cosim.yaml"
    file.write_text(
        "name: coarse\n"
        "time: {start: 2019-05-01T08:00, duration: PT2H, step: PT1H, timezone: Asia/Tokyo}\n"
        "grid: {library: jp-remote-island}\n"
        "loads: {all: {kind: network}}\n",
        encoding="utf-8",
    )
    run = RunFolder(run_scenario(str(file), RunOptions(out=tmp_path / "run", quiet=True, report=False)))
    said = {key: figure["value"] for key, figure in run.summary()["figures"].items() if key.startswith("supply.")}
    assert said
    assert set(said.values()) == {None}
