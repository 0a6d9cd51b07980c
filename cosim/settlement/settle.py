"""`cosim settle`: a meter and a tariff in, a bill out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cosim.errors import UsageError
from cosim.results.files import write_json
from cosim.settlement.blocks import Blocks, block_parts
from cosim.settlement.meter import Meter
from cosim.settlement.meter_csv import read_meter
from cosim.settlement.metered_prices import pricing
from cosim.settlement.money import rate
from cosim.settlement.net_metering import MonthBill, settle_months, totals
from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.terms import NetMeteringTerms

SCHEMA = "cosim-settlement/1"


@dataclass(frozen=True)
class Settlement:
    """The bills of one metering point."""

    tariff: TariffFile
    terms: NetMeteringTerms
    meter: Meter
    bills: tuple[MonthBill, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data: totals, one row a month, and the parts of every month's charge."""
        whole = totals(self.bills)
        return {
            "schema": SCHEMA,
            "tariff": self.tariff.name,
            "currency": self.tariff.currency,
            "timezone": self.meter.zone.key,
            "method": self.terms.method.value,
            "credit_by": self.terms.credit.value,
            "surplus_by": self.terms.surplus.value,
            "source": self.tariff.source,
            "certainty": self.tariff.certainty,
            "rounding": self.tariff.rounding.model_dump(mode="json"),
            **{name: number(amount) for name, amount in whole.items()},
            "due": number(whole["charge_after"] - whole["payment"]),
            "months": [_month(bill, self.tariff) for bill in self.bills],
        }

    def write(self, path: Path) -> None:
        """Write it as JSON; the file is replaced in one move."""
        write_json(path, self.as_dict())


def number(amount: Decimal) -> int | float:
    """An amount for JSON: whole ones as integers, nothing in exponents."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def settle_csv(path: Path, tariff: TariffFile, timezone: str, terms: NetMeteringTerms) -> Settlement:
    """The bill of a meter file.

    Raises:
        InputError: the file is wrong.
        UsageError: the zone is unknown or not the tariff's, or surplus has no price.
    """
    return settle_meter(read_meter(path, zone_of(timezone)), tariff, terms)


def settle_meter(meter: Meter, tariff: TariffFile, terms: NetMeteringTerms) -> Settlement:
    """The bill of a meter; UsageError as in `settle_csv`."""
    if terms.purchase_per_kwh is None and tariff.surplus_per_kwh is not None:
        terms = replace(terms, purchase_per_kwh=rate(tariff.surplus_per_kwh))
    try:
        bills = settle_months(tuple(meter.readings()), pricing(meter, tariff), terms)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return Settlement(tariff, terms, meter, bills)


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name; UsageError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"there is no time zone {name!r}; write it as Asia/Seoul or Asia/Tokyo") from None


def _month(bill: MonthBill, tariff: TariffFile) -> dict[str, Any]:
    row: dict[str, Any] = {"month": str(bill.month)}
    for name in MonthBill.__slots__:
        if name != "month":
            row[name] = number(getattr(bill, name))
    row["parts"] = list(_parts(bill, tariff))
    return row


def _parts(bill: MonthBill, tariff: TariffFile) -> list[Mapping[str, Any]]:
    """The blocks the use reaches into, lowest first; nothing for tariffs without blocks."""
    energy = tariff.at(date(bill.month.year, bill.month.month, 1)).energy
    if not isinstance(energy, Blocks):
        return []
    return [
        {"block": at, "kwh": number(used), "per_kwh": number(price), "amount": number(used * price)}
        for at, (used, price) in enumerate(block_parts(energy, bill.use_kwh), start=1)
    ]
