"""Reading `worst.json`: extremes of buses, branches and supply points, and the moments of the worst voltages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.report.texts import clock
from grids.arrays import FloatArray
from grids.low_voltage import LowVoltageFacts


@dataclass(frozen=True, slots=True)
class Extreme:
    """A lowest or highest value, when it was reached first, and in which member."""

    value: float
    at: str
    member: int

    def when(self, members: int) -> str:
        """`2016-06-06 18:30`, of an ensemble with its member."""
        return self.at if members == 1 else f"{self.at}, member {self.member}"


@dataclass(frozen=True, slots=True)
class Legs:
    """The lowest and the highest 100 V leg of a supply point, V."""

    subject: str
    lowest: Extreme
    highest: Extreme


@dataclass(frozen=True)
class Moment:
    """Every voltage of a kind in the step and member with the lowest or highest one."""

    vn_kv: float | None  # None = legs of the supply points
    end: str  # "lowest" or "highest"
    subject: str  # where that was
    at: str
    member: int
    values: FloatArray  # (bus,) pu, or (supply point,) V; NaN = dead
    open_switches: frozenset[str]
    out: frozenset[str]  # subjects of branches out of service
    sources: frozenset[str]  # names of those that were on

    def when(self, members: int) -> str:
        """`2016-06-06 18:30`, of an ensemble with its member."""
        return self.at if members == 1 else f"{self.at}, member {self.member}"


@dataclass(frozen=True)
class WorstValues:
    """What `worst.json` holds; what was never alive is missing."""

    lowest: Mapping[str, Extreme]  # bus -> pu
    highest: Mapping[str, Extreme]
    loading: Mapping[str, Extreme]  # subject of a rated branch -> percent
    legs: Mapping[str, Sequence[Legs]]  # bus -> the supply points there
    supply: Sequence[tuple[str, str]]  # (subject, bus) of every supply point, in the order of a moment's values
    moments: tuple[Moment, ...]


def read_worst(found: Mapping[str, Any]) -> WorstValues | None:
    """The values; None where the run has not come to its end."""
    if not found:
        return None
    bus, branch, supply = found["bus"], found["branch"], found.get("supply")
    points = [] if supply is None else list(zip(supply["subject"], supply["bus"], strict=True))
    return WorstValues(
        lowest=_extremes(bus["name"], bus, "vm_min", "pu"),
        highest=_extremes(bus["name"], bus, "vm_max", "pu"),
        loading=_extremes(branch["subject"], branch, "loading_max", "percent"),
        legs={} if supply is None else _legs(supply, points),
        supply=points,
        moments=tuple(_moment(one) for one in found["moments"]),
    )


def legs_behind(legs: Mapping[str, Sequence[Legs]], facts: LowVoltageFacts) -> dict[str, Sequence[Legs]]:
    """The same, and for every 6.6 kV node those of the supply points behind its pole transformers."""
    of_subject = {one.subject: one for own in legs.values() for one in own}
    behind: dict[str, list[str]] = defaultdict(list)
    for customer in facts.customers:
        behind[customer.pole].append(f"customer:{customer.name}")
    nodes: dict[str, list[Legs]] = defaultdict(list)
    for pole in facts.poles:
        subjects = (f"pole:{pole.name}", *behind[pole.name])
        nodes[pole.bus] += [of_subject[subject] for subject in subjects if subject in of_subject]
    return {**legs, **{bus: own for bus, own in nodes.items() if own}}


def _extremes(names: Sequence[str], table: Mapping[str, Sequence[Any]], prefix: str, unit: str) -> dict[str, Extreme]:
    columns = (table[f"{prefix}_{key}"] for key in (unit, "at", "member"))
    rows = zip(names, *columns, strict=True)
    return {name: Extreme(value, clock(at), member) for name, value, at, member in rows if value is not None}


def _legs(supply: Mapping[str, Sequence[Any]], points: Sequence[tuple[str, str]]) -> dict[str, list[Legs]]:
    low, high = (_extremes(supply["subject"], supply, f"leg_{word}", "v") for word in ("min", "max"))
    found: dict[str, list[Legs]] = defaultdict(list)
    for subject, bus in points:
        if subject in low and subject in high:
            found[bus].append(Legs(subject, low[subject], high[subject]))
    return dict(found)


def _moment(one: Mapping[str, Any]) -> Moment:
    return Moment(
        vn_kv=None if one["vn_kv"] is None else float(one["vn_kv"]),
        end=str(one["end"]),
        subject=str(one["subject"]),
        at=clock(one["at"]),
        member=int(one["member"]),
        values=np.array(one["values"], dtype=np.float64),  # None becomes NaN
        open_switches=frozenset(one["open"]),
        out=frozenset(one["out"]),
        sources=frozenset(one["sources"]),
    )
