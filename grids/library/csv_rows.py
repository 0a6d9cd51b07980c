"""Rows of a CSV file as a spreadsheet writes it, every mistake with file, row and column.

Rows are counted as the spreadsheet does: the header is row 1. Blank rows and rows beginning with `#` are skipped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from grids.errors import DescriptionError, GridError, GridProblem, unknown
from grids.library.csv_columns import Column, by_heading
from grids.parameters import Parameters

ENCODINGS = ("utf-8-sig", "cp932")  # spreadsheets here write either; cp932 text is hardly ever valid UTF-8
WORKBOOK = b"PK\x03\x04"  # an Excel file is a zip archive
SEPARATORS = {";": "semicolons", "\t": "tabs"}  # what else is sold as CSV
Model = TypeVar("Model", bound=Parameters)


@dataclass(frozen=True)
class Sheet:
    """One file: how it is called in messages, and what is wrong with it so far."""

    key: str  # of the scenario's `grid.csv`
    file: str
    problems: list[GridProblem] = field(default_factory=list)
    wrong: set[int] = field(default_factory=set)  # rows with a mistake

    def problem(self, row: int, column: str, message: str) -> None:
        """Note a mistake; `column` is empty where the row as a whole is meant."""
        place = f"{self.file}:{row}:{column}" if column else f"{self.file}:{row}"
        self.problems.append(GridProblem((self.key,), f"{place}: {message}"))
        self.wrong.add(row)


@dataclass(frozen=True)
class Row:
    """A row: column -> text or number; blank cells are left out."""

    sheet: Sheet
    number: int
    cells: Mapping[str, str | float]
    unreadable: frozenset[str] = frozenset()  # columns whose numbers are none, which has been noted

    @property
    def name(self) -> str:
        """What the column `name` says."""
        return str(self.cells["name"])

    def problem(self, column: str, message: str) -> None:
        """Note a mistake in this row."""
        self.sheet.problem(self.number, column, message)

    def text(self, column: str, blank: str) -> str:
        """The text of a cell, `blank` where there is none."""
        return str(self.cells.get(column, blank))

    def value(self, column: str) -> float:
        """The number of a cell that is known to be filled."""
        return float(self.cells[column])

    def needs(self, *columns: str, because: str = "") -> bool:
        """Whether these cells are filled; a mistake is noted for each that is not."""
        blank = [column for column in columns if column not in self.cells]
        for column in blank:
            if column not in self.unreadable:
                self.problem(column, "is blank" + (f" ({because})" if because else ""))
        return not blank

    def only(self, columns: Sequence[str], because: str) -> None:
        """Note a mistake for each filled cell outside these columns."""
        for column in self.cells:
            if column not in columns:
                self.problem(column, because)

    def model(self, model: type[Model], values: Mapping[str, Any], columns: Mapping[str, str]) -> Model | None:
        """The values as a model; None, and a mistake noted for each, where they are none.

        Args:
            model: what to make.
            values: field -> value; may be nested.
            columns: dotted field -> column, where the names differ.
        """
        try:
            return model.model_validate(values)
        except ValidationError as error:
            for mistake in error.errors():
                name = ".".join(str(part) for part in mistake["loc"])
                column = columns.get(name, name)
                missing = mistake["type"] == "missing"
                message = "is blank" if missing else mistake["msg"].removeprefix("Value error, ")
                if column not in self.unreadable:
                    self.problem(column, message[0].lower() + message[1:])
        return None


def read_sheet(path: Path, key: str, columns: Sequence[Column]) -> tuple[Sheet, list[Row]]:
    """Rows of a CSV file with these columns; mistakes are noted in the sheet.

    Raises:
        DescriptionError: the header is wrong.
        GridError: the file is no CSV text.
        OSError: the file cannot be read.
    """
    sheet = Sheet(key, path.name)
    try:
        records = list(csv.reader(io.StringIO(_decoded(path), newline="")))
    except csv.Error as error:
        raise GridError(f"{path.name}: no readable CSV ({error})") from None
    header = _header(sheet, records[0] if records else [], columns)
    if sheet.problems:
        raise DescriptionError(sheet.problems)
    rows = []
    for number, record in enumerate(records[1:], start=2):
        if not "".join(record).strip() or record[0].lstrip().startswith("#"):
            continue
        cells = dict(_cells(sheet, number, record, header))
        readable = {column: cell for column, cell in cells.items() if cell is not None}
        row = Row(sheet, number, readable, frozenset(cells.keys() - readable.keys()))
        if row.needs("name"):
            rows.append(row)
    return sheet, rows


def without_doubled(rows: Iterable[Row], table: Callable[[Row], str] | None = None) -> list[Row]:
    """The rows without those whose name another row of the same table has already; mistakes are noted."""
    seen: dict[tuple[str, str], int] = {}
    kept = []
    for row in rows:
        first = seen.setdefault((table(row) if table else "", row.name), row.number)
        if first == row.number:
            kept.append(row)
        else:
            row.problem("name", f"{row.name!r} is already in row {first}")
    return kept


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(WORKBOOK):
        raise GridError(f"{path.name}: is a workbook, not CSV; save its sheet as CSV")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise GridError(f"{path.name}: the text is neither UTF-8 nor Shift_JIS (cp932)")


def _header(sheet: Sheet, record: Sequence[str], columns: Sequence[Column]) -> list[Column | None]:
    headings = by_heading(columns)
    header: list[Column | None] = []
    for separator, words in SEPARATORS.items():
        if len(record) == 1 and separator in record[0]:
            sheet.problem(1, "", f"columns are separated by {words}; save the file with commas")
            return header
    for position, cell in enumerate(record, start=1):
        heading = cell.strip()
        column = headings.get(heading)
        if column is None and heading:
            sheet.problem(1, heading, unknown("column", heading, headings))
        elif column is None and any(record[position:]):
            sheet.problem(1, str(position), "the column has no heading")
        elif column is not None and column in header:
            sheet.problem(1, heading, f"the column {column.name} is given twice")
        header.append(column)
    for column in columns:
        if column.needed and column not in header:
            sheet.problem(1, column.name, "the column is missing")
    return header


def _cells(
    sheet: Sheet, number: int, record: Sequence[str], header: Sequence[Column | None]
) -> Iterator[tuple[str, str | float | None]]:
    """Filled cells by column; None, and a mistake noted, for a number that is none."""
    for position, cell in enumerate(record):
        text = cell.strip()
        column = header[position] if position < len(header) else None
        if not text:
            continue
        if column is None:
            sheet.problem(number, str(position + 1), f"{text!r} stands in a column without a heading")
        elif not column.unit:
            yield column.name, text
        else:
            value = _number(text)
            if value is None:
                sheet.problem(number, column.name, f"{text!r} is no number")
            yield column.name, value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) and "_" not in text else None
