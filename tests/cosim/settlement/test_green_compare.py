"""Table 1 on a load that can be worked out by hand: cost, share, what follows the SMP, and the spread over paths."""

from decimal import Decimal

import numpy as np
import pytest

from cosim.settlement.green_compare import (
    PERCENTILES,
    TABLE_1,
    CertificatePurchase,
    Company,
    Ppa,
    PpaForm,
    SelfGeneration,
    Way,
    annuity,
    certificate_purchase,
    compare,
    green_tariff,
    power_purchase,
    self_generation,
)
from cosim.settlement.green_smp import bootstrap_paths, given_paths, historic_paths, lognormal_paths
from cosim.settlement.green_tariff import Participant, Plant, months_after, settle_green
from cosim.settlement.green_terms import contract_price
from cosim.settlement.meter import Month
from cosim.settlement.money import Rounding
from tests.cosim.settlement.green_parts import JUNE, account, flat, hourly, terms

WON = Rounding()
YEAR = tuple(months_after(JUNE, number) for number in range(12))
SMP = {month: Decimal(70 + 2 * number) for number, month in enumerate(YEAR)}  # 70 .. 92
HOURS = 365 * 24  # June 2020 to May 2021
BASE = 12 * 1000 * 10
USE = 2 * HOURS // 2 + 6 * HOURS // 2  # 2 kWh before noon, 6 after it, each half of the hours
ORDINARY = BASE + 100 * USE


def company():
    return Company(account(hourly(2, 6, months=12), flat(100, base=1000), 10), SMP, WON)


def made(night, day):
    return np.where(np.arange(HOURS) % 24 < 12, float(night), float(day))


def hours_of(month):
    return (month.following.starts_at(hourly(1, 1).zone) - month.starts_at(hourly(1, 1).zone)) // 3600


def plant(generation):
    return SelfGeneration(generation, Decimal(1_000_000), Decimal(20_000), 20, Decimal(0))


def test_the_ordinary_tariff_is_what_the_others_are_compared_with():
    row = compare(company(), [], np.full((3, 12), 80.0))[0]
    assert (row.way, row.cost, row.renewable_share, row.smp_share) == (Way.ORDINARY, ORDINARY, 0.0, 0.0)
    assert set(row.percentiles.values()) == {float(ORDINARY)}
    assert row.extra_per_renewable_kwh is None


def test_an_own_plant_saves_the_tariff_sells_its_surplus_and_costs_its_annuity():
    # 4 kWh before noon: 2 used, 2 sold; 5 after it: all used
    way = self_generation(company(), plant(made(4, 5)))
    used, sold = (2 + 5) * HOURS // 2, [2 * hours_of(month) // 2 for month in YEAR]
    earned = sum(kwh * smp for kwh, smp in zip(sold, SMP.values(), strict=True))
    assert way.renewable_kwh == used
    assert way.cost == ORDINARY - 100 * used - earned + 50_000 + 20_000  # 1,000,000 over 20 years without interest
    assert way.smp_kwh.tolist() == [-kwh for kwh in sold]
    assert way.notes == ()
    assert "may sell less than 50 %" in self_generation(company(), plant(made(8, 0))).notes[0]


def test_certificates_alone_come_on_top_of_the_bill():
    way = certificate_purchase(company(), CertificatePurchase(Decimal("0.35"), Decimal(40)))
    number = USE * 35 // 100
    assert (way.renewable_kwh, way.cost) == (number, ORDINARY + 40 * number)
    assert not way.smp_kwh.any()


def test_a_contract_for_difference_pays_strike_less_smp_on_all_that_is_made():
    way = power_purchase(company(), Ppa(made(1, 1), Decimal(130), Decimal(0), PpaForm.CFD))
    paid = sum(hours_of(month) * (130 - smp) for month, smp in SMP.items())
    assert way.cost == ORDINARY + paid
    assert way.smp_kwh.tolist() == [-hours_of(month) for month in YEAR]
    assert way.renewable_kwh == HOURS
    bet = power_purchase(company(), Ppa(made(9, 9), Decimal(130), Decimal(0), PpaForm.CFD))
    assert bet.renewable_kwh == USE
    assert "bet on the SMP" in bet.notes[0]


def test_a_physical_contract_delivers_what_the_load_takes_at_strike_and_network():
    way = power_purchase(company(), Ppa(made(3, 3), Decimal(90), Decimal(25), PpaForm.PHYSICAL))
    taken = (2 + 3) * HOURS // 2
    assert (way.renewable_kwh, way.cost) == (taken, ORDINARY + (115 - 100) * taken)
    assert not way.smp_kwh.any()


def test_the_green_tariff_costs_its_bills_and_follows_the_smp_with_the_allotted_energy():
    own = company()
    prices = [contract_price(terms(), month, smp) for month, smp in SMP.items()]
    one = Participant("mill", own.account, dict.fromkeys(YEAR, 1000), (JUNE,), {})
    hill = Plant("hill", 500, dict.fromkeys(YEAR, Decimal(900)))
    way = green_tariff(settle_green(prices, [hill], [one], WON).bills_of("mill"))
    # 900 of 1000 declared every month, at SMP + 26 instead of 100
    assert way.cost == ORDINARY + sum(900 * (smp + 26 - 100) for smp in SMP.values())
    assert way.smp_kwh.tolist() == [900.0] * 12
    row = compare(own, [way], np.array([[90.0] * 12]))[1]
    assert row.percentiles[50] == pytest.approx(ORDINARY + 12 * 900 * (90 + 26 - 100))  # the bills at another SMP
    assert row.smp_share == pytest.approx(float(900 * sum(SMP.values()) / way.cost))
    assert row.extra_per_renewable_kwh == pytest.approx(7.0)  # mean SMP 81, + 26 - 100
    assert row.renewable_share == pytest.approx(10_800 / USE)


def test_the_spread_of_the_cost_is_that_of_the_prices_times_the_energy():
    rng = np.random.default_rng(3)
    paths = rng.uniform(40, 160, (400, 12))
    way = power_purchase(company(), Ppa(made(1, 1), Decimal(130), Decimal(0), PpaForm.CFD))
    row = compare(company(), [way], paths)[1]
    hours = np.array([hours_of(month) for month in YEAR])
    costs = ORDINARY + ((130 - paths) * hours).sum(axis=1)
    assert [row.percentiles[p] for p in PERCENTILES] == pytest.approx(np.percentile(costs, PERCENTILES))
    assert row.smp_share < 0  # a contract for difference gets cheaper when the SMP rises


def test_the_annuity_is_the_textbooks():
    assert annuity(Decimal(0), 20) == Decimal("0.05")
    assert float(annuity(Decimal("0.05"), 20)) == pytest.approx(0.0802425872, rel=1e-9)  # 0.05 1.05^20 / (1.05^20 - 1)


def test_table_1_says_something_of_every_way_but_the_ordinary_tariff():
    assert set(TABLE_1) == set(Way) - {Way.ORDINARY}
    assert len({tuple(of) for of in TABLE_1.values()}) == 1


def test_historic_years_begin_in_the_month_of_the_contract():
    history = {months_after(Month(2018, 5), number): Decimal(number) for number in range(27)}  # May 2018 to July 2020
    paths, names = historic_paths(history, JUNE)
    assert names == ("2018-06", "2019-06")  # June 2020 has only two months
    assert paths.tolist() == [list(range(1, 13)), list(range(13, 25))]
    with pytest.raises(ValueError, match="no 12 months in a row that begin in month 9"):
        historic_paths({Month(2020, 9): Decimal(1)}, Month(2021, 9))


def test_lognormal_paths_keep_the_base_year_as_their_mean_and_the_seed_decides():
    base = np.linspace(60.0, 90.0, 12)
    paths = lognormal_paths(base, 40_000, 0.1, 1.0, seed=7)
    assert paths.mean(axis=0) == pytest.approx(base, rel=0.01)
    spread = np.log(paths).std(axis=0)
    assert spread == pytest.approx(0.1 * np.sqrt(np.arange(1, 13)), rel=0.03)  # a random walk
    apart = np.log(lognormal_paths(base, 40_000, 0.1, 0.0, seed=7)).std(axis=0)
    assert apart == pytest.approx(np.full(12, 0.1), rel=0.03)
    assert np.array_equal(paths[:50], lognormal_paths(base, 40_000, 0.1, 1.0, seed=7)[:50])
    assert not np.array_equal(paths, lognormal_paths(base, 40_000, 0.1, 1.0, seed=8))
    assert np.array_equal(lognormal_paths(base, 5, 0.0, 1.0, seed=7), np.tile(base, (5, 1)))


def test_a_bootstrap_only_uses_changes_that_happened():
    months = [months_after(Month(2018, 1), number) for number in range(25)]
    prices = [100.0 * 1.1 ** (number % 2) for number in range(25)]  # up and down by the same factor, mean change 0
    history = {month: Decimal(repr(price)) for month, price in zip(months, prices, strict=True)}
    base = np.full(12, 80.0)
    paths = bootstrap_paths(base, history, 200, 4, seed=2)
    steps = np.diff(np.log(np.hstack([np.full((200, 1), 80.0), paths])), axis=1)
    assert np.abs(steps) == pytest.approx(np.full((200, 12), np.log(1.1)))
    inside = steps.reshape(200, 3, 4)
    assert (inside[:, :, 1:] * inside[:, :, :-1] < 0).all()  # within a block ups and downs take turns as in the history
    assert np.array_equal(paths, bootstrap_paths(base, history, 200, 4, seed=2))
    with pytest.raises(ValueError, match="a block needs 30"):
        bootstrap_paths(base, history, 20, 30, seed=2)
    del history[months[5]]
    with pytest.raises(ValueError, match="has gaps"):
        bootstrap_paths(base, history, 20, 4, seed=2)
    with pytest.raises(ValueError, match="not above 0"):
        bootstrap_paths(base, dict.fromkeys(months, Decimal(0)), 20, 4, seed=2)


def test_given_paths_are_taken_month_by_month():
    low = dict(zip(YEAR, range(12), strict=True))
    assert given_paths({"low": low}, YEAR).tolist() == [list(range(12))]
