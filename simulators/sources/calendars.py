"""Opening calendars: which days a facility is closed, and when it is open or about to open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta, tzinfo
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from grids.arrays import BoolArray, IntArray
from grids.parameters import Parameters, quantity
from simulators.axis import TimeAxis
from simulators.sources.clock import MINUTES_A_DAY, days, epoch_seconds, moment, zone_name
from simulators.sources.errors import SourceError

JAPANESE_ZONES = frozenset({"Asia/Tokyo", "Japan"})
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


class Weekday(StrEnum):
    """Days of the week, in the order of `date.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEKDAYS = tuple(Weekday)

DayType = Literal[
    "any", "open", "closed", "workday", "weekend", "holiday",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
]  # fmt: skip


class Opening(IntEnum):
    """State of a facility; ordered, so that "pre-open or open" is `>= PRE_OPEN`."""

    CLOSED = 0
    PRE_OPEN = 1
    OPEN = 2


def clock_minutes(text: str) -> int:
    """Minutes after midnight of "HH:MM", up to "24:00"; ValueError in words otherwise."""
    match = _CLOCK.fullmatch(text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minutes <= MINUTES_A_DAY:
        raise ValueError(f'{text!r} is not a time of day; write it as "HH:MM" from "00:00" to "24:00"')
    return minutes


def clock_range(text: str) -> tuple[int, int]:
    """(start, end) in minutes of "HH:MM-HH:MM"; an end at or before the start lies on the next day."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f'{text!r} is not a range of hours; write it as "10:00-21:00"')
    start, end = clock_minutes(first), clock_minutes(last)
    if start == MINUTES_A_DAY:
        raise ValueError(f"{text!r}: nothing opens at 24:00; write 00:00")
    return start, end if end > start else end + MINUTES_A_DAY


def _checked_range(value: object) -> object:
    if isinstance(value, str):
        clock_range(value)
    return value


ClockRange = Annotated[str, BeforeValidator(_checked_range)]


class CalendarSpec(Parameters):
    """When a facility is open. Left out = always open."""

    open: ClockRange | list[ClockRange] | None = Field(
        None, description='Opening hours of an open day, "10:00-21:00" or a list of ranges; left out = all day.'
    )
    pre_open_hours: float = quantity(
        0.0,
        unit="h",
        description="Time before opening in which it is got ready and heat may be stored.",
        ge=0,
        le=24,
    )
    closed_weekdays: list[Weekday] = Field([], description="Weekdays on which it is closed.")
    closed_on_holidays: bool = Field(False, description="Closed on public holidays.")
    open_on_holidays: bool = Field(False, description="Open on a public holiday even if it is a closed weekday.")
    closed_dates: list[date] = Field([], description="Single days on which it is closed.")
    open_dates: list[date] = Field([], description="Single days on which it is open, whatever else says.")
    country: Literal["JP", "none"] | None = Field(
        None, description="Whose public holidays count; left out = Japan's where the time zone is Asia/Tokyo."
    )
    holiday_dates: list[date] = Field([], description="Further days that count as public holidays.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.closed_on_holidays and self.open_on_holidays:
            raise ValueError("closed_on_holidays and open_on_holidays exclude each other; keep one")
        if both := sorted(set(self.closed_dates) & set(self.open_dates)):
            raise ValueError(f"{both[0]} is in closed_dates and in open_dates; keep it in one")
        return self

    @property
    def hours(self) -> tuple[tuple[int, int], ...]:
        """Opening hours as (start, end) in minutes after midnight of the day they begin on."""
        if self.open is None:
            return ((0, MINUTES_A_DAY),)
        ranges = [self.open] if isinstance(self.open, str) else self.open
        return tuple(sorted(clock_range(text) for text in ranges))


@lru_cache(maxsize=64)
def japanese_holidays(year: int) -> frozenset[date]:
    """Public holidays of Japan, substitute holidays included (package jpholiday)."""
    import jpholiday  # noqa: PLC0415

    return frozenset(day for day, _ in jpholiday.year_holidays(year))


class Calendar:
    """A `CalendarSpec` in a time zone: holidays, closed days, day types, opening states."""

    def __init__(self, spec: CalendarSpec | None, zone: tzinfo) -> None:
        self.spec = CalendarSpec() if spec is None else spec
        self.zone = zone
        country = self.spec.country or ("JP" if zone_name(zone) in JAPANESE_ZONES else "none")
        self._japanese = country == "JP"
        self._extra_holidays = frozenset(self.spec.holiday_dates)
        self._closed_weekdays = frozenset(self.spec.closed_weekdays)
        if self.spec.closed_on_holidays and not self.knows_holidays:
            raise SourceError(
                "calendar",
                ["closed_on_holidays, but no public holidays are known here; set country: JP or list holiday_dates"],
            )

    @property
    def knows_holidays(self) -> bool:
        """Whether any day can be a public holiday: of Japan, or those the spec lists."""
        return self._japanese or bool(self._extra_holidays)

    def is_holiday(self, day: date) -> bool:
        """Whether `day` is a public holiday."""
        return day in self._extra_holidays or (self._japanese and day in japanese_holidays(day.year))

    def is_closed(self, day: date) -> bool:
        """Whether the facility stays closed all day: single dates first, then holidays, then weekdays."""
        spec = self.spec
        if day in spec.open_dates:
            return False
        if day in spec.closed_dates:
            return True
        if (spec.closed_on_holidays or spec.open_on_holidays) and self.is_holiday(day):
            return spec.closed_on_holidays
        return WEEKDAYS[day.weekday()] in self._closed_weekdays

    def day_types(self, day: date) -> tuple[DayType, ...]:
        """Every day type that fits `day`, most particular first. A public holiday counts as a Sunday."""
        types: list[DayType] = ["closed"] if (closed := self.is_closed(day)) else []
        if holiday := self.is_holiday(day):
            types.append("holiday")
        weekday = Weekday.SUNDAY if holiday else WEEKDAYS[day.weekday()]
        types += [weekday.value, "weekend" if weekday in {Weekday.SATURDAY, Weekday.SUNDAY} else "workday"]
        if not closed:
            types.append("open")
        return (*types, "any")

    def on(self, axis: TimeAxis) -> IntArray:
        """(K,) state of the facility (`Opening`) at the middle of each step."""
        middles = epoch_seconds(axis.utc[0]) + (axis.edges[:-1] + axis.edges[1:]) / 2.0
        states = np.full(axis.steps, Opening.CLOSED, dtype=np.int64)
        for opens, closes in self._open_hours(axis):
            ready = opens - round(self.spec.pre_open_hours * 3600)
            before, first, last = np.searchsorted(middles, [ready, opens, closes])
            states[before:first] = np.maximum(states[before:first], Opening.PRE_OPEN)
            states[first:last] = Opening.OPEN
        return states

    def heat_enabled(self, axis: TimeAxis) -> BoolArray:
        """(K,) whether heat may be made and stored: pre-open or open."""
        return self.on(axis) >= Opening.PRE_OPEN

    def _open_hours(self, axis: TimeAxis) -> Iterator[tuple[int, int]]:
        """Opening hours that may touch the run, as UTC epoch seconds."""
        # a night's opening reaches into the next day, getting ready reaches into the day before
        first = axis.local(0).date() - timedelta(days=1)
        last = axis.local(axis.duration_s).date() + timedelta(days=1)
        for day in days(first, last):
            if not self.is_closed(day):
                for start, end in self.spec.hours:
                    yield moment(day, start, self.zone), moment(day, end, self.zone)
