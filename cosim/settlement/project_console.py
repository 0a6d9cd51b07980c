"""A project on the terminal: what it is worth, who pays whom, cash by party and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cosim.report.terminal import open_console, print_text
from cosim.report.texts import plural
from cosim.settlement.console_table import print_table
from cosim.settlement.project_file import ProjectView

COLUMNS = ("mean", "p05", "p95")
NEVER = "never"  # a payback beyond the years of the project


def print_project(view: ProjectView) -> None:
    """Figures over members, flows of the first year, cash by party, and what is assumed."""
    console, told = open_console(), view.as_dict()
    columns = COLUMNS if told["members"] > 1 else COLUMNS[:1]
    currency = view.spec.currency
    print_text(console, f"{view.spec.name}: {', '.join(view.spec.title.values())}", style="bold")
    for period in told["periods"]:
        days = f"{period['days_a_year']:g} days a year from {period['run_days']:g} days"
        print_text(console, f"{period['name']}: {days} of {period['run']}, against {period['without']}", hanging=2)
    if view.left_out:
        print_text(console, f"left out, for steps have no solution: {view.left_out} members")
    console.print()
    head = [plural(told["members"], "member"), "", *columns]
    print_table(console, [head, *_figures(told, currency, columns)], words=(0, 1))
    console.print()
    flows = [["first year", "from", "to", *columns]]
    flows += [
        [flow["what"], flow["payer"], flow["payee"], *_cells(flow["first_year"], columns, 0)]
        for flow in told["flows"]
        if any(flow["first_year"].values())
    ]
    print_table(console, flows, words=(0, 1, 2))
    console.print()
    parties = told["cash_mean"]
    rows = [[f"year, {currency}", *parties]]
    rows += [[str(year), *(f"{cash[year]:,.0f}" for cash in parties.values())] for year in range(view.spec.years + 1)]
    print_table(console, rows)
    console.print()
    marks = {flow["certainty"]: None for flow in told["flows"]}
    print_text(console, f"amounts: {'; '.join(marks)}", hanging=2)
    for text in told["assumed"]:
        print_text(console, f"assumed: {text}", hanging=2)


def _figures(told: Mapping[str, Any], currency: str, columns: Sequence[str]) -> list[list[str]]:
    found = told["figures"]
    owner = told["owner"]
    return [
        ["simple payback", "a", *_cells(found["simple_payback_a"], columns, 1, NEVER)],
        ["discounted payback", "a", *_cells(found["discounted_payback_a"], columns, 1, NEVER)],
        ["LCOE", f"{currency}/kWh", *_cells(found["lcoe_per_kwh"], columns, 2)],
        ["cost of avoided CO2", f"{currency}/kg", *_cells(found["cost_per_avoided_kg"], columns, 2)],
        [f"net present value, {owner}", currency, *_cells(found[f"npv.{owner}"], columns, 0)],
        ["energy a year", "kWh", *_cells(told["energy_kwh_a_year"], columns, 0)],
        ["avoided CO2 a year", "kg", *_cells(told["avoided_kg_a_year"], columns, 0)],
    ]


def _cells(values: Mapping[str, float | None], columns: Sequence[str], digits: int, none: str = "-") -> list[str]:
    """Mean and percentiles; `none` for what is no finite number."""
    return [none if (value := values[name]) is None else f"{value:,.{digits}f}" for name in columns]
