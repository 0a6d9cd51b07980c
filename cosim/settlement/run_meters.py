"""The meters of a run, read back from `metering.parquet` in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import UsageError
from cosim.results.metering import METADATA, NAME, PCC, SECTION, SPOT
from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.meter import Meter
from grids.arrays import FloatArray, IntArray
from simulators.axis import HALF_HOUR_S


@dataclass(frozen=True)
class RunMeters:
    """Every register of every member.

    Attributes:
        names: metering points (boundaries of kind pcc).
        edges: section -> the boundaries its exchange is measured at: those of kind section, or else pcc.
        customers: customers whose loads are known.
        members: numbers of the members.
        zone: whose calendar cuts the months.
        currency: of the spot price; empty = the run had no market.
    """

    names: tuple[str, ...]
    edges: Mapping[str, tuple[str, ...]]
    customers: tuple[str, ...]
    members: tuple[int, ...]
    zone: ZoneInfo
    currency: str
    columns: Mapping[str, FloatArray]  # (M, K)
    first_s: IntArray  # (M,) epoch second at which each member's first interval begins
    offsets_s: IntArray  # (K + 1,) seconds after it

    @cached_property
    def _row(self) -> Mapping[int, int]:
        return {number: row for row, number in enumerate(self.members)}

    def meter(self, name: str, member: int | None = None) -> Meter:
        """Use and own generation at a metering point by interval; their difference is import less export.

        Where storage sends more out than comes from plants, what it sends counts as generation.

        Raises:
            UsageError: no such point or member, or an interval without solution.
        """
        drawn, fed, own = (self._of(name, member, f"{word}_kwh") for word in ("import", "export", "generation"))
        use = drawn - fed + own
        edges = self.first_s[self._at(member)] + self.offsets_s
        return Meter(edges, np.maximum(use, 0.0), own + np.maximum(-use, 0.0), self.zone)

    def half_hours(self, name: str, member: int | None = None) -> HalfHours:
        """Import and export registers of a metering point, and the reactive energy of the import.

        Raises:
            UsageError: as `meter`, or the run does not consist of whole clock half hours.
        """
        lagging, leading = (self._of(name, member, f"{word}_kvarh") for word in ("import", "export"))
        drawn, fed = (self._of(name, member, f"{word}_kwh") for word in ("import", "export"))
        return HalfHours(self._first_half_hour(member), drawn, fed, lagging - leading, self.zone)

    def customer(self, name: str, member: int | None = None) -> HalfHours:
        """What the loads of a customer took; UsageError as `half_hours`."""
        use, kvarh = (self._of(name, member, f"use_{unit}") for unit in ("kwh", "kvarh"))
        return HalfHours(self._first_half_hour(member), use, np.zeros(len(use)), kvarh, self.zone)

    def generation_kwh(self, name: str, member: int | None = None) -> FloatArray:
        """(K,) what the plants recorded with a boundary injected."""
        return self._of(name, member, "generation_kwh")

    def spot(self, member: int | None = None) -> FloatArray | None:
        """(K,) spot price per kWh of each interval; None if the run had none."""
        return self.columns[SPOT][self._at(member)] if SPOT in self.columns else None

    @property
    def half_hourly(self) -> bool:
        """Whether every interval is a whole clock half hour."""
        whole = bool(np.all(np.diff(self.offsets_s) == HALF_HOUR_S))
        return whole and not (self.first_s % HALF_HOUR_S).any()

    def known(self, member: int) -> bool:
        """Whether every interval of a member has a solution."""
        return all(bool(np.isfinite(values[self._row[member]]).all()) for values in self.columns.values())

    def _first_half_hour(self, member: int | None) -> int:
        if not self.half_hourly:
            raise UsageError(
                "the run does not consist of whole clock half hours: a Japanese bill needs steps of 30 min or less, "
                "and a start and an end at :00 or :30"
            )
        return int(self.first_s[self._at(member)])

    def _at(self, member: int | None) -> int:
        if member is None and len(self.members) == 1:
            return 0
        if member is None or member not in self._row:
            given = f"{member} is none of them" if member is not None else "name one"
            raise UsageError(f"the run has the members {self.members[0]} to {self.members[-1]}; {given}")
        return self._row[member]

    def _of(self, name: str, member: int | None, register: str) -> FloatArray:
        column = f"{register}|{name}"
        if column not in self.columns:
            raise UsageError(f"the run has no meter at {name}; there are {', '.join(self.names) or 'none'}")
        values: FloatArray = self.columns[column][self._at(member)]
        if not np.isfinite(values).all():
            raise UsageError(f"member {member or self.members[0]} has steps without solution: its meter is unknown")
        return values


def read_run(folder: Path) -> RunMeters:
    """The meters of a run folder, of an interrupted run up to its last whole interval.

    Raises:
        UsageError: the folder holds none.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    path = folder / NAME
    if not path.is_file():
        raise UsageError(f"{folder} holds no {NAME}: it is no run, or one without metering points")
    table = pq.ParquetFile(path).read()
    about: dict[str, Any] = json.loads(table.schema.metadata[METADATA])
    numbers = table["member"].to_numpy()
    members = numbers[: int(np.argmax(table["t_s"].to_numpy() != table["t_s"][0].as_py())) or len(numbers)]
    starts, lengths = (table[name].to_numpy()[:: len(members)] for name in ("t_s", "dt_s"))
    first = [round(datetime.fromisoformat(text.as_py()).timestamp()) for text in table["time"][: len(members)]]
    wide = [name for name in table.column_names if "|" in name or name == SPOT]
    return RunMeters(
        names=tuple(point["name"] for point in about["points"] if point["kind"] == PCC),
        edges=_edges(about["points"]),
        customers=tuple(about["customers"]),
        members=tuple(members.tolist()),
        zone=ZoneInfo(about["timezone"]),
        currency=about["currency"],
        columns={name: table[name].to_numpy().reshape(-1, len(members)).T for name in wide},
        first_s=np.array(first, dtype=np.int64),
        offsets_s=np.append(starts, starts[-1] + lengths[-1]) - starts[0],
    )


def _edges(points: list[dict[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {PCC: {}, SECTION: {}}
    for point in points:
        kind = found[point["kind"]]
        kind[point["section"]] = (*kind.get(point["section"], ()), point["name"])
    return found[PCC] | found[SECTION]
