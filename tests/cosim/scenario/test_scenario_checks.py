"""Every cross-check has a case that trips it, at the right place; what does not depend on a mistake is still judged."""

from pathlib import Path

import pytest
import yaml

from cosim.errors import InputError, UsageError
from cosim.scenario.checks import RULES
from cosim.scenario.loading import find_source, read_document
from cosim.scenario.parts import take_apart
from cosim.scenario.rules import judge
from cosim.scenario.validation import load_scenario, validate_file
from cosim.scenario.view import View
from tests.cosim.scenario.tripping import CASES
from tests.cosim.scenario.tripping.parts import WIND

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"


class Study:
    """The base study with some keys laid over it, as a file in the current folder."""

    def write(self, over: dict) -> None:
        text = yaml.safe_dump({"extends": "base.cosim.yaml", "name": "case", "variants": None} | over)
        Path("case.cosim.yaml").write_text(text, encoding="utf-8")

    def __call__(self, over: dict, **options):
        self.write(over)
        return validate_file("case.cosim.yaml", **options)


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    return Study()


@pytest.mark.parametrize("name", CASES)
def test_a_rule_trips_at_the_right_place(study, name):
    rule, over, path, message = CASES[name]
    study.write(over)
    view = View(take_apart(read_document(find_source("case.cosim.yaml")).resolved()))
    found, skipped = judge(view, [known for known in RULES if known.name == rule])
    assert view.parts.problems == []
    assert {problem.path for problem in found} == {path}
    assert any(message in problem.message for problem in found)
    assert found[0].line
    assert found[0].column
    assert skipped == []


def test_every_rule_has_a_case_that_trips_it():
    assert {case[0] for case in CASES.values()} == {rule.name for rule in RULES}


def test_what_depends_on_a_broken_value_is_skipped_by_name(study):
    report = study({"time": {"step": "often"}, "devices": {"roof": {"bus": "nowhere"}}})
    assert {problem.path for problem in report.problems} == {"time.step", "devices.roof.bus"}
    assert ("profile of a load", "loads.school", "time is wrong") in {
        (skip.rule, skip.entry, skip.because) for skip in report.skipped
    }
    assert "not checked: step fits the run, because time is wrong" in {str(skip) for skip in report.skipped}


def test_one_broken_device_does_not_hide_another(study):
    report = study({"devices": {"roof": {"power_kw": "x"}, "battery": {"bus": "nowhere"}}})
    assert {problem.path for problem in report.problems} == {"devices.roof.power_kw", "devices.battery.bus"}


def test_two_mistakes_of_one_device_are_both_told(study):
    report = study({"devices": {"battery": {"bus": "nowhere", "soc_min": 0.95}}})
    assert {problem.path for problem in report.problems} >= {"devices.battery.bus"}
    assert len(report.problems) == 2


def test_a_broken_network_skips_what_needs_its_topology(study):
    report = study({"grid": {"tables": {"lines": {"cable": {"to": "nowhere"}}}}})
    assert "sections are cut out" in {skip.rule for skip in report.skipped}
    assert "bus of a device" not in {skip.rule for skip in report.skipped}  # names are known from the tables


def relay(kind: str, **normal) -> dict:
    where = {} if "power" not in kind else {"at": "pcc"}
    return {"relays": {"relay": {"kind": kind, "trips": ["roof"], "normal": normal} | where}}


@pytest.mark.parametrize(
    ("over", "path", "message"),
    [
        (relay("reverse-power", delay_s=200000), "relays.relay.normal.delay_s", "must be at most 3600 s"),
        (relay("over-voltage", delay_s=3601), "relays.relay.normal.delay_s", "must be at most 3600 s"),
        (relay("under-power", setting_percent=300), "relays.relay.normal.setting_percent", "must be at most 100 %"),
        (relay("reverse-power", setting_percent=500), "relays.relay.normal.setting_percent", "must be at most 100 %"),
        (
            {"limits": {"short_time_percent": {"line:cable": 1.5}}},
            "limits.short_time_percent.line:cable",
            "must be at least 100",
        ),
    ],
)
def test_a_slip_of_the_unit_is_told(study, over, path, message):
    (problem,) = study(over).problems
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize(
    "over",
    [
        relay("over-frequency", setting_hz=65.9),
        relay("under-frequency", setting_hz=54.1),
        relay("reverse-power", setting_kw=100),
        relay("reverse-power", setting_kw=110) | {"boundaries": {"pcc": {"export_limit_kw": 100}}},
        relay("under-power", setting_kw=200),  # of what it trips 100 kW: its setting is a share of the contract
        {"boundaries": {"pcc": {"contract_kw": 1999}}},
        {"devices": {"wind": WIND | {"scheme": "fit"}, "roof": {"scheme": "fip"}}},
    ],
)
def test_what_lies_within_reach_is_no_slip(study, over):
    report = study(over)
    assert report.problems == ()
    assert report.warnings == ()


def test_a_contract_beyond_its_voltage_is_a_warning(study):
    report = study({"boundaries": {"pcc": {"contract_kw": 2000}}})
    assert report.problems == ()
    assert [warning.path for warning in report.warnings] == ["boundaries.pcc.contract_kw"]


class TestVariants:
    def test_problems_of_a_variant_name_it_once_and_stand_where_it_is_written(self, study):
        report = study({"variants": {"dark": {"devices": {"roof": {"tilt_deg": 200}}}, "fine": {"name": None}}})
        told = [problem for problem in report.problems if "tilt_deg" in problem.path]
        (problem,) = told
        assert problem.message == "variant dark: must be at most 90 deg"
        assert problem.file == "case.cosim.yaml"

    def test_problems_of_the_file_are_not_repeated_for_its_variants(self, study):
        report = study({"devices": {"roof": {"tilt_deg": 200}}, "variants": {"long": {"time": {"duration": "P2D"}}}})
        assert len(report.problems) == 1


class TestShortenedRuns:
    def test_what_a_shortened_run_leaves_out_is_a_note(self, study):
        report = study({"expect": {"figures": {"boundary:pcc.export_mwh": {"max": 0}}}}, sets=["time.duration=PT2H"])
        assert report.problems == ()
        assert any("event outage" in note for note in report.notes)
        assert any("expect" in note for note in report.notes)

    def test_an_event_that_is_cut_is_a_note(self, study):
        report = study({}, sets=["time.duration=PT10H30M"])
        assert report.problems == ()
        assert report.notes == ("event outage lasts beyond the end of the shortened run",)


class TestLoading:
    def test_a_good_study_loads_with_absolute_files_and_places(self, study, tmp_path):
        (tmp_path / "data.csv").write_text("time,kw\n" + "".join(f"2020-04-{20 + d}T00:00,5\n" for d in range(3)))
        study({"loads": {"school": {"profile": {"kind": "csv", "file": "data.csv", "value": None}}}})
        loaded = load_scenario("case.cosim.yaml")
        assert loaded.resolve_path(loaded.scenario.loads["school"].profile.file) == (tmp_path / "data.csv").resolve()
        assert loaded.data["loads"]["school"]["profile"]["file"] == "data.csv"
        assert loaded.place(("devices", "roof", "power_kw")).source.shown == "base.cosim.yaml"
        assert loaded.scenario.devices["roof"].placed == ("school",)

    def test_all_problems_are_raised_at_once(self, study):
        study({"devices": {"roof": {"tilt_deg": 200}, "battery": {"power_kw": -1}}})
        with pytest.raises(InputError) as caught:
            load_scenario("case.cosim.yaml")
        assert len(caught.value.problems) == 2

    def test_an_abstract_study_is_valid_without_what_others_add_and_never_runs(self, study):
        report = study({"abstract": True, "time": None})
        assert report.problems == ()
        with pytest.raises(UsageError, match="abstract"):
            load_scenario("case.cosim.yaml")

    def test_only_an_unknown_file_is_an_error_of_usage(self, tmp_path):
        with pytest.raises(UsageError):
            validate_file(tmp_path / "no.cosim.yaml")
