"""The pytest plugin in a project that is not this one: scenario files are tests, and nobody else pays for it."""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from cosim.pytest_plugin import read_head
from tests.cosim.check.conftest import write

ROOT = Path(__file__).parents[2]
NEVER = {"expect": {"figures": {"grid.losses_mwh": {"max": 0}}}}


def run_pytest(folder, *arguments):
    """pytest as a user calls it there; only the import path says where this cosim is."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_"))}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_plugin_is_an_entry_point():
    assert [point.value for point in entry_points(group="pytest11", name="cosim")] == ["cosim.pytest_plugin"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A good and a bad file, and a base that is no test."""
    folder = tmp_path_factory.mktemp("project")
    write(folder / "studies", "good", {"tags": ["quick", "two buses"], "variants": {"summer": None, "more": {}}})
    bad = write(folder / "studies", "bad", {"tags": ["quick", "broken-file"]})
    bad.write_text(bad.read_text(encoding="utf-8") + "weather: { kind: synthetic\n", encoding="utf-8")
    write(folder / "studies", "x-base", {"abstract": True})
    return folder


def demand_one_pass_and_one_failure(code, said):
    assert code == 1, said
    assert "1 failed, 1 passed" in said
    assert "error" not in said.splitlines()[-1]  # no collection error
    assert f"{Path('studies', 'bad.cosim.yaml')}:" in said
    assert "(file)  `{` is not closed, or a comma is missing  check the braces" in said
    assert "Traceback" not in said


def run_pytest_here(folder, monkeypatch, capsys, *arguments):
    """The same in this process: what a run imports and compiles is here already."""
    monkeypatch.chdir(folder)
    code = pytest.main(["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder), *arguments])
    return code, capsys.readouterr().out


def test_one_good_and_one_bad_file_are_one_pass_and_one_failure(project, monkeypatch, capsys):
    options = ("--strict-markers", "-W", "error", "studies")
    demand_one_pass_and_one_failure(*run_pytest_here(project, monkeypatch, capsys, *options))


def test_the_same_in_another_process_side_by_side(project):
    done = run_pytest(project, "studies", "--strict-markers", "-W", "error", "-n", "2")
    demand_one_pass_and_one_failure(done.returncode, done.stdout)


def test_a_failed_variant_is_told_as_cosim_check_tells_it(tmp_path, monkeypatch, capsys):
    write(tmp_path, "case", {"variants": {"summer": None, "strict": NEVER}})
    code, said = run_pytest_here(tmp_path, monkeypatch, capsys, "--cosim-baseline", "base", ".")
    assert code == 1
    lines = [line.strip() for line in said.splitlines()]
    assert "expect.figures.grid.losses_mwh: is " in said
    assert "case [strict]: cosim run case.cosim.yaml --variant strict" in lines
    assert f"baseline: there is none in {tmp_path / 'base' / 'case-strict'}; make it with --update-baseline" in lines
    # of a shortened run only the limits are judged
    assert run_pytest_here(tmp_path, monkeypatch, capsys, "--cosim-duration", "PT30M", ".")[0] == 0


@pytest.mark.parametrize("said", ["true", "True", "TRUE"])
def test_a_base_is_no_test_however_true_is_written(tmp_path, monkeypatch, capsys, said):
    (tmp_path / "base.cosim.yaml").write_text(f"abstract: {said}\nname: base\n")
    code, out = run_pytest_here(tmp_path, monkeypatch, capsys, ".")
    assert (code, "no tests ran" in out) == (pytest.ExitCode.NO_TESTS_COLLECTED, True)


def test_a_duration_that_is_none_ends_pytest_and_fails_no_scenario(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    code = pytest.main(["-p", "no:cacheprovider", "-c", os.devnull, "--cosim-duration", "1D", "studies"])
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "--cosim-duration 1D: is not a duration; write it as P7D" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (("-m", "quick"), {"bad", "good"}),
        (("-m", "cosim and not broken-file"), {"good"}),
        (("-k", "broken-file"), {"bad"}),
        (("-k", "buses"), {"good"}),
    ],
    ids=["tag", "not a tag", "word", "word with a blank"],  # a set has no fixed order
)
def test_tags_select(project, choice, chosen):
    done = run_pytest(project, "--collect-only", "-q", "--strict-markers", *choice)
    found = {line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line}
    assert found == chosen, done.stdout + done.stderr


def test_a_project_without_scenarios_imports_nothing_because_of_the_plugin(tmp_path):
    (tmp_path / "test_imports.py").write_text(
        "import sys\n"
        "def test_imports():\n"
        "    tops = {'numpy', 'yaml', 'pydantic', 'pandas', 'pandapower', 'typer', 'rich', 'grids', 'simulators'}\n"
        "    assert tops & set(sys.modules) == set()\n"
        "    own = {name for name in sys.modules if name.partition('.')[0] == 'cosim'}\n"
        "    assert own == {'cosim', 'cosim.pytest_plugin'}\n"
    )
    (tmp_path / "other.cosim.yaml").write_text("abstract: true\nname: other\n")
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


class TestHead:
    @pytest.mark.parametrize(
        ("text", "tags"),
        [
            ("tags: [japan, lpg]\n", ["japan", "lpg"]),
            ("tags: [ 'a b', \"c\", d ] # why\n", ["a b", "c", "d"]),
            ("tags: [a,\n  b, # more\n  c]\nname: x\n", ["a", "b", "c"]),
            ("tags:\n  - a\n  # a remark\n  - 'b c'\nname: x\n", ["a", "b c"]),
            ("tags:\n- a\n- b # why\ntime:\n  - c\n", ["a", "b"]),
            ("tags: []\n", []),
            ("x:\n  tags: [inner]\n", None),
            ("# tags: [remark]\nname: tags\n", None),
            ("\ufefftags: [a]\r\n", ["a"]),
            ("tags: [never closed\n", ["never closed"]),
            ("", None),
        ],
    )
    def test_tags_are_read_from_lines(self, tmp_path, text, tags):
        (tmp_path / "x.cosim.yaml").write_bytes(text.encode())
        assert read_head(tmp_path / "x.cosim.yaml").get("tags") == tags

    def test_tags_come_from_the_base_unless_the_file_has_its_own_and_abstract_never_does(self, tmp_path):
        (tmp_path / "base.yaml").write_text("abstract: true\ntags: [old]\n")
        (tmp_path / "x.cosim.yaml").write_text("extends: base.yaml\n")
        assert read_head(tmp_path / "x.cosim.yaml") == {"tags": ["old"]}
        (tmp_path / "x.cosim.yaml").write_text("extends: base.yaml\ntags: [new]\n")
        assert read_head(tmp_path / "x.cosim.yaml") == {"tags": ["new"]}

    def test_tags_of_a_bundled_base_are_found(self, tmp_path):
        (tmp_path / "x.cosim.yaml").write_text("extends: hioki\n")
        assert "lpg" in read_head(tmp_path / "x.cosim.yaml")["tags"]

    def test_a_circle_and_a_missing_base_end(self, tmp_path):
        (tmp_path / "x.cosim.yaml").write_text("extends: y.yaml\n")
        (tmp_path / "y.yaml").write_text("extends: x.cosim.yaml\n")
        assert read_head(tmp_path / "x.cosim.yaml") == {}
        (tmp_path / "y.yaml").unlink()
        assert read_head(tmp_path / "x.cosim.yaml") == {}
