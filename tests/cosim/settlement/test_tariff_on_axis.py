"""A tariff by name on the time axis: the rates of each month, and what a study and a tariff must agree on."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cosim.settlement.tariff import TariffSpec
from cosim.settlement.tariff_file import Period, TariffFile
from cosim.settlement.tariff_on_axis import compile_any, named_tariff, written_tariff
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar
from simulators.sources.errors import SourceError

TOKYO = ZoneInfo("Asia/Tokyo")
FLAT = {"energy": {"kind": "flat", "per_kwh": 20.0}}
SPOT = {"energy": {"kind": "spot-indexed", "wheeling_per_kwh": 2.0}}


def tariff(*periods):
    given = written_tariff(TariffSpec.model_validate(FLAT), "JPY", "Asia/Tokyo").model_dump(mode="json")
    return TariffFile.model_validate(
        given | {"name": "two", "periods": [{"first": f, "rates": r} | more for f, r, more in periods]}
    )


def axis(start, hours):
    return TimeAxis.build(datetime.fromisoformat(start).replace(tzinfo=TOKYO), hours * 3600, 1800)


def test_each_month_has_the_rates_in_force_on_its_first_day():
    found = tariff(("2020-01-01", FLAT, {"last": "2020-04-15"}), ("2020-04-16", SPOT, {}))
    time = axis("2020-04-30T23:00", 2)
    prices = compile_any(found, time, np.full(4, 9.0), Calendar(None, TOKYO), "JPY").energy_price
    assert prices.tolist() == [20, 20, 11, 11]  # April began under the flat rate


def test_a_written_tariff_is_the_same_on_the_axis_as_a_file_that_holds_it():
    rates = TariffSpec.model_validate(SPOT | {"levy_per_kwh": "japan", "tax_percent": 10.0})
    time, spot, calendar = axis("2021-04-30T20:00", 8), np.arange(16.0), Calendar(None, TOKYO)
    plain = compile_any(rates, time, spot, calendar, "JPY")
    filed = compile_any(written_tariff(rates, "JPY", "Asia/Tokyo"), time, spot, calendar, "JPY")
    assert (plain.energy_price == filed.energy_price).all()
    assert (plain.tax_percent == filed.tax_percent).all()


def test_yen_are_billed_the_japanese_way_and_other_money_by_net_metering():
    rates = TariffSpec.model_validate(FLAT)
    assert written_tariff(rates, "JPY", "Asia/Tokyo").bill == "japan"
    assert written_tariff(rates, "KRW", "Asia/Seoul").bill == "net-metering"


def test_a_month_without_rates_two_currencies_and_another_zone_are_refused():
    time, calendar = axis("2020-04-30T23:00", 2), Calendar(None, TOKYO)
    ends = tariff(("2020-01-01", FLAT, {"last": "2020-04-30"}))
    for given, currency, message in (
        (ends, "JPY", "tariff two has no rates for 2020-05-01"),
        (ends, "KRW", "two currencies: tariff two is in JPY, the market in KRW"),
        (named_tariff("kr-2004-residential"), "KRW", "is meant in Asia/Seoul, the study runs in Asia/Tokyo"),
    ):
        with pytest.raises(SourceError, match=message):
            compile_any(given, time, None, calendar, currency)


def test_an_unknown_name_says_what_is_bundled():
    with pytest.raises(SourceError, match="there is no tariff jp-hv; bundled are jp-hv-business"):
        named_tariff("jp-hv")


def test_the_period_of_a_written_tariff_holds_every_day():
    assert (
        written_tariff(TariffSpec.model_validate(FLAT), "JPY", "Asia/Tokyo").at(date(1900, 1, 1))
        == Period(first=date.min, rates=TariffSpec.model_validate(FLAT)).rates
    )


def test_amounts_are_whole_yen_and_won_and_hundredths_of_other_money():
    rates = TariffSpec.model_validate(FLAT)
    digits = {money: written_tariff(rates, money, "UTC").rounding.digits for money in ("JPY", "KRW", "USD", "EUR")}
    assert digits == {"JPY": 0, "KRW": 0, "USD": 2, "EUR": 2}
