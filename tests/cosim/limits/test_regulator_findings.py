"""Findings and figures of tap changers, from real runs of a feeder with badly and well set regulators."""

from collections import Counter

import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, run_scenario

NETWORK = """\
grid:
  tables:
    frequency_hz: 60
    buses: {source: {vn_kv: 6.6}, a: {vn_kv: 6.6}, c: {vn_kv: 6.6}, end: {vn_kv: 6.6}}
    sources: {utility: {bus: source}}
    lines:
      one: {from: source, to: a, length_km: 3, r_ohm_per_km: 0.313, x_ohm_per_km: 0.377, max_i_ka: 0.3}
      two: {from: c, to: end, length_km: 3, r_ohm_per_km: 0.313, x_ohm_per_km: 0.377, max_i_ka: 0.3}
    svrs: {svr: {from: a, to: c, model: SVR-3000}}
"""


def run(tmp_path, regulator, *, load_kw=900, pv_kw=0, duration="PT6H", more=""):
    text = (
        "name: regulated\n"
        f"time: {{start: 2024-04-01T22:00, duration: {duration}, step: PT15M, timezone: Asia/Tokyo}}\n"
        f"{NETWORK}  regulators: {{svr: {{trafo: svr, {regulator}}}}}\n"
        f"loads: {{town: {{bus: end, profile: {{kind: constant, value: {load_kw}}}}}}}\n"
        "devices:\n"
        f"  pv: {{kind: generation, bus: end, power_kw: 5000, profile: {{kind: constant, value: {pv_kw}}}}}\n"
        f"{more}"
    )
    file = tmp_path / "regulated.cosim.yaml"
    file.write_text(text, encoding="utf-8")
    return RunFolder(run_scenario(str(file), RunOptions(out=tmp_path / "run", quiet=True, report=False)))


def rules(found):
    return {finding["rule"]: finding for finding in found.findings() if finding["rule"].startswith("regulator")}


def test_a_well_set_regulator_has_nothing_to_report(tmp_path):
    assert rules(run(tmp_path, "dead_band_percent: 1.5")) == {}


def test_hunting_is_a_warning_that_names_the_regulator_and_its_hours(tmp_path):
    found = run(tmp_path, "dead_band_percent: 0.1, delay_s: 90, max_operations_per_day: 1000", load_kw=600)
    hunting = rules(found)["regulator-hunting"]
    assert (hunting["subject"], hunting["severity"]) == ("regulator:svr", "warning")
    assert hunting["hours"] > 1
    assert "dead band" in hunting["hint"]


def test_runaway_under_pv_is_a_violation_and_not_a_mere_end_of_taps(tmp_path):
    found = rules(run(tmp_path, "reverse: reverse_regulate, reference_v: 6500", load_kw=100, pv_kw=2000))
    assert found["regulator-runaway"]["severity"] == "violation"
    assert "regulator-at-limit" not in found


def test_the_end_of_the_taps_is_a_warning(tmp_path):
    found = rules(run(tmp_path, "reference_v: 7400"))
    assert found["regulator-at-limit"]["severity"] == "warning"
    assert "regulator-runaway" not in found


def test_operations_are_counted_by_local_day_and_warned_of_beyond_the_limit(tmp_path):
    """From 22:00 for six hours: two days; a hunting regulator makes ten taps a quarter hour."""
    found = run(tmp_path, "dead_band_percent: 0.1, delay_s: 90, max_operations_per_day: 100", load_kw=600)
    figures = found.summary()["figures"]
    total = figures["regulator:svr.operations"]["value"]
    most = figures["regulator:svr.max_operations_per_day"]["value"]
    assert most < total
    assert most == pytest.approx(total * 4 / 6, rel=0.05)
    warning = rules(found)["regulator-operations"]
    assert warning["value"] == most
    assert warning["first"] >= "2024-04-02T00:00"


def test_a_day_of_a_clock_change_ends_at_its_own_midnight(tmp_path):
    """31 March 2024 has 23 hours in Berlin: what moves at the midnight after it belongs to 1 April."""
    file = tmp_path / "spring.cosim.yaml"
    schedule = "[{from: '00:00', reference_v: 6700}, {from: '12:00', reference_v: 6400}]"
    file.write_text(
        "name: spring\ntime: {start: 2024-03-31T00:00, duration: PT36H, step: PT15M, timezone: Europe/Berlin}\n"
        f"{NETWORK}  regulators: {{svr: {{trafo: svr, schedule: {schedule}}}}}\n"
        "loads: {town: {bus: end, profile: {kind: constant, value: 600}}}\n",
        encoding="utf-8",
    )
    found = RunFolder(run_scenario(str(file), RunOptions(out=tmp_path / "run", quiet=True, report=False)))
    days = Counter()
    for event in found.events():
        days[event["time"][:10]] += abs(event["to"] - event["from"])
    assert set(days) == {"2024-03-31", "2024-04-01"}
    assert found.summary()["figures"]["regulator:svr.max_operations_per_day"]["value"] == max(days.values())
    assert sum(days.values()) > max(days.values())


def test_reverse_hours_and_tap_range_are_figures(tmp_path):
    figures = run(tmp_path, "reverse: cogeneration", load_kw=100, pv_kw=2000).summary()["figures"]
    assert figures["regulator:svr.reverse_hours"]["value"] == pytest.approx(6.0)
    assert figures["regulator:svr.tap_min"]["value"] <= figures["regulator:svr.tap_max"]["value"]


def test_taps_are_recorded_as_series_and_events(tmp_path):
    import pyarrow.parquet as pq

    found = run(tmp_path, "schedule: [{from: '00:00', reference_v: 6400}, {from: '12:00', reference_v: 6700}]")
    taps = pq.read_table(found.path / "series" / "regulator.parquet")["tap_pos|svr"].to_pylist()
    assert len(set(taps)) > 1
    events = [event for event in found.events() if event["actor"] == "regulator"]
    assert {event["subject"] for event in events} == {"trafo:svr"}


def test_members_have_their_own_reference(tmp_path):
    more = (
        "ensemble:\n"
        "  members: 2\n"
        "  by_default: true\n"
        "  vary: {grid.regulators.svr.reference_v: {dist: list, values: [6400, 6700]}}\n"
    )
    found = run(tmp_path, "reference_v: 6500", more=more)
    low, high = (row["regulator:svr.tap_max"] for row in found.members().to_pylist())
    assert low < high
