"""What the rules read: sections, customers, plants and boundaries as plain facts, free of scenario syntax."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from cosim.rules.forms import FORMS, SupplyForm, form_of
from cosim.rules.terms import IslandArrangement, Mode, Party, Permit, Relation, Scheme, Supply, Wires


@dataclass(frozen=True)
class SectionFact:
    """A section and who stands for it."""

    name: str
    wires: Wires
    island: IslandArrangement
    owner: str = ""
    operator: str = ""
    parties: Mapping[Party, str] | None = None
    answers: Mapping[Mode, str] | None = None  # named by the author for everything
    permits: frozenset[Permit] | None = None  # None = not stated
    consortium: frozenset[Party] | None = None
    form: SupplyForm | None = None  # the form it was said to be
    loads: tuple[int, ...] = ()  # positions of all loads inside, those of sections within it included


@dataclass(frozen=True)
class CustomerFact:
    """A customer; `section` is the smallest one that holds its first supply point, "" = none."""

    name: str
    supply: Supply
    relation: Relation | None
    section: str
    loads: tuple[int, ...] = ()  # positions of its loads among the network's


@dataclass(frozen=True)
class PlantFact:
    """A device as the rules see it."""

    name: str
    kind: str
    role: str  # "source", "engine", "storage"
    section: str
    rated_kw: float  # of all units together, as the scenario says
    scheme: Scheme = Scheme.NONE
    injections: tuple[int, ...] = ()  # positions of its units among the network's injections
    member_kw: tuple[float, ...] = ()  # the same as drawn: of each member, or one for all


@dataclass(frozen=True)
class BoundaryFact:
    """A boundary as the rules see it."""

    name: str
    kind: str
    section: str
    contract_kw: float | None


@dataclass(frozen=True)
class OwnSupplyFact:
    """What counts as own supply of a section, and for whom.

    `customers` are those to whom own supply is owed, or all of the section where it is owed to nobody; `loads` every
    load that hangs on the section's own wires; `nested` the sections on them that take by a meter of their own.
    """

    section: str
    plants: tuple[str, ...]
    customers: tuple[str, ...] = ()
    loads: tuple[int, ...] = ()
    nested: tuple[str, ...] = ()
    contracted_kw: float = 0.0
    contracted_mwh: float = 0.0


@dataclass(frozen=True)
class PlanFact:
    """How good plans are (planner.md 1.15)."""

    gate: timedelta
    day_ahead_error_percent: float
    seed: int
    tolerance_percent: float


@dataclass(frozen=True)
class BalancingFact:
    """A balancing group."""

    name: str
    customers: tuple[str, ...]
    plants: tuple[str, ...]
    plan: PlanFact


@dataclass(frozen=True)
class WheelingFact:
    """Power wheeled from plants to one customer."""

    name: str
    plants: tuple[str, ...]
    customer: str
    loss_percent: float
    new_plant: bool
    user_owned: bool
    permits: frozenset[Permit] | None = None  # None = not stated


@dataclass(frozen=True)
class Arrangement:
    """Everything the rules read of a study."""

    as_of: date
    sections: tuple[SectionFact, ...] = ()
    customers: tuple[CustomerFact, ...] = ()
    plants: tuple[PlantFact, ...] = ()
    boundaries: tuple[BoundaryFact, ...] = ()
    own_supply: tuple[OwnSupplyFact, ...] = ()
    balancing: tuple[BalancingFact, ...] = ()
    wheeling: tuple[WheelingFact, ...] = ()

    @cached_property
    def section(self) -> Mapping[str, SectionFact]:
        """Name -> section."""
        return {one.name: one for one in self.sections}

    @cached_property
    def customer(self) -> Mapping[str, CustomerFact]:
        """Name -> customer."""
        return {one.name: one for one in self.customers}

    @cached_property
    def plant(self) -> Mapping[str, PlantFact]:
        """Name -> device."""
        return {one.name: one for one in self.plants}

    def wires(self, customer: CustomerFact) -> Wires:
        """Whose wires a customer is reached over; outside every section they are the utility's."""
        section = self.section.get(customer.section)
        return Wires.GENERAL_UTILITY if section is None else section.wires

    def form(self, customer: CustomerFact) -> SupplyForm | None:
        """The form a customer is supplied under; None = ordinary retail over a utility's wires."""
        section = self.section.get(customer.section)
        island = IslandArrangement.NONE if section is None else section.island
        found = form_of(self.wires(customer), island, customer.supply)
        if section is None or found is not FORMS["specified_transmission"]:
            return found
        return self._of_specified_operator(section) if section.wires is Wires.SPECIFIED_TRANSMISSION else found

    def form_of_wires(self, section: SectionFact) -> SupplyForm | None:
        """The form that wires alone stand for; private and public wires carry several."""
        if section.island is IslandArrangement.EXISTING_LINE:
            return FORMS["existing_line_microgrid"]
        if section.wires is Wires.SPECIFIED_TRANSMISSION:
            return self._of_specified_operator(section)
        return FORMS["distribution_licence"] if section.wires is Wires.DISTRIBUTION_LICENCE else None

    def _of_specified_operator(self, section: SectionFact) -> SupplyForm:
        """What the section was said to be; left open, the specified electricity business until its end in 2016."""
        old = FORMS["specified_electricity"]
        open_until = section.form is None and old.until is not None and self.as_of < old.until
        return old if section.form is old or open_until else FORMS["specified_transmission"]
