"""A metering point and a tariff in, its bill out: net metering or Japan's, whichever the tariff is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from cosim.errors import UsageError
from cosim.settlement.japan_bill import RETAIL, JapanBill, japan_bills
from cosim.settlement.japan_contract import Contract
from cosim.settlement.japan_meter import HalfHours, total_kwh
from cosim.settlement.meter import Meter
from cosim.settlement.money import ZERO
from cosim.settlement.settle import SCHEMA, Settlement, number, settle_meter
from cosim.settlement.tariff import told
from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.terms import NetMeteringTerms
from grids.arrays import FloatArray
from simulators.axis import HALF_HOUR_S
from simulators.sources.errors import SourceError

UNCHANGED = "without own generation: the same reactive energy, contract terms and earlier maxima [A]"


@dataclass(frozen=True)
class BillTerms:
    """What a bill needs beside meter and tariff.

    Attributes:
        net_metering: rules of a net-metering bill.
        contract: Japan: agreed power, earlier maxima, power factor; None = all measured.
        applies: Japan: which of `base`, `energy`, `fuel_adjustment`, `levy` are charged.
    """

    net_metering: NetMeteringTerms = field(default_factory=NetMeteringTerms)
    contract: Contract | None = None
    applies: frozenset[str] = RETAIL


@dataclass(frozen=True)
class JapanSettlement:
    """The Japanese bills of one metering point; `without` = the same use with no own generation, None if there is none.

    What is fed in is not paid here: FIT, FIP and the market have settlements of their own (`support`).
    """

    tariff: TariffFile
    meter: HalfHours
    bills: tuple[JapanBill, ...]
    without: tuple[JapanBill, ...] | None
    generation_kwh: Decimal

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.tariff.currency

    @property
    def total(self) -> Decimal:
        """What is due."""
        return _sum(self.bills)

    @property
    def charge_before(self) -> Decimal:
        """What would be due without own generation."""
        return self.total if self.without is None else _sum(self.without)

    @property
    def credit(self) -> Decimal:
        """What own generation saves on the bill."""
        return self.charge_before - self.total

    def as_dict(self) -> dict[str, Any]:
        """Plain data: totals, and every month line by line."""
        parts: dict[str, Decimal] = {}
        for bill in self.bills:
            for line in bill.lines:
                parts[line.charge] = parts.get(line.charge, ZERO) + line.amount
        return {
            "schema": SCHEMA,
            "tariff": self.tariff.name,
            "bill": self.tariff.bill,
            "currency": self.currency,
            "timezone": self.meter.zone.key,
            "source": self.tariff.source,
            "certainty": self.tariff.certainty,
            "rounding": self.tariff.rounding.model_dump(mode="json"),
            "import_kwh": number(total_kwh(self.meter.import_kwh)),
            "export_kwh": number(total_kwh(self.meter.export_kwh)),
            "generation_kwh": number(self.generation_kwh),
            "total": number(self.total),
            "charge_before": number(self.charge_before),
            "charge_after": number(self.total),
            "credit": number(self.credit),
            "parts": {charge: number(amount) for charge, amount in parts.items()},
            "months": [_month(bill) for bill in self.bills],
            "months_without_generation": None if self.without is None else [_month(bill) for bill in self.without],
            "notes": [],
            "assumed": [] if self.without is None else [UNCHANGED],
        }


Billed = Settlement | JapanSettlement


def bill_meter(
    meter: Meter,
    tariff: TariffFile,
    terms: BillTerms,
    *,
    half_hours: HalfHours | None = None,
    spot: FloatArray | None = None,
) -> Billed:
    """The bill of a metering point, by `tariff.bill`.

    Args:
        meter: use and own generation by interval.
        tariff: the rates.
        terms: the rest.
        half_hours: Japan: its registers by half hour, with kvarh; left out = use less generation of each interval.
        spot: spot price per kWh: Japan (K,) of each half hour, else (K,) of each interval of the meter.

    Raises:
        UsageError: something is missing, or does not fit the tariff.
    """
    if tariff.bill != "japan":
        return settle_meter(meter, tariff, terms.net_metering, spot)
    registers = half_hours_of(meter) if half_hours is None else half_hours
    bills = bill_japan(registers, tariff, terms, spot)
    without = None
    if meter.generation_kwh.any():
        use = half_hours_of(replace(meter, generation_kwh=np.zeros_like(meter.load_kwh)))
        plain = HalfHours(use.first_s, use.import_kwh, use.export_kwh, registers.kvarh, registers.zone)
        without = bill_japan(plain, tariff, terms, spot)
    return JapanSettlement(tariff, registers, bills, without, total_kwh(meter.generation_kwh))


def bill_japan(
    meter: HalfHours, tariff: TariffFile, terms: BillTerms, spot: FloatArray | None = None
) -> tuple[JapanBill, ...]:
    """One Japanese bill a month; UsageError as in `bill_meter`."""
    try:
        return japan_bills(meter, tariff, terms.contract, applies=terms.applies, spot=spot)
    except (ValueError, SourceError) as error:
        raise UsageError(f"tariff {tariff.name}: {told(error)}") from error


def half_hours_of(meter: Meter, kvarh: FloatArray | None = None) -> HalfHours:
    """Import and export by half hour: use less generation, each interval by itself.

    Args:
        meter: the meter.
        kvarh: (K,) reactive energy of its intervals.

    Raises:
        UsageError: intervals that are no half hours or parts of them.
    """
    try:
        return HalfHours.of_intervals(meter.edges_s, meter.load_kwh - meter.generation_kwh, meter.zone, kvarh)
    except ValueError as error:
        lengths = np.diff(meter.edges_s)
        at = int(np.argmax(lengths > HALF_HOUR_S))
        begin = datetime.fromtimestamp(int(meter.edges_s[at]), UTC).astimezone(meter.zone)
        long = f"; the one from {begin.isoformat(timespec='minutes')} lasts {lengths[at] / 60:g} min"
        raise UsageError(f"{error}{long if lengths[at] > HALF_HOUR_S else ''}") from error


def _sum(bills: Iterable[JapanBill]) -> Decimal:
    return sum((bill.total for bill in bills), ZERO)


def _month(bill: JapanBill) -> dict[str, Any]:
    return {
        "month": str(bill.month),
        "total": number(bill.total),
        "import_kwh": number(bill.import_kwh),
        "contract_kw": number(bill.contract_kw),
        "peak_kw": number(bill.peak_kw),
        "power_factor_percent": bill.power_factor_percent,
        "lines": [
            {
                "charge": line.charge,
                "label": line.label,
                "quantity": number(line.quantity),
                "unit": line.unit,
                "price": None if line.price is None else number(line.price),
                "amount": number(line.amount),
                "certainty": line.certainty,
                "note": line.note,
            }
            for line in bill.lines
        ],
        "notes": list(bill.notes),
    }
