"""The tables a green tariff reads: monthly columns, the market's prices, meters made of typical days."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import InputError, Problem
from cosim.settlement.meter import Meter, Month
from cosim.settlement.money import kwh
from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar
from simulators.sources.daily import pick, read_days, series_of_days
from simulators.sources.errors import SourceError
from simulators.sources.series import Series
from simulators.sources.tables import Layout, Table, read_csv, series_from
from simulators.sources.text import number

MOST_SHOWN = 20
HOUR_S = 3600
PRICE, VOLUME = "smp_per_kwh", "volume_mwh"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
T = TypeVar("T")


def month_of(text: str) -> Month:
    """The month that `2020-07` names; ValueError in words otherwise."""
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a month; write it as 2020-07")
    return Month(int(match[1]), int(match[2]))


def gather(jobs: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Run every job and return what each gives by its name; InputError with the problems of all that fail."""
    done: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, job in jobs.items():
        try:
            done[name] = job()
        except InputError as error:
            problems += error.problems
        except SourceError as error:
            problems += [Problem(error.where, 0, 0, "", text) for text in error.problems]
    if problems:
        raise InputError(problems)
    return done


def read_monthly(path: Path, columns: Sequence[str], months: Sequence[Month] = ()) -> dict[str, dict[Month, Decimal]]:
    """Columns of a CSV `month,NAME,...`, each month -> value >= 0, in the order of the file.

    Args:
        path: the file.
        columns: names wanted; others are left alone.
        months: months that must be there.

    Raises:
        InputError: every bad cell by row and column, months that come twice or are missing.
    """
    table = _table(path)
    wanted = [name for name in ("month", *columns) if name not in table.columns]
    if wanted:
        there = ", ".join(table.columns)
        raise InputError([Problem(str(path), 1, 0, "", f"has no column {', '.join(wanted)}; there are {there}")])
    problems: list[Problem] = []

    def cell(row: int, column: str, text: object, convert: Callable[[str], T]) -> T | None:
        try:
            return convert(str(text))
        except ValueError as error:
            problems.append(Problem(str(path), row, 0, column, str(error)))
            return None

    pairs = zip(table.rows, table.columns["month"], strict=True)
    stamps = [(row, cell(row, "month", text, month_of)) for row, text in pairs]
    seen: dict[Month, int] = {}
    for row, month in stamps:
        if month is not None and (first := seen.setdefault(month, row)) != row:
            problems.append(Problem(str(path), row, 0, "month", f"{month} stands there twice (first in row {first})"))
    if absent := [str(month) for month in months if month not in seen]:
        problems.append(Problem(str(path), 0, 0, "month", f"has no rows for {', '.join(absent)}"))
    found: dict[str, dict[Month, Decimal]] = {}
    for name in columns:
        values = (
            (month, cell(row, name, text, _amount))
            for (row, month), text in zip(stamps, table.columns[name], strict=True)
        )
        found[name] = {month: value for month, value in values if month is not None and value is not None}
    if problems:
        raise InputError(problems[:MOST_SHOWN])
    return found


def read_smp(path: Path, zone: ZoneInfo, months: Sequence[Month]) -> dict[Month, Decimal]:
    """Weighted system marginal price of each month, not rounded.

    Either `month,smp_per_kwh`, or hour by hour `start,smp_per_kwh,volume_mwh`: then sum(SMP x volume) / sum(volume)
    over the hours that begin in the month (facts.md 7.3).

    Raises:
        InputError, SourceError: every problem of the file; a month that is not there or not whole.
    """
    table = _table(path)
    if "month" in table.columns:
        prices = read_monthly(path, [PRICE], months)[PRICE]
        return {month: prices[month] for month in months}
    hourly = series_from(table, [PRICE, VOLUME], Layout(zone, time_column="start"))
    price, volume = hourly[PRICE], hourly[VOLUME]
    negative = [row for row, value in zip(table.rows, volume.values, strict=True) if value < 0]
    if negative:
        raise InputError(Problem(str(path), row, 0, VOLUME, "is negative") for row in negative[:MOST_SHOWN])
    return {month: _weighted(month, zone, price, volume) for month in months}


def meter_of_days(path: Path, column: str, months: Sequence[Month], zone: ZoneInfo) -> Meter:
    """An hourly meter over consecutive months whose days are typical days, kW by `months,day_type,start,NAME,...`.

    Raises:
        SourceError: the file is wrong or a day has none.
    """
    axis = TimeAxis.build(
        datetime(months[0].year, months[0].month, 1, tzinfo=zone),
        months[-1].following.starts_at(zone) - months[0].starts_at(zone),
        HOUR_S,
        half_hours=False,
    )
    load = days_on(path, column, axis, zone) * axis.hours
    if np.any(load < 0):
        raise SourceError(path.name, [f"column {column} is negative"])
    return Meter(axis.edges + months[0].starts_at(zone), load, np.zeros_like(load), zone)


def days_on(path: Path, column: str, axis: TimeAxis, zone: ZoneInfo) -> FloatArray:
    """(K,) typical days on an axis."""
    day_of = pick(read_days(path, column), Calendar(None, zone), f"{path.name} {column}")
    first, last = (round(axis.local(second).timestamp()) for second in (0, axis.duration_s))
    return series_of_days(day_of, first, last, zone, f"{path.name} {column}").mean_on(axis)


def _table(path: Path) -> Table:
    try:
        return read_csv(path)
    except SourceError as error:
        raise InputError(Problem(str(path), 0, 0, "", text) for text in error.problems) from error


def _amount(text: str) -> Decimal:
    value = number(text)
    if value < 0:
        raise ValueError(f"is negative ({value:g})")
    return kwh(value)


def _weighted(month: Month, zone: ZoneInfo, price: Series, volume: Series) -> Decimal:
    first, last = month.starts_at(zone), month.following.starts_at(zone)
    if price.epoch[0] > first or price.epoch[-1] < last:
        said = " to ".join(_local(int(edge), zone) for edge in (price.epoch[0], price.epoch[-1]))
        raise SourceError(price.name, [f"{month} is not whole: the file covers {said}"])
    begin, end = np.searchsorted(price.epoch[:-1], (first, last))
    weights = volume.values[begin:end]
    if not weights.sum():
        raise SourceError(volume.name, [f"no volume was traded in {month}; give monthly prices"])
    return Decimal(repr(float(np.dot(price.values[begin:end], weights) / weights.sum())))


def _local(second: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).isoformat(timespec="minutes")
