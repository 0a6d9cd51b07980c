"""Own supply of a specified supply (自己電源比率): what share of the demand the supplier's own plants can cover.

Two ratios (facts.md 3.3): by capacity, firm power over the highest half hour of the demand; by energy, what own plants
generate and the section keeps over what is used. Both must reach the share in force; the one with less room binds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.breaches import HalfHours
from cosim.limits.notices import notice
from cosim.results.figures import Figure
from cosim.rules import dated
from cosim.rules.edges import SectionEdges
from cosim.rules.facts import Arrangement, OwnSupplyFact, PlantFact
from cosim.rules.forms import FORMS
from cosim.rules.half_hours import KW_PER_MW, highest, whole_run
from cosim.rules.sums import PointSums, added_mwh
from grids.arrays import BoolArray, FloatArray
from simulators.sinks import Layout, StepBlock

RULE = "own-supply"
ENGINE, SOURCE, STORAGE = "engine", "source", "storage"
CAPACITY, ENERGY = "own_supply_capacity_percent", "own_supply_energy_percent"
_ROUNDING = 1e-9  # percent
_PEAK = "the highest half hour derived from this run, no year's peak"
_CERTAINTY = f"{dated.OWN_SUPPLY_SHARE.certainty}; {_PEAK}"
_CERTAINTY_OLD = f"{FORMS['specified_electricity'].certainty}; {_PEAK}"


def firm_kw(engines_kw: FloatArray, weather_kw: FloatArray, storage_kw: FloatArray, *, stored: bool) -> FloatArray:
    """Power that is there when it is asked for, kW (planner.md 1.16).

    Engines count by rating, plants that follow the weather only up to the battery beside them (`stored`, since 2014;
    nothing before). A battery generates nothing: it does not count beside what it makes firm.
    """
    return np.asarray(engines_kw + (np.minimum(weather_kw, storage_kw) if stored else 0.0))


@dataclass(frozen=True, slots=True)
class OwnSupply:
    """Ratios of own supply and what they are judged by, percent; NaN = no demand to compare with."""

    capacity_percent: FloatArray
    energy_percent: FloatArray
    limit_percent: float

    @property
    def binding(self) -> FloatArray:
        """The smaller of the two: that with less room."""
        return np.asarray(np.fmin(self.capacity_percent, self.energy_percent))

    @property
    def capacity_binds(self) -> BoolArray:
        """Whether that is the capacity."""
        return np.asarray(self.capacity_percent <= self.energy_percent)

    @property
    def broken(self) -> BoolArray:
        """Whether either falls short."""
        return np.asarray(self.binding < self.limit_percent - _ROUNDING)


def own_supply(
    firm: FloatArray, peak_kw: FloatArray, own_mwh: FloatArray, demand_mwh: FloatArray, share: float
) -> OwnSupply:
    """Both ratios.

    Args:
        firm: firm power, contracted plants included, kW.
        peak_kw: highest half hour of the demand, kW.
        own_mwh: energy from own plants that covers demand, contracted plants included, MWh.
        demand_mwh: energy used, MWh.
        share: the share that must be covered, 0..1.
    """
    return OwnSupply(_percent(firm, peak_kw), np.minimum(_percent(own_mwh, demand_mwh), 100.0), 100.0 * share)


def _percent(part: FloatArray, whole: FloatArray) -> FloatArray:
    some = whole > 0.0
    return np.where(some, 100.0 * part / np.where(some, whole, 1.0), np.nan)


class OwnSupplyWatch:
    """Sink: demand and own generation of every section that has own supply to show.

    What own plants generate over the run less what leaves the section in it (losses included) is shared by all who hang
    on its wires, in proportion to their energies; who has a meter of its own, by what it takes there. A battery carries
    energy and generates none. Memory does not grow with the run.
    """

    def __init__(self, facts: Arrangement, edges: SectionEdges) -> None:
        self._facts, self._edges, self._sections = facts, edges, facts.own_supply

    def open(self, layout: Layout) -> None:
        """Find the points of each section."""
        self._layout, facts = layout, self._facts
        plants = [[facts.plant[name] for name in one.plants] for one in self._sections]
        generating = [[plant for plant in own if plant.role in {ENGINE, SOURCE}] for own in plants]
        self._demand = PointSums(
            [[at for name in one.customers for at in facts.customer[name].loads] for one in self._sections]
        )
        self._all = PointSums([one.loads for one in self._sections])
        self._own = PointSums([[at for plant in own for at in plant.injections] for own in generating])
        self._stored = PointSums([self._batteries(one) for one in self._sections])
        position = {name: at for at, name in enumerate(self._edges.sections)}
        self._place = np.array([position[one.section] for one in self._sections], dtype=np.int64)
        self._nested = PointSums([[position[name] for name in one.nested] for one in self._sections])
        self._means = HalfHours(layout, len(self._sections))
        shape = (layout.members, len(self._sections))
        self._peak_mw: FloatArray = np.full(shape, np.nan)
        self._demand_mwh, self._all_mwh, self._own_mwh, self._left_mwh = (np.zeros(shape) for _ in range(4))
        self._firm_kw = self._firm(plants)

    def _batteries(self, section: OwnSupplyFact) -> list[int]:
        """Positions of batteries that may give back what own plants generated."""
        every = (plant for plant in self._facts.plants if plant.role == STORAGE)
        near = (plant for plant in every if plant.section == section.section or plant.name in section.plants)
        return [at for plant in near for at in plant.injections]

    def _firm(self, plants: Sequence[Sequence[PlantFact]]) -> FloatArray:
        """(M, section) firm power of own and contracted plants, kW."""
        stored = bool(dated.OWN_SUPPLY_COUNTS_STORED.at(self._facts.as_of))
        contracts = bool(dated.OWN_SUPPLY_COUNTS_CONTRACTS.at(self._facts.as_of))
        columns = []
        for one, own in zip(self._sections, plants, strict=True):
            engines, weather, storage = (self._rated(own, role) for role in (ENGINE, SOURCE, STORAGE))
            columns.append(firm_kw(engines, weather, storage, stored=stored) + one.contracted_kw * contracts)
        return np.stack(columns, axis=1) if columns else np.zeros((self._layout.members, 0))

    def _rated(self, plants: Sequence[PlantFact], role: str) -> FloatArray:
        """(M,) ratings of one role together, kW."""
        rated: FloatArray = np.zeros(self._layout.members)
        for plant in plants:
            if plant.role == role:
                rated = rated + np.array(plant.member_kw or (plant.rated_kw,))
        return rated

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        if not self._sections:
            return
        grid = block.grid
        demand, taken = self._demand.of(grid.p_served_mw), self._edges.net_import_mw(grid.result)
        everybody = self._all.of(grid.p_served_mw) + self._nested.of(np.maximum(taken, 0.0))
        given = np.maximum(grid.p_actual_mw, 0.0)
        own, stored = self._own.of(given), self._stored.of(given)
        leaving = np.clip(-np.take(taken, self._place, axis=1), 0.0, own + stored)  # the rest is of others' plants
        self._demand_mwh = added_mwh(self._demand_mwh, demand, block)
        self._all_mwh = added_mwh(self._all_mwh, everybody, block)
        self._own_mwh = added_mwh(self._own_mwh, own, block)
        self._left_mwh = added_mwh(self._left_mwh, leaving, block)
        self._peak_mw = highest(self._peak_mw, block.by_step(demand), self._means, block, self._layout)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def results(self) -> Iterator[tuple[str, OwnSupply, FloatArray]]:
        """Section, its ratios (M,) and its firm power (M,) kW."""
        share = dated.OWN_SUPPLY_SHARE.at(self._facts.as_of)
        contracts = bool(dated.OWN_SUPPLY_COUNTS_CONTRACTS.at(self._facts.as_of))
        for at, one in enumerate(self._sections):
            whole = self._all_mwh[:, at]
            part = np.where(whole > 0.0, self._demand_mwh[:, at] / np.where(whole > 0.0, whole, 1.0), 0.0)
            kept_mwh = np.maximum(self._own_mwh[:, at] - self._left_mwh[:, at], 0.0)
            own_mwh = kept_mwh * np.minimum(part, 1.0) + one.contracted_mwh * contracts
            peak_kw = KW_PER_MW * self._peak_mw[:, at]
            found = own_supply(self._firm_kw[:, at], peak_kw, own_mwh, self._demand_mwh[:, at], share or 0.0)
            yield one.section, found, self._firm_kw[:, at]

    def figures(self) -> Iterator[Figure]:
        """Firm power and both ratios of every section; NaN where there was no demand."""
        for section, found, firm in self.results():
            yield Figure(f"section:{section}.own_supply_firm_kw", firm, "kW")
            yield Figure(f"section:{section}.{CAPACITY}", found.capacity_percent, "%")
            yield Figure(f"section:{section}.{ENERGY}", found.energy_percent, "%")

    def findings(self) -> Iterator[Finding]:
        """A violation for every section that falls short by either ratio, of the member that does most."""
        for at, (section, found, firm) in enumerate(self.results()):
            if not found.broken.any():
                continue
            worst = int(np.nanargmin(found.binding))
            by_capacity = bool(found.capacity_binds[worst])
            peak_kw = KW_PER_MW * float(self._peak_mw[worst, at])
            told = notice(
                RULE,
                f"section:{section}",
                Severity.VIOLATION,
                whole_run(self._layout, found.broken, worst),
                value=float(found.binding[worst]),
                limit=found.limit_percent,
                quantity=CAPACITY if by_capacity else ENERGY,
                unit="%",
                label=_label(found, worst, float(firm[worst]), peak_kw),
                hint=_hint(
                    found.limit_percent / 100.0 * peak_kw - float(firm[worst]),
                    energy=bool(found.energy_percent[worst] < found.limit_percent - _ROUNDING),
                ),
            )
            yield replace(told, margin=told.value - told.limit, section=section, certainty=self._certainty(at))

    def _certainty(self, at: int) -> str:
        """That of the share: for a specified electricity business it is nowhere written."""
        old, facts = FORMS["specified_electricity"], self._facts
        owed = (facts.customer[name] for name in self._sections[at].customers)
        return _CERTAINTY_OLD if any(facts.form(one) is old for one in owed) else _CERTAINTY

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours: the whole run of members that fall short."""
        hours = self._layout.axis.duration_s / 3600.0
        every = ((section, found.broken) for section, found, _ in self.results())
        return {f"{RULE}|section:{section}": np.where(broken, hours, 0.0) for section, broken in every if broken.any()}


def _label(found: OwnSupply, member: int, firm_kw: float, peak_kw: float) -> str:
    """Both ratios of a member and which one binds."""
    capacity, energy = found.capacity_percent[member], found.energy_percent[member]
    by_capacity = f"{capacity:.1f} % (firm {firm_kw:.0f} kW of {peak_kw:.0f} kW)"
    if np.isnan(capacity):
        by_capacity = f"not judgeable (firm {firm_kw:.0f} kW, no whole half hour of demand in the run)"
    binding = "capacity" if found.capacity_binds[member] else "energy"
    return (
        f"own supply (自己電源比率) of at least {found.limit_percent:g} %: by capacity {by_capacity}, "
        f"by energy {energy:.1f} %; the {binding} binds"
    )


def _hint(missing_kw: float, *, energy: bool) -> str:
    """What would mend it: firm power that is missing (0 or less = none), own energy that is."""
    said = []
    if missing_kw > 0.0:
        said.append(
            f"{missing_kw:.0f} kW more firm power: engines count by rating, sun and wind only up to the kW of a "
            "battery beside them; or a dedicated plant under contract (own_supply.contracted_kw)"
        )
    if energy:
        said.append("run own plants longer, store what is exported, or contract a plant (own_supply.contracted_mwh)")
    return "; ".join(said)
