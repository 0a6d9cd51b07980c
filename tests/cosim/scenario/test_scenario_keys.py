"""Fields of the scenario's own keys: what they take, what they refuse, what they derive."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cosim.results.record_spec import GROUPS
from cosim.rules.terms import Mode
from cosim.scenario.keys.boundaries import BoundarySpec, parse_end
from cosim.scenario.keys.devices import ENTRIES, DeviceEntrySpec, needs_weather
from cosim.scenario.keys.ensemble import EnsembleSpec
from cosim.scenario.keys.events import EventSpec
from cosim.scenario.keys.loads import LoadSpec
from cosim.scenario.keys.market import Market
from cosim.scenario.keys.scalars import parse_duration, parse_local
from cosim.scenario.keys.sections import SectionSpec
from cosim.scenario.keys.timing import TimeSpec
from cosim.scenario.schema import Scenario, json_schema
from simulators.models.registry import KINDS


@given(st.integers(0, 60), st.integers(0, 400), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_durations_add_up(weeks, days, hours, minutes, seconds):
    text = f"P{weeks}W{days}DT{hours}H{minutes}M{seconds}S"
    expected = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1M", "P1Y", "1D", "PT1.5H", "P1DT", "-P1D", "P1D ", "7 days", "P99999999999W"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text", ["2020-04-20T00:00+09:00", "2020-04-20T24:00", "2020-02-30", "20200420", "now", "2020-04-20T00:00Z"]
)
def test_what_is_no_local_time_is_refused(text):
    with pytest.raises(ValueError, match="local time"):
        parse_local(text)


def test_local_times_may_be_a_date_alone():
    assert parse_local("2020-04-20") == parse_local("2020-04-20T00:00") == datetime(2020, 4, 20)


def time(**fields) -> TimeSpec:
    return TimeSpec.model_validate({"timezone": "Asia/Tokyo", "start": "2020-04-20T00:00"} | fields)


def test_a_run_ends_after_its_duration_or_at_its_end():
    assert time(duration="P7D").duration_s == time(end="2020-04-27").duration_s == 7 * 86400
    assert time(duration="PT1H", step="PT30S").step_s == 30
    assert time(duration="P1D").first.astimezone(UTC) == datetime(2020, 4, 19, 15, tzinfo=UTC)


def test_a_day_of_a_clock_change_has_as_many_seconds_as_pass():
    fields = {"start": "2020-03-29T00:00", "end": "2020-03-30T00:00", "timezone": "Europe/Berlin"}
    assert time(**fields).duration_s == 23 * 3600


@pytest.mark.parametrize("fields", [{}, {"duration": "P1D", "end": "2020-04-21"}, {"duration": "PT0S"}])
def test_a_run_needs_exactly_one_end(fields):
    with pytest.raises(ValidationError):
        time(**fields)


@pytest.mark.parametrize("zone", ["Asia/Tokio", "", "../etc/passwd", "Asia", "JST+9?"])
def test_unknown_time_zones_are_refused(zone):
    with pytest.raises(ValidationError, match="unknown time zone"):
        time(duration="P1D", timezone=zone)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("trafo:HV1-MV1.101-Trafo1@lv", ("trafo", "HV1-MV1.101-Trafo1", "lv")),
        ("switch:MV1.101 Switch 100", ("switch", "MV1.101 Switch 100", "")),
        ("switch:a@from", ("switch", "a", "from")),
        ("line:a@b@to", ("line", "a@b", "to")),
    ],
)
def test_branch_ends_are_read(text, end):
    assert parse_end(text) == end
    assert parse_end(text).subject == f"{end[0]}:{end[1]}"


@pytest.mark.parametrize("text", ["a", "bus:a", "trafo:a", "line:a", "trafo:a@from", "line:a@hv", "switch:"])
def test_what_is_no_branch_end_is_refused(text):
    with pytest.raises(ValueError, match=r"write|sides"):
        parse_end(text)


def test_a_metering_point_needs_its_section():
    with pytest.raises(ValidationError, match="needs into"):
        BoundarySpec(at=["switch:a@from"], kind="pcc")
    assert BoundarySpec(at=["trafo:a@lv"], kind="bank").into is None


def test_who_answers_may_be_a_role_or_a_name():
    fields = {"contains": ["a"], "wires": "general_utility", "owner": "utility", "operator": "town"}
    section = SectionSpec.model_validate(fields | {"answers": {"normal": "owner", "island": "fire brigade"}})
    assert section.responsible(Mode.NORMAL) == "utility"
    assert section.responsible(Mode.ISLAND) == "fire brigade"
    assert SectionSpec.model_validate(fields).responsible(Mode.NORMAL) == "town"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "source-off", "subject": "switch:a"}, "must be source:NAME"),
        ({"kind": "switch-open", "subject": "source:a"}, "must be switch:NAME"),
        ({"kind": "source-off", "subject": "a"}, "pattern"),
    ],
)
def test_events_happen_to_fitting_subjects(fields, message):
    with pytest.raises(ValidationError, match=message):
        EventSpec.model_validate(fields | {"at": "PT1H"})


def test_an_event_ends_after_its_duration():
    event = EventSpec.model_validate({"kind": "source-off", "subject": "source:a:b", "at": "P1D", "duration": "PT1H"})
    assert (event.name, event.until) == ("a:b", timedelta(hours=25))


PV = {"kind": "pv", "power_kw": 5}
DEVICES = TypeAdapter(DeviceEntrySpec)


@pytest.mark.parametrize(
    ("fields", "buses"),
    [
        ({"bus": "a"}, ("a",)),
        ({"bus": "a", "count": 3}, ("a", "a", "a")),
        ({"buses": ["a", "b"]}, ("a", "b")),
        ({"buses": ["a", "b"], "count": 2}, ("a", "b")),
    ],
)
def test_units_stand_where_the_entry_says(fields, buses):
    assert DEVICES.validate_python(PV | fields).placed == buses


@pytest.mark.parametrize(
    "fields", [{}, {"bus": "a", "buses": ["b"]}, {"buses": ["a"], "count": 2}, {"buses": []}, {"bus": "a", "count": 0}]
)
def test_placements_that_contradict_themselves_are_refused(fields):
    with pytest.raises(ValidationError):
        DEVICES.validate_python(PV | fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bus": "a", "power_kw": 5}, "profile is missing"),
        ({"bus": "a", "profile": {"kind": "constant", "value": 1}}, "power_kw is missing"),
        ({"network": True, "bus": "a"}, "leave out bus"),
        ({"network": True, "profile": {"kind": "constant", "value": 1}}, "leave out profile"),
        (
            {"bus": "a", "power_kw": 5, "profile": {"kind": "constant", "value": 1}, "exclude": ["x"]},
            "type and exclude belong to network",
        ),
        (
            {"bus": "a", "power_kw": 5, "profile": {"kind": "constant", "value": 1}, "scale": 1},
            "scale belongs to network",
        ),
    ],
)
def test_generation_is_driven_by_exactly_one_thing(fields, message):
    with pytest.raises(ValidationError, match=message):
        DEVICES.validate_python({"kind": "generation"} | fields)


def test_every_registered_kind_has_an_entry_with_its_parameters():
    assert ENTRIES.keys() == KINDS.keys()
    for kind, entry in ENTRIES.items():
        assert set(KINDS[kind].parameters.model_fields) <= set(entry.model_fields), kind
    assert needs_weather("pv")
    assert not needs_weather("generation")
    assert not needs_weather("battery")


def test_loads_are_told_apart_without_a_kind():
    loads = TypeAdapter(LoadSpec)
    own = loads.validate_python({"bus": "a", "profile": {"kind": "constant", "value": 1}})
    assert own.placed == ("a",)
    assert loads.validate_python({"kind": "network", "exclude": ["x"]}).exclude == ["x"]
    for stray in ({"bus": "a"}, {"annual_mwh": 3}, {"peak_kw": 3}, {"power_factor": 1}):
        with pytest.raises(ValidationError):
            loads.validate_python({"kind": "network"} | stray)


def test_elements_of_the_network_are_scaled_together():
    load = TypeAdapter(LoadSpec).validate_python({"kind": "network", "scale": 2, "noise": {"sigma": 0.1}})
    assert (load.scale, load.noise.sigma) == (2, 0.1)
    assert DEVICES.validate_python({"kind": "generation", "network": True, "scale": 2}).scale == 2


def test_a_start_moves_by_whole_days_into_the_future():
    assert time(duration="P1D", offset_days=3).offset_days == 3
    for wrong in (-1, 1.5, 4000):
        with pytest.raises(ValidationError):
            time(duration="P1D", offset_days=wrong)


def test_an_ensemble_keeps_bands_of_everything_but_inputs_and_no_full_series():
    ensemble = EnsembleSpec()
    assert (ensemble.members, ensemble.seed, ensemble.series, ensemble.vary) == (None, 0, False, {})
    assert [ensemble.bands.keeps(group, "x") for group in GROUPS] == [group != "inputs" for group in GROUPS]


def test_the_schema_says_what_may_vary():
    definitions = json_schema()["$defs"]

    def flagged(model: str) -> set[str]:
        return {name for name, field in definitions[model]["properties"].items() if field.get("vary")}

    assert flagged("TimeSpec") == {"offset_days"}
    assert flagged("NoiseSpec") == {"sigma", "seed"}
    assert flagged("SyntheticWeather") == {"seed"}
    assert flagged("NetworkLoads") == {"scale"}
    assert flagged("SwitchSpec") == {"closed"}
    assert flagged("BoundarySpec") == flagged("LineSpec") == flagged("SourceSpec") == set()
    assert definitions["GridSpec"]["properties"]["normal"]["additionalProperties"]["vary"]


def test_a_spot_indexed_tariff_needs_a_spot_price():
    with pytest.raises(ValidationError, match="spot is missing"):
        Market.model_validate({"tariff": {"energy": {"kind": "spot-indexed"}}})


def test_the_schema_is_closed_everywhere_and_told_apart_by_kind():
    schema = json_schema()
    for name, definition in schema["$defs"].items():
        if definition.get("type") == "object" and "properties" in definition:
            assert definition["additionalProperties"] is False, name
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(Scenario.model_fields)
    devices = schema["properties"]["devices"]["additionalProperties"]
    assert set(devices["discriminator"]["mapping"]) == set(KINDS)
    assert schema["$defs"]["BatteryEntry"]["properties"]["capacity_kwh"]["unit"] == "kWh"


def test_keys_of_later_versions_are_unknown():
    assert "studies" not in Scenario.model_fields
