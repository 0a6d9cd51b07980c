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


PRESET = """name: preset
title: Preset
time: {start: "2025-01-01", duration: P1D, step: PT30M, timezone: Asia/Tokyo}
grid: {library: jp-remote-island%s}
loads: {all: {kind: network, type: %s, profile: {kind: constant, value: 0.5, unit: pu}}}
ensemble: {members: 2, vary: {%s: {dist: list, values: [0.5, 1.0]}}}
"""
SVR = ", design: {svrs: {svr1: {at: s2, dead_band_percent: 2}}}"


@pytest.fixture
def problems(tmp_path):
    """Path -> problem of the preset study."""

    def told(design="", kind="home", vary="loads.all.scale"):
        file = tmp_path / "study.cosim.yaml"
        file.write_text(PRESET % (design, kind, vary), encoding="utf-8")
        return {problem.path: problem for problem in validate_file(file).problems}

    return told


@pytest.mark.parametrize(("kind", "hint"), [("hoem", 'did you mean "home"?'), ("x", "types are: factory, home, shop")])
def test_a_type_that_no_load_has_is_answered_by_the_types_there_are(problems, kind, hint):
    (found,) = problems(kind=kind).values()
    assert (found.path, found.line) == ("loads.all.type", 5)
    assert str(found).endswith(f'no load of the network has this type ("{kind}")  {hint}')


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("grid.design.pv.penetration", "it cannot vary within one network; make it a variant or a sweep"),
        ("grid.design.svrs.svr1.dead_band_percent", "write its regulator under grid.regulators and vary it there"),
    ],
)
def test_a_design_value_that_varies_is_refused_with_another_way(problems, path, hint):
    (found,) = problems(SVR, vary=path).values()
    assert (found.path, found.line) == (f"ensemble.vary.{path}", 6)
    assert found.message == "belongs to the one network of all members"
    assert found.hint.startswith(hint)


def test_a_time_of_day_without_its_zero_is_told_as_one(problems):
    schedule = ', regulators: {svr1: {trafo: svr1, schedule: [{from: "7:00", reference_v: 6600}]}}'
    (found,) = problems(schedule + ", design: {svrs: {svr1: {at: s2}}}").values()
    assert found.path == "grid.regulators.svr1.schedule.0.from"
    assert found.message == 'must be a time of day as "07:00"'
