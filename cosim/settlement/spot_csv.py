"""Spot prices from a CSV: times and prices, or a file of JEPX (受渡日, 時刻コード, a price an area)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from cosim.errors import InputError, Problem
from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.errors import SourceError
from simulators.sources.tables import Layout, Table, read_csv, series_from
from simulators.sources.text import normalised

TIMES = ("start", "time")
DATES, CODE = ("受渡日", "年月日"), "時刻コード"
PRICE_MARK = "プライス"  # システムプライス, エリアプライス東京
JEPX_ZONE = ZoneInfo("Asia/Tokyo")
SLOTS = 48


def read_spot(path: Path, axis: TimeAxis, zone: ZoneInfo, column: str | None = None) -> FloatArray:
    """(K,) price per kWh on an axis.

    Args:
        path: CSV `start` (or `time`) and prices, or a file of JEPX: slot 1 = 00:00 to 00:30 in Japan.
        axis: where prices are wanted; shorter and longer steps take means over time.
        zone: of times without offset.
        column: the price, by its name or a part of it that only one has; left out = the only one.

    Raises:
        InputError: every problem of the file, or the first moment it lacks.
    """
    try:
        table, prices = read_csv(path), None
        if CODE in table.columns:
            prices = [name for name in table.columns if PRICE_MARK in name]
            table, zone = _of_slots(table), JEPX_ZONE
        time = next((name for name in TIMES if name in table.columns), TIMES[0])
        known = [name for name in table.columns if name != time] if prices is None else prices
        chosen = _chosen(table, known, column)
        return series_from(table, [chosen], Layout(zone, time_column=time))[chosen].mean_on(axis)
    except SourceError as error:
        raise InputError(Problem(str(path), 0, 0, "", text) for text in error.problems) from error


def _chosen(table: Table, known: Sequence[str], column: str | None) -> str:
    found = list(known)
    if column is not None:
        wanted = normalised(column)
        found = [wanted] if wanted in known else [name for name in known if wanted in name]
    if len(found) != 1:
        asked = "" if column is None else f" for {column!r}"
        raise SourceError(table.where, [f"name one column of prices{asked}, --spot-column: {', '.join(known)}"])
    return found[0]


def _of_slots(table: Table) -> Table:
    """A table of JEPX with the start of each slot as a column of times."""
    date = next((name for name in DATES if name in table.columns), DATES[0])
    starts, wrong = [], []
    for row, day, code in zip(table.rows, table.column(date), table.column(CODE), strict=True):
        number = int(str(code)) if str(code).isdecimal() else 0
        if not 1 <= number <= SLOTS:
            wrong.append(f"row {row}: {CODE} {str(code)!r} is not one of 1 to {SLOTS}")
        hours, half = divmod(number - 1, 2)
        starts.append(f"{day} {hours:02d}:{30 * half:02d}")
    if wrong:
        raise SourceError(table.where, wrong)
    return Table(table.where, table.rows, {**table.columns, TIMES[0]: starts})
