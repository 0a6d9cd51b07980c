"""Which bill a tariff makes, and that nothing a tariff states is dropped."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.errors import UsageError
from cosim.settlement.billing import BillTerms, JapanSettlement, bill_japan, bill_meter, half_hours_of
from cosim.settlement.japan_contract import Contract
from cosim.settlement.meter import Meter
from cosim.settlement.settle import Settlement, settle_meter
from cosim.settlement.tariff_file import TariffFile, load_tariff
from cosim.settlement.terms import Credit, NetMeteringTerms
from tests.cosim.settlement.japan import tariff as japanese

TOKYO = ZoneInfo("Asia/Tokyo")
BLOCKS = {
    "kind": "blocks",
    "blocks": [{"up_to_kwh": 100, "per_kwh": 10}, {"per_kwh": 30}],
    "representative_per_kwh": 20,
}


def net_metering(**rates):
    base = japanese(energy=BLOCKS, **rates).model_dump(mode="json")
    return TariffFile.model_validate(base | {"bill": "net-metering"})


def meter(load, generation, hours=24.0, start=datetime(2024, 5, 1, tzinfo=TOKYO)):
    step = round(3600 * hours / len(load))
    edges = round(start.timestamp()) + step * np.arange(len(load) + 1)
    return Meter(edges, np.array(load, float), np.array(generation, float), TOKYO)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0, 1.5, -2.25]), st.sampled_from([0, 3.49]))
def test_fuel_adjustment_and_levy_are_paid_on_every_kwh_of_a_block_tariff(use, own, adjustment, levy):
    """V1 = T(U) - T(N), T with its extras."""
    extra = Decimal(str(adjustment)) + Decimal(str(levy))
    rates = net_metering(fuel_adjustment_per_kwh=adjustment, levy_per_kwh=levy)
    terms = NetMeteringTerms(purchase_per_kwh=Decimal(0))
    bill = settle_meter(meter([use], [own]), rates, terms).bills[0]

    def charge(kwh):
        return min(kwh, 100) * 10 + max(kwh - 100, 0) * 30 + kwh * extra

    rounding = rates.rounding
    assert bill.charge_before == rounding.apply(Decimal(charge(use)))
    assert bill.charge_after == rounding.apply(Decimal(charge(max(use - own, 0))))
    representative = settle_meter(meter([use], [own]), rates, replace(terms, credit=Credit.REPRESENTATIVE)).bills[0]
    credited = min(use, own)
    assert representative.charge_after == rounding.apply(Decimal(charge(use)) - credited * (20 + extra))


def test_the_extras_stand_among_the_parts_and_the_credit():
    rates = net_metering(fuel_adjustment_per_kwh=1.5, levy_per_kwh="japan")
    told = settle_meter(meter([150], [60]), rates, NetMeteringTerms()).as_dict()
    assert [(part["of"], part["amount"]) for part in told["parts"]] == [
        ("block 1", 1000),
        ("block 2", 1500),
        ("fuel adjustment and levy", 748.5),  # 150 x (1.5 + 3.49)
    ]
    assert [(part["of"], part["kwh"]) for part in told["months"][0]["credit_parts"]] == [
        ("block 2", 50),
        ("block 1", 10),
        ("fuel adjustment and levy", 60),
    ]
    for parts, total in ((told["parts"], "charge_before"), (told["months"][0]["credit_parts"], "credit")):
        assert sum(part["amount"] for part in parts) == pytest.approx(told[total], abs=1.0)


def test_extras_that_change_within_a_month_are_refused_with_blocks():
    rates = net_metering(fuel_adjustment_per_kwh={date(2024, 4, 1): 1, date(2024, 5, 2): 2})
    with pytest.raises(UsageError, match="changes within 2024-05"):
        settle_meter(meter([1] * 48, [0] * 48, hours=48), rates, NetMeteringTerms())


def test_a_block_tariff_without_representative_price_is_billed():
    blocks = {key: value for key, value in BLOCKS.items() if key != "representative_per_kwh"}
    base = japanese(energy=blocks).model_dump(mode="json")
    rates = TariffFile.model_validate(base | {"bill": "net-metering"})
    assert settle_meter(meter([150], [0]), rates, NetMeteringTerms()).total == 2500


def test_the_tariff_says_which_bill_is_made():
    one = meter([10, 10], [0, 0], hours=1)
    assert isinstance(bill_meter(one, net_metering(), BillTerms()), Settlement)
    assert isinstance(bill_meter(one, japanese(), BillTerms()), JapanSettlement)


def test_own_generation_is_worth_what_the_bill_without_it_costs_more():
    # two half hours: 10 kWh used in each, 4 and 14 kWh made: 6 kWh bought, 4 kWh fed in
    found = bill_meter(meter([10, 10], [4, 14], hours=1), japanese(), BillTerms())
    assert (found.charge_before, found.total, found.credit) == (310, 93, 217)  # 20 and 6 kWh at 15.5
    told = found.as_dict()
    assert (told["import_kwh"], told["export_kwh"], told["generation_kwh"]) == (6, 4, 18)
    assert told["assumed"]


def test_a_point_without_own_generation_has_no_second_bill():
    found = bill_meter(meter([10, 10], [0, 0], hours=1), japanese(), BillTerms())
    assert (found.without, found.charge_before, found.credit) == (None, found.total, 0)


def test_quarter_hours_are_netted_one_by_one_and_keep_their_kvarh():
    halves = half_hours_of(meter([1, 3, 2, 2], [2, 0, 0, 0], hours=1), kvarh=np.array([1.0, 2.0, 3.0, -1.0]))
    assert halves.import_kwh.tolist() == [3, 4]
    assert halves.export_kwh.tolist() == [1, 0]
    assert halves.kvarh is not None
    assert halves.kvarh.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"demand_charge_per_kw_month": 100, "power_factor": {}}, "no reactive energy is metered"),
        ({"energy": {"kind": "spot-indexed"}}, "spot-indexed"),
    ],
)
def test_what_a_japanese_bill_lacks_is_a_users_mistake(rates, message):
    with pytest.raises(UsageError, match=message):
        bill_japan(half_hours_of(meter([10, 10], [0, 0], hours=1)), japanese(**rates), BillTerms())


def test_only_the_charges_that_apply_are_billed():
    rates = japanese(demand_charge_per_kw_month=1000, levy_per_kwh="japan")
    terms = BillTerms(contract=Contract(agreed_kw=Decimal(50)), applies=frozenset({"levy"}))
    found = bill_meter(meter([10, 10], [0, 0], hours=1), rates, terms)
    assert set(found.as_dict()["parts"]) == {"levy"}


def test_every_bundled_tariff_says_its_bill():
    kinds = {name: load_tariff(name).bill for name in ("kr-2004-residential", "jp-hv-business")}
    assert kinds == {"kr-2004-residential": "net-metering", "jp-hv-business": "japan"}


def test_a_japanese_bill_by_blocks_needs_no_representative_price():
    blocks = {key: value for key, value in BLOCKS.items() if key != "representative_per_kwh"}
    assert bill_meter(meter([100, 50], [0, 0], hours=1), japanese(energy=blocks), BillTerms()).total == 2500


def test_what_a_tariff_lacks_is_said_in_the_words_of_its_file():
    for rates in (net_metering(levy_per_kwh="japan"), japanese(levy_per_kwh="japan")):
        late = meter([1, 1], [0, 0], hours=1, start=datetime(2027, 5, 1, tzinfo=TOKYO))
        with pytest.raises(UsageError, match=r"^tariff \S+: levy_per_kwh: no value for 2027-05-01"):
            bill_meter(late, rates, BillTerms())
