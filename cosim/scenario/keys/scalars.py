"""Scalars that several keys share: durations and local times, read strictly and in words when wrong."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")


def parse_duration(text: str) -> timedelta:
    """ISO 8601 duration in weeks, days, hours, minutes, whole seconds; ValueError in words otherwise."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError("is not a duration; write it as P7D, PT15M or P1DT12H (months and years have no fixed length)")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError("is too long a duration") from None


def parse_length(text: str) -> timedelta:
    """A duration that lasts; ValueError in words otherwise."""
    return _positive(parse_duration(text))


def parse_local(text: str) -> datetime:
    """Local time without offset, `2020-04-20T00:00`; a date alone is its midnight; ValueError in words otherwise."""
    if _LOCAL.fullmatch(text) is None:
        raise ValueError("is not a local time; write it as 2020-04-20T00:00 (the zone stands in time.timezone)")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is not a local time: {error}") from None


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    return parse_duration(value if isinstance(value, str) else str(value))


def _local(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    return parse_local(value if isinstance(value, str) else str(value))


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than 0")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "format": "duration", "examples": ["P7D", "PT15M"]}),
]
PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_local),
    WithJsonSchema({"type": "string", "examples": ["2020-04-20T00:00"]}),
]
Name = Annotated[str, Field(min_length=1)]
