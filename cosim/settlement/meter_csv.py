"""A meter's CSV: `start,load_kwh,generation_kwh`, one row an interval, in the site's zone or with offsets.

A column `kvarh` (reactive energy of what is drawn, leading negative) is read where it stands; others are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import InputError, Problem
from cosim.settlement.meter import Meter, Month
from grids.arrays import FloatArray, IntArray
from simulators.sources.errors import SourceError
from simulators.sources.text import data_rows, normalised, number
from simulators.sources.times import instants, parse_stamp

MONTH_S = 28 * 86_400  # rows this far apart are monthly readings
COLUMNS = ("start", "load_kwh", "generation_kwh")
REACTIVE = "kvarh"
MOST_SHOWN = 20
MOST_KWH = 1e9  # of an interval: 1 TWh, beyond any meter and the digits an exact sum has


def read_meter(path: Path, zone: ZoneInfo) -> Meter:
    """The meter of a file, as `read_registers`."""
    return read_registers(path, zone)[0]


def read_registers(path: Path, zone: ZoneInfo) -> tuple[Meter, FloatArray | None]:
    """The intervals of a meter file; an interval ends where the next begins, the last one as long as the one before.

    A single row, or the last row of a file with one row a month, ends with its month. Unless rows are months, none is
    longer than the others: a longer one is a gap, whose energy nobody metered. Beside the meter stands the reactive
    energy, (K,) kvarh, None where the file has none.

    Raises:
        InputError: every problem, with its row.
    """
    try:
        rows = list(data_rows(path))
    except SourceError as error:
        raise InputError(Problem(str(path), 0, 0, "", text) for text in error.problems) from error
    read = _Rows(path, _columns(path, rows))
    for row, cells in rows[1:]:
        read.take(row, cells)
    if read.problems or not read.stamps:
        raise InputError(read.problems[:MOST_SHOWN] or [Problem(str(path), 0, 0, "", "holds no interval")])
    stamps = read.stamps
    seconds, wrong = instants(stamps, zone)
    wrong += _disorder([row for row, _ in stamps], seconds, zone)
    wrong += _wrong_offsets(stamps, zone)
    if wrong:
        raise InputError(Problem(str(path), 0, 0, "start", text) for text in wrong[:MOST_SHOWN])
    edges = np.append(seconds, _end(seconds, zone))
    load, generation, *reactive = np.array(read.energies, dtype=np.float64).T
    meter = Meter(edges, load, generation, zone)
    begun = (month for month in meter.months if month.starts_at(zone) <= seconds[-1])
    if missing := [month for month in begun if not _has_rows(meter, month)]:
        text = f"no rows in {', '.join(map(str, missing))}"
        raise InputError(
            [Problem(str(path), 0, 0, "start", text, hint="a bill needs every month between first and last")]
        )
    numbers = [row for row, _ in stamps]
    if bad := _gaps(numbers, meter) or _crossings(numbers, meter):
        raise InputError(Problem(str(path), row, 0, "start", text, hint=hint) for row, text, hint in bad[:MOST_SHOWN])
    return meter, reactive[0] if reactive else None


class _Rows:
    """Reads row after row; what is wrong with one does not hide the next."""

    def __init__(self, path: Path, where: Mapping[str, int]) -> None:
        self._path, self._where = path, where
        self.stamps: list[tuple[int, datetime]] = []
        self.energies: list[tuple[float, ...]] = []
        self.problems: list[Problem] = []

    def take(self, row: int, cells: Sequence[str]) -> None:
        """One interval, or what is wrong with it."""
        known = len(self.problems)
        if len(cells) <= max(self._where.values()):
            self._refuse(row, "", f"has only {len(cells)} cells")
            return
        values = tuple(self._energy(row, column, cells[at]) for column, at in self._where.items() if column != "start")
        try:
            stamp = parse_stamp(cells[self._where["start"]])
        except ValueError as error:
            self._refuse(row, "start", str(error))
        if len(self.problems) == known:
            self.stamps.append((row, stamp))
            self.energies.append(values)

    def _energy(self, row: int, column: str, text: str) -> float:
        try:
            value = number(text)
        except ValueError as error:
            self._refuse(row, column, str(error))
            return 0.0
        if value < 0 and column != REACTIVE:
            hint = "each register counts upwards: what is fed in belongs to generation_kwh"
            self._refuse(row, column, f"is negative ({value:g} kWh)", hint)
        if abs(value) > MOST_KWH:
            self._refuse(row, column, f"is more than any meter counts ({value:g})", f"at most {MOST_KWH:,.0f}")
        return value

    def _refuse(self, row: int, column: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(str(self._path), row, 0, column, message, hint=hint))


def _columns(path: Path, rows: list[tuple[int, list[str]]]) -> dict[str, int]:
    header = [normalised(cell).lower() for cell in rows[0][1]] if rows else []
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        text = f"has no column {', '.join(missing)}; expected {','.join(COLUMNS)}"
        raise InputError([Problem(str(path), rows[0][0] if rows else 0, 0, "", text)])
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        raise InputError([Problem(str(path), rows[0][0], 0, "", f"column {', '.join(twice)} stands there twice")])
    return {column: header.index(column) for column in (*COLUMNS, REACTIVE) if column in header}


def _disorder(rows: list[int], seconds: IntArray, zone: ZoneInfo) -> list[str]:
    found = []
    for at in np.flatnonzero(np.diff(seconds) <= 0).tolist():
        local = datetime.fromtimestamp(int(seconds[at + 1]), UTC).astimezone(zone).isoformat(timespec="minutes")
        found.append(f"row {rows[at + 1]}: {local} does not come after the row before; sort the rows, each time once")
    return found


def _wrong_offsets(stamps: list[tuple[int, datetime]], zone: ZoneInfo) -> list[str]:
    """Offsets that are not those of the site: the file was written for another zone."""
    found = []
    for row, stamp in stamps:
        offset = stamp.utcoffset()
        if offset is not None and stamp.tzinfo is not UTC and offset != stamp.astimezone(zone).utcoffset():
            found.append(
                f"row {row}: {stamp.isoformat()} has an offset that {zone.key} does not have; wrong --timezone?"
            )
    return found[:3]


def _end(seconds: IntArray, zone: ZoneInfo) -> int:
    """Where the last interval ends."""
    last = datetime.fromtimestamp(int(seconds[-1]), UTC).astimezone(zone)
    month_end = Month(last.year, last.month).following.starts_at(zone)
    if len(seconds) == 1:
        return month_end
    before = int(seconds[-1] - seconds[-2])
    return month_end if before >= MONTH_S else int(seconds[-1]) + before


def _gaps(rows: list[int], meter: Meter) -> list[tuple[int, str, str]]:
    """(row, what is missing before it, hint) where rows are further apart than they usually are."""
    if len(rows) == 1:
        return []
    starts = meter.edges_s[:-1]
    lengths, counts = np.unique(np.diff(starts), return_counts=True)
    usual = int(lengths[np.argmax(counts)])  # of several the shortest
    if usual >= MONTH_S:
        return []
    shift = np.array([_offset_s(int(second), meter.zone) for second in starts], dtype=np.int64)
    apart = np.minimum(np.diff(starts), np.diff(starts + shift))  # a day of 25 hours is still a day
    hint = f"rows are usually {_hours(usual)} apart: fill in what was metered, or bill the parts as files of their own"
    return [
        (rows[at + 1], f"{_hours(int(apart[at]) - usual)} without rows before it", hint)
        for at in np.flatnonzero(apart > usual).tolist()
    ]


def _crossings(rows: list[int], meter: Meter) -> list[tuple[int, str, str]]:
    """(row, what is wrong, hint) for intervals that belong to two months."""
    hint = "a bill is for a calendar month: begin a row with each month"
    told = [(rows[at], f"lasts from {meter.told(at)}, beyond its month", hint) for at in meter.crossing.tolist()]
    if told and told[-1][0] == rows[-1]:
        row, text, _ = told[-1]
        told[-1] = row, text, f"the last row lasts as long as the one before; {hint}"
    return told


def _offset_s(second: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"


def _has_rows(meter: Meter, month: Month) -> bool:
    inside = meter.of_month(month)
    return bool(inside.stop > inside.start)
