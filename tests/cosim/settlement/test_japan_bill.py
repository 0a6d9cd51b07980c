"""Japanese monthly bills; amounts by hand in the comments."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.errors import UsageError
from cosim.settlement.japan_bill import RETAIL, japan_bills, month_rates
from cosim.settlement.japan_contract import Contract
from cosim.settlement.meter import Month
from cosim.settlement.tariff_file import load_tariff
from simulators.sources.errors import SourceError
from tests.cosim.settlement.japan import meter, tariff

MAY_2024 = ("2024-05-01T00:00", 1488)  # half hours of 31 days
HV = {
    "demand_charge_per_kw_month": 1850,
    "demand_months": 12,
    "power_factor": {},
    "fuel_adjustment_per_kwh": -1.25,
    "levy_per_kwh": "japan",
    "tax_percent": 10,
}


def amounts(bill):
    return {line.charge: line.amount for line in bill.lines}


def test_a_high_voltage_month_is_base_energy_fuel_levy_and_tax():
    # 24 kWh and 7 kvarh a half hour: 48 kW, power factor 24/25 = 96 %, factor (185 - 96)/100 = 0.89
    start, count = MAY_2024
    (bill,) = japan_bills(meter(start, (24, count), kvarh=np.full(count, 7.0)), tariff(**HV))
    assert (bill.contract_kw, bill.power_factor_percent, bill.import_kwh) == (48, 96, 35_712)
    assert amounts(bill) == {
        "base": Decimal("79032.00"),  # 1850 x 48 x 0.89
        "energy": Decimal("553536.00"),  # 35,712 x 15.5
        "fuel_adjustment": Decimal("-44640.00"),  # 35,712 x -1.25
        "levy": Decimal(124634),  # 35,712 x 3.49 = 124,634.88, cut
        "tax": Decimal(58792),  # 10 % of 587,928, cut; the levy holds its tax
    }
    assert bill.total == 771_354
    assert bill.notes == ()


def test_what_the_total_cuts_off_is_a_line_of_its_own():
    (bill,) = japan_bills(meter("2024-05-01T00:00", [0.31, 0.32]), tariff())
    # 0.63 kWh x 15.5 = 9.765 -> 9.77 -> 9 yen
    assert [(line.charge, line.amount) for line in bill.lines] == [
        ("energy", Decimal("9.77")),
        ("rounding", Decimal("-0.77")),
    ]
    assert bill.total == 9


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 500, allow_nan=False), min_size=2, max_size=60),
    st.lists(st.integers(-5_000, 25_000), min_size=2, max_size=60),
    st.sampled_from(["down", "half-up"]),
)
def test_the_lines_add_up_to_the_yen_whatever_is_used(energies, spots, mode):
    count = min(len(energies), len(spots))
    spot = np.array(spots[:count]) / 100.0
    energy = {"kind": "spot-indexed", "loss_percent": 3.3, "wheeling_per_kwh": 2.6}
    rates = HV | {"energy": energy, "demand_charge_per_kw_month": 1234.56}
    point = meter("2024-04-30T12:00", energies[:count], kvarh=np.zeros(count))
    for bill in japan_bills(point, tariff(mode=mode, **rates), spot=spot):
        assert sum(line.amount for line in bill.lines) == bill.total == bill.total.to_integral_value()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 300, allow_nan=False), min_size=96, max_size=96))
def test_the_bands_hold_every_kwh_once(energies):
    (bill,) = japan_bills(meter("2024-07-26T00:00", energies), load_tariff("jp-hv-business"), pf(100))
    assert sum(line.quantity for line in bill.lines if line.charge == "energy") == bill.import_kwh


def pf(percent, **changes):
    return Contract(power_factor_percent=percent, **changes)


def test_the_bill_and_the_ems_read_the_same_price():
    (spec, arrays) = month_rates(point := meter("2024-05-01T00:00", (3, 96)), Month(2024, 5), tariff(**HV), None)
    (bill,) = japan_bills(point, tariff(**HV), pf(85))
    planned = float((point.import_kwh * arrays.energy_price).sum())
    billed = bill.amount("energy", "fuel_adjustment", "levy")
    assert planned == pytest.approx(float(billed), abs=1.0)  # the levy is cut to whole yen
    assert bill.lines[1].price == Decimal(repr(spec.energy.per_kwh))


def test_energy_is_billed_by_season_and_time_of_use():
    # Friday 26 July 2024: 22-08 night, 13-16 peak, else summer day; Saturday all night price
    (bill,) = japan_bills(meter("2024-07-26T00:00", (1, 96)), load_tariff("jp-hv-business"), pf(85))
    energy = {line.label: line.quantity for line in bill.lines if line.charge == "energy"}
    assert energy == {
        "energy, night and weekend": 20 + 48,
        "energy, summer day": 22,
        "energy, summer peak": 6,
    }
    assert bill.amount("energy") == 68 * Decimal("12.5") + 22 * Decimal("16.5") + 6 * Decimal("17.5")


def test_spot_indexed_energy_costs_the_price_of_each_half_hour():
    rates = {"energy": {"kind": "spot-indexed", "loss_percent": 4, "wheeling_per_kwh": 2.6}}
    spot = np.array([9.6, 240.96, 0.0])  # at the meter 10 + 2.6, 251 + 2.6, 2.6
    (bill,) = japan_bills(meter("2024-05-01T00:00", [10, 2, 5]), tariff(**rates), spot=spot)
    assert bill.lines[0].amount == Decimal("126.00") + Decimal("507.20") + Decimal("13.00")
    assert bill.lines[0].price is None


def test_block_prices_count_the_month():
    (bill,) = japan_bills(meter("2024-05-01T00:00", (1, 320)), load_tariff("jp-lv-lighting"), Contract(Decimal(6)))
    # 120 x 29.8 + 180 x 36.4 + 20 x 40.49; base 6 kVA x 311.75 for 320 of 1488 half hours
    assert bill.amount("energy") == Decimal("3576") + Decimal("6552") + Decimal("809.8")
    assert bill.amount("base") == Decimal("402.26")
    assert bill.notes == (
        "covers 320 of 1488 half hours: base charge by that share [U], blocks those of a whole month [A]",
    )
    assert (bill.lines[0].label, bill.lines[0].unit) == ("base charge (基本料金)", "kVA")
    assert bill.lines[0].note == "21.5 % of the month"


def test_kva_of_a_contract_cannot_be_measured():
    with pytest.raises(ValueError, match="per kVA of the contract, which no meter shows: give contract_kw"):
        japan_bills(meter("2024-05-01T00:00", (1, 320)), load_tariff("jp-lv-lighting"))


def test_only_the_charges_that_apply_are_billed():
    start, count = MAY_2024
    point = meter(start, (24, count))
    (wheeled,) = japan_bills(point, tariff(**HV), pf(85), applies=RETAIL - {"levy"})
    assert "levy" not in amounts(wheeled)
    (no_base,) = japan_bills(point, tariff(**HV), applies=frozenset({"energy"}))  # no power factor asked for
    assert set(amounts(no_base)) == {"energy", "tax"}


def test_a_levy_without_tax_in_it_is_taxed():
    start, count = MAY_2024
    rates = HV | {"levy_includes_tax": False, "power_factor": None}
    (bill,) = japan_bills(meter(start, (24, count)), tariff(**rates))
    # base 88,800, energy 553,536, fuel -44,640, levy 124,634 = 722,330
    assert bill.amount("tax") == 72_233


def test_a_part_of_a_month_pays_that_share_of_the_base_charge():
    (bill,) = japan_bills(meter("2024-04-01T00:00", (5, 480)), tariff(**HV), pf(85))  # 10 of 30 days, 10 kW
    assert bill.amount("base") == Decimal("6166.67")  # 1850 x 10 / 3
    assert bill.notes == ("covers 480 of 1440 half hours: base charge by that share [U]",)


def test_a_price_that_changes_within_a_month_counts_by_half_hours():
    rates = {"demand_charge_per_kw_month": {"2024-01-01": 1000, "2024-04-21": 1300}}
    (bill,) = japan_bills(meter("2024-04-01T00:00", (5, 1440)), tariff(**rates))
    assert bill.amount("base") == 11_000  # (20 x 1000 + 10 x 1300)/30 x 10 kW


def test_every_month_is_billed_at_its_own_levy():
    bills = japan_bills(meter("2024-04-30T23:00", (100, 4)), tariff(levy_per_kwh="japan"))
    assert [(str(bill.month), bill.amount("levy")) for bill in bills] == [("2024-04", 280), ("2024-05", 698)]


def test_a_month_after_the_last_levy_known_is_refused():
    with pytest.raises(SourceError, match="no value for 2027-05-01; the last day known is 2027-04-30"):
        japan_bills(meter("2027-05-01T00:00", (1, 4)), tariff(levy_per_kwh="japan"))


def test_the_whole_price_of_the_bundled_business_tariff_is_what_such_customers_pay():
    # facts.md 6.2: high-voltage retail all-in 16-24 JPY/kWh; open 09-21, load factor about 40 %
    hour = np.arange(1488) % 48
    used = np.where((hour >= 18) & (hour < 42), 50.0, 13.0)
    (bill,) = japan_bills(meter("2024-05-01T00:00", used), load_tariff("jp-hv-business"), pf(95))
    assert 16 <= bill.amount("base", "energy") / bill.import_kwh <= 24


def test_another_zone_or_a_missing_tariff_is_refused():
    point = meter("2024-05-01T00:00", (1, 4))
    with pytest.raises(ValueError, match="meant in Asia/Seoul, the meter reads Asia/Tokyo"):
        japan_bills(point, load_tariff("kr-2004-general-gap"))
    with pytest.raises(UsageError, match="no rates for 2024-05-01"):
        japan_bills(point, tariff(first="2025-01-01"))
    with pytest.raises(ValueError, match="3 spot prices for 4 half hours"):
        japan_bills(point, tariff(), spot=np.ones(3))


def test_a_bill_as_plain_data_keeps_exact_amounts():
    (bill,) = japan_bills(meter("2024-05-01T00:00", [0.31, 0.32]), tariff())
    plain = bill.as_dict()
    assert (plain["total"], plain["lines"][0]["amount"], plain["import_kwh"]) == ("9", "9.77", "0.630000")


def test_every_line_carries_the_mark_of_its_price():
    (bill,) = japan_bills(meter("2024-05-01T00:00", (0.3, 3)), tariff(levy_per_kwh="japan"))
    marks = {line.charge: line.certainty for line in bill.lines}
    assert marks == {
        "energy": "assumed: test",
        "levy": "sourced: facts.md 6.2 [W86]",
        "rounding": "assumed: rounding of bills [U]",
    }


def test_the_example_of_the_page():
    # docs/japan-bill.md; 31 days, of them 8 weekend days and the holidays of 3 and 6 May: 21 working days
    hour = np.arange(1488) % 48
    used = np.where((hour >= 18) & (hour < 42), 50.0, 13.0)
    (bill,) = japan_bills(meter("2024-05-01T00:00", used, kvarh=used / 4), load_tariff("jp-hv-business"))
    assert [line.amount for line in bill.lines] == [162_800, 257_250, 407_526, 163_583, 82_757]
    assert (bill.total, bill.contract_kw, bill.power_factor_percent) == (1_073_916, 100, 97)
