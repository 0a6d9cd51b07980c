"""Many equal contracts metered together, as the homes of a pole: one is billed, all of them pay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cosim.settlement.japan_bill import JapanBill
from cosim.settlement.japan_meter import HalfHours

EVENLY = "energy split evenly over its contracts, which peak together [A]"


def share_of(meter: HalfHours, count: int) -> HalfHours:
    """The half hours of one of so many equal contracts [A: no home is like the next, nor peaks with it]."""
    if count == 1:
        return meter
    kvarh = None if meter.kvarh is None else meter.kvarh / count
    return replace(meter, import_kwh=meter.import_kwh / count, export_kwh=meter.export_kwh / count, kvarh=kvarh)


def repeated(bills: Iterable[JapanBill], count: int) -> tuple[JapanBill, ...]:
    """Bills of one contract as bills of all: quantities, powers and amounts so many times, rounded before that."""
    return tuple(
        replace(
            bill,
            lines=tuple(
                replace(line, quantity=line.quantity * count, amount=line.amount * count) for line in bill.lines
            ),
            total=bill.total * count,
            import_kwh=bill.import_kwh * count,
            contract_kw=bill.contract_kw * count,
            peak_kw=bill.peak_kw * count,
        )
        for bill in bills
    )
