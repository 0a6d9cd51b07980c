"""Tariffs compile to arrays on the axis."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import ValidationError

from cosim.settlement.tariff import TariffSpec, compile_tariff, prices_change
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar, CalendarSpec
from simulators.sources.errors import SourceError

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
SUMMER_PEAK = {
    "kind": "time-of-use",
    "otherwise_per_kwh": 18,
    "rates": [
        {"per_kwh": 12, "hours": "22:00-08:00"},
        {"per_kwh": 12, "days": ["weekend"]},
        {"per_kwh": 25, "months": [7, 8, 9], "hours": ["13:00-16:00"]},
    ],
}


def axis(start, hours, step_min=60, zone=TOKYO):
    begin = datetime.fromisoformat(start).replace(tzinfo=zone)
    return TimeAxis.build(begin, hours * 3600, step_min * 60, half_hours=False)


def compiled(start="2020-04-20", hours=24, spot=None, zone=TOKYO, **spec):
    on = axis(start, hours, zone=zone)
    return compile_tariff(TariffSpec(**spec), on, spot, Calendar(None, zone))


@pytest.mark.parametrize(("spot", "at_meter"), [(6.0, 8.8), (9.5, 12.4), (3.5, 6.2), (12.0, 15.0), (7.0, 9.8)])
def test_a_spot_kwh_at_the_meter_is_worth_what_the_planner_says(spot, at_meter):
    # planner.md 4: loss 3.3 %, wheeling 2.6 JPY/kWh
    energy = {"kind": "spot-indexed", "loss_percent": 3.3, "wheeling_per_kwh": 2.6}
    assert compiled(spot=np.full(24, spot), energy=energy).energy_price == pytest.approx(at_meter, abs=0.05)


def test_time_of_use_takes_the_first_row_that_matches():
    monday = compiled("2020-07-20", energy=SUMMER_PEAK).energy_price
    assert monday.tolist() == [12] * 8 + [18] * 5 + [25] * 3 + [18] * 6 + [12] * 2
    april = compiled("2020-04-20", energy=SUMMER_PEAK).energy_price
    assert april.tolist() == [12] * 8 + [18] * 14 + [12] * 2


def test_a_public_holiday_is_billed_as_a_weekend():
    assert set(compiled("2020-07-23", energy=SUMMER_PEAK).energy_price) == {12}  # Marine Day of 2020, a Thursday


def test_a_step_across_two_prices_costs_their_mean():
    on = axis("2020-07-20", 24, 120)
    prices = compile_tariff(TariffSpec(energy=SUMMER_PEAK), on, None, Calendar(None, TOKYO)).energy_price
    assert prices[6] == pytest.approx((18 + 25) / 2)  # 12:00 to 14:00


@pytest.mark.parametrize(("start", "hours", "cheap"), [("2020-03-29", 23, 9), ("2020-10-25", 25, 11)])
def test_night_hours_follow_the_clock_when_it_changes(start, hours, cheap):
    rates = [{"per_kwh": 1, "hours": "22:00-08:00"}]
    energy = {"kind": "time-of-use", "rates": rates, "otherwise_per_kwh": 2}
    assert (compiled(start, hours, zone=BERLIN, energy=energy).energy_price == 1).sum() == cheap


def test_levy_fuel_adjustment_and_demand_charge_start_on_their_dates():
    # renewable levy of FY2023 and FY2024, May to April (facts.md 6.2)
    tariff = compiled(
        "2024-04-30",
        48,
        energy={"kind": "flat", "per_kwh": 20},
        levy_per_kwh={"2023-05-01": 1.40, "2024-05-01": 3.49},
        fuel_adjustment_per_kwh=-0.5,
        demand_charge_per_kw_month={"2024-01-01": 1500},
    )
    assert tariff.energy_price.tolist() == pytest.approx([20.9] * 24 + [22.99] * 24)
    assert set(tariff.demand_charge) == {1500}


def test_a_date_before_the_first_price_is_refused():
    with pytest.raises(SourceError, match=r"levy_per_kwh: no value for 2020-04-20; the first date given is 2023-05-01"):
        compiled(energy={"kind": "flat", "per_kwh": 20}, levy_per_kwh={"2023-05-01": 1.40})


def test_a_spot_indexed_tariff_without_spot_is_refused():
    with pytest.raises(SourceError, match=r"no market\.spot"):
        compiled(energy={"kind": "spot-indexed"})


def test_the_source_and_currency_are_carried():
    flat = {"kind": "flat", "per_kwh": 20}
    assert compiled(energy=flat, source="tariff sheet 2020").source == "tariff sheet 2020"
    assert "assumed" in compiled(energy=flat).source
    assert compiled(energy=flat).currency == "JPY"


@pytest.mark.parametrize(
    "energy",
    [
        {"kind": "spot-indexed", "loss_percent": 100},
        {"kind": "flat"},
        {"kind": "time-of-use", "rates": [], "otherwise_per_kwh": 1},
        {"kind": "time-of-use", "rates": [{"per_kwh": 1, "months": [13]}], "otherwise_per_kwh": 1},
        {"kind": "time-of-use", "rates": [{"per_kwh": 1, "hours": "8-22"}], "otherwise_per_kwh": 1},
    ],
)
def test_a_tariff_that_cannot_be_meant_is_refused(energy):
    with pytest.raises(ValidationError):
        TariffSpec(energy=energy)


def test_the_price_of_a_kwh_is_the_sum_of_the_parts_a_bill_shows():
    tariff = compiled(
        "2024-05-01", energy=SUMMER_PEAK, fuel_adjustment_per_kwh=-1.5, levy_per_kwh="japan", tax_percent=10
    )
    assert tariff.energy_price.tolist() == (tariff.energy_charge + tariff.fuel_adjustment + tariff.levy).tolist()
    assert (set(tariff.levy), set(tariff.fuel_adjustment), set(tariff.tax_percent)) == ({3.49}, {-1.5}, {10})
    assert tariff.energy_price.max() == pytest.approx(18 - 1.5 + 3.49)  # the tax is the bill's, not the EMS's


def test_the_bundled_levy_changes_in_may_and_ends_with_what_is_known():
    flat = {"kind": "flat", "per_kwh": 20}
    assert compiled("2026-04-30", 48, energy=flat, levy_per_kwh="japan").levy.tolist() == [3.98] * 24 + [4.18] * 24
    with pytest.raises(SourceError, match=r"levy_per_kwh: no value for 2027-05-01; the last day known is 2027-04-30"):
        compiled("2027-04-30", 48, energy=flat, levy_per_kwh="japan")
    with pytest.raises(SourceError, match=r"no value for 2019-04-30; the first date given is 2019-05-01"):
        compiled("2019-04-30", energy=flat, levy_per_kwh="japan")


def test_a_wheeling_tariff_compiles_to_its_energy_price():
    wheeling = compiled(energy={"kind": "wheeling", "per_kwh": 2.6, "loss_percent": 3.3})
    assert set(wheeling.energy_price) == {2.6}  # losses are made good in kWh, not in the price


def test_what_a_bill_needs_is_off_unless_given():
    spec = TariffSpec(energy={"kind": "flat", "per_kwh": 20})
    assert (spec.demand_months, spec.power_factor, spec.tax_percent) == (1, None, 0)
    with pytest.raises(ValidationError):
        TariffSpec(energy={"kind": "flat", "per_kwh": 20}, levy_per_kwh="germany")


def test_a_price_for_holidays_is_refused_where_nobody_knows_them():
    rates = [{"per_kwh": 10, "days": ["sunday", "holiday"]}]
    spec = TariffSpec(energy={"kind": "time-of-use", "rates": rates, "otherwise_per_kwh": 20})
    seoul = ZoneInfo("Asia/Seoul")
    axis = TimeAxis.build(datetime(2024, 5, 6, tzinfo=seoul), 3600, 1800)
    with pytest.raises(SourceError, match="the public holidays of Asia/Seoul are not known here"):
        compile_tariff(spec, axis, None, Calendar(None, seoul))
    known = Calendar(CalendarSpec(holiday_dates=[date(2024, 5, 6)]), seoul)
    assert compile_tariff(spec, axis, None, known).energy_price.tolist() == [10, 10]


@pytest.mark.parametrize(
    ("rates", "changed"),
    [
        ({}, []),
        ({"levy_per_kwh": "japan"}, [1]),  # from 1 May
        ({"fuel_adjustment_per_kwh": {date(2020, 1, 1): 1, date(2024, 5, 2): 2}}, [2]),
        ({"energy": {"kind": "time-of-use", "rates": [{"per_kwh": 5, "hours": "06:00-12:00"}], "otherwise_per_kwh": 9}},
         [0, 1, 2]),
    ],
)  # fmt: skip
def test_steps_over_which_a_price_changes_are_found(rates, changed):
    spec = TariffSpec(**({"energy": {"kind": "flat", "per_kwh": 20}} | rates))
    axis = TimeAxis(np.array([0, 12, 36, 60]) * 3600, datetime(2024, 4, 30, tzinfo=TOKYO))
    assert np.flatnonzero(prices_change(spec, axis, Calendar(None, TOKYO))).tolist() == changed
