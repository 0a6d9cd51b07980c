"""Text on the terminal: labels beside wrapped words, paragraphs. Plain where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WIDEST_LABEL = 24
STYLES = {
    "violation": "bold red",
    "warning": "yellow",
    "information": "",
    "pass": "green",
    "cured": "green",
    "unfinished": "bold red",
}


def open_console() -> Console:
    """The console of standard output; its width is the terminal's, 80 where there is none."""
    from rich.console import Console  # noqa: PLC0415

    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, soft_wrap=False)


def print_rows(console: Console, rows: Iterable[tuple[str, str]], styles: Mapping[str, str] = STYLES) -> None:
    """Labels in one column, words wrapped beside them; no blanks at the ends of lines."""
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    listed = list(rows)
    column = min(max((cell_len(label) for label, _ in listed), default=0), WIDEST_LABEL)
    for label, words in listed:
        shown = label if cell_len(label) <= column else f"{set_cell_size(label, column - 1)}~"
        lines = Text(words).wrap(console, max(console.width - column - 2, 20))
        for at, line in enumerate(lines):
            head = set_cell_size(shown if at == 0 else "", column)
            line.rstrip()
            console.print(Text(head, style=styles.get(label, "")) + Text("  ") + line, soft_wrap=True)


def print_text(console: Console, text: str, by: int = 0, hanging: int = 0, style: str = "") -> None:
    """A paragraph, wrapped at words; lines after the first hang."""
    from rich.text import Text  # noqa: PLC0415

    for at, line in enumerate(Text(text).wrap(console, max(console.width - by - hanging, 20))):
        line.rstrip()
        line.stylize(style)
        console.print(Text(" " * (by + (hanging if at else 0))) + line, soft_wrap=True)
