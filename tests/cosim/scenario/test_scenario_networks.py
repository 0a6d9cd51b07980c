"""Networks from files, as a scenario names them."""

import shutil
from pathlib import Path

import pytest

import grids.library
from cosim.scenario.validation import validate_file

TEMPLATE = Path(grids.library.__file__).parent / "template"
SCENARIO = """name: files
title: Files
time: {start: "2025-01-01", duration: P1D, step: PT30M, timezone: Asia/Tokyo}
grid:
  csv:
    nodes: %s
    branches: %s
    frequency_hz: 60
"""


@pytest.fixture
def scenario(tmp_path):
    """A scenario on the template's two files, which may lie in folders of their own."""

    def make(nodes="nodes.csv", branches="branches.csv"):
        for name in (nodes, branches):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            shutil.copy(TEMPLATE / Path(name).name, tmp_path / name)
        file = tmp_path / "study.cosim.yaml"
        file.write_text(SCENARIO % (nodes, branches), encoding="utf-8")
        return file

    return make


@pytest.mark.parametrize("folders", [("nodes.csv", "branches.csv"), ("a/nodes.csv", "b/branches.csv")])
def test_csv_files_may_lie_in_different_folders(scenario, folders):
    assert [str(problem) for problem in validate_file(scenario(*folders)).problems] == []


def test_mistakes_in_csv_files_stand_at_their_key_with_file_row_and_column(scenario, tmp_path):
    file = scenario()
    for name, old, new in (("nodes.csv", ",120,", ",12O,"), ("branches.csv", "Al-OC-120", "Al-OC-12")):
        path = tmp_path / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    found = {problem.path: problem for problem in validate_file(file).problems}
    assert found["grid.csv.nodes"].line == 6
    assert found["grid.csv.nodes"].message == "nodes.csv:5:load_kw: '12O' is no number"
    assert found["grid.csv.branches"].line == 7
    assert found["grid.csv.branches"].message.startswith("branches.csv:4:conductor: there is no conductor 'Al-OC-12'")


def test_mistakes_in_a_matpower_case_stand_at_its_key(tmp_path):
    (tmp_path / "case.m").write_text("function mpc = c\nmpc.version = '2';\nx = 3;\n")
    file = tmp_path / "study.cosim.yaml"
    file.write_text(SCENARIO.split("  csv:", maxsplit=1)[0] + "  matpower: case.m\n")
    messages = [problem.message for problem in validate_file(file).problems if problem.path == "grid.matpower"]
    assert any(message.startswith("case.m line 3: 'x = 3' is code") for message in messages)
