"""The bills of a run: tables of the page and lines of the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cosim.report.figures import Figures
from cosim.report.table import Table
from cosim.report.texts import MISSING, amount

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

MOST_LINES = 3  # of the console
MOST_ROWS = 200  # lines of the page; settlement.json has all
_WORDS = {
    "charge_before": "without own generation",
    "credit": "saved by own generation",
    "charge_after": "charge",
    "payment": "paid for surplus",
}
_BESIDE = ("charge_before", "credit")  # no parts of what is due
_PAID = "customers_pay_"
WHY = "why"
OF_CUSTOMERS = ("base", "energy", "fuel_adjustment", "rounding", "levy", "tax", "own_price")  # the others: who sells
_OPEN = {"unpriced": "not priced", "outside": "outside"}  # what applies and has no amount here
_NO_RULE = {"rounding": "bills are cut to whole units, apart or within one price"}
_STATISTICS = ("mean", "p05", "p50", "p95")


def settlement_tables(folder: RunFolder) -> Iterator[Table]:
    """The lines of every bill of one member; of many members the spread of the parts; nothing without settlement."""
    known = folder.settlement()
    if not known:
        return
    members = {number for one in known["settlements"].values() for number in one["members"]}
    many = int(folder.summary().get("members", 1)) > 1
    if members and not many:
        yield _line_table(known)
    elif members:
        yield _spread_table(known, Figures(folder.summary()["figures"]))
    yield from forms_tables(known)


def _line_table(known: Mapping[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name, one in known["settlements"].items():
        for bill in one["members"].values():
            for month in bill["months"]:
                rows += [(name, month["month"], *row) for row in _lines(month)]
            rows.append((name, "due", "", "", "", money(bill["total"], bill["currency"])))
    caption = " ".join(dict.fromkeys(_caption(one) for one in known["settlements"].values()))
    if len(rows) > MOST_ROWS:
        caption += f" settlement.json has all {len(rows)} lines."
    head = ("", "month", "line", "quantity", "price", "amount")
    return Table("Bills", head, tuple(rows[:MOST_ROWS]), (1, 2), caption)


def _lines(month: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Label, quantity, price, amount."""
    for line in month.get("lines", ()):
        price = MISSING if line["price"] is None else figure(line["price"])
        yield (
            ", ".join(filter(None, (line["label"], line.get("note")))),
            f"{figure(line['quantity'])} {line['unit']}".strip(),
            price,
            money(line["amount"], ""),
        )
    if "lines" not in month:
        yield "use", f"{figure(month['use_kwh'])} kWh", MISSING, money(month["charge_before"], "")
        yield "own generation", f"{figure(month['credited_kwh'])} kWh", MISSING, money(-month["credit"], "")
        if month["payment"]:
            yield "surplus", f"{figure(month['bought_kwh'])} kWh", MISSING, money(-month["payment"], "")


def _caption(one: Mapping[str, Any]) -> str:
    return f"Rates: {one['source']} ({one['certainty']})."


def _spread_table(known: Mapping[str, Any], figures: Figures) -> Table:
    rows = []
    for name, one in known["settlements"].items():
        keys = [key for key in figures.table if key.startswith(f"settlement:{name}.")]
        for key in sorted(keys, key=lambda key: not key.endswith(".total")):
            word = key.rpartition(".")[2]
            values = (amount(figures.table[key].get(statistic), one["currency"], 6) for statistic in _STATISTICS)
            rows.append((name, _WORDS.get(word, word.replace("_", " ")), *values))
    billed = {name: len(one["members"]) for name, one in known["settlements"].items()}
    said = ", ".join(f"{name}: {count} members" for name, count in billed.items())
    caption = f"Bills of {said}; settlement.json has every one."
    return Table("Bills over the members", ("", "part", "mean", "5 %", "median", "95 %"), tuple(rows), (1,), caption)


def forms_tables(known: Mapping[str, Any]) -> Iterator[Table]:
    """What each supply form would charge for the same half hours; one table an entry.

    What customers pay adds up to the row that says so; what others pay each other follows below it.
    """
    for name, one in known["settlements"].items():
        if (forms := one.get("forms")) is not None:
            names = forms["forms"]
            rows = [row for row in forms["differences"] if _says_something(row, forms)]
            mine = [row for row in rows if row["charge"] in OF_CUSTOMERS]
            listed = [_form_row(row, forms) for row in mine]
            if equal := forms.get("equal"):
                of = ", ".join(charge.replace("_", " ") for charge in equal)
                listed.append((f"equal in all: {of}", *[money(sum(equal.values()), "")] * len(names), ""))
            listed.append(("customers pay", *(money(forms["customers_pay"][form], "") for form in names), ""))
            listed += [_form_row(row, forms) for row in rows if row not in mine]
            head = (one["currency"], *(form.replace("_", " ") for form in names), WHY)
            title = f"{name}: one community, {len(names)} supply forms"
            yield Table(title, head, tuple(listed), (len(head) - 1,), " ".join(forms["notes"]))


def _says_something(row: Mapping[str, Any], forms: Mapping[str, Any]) -> bool:
    open_somewhere = any(row["charge"] in forms[word][form] for word in _OPEN for form in forms["forms"])
    return open_somewhere or any(row["amounts"].values()) or len(set(row["applies"].values())) > 1


def _form_row(row: Mapping[str, Any], forms: Mapping[str, Any]) -> tuple[str, ...]:
    return row["charge"].replace("_", " "), *(_of_form(row, form, forms) for form in forms["forms"]), _why(row)


def _of_form(row: Mapping[str, Any], form: str, forms: Mapping[str, Any]) -> str:
    """An amount, or why there is none."""
    for word, shown in _OPEN.items():
        if row["charge"] in forms[word][form]:
            return shown
    return money(row["amounts"][form], "") if row["applies"][form] else MISSING


def _why(row: Mapping[str, Any]) -> str:
    said: dict[str, list[str]] = {}
    for form, why in row["why"].items():
        said.setdefault(why or _NO_RULE.get(row["charge"], "the market"), []).append(form.replace("_", " "))
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{', '.join(forms)}: {why}" for why, forms in said.items())


def console_lines(folder: RunFolder, figures: Figures) -> Iterator[tuple[str, str]]:
    """What is due at each metering point, its parts, and what it would be without own generation."""
    known = folder.settlement()
    names = list(known.get("settlements", ()))
    for at, name in enumerate(names[:MOST_LINES]):
        subject = f"settlement:{name}"
        due = figures.value(f"{subject}.total")
        unit = known["settlements"][name]["currency"]
        if due is None:
            yield "" if at else "bills", f"{name}: none, see the notes"
            continue
        before = figures.value(f"{subject}.charge_before")
        more = "" if before is None or before == due else f" ({_WORDS['charge_before']} {money(before, unit)})"
        mean = ", mean of the members" if "mean" in figures.table[f"{subject}.total"] else ""
        parts = [key.rpartition(".")[2] for key in figures.table if key.startswith(f"{subject}.")]
        shown = [
            f"{part.replace('_', ' ')} {money(figures.value(f'{subject}.{part}') or 0.0, '')}"
            for part in parts
            if part not in {"total", "rounding", "charge_after", *_BESIDE} and not part.startswith(_PAID)
        ]
        of = f": {', '.join(shown)}" if len(shown) > 1 else ""
        yield "" if at else "bills", f"{name} {money(due, unit)}{more}{of}{mean}"
        forms = (known["settlements"][name].get("forms") or {}).get("forms", ())
        paid = {form: value for form in forms if (value := figures.value(f"{subject}.{_PAID}{form}")) is not None}
        if paid:
            said = ", ".join(f"{form.replace('_', ' ')} {money(value, unit)}" for form, value in paid.items())
            yield "", f"its customers would pay, by supply form: {said}"
    if len(names) > MOST_LINES:
        yield "", f"and {len(names) - MOST_LINES} more bills in settlement.json"


def money(value: float, currency: str) -> str:
    """`53,691 JPY`; hundredths where there are any."""
    text = f"{value:,.2f}".removesuffix(".00")
    return f"{text} {currency}".strip()


def figure(value: float) -> str:
    """A quantity or price with thousands marks, as exact as it was printed."""
    text = f"{value:,.3f}"
    return text.rstrip("0").rstrip(".")
