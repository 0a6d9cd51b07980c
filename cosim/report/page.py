"""`report.html`: one file that needs nothing else, readable on a phone, for finished and unfinished runs.

The numbers are those of `summary.json`, `findings.json` and the series. A content policy in the page forbids every
network request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.report.arrangement import arrangement_tables
from cosim.report.base_case import base_case_table
from cosim.report.chart import Chart, ChartSource
from cosim.report.charts import charts
from cosim.report.clocks import timezone_of
from cosim.report.finding_texts import cause_text, effect_text, limit_text, severity_text, value_text
from cosim.report.members import share_text, spread_row
from cosim.report.overview import Overview, curtailed_text
from cosim.report.scenario_file import scenario_of
from cosim.report.settlement import settlement_tables
from cosim.report.shown_limits import ShownLimit
from cosim.report.table import Table
from cosim.report.texts import MISSING, amount, clock, closeness, number, per_unit, settled
from cosim.results.files import write_text
from cosim.results.voltage_losses import NAME as LOSSES_FILE
from cosim.results.voltage_losses import read_voltage_losses

if TYPE_CHECKING:
    from jinja2 import Environment

    from cosim.results.folder import RunFolder

NAME = "report.html"
MOST_FINDINGS = 200  # rows of the table; findings.json has them all
MOST_LOSSES = 30  # rows of the table; the file has them all


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure."""

    label: str
    value: str
    note: str = ""
    bad: bool = False


def write_report(folder: RunFolder) -> Path:
    """Write `report.html` into the run folder; returns its path."""
    path = folder.path / NAME
    write_text(path, render(folder))
    return path


def render(folder: RunFolder) -> str:
    """The page of a run."""
    scenario = scenario_of(folder)
    overview = Overview(folder, scenario)
    market = scenario.get("market")
    source = ChartSource(
        folder=folder,
        timezone=str(folder.manifest.get("timezone") or timezone_of(scenario)),
        limits=overview.limits,
        currency=str(market.get("currency") or "") if isinstance(market, Mapping) else "",
        member=folder.first_member,
        scenario=scenario,
    )
    drawn = charts(source, overview.members)
    environment = page_environment()
    return environment.get_template("page.html.j2").render(
        overview=overview,
        tiles=list(tiles(overview)),
        findings=overview.findings[:MOST_FINDINGS],
        findings_left=max(0, len(overview.findings) - MOST_FINDINGS),
        charts=drawn,
        chart_data=chart_data(drawn),
        tables=[table for table in tables(overview) if table.rows],
        provenance=list(overview.provenance()),
        plotly=_plotly_script() if drawn else "",
    )


def chart_data(drawn: Sequence[Chart]) -> str:
    """Figures as JSON that may stand inside a script element whatever names hold."""
    text = json.dumps({chart.id: chart.figure for chart in drawn}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def tiles(overview: Overview) -> Iterator[Tile]:
    """The figures a planner asks for first."""
    value, scale = overview.figures.value, overview.energy_scale
    for label, key in (
        ("Load served", "grid.served_mwh"),
        ("Import", "grid.import_mwh"),
        ("Export", "grid.export_mwh"),
    ):
        if value(key) is not None:
            yield Tile(label, scale.amount(value(key)))
    yield from _generation_tiles(overview)
    for label, word in (("Curtailed", "curtailed"), ("Not served", "unserved")):
        cut = value(f"grid.{word}_mwh")
        if cut is not None and (cut or word == "unserved"):
            yield Tile(label, scale.amount(cut), bad=bool(cut) and word == "unserved")
    for row in overview.levels:
        yield Tile(f"Voltage {row.name}, pu", f"{per_unit(row.low_pu)}–{per_unit(row.high_pu)}")
    if overview.leg_range:
        yield Tile("100 V legs, V", overview.leg_range, "; ".join(overview.leg_hours), bad=bool(overview.leg_hours))
    for kind, percent in overview.loading:
        yield Tile(f"Highest {kind} loading", amount(percent, "%", 3))
    for boundary in overview.boundaries:
        if boundary.kind == "pcc" or boundary.contract_kw is not None:
            yield Tile(f"Peak import {boundary.name}", amount(boundary.max_import_kw, "kW"), overview.agreed(boundary))
    for words, text in overview.fuel:
        yield Tile(words[:1].upper() + words[1:], text)


def _generation_tiles(overview: Overview) -> Iterator[Tile]:
    """Sun and wind beside what they could have given, then engines."""
    scale, devices = overview.energy_scale, overview.devices
    weather = [device for device in devices if device.available_mwh is not None]
    engines = [device for device in devices if device.available_mwh is None]
    if weather:
        available = sum(device.available_mwh or 0.0 for device in weather)
        used = sum(device.generation_mwh or 0.0 for device in weather)
        yield Tile("PV and other sources", scale.amount(used), f"of {scale.amount(available)} available")
    if engines:
        yield Tile("Engines", scale.amount(sum(device.generation_mwh or 0.0 for device in engines)))


def tables(overview: Overview) -> Iterator[Table]:
    """What the members say together, then energies, boundaries, voltages, months and residuals."""
    yield base_case_table(overview.folder.path)
    yield from arrangement_tables(overview.folder)
    yield from settlement_tables(overview.folder)
    yield _spread_table(overview)
    yield _driver_table(overview)
    yield _balance_table(overview)
    yield _device_table(overview)
    yield _boundary_table(overview)
    yield _voltage_table(overview)
    yield _regulator_table(overview)
    yield _voltage_loss_table(overview)
    yield _month_table(overview)
    yield _limit_table(overview)
    yield _residual_table(overview)


def _spread_table(overview: Overview) -> Table:
    members = overview.members
    if members.count == 1:
        return Table("", (), ())
    rows = tuple(spread_row(figure) for figure in members.key_figures)
    head = ("", "unit", "mean", "lowest", "5 %", "median", "95 %", "highest")
    caption = (
        f"Over {members.count} members; 90 % of them lie between the 5 % and the 95 % value. members.parquet has all."
    )
    return Table("Spread over the members", head, rows, (1,), caption)


def _driver_table(overview: Overview) -> Table:
    members = overview.members
    rows = tuple((one.target, one.path, number(one.rho, 2), one.words) for one in members.drivers())
    title, head = "What drives it", ("", "varied value", "rank correlation", "the figure")
    if members.too_few:
        return Table(title, head, (("all figures", "too few members to tell", MISSING, MISSING),), (1, 3))
    caption = (
        f"Spearman's rank correlation over {members.count} members: 1 always rises with it, -1 always falls. Shown "
        f"from {number(members.threshold, 2)} on: one unrelated pair of a hundred gets there. No proof of a cause."
    )
    return Table(title, head, rows, (1, 3), caption)


def _balance_table(overview: Overview) -> Table:
    scale = overview.energy_scale
    supply, use = overview.accounts
    rows = [(words, scale.number(energy), "") for words, energy in supply]
    rows += [(words, "", scale.number(energy)) for words, energy in use]
    if rows:
        rows.append(
            ("sum", scale.number(sum(energy for _, energy in supply)), scale.number(sum(energy for _, energy in use)))
        )
    caption = "Actual energies of the whole network: both columns add up to the same."
    return Table("Energy balance", ("", f"supply {scale.unit}", f"use {scale.unit}"), tuple(rows), (), caption)


def _device_table(overview: Overview) -> Table:
    scale = overview.energy_scale
    rows = tuple(
        (
            device.name,
            scale.number(device.available_mwh),
            scale.number(device.generation_mwh),
            curtailed_text(device, scale) or ("0" if device.curtailed_mwh is not None else MISSING),
            number(device.run_hours),
            number(device.starts),
        )
        for device in overview.devices
    )
    head = ("", f"available {scale.unit}", f"used {scale.unit}", "curtailed (reason)", "unit hours", "starts")
    return Table("Generation", head, rows, (3,), "Available is realised plus curtailed; each kWh has one reason.")


def _boundary_table(overview: Overview) -> Table:
    scale = overview.energy_scale
    rows = tuple(
        (
            boundary.name,
            scale.number(boundary.import_mwh),
            scale.number(boundary.export_mwh),
            number(settled(boundary.max_import_kw, "kW")),
            number(settled(boundary.max_export_kw, "kW")),
            amount(boundary.cost, boundary.currency, 6),
            overview.agreed(boundary),
        )
        for boundary in overview.boundaries
    )
    head = (
        "",
        f"import {scale.unit}",
        f"export {scale.unit}",
        "peak import kW",
        "peak export kW",
        "energy cost",
        "agreed",
    )
    return Table("Boundaries", head, rows, (6,), "Peaks are clock half-hour means.")


def _voltage_table(overview: Overview) -> Table:
    rows = [(f"all at {row.name}", per_unit(row.low_pu), per_unit(row.high_pu)) for row in overview.levels]
    rows += [(f"customer {row.name}", per_unit(row.low_pu), per_unit(row.high_pu)) for row in overview.customers]
    return Table("Voltage extremes", ("", "lowest pu", "highest pu"), tuple(rows), (), "Means over single steps.")


def _regulator_table(overview: Overview) -> Table:
    value = overview.figures.value
    keys = ("operations", "max_operations_per_day", "tap_min", "tap_max", "reverse_hours")
    rows = tuple(
        (subject.partition(":")[2], *(number(value(f"{subject}.{key}")) for key in keys))
        for subject in overview.figures.subjects("operations", "regulator")
    )
    head = ("", "operations", "most in a day", "lowest tap", "highest tap", "hours of reverse flow")
    caption = "Tap changers with a controller. How they find their places before the first step is not counted."
    return Table("Voltage regulators", head, rows, (), caption)


def _voltage_loss_table(overview: Overview) -> Table:
    """Who lost energy because of the voltage, and how much: those who lost most."""
    lost = read_voltage_losses(overview.folder.path)
    rows = tuple(
        (
            row["customer"].removeprefix("customer:") or MISSING,
            row["unit"].removeprefix("device:"),
            row["bus"],
            *(number(float(row[key])) for key in ("lost_kwh", "available_kwh", "lost_percent")),
        )
        for row in lost[:MOST_LOSSES]
    )
    head = ("customer", "unit", "bus", "lost kWh", "available kWh", "lost %")
    left = f" {LOSSES_FILE} has all {len(lost)}." if len(lost) > len(rows) else ""
    mean = " Means over the members." if overview.members.count > 1 else ""
    caption = f"What voltage control (suppression, curves) took from each unit, the largest losses first.{mean}{left}"
    return Table("Energy lost to voltage control", head, rows, (1, 2), caption)


def _month_table(overview: Overview) -> Table:
    balance = overview.folder.balance()
    months, energies = balance.get("months", []), balance.get("energies", {})
    if len(months) < 2:
        return Table("By month", (), ())
    scale = overview.energy_scale
    keys = [key for key in energies if key.startswith("grid.") and energies[key]["unit"] == "MWh"]
    head = ("", *(key.partition(".")[2].removesuffix("_mwh") for key in keys))
    rows = tuple(
        (str(month), *(scale.number(energies[key]["values"][at]) for key in keys)) for at, month in enumerate(months)
    )
    return Table(f"By month, {scale.unit}", head, rows)


def _limit_table(overview: Overview) -> Table:
    rows = tuple(
        (
            limit.rule,
            limit_bounds(limit),
            _subjects(limit),
            "half-hour mean" if limit.window_s else "every step",
            limit.severity,
            limit.responsible or MISSING,
            limit.label,
            limit.certainty,
        )
        for limit in overview.limits
    )
    head = ("", "allowed", "where", "judged on", "if broken", "who answers", "ground", "certainty")
    return Table("What was judged", head, rows, (1, 2, 3, 4, 5, 6, 7))


def _subjects(limit: ShownLimit) -> str:
    first = min(limit.subjects, default=MISSING)
    return first if len(limit.subjects) <= 1 else f"{first} and {len(limit.subjects) - 1} more"


def limit_bounds(limit: ShownLimit) -> str:
    """`0.9048 to 1.019 pu`, `up to 200 kW`, `10 kW or more`."""
    if limit.lower is None:
        return f"up to {amount(limit.upper, limit.unit)}"
    if limit.upper is None:
        return f"{amount(limit.lower, limit.unit)} or more"
    return f"{number(limit.lower)} to {amount(limit.upper, limit.unit)}"


def _residual_table(overview: Overview) -> Table:
    words = {
        "residual_mw": "import + generation + discharge = served + charging + losses + export",
        "available_residual_mw": "available = realised + curtailed",
        "demand_residual_mw": "demand = served + unserved",
        "heat_residual_mw": "heat made = served + dumped + lost + stored",
    }
    rows = tuple(
        (words.get(key, key), closeness(entry.get("value")), clock(str(entry.get("at") or MISSING)))
        for key, entry in overview.folder.balance().get("residuals", {}).items()
    )
    return Table("How well the balances close", ("", "largest residual", "at"), rows, (2,))


def page_environment() -> Environment:
    """The templates of the pages, with their filters."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=PackageLoader("cosim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock, "amount": amount, "number": number, "share": share_text}
    environment.filters |= {"severity": severity_text, "cause": cause_text, "effect": effect_text}
    environment.filters |= {"value": value_text, "limit": limit_text}
    return environment


def _clock(text: Any) -> str:
    return clock(str(text)) if text else MISSING


def _plotly_script() -> str:
    """plotly.js as it comes with the package: put into the page once, as it is."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415

    return str(get_plotlyjs())
