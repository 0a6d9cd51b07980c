"""The audit trail of a green tariff: as CSV and JSON, and proof that it tells the whole story of the ledger."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from cosim.settlement.green_certificates import NEXT, Entry, Ledger, Lot, State
from cosim.settlement.money import ZERO

COLUMNS = tuple(field.name for field in fields(Entry))


def trail_rows(trail: Iterable[Entry]) -> list[dict[str, Any]]:
    """One plain dictionary an entry, for JSON; energies as text, so that no digit is lost."""
    return [{name: _plain(getattr(entry, name)) for name in COLUMNS} for entry in trail]


def trail_csv(trail: Iterable[Entry]) -> str:
    """The trail as a table, one row an entry."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(trail_rows(trail))
    return out.getvalue()


def replay(trail: Iterable[Entry]) -> tuple[Mapping[Lot, int], list[str]]:
    """The lots that the trail leads to, and every entry that breaks a rule.

    Rules: entries are numbered without gap; each plant and month is issued once and never more than was bought up to
    then; certificates step one state forward, out of a lot that has them, and stay with the participant they were
    allotted to.
    """
    lots: dict[Lot, int] = defaultdict(int)
    bought: dict[str, Decimal] = defaultdict(lambda: ZERO)
    issued: set[tuple[object, str]] = set()
    wrong: list[str] = []
    for position, entry in enumerate(trail, start=1):
        said = f"entry {entry.number}"
        if entry.number != position:
            wrong.append(f"{said} stands at place {position}")
        bought[entry.plant] += entry.energy_kwh
        if entry.after is None:
            continue
        lots[Lot(entry.month, entry.plant, entry.after, entry.holder)] += entry.certificates
        if entry.before is None:
            wrong += _wrong_issue(entry, issued, bought[entry.plant], lots, said)
            issued.add((entry.month, entry.plant))
            continue
        if NEXT.get(entry.before) is not entry.after:
            wrong.append(f"{said}: from {entry.before} to {entry.after} is no step forward")
        source = Lot(entry.month, entry.plant, entry.before, "" if entry.before is State.ISSUED else entry.holder)
        lots[source] -= entry.certificates
        if lots[source] < 0 or entry.certificates <= 0:
            wrong.append(f"{said}: {entry.certificates} certificates are not there to move")
    return {lot: number for lot, number in lots.items() if number}, wrong


def audit(ledger: Ledger) -> list[str]:
    """What is wrong with a ledger: nothing, if its trail obeys the rules and leads to exactly its lots."""
    lots, wrong = replay(ledger.trail)
    if lots != ledger.lots:
        wrong.append("the trail does not lead to what the ledger holds")
    return wrong


def _wrong_issue(
    entry: Entry, issued: set[tuple[object, str]], bought: Decimal, lots: Mapping[Lot, int], said: str
) -> Iterator[str]:
    if entry.after is not State.ISSUED:
        yield f"{said}: a certificate begins as issued"
    if (entry.month, entry.plant) in issued:
        yield f"{said}: {entry.plant} was issued for {entry.month} already"
    of_plant = sum(number for lot, number in lots.items() if lot.plant == entry.plant)
    if of_plant > bought:
        yield f"{said}: {of_plant} certificates of {entry.plant}, but only {bought} kWh were bought"


def _plain(value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    return str(value)
