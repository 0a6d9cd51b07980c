"""Series made of typical days: each local day of a span takes the steps of its day type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np

from simulators.sources.calendars import Calendar, DayType, Weekday, clock_minutes
from simulators.sources.clock import MINUTES_A_DAY, day_steps, days, local_days, moment
from simulators.sources.errors import SourceError
from simulators.sources.series import Series
from simulators.sources.text import data_rows, modified, normalised, number

Day = tuple[Sequence[int], Sequence[float]]  # wall clock minutes at which steps begin (first 0), values
Days = Mapping[str, Day]
Year = Sequence[Days]  # days of each month, January first, or one for all months
MONTHS = 12


def series_of_days(day_of: Callable[[date], Day], first: int, last: int, zone: tzinfo, name: str) -> Series:
    """`[first, last)` (seconds since 1970) filled with one `Day` for each local day."""
    begin, end = local_days(np.datetime64(first, "s"), np.datetime64(last, "s"), zone)
    starts, values = [], []
    for day in days(begin, end):
        minutes, day_values = day_of(day)
        instants, step = day_steps(day, minutes, zone)
        starts.append(instants)
        values.append(np.asarray(day_values, dtype=np.float64)[step])
    edges = np.append(np.concatenate(starts), moment(end, MINUTES_A_DAY, zone))
    return Series.from_epoch(edges, np.concatenate(values), name).between(first, last)


def pick(year: Year, calendar: Calendar, name: str) -> Callable[[date], Day]:
    """The day that fits a date best (`Calendar.day_types`); `SourceError` if a kind of day has none in some month."""
    for month, table in enumerate(year, start=1):
        if missing := uncovered(table):
            when = f" in month {month}" if len(year) > 1 else ""
            hint = "add it, or one of workday, weekend, any"
            raise SourceError(name, [f"no day type holds on a {missing[0]}{when}; {hint}"])

    def day_of(day: date) -> Day:
        table = year[(day.month - 1) % len(year)]
        return next(table[kind] for kind in calendar.day_types(day) if kind in table)

    return day_of


def uncovered(table: Days) -> list[str]:
    """Kinds of day for which the table has no steps; a holiday needs none of its own, it counts as a Sunday."""
    weekend = {Weekday.SATURDAY, Weekday.SUNDAY}
    general = {day: "weekend" if day in weekend else "workday" for day in Weekday}
    gaps = [day.value for day in Weekday if not {day.value, general[day], "any"} & table.keys()]
    if not gaps or {"open", "closed"} <= table.keys():
        return []
    return ["closed day"] if "open" in table else gaps


def inline_days(days_spec: Mapping[DayType, Mapping[str, float]]) -> Year:
    """Days as written in a scenario, the same in all months."""
    table: dict[str, Day] = {}
    for kind, steps in days_spec.items():
        table[kind] = [clock_minutes(text) for text in steps], list(steps.values())
    return (table,)


def read_days(path: Path, column: str | None) -> Year:
    """Days from a CSV file `day_type,start,<columns>`; all bad rows in one `SourceError`.

    A first column `months` (`12-2`, `7`) says in which months a row holds; then the file must cover all twelve.
    """
    return _read_days(path, modified(path), column)


@lru_cache(maxsize=64)
def _read_days(path: Path, _modified: int, column: str | None) -> Year:
    where = path.name
    rows = data_rows(path)
    header = [normalised(cell) for cell in next(rows, (0, []))[1]]
    monthly = header[:1] == ["months"]
    if header[monthly : monthly + 2] != ["day_type", "start"]:
        raise SourceError(where, [f"the columns must be day_type,start,... (found: {','.join(header) or 'none'})"])
    position = _column(header[monthly:], column, where)
    year: list[dict[str, tuple[list[int], list[float]]]] = [{} for _ in range(MONTHS if monthly else 1)]
    problems = []
    for row, cells in rows:
        try:
            for month in _months(cells[0]) if monthly else (0,):
                _add_step(year[month], cells[monthly:], position)
        except ValueError as error:
            problems.append(f"row {row}: {error}")
    empty = [str(month + 1) for month, table in enumerate(year) if not table] if monthly and any(year) else []
    if empty:
        problems.append(f"no rows for month {', '.join(empty)}")
    if problems or not any(year):
        raise SourceError(where, problems or ["no rows"])
    return year


def _months(text: str) -> Sequence[int]:
    """Positions 0..11 of the months that `7` or `12-2` names; ValueError in words."""
    first, dash, last = text.partition("-")
    ends = [int(part) if part.strip().isdigit() else 0 for part in ((first, last) if dash else (first, first))]
    if not all(1 <= month <= MONTHS for month in ends):
        raise ValueError(f"months {text!r} must be 1..12 or a span as 12-2")
    count = (ends[1] - ends[0]) % MONTHS + 1
    return [(ends[0] - 1 + month) % MONTHS for month in range(count)]


def _column(header: Sequence[str], column: str | None, where: str) -> int:
    names = [name for name in header[2:] if name]
    if column is None and len(names) == 1:
        return header.index(names[0])
    if column is None:
        raise SourceError(where, [f"say which column: {', '.join(names) or '(there is none)'}"])
    if normalised(column) not in names:
        raise SourceError(where, [f"no column {column!r}; there are {', '.join(names) or 'none'}"])
    return header.index(normalised(column), 2)


def _add_step(table: dict[str, tuple[list[int], list[float]]], cells: Sequence[str], position: int) -> None:
    """Take one row into the table; ValueError in words if it does not fit."""
    if len(cells) <= position:
        raise ValueError(f"{len(cells)} cells, the column is number {position + 1}")
    kind, start, text = cells[0], cells[1], cells[position]
    if kind not in get_args(DayType):
        raise ValueError(f"day type {kind!r} is none of {', '.join(get_args(DayType))}")
    minutes = clock_minutes(start)
    begins, values = table.get(kind, ([], []))
    if not begins and minutes != 0:
        raise ValueError(f"the first step of {kind} starts at {start}; a day starts at 00:00")
    if begins and minutes <= begins[-1]:
        raise ValueError(f"{kind} {start} does not come after the step before it")
    if minutes == MINUTES_A_DAY:
        raise ValueError("no step starts at 24:00: the day ends there")
    value = number(text)
    table[kind] = ([*begins, minutes], [*values, value])
