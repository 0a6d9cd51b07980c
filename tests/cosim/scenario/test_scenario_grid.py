"""What grid validation finds stands at its place in the file; errors stop a study, warnings go with it."""

from pathlib import Path

import pandapower as pp
import pytest
import yaml

from cosim.errors import InputError
from cosim.run import RunOptions, build
from cosim.scenario.validation import load_scenario, validate_file

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"
CABLE = {"from": "pcc", "to": "school", "length_km": 1, "r_ohm_per_km": 0.4, "x_ohm_per_km": 0.12, "max_i_ka": 0.2}
LONG = {"tables": {"lines": {"cable": {"length_km": 85}}}}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """`study(over)` -> the report of the base study with keys laid over it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")

    def report(over):
        text = yaml.safe_dump({"extends": "base.cosim.yaml", "name": "case"} | over)
        Path("case.cosim.yaml").write_text(text, encoding="utf-8")
        return validate_file("case.cosim.yaml")

    return report


def told(problems):
    return [(problem.rule, problem.path) for problem in problems]


def test_a_strange_line_is_a_warning_at_its_place_and_a_note_of_the_run(study):
    report = study({"grid": LONG})
    assert report.problems == ()
    assert told(report.warnings) == [("long-line", "grid.tables.lines.cable")]
    (warning,) = report.warnings
    assert warning.warning
    assert f"{warning.path}  warning: long-line: line 'cable' is 85 km long" in str(warning)
    assert Path(warning.file).read_text(encoding="utf-8").splitlines()[warning.line - 1].strip().startswith("cable:")
    loaded = load_scenario("case.cosim.yaml")
    assert [note for note in loaded.notes if note.startswith("long-line: line 'cable' is 85 km")]


def test_a_run_repeats_one_note_a_rule(study):
    second = CABLE | {"length_km": 90}
    study({"grid": {"tables": {"lines": {"cable": {"length_km": 85}, "more": second}}}})
    (note,) = load_scenario("case.cosim.yaml").notes
    assert note.startswith("long-line: line 'cable'")
    assert note.endswith("(and 1 more: cosim validate lists them)")


def test_an_unconnected_load_stops_validation_and_loading(study):
    load = {"bus": "gym", "profile": {"kind": "constant", "value": 5, "unit": "kW"}}
    report = study({"grid": {"tables": {"buses": {"gym": {"vn_kv": 6.6}}}}, "loads": {"gym": load}})
    assert told(report.problems) == [("unconnected", "grid.tables.buses.gym")]
    assert "load:gym" in report.problems[0].message
    with pytest.raises(InputError, match="unconnected"):
        load_scenario("case.cosim.yaml")


def test_what_is_added_is_judged_where_it_is_added(study):
    line = {"more": CABLE | {"max_i_ka": 9}}
    assert told(study({"grid": {"add": {"lines": line}}}).warnings) == [("unusual-rating", "grid.add.lines.more")]


def test_a_loop_is_an_error_only_where_radial_is_stated(study):
    ring = {"tables": {"lines": {"more": CABLE}}}
    assert study({"grid": ring}).problems == ()
    assert told(study({"grid": ring | {"radial": True}}).problems) == [("loop", "grid.tables.lines.more")]


def test_a_feeder_of_the_library_must_be_radial_unless_the_study_says_otherwise():
    from grids.library.spec import GridSpec

    assert GridSpec(library="jp-rural").stated_radial
    assert not GridSpec(library="jp-rural", radial=False).stated_radial


def test_a_regulator_is_judged_where_it_is_written(study):
    report = study({"grid": {"regulators": {"lrt": {"trafo": "bank"}}}})
    assert told(report.problems) == [("regulator-trafo", "grid.regulators.lrt")]


def test_a_section_that_shall_run_alone_needs_a_switch_at_its_boundary(study):
    at_the_cable = {"boundaries": {"pcc": {"at": ["line:cable@from"]}}}
    assert study(at_the_cable).problems == ()
    report = study(at_the_cable | {"sections": {"school": {"island": "own"}}})
    assert told(report.problems) == [("section-not-separable", "sections.school")]


def test_a_ring_of_switches_is_told_before_the_run(study):
    both = {name: {"bus": "school", "to_bus": "annex"} for name in ("left", "right")}
    report = study({"grid": {"tables": {"buses": {"annex": {"vn_kv": 6.6}}, "switches": both}}})
    assert told(report.problems) == [("switch-ring", "grid.tables.switches.right")]


def test_a_device_too_large_for_its_voltage_is_a_warning_at_the_device(study):
    assert told(study({"devices": {"roof": {"power_kw": 100_000}}}).warnings) == [("power-for-voltage", "devices.roof")]


def test_a_warning_of_a_variant_names_it_once(study):
    report = study({"variants": {"far": {"grid": LONG}, "summer": None}})
    (warning,) = report.warnings
    assert warning.message.startswith("variant far: line 'cable'")
    assert load_scenario("case.cosim.yaml").notes == ()
    assert len(load_scenario("case.cosim.yaml", variant="far").notes) == 1
    assert len(study({"grid": LONG, "variants": {"summer": {"name": None}}}).warnings) == 1


class TestImported:
    """A pandapower file: everything stands at `grid.pandapower`."""

    @pytest.fixture
    def written(self, tmp_path):
        def write(change, **keys):
            net = pp.create_empty_network()
            start, end = (pp.create_bus(net, vn_kv=6.6, name=name) for name in ("start", "end"))
            pp.create_ext_grid(net, start, name="utility")
            for name in ("one", "two"):
                pp.create_line_from_parameters(net, start, end, 1.0, 0.3, 0.4, 0.0, 0.26, name=name)
            change(net)
            pp.to_json(net, str(tmp_path / "net.json"))
            time = {"start": "2020-06-01T00:00", "duration": "PT1H", "step": "PT30M", "timezone": "Asia/Tokyo"}
            study = {"name": "case", "time": time, "grid": {"pandapower": "net.json"}} | keys
            file = tmp_path / "case.cosim.yaml"
            file.write_text(yaml.safe_dump(study), encoding="utf-8")
            return file

        return write

    def test_every_reason_to_refuse_a_network_is_a_problem_of_its_own(self, written):
        def change(net):
            net.line["length_km"] = [0.0, -1.0]

        report = validate_file(written(change))
        assert told(report.problems) == [("impossible-number", "grid.pandapower")] * 2
        assert [problem.message for problem in report.problems] == [
            "line 'one': length_km is 0",
            "line 'two': length_km is -1",
        ]

    def test_what_no_rule_explains_is_still_told(self, written):
        def change(net):
            pp.create_switch(net, 0, 0, et="l", name="S")
            net.switch["bus"] = 1
            net.line["to_bus"] = [0, 1]

        (problem,) = validate_file(written(change)).problems
        assert problem.rule == ""
        assert "does not end at" in problem.message

    def test_loads_of_the_network_count_only_where_the_study_takes_them(self, written):
        def change(net):
            pp.create_load(net, pp.create_bus(net, vn_kv=6.6, name="stray"), 0.1, name="mill")

        taken = {"loads": {"all": {"kind": "network"}}}
        assert told(validate_file(written(change, **taken)).problems) == [("unconnected", "grid.pandapower")]
        left_out = {"loads": {"all": {"kind": "network", "exclude": ["mill"]}}}
        assert "unconnected" not in {problem.rule for problem in validate_file(written(change, **left_out)).problems}
        assert told(validate_file(written(change)).warnings) == [("idle-part", "grid.pandapower")]

    def test_names_that_several_elements_have_are_told_although_reading_made_them_unique(self, written):
        def change(net):
            net.line["name"] = "L"
            net.bus["name"] = ["a", None]

        file = written(change)
        (warning,) = validate_file(file).warnings
        assert warning.rule == "double-name"
        assert "'L (0)', 'L (1)'" in warning.message
        loaded = load_scenario(file)
        study = build(loaded, RunOptions())
        assert [note for note in (*study.notes, *loaded.notes) if "'L'" in note] == [f"double-name: {warning.message}"]
