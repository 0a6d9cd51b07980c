"""Where the units of a load or device entry are connected, and what each unit is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from grids.normalise import NetworkElement, NormalisedGrid, Point
from simulators.names import unit_names


@dataclass(frozen=True)
class Placement:
    """The units of one entry: a bus each, and the network elements they stand for (if any)."""

    name: str
    buses: tuple[str, ...]
    elements: tuple[NetworkElement, ...] = ()

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.buses)

    @property
    def points(self) -> Iterable[Point]:
        """A connection point per unit, with the ZIP shares of the element it stands for."""
        names = unit_names(self.name, self.units)
        if self.elements:
            pairs = zip(names, self.elements, strict=True)
            return [Point(name, element.bus, element.shares) for name, element in pairs]
        return [Point(name, bus) for name, bus in zip(names, self.buses, strict=True)]


def from_network(
    name: str, elements: Iterable[NetworkElement], exclude: Collection[str], only: str | None = None
) -> Placement:
    """An entry that stands for the elements of a network: those of a type, or all, less those excluded by name."""
    kept = tuple(one for one in elements if one.name not in exclude and only in {None, one.type})
    return Placement(name, tuple(element.bus for element in kept), kept)


def positions(placements: Iterable[Placement]) -> dict[str, tuple[int, ...]]:
    """Entry name -> positions of its units when all entries' points follow each other."""
    found, start = {}, 0
    for placement in placements:
        found[placement.name] = tuple(range(start, start + placement.units))
        start += placement.units
    return found


def with_points(grid: NormalisedGrid, loads: Iterable[Placement], devices: Iterable[Placement]) -> NormalisedGrid:
    """The network with a connection point for every unit of every entry."""
    return grid.with_points(
        [point for placement in loads for point in placement.points],
        [point for placement in devices for point in placement.points],
    )
