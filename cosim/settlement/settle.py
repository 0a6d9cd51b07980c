"""Net metering: a meter and a tariff in, a bill out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cosim.errors import UsageError
from cosim.settlement.blocks import Blocks, block_parts, reverse_block_parts
from cosim.settlement.meter import Meter, Month
from cosim.settlement.metered_prices import pricing
from cosim.settlement.money import ZERO, rate
from cosim.settlement.net_metering import MonthBill, settle_months, totals
from cosim.settlement.pricing import BlockPricing, Pricing
from cosim.settlement.tariff import TariffSpec, told
from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.terms import Credit, Method, NetMeteringTerms
from grids.arrays import FloatArray
from simulators.sources.errors import SourceError

SCHEMA = "cosim-settlement/1"
BELOW_ZERO = "the credit exceeds the charge, so the charge is negative: paid out here, as no rule limits it [A]"


@dataclass(frozen=True)
class Settlement:
    """The bills of one metering point."""

    tariff: TariffFile
    terms: NetMeteringTerms
    meter: Meter
    bills: tuple[MonthBill, ...]
    pricing: Pricing

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.tariff.currency

    @property
    def total(self) -> Decimal:
        """What is due: the charge less what is paid for surplus."""
        return sum((bill.charge_after - bill.payment for bill in self.bills), ZERO)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: months that are metered in part only, and charges below zero."""
        by_blocks = isinstance(self.pricing, BlockPricing)
        parts = (bill.month for bill in self.bills if not self.meter.holds(bill.month))
        negative = [str(bill.month) for bill in self.bills if bill.charge_after < 0 < bill.credit]
        return (
            *(_of_part(self.meter, month, by_blocks=by_blocks) for month in parts),
            *([f"{', '.join(negative)}: {BELOW_ZERO}"] if negative else []),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain data: totals, one row a month, and the parts of every month's charge."""
        whole = totals(self.bills)
        return {
            "schema": SCHEMA,
            "tariff": self.tariff.name,
            "bill": self.tariff.bill,
            "currency": self.tariff.currency,
            "timezone": self.meter.zone.key,
            "method": self.terms.method.value,
            "credit_by": self.terms.credit.value,
            "surplus_by": self.terms.surplus.value,
            "source": self.tariff.source,
            "certainty": self.tariff.certainty,
            "rounding": self.tariff.rounding.model_dump(mode="json"),
            **{name: number(amount) for name, amount in whole.items()},
            "total": number(self.total),
            "average_per_kwh": averages(whole),
            "parts": list(map(_plain, _added(part for bill in self.bills for part in _parts(bill, self.pricing)))),
            "notes": list(self.notes),
            "months": [_month(bill, self.pricing, self.terms) for bill in self.bills],
        }


def averages(whole: Mapping[str, Decimal]) -> dict[str, float | None]:
    """Currency per kWh: the charge without own generation by use, the charge by what is left, the credit by its kWh.

    Args:
        whole: sums as `totals` gives them.
    """
    energies = {
        "charge_before": whole["use_kwh"],
        "charge_after": whole["use_kwh"] - whole["credited_kwh"],
        "credit": whole["credited_kwh"],
    }
    return {name: float(whole[name] / energy) if energy else None for name, energy in energies.items()}


def number(amount: Decimal) -> int | float:
    """An amount for JSON: whole ones as integers, nothing in exponents."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def settle_meter(
    meter: Meter, tariff: TariffFile, terms: NetMeteringTerms, spot: FloatArray | None = None
) -> Settlement:
    """The net-metering bill of a meter; `spot` is (K,) per kWh of each interval, for a spot-indexed tariff.

    Raises:
        UsageError: zones differ, surplus or spot has no price, or the tariff charges what this bill does not know.
    """
    must_be_known(tariff, meter.months)
    if terms.purchase_per_kwh is None and tariff.surplus_per_kwh is not None:
        terms = replace(terms, purchase_per_kwh=rate(tariff.surplus_per_kwh))
    try:
        priced = pricing(meter, tariff, spot)
        bills = settle_months(tuple(meter.readings()), priced, terms)
    except SourceError as error:
        raise UsageError(f"tariff {tariff.name}: {told(error)}") from error
    except ValueError as error:
        raise UsageError(str(error)) from error
    return Settlement(tariff, terms, meter, bills, priced)


def must_be_known(tariff: TariffFile, months: Iterable[Month]) -> None:
    """UsageError for a base charge or a tax: a net-metering bill is of energy, they must not vanish silently."""
    found: dict[str, None] = {}
    for month in months:
        found |= dict.fromkeys(_unknown(tariff.at(month.first_day)))
    if found:
        raise UsageError(
            f"tariff {tariff.name} has {', '.join(found)}, which a net-metering bill does not charge: "
            "bill it by a tariff file with `bill: japan`, or take it out of the tariff"
        )


def _unknown(rates: TariffSpec) -> list[str]:
    stated = {
        "demand_charge_per_kw_month": rates.demand_charge_per_kw_month,
        "tax_percent": rates.tax_percent,
        "power_factor": rates.power_factor is not None,
    }
    return [key for key, value in stated.items() if (any(value.values()) if isinstance(value, dict) else value)]


def zone_of(name: str) -> ZoneInfo:
    """The zone of a name; UsageError if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"there is no time zone {name!r}; write it as Asia/Seoul or Asia/Tokyo") from None


def _of_part(meter: Meter, month: Month, *, by_blocks: bool) -> str:
    first = max(int(meter.edges_s[0]), month.starts_at(meter.zone))
    last = min(int(meter.edges_s[-1]), month.following.starts_at(meter.zone))
    blocks = ": its blocks are those of a whole month" if by_blocks else ""
    return f"{month} is metered for {(last - first) / 86_400:.4g} days only{blocks}"


def _month(bill: MonthBill, priced: Pricing, terms: NetMeteringTerms) -> dict[str, Any]:
    row: dict[str, Any] = {"month": str(bill.month)}
    for name in MonthBill.__slots__:
        if name != "month":
            row[name] = number(getattr(bill, name))
    row["parts"] = list(map(_plain, _parts(bill, priced)))
    row["credit_parts"] = list(map(_plain, _credit_parts(bill, priced, terms)))
    return row


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a charge or a credit, before rounding."""

    of: str
    kwh: Decimal
    per_kwh: Decimal

    @property
    def amount(self) -> Decimal:
        return self.kwh * self.per_kwh


def _parts(bill: MonthBill, priced: Pricing) -> list[_Part]:
    """What the charge without own generation is made of: the blocks the use reaches into, lowest first, then extras.

    Nothing for prices by interval.
    """
    if not isinstance(priced, BlockPricing):
        return []
    parts = [_Part(*part) for part in _named(priced.blocks[bill.month], bill.use_kwh)]
    return parts + _extra(bill.use_kwh, priced, bill.month)


def _credit_parts(bill: MonthBill, priced: Pricing, terms: NetMeteringTerms) -> list[_Part]:
    """What the credit is made of, block by block from the top of the use; nothing where it is not counted so."""
    by_blocks = terms.method is Method.NET_METERING and terms.credit is Credit.REVERSE_BLOCK
    if not by_blocks or not isinstance(priced, BlockPricing):
        return []
    blocks = priced.blocks[bill.month]
    names = {price: name for name, _, price in _named(blocks, bill.use_kwh)}
    taken = reverse_block_parts(blocks, bill.use_kwh, bill.credited_kwh)
    return [_Part(names[price], energy, price) for energy, price in taken] + _extra(
        bill.credited_kwh, priced, bill.month
    )


def _named(blocks: Blocks, used_kwh: Decimal) -> list[tuple[str, Decimal, Decimal]]:
    return [(f"block {at}", *part) for at, part in enumerate(block_parts(blocks, used_kwh), start=1)]


def _extra(energy_kwh: Decimal, priced: BlockPricing, month: Month) -> list[_Part]:
    price = priced.extra_per_kwh.get(month, ZERO)
    return [_Part("fuel adjustment and levy", energy_kwh, price)] if price and energy_kwh else []


def _added(parts: Iterable[_Part]) -> list[_Part]:
    """Parts of many months, added up where name and price are the same."""
    found: dict[tuple[str, Decimal], Decimal] = {}
    for part in parts:
        key = part.of, part.per_kwh
        found[key] = found.get(key, ZERO) + part.kwh
    return [_Part(of, energy, price) for (of, price), energy in found.items()]


def _plain(part: _Part) -> dict[str, Any]:
    return {
        "of": part.of,
        "kwh": number(part.kwh),
        "per_kwh": number(part.per_kwh),
        "amount": number(part.amount),
    }
