"""Hourly room schedules of the Japanese energy code, read from the data files of the package builelib (MIT).

The code's year is one with a Thursday as 1 January; a scenario's day takes the schedule of the nearest day of that year
that is the same kind of day, so seasons (school holidays) and weekdays both fit.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from simulators.sources.builelib_data import builelib_folder
from simulators.sources.calendars import Calendar
from simulators.sources.daily import Day
from simulators.sources.errors import SourceError
from simulators.sources.profiles import ScheduleProfile, ScheduleQuantity
from simulators.sources.text import normalised

HOURS = tuple(range(0, 24 * 60, 60))
SUNDAY = 6
_RATIOS = {
    ScheduleQuantity.USE: "室同時使用率",
    ScheduleQuantity.LIGHTING: "照明発熱密度比率",
    ScheduleQuantity.PEOPLE: "人体発熱密度比率",
    ScheduleQuantity.EQUIPMENT: "機器発熱密度比率",
}
_WEEKDAYS = "月火水木金土日"
_OFFICE = "A"  # the office calendar: a weekday it does not work on is a public holiday of the code's year
_WORKING = 1
_CODE_YEAR = 2015  # a common year with a Thursday as 1 January


@lru_cache(maxsize=1)
def room_schedules() -> Mapping[str, Mapping[str, Any]]:
    """Building use -> room type -> record of the energy code."""
    text = (builelib_folder() / "database" / "RoomUsageSchedule.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _code_year() -> Mapping[str, Sequence[Any]]:
    text = (builelib_folder() / "database" / "CALENDAR.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def room(building: str, name: str) -> Mapping[str, Any]:
    """The record of a room type; `SourceError` with the names there are.

    Of the 210 room types 63 (kitchens, car parks, machine rooms, ...) have annual hours only, no schedule: refused.
    """
    schedules = room_schedules()
    rooms = schedules.get(normalised(building))
    if rooms is None:
        raise SourceError("schedule", [_unknown("building use", building, schedules)])
    if normalised(name) not in rooms:
        raise SourceError("schedule", [_unknown(f"room type of {building}", name, rooms)])
    record = rooms[normalised(name)]
    if not _scheduled(record):
        fitting = ", ".join(other for other, candidate in rooms.items() if _scheduled(candidate)) or "none"
        raise SourceError("schedule", [f"{building} {name} has no hourly schedule; of this use there are: {fitting}"])
    return record  # type: ignore[no-any-return]


def schedule_days(spec: ScheduleProfile, calendar: Calendar) -> Callable[[date], Day]:
    """The 24 hourly ratios of each day. A day on which the opening calendar is closed takes those of a Sunday."""
    record = room(spec.building, spec.room)
    patterns = record["スケジュール"][_RATIOS[spec.quantity]]
    letter = record["カレンダーパターン"]

    def day_of(day: date) -> Day:
        sunday = calendar.is_holiday(day) or calendar.is_closed(day)
        number = _pattern(letter, day, SUNDAY if sunday else day.weekday())
        return HOURS, patterns[f"パターン{number}"]

    return day_of


def _pattern(letter: str, day: date, weekday: int) -> int:
    """Which of the three day patterns holds on a date that counts as `weekday`."""
    code_year = _code_year()
    position = _position(day)
    if _year_end(day.month, day.day):
        return int(code_year[letter][position])
    same = _days_of(weekday)
    nearest = min(same, key=lambda other: (min(abs(other - position), 365 - abs(other - position)), other))
    return int(code_year[letter][nearest])


@lru_cache(maxsize=7)
def _days_of(weekday: int) -> tuple[int, ...]:
    """Positions in the code's year of the ordinary days of that weekday: no holidays, no turn of the year."""
    code_year = _code_year()
    working_week = weekday < 5
    return tuple(
        position
        for position, letter in enumerate(code_year["曜日"])
        if letter == _WEEKDAYS[weekday]
        and not (working_week and code_year[_OFFICE][position] != _WORKING)
        and not _year_end(*_month_and_day(position))
    )


def _position(day: date) -> int:
    """Position of a month and day in the code's year; 29 February is taken as the 28th."""
    month_day = (2, 28) if (day.month, day.day) == (2, 29) else (day.month, day.day)
    return date(_CODE_YEAR, *month_day).timetuple().tm_yday - 1


def _month_and_day(position: int) -> tuple[int, int]:
    day = date.fromordinal(date(_CODE_YEAR, 1, 1).toordinal() + position)
    return day.month, day.day


def _year_end(month: int, day: int) -> bool:
    """29 December to 3 January: closed by date, whatever the weekday."""
    return (month == 12 and day >= 29) or (month == 1 and day <= 3)


def _scheduled(record: Mapping[str, Any]) -> bool:
    return all(record["スケジュール"][_RATIOS[ScheduleQuantity.LIGHTING]].values())


def _unknown(what: str, given: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(normalised(given), list(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown {what} {given!r}{hint} There are {', '.join(known)}"
