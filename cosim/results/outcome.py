"""What a run leaves: its sinks while it goes on, and the files they become at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.compare import effects
from cosim.compare.effects import NO_BASE_CASE, BaseFindings
from cosim.findings import Finding, Severity, ordered
from cosim.limits.beforehand import breaches_before, figures_before
from cosim.limits.causes import with_causes
from cosim.limits.monitor import Monitor
from cosim.limits.power_factor import PowerFactorWatch
from cosim.limits.regulators import RegulatorWatch
from cosim.limits.relays import RelayWatch
from cosim.limits.voltage_hours import VoltageHours
from cosim.results.arrangement import arrangement_data
from cosim.results.balance import Balance
from cosim.results.bands import BandWriter
from cosim.results.cost import EnergyCost
from cosim.results.drivers import find_drivers
from cosim.results.events import EventLog
from cosim.results.extremes import Extremes
from cosim.results.figures import FAILED_STEPS, Figure
from cosim.results.folder import write_results
from cosim.results.fuel_cost import PlantCost
from cosim.results.members import member_table, write_members
from cosim.results.metered import metered
from cosim.results.metering import Metering
from cosim.results.series import SeriesWriter
from cosim.results.summary import build_summary
from cosim.results.voltage_losses import VoltageLosses
from cosim.results.worst import Worst
from cosim.rules.answering import with_answers
from cosim.rules.checks import static_breaches
from cosim.rules.findings import as_findings
from cosim.rules.periods import PeriodRules
from cosim.rules.unjudged import not_judged
from cosim.settlement.run_settlement import RunSettlement
from grids.arrays import FloatArray

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.scenario.loaded import LoadedScenario
    from cosim.study import Study
    from simulators.sinks import Sink


class Results:
    """The sinks of a run, and what they become at its end.

    One member keeps the series of `record`; many keep the bands of `ensemble.bands`, and with `ensemble.series` also
    the series of every member.
    """

    def __init__(self, loaded: LoadedScenario, study: Study, folder: Path) -> None:
        scenario = loaded.scenario
        self._loaded, self._study, self._folder = loaded, study, folder
        self.findings: Sequence[Finding] = ()  # as written
        self._series: list[Sink] = []
        if study.members > 1:
            self._series.append(BandWriter(folder, scenario.ensemble.bands))
        if study.members == 1 or scenario.ensemble.series:
            self._series.append(SeriesWriter(folder, scenario.record))
        self._monitor = Monitor(study.limits)
        self._balance = Balance(np.asarray(study.feeder.grid.load_shares.any(axis=1)))
        self._extremes = Extremes({name: customer.buses for name, customer in scenario.customers.items()})
        self._worst = Worst(study.feeder.supply)
        self._regulators = RegulatorWatch(study.facts.regulators)
        self._relays = RelayWatch()
        self._power_factor = PowerFactorWatch(scenario.limits, study.limit_facts)
        self._voltage_hours = VoltageHours(scenario.limits.voltage)
        known = {} if study.facts.low_voltage is None else study.facts.low_voltage.who_is_at
        named = {bus: f"customer:{name}" for name, customer in scenario.customers.items() for bus in customer.buses}
        self._voltage_losses = VoltageLosses(known | named)
        tolerance_kw = scenario.limits.power_tolerance_kw
        self._periods = PeriodRules(study.arrangement, study.feeder.partition, tolerance_kw)
        self._events = EventLog()
        points = [name for name, boundary in scenario.boundaries.items() if boundary.kind == "pcc"]
        currency = scenario.market.currency if scenario.market is not None else ""
        self._cost = EnergyCost(points, currency)
        self._plant_cost = PlantCost(study.devices, currency)
        days = [one.offset_days for one in study.draws.specs(("time",), scenario.time)]
        self._metering = Metering(folder, metered(study, currency, days))
        self._settlement = RunSettlement(scenario, study)

    @property
    def sinks(self) -> Sequence[Sink]:
        """In the order in which they see a step: records first, so that a failing step is kept."""
        judges = (self._regulators, self._relays, self._power_factor)
        judged: tuple[Sink, ...] = (*judges, *self._periods.sinks)
        watches = (self._worst, *judged, self._voltage_hours, self._voltage_losses)
        costs: tuple[Sink, ...] = (self._cost, self._plant_cost, self._metering)
        return (*self._series, self._monitor, self._balance, self._extremes, *watches, self._events, *costs)

    def write(
        self,
        findings: Iterable[Finding] = (),
        hours: Mapping[str, FloatArray] = MappingProxyType({}),
        base: BaseFindings = NO_BASE_CASE,
    ) -> dict[str, Any]:
        """Summary, findings, events, balance, worst values; of an ensemble also its members and what drives them.

        Args:
            findings: what others found (cross-check, supply, regulators): they join those of the monitor.
            hours: id of such a finding -> (M,) hours of each member, for `members.parquet`.
            base: what the base case showed; the findings say what became of it, figures and counts do not change.

        Returns:
            what the manifest adds at the end: `events` (how often each action happened, how many are not recorded) and
            `ensemble` (its size, its seed, the member that ran alone, what was varied).
        """
        study, loaded, events = self._study, self._loaded, self._events
        every, every_hour = self._found(findings)
        every_hour |= hours
        self.findings, told = base.compared(every, study.limits)
        costs = (self._cost, self._plant_cost, self._settlement)
        self._settlement.bill(self._folder)
        counted = (self._balance, self._extremes, *costs, self._regulators, self._relays, self._voltage_hours)
        figures = [figure for sink in (*counted, self._periods) for figure in sink.figures()]
        figures += figures_before(loaded.scenario.limits, study.limit_facts, study.members)
        self._voltage_losses.save(self._folder)
        summary = build_summary(
            scenario=loaded.scenario.name,
            variant=loaded.variant,
            axis=study.axis,
            members=study.members,
            figures=figures,
            findings=every,
            notes=(*study.notes, *loaded.notes, *_left_out(figures, study.members), *self._billed(), *told),
            in_violation=_in_violation(every, every_hour, study.members) if study.members > 1 else None,
            against_base=None if base.findings is None else effects.counts(self.findings),
        )
        drivers = None
        if study.draws.size > 1:
            write_members(self._folder, member_table(study.draws, figures, every_hour))
            if study.members > 1 and study.draws.drawn:
                drivers = find_drivers(study.draws, figures, every_hour)
        write_results(
            self._folder,
            summary=summary,
            findings=self.findings,
            events=events.events,
            balance=self._balance.monthly(),
            drivers=drivers,
            worst=self._worst.as_dict(),
            arrangement=arrangement_data(self._periods),
        )
        return {
            "events": {"counts": dict(sorted(events.counts.items())), "not_recorded": events.dropped},
            **(
                {"ensemble": _identity(study.draws, loaded.scenario.ensemble.sampling.value)}
                if study.draws.size > 1
                else {}
            ),
        }

    def _found(self, others: Iterable[Finding]) -> tuple[list[Finding], dict[str, FloatArray]]:
        """Every finding with who answers and who causes it, and (M,) hours of those the sinks and the rules found."""
        study, facts = self._study, self._study.arrangement
        judges = (self._monitor, self._regulators, self._relays, self._power_factor, self._periods)
        before = breaches_before(self._loaded.scenario.limits, study.limit_facts)
        stated = list(as_findings([*static_breaches(facts), *not_judged(facts), *before], study.layout))
        found = [*(finding for judge in judges for finding in judge.findings()), *others, *stated]
        every = ordered(with_answers(found, facts))
        every = with_causes(every, self._monitor.worst_states(), study.feeder, study.layout, study.parts)
        hours = {found_id: values for judge in judges for found_id, values in judge.hours().items()}
        return every, hours | {one.id: np.full(study.members, one.hours) for one in stated}

    def _billed(self) -> Iterable[str]:
        """What must be said of meters and bills."""
        return (*self._metering.notes, *self._settlement.notes)


def _left_out(figures: Iterable[Figure], members: int) -> Iterable[str]:
    failed = next((int((figure.values > 0).sum()) for figure in figures if figure.key == FAILED_STEPS), 0)
    if members > 1 and failed:
        yield f"{failed} of {members} members have steps without solution; means and quantiles leave them out"


def _identity(draws: Draws, sampling: str) -> dict[str, Any]:
    alone = int(draws.member[0]) if draws.count == 1 else None
    varied = [one.path for one in draws.drawn]
    return {"size": draws.size, "seed": draws.seed, "sampling": sampling, "member": alone, "varied": varied}


def _in_violation(findings: Iterable[Finding], hours: Mapping[str, FloatArray], members: int) -> int:
    """Number of members that have any violation, as far as hours are known by member."""
    concerned = np.zeros(members, dtype=bool)
    for finding in findings:
        if finding.severity is Severity.VIOLATION and finding.id in hours:
            concerned |= hours[finding.id] > 0
    return int(concerned.sum())
