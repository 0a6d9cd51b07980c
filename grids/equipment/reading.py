"""Reading an equipment table: a CSV file with units in the column names, one dataclass a row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Hashable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from grids.errors import GridError

FOLDER = Path(__file__).parent

Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)


def read(name: str, row_type: type[Row], key: Callable[[Row], Key], folder: Path = FOLDER) -> dict[Key, Row]:
    """Every row of a table under its key, in the order of the file.

    Args:
        name: file name.
        row_type: dataclass whose fields are the columns; their annotations say what a cell may hold.
        key: what a row is found by.
        folder: folder of the file.

    Raises:
        GridError: columns or cells are wrong, or two rows have one key; all problems at once, by file and line.
    """
    columns = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
    adapter = TypeAdapter(row_type)
    rows: dict[Key, Row] = {}
    problems: list[str] = []
    with (folder / name).open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        if table.fieldnames != columns:
            raise GridError(
                f"{name}:1: columns are {', '.join(table.fieldnames or ())}; they must be {', '.join(columns)}"
            )
        for cells in table:
            where = f"{name}:{table.line_num}"
            if None in cells:
                problems.append(f"{where}: more cells than columns")
                continue
            try:
                row = adapter.validate_python(cells)
            except ValidationError as error:
                problems += [f"{where}: {found}" for found in _messages(error)]
                continue
            if key(row) in rows:
                problems.append(f"{where}: {key(row)} stands in the table already")
            rows[key(row)] = row
    if problems:
        raise GridError("\n".join(problems))
    return rows


def _messages(error: ValidationError) -> list[str]:
    """Column and what is wrong with its cell."""
    return [
        f"{'.'.join(map(str, found['loc']))}: {found['msg']} (given: {found['input']!r})" for found in error.errors()
    ]
