"""Who causes a breach, by real runs on a 6.6 kV line (tests/cosim/wired_study.py)."""

import pytest

from cosim.limits import causes
from tests.cosim.wired_study import demand, findings, plant, run

HIGH = "voltage-default|bus:far"
IDLE_ENGINE = {
    "kind": "heat-plant", "bus": "site", "power_kw": 25, "fuel": "lpg", "tank_m3": 6, "boiler_kw": 100,
    "heat_demand": {"kind": "constant", "value": 0, "unit": "kW"},
}  # fmt: skip


def named(finding):
    return [(one["subject"], one["share"]) for one in finding["causes"]]


def test_of_two_plants_of_one_size_the_far_one_causes_the_far_voltage(tmp_path):
    """By resistance from the source: 5 km against 1 km, so 5 : 1."""
    found = findings(run(tmp_path, {"devices": {"field": plant("near", 600), "roofs": plant("far", 600)}}))[HIGH]
    assert found["caused_by"] == "device:roofs"
    assert named(found) == [
        ("device:roofs", pytest.approx(5 / 6, abs=0.01)),
        ("device:field", pytest.approx(1 / 6, abs=0.01)),
    ]


def test_a_large_plant_nearby_outweighs_a_small_one_far_off(tmp_path):
    found = findings(run(tmp_path, {"devices": {"field": plant("near", 3000), "roofs": plant("far", 30)}}))[HIGH]
    assert found["caused_by"] == "device:field"


def test_a_low_voltage_is_the_load_s_and_what_raises_it_has_no_share(tmp_path):
    over = {"loads": {"village": demand("far", 500)}, "devices": {"roofs": plant("near", 100)}}
    found = findings(run(tmp_path, over))[HIGH]
    assert (found["value"] < found["limit"], found["caused_by"]) == (True, "load:village")
    assert named(found) == [("load:village", 1.0)]


def test_export_at_a_metering_point_is_its_pv_s_and_not_the_engine_s_that_is_off(tmp_path):
    over = {
        "loads": {"works": demand("site", 200)},
        "devices": {"engine": IDLE_ENGINE, "sun": plant("site", 300), "roofs": plant("far", 300)},
    }
    found = findings(run(tmp_path, over))["no-export|boundary:pcc"]
    assert found["caused_by"] == "device:sun"
    assert named(found) == [("device:sun", 1.0)]


def test_a_high_source_alone_is_nobody_s(tmp_path):
    over = {"grid": {"tables": {"sources": {"utility": {"vm_pu": 1.05}}}}, "loads": {"village": demand("far", 50)}}
    found = findings(run(tmp_path, over))[HIGH]
    assert (found["caused_by"], found["causes"]) == ("", [])
    assert found["hint"].endswith(causes.NOBODY + causes.SOURCE)


def test_where_the_source_is_the_larger_part_it_is_said(tmp_path):
    over = {"grid": {"tables": {"sources": {"utility": {"vm_pu": 1.05}}}}, "devices": {"roofs": plant("far", 100)}}
    found = findings(run(tmp_path, over))[HIGH]
    assert found["caused_by"] == "device:roofs"
    assert found["hint"].endswith(causes.NOT_ENOUGH + causes.SOURCE)


def test_one_unit_that_makes_more_than_half_of_its_entry_is_named(tmp_path):
    roofs = plant("far", 400) | {"bus": None, "buses": ["near", "far", "near"]}
    found = findings(run(tmp_path, {"devices": {"roofs": roofs}}))[HIGH]
    assert found["caused_by"] == "device:roofs[1]"
    assert named(found) == [("device:roofs", 1.0)]


def test_equal_units_are_named_together(tmp_path):
    roofs = plant("far", 400) | {"bus": None, "buses": ["far", "far", "far"]}
    assert findings(run(tmp_path, {"devices": {"roofs": roofs}}))[HIGH]["caused_by"] == "device:roofs"


def test_loading_is_caused_by_who_sends_the_current(tmp_path):
    over = {
        "limits": {"line_loading_percent": 10},
        "devices": {"field": plant("near", 100), "roofs": plant("far", 600)},
    }
    found = findings(run(tmp_path, over))
    assert found["line-loading|line:second"]["causes"][0] == {"subject": "device:roofs", "share": 1.0}
    first = named(found["line-loading|line:first"])
    assert first[0] == ("device:roofs", pytest.approx(6 / 7, abs=0.01))


def test_a_cause_does_not_depend_on_how_many_members_run(tmp_path):
    over = {
        "devices": {"field": plant("near", 600), "roofs": plant("far", 600)},
        "ensemble": {
            "members": 3,
            "vary": {"devices.roofs.profile.scale": {"dist": "list", "values": [0.5, 1.5, 1.0]}},
        },
    }
    many = findings(run(tmp_path, over, members=3))[HIGH]
    alone = findings(run(tmp_path, over, members=3, member=1))[HIGH]
    assert many["worst_member"] == alone["worst_member"] == 1
    assert many["causes"] == alone["causes"]
    assert many["caused_by"] == alone["caused_by"] == "device:roofs"


def test_what_is_not_asked_for_any_more_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(causes, "MOST_FLOWS", 0)
    found = findings(run(tmp_path, {"devices": {"roofs": plant("far", 600)}}))[HIGH]
    assert found["caused_by"] == ""
    assert found["hint"].endswith(causes.NOT_ASKED)


def test_who_adds_next_to_nothing_to_a_small_import_is_not_its_cause(tmp_path):
    """2 kW are lacking, and the sun gives 0.01 kW of them; the village only moves the voltage of the works."""
    over = {
        "boundaries": {"pcc": {"min_import_kw": 6}},
        "loads": {"works": demand("site", 4), "village": demand("far", 500)},
        "devices": {"sun": plant("site", 0.01)},
    }
    found = findings(run(tmp_path, over))["min-import|boundary:pcc"]
    assert (found["caused_by"], found["causes"]) == ("", [])
    assert found["hint"].endswith(causes.NOBODY)  # and no word of taps
    more = findings(run(tmp_path, over | {"devices": {"sun": plant("site", 1)}}))["min-import|boundary:pcc"]
    assert more["caused_by"] == "device:sun"
    assert more["hint"].endswith(causes.NOT_ENOUGH)
