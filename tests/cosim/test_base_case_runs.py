"""Studies with their base case: what is run, what is written, and that it is the same every time."""

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cosim.cli import app
from cosim.errors import InterruptedRunError
from cosim.results.folder import RunFolder
from cosim.results.manifest import Status
from tests.cosim.wired_study import demand, findings, plant, run, write

HIGH = "voltage-default|bus:far"
# roofs lift the far end too high at 600 kW; without them the village pulls it too low
CURED = {
    "devices": {"roofs": plant("far", 600), "sun": plant("site", 20)},
    "loads": {"village": demand("far", 500)},
    "base_case": {"devices": {"roofs": None}},
}


@pytest.fixture(scope="module")
def cured(tmp_path_factory):
    return run(tmp_path_factory.mktemp("cured"), CURED, base=True)


def test_a_finding_of_the_base_case_that_is_gone_is_listed_and_does_not_count(cured):
    found = findings(cured)
    assert {name: one["effect"] for name, one in found.items()} == {
        "no-export|boundary:pcc": "unchanged",
        HIGH: "cured",
    }
    assert found[HIGH]["severity"] == "information"
    assert cured.summary()["against_base"]["cured"] == 1
    assert cured.summary()["findings"] == {"violation": 1, "warning": 0, "information": 0}


def test_the_base_case_is_a_run_folder_of_its_own(cured):
    base = RunFolder(cured.path / "base-case")
    assert base.complete
    assert base.manifest["variant"] == "base case"
    assert set(findings(base)) == {HIGH, "no-export|boundary:pcc"}
    assert findings(base)[HIGH]["severity"] == "violation"
    assert not (base.path / "report.html").exists()


def test_figures_are_those_of_the_study_alone(cured, tmp_path):
    alone = run(tmp_path, CURED)
    assert alone.summary()["figures"] == cured.summary()["figures"]
    assert "against_base" not in alone.summary()
    assert {one["effect"] for one in alone.findings()} == {""}
    assert not (alone.path / "base-case").exists()


def test_equal_runs_give_equal_bytes(cured, tmp_path):
    again = run(tmp_path, CURED, base=True)
    for name in ("findings.json", "summary.json", "base-case/findings.json", "base-case/summary.json"):
        assert (again.path / name).read_bytes() == (cured.path / name).read_bytes()


@pytest.mark.parametrize("sampling", ["random", "latin-hypercube"])
def test_members_of_the_base_case_are_the_same_members(tmp_path, sampling):
    vary = {
        "devices.roofs.profile.scale": {"dist": "uniform", "low": 0.5, "high": 2},
        "loads.village.profile.scale": {"dist": "uniform", "low": 0.5, "high": 2},
    }
    over = CURED | {"ensemble": {"members": 4, "sampling": sampling, "vary": vary}}
    many = run(tmp_path, over, base=True, members=4)
    drawn = [pq.read_table(folder / "members.parquet") for folder in (many.path, many.path / "base-case")]
    assert drawn[0]["loads.village.profile.scale"] == drawn[1]["loads.village.profile.scale"]
    assert "devices.roofs.profile.scale" not in drawn[1].column_names


def test_a_base_case_that_fails_does_not_take_the_study_with_it(tmp_path):
    heavy = {"base_case": {"loads": {"village": {"profile": {"value": 50_000}}}}}
    told = run(tmp_path, CURED | heavy, base=True)
    assert told.complete
    assert any("base case failed" in note for note in told.summary()["notes"])
    assert "against_base" not in told.summary()


def test_the_command_line_runs_it_says_so_and_leaves_it_out_on_demand(tmp_path):
    path = write(tmp_path, CURED)
    asked = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path / "a")])
    assert "Against the base case: 1 unchanged, 1 cured" in asked.stdout
    page = (tmp_path / "a" / "report.html").read_text(encoding="utf-8")
    assert "<h2>Against the base case</h2>" in page
    assert "only in the base case: its numbers" in page
    plain = CliRunner().invoke(app, ["run", str(path), "--no-base", "--no-report", "--out", str(tmp_path / "b")])
    assert "base case" not in plain.stdout
    assert not (tmp_path / "b" / "base-case").exists()


def test_a_check_runs_it_only_where_the_expectations_ask(tmp_path):
    effects = [
        {"rule": "voltage-default", "effect": "cured"},
        {"rule": "no-export", "effect": "unchanged"},
    ]
    path = write(tmp_path, CURED | {"expect": {"findings": effects}})
    passed = CliRunner().invoke(app, ["check", str(path), "--jobs", "1"])
    assert passed.exit_code == 0, passed.stdout
    effects[1]["effect"] = "caused"
    path = write(tmp_path, CURED | {"expect": {"findings": effects}})
    failed = CliRunner().invoke(app, ["check", str(path), "--jobs", "1"])
    assert failed.exit_code == 1
    assert "expected as caused, but it is unchanged against the base case" in " ".join(failed.stdout.split())


def test_an_interrupted_base_case_interrupts_the_run(tmp_path, monkeypatch):
    class Stopped:
        def run(self):
            raise KeyboardInterrupt

    monkeypatch.setattr("cosim.world.build_world", lambda _study, _sinks: Stopped())
    with pytest.raises(InterruptedRunError):
        run(tmp_path, CURED, base=True)
    for folder in (tmp_path / "run-0", tmp_path / "run-0" / "base-case"):
        assert RunFolder(folder).status is Status.INTERRUPTED
