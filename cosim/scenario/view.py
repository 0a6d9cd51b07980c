"""What cross-checks look at: the parts of a scenario, and lazily the axis and the network."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import Problem
from cosim.scenario.network import OpenNetwork, TableNames, open_grid
from cosim.scenario.parts import Parts
from cosim.scenario.rules import CannotJudgeError
from cosim.scenario.tree import Node, Route, dotted

if TYPE_CHECKING:
    from cosim.scenario.keys.boundaries import BoundarySpec
    from cosim.scenario.keys.customers import CustomerSpec
    from cosim.scenario.keys.ems import ScopeSpec
    from cosim.scenario.keys.events import EventSpec
    from cosim.scenario.keys.relays import RelayEntry
    from cosim.scenario.keys.sections import SectionSpec
    from cosim.scenario.keys.settlement import SettlementSpec
    from cosim.scenario.keys.timing import TimeSpec
    from grids.errors import GridProblem
    from grids.sections import Partition
    from simulators.axis import TimeAxis
    from simulators.sources.calendars import Calendar

LONGEST_RUN_STEPS = 3_000_000


class View:
    """Parts of one scenario, typed. Reading what is broken raises; rules say what they need instead."""

    def __init__(self, parts: Parts, file: Path | None = None) -> None:
        self.parts = parts
        self.tree: Node = parts.tree
        self.file = file

    @property
    def time(self) -> TimeSpec:
        """The key `time`, perhaps only in part."""
        return self.parts.values["time"]  # type: ignore[no-any-return]

    @property
    def devices(self) -> dict[str, Any]:
        """Device entries that could be read, perhaps only in part."""
        return self.parts.entries("devices")

    @property
    def loads(self) -> dict[str, Any]:
        """Load entries."""
        return self.parts.entries("loads")

    @property
    def customers(self) -> dict[str, CustomerSpec]:
        """Customer entries."""
        return self.parts.entries("customers")

    @property
    def sections(self) -> dict[str, SectionSpec]:
        """Section entries."""
        return self.parts.entries("sections")

    @property
    def boundaries(self) -> dict[str, BoundarySpec]:
        """Boundary entries."""
        return self.parts.entries("boundaries")

    @property
    def scopes(self) -> dict[str, ScopeSpec]:
        """EMS entries."""
        return self.parts.entries("ems")

    @property
    def settlements(self) -> dict[str, SettlementSpec]:
        """Settlement entries."""
        return self.parts.entries("settlement")

    @property
    def relays(self) -> dict[str, RelayEntry]:
        """Relay entries."""
        return self.parts.entries("relays")

    @property
    def events(self) -> dict[str, EventSpec]:
        """Event entries."""
        return self.parts.entries("events")

    def problem(self, route: Route, message: str, *, given: str = "", hint: str = "") -> Problem:
        """A problem at a route, or at the deepest place of it that was written."""
        return self.tree.nearest(route).anchor.problem(dotted(route), message, given=given, hint=hint)

    def from_command_line(self, route: Route) -> bool:
        """Whether the value at a route was given by `--set` or an option like `--duration`."""
        node = self.tree.at(route)
        return node is not None and node.place.source.shown.startswith("--")

    @cached_property
    def axis(self) -> TimeAxis:
        """The plain time axis of the run (events do not change what a series must cover)."""
        from simulators.axis import TimeAxis  # noqa: PLC0415 - numpy, only where series are checked

        time = self.time
        if time.duration_s <= 0:
            raise CannotJudgeError("time.end is wrong")
        if time.duration_s > LONGEST_RUN_STEPS * time.step_s:
            raise CannotJudgeError("time.step is wrong")
        return TimeAxis.build(time.first, time.duration_s, time.step_s)

    def calendar(self, customer: str | None) -> Calendar:
        """The calendar of a customer, the plain one for None."""
        from simulators.sources.calendars import Calendar  # noqa: PLC0415

        if customer is None:
            return Calendar(None, self.time.zone)
        if customer not in self.customers or not self.parts.usable(("customers", customer, "calendar")):
            raise CannotJudgeError(f"customers.{customer} is missing or wrong")
        return Calendar(self.customers[customer].calendar, self.time.zone)

    @cached_property
    def names(self) -> TableNames | None:
        """Names of a network written in the scenario, known without opening it; None for imported networks."""
        return TableNames.of(self.parts.values["grid"])

    @cached_property
    def opened(self) -> OpenNetwork | list[Problem]:
        """The network, or the problems with it."""
        return open_grid(self.parts.values["grid"], self.problem)

    @property
    def network(self) -> OpenNetwork:
        """The network; CannotJudgeError if it does not open (which a rule of its own reports)."""
        if not self.parts.usable(("grid",)):
            raise CannotJudgeError("grid is wrong")
        if not isinstance(self.opened, OpenNetwork):
            raise CannotJudgeError("the network of grid is wrong")
        return self.opened

    def bus_names(self) -> tuple[str, ...]:
        """Names of all buses, from the tables if the network is written in the scenario."""
        return self.names.buses if self.names is not None else self.network.grid.index.bus

    def branch_names(self) -> tuple[str, ...]:
        """Subjects of all branches, `line:NAME` and so on."""
        index = self.network.grid.index
        return tuple(index.branch_subject(position) for position in range(len(index.branch)))

    def bus_bases(self) -> dict[str, float]:
        """Bus name -> base voltage, kV."""
        index = self.network.grid.index
        return dict(zip(index.bus, index.bus_vn_kv.tolist(), strict=True))

    @cached_property
    def cut(self) -> tuple[Partition, list[GridProblem]]:
        """Sections and boundaries cut out of the network as the run will cut them, and what is wrong with them."""
        from grids import boundaries, sections  # noqa: PLC0415 - only with an opened network

        return sections.partition(
            self.network.grid,
            [sections.SectionSpec(name, tuple(spec.contains)) for name, spec in self.sections.items()],
            [boundaries.BoundarySpec(name, tuple(spec.at), spec.into) for name, spec in self.boundaries.items()],
        )

    @cached_property
    def section_of_bus(self) -> dict[str, str]:
        """Bus -> the smallest section that holds it; CannotJudgeError if one could not be cut out."""
        sections, names = self.cut[0].sections, self.network.grid.index.bus
        if missing := sorted(set(self.parts.names("sections")) - {section.name for section in sections}):
            raise CannotJudgeError(f"section {missing[0]} is not cut out")
        largest_first = sorted(sections, key=lambda section: -len(section.buses))
        return {names[bus]: section.name for section in largest_first for bus in section.buses}

    def buses_behind(self, boundary: str) -> frozenset[str]:
        """Buses of the section a boundary leads into; CannotJudgeError if that section could not be cut out."""
        return self.buses_in(self.boundaries[boundary].into)

    def buses_in(self, name: str | None) -> frozenset[str]:
        """Buses of a section; CannotJudgeError if it could not be cut out."""
        for section in self.cut[0].sections:
            if section.name == name:
                return frozenset(self.network.grid.index.bus[bus] for bus in section.buses)
        raise CannotJudgeError(f"section {name} is not cut out")
