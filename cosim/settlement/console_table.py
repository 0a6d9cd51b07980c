"""Tables on the terminal that fit its width: heads and words fold, and what is still too wide is printed in parts."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

GAP, NARROW = "  ", " "  # between columns; the narrow one where that spares a second part

Cell = list[str]  # its lines


def print_table(
    console: Console, rows: Sequence[Sequence[str]], words: Container[int] = (0,), *, head: bool = True
) -> None:
    """Columns, those of words flush left, the others flush right; no number is ever broken.

    Args:
        console: where it goes.
        rows: the head and the rows, of equal length.
        words: columns of words.
        head: whether the first row is one; a head may fold over its numbers.
    """
    cells = [[[cell] for cell in row] for row in rows]
    if _width(cells) > console.width and head:
        cells[0] = [_folded(console, cell, width) for cell, width in zip(rows[0], _head_widths(rows), strict=True)]
    _fold_words(console, cells, words)
    gap = GAP if _width(cells) <= console.width or _width(cells, NARROW) > console.width else NARROW
    for at, columns in enumerate(_parts(cells, console.width, gap)):
        if at:
            console.print()
        part = [[row[column] for column in columns] for row in cells]
        for line in _lines(part, [one in words for one in columns], gap):
            console.print(line, soft_wrap=True)


def _widths(cells: Sequence[Sequence[Cell]]) -> list[int]:
    from rich.cells import cell_len  # noqa: PLC0415

    return [max(cell_len(line) for cell in column for line in cell) for column in zip(*cells, strict=True)]


def _width(cells: Sequence[Sequence[Cell]], gap: str = GAP) -> int:
    widths = _widths(cells)
    return sum(widths) + len(gap) * (len(widths) - 1)


def _folded(console: Console, text: str, width: int) -> Cell:
    from rich.text import Text  # noqa: PLC0415

    return [line.plain.rstrip() for line in Text(text).wrap(console, width)] or [""]


def _head_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """The widest cell below the head, or the longest word in it."""
    from rich.cells import cell_len  # noqa: PLC0415

    below = zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(rows[0])
    return [
        max([1, *map(cell_len, column), *map(cell_len, head.split())])
        for head, column in zip(rows[0], below, strict=True)
    ]


def _fold_words(console: Console, cells: list[list[Cell]], words: Container[int]) -> None:
    """Fold the widest columns of words, as far as it takes and no word is broken."""
    from rich.cells import cell_len  # noqa: PLC0415

    for at in sorted((at for at in range(len(cells[0])) if at in words), key=lambda at: -_widths(cells)[at]):
        over = _width(cells) - console.width
        if over <= 0:
            return
        texts = [" ".join(row[at]) for row in cells]
        width = max([_widths(cells)[at] - over, *(cell_len(word) for text in texts for word in text.split())])
        for row, text in zip(cells, texts, strict=True):
            row[at] = _folded(console, text, width)


def _parts(cells: Sequence[Sequence[Cell]], width: int, gap: str) -> Iterator[list[int]]:
    """Columns that fit beside each other; the first one begins every part."""
    widths = _widths(cells)
    part = [0]
    for column in range(1, len(widths)):
        if len(part) > 1 and sum(widths[one] + len(gap) for one in part) + widths[column] > width:
            yield part
            part = [0]
        part.append(column)
    yield part


def _lines(cells: Sequence[Sequence[Cell]], words: Sequence[bool], gap: str) -> Iterator[str]:
    from rich.cells import cell_len  # noqa: PLC0415

    widths = _widths(cells)
    for row in cells:
        for line in zip_longest(*row, fillvalue=""):
            blanks = [" " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)]
            sides = zip(line, blanks, words, strict=True)
            yield gap.join(text + blank if left else blank + text for text, blank, left in sides).rstrip()
