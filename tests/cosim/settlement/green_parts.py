"""Small contracts with numbers that can be worked out by hand."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from cosim.settlement.green_bill import Account
from cosim.settlement.green_terms import GreenTerms
from cosim.settlement.meter import Meter, Month
from cosim.settlement.tariff_file import TariffFile

SEOUL = ZoneInfo("Asia/Seoul")
JUNE, JULY = Month(2020, 6), Month(2020, 7)


def tariff(energy, **rates):
    return TariffFile.model_validate(
        {
            "name": "hand",
            "title": {"en": "hand"},
            "bill": "net-metering",
            "currency": "KRW",
            "timezone": "Asia/Seoul",
            "source": "by hand",
            "certainty": "assumed",
            "periods": [{"first": "2020-01-01", "rates": {"energy": energy, **rates}}],
        }
    )


def flat(price=100, base=0):
    return tariff({"kind": "flat", "per_kwh": price}, demand_charge_per_kw_month=base)


def night_and_day():
    rates = [{"per_kwh": 50, "hours": "00:00-12:00"}]
    return tariff({"kind": "time-of-use", "rates": rates, "otherwise_per_kwh": 150})


def monthly(*use, first=JUNE):
    """A meter with one reading a month."""
    months = [first]
    for _ in use:
        months.append(months[-1].following)
    edges = np.array([month.starts_at(SEOUL) for month in months], dtype=np.int64)
    load = np.array(use, dtype=float)
    return Meter(edges, load, np.zeros_like(load), SEOUL)


def hourly(night_kwh, day_kwh, first=JUNE, months=2, generation=None):
    """A meter that takes `night_kwh` an hour before noon and `day_kwh` after it."""
    end = first
    for _ in range(months):
        end = end.following
    edges = np.arange(first.starts_at(SEOUL), end.starts_at(SEOUL) + 1, 3600, dtype=np.int64)
    load = np.where(np.arange(len(edges) - 1) % 24 < 12, float(night_kwh), float(day_kwh))
    return Meter(edges, load, np.zeros_like(load) if generation is None else generation, SEOUL)


def account(meter, of, contract_kw=0):
    return Account(meter, of, Decimal(contract_kw))


def terms(**changes):
    period = {"first": "2020-01-01", "network_per_kwh": 20, "margin_per_kwh": 5, "certificate_per_kwh": 1}
    return GreenTerms.model_validate(
        {
            "name": "hand",
            "title": {"en": "hand"},
            "currency": "KRW",
            "source": "by hand",
            "certainty": "assumed",
            "periods": [period],
            **changes,
        }
    )
