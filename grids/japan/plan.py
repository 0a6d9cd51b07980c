"""The plan of the feeders: which nodes there are, what they hang on, and where they stand on the map.

Feeders fan out from the bank, laterals leave the trunk to either side in turn. Spans are as long on the map as in the
network; the bends are a fixed pattern. Positions are kilometres east and north of the bank.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin

from grids.japan.design import section_start
from grids.japan.spec import Centre, Design

BUSBAR = "busbar"
FAN_DEGREE = 35.0  # between neighbouring feeders, less where there are many
LATERAL_DEGREE = 70.0  # off the trunk
BEND_DEGREE = 12.0  # a trunk's span to either side of its main direction
KM_PER_DEGREE = 111.32  # of latitude, and of longitude at the equator

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """A 6.6 kV node and the span that leads to it."""

    name: str  # also the name of the span's line
    feeder: int
    lateral: int  # number of its lateral, 0 = trunk
    number: int  # along its trunk or lateral, from 1
    section: int  # of its feeder, from 1
    parent: str  # node or busbar that the span comes from
    km: float
    conductor: str
    at: Point
    heading: float  # direction of the span, radians from east

    @property
    def pole(self) -> str:
        """Name of its pole transformer."""
        stem, _, _ = self.name.rpartition("-")
        return f"{stem}-p{self.number:0{1 if self.lateral else 2}d}"


@dataclass(frozen=True, slots=True)
class Tie:
    """A normally-open tie; its switch stands at the study feeder's end."""

    name: str
    from_node: Node
    to_node: Node

    @property
    def km(self) -> float:
        """Straight distance."""
        (x1, y1), (x2, y2) = self.from_node.at, self.to_node.at
        return hypot(x2 - x1, y2 - y1)


@dataclass(frozen=True, slots=True)
class Plan:
    """All 6.6 kV nodes; parents come before their children."""

    trunks: tuple[tuple[Node, ...], ...]  # one a feeder, the study feeder first
    laterals: tuple[Node, ...]  # of the study feeder
    ties: tuple[Tie, ...]

    @property
    def study(self) -> tuple[Node, ...]:
        """Nodes of the study feeder."""
        return (*self.trunks[0], *self.laterals)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node."""
        return (*self.study, *(node for trunk in self.trunks[1:] for node in trunk))


def plan_of(design: Design) -> Plan:
    """Where everything stands."""
    trunks = tuple(tuple(_trunk(design, feeder)) for feeder in range(1, design.feeders + 1))
    return Plan(trunks, tuple(_laterals(design, trunks[0])), tuple(_ties(design, trunks)))


def moved(at: Point, heading: float, km: float) -> Point:
    """The point so many km further in a direction."""
    return at[0] + km * cos(heading), at[1] + km * sin(heading)


def longitude_latitude(at: Point, centre: Centre) -> Point:
    """Degrees on the map, on a plane that touches it at the centre."""
    east = KM_PER_DEGREE * cos(radians(centre.latitude))
    return round(centre.longitude + at[0] / east, 7), round(centre.latitude + at[1] / KM_PER_DEGREE, 7)


def _direction(design: Design, feeder: int) -> float:
    """Feeder 1 goes east, the others to either side of it in turn."""
    step = radians(min(FAN_DEGREE, 300.0 / design.feeders))
    side = 1.0 if feeder % 2 == 0 else -1.0
    return side * step * (feeder // 2)


def _trunk(design: Design, feeder: int) -> Iterator[Node]:
    count = design.trunk.nodes if feeder == 1 else design.neighbours.nodes
    conductors, direction = design.trunk.conductors, _direction(design, feeder)
    starts = [section_start(design, section + 1) for section in range(design.trunk.sections)]
    km, at, parent = design.trunk.km / count, (0.0, 0.0), BUSBAR
    for number in range(1, count + 1):
        heading = direction + radians(BEND_DEGREE) * sin(2.0 * pi * number / 8.0)
        at = moved(at, heading, km)
        node = Node(
            name=f"f{feeder}-n{number:02d}",
            feeder=feeder,
            lateral=0,
            number=number,
            section=sum(start <= number for start in starts) if feeder == 1 else 1,
            parent=parent,
            km=km,
            conductor=conductors[(number - 1) * len(conductors) // count],
            at=at,
            heading=heading,
        )
        yield node
        parent = node.name


def _laterals(design: Design, trunk: tuple[Node, ...]) -> Iterator[Node]:
    laterals = design.laterals
    for lateral in range(1, laterals.count + 1):
        root = trunk[lateral * len(trunk) // laterals.count - 1]
        heading = _direction(design, 1) + radians(LATERAL_DEGREE if lateral % 2 else -LATERAL_DEGREE)
        at, parent, km = root.at, root.name, laterals.km / laterals.nodes
        for number in range(1, laterals.nodes + 1):
            at, name = moved(at, heading, km), f"f1-l{lateral}-n{number}"
            yield Node(name, 1, lateral, number, root.section, parent, km, laterals.conductor, at, heading)
            parent = name


def _ties(design: Design, trunks: tuple[tuple[Node, ...], ...]) -> Iterator[Tie]:
    """The first tie at the end of the trunk, the others spread towards the bank; each to its neighbour's like place."""
    study = trunks[0]
    for tie in range(design.ties):
        share = (design.ties - tie) / design.ties
        other = trunks[tie + 1]
        ends = (trunk[max(0, round(share * len(trunk)) - 1)] for trunk in (study, other))
        yield Tie(f"tie-f1-f{tie + 2}", *ends)
