"""Boundaries: where a flow is measured. One boundary has one or more ends; an end is one end of one branch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from grids.errors import GridProblem, unknown
from grids.powerflow.contract import BranchKind, FeederIndex
from grids.topology import Neighbours, connected_ends, neighbours, reach

SIDES = {
    BranchKind.LINE: ("from", "to"),
    BranchKind.TRAFO: ("hv", "lv"),
    BranchKind.LINK: ("from", "to"),
}


@dataclass(frozen=True, slots=True)
class BoundarySpec:
    """A boundary as written: `at` names its ends; `into` the section it leads into, if any.

    An end is `switch:NAME` (the branch end the switch sits at; between two buses also `switch:NAME@from|to`, from if
    left out), `line:NAME@from|to` or `trafo:NAME@hv|lv`.
    """

    name: str
    at: tuple[str, ...]
    into: str | None = None


@dataclass(frozen=True, slots=True)
class BranchEnd:
    """One end of one branch: 0 = from (hv), 1 = to (lv)."""

    branch: int
    end: int


@dataclass(frozen=True, slots=True)
class BoundaryEnd:
    """A resolved boundary end.

    `sign` times the flow into the branch at this end is the boundary's own direction: import into its section, or,
    without a section, outwards from the sources of the normal topology.
    """

    boundary: str
    at: str
    where: BranchEnd
    sign: float


def resolve_end(at: str, index: FeederIndex) -> BranchEnd | str:
    """The branch end that `at` names, or what is wrong with it."""
    kind, colon, rest = at.partition(":")
    if not colon or kind not in {"switch", "line", "trafo"}:
        return f"{at!r} is no branch end; write switch:NAME, line:NAME@from|to or trafo:NAME@hv|lv"
    if kind == "switch":
        return _switch_end(rest, index)
    branch_kind = BranchKind(kind)
    name, mark, side = rest.rpartition("@")
    sides = SIDES[branch_kind]
    if not mark or side not in sides:
        return f"{at!r} must say which end: {kind}:NAME@{'|'.join(sides)}"
    try:
        return BranchEnd(index.branch_position(branch_kind, name), sides.index(side))
    except KeyError:
        return unknown(kind, name, _names(index, branch_kind))


def _switch_end(text: str, index: FeederIndex) -> BranchEnd | str:
    name, side = text, ""
    if text not in index.switch and "@" in text:
        name, _, side = text.rpartition("@")
    if name not in index.switch:
        return unknown("switch", name, index.switch)
    switch = index.switch_position(name)
    branch, end = int(index.switch_branch[switch]), int(index.switch_end[switch])
    sides = SIDES[index.branch_kind[branch]]
    if index.branch_kind[branch] is BranchKind.LINK and side in sides:
        return BranchEnd(branch, sides.index(side))
    if side not in {"", sides[end]}:
        return f"switch {name!r} sits at the {sides[end]} end of {index.branch_subject(branch)}, not at {side!r}"
    return BranchEnd(branch, end)


def _across(end: BranchEnd) -> BranchEnd:
    """The other end: of a link the same flow."""
    return BranchEnd(end.branch, 1 - end.end)


def _names(index: FeederIndex, kind: BranchKind) -> list[str]:
    return [name for name, other in zip(index.branch, index.branch_kind, strict=True) if other is kind]


def resolve_ends(
    boundaries: Iterable[BoundarySpec], index: FeederIndex
) -> tuple[dict[str, tuple[BranchEnd, ...]], list[GridProblem]]:
    """Ends per boundary (only boundaries whose ends are all right), and every problem.

    Problem routes start at the boundary's name: `(name, "at", position)`.
    """
    ends: dict[str, tuple[BranchEnd, ...]] = {}
    problems: list[GridProblem] = []
    for spec in boundaries:
        found: list[BranchEnd] = []
        bad = [] if spec.at else [GridProblem((spec.name, "at"), "a boundary needs at least one end")]
        for position, at in enumerate(spec.at):
            end = resolve_end(at, index)
            if isinstance(end, str):
                bad.append(GridProblem((spec.name, "at", position), end))
            elif end in found or (index.branch_kind[end.branch] is BranchKind.LINK and _across(end) in found):
                bad.append(
                    GridProblem((spec.name, "at", position), f"{at!r} is the same end as another of this boundary")
                )
            else:
                found.append(end)
        problems += bad
        if not bad:
            ends[spec.name] = tuple(found)
    return ends, problems


def bus_at(index: FeederIndex, where: BranchEnd) -> int:
    """Position of the bus at a branch end."""
    return int((index.branch_from, index.branch_to)[where.end][where.branch])


def bus_beyond(index: FeederIndex, where: BranchEnd) -> int:
    """Position of the bus at the other end of the branch."""
    return bus_at(index, BranchEnd(where.branch, 1 - where.end))


def outward_sign(index: FeederIndex, where: BranchEnd, connected: BoolArray, alive: AbstractSet[int]) -> float:
    """Sign of a boundary that leads into no section: outwards from the bank into the feeders.

    Where both sides or neither reach a source, a transformer's lv side counts as out of it and every other end as away
    from its bus.

    Args:
        index: the network.
        where: the end.
        connected: (branch, 2) ends that are connected in the normal topology.
        alive: buses of the sources that are on there.
    """
    adjacent = neighbours(index, connected, without={where.branch})
    here, beyond = (_reaches(adjacent, bus, alive) for bus in (bus_at(index, where), bus_beyond(index, where)))
    if here != beyond:
        return 1.0 if here else -1.0
    at_lv = index.branch_kind[where.branch] is BranchKind.TRAFO and where.end == 1
    return -1.0 if at_lv else 1.0


def source_signs(
    index: FeederIndex,
    ends: Sequence[BoundaryEnd],
    closed: BoolArray,
    in_service: BoolArray,
    source_on: BoolArray,
) -> FloatArray:
    """(end,) sign that turns the flow into the branch into the flow from the present source side to the end side.

    The branch of an end is taken out; the side that still reaches a source that is on is the source side. Where both
    or neither do, the boundary's own direction stands.

    Args:
        index: the network.
        ends: the boundary ends.
        closed: (switch,) one member's switches.
        in_service: (branch,) one member's branches.
        source_on: (source,) one member's sources.
    """
    connected = connected_ends(index, closed, in_service)
    alive = {int(bus) for bus in index.source_bus[source_on]}
    signs = np.empty(len(ends))
    for position, end in enumerate(ends):
        adjacent = neighbours(index, connected, without={end.where.branch})
        here = _reaches(adjacent, bus_at(index, end.where), alive)
        beyond = _reaches(adjacent, bus_beyond(index, end.where), alive)
        signs[position] = end.sign if here == beyond else (1.0 if here else -1.0)
    return signs


def _reaches(adjacent: Neighbours, bus: int, targets: AbstractSet[int]) -> bool:
    return any(found in targets for found in reach(adjacent, [bus]))
