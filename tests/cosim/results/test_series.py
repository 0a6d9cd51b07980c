"""Series files: right values, bounded buffer, readable to the last chunk of a run that was killed."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from cosim.results import chunks
from cosim.results.folder import RunFolder
from cosim.results.manifest import Manifest, Status
from cosim.results.record_spec import RecordSpec, matches
from cosim.results.series import SeriesWriter
from simulators import ports
from simulators.sinks import EntityLayout

STEP_BYTES = 4 * (5 + 10 + 9)  # bus, branch and boundary columns of the toy network


def steps(count, members=1):
    return [{"vm_pu": 1 + 0.001 * k + 0.1 * np.arange(members)[:, None]} for k in range(count)]


def writer(tmp_path, record=None, chunk_bytes=3 * STEP_BYTES):
    Manifest(tmp_path, {})
    return SeriesWriter(tmp_path, record or RecordSpec(), chunk_bytes=chunk_bytes)


def test_a_complete_run_has_one_file_a_group_and_no_chunks(tmp_path, toy):
    toy(duration_s=9000).feed(writer(tmp_path), steps(10)).close(complete=True)
    assert sorted(path.name for path in (tmp_path / "series").iterdir()) == [
        "boundary.parquet", "branch.parquet", "bus.parquet",
    ]  # fmt: skip
    table = RunFolder(tmp_path).series("bus")
    assert table.schema.names == [
        "t_s",
        "dt_s",
        "time",
        "member",
        *(f"vm_pu|{b}" for b in ("up", "mid", "down", "end", "lv")),
    ]
    assert table["t_s"].to_pylist() == list(range(0, 9000, 900))
    assert table.schema.field("time").type == pa.timestamp("ms", tz="UTC")
    assert table["time"][0].as_py().isoformat() == "2020-04-19T15:00:00+00:00"
    assert table.schema.field("vm_pu|lv").type == pa.float32()
    assert table["vm_pu|lv"].to_numpy() == pytest.approx(1 + 0.001 * np.arange(10), abs=1e-7)


def test_a_killed_run_is_readable_to_its_last_chunk(tmp_path, toy):
    toy(duration_s=9000).feed(writer(tmp_path), steps(8))  # killed: never closed, 2 of 8 steps still in the buffer
    (tmp_path / "series/chunks/bus-00002.parquet.part").write_bytes(b"half a chunk")
    run = RunFolder(tmp_path)
    assert run.status is Status.RUNNING
    assert not run.complete
    assert run.summary() == {}
    assert run.column("bus", "vm_pu|lv") == pytest.approx(1 + 0.001 * np.arange(6), abs=1e-7)


def test_a_failed_run_keeps_what_was_buffered(tmp_path, toy):
    toy(duration_s=9000).feed(writer(tmp_path), steps(8)).close(complete=False)
    assert len(RunFolder(tmp_path).column("bus", "vm_pu|lv")) == 8


def test_chunks_and_merged_file_hold_the_same(tmp_path, toy):
    small, large = tmp_path / "small", tmp_path / "large"
    for folder, size in ((small, STEP_BYTES), (large, 2**20)):
        folder.mkdir()
        toy(duration_s=9000).feed(writer(folder, chunk_bytes=size), steps(10)).close(complete=True)
    for group in ("bus", "branch", "boundary"):
        assert RunFolder(small).series(group).equals(RunFolder(large).series(group))


def test_the_buffer_does_not_grow_with_the_run(tmp_path, toy):
    study = toy(duration_s=90_000)
    sink = study.feed(writer(tmp_path, chunk_bytes=4096), steps(20))
    before = sink.buffered_bytes
    for k in range(20, 100):
        sink.write(study.block(k, [{}]))
    assert sink.buffered_bytes == before <= 4096


def test_rows_are_steps_and_members(tmp_path, toy):
    toy(duration_s=1800, members=3).feed(writer(tmp_path), steps(2, 3)).close(complete=True)
    run = RunFolder(tmp_path)
    assert run.series("bus")["member"].to_pylist() == [0, 1, 2, 0, 1, 2]
    assert run.column("bus", "vm_pu|mid", member=2) == pytest.approx([1.2, 1.201])


def test_a_failed_member_is_nan(tmp_path, toy):
    toy(duration_s=1800).feed(writer(tmp_path), [{}, {"converged": False}]).close(complete=True)
    assert np.isnan(RunFolder(tmp_path).column("bus", "vm_pu|lv")).tolist() == [False, True]


def test_devices_inputs_and_boundaries_have_the_columns_of_their_ports(tmp_path, toy, entities):
    market = EntityLayout("market:main", "market", "input", 1, ())
    roof = {ports.P: np.array([[9.0, 9.0]]), ports.P_AVAILABLE: np.array([[0.05]]), ports.P_SET: 0.03}
    published = {
        "device:roof": roof,
        "device:cells": {ports.SOC: np.array([[0.5]])},
        "load:hall": {ports.P_LOAD: 0.1},
        "market:main": {ports.ENERGY_PRICE: np.array([[12.0]])},
        "boundary:pcc": {ports.BOUNDARY_P: 1.0},
    }
    study = toy(entities=(*entities, market), duration_s=900)
    given = {
        "ports": published,
        "p_actual_mw": [0.03, 0.02, -0.01],
        "boundary_p_mw": [0.4, -0.1],
        "end_p_mw": [1, 2, 3],
    }
    study.feed(writer(tmp_path), [given]).close(complete=True)
    run = RunFolder(tmp_path)
    device = run.series("device").to_pylist()[0]
    assert device["p_mw|roof[1]"] == pytest.approx(0.02)  # what really happened, not the request of 9 MW
    assert device["p_available_mw|roof[1]"] == pytest.approx(0.05)
    assert device["p_set_mw|roof[0]"] == pytest.approx(0.03)
    assert (device["soc|cells"], device["p_mw|cells"]) == pytest.approx((0.5, -0.01))
    inputs = run.series("inputs").to_pylist()[0]
    assert (inputs["p_load_mw|load:hall"], inputs["energy_price|market:main"]) == pytest.approx((0.1, 12.0))
    assert "p_served_mw|load:shop" in inputs
    boundary = run.series("boundary").to_pylist()[0]
    assert (boundary["p_mw|section"], boundary["p_mw|switch:far@from"]) == pytest.approx((0.4, 2.0))


def test_only_what_is_asked_for_is_kept(tmp_path, toy):
    record = RecordSpec(bus=("lv", "bus:m*"), branch="none", boundary=("pcc",))
    toy(duration_s=900).feed(writer(tmp_path, record), steps(1)).close(complete=True)
    run = RunFolder(tmp_path)
    assert run.groups() == ("bus", "boundary")
    assert run.columns("bus")[4:] == ("vm_pu|mid", "vm_pu|lv")
    assert "p_mw|section" not in run.columns("boundary")


def test_patterns_know_only_the_star():
    assert matches("home[3]", "home[3]")
    assert not matches("home[3]", "home3")
    assert matches("LV4.101*", "LV4.101 Bus 1")
    assert not matches("LV4.101*", "LV4x101 Bus 1")


def test_the_clock_bounds_what_a_killed_run_loses(tmp_path, toy, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_SECONDS", -1.0)
    toy(duration_s=9000).feed(writer(tmp_path, chunk_bytes=2**20), steps(8), size=2)
    run = RunFolder(tmp_path)
    assert len(list((tmp_path / "series/chunks").glob("bus-*.parquet"))) == 4
    assert {len(run.series(group)) for group in run.groups()} == {8}


def test_members_keep_the_numbers_they_have_in_the_ensemble(tmp_path, toy):
    study = toy(duration_s=900, members=2)
    study.layout = replace(study.layout, numbers=np.array([7, 12]))
    study.feed(writer(tmp_path), steps(1, 2)).close(complete=True)
    assert RunFolder(tmp_path).series("bus")["member"].to_pylist() == [7, 12]


def test_equipment_nobody_drives_has_its_power_beside_the_boundaries(tmp_path, toy):
    index = replace(toy().index, fixture=("shunt:c",), fixture_bus=np.array([1]))
    toy(duration_s=900, index=index).feed(writer(tmp_path), [{"fixture_p_mw": 0.02}]).close(complete=True)
    assert RunFolder(tmp_path).column("boundary", "p_fixture_mw|shunt:c") == pytest.approx([0.02])
