"""Axes, calendars and files for the tests of sources."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar, CalendarSpec

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def axis_of():
    """Axis from a local start, hours and step in minutes."""

    def build(start: str, hours: float, step_min: int = 30, zone: ZoneInfo = TOKYO, **options) -> TimeAxis:
        begin = datetime.fromisoformat(start).replace(tzinfo=zone)
        return TimeAxis.build(begin, round(hours * 3600), step_min * 60, **options)

    return build


@pytest.fixture
def calendar_of():
    def build(zone: ZoneInfo = TOKYO, **spec) -> Calendar:
        return Calendar(CalendarSpec(**spec), zone)

    return build


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def save(text: str, name: str = "data.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return save


@pytest.fixture
def table():
    """What one member of a series reads over the run, (K, units), the way a run reads it."""

    def rows(series, steps: int, member: int = 0):
        read = [series.row(k) for k in range(steps)]
        return np.stack([row[member if len(row) > 1 else 0] for row in read])

    return rows


@pytest.fixture
def in_folder(tmp_path):
    """`resolve_path` of a scenario in the temporary folder."""
    return lambda name: tmp_path / name
