from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from cosim.settlement.japan_bill import month_rates
from cosim.settlement.meter import Month
from cosim.settlement.support import (
    FipTerms,
    FitTerms,
    StandbyTerms,
    fip_revenue,
    fit_revenue,
    market_revenue,
    self_consumption_value,
    standby_cost,
)
from tests.cosim.settlement.japan import meter, tariff

MAY = Month(2024, 5)


def plant(start, exported):
    return meter(start, (0, len(exported)), export_kwh=exported)


def test_fit_pays_one_price_for_what_is_fed_in():
    (month,) = fit_revenue(plant("2024-05-01T00:00", [10, 20]), FitTerms(Decimal("36"), date(2015, 4, 1), 20))
    assert (month.sold_kwh, month.fixed, month.market, month.total) == (30, 1080, 0, 1080)


def test_after_its_years_fit_energy_is_sold_at_spot():
    terms = FitTerms(Decimal(40), date(2014, 5, 1), 10)
    point = plant("2024-04-30T23:00", [5, 5, 5, 5])
    april, may = fit_revenue(point, terms, np.array([8.0, 8.0, 9.0, 11.0]))
    assert (april.fixed, april.market) == (400, 0)
    assert (may.fixed, may.market) == (0, 100)
    with pytest.raises(ValueError, match="from 2014-05-01 to 2024-05-01 only"):
        fit_revenue(point, terms)


@pytest.mark.parametrize(("years", "end"), [(20, date(2044, 2, 29)), (10, date(2034, 3, 1))])
def test_a_price_that_began_on_a_leap_day_ends(years, end):
    assert FitTerms(Decimal(10), date(2024, 2, 29), years).end == end


def test_fip_adds_base_less_reference_to_the_market_price():
    # 30 kWh: market 10 x 4 + 20 x 7 = 180; premium (12 - 9.5 + 1) x 30 = 105
    terms = FipTerms(Decimal(12), {MAY: Decimal("9.5")}, Decimal(1))
    (month,) = fip_revenue(plant("2024-05-01T00:00", [10, 20]), terms, np.array([4.0, 7.0]))
    assert (month.market, month.premium, month.total) == (180, 105, 285)


def test_a_premium_is_never_negative_and_never_guessed():
    point, spot = plant("2024-05-01T00:00", [10]), np.array([20.0])
    (month,) = fip_revenue(point, FipTerms(Decimal(12), {MAY: Decimal(18)}), spot)
    assert month.premium == 0
    assert month.total == market_revenue(point, spot)[0].total == 200
    with pytest.raises(ValueError, match="no reference price for 2024-05"):
        fip_revenue(point, FipTerms(Decimal(12)), spot)


def test_self_consumption_saves_energy_fuel_adjustment_and_levy():
    rates = {"fuel_adjustment_per_kwh": -1.5, "levy_per_kwh": "japan"}
    point = meter("2024-05-01T00:00", (0, 2))
    _, arrays = month_rates(point, MAY, tariff(**rates), None)
    used = np.array([10.0, 30.0])
    everything = frozenset({"energy", "fuel_adjustment", "levy", "wheeling"})
    assert self_consumption_value(used, arrays, everything) == {
        "energy": 620,  # 40 x 15.5
        "fuel_adjustment": -60,
        "levy": Decimal("139.6"),  # 40 x 3.49
    }
    inside = self_consumption_value(used, arrays, everything - {"levy"}, np.full(2, 2.6))
    assert "levy" not in inside  # specified transmission: customers pay it all the same
    assert inside["wheeling"] == 104


def test_spot_energy_saved_at_the_meter_counts_losses_and_wheeling():
    # planner.md 4: spot 12, loss 3.3 %, wheeling 2.6 -> 15.0 JPY/kWh
    energy = {"kind": "spot-indexed", "loss_percent": 3.3, "wheeling_per_kwh": 2.6}
    point = meter("2024-05-01T00:00", (0, 2))
    _, arrays = month_rates(point, MAY, tariff(energy=energy), np.full(2, 12.0))
    saved = self_consumption_value(np.full(2, 50.0), arrays, frozenset({"energy"}))
    assert float(saved["energy"]) == pytest.approx(1500, abs=2)


def test_standby_supply_costs_less_while_it_is_not_used():
    terms = StandbyTerms(Decimal(100), Decimal(2000), Decimal("0.3"), Decimal(25))
    assert standby_cost(Decimal(0), terms) == (60_000, 0)
    assert standby_cost(Decimal(40), terms) == (200_000, 1000)
    with pytest.raises(ValueError, match="cannot be negative"):
        standby_cost(Decimal(-1), terms)
