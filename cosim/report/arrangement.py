"""Who runs the wires, who answers, who is billed what: tables of the page and lines of the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cosim.report.figures import Figures
from cosim.report.table import Table
from cosim.report.texts import MISSING, amount, number

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

DUTIES = ("voltage", "wires", "balance", "restoration")
MOST_LINES = 3  # of the console
_PERCENT = ("own_supply_capacity_percent", "own_supply_energy_percent")


def arrangement_tables(folder: RunFolder) -> Iterator[Table]:
    """Sections with who answers in each mode, and customers with their charges; nothing where there are neither."""
    known = folder.arrangement()
    if known:
        yield _section_table(known)
        yield _customer_table(known)


def _section_table(known: Mapping[str, Any]) -> Table:
    rows = tuple(
        (section["name"], _words(section["wires"]), _form(section), mode, *(answers[duty] for duty in DUTIES))
        for section in known["sections"]
        for mode, answers in section["answers"].items()
    )
    head = ("", "regime", "form", "mode", *DUTIES)
    return Table(
        "Who runs the wires, who answers",
        head,
        rows,
        tuple(range(1, len(head))),
        f"By the rules of {known['as_of']}; what the law leaves to contracts is marked [U] in facts.md 3.2.",
    )


def _customer_table(known: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            customer["name"],
            customer["section"] or MISSING,
            _words(customer["supply"]),
            _form(customer),
            number(customer["used"].get("demand_mwh")),
            number(customer["used"].get("max_demand_kw")),
            ", ".join(charge_text(row) for row in customer["charges"] if row["applies"]),
            ", ".join(_words(row["charge"]) for row in customer["charges"] if not row["applies"]),
        )
        for customer in known["customers"]
    )
    head = ("", "section", "supply", "form", "used MWh", "highest half hour kW", "billed", "not billed")
    caption = (
        "Whose bill a charge is on, if not the customer's, stands in brackets; amounts are what it is reckoned on, "
        "means over the members. arrangement.json says why each applies, and how certain that is."
    )
    return Table("Who is supplied how, who is billed what", head, rows, (1, 2, 3, 6, 7), caption)


def charge_text(row: Mapping[str, Any]) -> str:
    """`levy 2.7 MWh`, `standby 604 kW (supplier)`; without an amount where nobody measured it."""
    measured = f" {amount(row['amount'], row['unit'])}" if row.get("amount") is not None else ""
    payer = f" ({_words(row['payer'])})" if row["payer"] != "customer" else ""
    return f"{_words(row['charge'])}{measured}{payer}"


def console_lines(folder: RunFolder, figures: Figures) -> Iterator[tuple[str, str]]:
    """At most three: whose wires sections are and who answers for them, and own supply where it is owed."""
    sections = folder.arrangement().get("sections", [])
    own = [(section["name"], text) for section in sections if (text := own_supply_text(figures, section["name"]))]
    shown = sections[: MOST_LINES - bool(own)]
    for at, section in enumerate(shown):
        more = (
            f" (and {len(sections) - len(shown)} more)" if section is shown[-1] and len(sections) > len(shown) else ""
        )
        form = _form(section)
        what = _words(section["wires"]) if form == MISSING else form
        who = section["answers"]["normal"]["wires"]
        yield "" if at else "wires", f"{section['name']}: {what}; {who}{more}"
    if own:
        more = f" (and {len(own) - 1} more)" if len(own) > 1 else ""
        yield "own supply", f"{own[0][0]}: {own[0][1]}{more}"


def own_supply_text(figures: Figures, section: str) -> str:
    """Both ratios of a section; empty where it owes none."""
    capacity, energy = (figures.value(f"section:{section}.{key}") for key in _PERCENT)
    if capacity is None or energy is None:
        return ""
    return f"{amount(capacity, '%', 3)} by capacity, {amount(energy, '%', 3)} by energy"


def _form(entry: Mapping[str, Any]) -> str:
    form = entry.get("form")
    return f"{form['title']} ({form['title_ja']})" if form else MISSING


def _words(name: str) -> str:
    return str(name).replace("_", " ")
