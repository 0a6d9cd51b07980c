"""The run folder: creating, the manifest, summary and findings, reading back."""

import json

import numpy as np
import pytest

from cosim.errors import UsageError
from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.monitor import Monitor
from cosim.results.balance import Balance
from cosim.results.extremes import Extremes
from cosim.results.figures import Figure, figure_table
from cosim.results.files import write_json
from cosim.results.folder import RunFolder, create_folder, write_results
from cosim.results.manifest import Manifest, Status
from cosim.results.numbers import significant
from cosim.results.summary import build_summary


def test_default_folders_are_numbered_and_never_reused(tmp_path):
    names = [create_folder("hioki", runs=tmp_path).name for _ in range(2)]
    names.append(create_folder("hioki", "closed-day", runs=tmp_path).name)
    assert names == ["hioki-001", "hioki-002", "hioki-closed-day-001"]
    (tmp_path / "hioki-001").rmdir()
    assert create_folder("hioki", runs=tmp_path).name == "hioki-003"


def test_an_own_folder_is_taken_as_it_is_and_a_full_one_is_refused(tmp_path):
    assert create_folder("x", out=tmp_path / "a" / "b") == tmp_path / "a" / "b"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        create_folder("x", out=tmp_path / "full")
    with pytest.raises(UsageError, match="not an empty folder"):
        create_folder("x", out=tmp_path / "full" / "notes.txt")


def test_the_manifest_says_running_until_it_is_finished(tmp_path):
    manifest = Manifest(tmp_path, {"scenario": "hioki", "engine": "pandapower"})
    assert RunFolder(tmp_path).status is Status.RUNNING
    manifest.update(estimate_mb=3)
    manifest.finish(Status.COMPLETE, steps=4)
    run = RunFolder(tmp_path)
    assert run.complete
    assert (run.manifest["engine"], run.manifest["estimate_mb"], run.manifest["steps"]) == ("pandapower", 3, 4)
    assert {"cosim", "python", "numpy", "mosaik"} <= set(run.manifest["versions"])


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    with pytest.raises(UsageError, match=r"no manifest\.json"):
        RunFolder(tmp_path)


def test_an_unwritten_series_is_refused_by_name(tmp_path):
    Manifest(tmp_path, {})
    with pytest.raises(UsageError, match="no series of group bus"):
        RunFolder(tmp_path).series("bus")


def finished(folder, toy, entities):
    study = toy(entities=entities, members=2)
    limit = Limit("v", Quantity.VM_PU, ("bus:lv",), 0, Bounds(upper=1.0), "", "", "", "", Severity.VIOLATION)
    monitor, balance, extremes = Monitor([limit]), Balance(), Extremes()
    rng = np.random.default_rng(1)
    for sink in (monitor, balance, extremes):
        rng = np.random.default_rng(1)
        study.feed(sink, [{"vm_pu": rng.uniform(0.9, 1.1, (2, 5)), "source_p_mw": rng.random()} for _ in range(4)])
    figures, findings = [*balance.figures(), *extremes.figures()], monitor.findings()
    summary = build_summary(
        scenario="toy", variant=None, axis=study.axis, members=2, figures=figures, findings=findings, notes=("n",)
    )
    Manifest(folder, {})
    write_results(folder, summary=summary, findings=findings, balance=balance.monthly())
    return folder


def test_equal_steps_give_equal_bytes(tmp_path, toy, entities):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        finished(folder, toy, entities)
    for name in ("summary.json", "findings.json", "events.json", "balance.json"):
        first, second = ((folder / name).read_bytes() for folder in folders)
        assert first == second, name
        assert str(tmp_path).encode() not in first


def test_a_run_is_read_back(tmp_path, toy, entities):
    run = RunFolder(finished(tmp_path, toy, entities))
    summary = run.summary()
    assert summary["period"] == {
        "start": "2020-04-20T00:00:00+09:00", "end": "2020-04-20T01:00:00+09:00", "hours": 1.0, "steps": 4,
    }  # fmt: skip
    assert set(summary["figures"]["grid.import_mwh"]) == {"mean", "min", "p05", "p50", "p95", "max", "unit"}
    assert summary["findings"]["violation"] == len(run.findings()) == 1
    assert run.findings()[0]["rule"] == "v"
    assert run.events() == []
    assert run.balance()["months"] == ["2020-04"]


def test_one_member_has_a_plain_value_and_two_figures_may_not_share_a_key():
    one = Figure("boundary:pcc.export_mwh", np.array([1 / 3]), "MWh")
    assert figure_table([one]) == {"boundary:pcc.export_mwh": {"value": 0.3333333333, "unit": "MWh"}}
    with pytest.raises(ValueError, match=r"boundary:pcc.export_mwh"):
        figure_table([one, one])


def test_an_ensemble_is_reduced_over_the_members_that_have_a_value():
    table = figure_table([Figure("x", np.array([3.0, np.nan, 1.0, 2.0]), "1"), Figure("y", np.full(2, np.nan), "1")])
    assert table["x"] == {"mean": 2.0, "min": 1.0, "p05": 1.1, "p50": 2.0, "p95": 2.9, "max": 3.0, "unit": "1"}
    assert table["y"]["mean"] is None


@pytest.mark.parametrize(
    ("value", "written"),
    [(1 / 3, 0.3333333333), (123456.78901234, 123456.789), (float("nan"), None), (float("inf"), None)],
)
def test_numbers_have_ten_significant_digits(value, written):
    assert significant(value) == written


def test_no_negative_zero_is_written():
    assert json.dumps(significant(-0.0)) == "0.0"


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "summary.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
