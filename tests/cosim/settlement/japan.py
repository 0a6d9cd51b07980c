"""Meters and tariffs for the tests of Japanese bills."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.tariff_file import TariffFile

TOKYO = ZoneInfo("Asia/Tokyo")


def tariff(first="2019-10-01", mode="down", **rates):
    rates.setdefault("energy", {"kind": "flat", "per_kwh": 15.5})
    return TariffFile.model_validate(
        {
            "name": "test",
            "title": {"en": "Test"},
            "bill": "japan",
            "currency": "JPY",
            "timezone": "Asia/Tokyo",
            "rounding": {"digits": 0, "mode": mode},
            "source": "test",
            "certainty": "assumed: test",
            "periods": [{"first": first, "rates": rates}],
        }
    )


def meter(start, values, **registers):
    """Half hours from a local start: a list of energies, or (one energy, number of half hours)."""
    values = np.full(values[1], float(values[0])) if isinstance(values, tuple) else values
    begin = round(datetime.fromisoformat(start).replace(tzinfo=TOKYO).timestamp())
    return HalfHours.of(begin, values, TOKYO, **registers)
