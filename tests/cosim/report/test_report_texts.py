"""Numbers, units and times as people read them."""

import json

import pytest

from cosim.report.figures import Figures
from cosim.report.network import ALL, bus_levels
from cosim.report.series import entry_of
from cosim.report.texts import amount, clock, closeness, duration, number, plural, scale_for, titles


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (12345.678, "12,346"), (1234.5, "1,234"), (0.9876543, "0.9877"), (-3.5, "-3.5"), (100.0, "100"),
     (0.000123456, "0.0001235"), (1e-12, "1.0e-12"), (None, "-"), (float("nan"), "-"), (9.99996, "10")],
)  # fmt: skip
def test_numbers_have_four_digits_and_no_exponent(value, text):
    assert number(value) == text


def test_amounts_carry_units_people_write():
    assert amount(2.0, "Nm3") == "2 Nm³"
    assert amount(0.5, "1") == "0.5"
    assert amount(None, "kW") == "-"


def test_half_a_watt_is_no_flow_and_half_a_yen_no_money():
    assert amount(7.4e-05, "kW") == "0 kW"
    assert amount(-3e-8, "MWh") == "0 MWh"
    assert amount(2.3e-06, "EUR") == "0 EUR"
    assert amount(0.001493, "kW") == "0.001493 kW"
    assert amount(2.3e-06, "pu") == "0.0000023 pu"


def test_a_title_that_is_missing_is_the_name():
    assert titles({"en": ""}, "town") == titles("", "town") == titles({}, "town") == [("en", "town")]


def test_a_table_has_one_unit_for_all_its_values():
    assert scale_for([0.2, 9.9, None], "MWh").amount(0.2) == "200 kWh"
    assert scale_for([0.2, 10.0], "MWh").amount(0.2) == "0.2 MWh"
    assert scale_for([], "JPY/kWh").unit == "JPY/kWh"


def test_times_and_durations():
    assert clock("2020-04-21T12:30:00+09:00") == "2020-04-21 12:30"
    assert clock("unknown") == "unknown"
    assert [duration(s) for s in (604800, 19800, 12, 0, 90061)] == ["7 d", "5 h 30 min", "12 s", "0 s", "1 d 1 h"]


def test_closeness_names_no_rounding_noise():
    assert closeness(1.4e-17) == "within 1 W"
    assert closeness(-0.002) == "within 2 kW"
    assert closeness(None) == "-"


def test_counts_agree_with_their_words():
    assert [plural(1, "warning"), plural(2, "warning"), plural(2, "information")] == [
        "1 warning", "2 warnings", "2 information",
    ]  # fmt: skip


def test_titles_put_english_first_and_fall_back_to_the_name():
    assert titles({"ja": "日置", "en": "Hioki"}, "x") == [("en", "Hioki"), ("ja", "日置")]
    assert titles(None, "hioki") == [("en", "hioki")]
    assert titles("Hioki", "x") == [("en", "Hioki")]


def test_units_belong_to_their_entry():
    assert [entry_of(label) for label in ("a[12]", "a", "bus [x]", "load:a[0]")] == ["a", "a", "bus [x]", "load:a"]


def test_figures_are_found_by_subject_and_quantity_split_at_the_last_dot():
    table = {
        "device:MV1.101 roof.curtailed_export_mwh": {"value": 2.0, "unit": "MWh"},
        "device:MV1.101 roof.curtailed_no_supply_mwh": {"value": 3.0, "unit": "MWh"},
        "device:MV1.101 roof.curtailed_mwh": {"value": 5.0, "unit": "MWh"},
        "device:b.curtailed_mwh": {"mean": 1.0, "max": 2.0, "unit": "MWh"},
        "load:c.curtailed_mwh": {"value": None, "unit": "MWh"},
    }
    figures = Figures(table)
    assert figures.reasons("device:MV1.101 roof", "curtailed") == [("no supply", 3.0), ("export", 2.0)]
    assert figures.total("curtailed_mwh", "device") == 6.0
    assert figures.total("curtailed_mwh", "load") is None
    assert figures.value("missing") is None


def test_buses_are_grouped_by_level_and_together_where_the_network_is_not_at_hand(tmp_path):
    assert bus_levels(tmp_path, ["a", "b"]) == {ALL: ["a", "b"]}
    table = {"columns": ["name", "vn_kv"], "index": [0, 1], "data": [["a", 0.21], ["b", 6.6]]}
    net = {"_object": {"bus": {"_object": json.dumps(table)}}}
    (tmp_path / "grid.json").write_text(json.dumps(net), encoding="utf-8")
    assert bus_levels(tmp_path, ["a", "b"]) == {"6.6 kV": ["b"], "0.21 kV": ["a"]}
    assert bus_levels(tmp_path, ["a", "stranger"]) == {ALL: ["a", "stranger"]}
    (tmp_path / "grid.json").write_text("{", encoding="utf-8")
    assert bus_levels(tmp_path, ["a"]) == {ALL: ["a"]}
