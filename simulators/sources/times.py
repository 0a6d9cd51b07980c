"""Time stamps of a table to instants: offsets, local times, daylight saving, 24:00, gaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from grids.arrays import IntArray
from simulators.sources.clock import zone_name

_STAMP = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Periods:
    """Evenly spaced periods: where each begins (epoch seconds) and how long they are."""

    starts: IntArray
    step_s: int

    @property
    def edges(self) -> IntArray:
        """(N + 1,) edges in epoch seconds."""
        return np.append(self.starts, self.starts[-1] + self.step_s)


def parse_stamp(text: str) -> datetime:
    """ISO 8601 date and time, aware if it carries an offset; 24:00 is midnight at the end of the day."""
    match = _STAMP.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time; write it as 2020-04-20T00:30 or 2020-04-20T00:30+09:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    midnight = (hour, minute, second) == (24, 0, 0)
    offset = match[7]
    zone: tzinfo | None = None
    if offset:
        zone = UTC if offset == "Z" else datetime.strptime(offset, "%z").tzinfo
    try:
        stamp = datetime(year, month, day, 0 if midnight else hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a time: {error}") from None
    return stamp + timedelta(days=1) if midnight else stamp


def instants(stamps: Sequence[tuple[int, datetime]], zone: tzinfo) -> tuple[IntArray, list[str]]:
    """Epoch seconds of (row, stamp) pairs, and what is wrong, by row.

    A local time that the clock shows twice is the first showing unless that would not move time forward.
    """
    seconds = np.zeros(len(stamps), dtype=np.int64)
    problems = []
    before = None
    for position, (row, stamp) in enumerate(stamps):
        if stamp.tzinfo is None:
            wall = stamp.replace(tzinfo=zone)
            first, second = round(wall.timestamp()), round(wall.replace(fold=1).timestamp())
            if second < first:  # skipped by the clock: both readings contradict it
                problems.append(f"row {row}: {stamp} does not exist in {zone_name(zone)}, the clock goes forward")
            value = second if second > first and before is not None and first <= before else first
        else:
            value = round(stamp.timestamp())
        seconds[position] = before = value
    return seconds, problems


def evenly_spaced(rows: Sequence[int], seconds: IntArray, label_end: bool, zone: tzinfo) -> tuple[Periods, list[str]]:
    """The periods that (row, instant) pairs name, and every gap, repetition and step back, by row.

    The length of a period is the most frequent distance between rows.
    """
    if len(rows) < 2:
        return Periods(seconds, 0), ["a series needs at least two rows, their distance is the length of a period"]
    distances = np.diff(seconds)
    forward = [int(distance) for distance in distances if distance > 0]
    step = min(Counter(forward).items(), key=lambda item: (-item[1], item[0]))[0] if forward else 0
    problems = []
    for position in np.flatnonzero(distances != step).tolist():
        row, distance = rows[position + 1], int(distances[position])
        here = _said(int(seconds[position + 1]), zone)
        expected = _said(int(seconds[position]) + step, zone)
        if distance == 0:
            problems.append(f"row {row}: {here} stands there twice (rows {rows[position]} and {row})")
        elif distance < 0:
            problems.append(f"row {row}: {here} comes after a later time; sort the rows")
        elif distance % step == 0:
            problems.append(f"row {row}: {distance // step - 1} rows are missing before {here}, first {expected}")
        else:
            problems.append(f"row {row}: {here} is not {step / 60:g} min after the row before; expected {expected}")
    return Periods(seconds - step if label_end else seconds, step), problems


def _said(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).isoformat(timespec="minutes")
