"""The key `time`: when the run starts, how long it lasts, how long a step is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from cosim.scenario.keys.scalars import LocalTime, PositiveDuration
from grids.parameters import Parameters, quantity

MOST_OFFSET = 3653  # ten years


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path outside the data; a folder of zones
        if name.upper() == "JST":
            raise ValueError("unknown time zone; Japan's is Asia/Tokyo") from None
        close = get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f"did you mean {close[0]}?" if close else "write an IANA name as Asia/Tokyo"
        raise ValueError(f"unknown time zone; {hint}") from None
    return name


class TimeSpec(Parameters):
    """The run in local time. Either `end` or `duration`."""

    start: LocalTime = Field(description="First moment of the run, local time in `timezone`.")
    end: LocalTime | None = Field(None, description="First moment after the run, local time.")
    duration: PositiveDuration | None = Field(None, description="Length of the run (ISO 8601).")
    step: PositiveDuration = Field(timedelta(minutes=15), description="Length of a step (ISO 8601).")
    offset_days: int = quantity(
        0, unit="d", description="Inputs and calendars are read this many days later.", vary=True, ge=0, le=MOST_OFFSET
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(description="IANA time zone of every local time.")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if (self.end is None) == (self.duration is None):
            raise ValueError("give either end or duration")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def first(self) -> datetime:
        """Start of the run, aware."""
        return self.start.replace(tzinfo=self.zone)

    @property
    def duration_s(self) -> int:
        """Length of the run in seconds that really pass (a day of a clock change has 23 or 25 hours); may be <= 0."""
        if self.duration is not None:
            return round(self.duration.total_seconds())
        last = (self.end or self.start).replace(tzinfo=self.zone)
        return round((last.astimezone(UTC) - self.first.astimezone(UTC)).total_seconds())

    @property
    def step_s(self) -> int:
        """Length of a step in seconds."""
        return round(self.step.total_seconds())
