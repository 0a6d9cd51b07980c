"""One community under three supply forms, worked by hand: 1 May 2024, a day of 31 (base charges of 310 are 10 a kW)."""

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pytest

from cosim.settlement.japan_contract import Contract
from cosim.settlement.japan_forms import Community, FormPrices, bill_form, differences, equal_in_all
from cosim.settlement.japan_payments import Account, amount_of, balances
from cosim.settlement.support import StandbyTerms
from tests.cosim.settlement.japan import meter, tariff

DAY, K = "2024-05-01T00:00", 48
RETAIL = tariff(
    demand_charge_per_kw_month=620,
    energy={"kind": "flat", "per_kwh": 25},
    fuel_adjustment_per_kwh=1,
    levy_per_kwh="japan",
)
OWN = tariff(demand_charge_per_kw_month=310, energy={"kind": "flat", "per_kwh": 22}, levy_per_kwh="japan")
RESIDUAL = tariff(energy={"kind": "spot-indexed", "wheeling_per_kwh": 2.6})
LOW = tariff(demand_charge_per_kw_month=310, energy={"kind": "wheeling", "per_kwh": 8, "loss_percent": 4})
HIGH = tariff(demand_charge_per_kw_month=620, energy={"kind": "wheeling", "per_kwh": 2.6})
SPOT = np.full(K, 10.0)


@dataclass(frozen=True)
class Rule:
    charge: str
    applies: bool
    why: str
    certainty: str = "derived: facts.md 3.1"


def rules(applies, **why):
    names = ("base", "energy", "fuel_adjustment", "levy", "wheeling", "upstream", "imbalance", "own_price")
    return tuple(Rule(name, name in applies, why.get(name, "the same")) for name in names)


SPECIFIED_TRANSMISSION = rules(
    {"own_price", "levy", "imbalance"},
    wheeling="none to the utility: the operator's wires are paid in its own price",
    own_price="the operator's price, wires included",
)
EXISTING_LINE = rules(
    {"base", "energy", "fuel_adjustment", "levy", "wheeling", "imbalance"}, wheeling="over the utility's wires"
)
LICENCE = rules(
    {"base", "energy", "fuel_adjustment", "levy", "wheeling", "imbalance", "upstream"},
    wheeling="over the licensee's wires, by its own wheeling tariff",
    upstream="the licensee buys connection of the utility above",
)


def community(**changes):
    """School 10 kWh and shop 5 kWh a half hour, plants 6: 9 come over the edge, 8 of them planned."""
    return Community(
        customers={"school": meter(DAY, (10, K)), "shop": meter(DAY, (5, K))},
        edge={"pcc": meter(DAY, (9, K))},
        generation_kwh=np.full(K, 6.0),
        planned_kwh=np.full(K, 8.0),
        **changes,
    )


def prices(**changes):
    customers = ("school", "shop")
    return FormPrices(
        **{
            "tariffs": dict.fromkeys(customers, RETAIL),
            "spot": SPOT,
            "residual": RESIDUAL,
            "wheeling": dict.fromkeys(customers, LOW),
            "upstream": HIGH,
            "imbalance": np.full(K, 15.0),
            **changes,
        }
    )


@pytest.fixture(scope="module")
def three():
    own = prices(tariffs={"school": OWN, "shop": OWN})
    return (
        bill_form("specified_transmission", SPECIFIED_TRANSMISSION, community(), own),
        bill_form("existing_line_microgrid", EXISTING_LINE, community(), prices()),
        bill_form("distribution_licence", LICENCE, community(), prices()),
    )


def paid(bill):
    found = {}
    for one in bill.payments:
        key = (one.charge, one.payer.value, one.payee.value)
        found[key] = found.get(key, 0) + one.amount
    return found


def test_specified_transmission_own_price_levy_and_the_edge(three):
    # school 20 kW x 10 + 480 x 22 = 10,760; shop 10 x 10 + 240 x 22 = 5,380; levy 1,675 + 837
    # edge 432 kWh x (10 + 2.6) = 5,443.2 -> 5,443, of it wheeling 1,123.2
    # imbalance 48 x 1 kWh x (15 - 10): the kWh itself is bought over the edge at spot
    assert paid(three[0]) == {
        ("own_price", "customers", "microgrid_operator"): 16_140,
        ("levy", "customers", "levy_fund"): 2_512,
        ("procurement", "microgrid_operator", "utility"): Decimal("1123.20"),
        ("procurement", "microgrid_operator", "market"): Decimal("4319.80"),
        ("imbalance", "microgrid_operator", "utility"): 240,
    }
    assert three[0].customers_pay == 18_652


def test_existing_line_every_customer_keeps_its_retailer_and_pays_wheeling_in_its_price(three):
    # base 20 x 20 + 10 x 20; energy 720 x 25; fuel 720 x 1; wheeling (200 + 3,840) + (100 + 1,920)
    # procurement 720/0.96 = 750 kWh x 10; the plants sell 288 kWh x 10
    assert paid(three[1]) == {
        ("base", "customers", "retailer"): 600,
        ("energy", "customers", "retailer"): 18_000,
        ("fuel_adjustment", "customers", "retailer"): 720,
        ("levy", "customers", "levy_fund"): 2_512,
        ("wheeling", "retailer", "utility"): 6_060,
        ("procurement", "retailer", "market"): 7_500,
        ("sale", "market", "microgrid_operator"): 2_880,
    }
    assert three[1].customers_pay == 21_832


def test_a_distribution_licence_moves_the_wheeling_and_adds_the_payment_upstream(three):
    existing, licence = paid(three[1]), paid(three[2])
    assert licence.pop(("wheeling", "retailer", "licensee")) == existing.pop(("wheeling", "retailer", "utility"))
    assert licence.pop(("upstream", "licensee", "utility")) == 1_483  # 18 kW x 20 + 432 x 2.6, cut
    assert licence == existing
    assert three[2].customers_pay == three[1].customers_pay


def test_the_differences_name_the_charge_and_the_rule(three):
    found = {one.charge: one for one in differences(three)}
    assert set(found) == {
        "base", "energy", "fuel_adjustment", "wheeling", "upstream", "imbalance", "own_price", "procurement", "sale",
    }  # fmt: skip
    assert equal_in_all(three) == {"levy": 2_512}  # charged alike under all three
    wheeling = found["wheeling"]
    assert list(wheeling.amounts.values()) == [0, 6_060, 6_060]
    assert list(wheeling.applies.values()) == [False, True, True]
    assert wheeling.why["distribution_licence"] == "over the licensee's wires, by its own wheeling tariff"


def test_payments_between_the_parties_sum_to_zero(three):
    for bill in three:
        assert sum(balances(bill.payments).values()) == 0
    operator = [balances(bill.payments)[Account.OPERATOR] for bill in three]
    assert operator == [16_140 - 5_443 - 240, 2_880, 2_880]
    assert balances(three[2].payments)[Account.LICENSEE] == 6_060 - 1_483


def test_a_charge_without_a_price_is_said_not_left_out(three):
    bare = prices(residual=None, wheeling=None, upstream=None, imbalance=None)
    assert bill_form("f", LICENCE, community(), bare).unpriced == ("wheeling", "upstream")
    assert bill_form("c", SPECIFIED_TRANSMISSION, community(), bare).unpriced == ("procurement", "imbalance")
    assert all(bill.unpriced == () for bill in three)
    assert [bill.outside for bill in three] == [(), ("imbalance",), ("imbalance",)]  # a retailer's group is larger


def test_standby_supply_and_surplus_over_the_edge_are_paid():
    supply = (*SPECIFIED_TRANSMISSION, Rule("standby", True, "back-up from the grid at the edge of the line"))
    plants = replace(community(), edge={"pcc": meter(DAY, (0, K), export_kwh=np.full(K, 2.0))})
    terms = StandbyTerms(Decimal(30), Decimal(2000), Decimal("0.3"), Decimal(25))
    bill = bill_form("specified_supply", supply, plants, prices(standby=terms))
    assert amount_of(bill.payments, "standby") == 18_000
    assert amount_of(bill.payments, "sale") == 960  # 96 kWh x 10
    assert sum(balances(bill.payments).values()) == 0


def test_tax_goes_to_the_state_and_the_accounts_still_close():
    taxed = tariff(energy={"kind": "flat", "per_kwh": 25}, tax_percent=10)
    bill = bill_form("e", EXISTING_LINE, community(), prices(tariffs={"school": taxed, "shop": taxed}))
    assert paid(bill)["tax", "customers", "state"] == 1_800
    assert sum(balances(bill.payments).values()) == 0
    assert bill.customers_pay == sum(one.total for bills in bill.bills.values() for one in bills)


def test_many_homes_on_one_meter_are_billed_as_so_many_contracts():
    # ten homes of 48 kWh each: blocks and whole yen of one home, ten times; 4 kVA of 310 are 40 for the day
    blocks = {"kind": "blocks", "blocks": [{"up_to_kwh": 40, "per_kwh": 10}, {"per_kwh": 30}]}
    homes = tariff(demand_charge_per_kw_month=310, demand_unit="kVA", energy=blocks, levy_per_kwh="japan")
    agreed = {"school": Contract(Decimal(4)), "shop": Contract(Decimal(4))}
    terms = prices(tariffs={"school": homes, "shop": homes}, contracts=agreed)
    one = bill_form("e", EXISTING_LINE, community(), terms)
    ten = bill_form("e", EXISTING_LINE, community(), replace(terms, counts={"school": 10}))
    of_school = [bill.bills["school"][0] for bill in (one, ten)]
    assert [bill.amount("energy") for bill in of_school] == [400 + 440 * 30, 10 * (400 + 8 * 30)]
    assert [bill.amount("base") for bill in of_school] == [40, 400]
    assert [bill.amount("levy") for bill in of_school] == [1_675, 1_670]  # 480 x 3.49; ten times 48 x 3.49, cut
    assert of_school[1].import_kwh == 480
    assert of_school[1].lines[0].unit == "kVA"
    assert of_school[1].total == sum(line.amount for line in of_school[1].lines)
    assert one.bills["shop"] == ten.bills["shop"]
    wheeled = [
        amount_of([p for p in bill.payments if p.subject == "customer:school"], "wheeling") for bill in (one, ten)
    ]
    assert wheeled == [40 + 3_840, 10 * (40 + 384)]


def test_kva_of_a_contract_cannot_be_measured():
    homes = tariff(demand_charge_per_kw_month=310, demand_unit="kVA")
    with pytest.raises(ValueError, match="per kVA of the contract, which no meter shows"):
        bill_form("e", EXISTING_LINE, community(), prices(tariffs={"school": homes, "shop": homes}))


def test_a_customer_without_a_tariff_is_named():
    with pytest.raises(ValueError, match="no tariff for shop"):
        bill_form("e", EXISTING_LINE, community(), prices(tariffs={"school": RETAIL}))
