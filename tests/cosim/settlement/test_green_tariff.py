"""A green tariff month by month: three plants, four consumers, a month of shortage and one of surplus, by hand."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.errors import UsageError
from cosim.settlement.green_certificates import State
from cosim.settlement.green_tariff import Participant, Plant, Retirement, months_after, settle_green
from cosim.settlement.green_terms import contract_price
from cosim.settlement.green_trail import audit
from cosim.settlement.meter import Month
from cosim.settlement.money import Rounding
from cosim.settlement.tariff_file import load_tariff
from tests.cosim.settlement.green_parts import JULY, JUNE, account, flat, hourly, monthly, night_and_day, tariff, terms

WON = Rounding()
SMP = {JUNE: Decimal("80"), JULY: Decimal("60.005")}


def kwh(june, july):
    return {JUNE: Decimal(june), JULY: Decimal(july)}


def plants():
    return [
        Plant("hill", 900, kwh("600.4", "1000.5")),
        Plant("mill", 200, kwh("250.3", "400.6"), base_price=Decimal(110)),
        Plant("weir", 150, kwh("149.5", "200.2")),
    ]


def participant(name, of, declared, paid_in=None, **more):
    declared_kwh = dict.fromkeys((JUNE, JULY), declared)
    return Participant(name, of, declared_kwh, more.pop("contracts_from", (JUNE,)), paid_in or {}, **more)


def consumers():
    return [
        participant("a", account(monthly(1000, 1000), flat(100, base=1000), 10), 600),
        participant("b", account(monthly(450, 250), load_tariff("kr-2004-residential")), 300, {JUNE: JULY}),
        participant("c", account(hourly(0.5, 1.0), night_and_day()), 300),
        participant("d", account(monthly(100.8, 60), flat(100)), 300, {JUNE: None}),
    ]


def prices(months=(JUNE, JULY)):
    return [contract_price(terms(), month, SMP.get(month, Decimal(70))) for month in months]


@pytest.fixture(scope="module")
def settled():
    return settle_green(prices(), plants(), consumers(), WON)


def test_a_plant_gets_a_certificate_a_whole_kwh_and_the_fraction_counts_next_month(settled):
    june, july = settled.months
    assert [(one.certificates, str(one.register_kwh)) for one in june.plants] == [
        (600, "0.4"), (250, "0.3"), (149, "0.5"),
    ]  # fmt: skip
    # 0.4 + 1000.5, 0.3 + 400.6, 0.5 + 200.2
    assert [(one.certificates, str(one.register_kwh)) for one in july.plants] == [
        (1000, "0.9"), (400, "0.9"), (200, "0.7"),
    ]  # fmt: skip


def test_the_utility_pays_the_weighted_smp_or_the_old_base_price(settled):
    assert [one.payment for one in settled.months[0].plants] == [48032, 27533, 11960]  # x 80, x 110, x 80


def test_the_contract_price_is_smp_network_margin_and_certificate(settled):
    june, july = settled.months
    assert june.price.per_kwh == 106  # 80 + 20 + 5 + 1
    assert july.price.per_kwh == Decimal("86.01")  # 60.005 to 60.01, + 26


def test_a_shortage_is_shared_by_demand_up_to_the_use(settled):
    # 999 for 600 + 300 + 300 + 300: 399.6 and 3 x 199.8, so 399, 200, 200, 200;
    # d used 100 only, its other 100 go on as 50, 25, 25
    june = settled.months[0]
    assert [bill.green_kwh for bill in june.bills] == [449, 225, 225, 100]
    assert june.left_over == 0


def test_a_surplus_serves_everybody_and_the_rest_stays_issued(settled):
    july = settled.months[1]
    assert [bill.green_kwh for bill in july.bills] == [600, 250, 300, 60]
    assert july.left_over == 1600 - 1210


@pytest.mark.parametrize(
    ("month", "name", "base", "green", "ordinary", "without"),
    [
        (JUNE, "a", 10_000, 449 * 106, 551 * 100, 110_000),
        # the rest, 225 kWh, starts at block 1: 5,460 + 11,280 + 25 x 162.9 = 20,812.5
        (JUNE, "b", 0, 225 * 106, 20_813, 73_895),
        # 180 x 50 + 360 x 150 = 63,000 for 540 kWh, of which 315 are left in the same proportion
        (JUNE, "c", 0, 225 * 106, 36_750, 63_000),
        (JUNE, "d", 0, 10_600, 80, 10_080),  # 0.8 kWh are no whole certificate
        (JULY, "a", 10_000, 51_606, 40_000, 110_000),  # 600 x 86.01
        (JULY, "b", 0, 21_503, 0, 24_885),  # 250 x 86.01 = 21,502.5
        (JULY, "c", 0, 25_803, 30_100, 65_100),  # 65,100 x 258 / 558
        (JULY, "d", 0, 5_161, 0, 6_000),  # 60 x 86.01 = 5,160.6
    ],
)
def test_a_bill_is_base_green_and_ordinary_rest_to_the_won(settled, month, name, base, green, ordinary, without):
    bill = next(one for one in settled.bills_of(name) if one.month == month)
    assert (bill.base, bill.green, bill.ordinary, bill.without) == (base, green, ordinary, without)
    assert bill.total == bill.base + bill.green + bill.ordinary
    assert bill.green_kwh + bill.rest_kwh == bill.use_kwh


def test_every_certificate_is_in_one_state_at_the_end(settled):
    book = settled.ledger
    assert {state: book.count(state) for state in State} == {
        State.ISSUED: 390,  # July's surplus
        State.NOTIFIED: 100,  # d never paid June
        State.TRANSFERRED: 0,
        State.RETIRED: 449 + 225 + 225 + 1210,
    }
    assert book.count() == 999 + 1600
    assert book.by_month(State.NOTIFIED, "d") == {JUNE: 100}
    assert audit(book) == []


def test_a_late_payment_transfers_when_it_is_made(settled):
    steps = [(entry.step, entry.booked) for entry in settled.ledger.trail if (entry.holder, entry.month) == ("b", JUNE)]
    assert steps[0] == (4, JUNE)
    assert {step for step in steps if step[0] > 4} == {(5, JULY), (6, JULY)}


def test_outside_its_contract_a_consumer_is_allotted_nothing():
    late = replace(consumers()[0], contracts_from=(JULY,))
    june, july = settle_green(prices(), plants(), [late], WON).bills_of("a")
    assert (june.under_contract, june.green_kwh, june.total, june.declared_kwh) == (False, 0, june.without, 0)
    assert july.green_kwh == 600


def test_a_contract_runs_twelve_months_and_may_be_renewed():
    one = participant("a", account(monthly(1), flat()), 1, contracts_from=(Month(2020, 6), Month(2021, 6)))
    bound = [months_after(JUNE, number) for number in range(-1, 25)]
    assert [one.under_contract(month) for month in bound] == [False, *[True] * 24, False]
    with pytest.raises(ValueError, match="a: a contract runs 12 months"):
        replace(one, contracts_from=(Month(2020, 6), Month(2021, 5)))


def test_certificates_may_be_kept_until_the_contract_ends():
    started = months_after(JUNE, -11)  # ends with June
    one = replace(consumers()[0], retirement=Retirement.CONTRACT_END, contracts_from=(started, JULY))
    book = settle_green(prices(), plants(), [one], WON).ledger
    assert book.by_month(State.RETIRED, "a") == {JUNE: 600}
    assert book.by_month(State.TRANSFERRED, "a") == {JULY: 600}


def test_a_plant_above_one_megawatt_is_refused_by_name():
    with pytest.raises(ValueError, match=r"plant dam has 1001 kW.*1,000 kW"):
        Plant("dam", 1001, {})
    assert Plant("dam", 1000, {}).kw == 1000


def test_what_cannot_be_settled_is_said():
    with pytest.raises(ValueError, match="plant hill has a negative reading in 2020-06"):
        Plant("hill", 10, {JUNE: Decimal(-1)})
    with pytest.raises(ValueError, match="a: the bill of 2020-07 cannot be paid before its month"):
        participant("a", account(monthly(1), flat()), 1, {JULY: JUNE})
    with pytest.raises(ValueError, match="plant hill has no reading for 2020-08"):
        settle_green(prices((JULY, JULY.following)), plants()[:1], [], WON)
    with pytest.raises(ValueError, match="without gap"):
        settle_green(prices((JUNE, Month(2020, 8))), plants(), [], WON)
    with pytest.raises(ValueError, match="plant hill stands there twice"):
        settle_green(prices(), plants()[:1] * 2, [], WON)
    with pytest.raises(ValueError, match="participant a stands there twice"):
        settle_green(prices(), plants(), consumers()[:1] * 2, WON)
    with pytest.raises(UsageError, match="green terms hand has no rates for 2019-12-01; it has 2020-01-01 to open"):
        contract_price(terms(), Month(2019, 12), Decimal(80))
    taxed = replace(
        consumers()[0], account=account(monthly(9, 9), tariff({"kind": "flat", "per_kwh": 9}, tax_percent=10))
    )
    with pytest.raises(UsageError, match="puts a tax on top"):
        settle_green(prices(), plants(), [taxed], WON)


def test_adders_of_a_block_tariff_are_paid_on_the_rest():
    blocks = {"kind": "blocks", "representative_per_kwh": 60, "blocks": [{"per_kwh": 60}]}
    with_adders = account(monthly(100), tariff(blocks, fuel_adjustment_per_kwh=-3, levy_per_kwh=5))
    assert with_adders.energy_charge(JUNE, Decimal(40)) == 40 * 62
    with pytest.raises(ValueError, match="out of a use of 100"):
        with_adders.energy_charge(JUNE, Decimal(101))


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_energy_money_and_certificates_close_whatever_the_month(data):
    tenths = st.integers(0, 9000).map(lambda value: Decimal(value) / 10)
    made = [Plant(name, 900, kwh(data.draw(tenths), data.draw(tenths))) for name in ("hill", "weir")]
    buyers = [
        participant(
            name,
            account(monthly(*(float(data.draw(tenths)) for _ in range(2))), flat(91.6, base=6160), 3),
            data.draw(st.integers(0, 900)),
            {JUNE: data.draw(st.sampled_from([JUNE, JULY, None]))},
        )
        for name in ("a", "b", "c")
    ]
    out = settle_green(prices(), made, buyers, WON)
    assert audit(out.ledger) == []
    metered = sum(kwh for plant in made for kwh in plant.metered_kwh.values())
    assert out.ledger.count() + sum(one.register_kwh for one in out.months[-1].plants) == metered
    for month in out.months:
        allotted = sum(bill.green_kwh for bill in month.bills)
        assert allotted + month.left_over == sum(one.certificates for one in month.plants)
        for bill in month.bills:
            assert bill.total == bill.base + bill.green + bill.ordinary
            assert bill.green_kwh + bill.rest_kwh == bill.use_kwh
            assert bill.rest_kwh >= 0


def test_what_comes_on_top_of_blocks_must_not_change_within_a_month():
    energy = {"kind": "blocks", "blocks": [{"up_to_kwh": 100, "per_kwh": 60}, {"per_kwh": 90}]}
    dates = {"2020-01-01": 1, "2020-07-01": 3, "2020-07-15": 4}
    one = account(monthly(150, 150), tariff(energy, fuel_adjustment_per_kwh=dates, levy_per_kwh=2))
    assert one.energy_charge(JUNE, Decimal(150)) == 100 * 60 + 50 * 90 + 150 * 3
    with pytest.raises(UsageError, match="changes within 2020-07"):
        one.energy_charge(JULY, Decimal(150))
