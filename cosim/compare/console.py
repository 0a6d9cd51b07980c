"""The comparison on a terminal: one table where it fits, changes beside the values or, on narrow ones, below them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosim.compare.comparison import Comparison
from cosim.compare.rows import CURED, NEW, Row
from cosim.compare.runs import Run
from cosim.report.terminal import open_console, print_rows, print_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDEST_WORDS = 36
NARROWEST_WORDS = 20
WIDEST_HEAD = 9
GAP = 2
MOST_NOTES = 6
_CHANGE_STYLES = {CURED: "green", NEW: "bold red"}
_BELOW = re.compile(r"(?<=[-_ ])")  # where the name of a run may break


@dataclass(frozen=True)
class _Layout:
    """Widths of the columns in terminal cells; `beside` = changes have columns of their own."""

    words: int
    unit: int
    values: tuple[int, ...]
    changes: tuple[int, ...]  # 0 for the first run
    beside: bool

    def width(self, runs: Iterable[int]) -> int:
        """Of a table with these runs."""
        return self.words + GAP + self.unit + sum(self.of_run(at) for at in runs)

    def of_run(self, at: int) -> int:
        """Of one run, with the gaps before its columns."""
        if not self.beside:
            return GAP + max(self.values[at], self.changes[at])
        return GAP + self.values[at] + (GAP + self.changes[at] if self.changes[at] else 0)


def print_comparison(comparison: Comparison) -> None:
    """Runs, what is not alike, the table, and what became of the breaches of the first run."""
    console = open_console()
    _head(console, comparison)
    console.print()
    if comparison.rows:
        layout = _layout(comparison, console.width)
        for runs in _blocks(layout, len(comparison.runs), console.width):
            _table(console, comparison, layout, runs)
            console.print()
    else:
        print_text(console, "All figures read the same.")
        console.print()
    _verdicts(console, comparison)
    _claims(console, comparison)
    _foot(console, comparison)


def _head(console: Console, comparison: Comparison) -> None:
    runs = comparison.runs
    first = runs[0].overview
    print_text(console, " / ".join(text for _, text in comparison.titles), style="bold")
    if first.period and len({run.overview.period for run in runs}) == 1:
        print_text(console, first.period)
    print_rows(console, ((run.label, f"{run.standing} ({run.path})") for run in runs), styles={})
    for note in comparison.notes:
        print_text(console, f"Note: {note}", hanging=2)


def _layout(comparison: Comparison, width: int) -> _Layout:
    from rich.cells import cell_len  # noqa: PLC0415

    def widest(texts: Iterable[str]) -> int:
        return max(map(cell_len, texts), default=0)

    rows, runs = comparison.rows, comparison.runs
    words = min(max(widest(row.label for row in rows), NARROWEST_WORDS), WIDEST_WORDS)
    units = widest(row.shown_unit for row in rows)
    values = tuple(
        max(widest(_head_lines(run)), widest(row.texts()[at] for row in rows)) for at, run in enumerate(runs)
    )
    changes = tuple(widest(row.change_text(at) for row in rows) for at in range(len(runs)))
    beside = _Layout(words, units, values, changes, beside=True)
    if beside.width(range(len(runs))) <= width:
        return beside
    below = _Layout(0, units, values, changes, beside=False)
    spare = width - below.width(range(len(runs)))
    return _Layout(min(words, max(spare, NARROWEST_WORDS)), units, values, changes, beside=False)


def _blocks(layout: _Layout, runs: int, width: int) -> Iterator[list[int]]:
    """Runs side by side as far as they fit; every further table begins with the first run again."""
    block = [0]
    for at in range(1, runs):
        if len(block) > 1 and layout.width([*block, at]) > width:
            yield block
            block = [0]
        block.append(at)
    yield block


def _head_lines(run: Run) -> list[str]:
    """The label, broken where names are joined; below it how the run ended, if not well."""
    lines = [""]
    for part in _BELOW.split(run.label):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > WIDEST_HEAD:
            lines.append("")
        lines[-1] += part
    ending = [] if run.complete else [run.overview.folder.status.value.upper()]
    return [*(line.rstrip() for line in lines), *ending]


def _table(console: Console, comparison: Comparison, layout: _Layout, runs: Sequence[int]) -> None:
    heads = {at: _head_lines(comparison.runs[at]) for at in runs}
    depth = max(map(len, heads.values()))
    for line in range(depth):
        cells = {
            at: (head[line - depth + len(head)] if line >= depth - len(head) else "") for at, head in heads.items()
        }
        _print_line(console, layout, ("", ""), cells, {}, bold=True)
    group = None
    for row in comparison.rows:
        if row.group is not group:
            group = row.group
            print_text(console, group.value, style="bold")
        _print_row(console, layout, row, runs)


def _print_row(console: Console, layout: _Layout, row: Row, runs: Sequence[int]) -> None:
    """One line, or two with the changes below; words that are longer go on below."""
    from rich.text import Text  # noqa: PLC0415

    texts = row.texts()
    values = {at: texts[at] for at in runs}
    changes = {at: row.change_text(at) for at in runs}
    words = [line.plain.rstrip() for line in Text(row.label).wrap(console, layout.words, overflow="fold")]
    cells: list[tuple[Mapping[int, str], Mapping[int, str]]] = [(values, changes)]
    if not layout.beside:
        cells = [(values, {}), *([(changes, {})] if any(changes.values()) else [])]
    for line in range(max(len(words), len(cells))):
        said = (words[line] if line < len(words) else "", row.shown_unit if line == 0 else "")
        _print_line(console, layout, said, *(cells[line] if line < len(cells) else ({}, {})))


def _print_line(
    console: Console,
    layout: _Layout,
    said: tuple[str, str],
    values: Mapping[int, str],
    changes: Mapping[int, str],
    *,
    bold: bool = False,
) -> None:
    """Words and unit to the left, cells to the right; no blanks at the end."""
    from rich.cells import set_cell_size  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    words, unit = said
    line = Text(set_cell_size(words, layout.words) + " " * GAP + set_cell_size(unit, layout.unit))
    for at, value in values.items():
        wide = layout.values[at] if layout.beside else layout.of_run(at) - GAP
        line += _cell(value, wide, "bold" if bold else _CHANGE_STYLES.get(value, ""))
        if layout.beside and layout.changes[at]:
            change = changes.get(at, "")
            line += _cell(change, layout.changes[at], _CHANGE_STYLES.get(change, ""))
    line.rstrip()
    console.print(line, soft_wrap=True)


def _cell(text: str, wide: int, style: str) -> Text:
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    return Text(" " * (GAP + wide - cell_len(text))) + Text(text, style=style)


def _verdicts(console: Console, comparison: Comparison) -> None:
    if not comparison.verdicts:
        return
    labels = [run.label for run in comparison.runs]
    print_text(console, "Rule by rule, and who answers:", style="bold")
    for verdict in comparison.verdicts:
        print_text(console, verdict.rule)
        for label, said in zip(labels, verdict.said, strict=True):
            print_text(console, f"{label}: {said}", by=2, hanging=2)
    console.print()


def _claims(console: Console, comparison: Comparison) -> None:
    print_text(console, f"Against {comparison.runs[0].label}:", style="bold")
    rows = []
    before = ""
    for claim in comparison.claims:
        rows.append(("" if claim.label == before else claim.label, claim.sentence))
        before = claim.label
    print_rows(console, rows, styles={})


def _foot(console: Console, comparison: Comparison) -> None:
    console.print()
    for line in comparison.legend:
        print_text(console, line)
    for note in comparison.own_notes[:MOST_NOTES]:
        print_text(console, f"Note: {note}", hanging=2)
    if len(comparison.own_notes) > MOST_NOTES:
        print_text(console, f"and {len(comparison.own_notes) - MOST_NOTES} more notes in the runs' summary.json", by=2)
