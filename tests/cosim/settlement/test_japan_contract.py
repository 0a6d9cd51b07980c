"""Half-hour registers, contract power and power factor."""

from decimal import Decimal

import numpy as np
import pytest

from cosim.settlement.japan_contract import Contract, demand_of, power_factor_percent
from cosim.settlement.japan_meter import HalfHours, by_price, total_kwh
from cosim.settlement.meter import Month
from cosim.settlement.tariff import PowerFactorClause
from tests.cosim.settlement.japan import TOKYO, meter

DAYTIME = PowerFactorClause()


def year(peaks):
    """A meter of whole months from January 2024, each with one half hour of its peak in kW."""
    months = [Month(2024 + at // 12, at % 12 + 1) for at in range(len(peaks))]
    starts = [month.starts_at(TOKYO) for month in months] + [months[-1].following.starts_at(TOKYO)]
    values = np.zeros((starts[-1] - starts[0]) // 1800)
    for start, peak in zip(starts, peaks, strict=False):
        values[(start - starts[0]) // 1800] = peak / 2
    return HalfHours.of(starts[0], values, TOKYO)


def test_contract_power_is_the_highest_half_hour_of_twelve_months():
    point = year([300, 200, 250, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 10])
    charged = [demand_of(point, month, Contract(), 12).kw for month in point.months]
    # the 300 kW of January count until December; in January 2025 February's 200 do not, March's 250 are the highest
    assert charged == [300] * 12 + [250, 250]
    assert [demand_of(point, month, Contract(), 1).kw for month in point.months][:3] == [300, 200, 250]


def test_months_before_the_meter_count_until_they_leave_the_window():
    point = year([100] * 13)
    before = Contract(previous_max_kw={Month(2023, 6): Decimal(180), Month(2022, 12): Decimal(400)})
    charged = [demand_of(point, month, before, 12).kw for month in point.months]
    assert charged == [180] * 5 + [100] * 8  # June 2023 reaches to May 2024, December 2022 to November 2023
    bound = Contract(previous_max_kw=Decimal(180))
    assert [demand_of(point, month, bound, 12).kw for month in point.months] == [180] * 11 + [100] * 2


def test_contract_power_is_in_whole_kilowatts():
    assert demand_of(year([99.5]), Month(2024, 1), Contract(), 12).kw == 100
    assert demand_of(year([99.49]), Month(2024, 1), Contract(), 12).kw == 99


def test_agreed_power_is_charged_and_an_excess_is_said():
    demand = demand_of(year([620]), Month(2024, 1), Contract(agreed_kw=Decimal(600)), 12)
    assert (demand.kw, demand.peak_kw) == (600, 620)
    assert demand.notes == ("the agreed 600 kW were exceeded by 20 kW",)


def test_a_measured_contract_of_500_kw_is_noted():
    assert "agreed, not measured" in demand_of(year([500]), Month(2024, 1), Contract(), 12).notes[0]
    assert demand_of(year([499]), Month(2024, 1), Contract(), 12).notes == ()


@pytest.mark.parametrize(("kvarh", "percent"), [(0, 100), (7, 96), (18, 80), (-18, 100)])
def test_power_factor_is_the_daytime_mean_in_whole_percent(kvarh, percent):
    # 24 kWh: 24/25 = 96 %, 24/30 = 80 %; leading counts as none
    point = meter("2024-05-01T00:00", (24, 48), kvarh=np.full(48, float(kvarh)))
    assert power_factor_percent(point, Month(2024, 5), Contract(), DAYTIME) == percent


def test_only_the_hours_from_8_to_22_count():
    reactive = np.where((np.arange(48) >= 16) & (np.arange(48) < 44), 7.0, 500.0)
    point = meter("2024-05-01T00:00", (24, 48), kvarh=reactive)
    assert power_factor_percent(point, Month(2024, 5), Contract(), DAYTIME) == 96


def test_without_import_in_daytime_the_power_factor_changes_nothing():
    point = meter("2024-05-01T00:00", (0, 48), kvarh=np.ones(48))
    assert power_factor_percent(point, Month(2024, 5), Contract(), DAYTIME) == 85


def test_an_unknown_power_factor_is_not_guessed():
    with pytest.raises(ValueError, match="no reactive energy is metered"):
        power_factor_percent(meter("2024-05-01T00:00", (1, 4)), Month(2024, 5), Contract(), DAYTIME)


def test_shorter_intervals_fold_into_half_hours_and_directions_stay_apart():
    edges = meter("2024-05-01T00:00", (0, 2)).first_s + 900 * np.arange(5)
    point = HalfHours.of_intervals(edges, np.array([3.0, -1.0, 2.0, 2.0]), TOKYO, np.array([1.0, 1.0, 0.0, 2.0]))
    assert point.import_kwh.tolist() == [3, 4]
    assert point.export_kwh.tolist() == [1, 0]
    assert point.kvarh.tolist() == [2, 2]


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([0, 900, 1800, 2700], "begin and end at a clock half hour"),
        ([900, 1800], "begin and end at a clock half hour"),
        ([0, 3600], "crosses a clock half hour"),
        ([0, 1200, 2400, 3600], "crosses a clock half hour"),
    ],
)
def test_intervals_that_are_no_half_hours_are_refused(edges, message):
    with pytest.raises(ValueError, match=message):
        HalfHours.of_intervals(np.array(edges), np.ones(len(edges) - 1), TOKYO)


@pytest.mark.parametrize(
    ("registers", "message"),
    [
        ({"import_kwh": [1, -1]}, "cannot be negative"),
        ({"import_kwh": [1, 1], "export_kwh": [1]}, "one value for each half hour"),
        ({"import_kwh": [1, float("nan")]}, "without a value"),
        ({"import_kwh": []}, "at least one"),
    ],
)
def test_registers_that_cannot_be_are_refused(registers, message):
    with pytest.raises(ValueError, match=message):
        HalfHours.of(0, registers.pop("import_kwh"), TOKYO, **registers)


def test_sums_do_not_depend_on_the_order_or_the_grouping():
    rng = np.random.default_rng(1)
    energy, price = rng.uniform(0, 5, 17_520), rng.choice([12.5, 15.5, 17.5], 17_520)
    assert sum(part for _, part in by_price(energy, price)) == total_kwh(energy) == total_kwh(energy[::-1])
