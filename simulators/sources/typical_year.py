"""A typical year: 365 days of hourly values that a run takes by month and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np

from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.clock import days, local_days, moment
from simulators.sources.series import Series

HOURS_A_YEAR = 8760
HOUR_S = 3600
_COMMON_YEAR = 2015  # any year without a 29 February


@dataclass(frozen=True)
class TypicalYear:
    """Hourly means; hour h of a day covers `[h, h + 1)` + `shift_s` in standard time `utc_offset_s`.

    Rows are matched by month and day; 29 February takes the rows of the 28th. Weekdays come from the run's own dates.
    """

    values: Mapping[str, FloatArray]  # name -> (8760,)
    utc_offset_s: int
    shift_s: int = 0

    def series(self, axis: TimeAxis) -> dict[str, Series]:
        """Each quantity over the run, a day more at both ends."""
        zone = timezone(timedelta(seconds=self.utc_offset_s))
        first, last = local_days(axis.utc[0], axis.utc[-1], zone)
        span = list(days(first - timedelta(days=1), last + timedelta(days=1)))
        rows = np.concatenate([np.arange(24) + 24 * day_of_year(day) for day in span])
        begin = moment(span[0], 0, zone) + self.shift_s
        edges = begin + HOUR_S * np.arange(len(rows) + 1, dtype=np.int64)
        return {name: Series.from_epoch(edges, values[rows], name) for name, values in self.values.items()}


def day_of_year(day: date) -> int:
    """Position 0..364 of a month and day in a common year; 29 February counts as the 28th."""
    common = date(_COMMON_YEAR, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=_COMMON_YEAR)
    return common.timetuple().tm_yday - 1


def hour_middles(utc_offset_s: int) -> np.ndarray:
    """(8760,) UTC `datetime64[s]` of the middle of every hour of a common year in standard time."""
    begin = round(datetime(_COMMON_YEAR, 1, 1, tzinfo=UTC).timestamp()) - utc_offset_s
    seconds = begin + HOUR_S // 2 + HOUR_S * np.arange(HOURS_A_YEAR, dtype=np.int64)
    return seconds.astype("datetime64[s]")
