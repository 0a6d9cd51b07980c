"""From wall clocks to instants: local days, daylight saving, epoch seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from grids.arrays import IntArray
from simulators.sources.errors import SourceError

MINUTES_A_DAY = 24 * 60
DAY_S = 86_400


def zone_name(zone: tzinfo) -> str:
    """IANA name of a zone, or how it prints."""
    return zone.key if isinstance(zone, ZoneInfo) else str(zone)


def find_zone(name: str, where: str) -> ZoneInfo:
    """The zone of an IANA name; `SourceError` in words if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SourceError(where, [f"unknown time zone {name!r}; write an IANA name as Asia/Tokyo"]) from None


def epoch_seconds(instant: np.datetime64) -> int:
    """Seconds since 1970 of a UTC `datetime64`."""
    return int(instant.astype("datetime64[s]").astype(np.int64))


def moment(day: date, minutes: int, zone: tzinfo) -> int:
    """Epoch seconds of a wall clock time, `minutes` after midnight of `day` (may reach into the next days).

    A time the clock shows twice is its first showing; one it skips is the moment of the skip or as long after it.
    """
    whole_days, rest = divmod(minutes, MINUTES_A_DAY)
    wall = datetime.combine(day + timedelta(days=whole_days), time(rest // 60, rest % 60), tzinfo=zone)
    return round(wall.timestamp())


def days(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def local_days(start_utc: np.datetime64, end_utc: np.datetime64, zone: tzinfo) -> tuple[date, date]:
    """First and last local day that `[start, end)` touches."""
    first = datetime.fromtimestamp(epoch_seconds(start_utc), UTC).astimezone(zone)
    last = datetime.fromtimestamp(epoch_seconds(end_utc) - 1, UTC).astimezone(zone)
    return first.date(), last.date()


def day_steps(day: date, starts_min: Sequence[int], zone: tzinfo) -> tuple[IntArray, IntArray]:
    """Where the steps of a local day begin in real time.

    Args:
        day: the local day.
        starts_min: wall clock minutes after midnight at which steps begin; the first is 0, increasing.
        zone: the zone of the wall clock.

    Returns:
        (N,) epoch seconds and (N,) index into `starts_min` of the step that begins there. On a day that changes the
        clock a step follows the wall clock: skipped minutes shorten it, repeated ones bring it back.
    """
    begin, end = moment(day, 0, zone), moment(day, MINUTES_A_DAY, zone)
    starts = np.asarray(starts_min, dtype=np.int64)
    if end - begin == DAY_S:
        return begin + 60 * starts, np.arange(len(starts), dtype=np.int64)
    minutes = np.arange(begin, end, 60, dtype=np.int64)
    walls = (datetime.fromtimestamp(int(second), UTC).astimezone(zone) for second in minutes)
    shown = np.array([wall.hour * 60 + wall.minute for wall in walls], dtype=np.int64)
    step = np.searchsorted(starts, shown, side="right") - 1
    changes = np.flatnonzero(np.diff(step, prepend=-1))
    return minutes[changes], step[changes].astype(np.int64)
