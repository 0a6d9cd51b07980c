"""The result of a green tariff as plain data and as tables for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from cosim.settlement.green_bill import GreenBill
from cosim.settlement.green_certificates import Ledger, State
from cosim.settlement.green_compare import TABLE_1, Compared
from cosim.settlement.green_spec import GreenSpec
from cosim.settlement.green_tariff import GreenMonth, Settled
from cosim.settlement.green_terms import GreenTerms
from cosim.settlement.green_trail import trail_csv, trail_rows
from cosim.settlement.meter import Month
from cosim.settlement.settle import number
from grids.arrays import FloatArray

SCHEMA = "cosim-green/1"
ASSUMED = (
    "certificates nobody is allotted stay issued; they neither expire nor are offered again",
    "an unpaid bill leaves its certificates notified; paid later, they are transferred then",
    "no one is allotted more than the metered use; what that cuts off is offered to the others pro rata",
    "with prices by interval green energy leaves every interval in proportion; with blocks the rest starts at block 1",
    "bills are before tax; the base charge is for the contract power, as without a green contract",
)


@dataclass(frozen=True)
class Comparison:
    """Table 1 for one participant's year, over `paths` of the SMP."""

    participant: str
    months: tuple[Month, ...]
    use_kwh: Decimal
    rows: tuple[Compared, ...]
    paths: FloatArray  # (P, 12) SMP per kWh
    path_kind: str
    certainty: str


@dataclass(frozen=True)
class GreenResult:
    """What came out of a settlement; `audit` is empty if every certificate is accounted for."""

    spec: GreenSpec
    terms: GreenTerms
    settled: Settled
    audit: tuple[str, ...]
    comparison: Comparison | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return _result(self)

    def write(self, folder: Path) -> None:
        """`green.json` with everything and `trail.csv` with the life of every certificate."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_dict(), ensure_ascii=False, indent=2)
        (folder / "green.json").write_text(text + "\n", encoding="utf-8")
        (folder / "trail.csv").write_text(trail_csv(self.settled.ledger.trail), encoding="utf-8")


def _result(result: GreenResult) -> dict[str, Any]:
    terms, spec = result.terms, result.spec
    bills = [bill for month in result.settled.months for bill in month.bills]
    return {
        "schema": SCHEMA,
        "name": spec.name,
        "title": spec.title,
        "currency": terms.currency,
        "timezone": spec.timezone,
        "terms": terms.model_dump(mode="json"),
        "market": {"source": spec.market.source, "certainty": spec.market.certainty},
        "assumed": list(ASSUMED),
        "months": [_month(month) for month in result.settled.months],
        "bills": [{field.name: _plain(getattr(bill, field.name)) for field in fields(GreenBill)} for bill in bills],
        "participants": _participants(bills),
        "certificates": certificates(result.settled.ledger, bills),
        "utility": _utility(result.settled.months),
        "audit": list(result.audit),
        "comparison": None if result.comparison is None else _comparison(result.comparison),
        "trail": trail_rows(result.settled.ledger.trail),
    }


def certificates(ledger: Ledger, bills: Iterable[GreenBill]) -> dict[str, Any]:
    """How many are in which state; what nobody took by month; what is not paid by participant and month."""
    names = sorted({bill.participant for bill in bills})
    unpaid = {name: ledger.by_month(State.NOTIFIED, name) for name in names}
    return {
        "issued_in_all": ledger.count(),
        **{state.value: ledger.count(state) for state in State},
        "left_over": {str(month): count for month, count in ledger.by_month(State.ISSUED, "").items()},
        "unpaid": {name: {str(month): count for month, count in of.items()} for name, of in unpaid.items() if of},
    }


def month_table(result: GreenResult) -> list[list[str]]:
    """A header and one row a month: prices, and certificates issued, declared for, allotted and left over."""
    rows = [["month", "SMP", "contract price", "issued", "declared", "allotted", "left over"]]
    for month in result.settled.months:
        prices = [f"{month.price.smp:.2f}", f"{month.price.per_kwh:.2f}"]
        issued = sum(one.certificates for one in month.plants)
        declared = sum(bill.declared_kwh for bill in month.bills)
        allotted = sum(bill.green_kwh for bill in month.bills)
        counts = [f"{count:,}" for count in (issued, declared, allotted, month.left_over)]
        rows.append([str(month.month), *prices, *counts])
    return rows


def bill_table(result: GreenResult) -> list[list[str]]:
    """A header and one row a participant over all months."""
    rows = [
        [
            "participant",
            "use kWh",
            "declared kWh",
            "green kWh",
            "share",
            "base",
            "green",
            "ordinary",
            "total",
            "without",
        ]
    ]
    for name, of in _participants([bill for month in result.settled.months for bill in month.bills]).items():
        share = of["green_kwh"] / of["use_kwh"] if of["use_kwh"] else 0.0
        amounts = [f"{of[key]:,.0f}" for key in ("base", "green", "ordinary", "total", "without")]
        energies = [f"{of[key]:,.0f}" for key in ("use_kwh", "declared_kwh", "green_kwh")]
        rows.append([name, *energies, f"{share:.1%}", *amounts])
    return rows


def comparison_table(comparison: Comparison) -> list[list[str]]:
    """A header and one row a way."""
    rows = [["way", "cost a year", "renewable", "extra per renewable kWh", "follows SMP", "p05", "p50", "p95"]]
    for row in comparison.rows:
        extra = "-" if row.extra_per_renewable_kwh is None else f"{row.extra_per_renewable_kwh:,.2f}"
        risk = [f"{value:,.0f}" for value in row.percentiles.values()]
        rows.append(
            [row.way.value, f"{row.cost:,.0f}", f"{row.renewable_share:.1%}", extra, f"{row.smp_share:.1%}", *risk]
        )
    return rows


def _month(month: GreenMonth) -> dict[str, Any]:
    price = month.price
    return {
        "month": str(month.month),
        "price": {
            "smp": float(price.smp),
            "network": float(price.network),
            "margin": float(price.margin),
            "certificate": float(price.certificate),
            "per_kwh": float(price.per_kwh),
        },
        "plants": [
            {
                "plant": one.plant,
                "metered_kwh": number(one.metered_kwh),
                "certificates": one.certificates,
                "register_kwh": number(one.register_kwh),
                "payment": number(one.payment),
            }
            for one in month.plants
        ],
        "issued": sum(one.certificates for one in month.plants),
        "declared_kwh": sum(bill.declared_kwh for bill in month.bills),
        "allotted": sum(bill.green_kwh for bill in month.bills),
        "left_over": month.left_over,
    }


def _participants(bills: Iterable[GreenBill]) -> dict[str, dict[str, Any]]:
    names = ("use_kwh", "declared_kwh", "green_kwh", "rest_kwh", "base", "green", "ordinary", "total", "without")
    sums: dict[str, dict[str, Decimal]] = {}
    for bill in bills:
        of = sums.setdefault(bill.participant, dict.fromkeys(names, Decimal(0)))
        for name in names:
            of[name] += getattr(bill, name)
    return {who: {name: number(value) for name, value in of.items()} for who, of in sums.items()}


def _utility(months: Iterable[GreenMonth]) -> dict[str, Any]:
    """What the utility pays for the plants' energy and takes for the green part of the bills."""
    paid = sum((one.payment for month in months for one in month.plants), Decimal(0))
    taken = sum((bill.green for month in months for bill in month.bills), Decimal(0))
    return {"paid_to_plants": number(paid), "billed_as_green": number(taken)}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "participant": comparison.participant,
        "months": [str(month) for month in comparison.months],
        "use_kwh": number(comparison.use_kwh),
        "certainty": comparison.certainty,
        "smp_paths": {"kind": comparison.path_kind, "number": len(comparison.paths)},
        "ways": [_way(row) for row in comparison.rows],
    }


def _way(row: Compared) -> dict[str, Any]:
    return {
        "way": row.way.value,
        "cost": number(row.cost),
        "renewable_kwh": number(row.renewable_kwh),
        "renewable_share": row.renewable_share,
        "extra_per_renewable_kwh": row.extra_per_renewable_kwh,
        "smp_share": row.smp_share,
        **{f"cost_p{percent:02d}": value for percent, value in row.percentiles.items()},
        "table_1": dict(TABLE_1.get(row.way, {})),
        "notes": list(row.notes),
    }


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return number(value)
    return value if isinstance(value, int) else str(value)
