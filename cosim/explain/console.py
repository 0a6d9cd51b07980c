"""Prints a finding, the hours around it, and what happened in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from cosim.explain.choice import chosen
from cosim.explain.sentences import sentences, throughout
from cosim.explain.window import Shown, Window, judged_s, read_window
from cosim.findings import Effect
from cosim.report.finding_texts import severity_text, stated, value_text
from cosim.report.scenario_file import scenario_of
from cosim.report.terminal import STYLES, open_console, print_rows, print_text
from cosim.report.texts import clock, duration, number
from cosim.results.folder import BASE_FOLDER, RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

MOST_EVENTS = 20
WIDEST_HEAD = 12
GAP = 2
TIME_HEAD = ("month-day", "local time")


def explain(path: Path, name: str | None, hours: float) -> None:
    """Say what a finding means; without a name, list all with their numbers.

    Raises:
        UsageError: no run, or no such finding.
    """
    folder = RunFolder(path)
    console = open_console()
    if name is None:
        _list(console, folder)
        return
    place, finding = chosen(folder.findings(), name)
    members = int(folder.summary().get("members") or 1)
    severity = severity_text(finding)
    print_text(console, f"{place}. {finding['rule']} of {finding['subject']}: {severity}", style=STYLES[severity])
    print_rows(console, sentences(finding, members, judged_s(folder, finding)), styles={})
    if not throughout(finding):
        console.print()
        _window(console, folder, finding, hours)


def _list(console: Console, folder: RunFolder) -> None:
    findings = folder.findings()
    if not findings:
        print_text(console, f"{folder.path} has no findings" + ("" if folder.complete else ": the run did not finish"))
        return
    rows = []
    for place, one in enumerate(findings, start=1):
        effect = f", {one['effect']}" if one.get("effect") else ""
        measure = "" if stated(one) else f", {value_text(one)}, {number(one['hours'], 3)} h"
        words = f"{one['id']}  {severity_text(one)}{measure}"
        rows.append((f"{place:>3}", words + (effect if one.get("effect") != Effect.CURED else "")))
    print_rows(console, rows, styles={})
    print_text(console, f"Next: cosim explain {folder.path} NUMBER")


def _window(console: Console, folder: RunFolder, finding: Mapping[str, Any], hours: float) -> None:
    cured = finding.get("effect") == Effect.CURED
    run = RunFolder(folder.path / BASE_FOLDER) if cured else folder
    if cured:
        print_text(console, "The hours below are those of the base case.")
    window = read_window(run, finding, scenario_of(run), hours)
    if window is None:
        print_text(console, _how_to_record(run, finding), hanging=2)
    else:
        print_text(
            console,
            f"{number(hours, 3)} h around the worst {'>'}: rows of {duration(window.row_s)}, means; "
            "taps and charge at the end of each row",
        )
        _table(console, window)
        for line in window.missing:
            command = f"{_command(run)} --set record.{line.rpartition('record.')[2].rstrip(')')}=all"
            print_text(console, f"Not recorded: {line}; {command}", hanging=2)
    _events(console, run, finding, hours)


def _table(console: Console, window: Window) -> None:
    """As many tables as the width asks for; each begins with the time."""
    times = _Column(TIME_HEAD, tuple(f"{t}{'>' if w else ''}" for t, w in zip(window.times, window.worst, strict=True)))
    for columns in _blocks(times, [_column(one) for one in window.columns], console.width):
        console.print()
        depth = max(len(column.head) for column in columns)
        for line in range(depth):
            _print(
                console,
                columns,
                [("", *column.head)[max(0, line - depth + len(column.head) + 1)] for column in columns],
            )
        for row, worst in enumerate(window.worst):
            _print(console, columns, [column.cells[row] for column in columns], style="bold" if worst else "")
    console.print()


def _print(console: Console, columns: Sequence[_Column], cells: Sequence[str], style: str = "") -> None:
    """One line: the time to the left, the others to the right of their columns."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    line = set_cell_size(cells[0], columns[0].wide)
    for column, cell in zip(columns[1:], cells[1:], strict=True):
        line += " " * (GAP + column.wide - cell_len(cell)) + cell
    console.print(Text(line.rstrip(), style=style), soft_wrap=True)


@dataclass(frozen=True)
class _Column:
    head: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def wide(self) -> int:
        from rich.cells import cell_len  # noqa: PLC0415

        return max(map(cell_len, (*self.head, *self.cells)))


def _column(shown: Shown) -> _Column:
    """Words in short lines, the unit last."""
    lines: list[str] = []
    for word in shown.words.replace("-", "- ").split():
        joint = "" if lines and lines[-1].endswith("-") else " "
        if lines and len(lines[-1]) + len(joint) + len(word) <= WIDEST_HEAD:
            lines[-1] += joint + word
        else:
            lines += [word[at : at + WIDEST_HEAD] for at in range(0, len(word), WIDEST_HEAD)]
    return _Column((*lines, shown.unit), shown.cells)


def _blocks(times: _Column, columns: Sequence[_Column], width: int) -> Iterator[Sequence[_Column]]:
    block = [times]
    for column in columns:
        if len(block) > 1 and sum(GAP + one.wide for one in (*block, column)) - GAP > width:
            yield block
            block = [times]
        block.append(column)
    yield block


def _events(console: Console, run: RunFolder, finding: Mapping[str, Any], hours: float) -> None:
    worst = datetime.fromisoformat(str(finding["worst_at"]))
    first, last = worst - timedelta(hours=hours), worst + timedelta(hours=hours)
    inside = [
        event
        for event in run.events()
        if event["member"] == finding["worst_member"] and first <= datetime.fromisoformat(event["time"]) <= last
    ]
    if not inside:
        print_text(console, "No switch, tap, relay or engine moved in these hours.")
        return
    rows = [
        (clock(str(event["time"]))[5:], f"{event['subject']} {event['action']} ({event['actor']})")
        for event in inside[:MOST_EVENTS]
    ]
    print_rows(console, rows, styles={})
    if len(inside) > MOST_EVENTS:
        print_text(console, f"and {len(inside) - MOST_EVENTS} more in events.json", by=2)


def _how_to_record(run: RunFolder, finding: Mapping[str, Any]) -> str:
    """Why there is no table, and the command that makes one."""
    member = finding["worst_member"]
    size = int((run.manifest.get("ensemble") or {}).get("size") or run.manifest.get("members") or 1)
    if size > 1:
        return (
            f"The series of member {member} were not kept: {_command(run)} --members {size} --member {member} runs it "
            "alone, and that run can be explained"
        )
    return f"No series of these hours were kept: see `record` in the scenario; {_command(run)} runs it again"


def _command(run: RunFolder) -> str:
    """How to run it again; a file is not known by its path."""
    from cosim.scenario import bundled  # noqa: PLC0415

    name = str(run.manifest["scenario"])
    variant = str(run.manifest.get("variant") or "").partition(", ")[0]
    words = ["cosim run", name if name in bundled.ids() else "FILE"]
    words += ["--variant", variant] if variant and variant != "base case" else []
    words += [f"--set {one}" for one in run.manifest.get("sets") or ()]
    return " ".join(words)
