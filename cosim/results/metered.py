"""What is metered in a study: boundaries with a meter, customers, what is wheeled, balancing groups, the spot price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cosim.results.metered_groups import DEMAND, SUPPLY, MeteredGroup, metered_groups
from cosim.rules.terms import Supply
from grids.arrays import IntArray

if TYPE_CHECKING:
    from cosim.study import Study
    from simulators.sources.member_series import MemberSeries

REGISTERS = ("import_kwh", "export_kwh", "import_kvarh", "export_kvarh", "generation_kwh")
USE = ("use_kwh", "use_kvarh")  # of a customer: what its loads took
SENT = "sent_kwh"  # of a wheeling: what its plants fed in, losses not taken off
PCC, SECTION = "pcc", "section"  # kinds of boundary that have a meter
STORAGE = "storage"


@dataclass(frozen=True)
class MeteredPoint:
    """A boundary with a meter; `plants` are positions of the injections whose generation is recorded with it.

    At a metering point (pcc) they are all plants behind it, at the edge of a section those on its own wires.
    `wheeled` names what is wheeled to customers behind it, `unclear` customers whose wheeled energy nobody can tell.
    """

    name: str
    kind: str
    section: str
    plants: tuple[int, ...] = ()
    wheeled: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeteredWheeling:
    """What is wheeled to a customer: `plants` are positions of the injections that send it."""

    name: str
    customer: str
    plants: tuple[int, ...]
    loss_percent: float = 0.0


@dataclass(frozen=True)
class Metered:
    """What is metered in a study.

    Attributes:
        points: the boundaries.
        customers: name -> positions of its loads.
        spot: spot price per kWh on the axis, where the study has one.
        currency: of that price.
        days: (M,) days later each member reads inputs and calendars; its months are those of its own dates.
        wheeling: what is wheeled.
        groups: balancing groups, whose imbalance is kept.
    """

    points: tuple[MeteredPoint, ...] = ()
    customers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    spot: MemberSeries | None = None
    currency: str = ""
    days: IntArray | None = None
    wheeling: tuple[MeteredWheeling, ...] = ()
    groups: tuple[MeteredGroup, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """`register|name` of every column."""
        points = (f"{register}|{point.name}" for point in self.points for register in REGISTERS)
        customers = (f"{register}|{name}" for name in self.customers for register in USE)
        groups = (f"{register}|{group.name}" for group in self.groups for register in (DEMAND, SUPPLY))
        return (*points, *customers, *(f"{SENT}|{one.name}" for one in self.wheeling), *groups)


def metered(study: Study, currency: str = "", days: Sequence[int] = (0,)) -> Metered:
    """Every metering point, section edge and customer of a study, and its spot price."""
    members = study.members
    return Metered(
        points=tuple(_points(study)),
        customers={one.name: one.loads for one in study.arrangement.customers if one.loads},
        spot=study.spot,
        currency=currency,
        days=np.broadcast_to(np.asarray(days, dtype=np.int64), (members,)),
        wheeling=tuple(_wheeling(study)),
        groups=tuple(metered_groups(study.arrangement)),
    )


def _wheeling(study: Study) -> Iterator[MeteredWheeling]:
    facts = study.arrangement
    for way in facts.wheeling:
        plants = tuple(at for name in way.plants for at in facts.plant[name].injections)
        yield MeteredWheeling(way.name, way.customer, plants, way.loss_percent)


def _points(study: Study) -> Iterator[MeteredPoint]:
    facts, partition = study.arrangement, study.feeder.partition
    storage = {at for plant in facts.plants if plant.role == STORAGE for at in plant.injections}
    own: dict[str, list[int]] = {}
    for plant in facts.plants:
        own.setdefault(plant.section, []).extend(plant.injections)
    for boundary in facts.boundaries:
        if boundary.kind not in {PCC, SECTION}:
            continue
        behind = partition.section(boundary.section).injections.tolist()
        inside = behind if boundary.kind == PCC else own.get(boundary.section, [])
        plants = tuple(sorted(set(inside) - storage))
        wheeled, unclear = _wheeled_to(study, boundary.section)
        yield MeteredPoint(boundary.name, boundary.kind, boundary.section, plants, wheeled, unclear)


def _wheeled_to(study: Study, section: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what is wheeled into a section, its customers of whom that cannot be told).

    A plant of the section itself lowers the import already, and a customer with loads elsewhere uses some of it there.
    """
    facts, behind = study.arrangement, study.feeder.partition.section(section)
    loads, plants = set(behind.loads.tolist()), set(behind.injections.tolist())
    ways = {way.name: way.customer for way in facts.wheeling}
    sent_inside = {one.customer for one in _wheeling(study) if plants & set(one.plants)}
    named = {one.name for one in facts.customers if one.supply is Supply.SELF_WHEELING} | set(ways.values())
    inside = [one for one in facts.customers if one.name in named and loads & set(one.loads)]
    clear = {one.name for one in inside if set(one.loads) <= loads and one.name in ways.values()} - sent_inside
    found = tuple(name for name, customer in ways.items() if customer in clear)
    return found, tuple(one.name for one in inside if one.name not in clear)
