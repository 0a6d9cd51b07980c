"""Quantile bands over the members: right statistics, members that do not count, layout of the files."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cosim.results.bands import BandWriter, quantile_bands
from cosim.results.folder import RunFolder
from cosim.results.manifest import Manifest
from cosim.results.record_spec import BANDS, RecordSpec
from simulators import ports

SHARES = {"min": 0.0, "p05": 0.05, "p50": 0.5, "p95": 0.95, "max": 1.0}
NO_INPUTS = RecordSpec(inputs="none")


def reference(values):
    """(BANDS,) of the finite values, by numpy."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(len(BANDS), np.nan)
    return np.array([*(np.quantile(known, share) for share in SHARES.values()), known.mean()])


@settings(max_examples=50)
@given(arrays(float, (2, 7, 3), elements=st.one_of(st.floats(-1e3, 1e3), st.just(np.nan))))
def test_bands_are_the_linear_quantiles_of_the_members_that_have_a_value(values):
    found = quantile_bands(values)
    assert found.shape == (2, 3, len(BANDS))
    for step in range(2):
        for column in range(3):
            expected = reference(values[step, :, column])
            assert found[step, column] == pytest.approx(expected, rel=1e-5, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize("members", [2, 3, 100])
def test_bands_of_complete_members_are_the_linear_quantiles(members):
    values = np.random.default_rng(1).uniform(0.9, 1.1, (4, members, 5))
    found = quantile_bands(values)
    for name, share in SHARES.items():
        assert found[..., BANDS.index(name)] == pytest.approx(np.quantile(values, share, axis=1), rel=1e-6), name
    assert found[..., BANDS.index("mean")] == pytest.approx(values.mean(axis=1), rel=1e-6)


def banded(folder, study, steps, spec=NO_INPUTS, **given):
    Manifest(folder, {})
    study.feed(BandWriter(folder, spec, **given), steps).close(complete=True)
    return RunFolder(folder)


def test_a_file_of_bands_has_one_row_a_step_and_every_statistic_of_every_series(tmp_path, toy):
    steps = [{"vm_pu": 1.0 + 0.01 * np.arange(11)[:, None] + 0.1 * k} for k in range(4)]
    run = banded(tmp_path, toy(members=11), steps)
    assert run.groups() == ("bus-bands", "branch-bands", "boundary-bands")
    table = run.series("bus-bands")
    names = [f"vm_pu|{bus}|{band}" for bus in ("up", "mid", "down", "end", "lv") for band in BANDS]
    assert table.schema.names == ["t_s", "dt_s", "time", *names]
    assert table["t_s"].to_pylist() == [0, 900, 1800, 2700]
    assert table.schema.field("vm_pu|lv|p95").type == pa.float32()
    band = run.band("bus", "vm_pu|lv")
    assert band["p50"] == pytest.approx(1.05 + 0.1 * np.arange(4), abs=1e-6)
    assert band["p05"] == pytest.approx(1.005 + 0.1 * np.arange(4), abs=1e-6)
    assert band["max"] == pytest.approx(1.10 + 0.1 * np.arange(4), abs=1e-6)


def test_only_rated_branches_have_loading_bands_and_flows_have_none(tmp_path, toy):
    run = banded(tmp_path, toy(members=2), [{}])
    labels = {column.rpartition("|")[0] for column in run.columns("branch-bands")[3:]}
    assert labels == {"loading_percent|line:cable", "loading_percent|trafo:tr"}


def test_members_that_failed_and_buses_that_are_dead_do_not_count(tmp_path, toy):
    step = {
        "vm_pu": [[1.0] * 5, [1.1] * 5, [0.0] * 5, [1.3] * 5],
        "energised": [[True] * 5, [True] * 5, [False] * 5, [True] * 5],
        "converged": [[True], [True], [True], [False]],
    }
    all_failed = {"converged": False}
    run = banded(tmp_path, toy(members=4, duration_s=1800), [step, all_failed])
    band = run.band("bus", "vm_pu|lv")
    assert [band[name][0] for name in ("min", "p50", "max", "mean")] == pytest.approx([1.0, 1.05, 1.1, 1.05])
    assert np.isnan([band[name][1] for name in BANDS]).all()


def test_a_device_entry_has_the_power_of_all_its_units_and_their_mean_charge(tmp_path, toy, entities):
    power = np.array([[0.01, 0.02, -0.005], [0.03, 0.04, 0.005]])
    cells = {"device:cells": {ports.SOC: np.array([[0.2, 0.4], [0.6, 0.8]])}}
    run = banded(tmp_path, toy(entities=entities, members=2, duration_s=900), [{"p_actual_mw": power, "ports": cells}])
    assert {name.rpartition("|")[0] for name in run.columns("device-bands")[3:]} == {
        "p_mw|roof", "p_mw|cells", "soc|cells",
    }  # fmt: skip
    assert [run.band("device", "p_mw|roof")[name][0] for name in ("min", "max")] == pytest.approx([0.03, 0.07])
    assert [run.band("device", "soc|cells")[name][0] for name in ("min", "max")] == pytest.approx([0.3, 0.7])


def test_only_what_is_asked_for_gets_bands(tmp_path, toy):
    spec = RecordSpec(bus=("lv",), branch="none", boundary=("pcc",), device="none", inputs="none")
    run = banded(tmp_path, toy(members=2), [{}], spec)
    assert run.groups() == ("bus-bands", "boundary-bands")
    assert {name.rpartition("|")[0] for name in run.columns("boundary-bands")[3:]} == {"p_mw|pcc"}


def test_inputs_have_bands_where_they_are_asked_for(tmp_path, toy, entities):
    loads = {"load:hall": {ports.P_LOAD: np.array([[0.1], [0.3]])}, "load:shop": {ports.P_LOAD: np.array([[0.2]])}}
    run = banded(tmp_path, toy(entities=entities, members=2), [{"ports": loads}], RecordSpec())
    assert run.band("inputs", "p_load_mw|load:hall")["mean"][0] == pytest.approx(0.2)
    assert run.band("inputs", "p_load_mw|load:shop")["max"][0] == pytest.approx(0.2)


def test_bands_do_not_depend_on_blocks_chunks_or_the_numbers_of_the_members(tmp_path, toy):
    steps = [{"vm_pu": np.random.default_rng(k).uniform(0.9, 1.1, (6, 5))} for k in range(10)]
    tables = []
    for name, size, chunk in (("a", 1, 1), ("b", 4, 2**20)):
        study = toy(members=6, duration_s=9000)
        study.layout = replace(study.layout, numbers=np.arange(6) + 10 * size)
        (tmp_path / name).mkdir()
        Manifest(tmp_path / name, {})
        study.feed(BandWriter(tmp_path / name, NO_INPUTS, chunk_bytes=chunk), steps, size).close(complete=True)
        tables.append(RunFolder(tmp_path / name).series("bus-bands"))
    assert tables[0].equals(tables[1])


def test_a_killed_ensemble_is_readable_to_its_last_chunk(tmp_path, toy):
    Manifest(tmp_path, {})
    toy(members=2, duration_s=9000).feed(BandWriter(tmp_path, NO_INPUTS, chunk_bytes=1), [{}] * 7)
    run = RunFolder(tmp_path)
    assert run.groups() == ("bus-bands", "branch-bands", "boundary-bands")
    assert len(run.series("bus-bands")) == 7
