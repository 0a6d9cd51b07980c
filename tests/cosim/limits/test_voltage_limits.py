"""Which voltage band holds where. Figures of planner.md 1.4."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.facts import CustomerFact, LimitFacts, SectionFact, SupplyVoltage
from cosim.limits.spec import LimitsSpec, VoltageLimits
from cosim.limits.voltage import voltage_band, voltage_limits

SPEC = VoltageLimits()


@pytest.fixture
def index(toy):
    return toy().index


def limits_at(index, bus, customers=(), sections=()):
    facts = LimitFacts(index, sections, customers)
    return [limit for limit in voltage_limits(SPEC, facts) if f"bus:{bus}" in limit.subjects]


def test_a_leg_is_half_the_line_voltage_of_the_105_0_105_winding():
    band = voltage_band(0.210, SupplyVoltage.LV_100, SPEC)
    assert (band.lower_pu, band.upper_pu) == pytest.approx((0.9048, 1.0190), abs=5e-5)


def test_the_200_v_supply_has_its_own_band():
    band = voltage_band(0.210, SupplyVoltage.LV_200, SPEC)
    assert (band.lower_pu, band.upper_pu) == pytest.approx((0.8667, 1.0571), abs=5e-5)


def test_111_v_on_a_leg_fails_and_101_v_passes():
    band = voltage_band(0.210, SupplyVoltage.LV_100, SPEC)
    assert band.upper_pu < 111 * 2 / 210
    assert band.lower_pu < 101 * 2 / 210 < band.upper_pu


@pytest.mark.parametrize(("vn_kv", "leg_per_pu"), [(0.105, 105.0), (0.100, 100.0), (0.200, 100.0), (0.202, 101.0)])
def test_every_japanese_base_gives_the_same_volts(vn_kv, leg_per_pu):
    band = voltage_band(vn_kv, SupplyVoltage.LV_100, SPEC)
    assert (band.lower_pu * leg_per_pu, band.upper_pu * leg_per_pu) == pytest.approx((95.0, 107.0))


@pytest.mark.parametrize("kind", [SupplyVoltage.LV_100, SupplyVoltage.LV_200, SupplyVoltage.OTHER])
def test_japanese_bands_hold_only_on_japanese_bases(kind):
    band = voltage_band(0.4, kind, SPEC)
    assert (band.lower_pu, band.upper_pu) == (0.90, 1.10)
    assert band.certainty.startswith("assumed")
    assert band.severity is Severity.VIOLATION


@pytest.mark.parametrize("kind", [SupplyVoltage.HIGH_VOLTAGE, SupplyVoltage.PREMISES])
def test_high_voltage_customers_and_premises_have_no_statutory_band(kind):
    band = voltage_band(6.6, kind, SPEC)
    assert band.severity is Severity.INFORMATION
    assert "own responsibility" in band.label


def test_a_200_v_supply_from_a_100_v_base_is_refused():
    with pytest.raises(ValueError, match=r"200 V supply cannot stand on a bus of 0.105 kV"):
        voltage_band(0.105, SupplyVoltage.LV_200, SPEC)


def test_customers_of_one_kind_at_one_bus_make_one_limit(index):
    customers = tuple(CustomerFact(name, ("lv",), SupplyVoltage.LV_200) for name in ("hall", "shop"))
    section = SectionFact("welfare", ("mid", "end", "lv"), "specified_transmission", "the company")
    (limit,) = limits_at(index, "lv", customers, (section,))
    assert (limit.id, limit.subjects, limit.window_s) == ("voltage-200v", ("bus:lv",), 1800)
    assert (limit.section, limit.responsible) == ("welfare", "the company")


def test_two_kinds_of_supply_at_one_bus_are_both_judged(index):
    customers = (CustomerFact("a", ("lv",), SupplyVoltage.LV_200), CustomerFact("b", ("lv",), SupplyVoltage.LV_100))
    assert {limit.id for limit in limits_at(index, "lv", customers)} == {"voltage-100v", "voltage-200v"}


def test_inside_a_private_line_voltage_is_own_responsibility(index):
    customers = (CustomerFact("hall", ("lv",), SupplyVoltage.LV_100),)
    (limit,) = limits_at(index, "lv", customers, (SectionFact("area", ("lv",), "private_line"),))
    assert limit.severity is Severity.INFORMATION


def test_a_low_voltage_bus_without_a_customer_is_at_most_a_warning_and_6_6_kv_has_no_band(index):
    (limit,) = limits_at(index, "lv")
    assert (limit.id, limit.severity) == ("voltage-100v", Severity.WARNING)
    assert limit.certainty.startswith("assumed")
    assert limits_at(index, "mid") == []


def test_a_bus_inside_a_three_winding_transformer_is_not_judged(index):
    inside = replace(index, star_bus=(index.bus_position("lv"),))
    assert limits_at(index, "lv") != []
    assert limits_at(inside, "lv") == []


def test_the_smallest_section_answers(index):
    customers = (CustomerFact("hall", ("lv",), SupplyVoltage.LV_200),)
    sections = (SectionFact("inner", ("lv",), "", "inner"), SectionFact("outer", ("mid", "lv"), "", "outer"))
    (limit,) = limits_at(index, "lv", customers, sections)
    assert limit.responsible == "inner"


def test_overrides_move_the_band():
    band = voltage_band(0.210, SupplyVoltage.LV_100, VoltageLimits(lv_100_upper_v=105))
    assert band.upper_pu == pytest.approx(1.0)


def test_a_band_upside_down_is_refused_with_both_values():
    with pytest.raises(ValueError, match=r"lv_100_lower_v must be below lv_100_upper_v \(given 108.0 and 107.0\)"):
        LimitsSpec(voltage={"lv_100_lower_v": 108})


def test_every_default_says_how_certain_it_is():
    for model in (LimitsSpec, VoltageLimits):
        for name, info in model.model_fields.items():
            if isinstance(info.default, float):
                assert info.json_schema_extra["certainty"].split(":")[0] in {"sourced", "derived", "assumed"}, name
    assert np.isfinite(SPEC.default_upper_pu)
