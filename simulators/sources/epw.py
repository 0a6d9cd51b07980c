"""Typical years from EPW files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulators.sources.errors import SourceError
from simulators.sources.text import modified
from simulators.sources.typical_year import HOURS_A_YEAR, TypicalYear, hour_middles

# (column of pvlib's reader, smallest and largest sound value); 9999 and 99.9 stand for "missing" in an EPW file
_COLUMNS = {
    "dni": ("dni", 0.0, 1500.0),
    "dhi": ("dhi", 0.0, 1500.0),
    "air": ("temp_air", -90.0, 65.0),
    "wind": ("wind_speed", 0.0, 90.0),
}
_HEADER_ROWS = 8


def read_epw(path: Path) -> tuple[TypicalYear, str]:
    """The year of an EPW file and the place it names.

    Hour 1..24 of the file ends the period, so hour h covers `[h - 1, h)` local standard time and its sun stands
    30 minutes before the label. Months may come from different years: rows are taken by month and day.
    """
    from pvlib import iotools  # noqa: PLC0415

    modified(path)
    try:
        rows, place = iotools.read_epw(str(path))
        _refuse_odd_calendar(path, rows["month"], rows["day"], rows["hour"])
    except SourceError:
        raise
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise SourceError(path.name, [f"is not an EPW file: {error}"]) from None
    values = {name: np.array(rows[column], dtype=np.float64) for name, (column, _, _) in _COLUMNS.items()}
    problems = [
        f"row {row + 1 + _HEADER_ROWS}: {column} is {values[name][row]:g}, missing or unsound"
        for name, (column, low, high) in _COLUMNS.items()
        for row in np.flatnonzero(~((values[name] >= low) & (values[name] <= high)))
    ]
    if problems:
        raise SourceError(path.name, problems)
    return TypicalYear(values, round(place["TZ"] * 3600)), f"{place['city']}, {place['country']}"


def _refuse_odd_calendar(path: Path, *stamps: np.ndarray) -> None:
    """The file must hold the 8760 hours of a common year, in order."""
    months, days, hours = (np.asarray(stamp, dtype=np.int64) for stamp in stamps)
    expected = hour_middles(0)
    wanted = expected.astype("datetime64[D]")
    month = wanted.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (wanted - wanted.astype("datetime64[M]")).astype(np.int64) + 1
    hour = np.tile(np.arange(1, 25), HOURS_A_YEAR // 24)
    if len(months) != HOURS_A_YEAR:
        raise SourceError(path.name, [f"holds {len(months)} hours, a typical year has {HOURS_A_YEAR}"])
    odd = np.flatnonzero((months != month) | (days != day) | (hours != hour))
    if len(odd):
        raise SourceError(
            path.name, [f"row {row + 1 + _HEADER_ROWS}: {months[row]}/{days[row]} hour {hours[row]}" for row in odd]
        )
