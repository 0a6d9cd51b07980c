"""What the command line prints: lists, validation, the summary of a run. Plain text where nobody watches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.report.arrangement import console_lines
from cosim.report.certificate import cross_check_text, failures_text
from cosim.report.finding_texts import severity_text, stated, value_text
from cosim.report.members import range_text, share_text
from cosim.report.overview import Boundary, Overview, curtailed_text
from cosim.report.scenario_file import scenario_of
from cosim.report.settlement import console_lines as bill_lines
from cosim.report.terminal import STYLES, open_console, print_rows, print_text
from cosim.report.texts import MISSING, amount, closeness, duration, number, per_unit, plural

if TYPE_CHECKING:
    from rich.console import Console

    from cosim.errors import Problem
    from cosim.results.folder import RunFolder
    from cosim.scenario.validation import ValidationReport

MOST_FINDINGS = 8
MOST_WARNINGS = 20  # of one rule
MOST_ROWS = 4  # devices, boundaries, notes: the page has the rest


def print_scenarios() -> None:
    """The bundled scenarios: id, title, tags, variants."""
    from cosim.scenario.library import list_scenarios  # noqa: PLC0415

    console = open_console()
    for scenario in list_scenarios():
        print_text(console, scenario.id, style="bold")
        title = " / ".join(dict.fromkeys([scenario.title, *scenario.titles.values()]))
        lines = [title, f"tags: {', '.join(scenario.tags)}" if scenario.tags else ""]
        lines.append(f"variants: {', '.join(scenario.variants)}" if scenario.variants else "")
        for line in filter(None, lines):
            print_text(console, line, by=2)
    print_text(console, "Next: cosim run ID, or cosim new DIR --from ID to edit a copy")


def print_grids() -> None:
    """Where a network may come from."""
    from importlib.util import find_spec  # noqa: PLC0415

    from grids.japan.build import presets  # noqa: PLC0415

    simbench = "any SimBench code, e.g. 1-MVLV-rural-4.101-0-sw"
    if find_spec("simbench") is None:
        simbench += " (not installed: pip install 'feeder-cosim[simbench]', 400 MB)"
    rows = (
        ("grid.library", "a preset Japanese 6.6 kV feeder:"),
        *((name, f"{one.title_en} / {one.title_ja}: {one.description}") for name, one in presets().items()),
        ("grid.design", "where the feeder differs from its preset (docs/japanese-feeder.md)"),
        ("grid.tables", "buses, lines, transformers, switches and sources written in the scenario"),
        ("grid.csv", "two CSV files, nodes and branches (docs/importers.md has the template)"),
        ("grid.pandapower", "a pandapower network saved as JSON or Excel, beside the scenario"),
        ("grid.matpower", "a MATPOWER case (.m), beside the scenario"),
        ("grid.simbench", simbench),
        ("grid.add, grid.change", "elements added to any of these, and changed (docs/equipment.md)"),
    )
    print_rows(open_console(), rows)


def print_validation(path: Path, report: ValidationReport) -> None:
    """Every problem and warning as one unwrapped line, then what could not be judged."""
    for problem in (*report.problems, *_shown(report.warnings)):
        print(problem)  # one plain line each, for editors and pipes
    for skip in report.skipped:
        print(f"{path}: {skip}")
    for note in report.notes:
        print(f"{path}: note: {note}")
    warned = f", {plural(len(report.warnings), 'warning')}" if report.warnings else ""
    if not report.problems:
        print(f"{path}: ok{warned}")
    elif warned:
        print(f"{path}: {plural(len(report.problems), 'problem')}{warned}")


def _shown(warnings: Sequence[Problem]) -> Iterator[Problem | str]:
    """Warnings rule by rule; of a rule with very many, some and their number."""
    for rule in dict.fromkeys(warning.rule for warning in warnings):
        found = [warning for warning in warnings if warning.rule == rule]
        yield from found[:MOST_WARNINGS]
        if len(found) > MOST_WARNINGS:
            yield f"{found[0].file}: and {len(found) - MOST_WARNINGS} more warnings of {rule}"


def print_run_summary(folder: RunFolder, elapsed_s: float) -> None:
    """The verdict and the figures behind it, on one screen."""
    overview = Overview(folder, scenario_of(folder))
    console = open_console()
    _head(console, overview)
    _findings(console, overview)
    print_rows(console, _figures(overview), styles={})
    _tail(console, overview, elapsed_s)


def _head(console: Console, overview: Overview) -> None:
    variant = f" [{overview.variant}]" if overview.variant else ""
    print_text(console, " / ".join(text for _, text in overview.titles) + variant, style="bold")
    if overview.unfinished:
        print_text(console, f"UNFINISHED: {overview.unfinished}", style=STYLES["unfinished"])
    if overview.period:
        print_text(console, overview.period)
    print_text(console, f"Verdict: {overview.verdict}", style=STYLES[overview.worst])
    if overview.against_base:
        print_text(console, f"Against the base case: {overview.against_base}")
    console.print()


def _findings(console: Console, overview: Overview) -> None:
    if not overview.findings:
        return
    rows = []
    for finding in overview.findings[:MOST_FINDINGS]:
        words = f"{finding['rule']}  {finding['subject']}  {_measure(finding)}"
        share = share_text(finding, overview.members.count)
        words += f" {share}" if share else ""
        words += "".join(f"; {said}" for said in (str(finding.get("effect") or ""), _by(finding)) if said)
        rows.append((severity_text(finding), words))
    print_rows(console, rows)
    if len(overview.findings) > MOST_FINDINGS:
        print_text(console, f"and {len(overview.findings) - MOST_FINDINGS} more in findings.json", by=2)
    console.print()


def _measure(finding: Mapping[str, Any]) -> str:
    if stated(finding):
        return MISSING
    return f"{value_text(finding)}, limit {number(finding.get('limit'))}, {number(finding.get('hours'), 3)} h"


def _by(finding: Mapping[str, Any]) -> str:
    return f"by {finding['caused_by']}" if finding.get("caused_by") else ""


def _figures(overview: Overview) -> Iterator[tuple[str, str]]:
    scale = overview.energy_scale
    supply, use = overview.accounts
    for label, side in (("supply", supply), ("use", use)):
        if side:
            yield label, ", ".join(f"{words} {scale.amount(value)}" for words, value in side if value)
    yield from _shortfalls(overview)
    devices = overview.devices
    for device in devices[:MOST_ROWS]:
        words = [scale.amount(device.generation_mwh)]
        if device.available_mwh is not None:
            words[0] += f" of {scale.number(device.available_mwh)} available"
        curtailed = curtailed_text(device, scale)
        words += [f"curtailed {curtailed}"] if curtailed else []
        if device.run_hours is not None:
            words.append(f"{number(device.run_hours)} unit hours, {number(device.starts)} starts")
        yield device.name, ", ".join(words)
    yield from _more(devices, "devices")
    boundaries = overview.boundaries
    for boundary in boundaries[:MOST_ROWS]:
        yield boundary.name, _flow_text(boundary, overview.agreed(boundary))
    yield from _more(boundaries, "boundaries")
    yield from console_lines(overview.folder, overview.figures)
    for voltage in overview.levels[:MOST_ROWS]:
        yield f"voltage {voltage.name}", str(voltage)
    yield from _worst_customers(overview)
    if overview.legs:
        yield "100 V legs", overview.legs
    for name, text in overview.regulators:
        yield f"regulator {name}", text
    if overview.loading:
        yield "max loading", ", ".join(f"{kind} {number(value, 3)} %" for kind, value in overview.loading)
    yield from _members(overview)
    if overview.fuel:
        yield "fuel, cost", ", ".join(f"{words} {text}" for words, text in overview.fuel)
    yield from bill_lines(overview.folder, overview.figures)


def _members(overview: Overview) -> Iterator[tuple[str, str]]:
    """How far the members differ, and what drives them."""
    members = overview.members
    if members.count == 1:
        return
    differing = [figure for figure in members.key_figures if figure.differs]
    for at, figure in enumerate(differing[:MOST_ROWS]):
        yield "" if at else "members", f"{figure.words}: {range_text(figure)}"
    yield from _more(differing, "figures that differ")
    drivers = sorted(members.drivers(), key=lambda driver: -abs(driver.rho))
    for at, driver in enumerate(drivers[:MOST_ROWS]):
        yield "" if at else "drivers", f"{driver.path}: {driver.target}, {driver.words} ({number(driver.rho, 2)})"
    if members.too_few:
        yield "drivers", "too few members to tell"


def _shortfalls(overview: Overview) -> Iterator[tuple[str, str]]:
    figures, scale = overview.figures, overview.energy_scale
    words = []
    for word in ("curtailed", "unserved"):
        value = figures.value(f"grid.{word}_mwh")
        if value is not None:
            words.append(f"{word} {scale.amount(value)}")
    residual = figures.value("balance.residual_mw")
    if residual is not None:
        words.append(f"closes {closeness(residual)}")
    if figures.value("grid.failed_steps"):
        words.append(f"{number(figures.value('grid.failed_steps'))} steps without a solution")
    if words:
        yield "balance", ", ".join(words)


def _flow_text(boundary: Boundary, agreed: str) -> str:
    peak = f"peak import {amount(boundary.max_import_kw, 'kW')}, export {amount(boundary.max_export_kw, 'kW')}"
    return f"{peak} ({agreed})" if agreed else peak


def _worst_customers(overview: Overview) -> Iterator[tuple[str, str]]:
    known = [row for row in overview.customers if row.low_pu is not None and row.high_pu is not None]
    if not known:
        return
    low, high = min(known, key=lambda row: row.low_pu or 0.0), max(known, key=lambda row: row.high_pu or 0.0)
    lowest, highest = f"{per_unit(low.low_pu)} pu ({low.name})", f"{per_unit(high.high_pu)} pu ({high.name})"
    yield "customers", f"lowest {lowest}, highest {highest}"


def _more(rows: Sequence[Any], what: str) -> Iterator[tuple[str, str]]:
    if len(rows) > MOST_ROWS:
        yield "", f"and {len(rows) - MOST_ROWS} more {what} in summary.json"


def _tail(console: Console, overview: Overview, elapsed_s: float) -> None:
    console.print()
    notes = overview.notes
    for note in notes[:MOST_ROWS]:
        print_text(console, f"Note: {note}", hanging=2)
    if len(notes) > MOST_ROWS:
        print_text(console, f"and {len(notes) - MOST_ROWS} more notes in summary.json", by=2)
    for label, words in (("Check", cross_check_text(overview.manifest)), ("Failed", failures_text(overview.manifest))):
        if words:
            print_text(console, f"{label}: {words}", hanging=2)
    path = overview.folder.path
    report = path / "report.html"
    took = duration(elapsed_s) if elapsed_s >= 1.0 else f"{elapsed_s:.1f} s"
    # paths stay on one line, to be copied
    print(f"Run:    {path}  ({took})")
    if report.is_file():
        print(f"Report: {report}")
    print(f"Next:   {_next_command(overview)}")


def _next_command(overview: Overview) -> str:
    from cosim.scenario import bundled  # noqa: PLC0415
    from cosim.scenario.library import list_scenarios  # noqa: PLC0415

    if overview.unfinished:
        return f"cosim report {overview.folder.path}"
    if overview.name not in bundled.ids():
        return "cosim check FILE runs all variants of your scenario and judges them"
    variants = next((known.variants for known in list_scenarios() if known.id == overview.name), ())
    if variants and not overview.variant:
        return f"cosim run {overview.name} --variant {variants[0]}"
    return f"cosim check {overview.name}"
