"""The one monitor of a run: a sink that judges every step and clock half hour and keeps statistics only.

Half hours are clock-aligned and energy-weighted; incomplete, de-energised or not converged ones are not judged. Where
steps are longer than 30 minutes, half-hour limits are "not judgeable". A single step beyond a half-hour limit is an
excursion: information, apart from the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np

from cosim.findings import Finding, Severity, ordered
from cosim.limits.breaches import Breaches, HalfHours
from cosim.limits.columns import KW_PER_MW, Column, Columns
from cosim.limits.hints import hint
from cosim.limits.limit import INSTANT, Limit
from cosim.limits.notices import MODE_NORMAL, Extent, notice
from cosim.limits.worst_states import Known, RecentSteps, Solved, WorstState, WorstStates
from grids.arrays import FloatArray
from simulators.axis import HALF_HOUR_S, TimeAxis
from simulators.sinks import Layout, StepBlock

RULE_CONVERGENCE = "convergence"
RULE_NOT_JUDGEABLE = "not-judgeable"
EXCURSION = "-excursion"
NETWORK = "grid:network"
MOST_FAILED = 10  # members listed one by one


class Monitor:
    """Judges a run against its limits; `findings()` at any time says what was found so far."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = tuple(limits)

    def open(self, layout: Layout) -> None:
        """Resolve every subject; ValueError for one the study does not have."""
        self._axis, self._members, self._member = layout.axis, layout.members, layout.member
        self._instant = _Judge([limit for limit in self._limits if limit.window_s == INSTANT], layout)
        self._windowed = _Judge([limit for limit in self._limits if limit.window_s == HALF_HOUR_S], layout)
        known: Known = WeakValueDictionary()
        self._steps = self._instant.statistics(known)
        self._means = self._windowed.statistics(known)
        self._excursions = self._windowed.statistics(known, EXCURSION)
        self._half_hours = HalfHours(layout, len(self._windowed.columns.columns))
        self._recent = RecentSteps(layout.axis, self._windowed.columns.lower, self._windowed.columns.upper)
        self._failures = Breaches(layout.members, np.array([1.0]), np.array([np.inf]), np.array([0.0]))

    def write(self, block: StepBlock) -> None:
        """Judge some steps of all members."""
        hours, k = block.hours, np.arange(block.first_k, block.first_k + block.steps)
        converged = block.grid.result.converged
        if not converged.all():
            self._failures.add(block.by_step(converged[:, np.newaxis].astype(np.float64)), hours, k)
        if self._instant.columns.columns:
            self._steps.add(self._instant.values(block), block)
        if self._windowed.columns.columns:
            values = self._windowed.values(block)
            if self._excursions.add(values, block):
                self._recent.add(Solved.of(block), values)
            means, first_k = self._half_hours.add(values, block.first_k)
            worst = self._means.breaches.add(means, np.full(len(means), HALF_HOUR_S / 3600.0), first_k)
            self._means.states.take(worst, self._recent.worst)
            self._recent.forget(block.first_k + block.steps)

    def close(self, *, complete: bool) -> None:
        """Nothing to release; an unfinished half hour stays unjudged."""

    def findings(self) -> list[Finding]:
        """Every breach so far, worst first."""
        return ordered([*self._convergence(), *map(self._finding, self._judged()), *self._not_judgeable()])

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (members,) hours in breach so far; 0 where a member has none."""
        found = {judged.finding: judged.statistics.breaches.hours[:, judged.at] for judged in self._judged()}
        if self._failures.windows.any():
            found[f"{RULE_CONVERGENCE}|{NETWORK}"] = self._failures.hours[:, 0]
        return found

    def worst_states(self) -> dict[str, tuple[Column, WorstState]]:
        """Finding id -> the column it judges and the state of its worst step; only those that were kept."""
        found = ((judged, judged.statistics.states.of_column.get(judged.at)) for judged in self._judged())
        return {judged.finding: (judged.column, state) for judged, state in found if state is not None}

    def _judged(self) -> Iterator[_Judged]:
        """Every column that was breached by any member."""
        kinds = [self._steps, self._means]
        if np.any(self._axis.dt_s != HALF_HOUR_S):
            kinds.append(self._excursions)
        for kind in kinds:
            for at in np.flatnonzero(kind.breaches.windows.any(axis=0)).tolist():
                column = kind.columns[at]
                if not kind.suffix or column.limit.severity is not Severity.INFORMATION:
                    yield _Judged(column, kind, at)

    def _finding(self, judged: _Judged) -> Finding:
        limit, suffix = judged.column.limit, judged.statistics.suffix
        record = _Record.of(judged.statistics.breaches, judged.at)
        upper = record.value > limit.bounds.upper
        bound = limit.bounds.upper if upper else limit.bounds.lower
        unit, times = limit.quantity.unit, _times(self._axis, record)
        return Finding(
            id=judged.finding,
            rule=judged.rule,
            severity=Severity.INFORMATION if suffix else limit.severity,
            subject=judged.column.subject,
            section=limit.section,
            quantity=limit.quantity.value,
            value=record.value,
            limit=bound,
            margin=bound - record.value if upper else record.value - bound,
            unit=unit,
            first=times["first"],
            last=times["last"],
            worst_at=times["worst_at"],
            hours=record.hours,
            energy_mwh=record.energy / KW_PER_MW if unit == "kW" else None,
            windows=record.windows,
            members=record.members,
            member_share=record.members / self._members,
            worst_member=int(self._member[record.worst_member]),
            mode=MODE_NORMAL,
            caused_by="",
            responsible=limit.responsible,
            label=f"single steps beyond a half-hour limit; {limit.label}" if suffix else limit.label,
            certainty=limit.certainty,
            hint="" if suffix else hint(limit.quantity, upper=upper),
            hours_above=record.hours_above,
        )

    def _convergence(self) -> Iterator[Finding]:
        if not self._failures.windows.any():
            return
        yield notice(
            RULE_CONVERGENCE,
            NETWORK,
            Severity.VIOLATION,
            self._extent(_Record.of(self._failures, 0)),
            value=float(self._failures.windows.max()),  # of the worst member
            label="the power flow found no solution: nothing of these steps is judged or counted",
            hint=f"look at the inputs of {self._failed()}; the load may be beyond what the network can carry",
        )

    def _failed(self) -> str:
        """Where to look: the first failed step of every member, as far as they can be listed."""
        failed = np.flatnonzero(self._failures.windows[:, 0])
        if self._members == 1:
            return "the first failed step"
        told = [
            f"member {self._member[row]} from step {self._failures.first_k[row, 0]} "
            f"({self._failures.windows[row, 0]} steps)"
            for row in failed[:MOST_FAILED].tolist()
        ]
        more = [f"{len(failed) - MOST_FAILED} more members"] if len(failed) > MOST_FAILED else []
        return ", ".join([*told, *more])

    def _not_judgeable(self) -> Iterator[Finding]:
        if self._axis.fits_half_hours:
            return
        hours = float(self._axis.duration_s) / 3600.0
        record = _Record(float("nan"), 0, 0, self._axis.steps - 1, 0, hours, 0.0, 0, self._members)
        for rule in sorted({limit.id for limit in self._limits if limit.window_s == HALF_HOUR_S}):
            yield notice(
                RULE_NOT_JUDGEABLE,
                f"limit:{rule}",
                Severity.INFORMATION,
                self._extent(record),
                label="steps are longer than 30 minutes: half-hour means are not known",
                hint="choose a step of 30 minutes or less",
            )

    def _extent(self, record: _Record) -> Extent:
        return Extent(
            times=_times(self._axis, record),
            hours=record.hours,
            windows=record.windows,
            members=record.members,
            member_share=record.members / self._members,
            worst_member=int(self._member[record.worst_member]),
        )


@dataclass(frozen=True, slots=True)
class _Statistics:
    """Breaches of columns over one kind of window, and the states of their worst steps."""

    columns: tuple[Column, ...]
    breaches: Breaches
    states: WorstStates
    suffix: str  # what the rules of its findings end with

    def add(self, values: FloatArray, block: StepBlock) -> bool:
        """Judge every step of a block, (T, members, columns); whether any is in breach."""
        k = np.arange(block.first_k, block.first_k + block.steps)
        worst = self.breaches.add(values, block.hours, k)
        solved = Solved.of(block)
        self.states.take(worst, lambda _row, _column, at: (at, solved))
        return worst is not None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A column of breaches that becomes a finding."""

    column: Column
    statistics: _Statistics
    at: int

    @property
    def rule(self) -> str:
        """The rule of its finding."""
        return f"{self.column.limit.id}{self.statistics.suffix}"

    @property
    def finding(self) -> str:
        """The id of its finding."""
        return f"{self.rule}|{self.column.subject}"


class _Judge:
    """Columns of one kind of window."""

    def __init__(self, limits: Iterable[Limit], layout: Layout) -> None:
        self.columns = Columns(limits, layout)
        self._members = layout.members

    def statistics(self, known: Known, suffix: str = "") -> _Statistics:
        """Fresh ones over these columns; `known` = worst states that others hold already."""
        columns = self.columns
        breaches = Breaches(self._members, columns.lower, columns.upper, columns.tolerance)
        return _Statistics(columns.columns, breaches, WorstStates(len(columns.columns), known), suffix)

    def values(self, block: StepBlock) -> FloatArray:
        """(T, members, columns), NaN where not judged: dead, not converged or not rated (both NaN already)."""
        alive = self.columns.alive(block.grid)
        values = self.columns.values(block.grid)
        judged: FloatArray = block.by_step(values if alive is None else np.where(alive, values, np.nan))
        return judged


@dataclass(frozen=True, slots=True)
class _Record:
    """One column's statistics over all members."""

    value: float
    worst_k: int
    first_k: int
    last_k: int
    worst_member: int
    hours: float  # mean over the members that breach
    energy: float  # the same, excess x hours
    windows: int  # sum over members
    members: int  # that breach
    hours_above: float = 0.0

    @classmethod
    def of(cls, breaches: Breaches, column: int) -> _Record:
        """Reduce one column over the members."""
        windows = breaches.windows[:, column]
        breach = windows > 0
        worst = int(np.argmax(breaches.worst_excess[:, column]))
        return cls(
            value=float(breaches.worst_value[worst, column]),
            worst_k=int(breaches.worst_k[worst, column]),
            first_k=int(breaches.first_k[breach, column].min()),
            last_k=int(breaches.last_k[breach, column].max()),
            worst_member=worst,
            hours=float(breaches.hours[breach, column].mean()),
            energy=float(breaches.energy[breach, column].mean()),
            windows=int(windows.sum()),
            members=int(breach.sum()),
            hours_above=float(breaches.hours_above[breach, column].mean()),
        )


def _times(axis: TimeAxis, record: _Record) -> dict[str, str]:
    """First, last and worst step or window of a breach by its start, local ISO times."""
    steps = {"first": record.first_k, "last": record.last_k, "worst_at": record.worst_k}
    return {name: axis.local(int(axis.edges[k])).isoformat() for name, k in steps.items()}
