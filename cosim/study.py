"""A study: everything a run needs, as domain objects. No files, no mosaik, no scenario syntax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.limits.facts import LimitFacts
    from cosim.limits.limit import Limit
    from cosim.results.feeder_facts import FeederFacts
    from cosim.rules.facts import Arrangement
    from grids.analysis.sensitivity import Part
    from grids.feeder import Feeder
    from grids.protection.relays import Protection
    from simulators.axis import TimeAxis
    from simulators.ems.contract import Scope
    from simulators.inputs import DriverSeries
    from simulators.models.contract import DeviceSpec
    from simulators.sinks import Layout
    from simulators.sources.member_series import MemberSeries


@dataclass(frozen=True)
class DeviceEntry:
    """One device entry of the scenario, ready to step: `units` equal devices at the injections `points`."""

    name: str
    spec: DeviceSpec
    parameters: tuple[Any, ...]  # one a member, or one for all
    units: int
    points: tuple[int, ...]  # positions among the network's injections
    initial: Mapping[str, Any]  # state ports before the first step

    @property
    def subject(self) -> str:
        """`device:NAME`."""
        return f"device:{self.name}"


@dataclass(frozen=True)
class LoadEntry:
    """One load entry of the scenario at the load `points` of the network."""

    name: str
    units: int
    points: tuple[int, ...]

    @property
    def subject(self) -> str:
        """`load:NAME`."""
        return f"load:{self.name}"


@dataclass(frozen=True)
class Study:
    """What `cosim.build` makes of a scenario and `cosim.run` runs."""

    axis: TimeAxis
    draws: Draws  # which members run, and what they differ in
    drivers: tuple[DriverSeries, ...]
    loads: tuple[LoadEntry, ...]
    devices: tuple[DeviceEntry, ...]
    feeder: Feeder
    facts: FeederFacts  # what is known of the network beside what is solved
    scopes: tuple[Scope, ...]
    layout: Layout
    limits: tuple[Limit, ...]
    limit_facts: LimitFacts  # what they follow from
    notes: tuple[str, ...]  # what every output must repeat: synthetic weather, assumptions taken
    provenance: Mapping[str, str]  # where inputs come from: weather station, network code, seeds
    arrangement: Arrangement  # who runs the wires and who supplies whom
    protection: Protection | None = None  # relays
    spot: MemberSeries | None = None  # market price per kWh, where there is a market

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every device and load entry with its connection points."""
        from grids.analysis.sensitivity import Part  # noqa: PLC0415

        devices = (Part(one.subject, injections=one.points) for one in self.devices)
        return (*devices, *(Part(one.subject, loads=one.points) for one in self.loads))

    @property
    def members(self) -> int:
        """Number of members M that run."""
        return self.draws.count
