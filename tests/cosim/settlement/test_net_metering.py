"""Each treatment of surplus on one year, worked out by hand below.

Use is 300 kWh in every month: T(300) = 5,460 + 11,280 + 16,290 = 33,030 won. Generation is 100 kWh from January to
March and from October to December: N = 200 kWh, T(200) = 16,740. From April to September it is 400 kWh, 100 of them
surplus.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.errors import UsageError
from cosim.settlement.meter import Meter, Month
from cosim.settlement.settle import settle_meter
from cosim.settlement.tariff_file import load_tariff
from cosim.settlement.terms import Credit, Method, NetMeteringTerms, Surplus

SEOUL = ZoneInfo("Asia/Seoul")
YEAR = [100] * 3 + [400] * 6 + [100] * 3
RESIDENTIAL = "kr-2004-residential"


def monthly(use, generation, year=2004):
    months = [Month(year, 1 + at) for at in range(len(use))]
    edges = [month.starts_at(SEOUL) for month in (*months, months[-1].following)]
    return Meter(np.array(edges), np.array(use, float), np.array(generation, float), SEOUL)


def settled(generation=YEAR, use=None, tariff=RESIDENTIAL, **terms):
    meter = monthly([300] * len(generation) if use is None else use, generation)
    return settle_meter(meter, load_tariff(tariff), NetMeteringTerms(**terms))


def sums(settlement):
    told = settlement.as_dict()
    return told["charge_before"], told["charge_after"], told["payment"]


def test_surplus_bought_at_the_end_of_each_period():
    # six months at T(200); six months nothing due and 100 kWh bought at 162.9
    assert sums(settled(surplus=Surplus.PURCHASE)) == (12 * 33_030, 6 * 16_740, 6 * 16_290)


def test_surplus_given_away_is_paid_by_nobody():
    settlement = settled(surplus=Surplus.FORFEIT)
    assert sums(settlement) == (12 * 33_030, 6 * 16_740, 0)
    assert sum(bill.forfeited_kwh for bill in settlement.bills) == 600


def test_surplus_rolled_from_month_to_month():
    # 600 kWh stand on the account at the end of September; 200 kWh of them serve October, November and December each
    settlement = settled(surplus=Surplus.ROLL)
    assert sums(settlement) == (12 * 33_030, 3 * 16_740, 0)
    assert [bill.carried_out_kwh for bill in settlement.bills] == [0, 0, 0, 100, 200, 300, 400, 500, 600, 400, 200, 0]


def test_surplus_rolled_in_half_year_cycles_and_bought_at_their_end():
    # June ends the first cycle with 300 kWh, bought at 162.9; October uses 200 of the 300 kWh of July to September,
    # November the other 100: N = 100, T(100) = 5,460; December N = 200
    settlement = settled(surplus=Surplus.STEP, cycle_months=6)
    assert sums(settlement) == (12 * 33_030, 3 * 16_740 + 5_460 + 16_740, 48_870)
    assert [bill.bought_kwh for bill in settlement.bills] == [0] * 5 + [300] + [0] * 6


def test_step_buys_what_is_left_at_the_end_of_the_settlement():
    assert [bill.bought_kwh for bill in settled([500] * 2, surplus=Surplus.STEP).bills] == [0, 400]


def test_representative_credit_counts_every_kwh_alike():
    settlement = settled([200], use=[450], credit=Credit.REPRESENTATIVE)
    assert (settlement.bills[0].credit, settlement.bills[0].charge_after) == (32_580, 73_895 - 32_580)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 800), st.integers(0, 800)), min_size=1, max_size=12),
    st.sampled_from(list(Surplus)),
    st.sampled_from(list(Method)),
)
def test_every_kwh_is_credited_bought_given_away_or_carried_and_every_won_adds_up(months, surplus, method):
    use, generation = zip(*months, strict=True)
    settlement = settled(list(generation), list(use), surplus=surplus, method=method)
    carried = Decimal(0)
    for bill in settlement.bills:
        assert bill.carried_in_kwh == (carried if method is Method.NET_METERING else 0)
        gained = bill.generation_kwh + bill.carried_in_kwh
        assert gained == bill.credited_kwh + bill.bought_kwh + bill.forfeited_kwh + bill.carried_out_kwh
        assert bill.charge_before - bill.credit == bill.charge_after
        assert bill.credited_kwh <= bill.use_kwh
        carried = bill.carried_out_kwh
    exported = sum(max(g - u, 0) for u, g in months)
    assert carried <= exported


def test_intervals_apart_pay_for_what_crosses_the_meter():
    # one month, two intervals: 300 kWh used at night, 300 kWh made by day; netted over the month nothing is due
    half = (Month(2004, 5).starts_at(SEOUL) + Month(2004, 6).starts_at(SEOUL)) // 2
    edges = np.array([Month(2004, 5).starts_at(SEOUL), half, Month(2004, 6).starts_at(SEOUL)])
    meter = Meter(edges, np.array([300.0, 0.0]), np.array([0.0, 300.0]), SEOUL)
    tariff = load_tariff(RESIDENTIAL)
    apart = settle_meter(meter, tariff, NetMeteringTerms(Method.NET_PURCHASE_AND_SALE)).bills[0]
    assert (apart.charge_after, apart.payment, apart.bought_kwh) == (33_030, 48_870, 300)
    over_the_month = settle_meter(meter, tariff, NetMeteringTerms()).bills[0]
    assert (over_the_month.charge_after, over_the_month.payment) == (0, 0)


def test_general_service_is_credited_at_the_price_of_its_season():
    # July 91.6, April 61.0 won/kWh (document 2, 3.1)
    bills = settled([0, 0, 0, 100, 0, 0, 100], tariff="kr-2004-general-gap", purchase_per_kwh=Decimal(50)).bills
    assert (bills[3].credit, bills[6].credit) == (6_100, 9_160)


def test_general_service_by_time_of_use_is_credited_at_the_price_of_its_hour():
    start = round(datetime(2004, 7, 5, tzinfo=SEOUL).timestamp())
    edges = start + 3600 * np.arange(25)
    load, generation = np.ones(24), np.zeros(24)
    generation[[10, 20]] = 0.5  # 10-11 h peak load 140, 20-21 h medium load 90 (rates assumed in the tariff)
    tariff = load_tariff("kr-2004-general-eul")
    bill = settle_meter(Meter(edges, load, generation, SEOUL), tariff, NetMeteringTerms()).bills[0]
    assert bill.credit == 70 + 45
    # nine base hours, one hour 9-10, ... : 23-09 h 10 h at 45, peak 6 h at 140, medium 8 h at 90
    assert bill.charge_before == 450 + 840 + 720


def test_surplus_without_a_price_is_refused():
    tariff = load_tariff("kr-2004-general-gap")
    with pytest.raises(UsageError, match="no price is known"):
        settle_meter(monthly([100], [200]), tariff, NetMeteringTerms())


def test_another_zone_than_the_tariffs_is_refused():
    meter = replace(monthly([100], [0]), zone=ZoneInfo("Asia/Tokyo"))
    with pytest.raises(UsageError, match="meant in Asia/Seoul"):
        settle_meter(meter, load_tariff(RESIDENTIAL), NetMeteringTerms())


def test_a_month_before_the_tariff_is_refused():
    with pytest.raises(UsageError, match="has no rates for 2003-01-01"):
        settle_meter(monthly([100], [0], year=2003), load_tariff(RESIDENTIAL), NetMeteringTerms())


def test_a_reading_over_hours_of_several_prices_is_refused_not_priced_at_their_mean():
    with pytest.raises(UsageError, match=r"changes within the reading from 2004-01-01T00:00\+09:00 to 2004-02-01"):
        settle_meter(monthly([450], [0]), load_tariff("kr-2004-general-eul"), NetMeteringTerms())
    assert settled([0] * 12, tariff="kr-2004-general-gap")  # by season: a month has one price


def test_a_reading_of_two_months_is_refused():
    edges = [round(datetime(2004, month, 15, tzinfo=SEOUL).timestamp()) for month in (5, 6)]
    meter = Meter(np.array(edges), np.array([450.0]), np.array([0.0]), SEOUL)
    with pytest.raises(UsageError, match="belongs to two months"):
        settle_meter(meter, load_tariff(RESIDENTIAL), NetMeteringTerms())


def test_days_metered_are_those_inside_the_month_and_blocks_are_named_where_there_are_any():
    first = round(datetime(2004, 5, 30, tzinfo=SEOUL).timestamp())
    meter = Meter(first + 86_400 * np.arange(4), np.ones(3), np.zeros(3), SEOUL)  # 30 and 31 May, 1 June
    notes = settle_meter(meter, load_tariff(RESIDENTIAL), NetMeteringTerms()).notes
    assert notes == tuple(
        f"{month} is metered for {days} days only: its blocks are those of a whole month"
        for month, days in (("2004-05", 2), ("2004-06", 1))
    )
    notes = settle_meter(meter, load_tariff("kr-2004-general-gap"), NetMeteringTerms()).notes
    assert notes[0] == "2004-05 is metered for 2 days only"


def test_a_credit_beyond_the_charge_is_said():
    # 100 kWh cost less than 100 x 162.9
    found = settled([100], [100], credit=Credit.REPRESENTATIVE)
    assert found.bills[0].charge_after < 0
    assert "2004-01: the credit exceeds the charge" in found.as_dict()["notes"][0]
    assert not settled([100], [100]).notes
