"""The meters of a run, read back from `metering.parquet` in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import UsageError
from cosim.results.metered import PCC, SECTION, SENT
from cosim.results.metered_groups import IMBALANCE
from cosim.results.metering import METADATA, NAME, SPOT
from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.meter import Meter
from grids.arrays import FloatArray, IntArray
from simulators.axis import HALF_HOUR_S

STRAY_KWH = 1e-6  # less than this is the noise of floating point


@dataclass(frozen=True)
class Wheeled:
    """What is wheeled to one customer: register -> share of what is sent that arrives."""

    customer: str
    arrives: Mapping[str, float]


@dataclass(frozen=True)
class RunMeters:
    """Every register of every member.

    Attributes:
        names: metering points (boundaries of kind pcc).
        points: section -> its metering points.
        edges: section -> the boundaries its exchange is measured at: those of kind section, or else pcc.
        customers: customers whose loads are known.
        members: numbers of the members.
        zone: whose calendar cuts the months.
        currency: of the spot price; empty = the run had no market.
    """

    names: tuple[str, ...]
    points: Mapping[str, tuple[str, ...]]
    edges: Mapping[str, tuple[str, ...]]
    customers: tuple[str, ...]
    members: tuple[int, ...]
    zone: ZoneInfo
    currency: str
    columns: Mapping[str, FloatArray]  # (M, K)
    first_s: IntArray  # (M,) epoch second at which each member's first interval begins
    offsets_s: IntArray  # (K + 1,) seconds after it
    wheeled: Mapping[str, tuple[Wheeled, ...]] = field(default_factory=dict)  # metering point -> what comes through it
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # point -> customers nobody can tell it of

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

    def purchased(self, name: str, member: int | None = None) -> Meter:
        """`meter` of what is bought at a metering point: without what is wheeled to customers behind it (自己託送).

        Raises:
            UsageError: as `meter`, what is wheeled cannot be told, or own generation is recorded at two points.
        """
        physical = self.meter(name, member)
        twins = [two for points in self.points.values() if name in points for two in points if two != name]
        if twins and physical.generation_kwh.any():
            raise UsageError(
                f"{name} and {', '.join(twins)} lead into one section with own generation, which is behind both: "
                "nobody can tell what was used at each; give each point a section of its own"
            )
        wheeled = self.wheeled_kwh(name, member)
        return replace(physical, load_kwh=np.maximum(physical.load_kwh - wheeled, 0.0)) if wheeled.any() else physical

    def purchased_half_hours(self, name: str, member: int | None = None) -> HalfHours:
        """`half_hours` of what is bought; its power factor is that of all that comes through the meter [A].

        Raises:
            UsageError: as `half_hours` and `wheeled_kwh`.
        """
        physical, wheeled = self.half_hours(name, member), self.wheeled_kwh(name, member)
        if not wheeled.any():
            return physical
        drawn = physical.import_kwh
        bought = np.maximum(drawn - wheeled, 0.0)
        share = np.divide(bought, drawn, out=np.zeros_like(drawn), where=drawn > 0)
        kvarh = None if physical.kvarh is None else physical.kvarh * share
        return replace(physical, import_kwh=bought, kvarh=kvarh)

    def wheeled_kwh(self, name: str, member: int | None = None) -> FloatArray:
        """(K,) what customers behind a metering point use of what is wheeled to them: no retailer supplies it.

        `min(sent x (1 - loss), use)` of every half hour, as the rules count it (facts.md 3.1, 3.3).

        Raises:
            UsageError: the run does not tell, or more is wheeled than comes through the point.
        """
        drawn = self._of(name, member, "import_kwh")
        if unclear := self.unclear.get(name):
            raise UsageError(
                f"behind {name} {', '.join(unclear)} is supplied by self-wheeling, and the run does not tell what of "
                "the import is wheeled: name the plants in self_wheeling, outside of the section, or bill another point"
            )
        total = np.zeros(len(drawn))
        for one in self.wheeled.get(name, ()):
            if not self.half_hourly or one.customer not in self.customers:
                raise UsageError(
                    f"energy is wheeled to {one.customer} behind {name}, half hour by half hour: a bill of what is "
                    "bought needs a run of whole clock half hours that keeps its customers"
                )
            arriving = sum((self._of(way, member, SENT) * share for way, share in one.arrives.items()), total * 0.0)
            total = total + np.minimum(arriving, self._of(one.customer, member, "use_kwh"))
        if (total > drawn + STRAY_KWH).any():
            raise UsageError(
                f"in some half hours more is wheeled to customers behind {name} than is drawn there, for plants of "
                "their own or storage run too: what is bought cannot be told"
            )
        return total

    def said_of(self, name: str, members: Iterable[int]) -> tuple[str, ...]:
        """What a reader of the bills of a metering point must know of its meter."""
        wheeled = [float(self.wheeled_kwh(name, member).sum()) for member in members]
        if not any(wheeled):
            return ()
        mean = " (mean of the members)" if len(wheeled) > 1 else ""
        return (
            f"{sum(wheeled) / len(wheeled):,.1f} kWh{mean} come through {name} by self-wheeling (自己託送): no "
            "retailer supplies them, they are not on this bill; use of the wires is charged apart",
        )

    def imbalance_kwh(self, group: str, member: int | None = None) -> FloatArray | None:
        """(K,) actual less planned net draw of a balancing group; None where the run has no half hours of it."""
        return self._of(group, member, IMBALANCE) if f"{IMBALANCE}|{group}" in self.columns else None

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
    if "wheeling" not in about:
        raise UsageError(f"{path} was written by an earlier version, without what is wheeled: run the scenario again")
    numbers = table["member"].to_numpy()
    members = numbers[: int(np.argmax(table["t_s"].to_numpy() != table["t_s"][0].as_py())) or len(numbers)]
    starts, lengths = (table[name].to_numpy()[:: len(members)] for name in ("t_s", "dt_s"))
    first = [round(datetime.fromisoformat(text.as_py()).timestamp()) for text in table["time"][: len(members)]]
    wide = [name for name in table.column_names if "|" in name or name == SPOT]
    return RunMeters(
        names=tuple(point["name"] for point in about["points"] if point["kind"] == PCC),
        points=_edges(about["points"], PCC),
        edges={**_edges(about["points"], PCC), **_edges(about["points"], SECTION)},
        customers=tuple(about["customers"]),
        members=tuple(members.tolist()),
        zone=ZoneInfo(about["timezone"]),
        currency=about["currency"],
        columns={name: table[name].to_numpy().reshape(-1, len(members)).T for name in wide},
        first_s=np.array(first, dtype=np.int64),
        offsets_s=np.append(starts, starts[-1] + lengths[-1]) - starts[0],
        wheeled={point["name"]: tuple(_wheeled(point["wheeled"], about["wheeling"])) for point in about["points"]},
        unclear={point["name"]: tuple(point["unclear"]) for point in about["points"]},
    )


def _wheeled(names: Sequence[str], ways: Sequence[Mapping[str, Any]]) -> Iterator[Wheeled]:
    known = [way for way in ways if way["name"] in names]
    for customer in dict.fromkeys(way["customer"] for way in known):
        shares = {way["name"]: 1.0 - way["loss_percent"] / 100.0 for way in known if way["customer"] == customer}
        yield Wheeled(customer, shares)


def _edges(points: Sequence[Mapping[str, Any]], kind: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for point in points:
        if point["kind"] == kind:
            found[point["section"]] = (*found.get(point["section"], ()), point["name"])
    return found
