"""Local clock times for charts and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cosim.report.thinning import Buckets
from grids.arrays import IntArray


@dataclass(frozen=True)
class LocalTimes:
    """Starts of steps as local wall-clock times; only those asked for are written out.

    Charts show wall-clock time as people read it: where daylight saving ends, an hour is drawn twice.
    """

    utc: np.ndarray  # (K,) datetime64[s]
    dt_s: IntArray
    timezone: str

    def at(self, positions: IntArray) -> list[str]:
        """Starts of those steps, and the end of the last step of the run."""
        return [*self._text(self.utc[positions].tolist()), *self._text([self._end])]

    def edges(self, grouped: Buckets) -> list[str]:
        """Starts of the buckets, and the end of the run."""
        return self.at(grouped.starts)

    @property
    def _end(self) -> datetime:
        last: datetime = self.utc[-1].tolist()
        return last + timedelta(seconds=int(self.dt_s[-1]))

    def _text(self, moments: Iterable[datetime]) -> list[str]:
        zone = ZoneInfo(self.timezone)
        return [f"{moment.replace(tzinfo=UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}" for moment in moments]


def timezone_of(scenario: Mapping[str, Any]) -> str:
    """The zone of a resolved scenario; UTC where it says none."""
    time = scenario.get("time")
    return str(time.get("timezone") or "UTC") if isinstance(time, Mapping) else "UTC"
