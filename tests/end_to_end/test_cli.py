"""The command line as a user meets it: exit codes, messages, folders; nothing lost when a run is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cosim.results.folder import RunFolder

MISTAKES = Path(__file__).parents[1] / "cases" / "mistakes"


def cosim(*arguments, cwd: Path, **options):
    command = [sys.executable, "-c", "from cosim.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, check=False, cwd=cwd, capture_output=True, text=True, timeout=300, **options)


def test_list_names_the_bundled_scenarios(tmp_path):
    done = cosim("list", cwd=tmp_path)
    assert done.returncode == 0
    assert "hioki" in done.stdout
    assert "existing-line-reference" in done.stdout


def test_a_copy_validates_and_runs_from_its_own_folder(tmp_path):
    assert cosim("new", "study", "--from", "hioki", cwd=tmp_path).returncode == 0
    assert cosim("validate", "study/hioki.cosim.yaml", cwd=tmp_path).returncode == 0
    done = cosim("run", "study/hioki.cosim.yaml", "--duration", "PT6H", "--out", "first", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = RunFolder(tmp_path / "first")
    assert run.complete
    assert (run.path / "report.html").stat().st_size > 0
    assert run.summary()["period"]["hours"] == 6
    assert run.manifest["steps"] == 24
    again = cosim("run", "study/hioki.cosim.yaml", "--out", "first", cwd=tmp_path)
    assert again.returncode == 2
    assert "not an empty folder" in again.stderr
    assert cosim("report", "first", cwd=tmp_path).returncode == 0


def test_new_never_writes_into_a_folder_that_holds_something(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "mine.txt").write_text("keep me")
    done = cosim("new", "study", "--from", "hioki", cwd=tmp_path)
    assert done.returncode == 2
    assert [path.name for path in (tmp_path / "study").iterdir()] == ["mine.txt"]


def test_a_mistake_is_located_exits_2_and_leaves_no_folder(tmp_path):
    file = MISTAKES / "unknown-key.cosim.yaml"
    done = cosim("run", file, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{file}:" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert cosim("validate", file, cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "no-such-scenario"), "no-such-scenario"),
        (("run", "hioki", "--variant", "summer"), "summer"),
        (("run", "hioki", "--set", "devices.baths.power_kw=-3"), "devices.baths.power_kw"),
        (("run", "hioki", "--set", "devices.bath.power_kw=3"), "devices.bath"),
        (("run", "hioki", "--engine", "magic"), "magic"),
        (("run", "hioki", "--on-failure", "boom"), "boom"),
        (("run", "hioki", "--out", "/dev/null/run", "--duration", "PT1H"), "/dev/null"),
        (("--debug", "run", "no-such-scenario"), "no-such-scenario"),
        (("run", "hioki", "--duration", "seven days"), "duration"),
        (("report", "."), "not a run folder"),
        (("run",), "Missing argument"),
    ],
)
def test_what_cannot_be_done_exits_2_and_says_what(tmp_path, arguments, said):
    done = cosim(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert ("Traceback" in done.stderr) == ("--debug" in arguments)
    assert list(tmp_path.iterdir()) == []


def test_version_and_a_console_without_japanese(tmp_path):
    from cosim import __version__

    assert cosim("--version", cwd=tmp_path).stdout.strip() == f"cosim {__version__}"
    plain = {**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}
    assert cosim("list", cwd=tmp_path, env=plain).returncode == 0


def test_a_damaged_run_folder_is_no_verdict(tmp_path):
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    done = cosim("report", ".", cwd=tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_power_flow_without_solution_exits_3_and_keeps_what_was_run(tmp_path):
    heavy = ("--set", "grid.tables.lines.welfare-cable.length_km=400", "--duration", "P1D")
    done = cosim("run", "hioki", *heavy, "--out", "failed", cwd=tmp_path)
    assert done.returncode == 3
    assert "found no solution" in done.stderr
    assert "Traceback" not in done.stderr
    run = RunFolder(tmp_path / "failed")
    assert run.manifest["status"] == "failed"
    assert cosim("report", "failed", cwd=tmp_path).returncode == 0

    marked = cosim("run", "hioki", *heavy, "--on-failure", "mark", "--out", "marked", cwd=tmp_path)
    assert marked.returncode == 0, marked.stderr
    rules = {finding["rule"] for finding in RunFolder(tmp_path / "marked").findings()}
    assert "convergence" in rules


def test_check_exits_1_where_an_expectation_is_missed(tmp_path):
    assert cosim("new", "study", "--from", "hioki", cwd=tmp_path).returncode == 0
    file = tmp_path / "study" / "hioki.cosim.yaml"
    passed = cosim("check", file, "--variant", "closed-day", cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout
    text = file.read_text(encoding="utf-8")
    text = text.replace("\nexpect:\n  figures:\n", '\nexpect:\n  figures:\n    "grid.losses_mwh": { max: 0 }\n')
    file.write_text(text, encoding="utf-8")
    failed = cosim("check", file, "--variant", "closed-day", cwd=tmp_path)
    assert failed.returncode == 1
    assert "grid.losses_mwh" in failed.stdout
    assert "1 failed" in failed.stdout


def test_schema_is_json_and_doctor_is_well(tmp_path):
    schema = cosim("schema", cwd=tmp_path)
    assert json.loads(schema.stdout)["properties"]["devices"]
    doctor = cosim("doctor", cwd=tmp_path)
    assert doctor.returncode == 0
    assert "6823.57 V" in doctor.stdout


def test_the_graph_prints_five_stages_and_what_is_one_step_late(tmp_path):
    done = cosim("run", "hioki", "--graph", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for stage in ("Inputs", "Ems", "Devices", "Grid", "Recorder"):
        assert f"subgraph {stage}" in done.stdout
    assert "-.->" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="stops the process the Unix way")
@pytest.mark.parametrize(
    ("stop", "status", "code"),
    [(signal.SIGKILL, "running", -signal.SIGKILL), (signal.SIGINT, "interrupted", 3)],
    ids=["killed", "interrupted"],
)
def test_a_run_that_was_stopped_is_readable_to_its_last_chunk(tmp_path, stop, status, code):
    command = [sys.executable, "-c", "from cosim.cli import main; main()"]
    command += ["run", "hioki", "--set", "time.step=PT1M", "--out", "stopped", "--quiet", "--engine", "pandapower"]
    command += ["--no-base"]
    # a shell that runs this in the background has SIGINT ignored; the run must hear it
    hear = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, **hear)
    chunks = tmp_path / "stopped" / "series" / "chunks"
    deadline = time.monotonic() + 120
    try:
        while not (chunks.is_dir() and any(chunks.rglob("*.parquet"))):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(stop)
        assert process.wait(timeout=120) == code
    finally:
        process.kill()
        process.wait()
    run = RunFolder(tmp_path / "stopped")
    assert run.manifest["status"] == status
    series = run.series("bus")
    assert series.num_rows >= 100
    assert series["t_s"].to_pylist() == [60 * k for k in range(series.num_rows)]
    assert cosim("report", "stopped", cwd=tmp_path).returncode == 0
