"""Bills on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from cosim.report.settlement import WHY, figure, settlement_tables
from cosim.report.terminal import open_console, print_rows, print_text
from cosim.settlement.billing import Billed, JapanSettlement
from cosim.settlement.console_table import print_table
from cosim.settlement.green_certificates import State
from cosim.settlement.green_report import GreenResult, bill_table, comparison_table, month_table
from cosim.settlement.japan_bill import JapanBill, Line
from cosim.settlement.japan_meter import total_kwh
from cosim.settlement.net_metering import MonthBill, totals
from cosim.settlement.settle import Settlement, averages
from cosim.settlement.settle_input import RunBills, ScenarioBills, Settled
from cosim.settlement.tariff_file import bundled, load_tariff

if TYPE_CHECKING:
    from rich.console import Console

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
_SPREAD = {
    "charge_before": "without own generation",
    "credit": "own generation saves",
    "charge_after": "charge",
    "total": "due",
}


def print_settled(settled: Settled) -> None:
    """Whatever `cosim settle` found."""
    console = open_console()
    if isinstance(settled, GreenResult):
        _print_green(console, settled)
    elif isinstance(settled, RunBills):
        _print_run(console, settled)
    elif isinstance(settled, ScenarioBills):
        _print_recorded(console, settled)
    else:
        _print_bill(console, settled)


def print_tariffs() -> None:
    """The bundled tariffs: bill, currency, zone, days, where the rates come from."""
    console = open_console()
    for tariff in map(load_tariff, bundled()):
        print_text(console, tariff.name, style="bold")
        first, last = tariff.days
        for line in (
            " / ".join(tariff.title.values()),
            f"{tariff.bill} bill, {tariff.currency}, {tariff.timezone}, from {first}{f' to {last}' if last else ' on'}",
            f"{tariff.certainty}; {tariff.source}",
        ):
            print_text(console, line, by=2, hanging=2)
    print_text(console, "Next: cosim settle METER.csv --tariff NAME --timezone ZONE --json FILE")


def _print_bill(console: Console, billed: Billed) -> None:
    print_text(console, f"{billed.tariff.name}: {', '.join(billed.tariff.title.values())}")
    if isinstance(billed, JapanSettlement):
        _print_japan(console, billed)
    else:
        _print_net_metering(console, billed)
    console.print()
    print_text(console, f"rates: {billed.tariff.source} ({billed.tariff.certainty})", hanging=2)


def _print_recorded(console: Console, settled: ScenarioBills) -> None:
    """The tables of the page."""
    print_text(console, f"settlement of {settled.folder.path}, as its scenario asks for it", style="bold")
    for table in settlement_tables(settled.folder):
        console.print()
        print_text(console, table.title)
        told = table.head[-1] == WHY  # too wide for a column of a terminal
        kept = [row[:-1] if told else row for row in (table.head, *table.rows)]
        print_table(console, kept, words=(0, *table.words))
        for row in table.rows:
            if told and row[-1]:
                print_text(console, f"{row[0]}: {row[-1]}", hanging=2)
        print_text(console, table.caption, hanging=2)
    for one in settled.as_dict()["settlements"].values():
        for note in one["notes"]:
            print_text(console, f"note: {note}", hanging=2)


def _print_run(console: Console, run: RunBills) -> None:
    print_text(console, f"{run.boundary} of {run.run}", style="bold")
    if run.unknown:
        members = ", ".join(map(str, run.unknown))
        print_text(console, f"no bill, for steps have no solution: member {members}", hanging=2)
    for note in run.notes:
        print_text(console, f"note: {note}", hanging=2)
    first = next(iter(run.bills.values()))
    if len(run.bills) == 1:
        _print_bill(console, first)
        return
    print_text(console, f"{first.tariff.name}: {', '.join(first.tariff.title.values())}")
    console.print()
    spread = run.spread()
    head = [f"{first.currency}, {len(run.bills)} members", "mean", "p05", "p95"]
    shown_rows = [name for name in _SPREAD if name != "total" or spread["total"] != spread["charge_after"]]
    print_table(console, [head, *([_SPREAD[name], *_spread_cells(spread[name])] for name in shown_rows)])
    console.print()
    print_text(console, f"rates: {first.tariff.source} ({first.tariff.certainty})", hanging=2)
    print_text(console, "Next: --member K for one bill line by line, --json FILE for all of them", hanging=2)


def _spread_cells(values: dict[str, float]) -> list[str]:
    return [f"{values[key]:,.0f}" for key in ("mean", "p05", "p95")]


def _print_japan(console: Console, settled: JapanSettlement) -> None:
    for bill in settled.bills:
        console.print()
        print_text(console, f"{bill.month}: {figure(float(bill.import_kwh))} kWh, {_power(bill)}", style="bold")
        lines = [*(_cells(line) for line in bill.lines), ["total", "", "", "", shown(bill.total)]]
        print_table(console, lines, head=False)
        for line in bill.lines:
            if line.note:
                print_text(console, f"{line.label}: {line.note}", hanging=2)
        for note in bill.notes:
            print_text(console, f"note: {note}", hanging=2)
    console.print()
    currency = settled.currency
    rows = [("total", f"{shown(settled.total)} {currency}")]
    if settled.without is not None:
        rows += [
            ("without own generation", f"{shown(settled.charge_before)} {currency}"),
            (
                "own generation saves",
                f"{shown(settled.credit)} {currency}, {figure(float(settled.generation_kwh))} kWh made",
            ),
        ]
    if (fed := total_kwh(settled.meter.export_kwh)) > 0:
        rows.append(("fed in", f"{figure(float(fed))} kWh, not paid on this bill"))
    print_rows(console, rows)


def _power(bill: JapanBill) -> str:
    factor = "" if bill.power_factor_percent is None else f", power factor {bill.power_factor_percent} %"
    unit = next((line.unit for line in bill.lines if line.charge == "base"), "kW")
    return f"contract {shown(bill.contract_kw)} {unit}, highest half hour {figure(float(bill.peak_kw))} kW{factor}"


def _cells(line: Line) -> list[str]:
    price = "" if line.price is None else f"x {shown(line.price)}"
    quantity = "" if line.charge == "rounding" else figure(float(line.quantity))
    return [line.label, quantity, line.unit, price, shown(line.amount)]


def _print_net_metering(console: Console, settled: Settlement) -> None:
    """What it costs, how it came about, month by month."""
    terms, currency = settled.terms, settled.currency
    print_text(console, f"{terms.method}, credit by {terms.credit}, surplus: {terms.surplus}")
    console.print()
    whole = totals(settled.bills)
    rows = [(words, f"{shown(whole[name])} kWh") for name, words in _WORDS.items()]
    carried = settled.bills[-1].carried_out_kwh
    if carried:
        rows.append(("  carried over", f"{shown(carried)} kWh"))
    per_kwh = averages(whole)
    for name, words in _AMOUNTS.items():
        mean = per_kwh.get(name)
        rows.append((words, f"{shown(whole[name])} {currency}" + (f", {mean:.1f} a kWh" if mean is not None else "")))
    rows.append(("due", f"{shown(settled.total)} {currency}"))
    print_rows(console, rows)
    if len(settled.bills) > 1:
        console.print()
        print_rows(console, _months(settled.bills, currency))
    for note in settled.notes:
        print_text(console, f"note: {note}", hanging=2)


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


def _print_green(console: Console, result: GreenResult) -> None:
    """The ledger by month, the bills by participant, Table 1."""
    currency, ledger = result.terms.currency, result.settled.ledger
    print_text(console, f"{result.spec.name}: {', '.join(result.spec.title.values())}", style="bold")
    console.print()
    print_table(console, month_table(result))
    states = ", ".join(f"{ledger.count(state):,} {state}" for state in State)
    print_text(console, f"certificates: {ledger.count():,}, now {states}", hanging=2)
    console.print()
    print_text(console, f"bills, {currency}")
    print_table(console, bill_table(result))
    if result.comparison is not None:
        console.print()
        print_text(console, f"{result.comparison.participant}: ways to renewable electricity, {currency} a year")
        print_table(console, comparison_table(result.comparison))
        for row in result.comparison.rows:
            for note in row.notes:
                print_text(console, f"{row.way.value}: {note}", hanging=2)
    console.print()
    for broken in result.audit:
        print_text(console, f"AUDIT: {broken}", hanging=2, style="bold red")
    print_text(console, f"audit: {len(result.audit)} breaches in {len(ledger.trail)} lines of the trail")
    print_text(console, f"market: {result.spec.market.source} ({result.spec.market.certainty})", hanging=2)
    print_text(console, f"terms: {result.terms.source} ({result.terms.certainty})", hanging=2)


def shown(amount: Decimal) -> str:
    """With thousands marks, without needless zeros."""
    text = f"{amount:,.6f}".rstrip("0").rstrip(".")
    return text if text not in {"", "-0"} else "0"
