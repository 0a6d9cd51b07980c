"""Sections: the parts of a network that boundaries cut out, found by flood fill over the normal topology."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from grids.arrays import BoolArray, IntArray
from grids.boundaries import BoundaryEnd, BoundarySpec, BranchEnd, bus_at, bus_beyond, outward_sign, resolve_ends
from grids.errors import GridProblem, unknown
from grids.normalise import NormalisedGrid
from grids.powerflow.contract import BranchKind
from grids.topology import connected_ends, neighbours, path, reach

SHOWN = 6  # branches of an unbounded path that a message prints


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """A section as written: some buses it contains; boundaries that lead into it close it off."""

    name: str
    contains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A resolved section, as positions in the `FeederIndex`. A branch cut at one end belongs to its other end."""

    name: str
    boundaries: tuple[str, ...]
    buses: IntArray
    branches: IntArray
    loads: IntArray
    injections: IntArray
    sources: IntArray


@dataclass(frozen=True, slots=True)
class Partition:
    """All sections and boundaries of a network, ready to measure. `ends` are in the order of `boundaries`."""

    sections: tuple[Section, ...] = ()
    boundaries: tuple[str, ...] = ()
    into: tuple[int, ...] = ()  # (boundary,) position of the section it leads into; -1 = none
    ends: tuple[BoundaryEnd, ...] = ()

    def section(self, name: str) -> Section:
        """A section by name; KeyError if there is none."""
        for section in self.sections:
            if section.name == name:
                return section
        raise KeyError(name)


def partition(
    grid: NormalisedGrid, sections: Sequence[SectionSpec], boundaries: Sequence[BoundarySpec]
) -> tuple[Partition, list[GridProblem]]:
    """Sections and boundaries, and everything wrong with them.

    The topology is the designed one: every switch in its normal state. A boundary cuts only the section it leads into,
    so sections may be nested (a customer's inside a feeder's). Sections and boundaries with problems are left out.

    Problem routes start with `sections` or `boundaries` and the name.
    """
    index = grid.index
    ends, bad_ends = resolve_ends(boundaries, index)
    problems = [problem.under("boundaries") for problem in bad_ends]
    known = {spec.name for spec in sections}
    for spec in boundaries:
        if spec.into is not None and spec.into not in known:
            problems.append(GridProblem(("boundaries", spec.name, "into"), unknown("section", spec.into, known)))
    flood = _Flood(grid)
    found: list[Section] = []
    signs: dict[tuple[str, BranchEnd], float] = {}
    for section in sections:
        leading = [spec for spec in boundaries if spec.into == section.name]
        if any(spec.name not in ends for spec in leading):
            continue  # said already; the section cannot be closed off without them
        bad = flood.fill(section, {spec.name: ends[spec.name] for spec in leading}, found, signs)
        problems += [problem.under("sections", section.name) if not problem.route else problem for problem in bad]
    problems += _overlaps(found)
    return _assemble(found, boundaries, ends, signs, flood.outward), problems


class _Flood:
    """Flood fill over the normal topology of one network."""

    def __init__(self, grid: NormalisedGrid) -> None:
        self.grid = grid
        self.index = grid.index
        self.position = {name: bus for bus, name in enumerate(grid.index.bus)}
        self.connected = connected_ends(grid.index, grid.normal.closed[0], grid.normal.in_service[0])
        self.alive = grid.index.source_bus[grid.normal.source_on[0]]

    def fill(
        self,
        spec: SectionSpec,
        leading: Mapping[str, tuple[BranchEnd, ...]],
        found: list[Section],
        signs: dict[tuple[str, BranchEnd], float],
    ) -> list[GridProblem]:
        """Add the section to `found` and the signs of its ends to `signs`; or say what is wrong with it."""
        problems = list(self._missing(spec))
        if not leading:
            problems.append(GridProblem((), "no boundary leads into the section"))
        if problems:
            return problems
        cuts = {end for ends in leading.values() for end in ends}
        adjacent = neighbours(self.index, self.connected, without={cut.branch for cut in cuts})
        reached = reach(adjacent, [self.position[name] for name in spec.contains])
        for source_bus in self.alive.tolist():
            if source_bus in reached:
                return [self._unbounded(source_bus, path(reached, source_bus))]
        inside = np.zeros(len(self.index.bus), dtype=bool)
        inside[list(reached)] = True
        attached = self._attached(inside, cuts)
        for name, ends in leading.items():
            for place, end in enumerate(ends):
                sign = self._sign(end, inside, attached)
                if isinstance(sign, str):
                    message = f"section {spec.name!r}: {self._label(end)} {sign}"
                    problems.append(GridProblem(("boundaries", name, "at", place), message))
                else:
                    signs[name, end] = sign
        if not problems:
            found.append(self._section(spec.name, tuple(leading), inside, attached))
        return problems

    def outward(self, end: BranchEnd) -> float:
        """Sign of a boundary end that leads into no section."""
        return outward_sign(self.index, end, self.connected, set(self.alive.tolist()))

    def _missing(self, spec: SectionSpec) -> Iterator[GridProblem]:
        if not spec.contains:
            yield GridProblem((), "the section contains no bus")
        for place, name in enumerate(spec.contains):
            route = ("sections", spec.name, "contains", place)
            if name not in self.position:
                yield GridProblem(route, unknown("bus", name, self.position))
            elif name in self.grid.out_of_service_buses:
                yield GridProblem(route, f"bus {name!r} is out of service")

    def _unbounded(self, source_bus: int, branches: list[int]) -> GridProblem:
        names = [self.index.branch_subject(branch) for branch in reversed(branches)]
        shown = ", ".join(names[:SHOWN]) + (f", and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        sources = [
            name for name, bus in zip(self.index.source, self.index.source_bus, strict=True) if bus == source_bus
        ]
        return GridProblem(
            (),
            f"the section reaches source:{sources[0]} without crossing a boundary"
            + (f" (by {shown}); put a boundary into this section on that way" if names else ": it contains its bus"),
        )

    def _attached(self, inside: BoolArray, cuts: set[BranchEnd]) -> BoolArray:
        """(branch, 2) whether a branch hangs in the section by this end."""
        attached = self.connected.copy()
        attached[:, 0] &= inside[self.index.branch_from]
        attached[:, 1] &= inside[self.index.branch_to]
        for cut in cuts:
            attached[cut.branch, cut.end] = False
        return attached

    def _sign(self, end: BranchEnd, inside: BoolArray, attached: BoolArray) -> float | str:
        """-1 if the bus at the end lies inside (what flows into the branch leaves), +1 if the branch does."""
        bus_inside = bool(inside[bus_at(self.index, end)])
        if self.index.branch_kind[end.branch] is BranchKind.LINK:
            branch_inside = bool(inside[bus_beyond(self.index, end)])  # a link has no inside: an open one still borders
        else:
            branch_inside = bool(attached[end.branch, 1 - end.end])
        if bus_inside and branch_inside:
            return "has the section on both sides: another way around it is not closed off"
        if not bus_inside and not branch_inside:
            return "does not touch the section"
        return -1.0 if bus_inside else 1.0

    def _label(self, end: BranchEnd) -> str:
        return f"{self.index.branch_subject(end.branch)} at bus {self.index.bus[bus_at(self.index, end)]!r}"

    def _section(self, name: str, boundaries: tuple[str, ...], inside: BoolArray, attached: BoolArray) -> Section:
        index = self.index
        return Section(
            name=name,
            boundaries=boundaries,
            buses=np.flatnonzero(inside),
            branches=np.flatnonzero(attached.any(axis=1)),
            loads=np.flatnonzero(inside[index.load_bus]),
            injections=np.flatnonzero(inside[index.injection_bus]),
            sources=np.flatnonzero(inside[index.source_bus]),
        )


def _overlaps(sections: Iterable[Section]) -> Iterator[GridProblem]:
    """Two sections may share buses only if one lies wholly inside the other."""
    for one, other in combinations(sections, 2):
        first, second = set(one.buses.tolist()), set(other.buses.tolist())
        common = first & second
        if common and not (first <= second or second <= first):
            message = f"overlaps section {one.name!r} in {len(common)} buses without one lying inside the other"
            yield GridProblem(("sections", other.name), message)


def _assemble(
    sections: Sequence[Section],
    boundaries: Iterable[BoundarySpec],
    ends: Mapping[str, tuple[BranchEnd, ...]],
    signs: Mapping[tuple[str, BranchEnd], float],
    outward: Callable[[BranchEnd], float],
) -> Partition:
    place = {section.name: position for position, section in enumerate(sections)}
    kept = [spec for spec in boundaries if spec.name in ends and (spec.into is None or spec.into in place)]
    resolved = [
        BoundaryEnd(spec.name, at, end, outward(end) if spec.into is None else signs[spec.name, end])
        for spec in kept
        for at, end in zip(spec.at, ends[spec.name], strict=True)
    ]
    return Partition(
        sections=tuple(sections),
        boundaries=tuple(spec.name for spec in kept),
        into=tuple(-1 if spec.into is None else place[spec.into] for spec in kept),
        ends=tuple(resolved),
    )
