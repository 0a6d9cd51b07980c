"""A bill on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cosim.report.terminal import open_console, print_rows, print_text
from cosim.settlement.net_metering import MonthBill, totals
from cosim.settlement.settle import Settlement

_WORDS = {
    "use_kwh": "use",
    "generation_kwh": "own generation",
    "credited_kwh": "  set against the use",
    "bought_kwh": "  surplus bought",
    "forfeited_kwh": "  surplus given away",
}
_AMOUNTS = {
    "charge_before": "charge without it",
    "credit": "credit",
    "charge_after": "charge",
    "payment": "paid for surplus",
}


def print_settlement(settled: Settlement) -> None:
    """What it costs, how it came about, month by month, and where the rates come from."""
    console, tariff = open_console(), settled.tariff
    print_text(console, f"{tariff.name}: {', '.join(tariff.title.values())}")
    terms = settled.terms
    print_text(console, f"{terms.method}, credit by {terms.credit}, surplus: {terms.surplus}")
    console.print()
    whole = totals(settled.bills)
    rows = [(words, f"{shown(whole[name])} kWh") for name, words in _WORDS.items()]
    carried = settled.bills[-1].carried_out_kwh
    if carried:
        rows.append(("  carried over", f"{shown(carried)} kWh"))
    rows += [(words, f"{shown(whole[name])} {tariff.currency}") for name, words in _AMOUNTS.items()]
    rows.append(("due", f"{shown(whole['charge_after'] - whole['payment'])} {tariff.currency}"))
    print_rows(console, rows)
    if len(settled.bills) > 1:
        console.print()
        print_rows(console, _months(settled.bills, tariff.currency))
    console.print()
    print_text(console, f"rates: {tariff.source} ({tariff.certainty})", hanging=2)


def _months(bills: tuple[MonthBill, ...], currency: str) -> Iterator[tuple[str, str]]:
    for bill in bills:
        text = f"{shown(bill.charge_before)} - {shown(bill.credit)} = {shown(bill.charge_after)} {currency}"
        if bill.payment:
            text += f", less {shown(bill.payment)} for {shown(bill.bought_kwh)} kWh"
        if bill.forfeited_kwh:
            text += f"; {shown(bill.forfeited_kwh)} kWh given away"
        if bill.carried_out_kwh:
            text += f"; {shown(bill.carried_out_kwh)} kWh carried over"
        yield str(bill.month), text


def shown(amount: Decimal) -> str:
    """With thousands marks, without needless zeros."""
    text = f"{amount:,.6f}".rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"
