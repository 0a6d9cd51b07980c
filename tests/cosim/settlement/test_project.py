"""The project view, by hand: 900 invested, 2/3 of it granted up to 500, 100 saved a year over ten years at 5 %."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.settlement.japan_payments import Account, Payment
from cosim.settlement.project import Flow, Project, assess, balances, levelised, payback, present, spread
from cosim.settlement.project_flows import (
    Investment,
    Subsidy,
    a_year_of,
    in_year,
    investment_flows,
    over_years,
    payment_flows,
)

YEARS, RATE = 10, 0.05
ANNUITY = (1 - 1.05**-10) / 0.05  # 7.7217


def plant(amount=(900.0,), life=20, eligible=True):
    return Investment("plant", np.array(amount), life, eligible, "assumed: test")


def project(savings=(100.0,), amount=(900.0,), cap=500.0, **changes):
    invested = tuple(investment_flows([plant(amount)], "operator", YEARS, Subsidy(2 / 3, cap, "test")))
    saving = Flow("saving", "customers", "operator", over_years(np.array(savings), YEARS), "derived: test")
    members = len(savings)
    return Project(
        **{
            "flows": (*invested, saving),
            "owner": "operator",
            "energy_kwh": over_years(np.full(members, 50.0), YEARS),
            "avoided_kg": over_years(np.full(members, 20.0), YEARS),
            "cost": frozenset({"investment: plant", "subsidy"}),
            "rate": RATE,
            **changes,
        }
    )


def test_payback_levelised_cost_and_cost_of_co2_by_hand():
    result = assess(project())
    assert result.simple_payback_a == pytest.approx([4.0])  # (900 - 500) / 100
    # discounted sums 95.24 185.94 272.32 354.60 432.95: 4 + (400 - 354.595) / 78.353
    assert result.discounted_payback_a == pytest.approx([4.5795], abs=1e-4)
    assert result.npv["operator"] == pytest.approx([-400 + 100 * ANNUITY])
    assert result.lcoe == pytest.approx([400 / (50 * ANNUITY)])  # 1.036
    assert result.cost_per_kg == pytest.approx([-(100 * ANNUITY - 400) / (20 * ANNUITY)])  # -2.41: it gains


def test_the_grant_is_two_thirds_up_to_the_cap_and_only_on_what_is_eligible():
    grant = Subsidy()  # facts.md 8.5: 2/3, at most 0.6 bn JPY
    assert grant.of(np.array([300e6, 900e6, 1200e6])) == pytest.approx([200e6, 600e6, 600e6])
    items = [plant(), Investment("private line", np.array([300.0]), 20, False, "assumed: test")]
    flows = {flow.what: flow for flow in investment_flows(items, "operator", YEARS, Subsidy(0.5, 1e9))}
    assert flows["subsidy"].amount[:, 0] == 450
    assert flows["subsidy"].payee == "operator"


def test_what_wears_out_is_bought_again_without_a_grant():
    (paid, grant) = investment_flows([plant(life=4)], "operator", YEARS, Subsidy(0.5, 1e9))
    assert np.flatnonzero(paid.amount[0]).tolist() == [0, 4, 8]
    assert np.flatnonzero(grant.amount[0]).tolist() == [0]


def test_each_member_has_its_own_payback():
    result = assess(project(savings=(100.0, 50.0, 20.0), amount=(900.0, 900.0, 900.0)))
    assert result.simple_payback_a == pytest.approx([4, 8, np.inf])
    plain = result.as_dict()["figures"]
    assert plain["simple_payback_a"] == {"mean": None, "min": 4.0, "max": None, "p05": 4.0, "p50": 8.0, "p95": None}


@pytest.mark.parametrize(
    ("cash", "years"),
    [
        ([-100, 60, 60, 60], 1 + 40 / 60),
        ([-100, 60, 60, -50, 60], 3.5),  # a replacement in year 3: paid back once more, half way through year 4
        ([-100, 100, 0], 1.0),
        ([-100, 50, 49], np.inf),
        ([10, 5, 5], 0.0),
        ([0, 0, 0], 0.0),
    ],
)
def test_payback_is_the_last_time_the_sum_turns_positive(cash, years):
    assert payback(np.array([cash], dtype=float)) == pytest.approx([years])


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), st.floats(0, 0.2))
def test_payments_between_parties_sum_to_zero_in_every_year(amounts, rate):
    parties = ("operator", "customers", "utility", "licensee")
    flows = tuple(
        Flow(f"f{at}", parties[at], parties[(at + 1) % 4], over_years(np.array([amount]), 3), "test")
        for at, amount in enumerate(amounts)
    )
    total = sum(balances(flows).values())
    assert np.abs(total).max() <= 1e-6
    npv = assess(Project(flows, "operator", np.ones((1, 4)), np.ones((1, 4)), frozenset(), rate)).npv
    assert sum(value[0] for value in npv.values()) == pytest.approx(0, abs=1e-5)


@given(st.floats(0.1, 1000), st.floats(0, 0.3))
def test_a_price_of_the_levelised_cost_makes_the_project_worth_nothing(price, rate):
    cost = np.array([[500.0, 20.0, 20.0, 20.0]])
    energy = np.array([[0.0, price, price, 2 * price]])
    income = levelised(cost, energy, rate)[:, np.newaxis] * energy
    assert present(income - cost, rate).sum() == pytest.approx(0, abs=1e-6)


def test_without_energy_or_avoided_co2_there_is_no_cost_of_it():
    nothing = np.zeros((1, YEARS + 1))
    result = assess(project(energy_kwh=nothing, avoided_kg=nothing))
    assert np.isnan(result.lcoe[0])
    assert spread(result.cost_per_kg)["p50"] is None


def test_payments_of_a_run_become_yearly_flows():
    def paid(amount):
        return [
            Payment("energy", Account.CUSTOMERS, Account.OPERATOR, s, Decimal(1), "kWh", Decimal(amount), "", "derived")
            for s in ("customer:a", "customer:b")
        ]

    (flow,) = payment_flows([paid(35), paid(70)], days=73, years=2, change=0.1)
    assert flow.amount == pytest.approx(np.array([[0, 350, 385], [0, 700, 770]]))  # 2 customers x 365/73
    assert (flow.payer, flow.payee, flow.certainty) == ("customers", "microgrid_operator", "derived")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"energy_kwh": np.ones((1, 3))}, "needs the shape"),
        ({"cost": frozenset({"fuel"})}, "no flow is called fuel; there are investment: plant, subsidy, saving"),
        ({"owner": "licensee"}, "licensee neither pays nor receives"),
        ({"rate": -1.0}, "makes no sense"),
    ],
)
def test_a_project_that_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        project(**changes)


def test_builders_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match="outside 0 to 10"):
        in_year(np.ones(1), 11, YEARS)
    with pytest.raises(ValueError, match="no year"):
        a_year_of(np.ones(1), 0)
    with pytest.raises(ValueError, match="life of 0 years"):
        list(investment_flows([plant(life=0)], "operator", YEARS))
