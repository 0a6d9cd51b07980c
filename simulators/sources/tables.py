"""Series from CSV and Parquet files.

Layout: a column `time` (ISO 8601; with offset, or local in the stated zone) and one column per quantity, evenly spaced
rows. `time` names the start of its period, or the end where `label: end` says so; 24:00 is midnight. CSV: comma,
UTF-8 or cp932, `#` comments and blank rows skipped. Column names are compared after NFKC. Whatever is wrong with
the rows is listed by row number: of the file for CSV, counted from 1 for Parquet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from grids.arrays import FloatArray
from simulators.sources.clock import find_zone
from simulators.sources.errors import SourceError
from simulators.sources.profiles import CsvProfile, ParquetProfile, PeriodLabel
from simulators.sources.series import Series
from simulators.sources.text import data_rows, modified, normalised, number
from simulators.sources.times import evenly_spaced, instants, parse_stamp
from simulators.sources.units import PERIOD_S

if TYPE_CHECKING:
    import pyarrow as pa

MILLION = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """Cells of a file as text or numbers, by normalised column name; `rows` are the numbers to name them by."""

    where: str
    rows: Sequence[int]
    columns: Mapping[str, Sequence[object]]

    def column(self, name: str) -> Sequence[object]:
        """Cells of a column; `SourceError` with the columns there are."""
        if normalised(name) not in self.columns:
            raise SourceError(self.where, [f"no column {name!r}; there are {', '.join(self.columns) or 'none'}"])
        return self.columns[normalised(name)]

    def only_value_column(self, time_column: str) -> str:
        """The one column beside the time; `SourceError` if there are several."""
        others = [name for name in self.columns if name != normalised(time_column)]
        if len(others) != 1:
            raise SourceError(self.where, [f"say which column: {', '.join(others) or '(there is none)'}"])
        return others[0]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the times of a table are meant."""

    zone: tzinfo  # of times without offset
    label: PeriodLabel = PeriodLabel.START
    time_column: str = "time"


def read_csv(path: Path) -> Table:
    """A CSV file as text cells."""
    return _read_csv(path, modified(path))


@lru_cache(maxsize=16)
def _read_csv(path: Path, _modified: int) -> Table:
    rows = list(data_rows(path))
    if not rows:
        raise SourceError(path.name, ["the file is empty"])
    header = [normalised(cell) for cell in rows[0][1]]
    named = [position for position, name in enumerate(header) if name]
    if len({header[position] for position in named}) < len(named):
        raise SourceError(path.name, [f"two columns have the same name: {','.join(header)}"])
    width = max(named) + 1
    too_long = [f"row {row}: more cells than columns" for row, cells in rows[1:] if any(cells[width:])]
    if too_long:
        raise SourceError(path.name, too_long)
    body = [cells + [""] * (width - len(cells)) for _, cells in rows[1:]]
    columns = {header[position]: [cells[position] for cells in body] for position in named}
    return Table(path.name, [row for row, _ in rows[1:]], columns)


def read_parquet(path: Path) -> Table:
    """A Parquet file; time stamps become `datetime`, empty cells None."""
    return _read_parquet(path, modified(path))


@lru_cache(maxsize=16)
def _read_parquet(path: Path, _modified: int) -> Table:
    import pyarrow.parquet as pq  # noqa: PLC0415
    from pyarrow import ArrowInvalid  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except (ArrowInvalid, OSError) as error:
        raise SourceError(path.name, [f"is not a Parquet file: {str(error).splitlines()[0]}"]) from None
    columns = {normalised(name): _cells(table.column(name)) for name in table.column_names}
    return Table(path.name, range(1, table.num_rows + 1), columns)


def _cells(column: pa.ChunkedArray) -> Sequence[object]:
    """Cells as Python objects; time stamps through whole seconds, since pyarrow would need pandas for nanoseconds."""
    from pyarrow import types  # noqa: PLC0415

    if not types.is_timestamp(column.type):
        return column.to_pylist()  # type: ignore[no-any-return]
    aware = column.type.tz is not None
    counts = column.cast("int64").to_pylist()
    per_second = {"s": 1, "ms": 1000, "us": MILLION, "ns": 1000 * MILLION}[column.type.unit]
    stamps = [None if count is None else datetime.fromtimestamp(count // per_second, UTC) for count in counts]
    return [None if stamp is None else stamp if aware else stamp.replace(tzinfo=None) for stamp in stamps]


def series_from(table: Table, columns: Sequence[str], layout: Layout) -> dict[str, Series]:
    """The named columns as series; every bad row of time and values at once in one `SourceError`."""
    stamps, bad_times = _convert(table.rows, table.column(layout.time_column), _stamp)
    values: dict[str, FloatArray] = {}
    problems = list(bad_times)
    for name in columns:
        numbers, bad_values = _convert(table.rows, table.column(name), _number)
        values[name] = np.array([value for _, value in numbers], dtype=np.float64)
        problems += [(row, f"{name}: {text}") for row, text in bad_values]
    if not stamps and not problems:
        raise SourceError(table.where, ["no rows"])
    said = [f"row {row}: {text}" for row, text in sorted(problems)]
    if bad_times:  # gaps cannot be told while times are unreadable
        raise SourceError(table.where, said)
    seconds, wrong_local = instants(stamps, layout.zone)
    periods, uneven = evenly_spaced(table.rows, seconds, layout.label is PeriodLabel.END, layout.zone)
    if said or wrong_local or uneven:  # a local time the clock skips makes its neighbours look uneven
        raise SourceError(table.where, [*said, *(wrong_local or uneven)])
    return {name: Series.from_epoch(periods.edges, column, f"{table.where} {name}") for name, column in values.items()}


def read_profile(spec: CsvProfile | ParquetProfile, zone: tzinfo, path: Path) -> Series:
    """The series a profile names, in its own unit; an energy unit must fit the length of the rows."""
    table = read_csv(path) if isinstance(spec, CsvProfile) else read_parquet(path)
    own_zone = zone if spec.timezone is None else find_zone(spec.timezone, path.name)
    column = spec.column or table.only_value_column(spec.time_column)
    series = series_from(table, [column], Layout(own_zone, spec.label, spec.time_column))[column]
    step_s = int(series.edges_s[1])
    if PERIOD_S.get(spec.unit, step_s) != step_s:
        needed = PERIOD_S[spec.unit] // 60
        raise SourceError(series.name, [f"unit {spec.unit} needs rows {needed} min apart, they are {step_s / 60:g}"])
    return series


def _convert(
    rows: Sequence[int], cells: Sequence[object], convert: Callable[[object], T]
) -> tuple[list[tuple[int, T]], list[tuple[int, str]]]:
    """(row, value) of the cells that convert, (row, what is wrong) of the others."""
    good, bad = [], []
    for row, cell in zip(rows, cells, strict=True):
        try:
            good.append((row, convert(cell)))
        except ValueError as error:
            bad.append((row, str(error)))
    return good, bad


def _stamp(cell: object) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if cell is None or cell == "":
        raise ValueError("the time is missing")
    return parse_stamp(str(cell))


def _number(cell: object) -> float:
    return number("" if cell is None else str(cell))
