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


def pick(table: Days, calendar: Calendar, name: str) -> Callable[[date], Day]:
    """The day of a table that fits a date best (`Calendar.day_types`); `SourceError` if a kind of day has none."""
    if missing := uncovered(table):
        raise SourceError(name, [f"no day type holds on a {missing[0]}; add it, or one of workday, weekend, any"])

    def day_of(day: date) -> Day:
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


def inline_days(days_spec: Mapping[DayType, Mapping[str, float]]) -> Days:
    """Days as written in a scenario."""
    return {kind: ([clock_minutes(text) for text in steps], list(steps.values())) for kind, steps in days_spec.items()}


def read_days(path: Path, column: str | None) -> Days:
    """Days from a CSV file `day_type,start,<columns>`; all bad rows in one `SourceError`."""
    return _read_days(path, modified(path), column)


@lru_cache(maxsize=64)
def _read_days(path: Path, _modified: int, column: str | None) -> Days:
    where = path.name
    rows = data_rows(path)
    header = [normalised(cell) for cell in next(rows, (0, []))[1]]
    if header[:2] != ["day_type", "start"]:
        raise SourceError(where, [f"the columns must be day_type,start,... (found: {','.join(header) or 'none'})"])
    position = _column(header, column, where)
    table: dict[str, tuple[list[int], list[float]]] = {}
    problems = []
    for row, cells in rows:
        try:
            _add_step(table, cells, position)
        except ValueError as error:
            problems.append(f"row {row}: {error}")
    if problems or not table:
        raise SourceError(where, problems or ["no rows"])
    return table


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
