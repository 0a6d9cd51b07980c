"""What the limits of a study follow from: plain facts, free of scenario syntax."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from cosim.rules.dated import LATEST
from grids.low_voltage import LowVoltageFacts
from grids.powerflow.contract import FeederIndex


class SupplyVoltage(StrEnum):
    """At which voltage a customer is supplied, and hence who owes which band."""

    LV_100 = "lv_100"
    LV_200 = "lv_200"
    HIGH_VOLTAGE = "high_voltage"
    PREMISES = "premises"
    OTHER = "other"


OWN_RESPONSIBILITY_WIRES = frozenset({"premises", "private_line"})


@dataclass(frozen=True, slots=True)
class SectionFact:
    """A section: its buses and branches, its wires regime and who answers for it in normal mode."""

    name: str
    buses: tuple[str, ...]
    wires: str = ""
    responsible: str = ""
    island: str = "none"  # "none", "own", "existing_line"
    branches: tuple[str, ...] = ()  # subjects (`line:l2`); one cut at an end belongs to its other end


@dataclass(frozen=True, slots=True)
class CustomerFact:
    """A customer at its supply points."""

    name: str
    buses: tuple[str, ...]
    voltage: SupplyVoltage


@dataclass(frozen=True, slots=True)
class BoundaryFact:
    """A boundary with what was agreed at it; None = nothing agreed."""

    name: str
    kind: str  # "pcc", "bank", "feeder", "section"
    ends: tuple[str, ...]  # spelled as in `Layout.ends`
    section: str = ""
    responsible: str = ""
    contract_kw: float | None = None
    export_limit_kw: float | None = None
    min_import_kw: float | None = None
    reverse_allowed: bool | None = None
    separate_metering: bool = False


@dataclass(frozen=True, slots=True)
class GeneratorFact:
    """A device entry that can feed in."""

    name: str
    role: str  # "source", "storage", "engine"
    scheme: str  # "none", "fit", "fip"
    rotating: bool  # an AC machine without an inverter
    buses: tuple[str, ...]  # of each unit
    rated_kw: tuple[float, ...]  # AC rating of each unit, as in the file; what members draw is not seen here

    def kw_at(self, buses: Collection[str]) -> float:
        """AC rating of the units at some buses."""
        return sum(kw for bus, kw in zip(self.buses, self.rated_kw, strict=True) if bus in buses)


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """A low-voltage supply point whose legs are known, and how."""

    subject: str
    legs: tuple[str, str]
    bus: str
    method: str  # "measured", "equivalent"


@dataclass(frozen=True)
class LimitFacts:
    """Everything `build_limits` reads; `as_of` is the day whose law counts."""

    index: FeederIndex
    sections: tuple[SectionFact, ...] = ()
    customers: tuple[CustomerFact, ...] = ()
    boundaries: tuple[BoundaryFact, ...] = field(default=())
    supplies: tuple[SupplyFact, ...] = ()
    pole_trafos: frozenset[str] = frozenset()  # transformers known to be pole transformers, besides those of the spec
    legs_known_at: frozenset[str] = frozenset()  # low-voltage buses whose customers are judged by their legs
    low_voltage: LowVoltageFacts | None = None  # what stands behind 6.6 kV nodes
    generators: tuple[GeneratorFact, ...] = ()
    as_of: date = LATEST

    @cached_property
    def section_of_bus(self) -> Mapping[str, SectionFact]:
        """Bus name -> its section; where sections nest, the smallest one."""
        return {bus: section for section in self._largest_first for bus in section.buses}

    @cached_property
    def section_of_branch(self) -> Mapping[str, SectionFact]:
        """Subject of a branch -> its section; where sections nest, the smallest one."""
        return {branch: section for section in self._largest_first for branch in section.branches}

    @property
    def _largest_first(self) -> list[SectionFact]:
        return sorted(self.sections, key=lambda section: -len(section.buses))

    @cached_property
    def bus_kv(self) -> Mapping[str, float]:
        """Bus name -> base voltage, kV."""
        return dict(zip(self.index.bus, self.index.bus_vn_kv.tolist(), strict=True))

    def generators_in(self, section: str) -> tuple[GeneratorFact, ...]:
        """Entries with a unit inside a section."""
        inside = frozenset(self.section_by_name[section].buses) if section in self.section_by_name else frozenset()
        return tuple(one for one in self.generators if not inside.isdisjoint(one.buses))

    @cached_property
    def section_by_name(self) -> Mapping[str, SectionFact]:
        """Section name -> section."""
        return {section.name: section for section in self.sections}


NO_SECTION = SectionFact("", ())
