"""The one monitor of a run: a sink that judges every step and clock half hour and keeps statistics only.

Half hours are clock-aligned and energy-weighted; incomplete, de-energised or not converged ones are not judged. Where
steps are longer than 30 minutes, half-hour limits are "not judgeable". A single step beyond a half-hour limit is an
excursion: information, apart from the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cosim.findings import Finding, Severity, ordered
from cosim.limits.breaches import Breaches, HalfHours
from cosim.limits.columns import KW_PER_MW, Column, Columns
from cosim.limits.hints import hint
from cosim.limits.limit import INSTANT, Limit
from grids.arrays import FloatArray
from grids.feeder import GridStep
from simulators.axis import HALF_HOUR_S, TimeAxis
from simulators.sinks import Layout, StepRecord

RULE_CONVERGENCE = "convergence"
RULE_NOT_JUDGEABLE = "not-judgeable"
EXCURSION = "-excursion"
MODE_NORMAL = "normal"
NETWORK = "grid:network"


class Monitor:
    """Judges a run against its limits; `findings()` at any time says what was found so far."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = tuple(limits)

    def open(self, layout: Layout) -> None:
        """Resolve every subject; ValueError for one the study does not have."""
        self._axis, self._members = layout.axis, layout.members
        self._instant = _Judge([limit for limit in self._limits if limit.window_s == INSTANT], layout)
        self._windowed = _Judge([limit for limit in self._limits if limit.window_s == HALF_HOUR_S], layout)
        self._half_hours = HalfHours(layout, len(self._windowed.columns.columns))
        self._excursions = self._windowed.breaches()
        self._failures = Breaches(layout.members, np.array([1.0]), np.array([np.inf]), np.array([0.0]))

    def write(self, step: StepRecord) -> None:
        """Judge one step of all members."""
        hours = step.dt_s / 3600.0
        if not step.grid.result.converged.all():
            self._failures.add(step.grid.result.converged[:, np.newaxis].astype(np.float64), hours, step.k)
        if self._instant.columns.columns:
            self._instant.judged.add(self._instant.values(step.grid), hours, step.k)
        if self._windowed.columns.columns:
            values = self._windowed.values(step.grid)
            self._excursions.add(values, hours, step.k)
            mean = self._half_hours.add(values, step.dt_s, step.k)
            if mean is not None:
                self._windowed.judged.add(mean[0], HALF_HOUR_S / 3600.0, mean[1])

    def close(self, *, complete: bool) -> None:
        """Nothing to release; an unfinished half hour stays unjudged."""

    def findings(self) -> list[Finding]:
        """Every breach so far, worst first."""
        found = [
            *self._convergence(),
            *self._records(self._instant.columns.columns, self._instant.judged),
            *self._records(self._windowed.columns.columns, self._windowed.judged),
            *self._not_judgeable(),
        ]
        if np.any(self._axis.dt_s != HALF_HOUR_S):
            found += self._records(self._windowed.columns.columns, self._excursions, EXCURSION)
        return ordered(found)

    def _records(self, columns: Sequence[Column], breaches: Breaches, suffix: str = "") -> Iterator[Finding]:
        for position in np.flatnonzero(breaches.windows.any(axis=0)).tolist():
            column, record = columns[position], _Record.of(breaches, position)
            if suffix and column.limit.severity is Severity.INFORMATION:
                continue
            yield self._finding(column.limit, column.subject, record, suffix)

    def _finding(self, limit: Limit, subject: str, record: _Record, suffix: str) -> Finding:
        upper = record.value > limit.bounds.upper
        bound = limit.bounds.upper if upper else limit.bounds.lower
        unit = limit.quantity.unit
        rule = f"{limit.id}{suffix}"
        return Finding(
            id=f"{rule}|{subject}",
            rule=rule,
            severity=Severity.INFORMATION if suffix else limit.severity,
            subject=subject,
            section=limit.section,
            quantity=limit.quantity.value,
            value=record.value,
            limit=bound,
            margin=bound - record.value if upper else record.value - bound,
            unit=unit,
            **_times(self._axis, record),
            hours=record.hours,
            energy_mwh=record.energy / KW_PER_MW if unit == "kW" else None,
            windows=record.windows,
            members=record.members,
            member_share=record.members / self._members,
            worst_member=record.worst_member,
            mode=MODE_NORMAL,
            caused_by="",
            responsible=limit.responsible,
            label=f"single steps beyond a half-hour limit; {limit.label}" if suffix else limit.label,
            certainty=limit.certainty,
            hint="" if suffix else hint(limit.quantity, upper=upper),
        )

    def _convergence(self) -> Iterator[Finding]:
        if not self._failures.windows.any():
            return
        record = _Record.of(self._failures, 0)
        yield self._notice(
            RULE_CONVERGENCE,
            NETWORK,
            Severity.VIOLATION,
            record,
            label="the power flow found no solution: nothing of these steps is judged or counted",
            hint="look at the inputs of the first failed step; the load may be beyond what the network can carry",
        )

    def _not_judgeable(self) -> Iterator[Finding]:
        if self._axis.fits_half_hours:
            return
        hours = float(self._axis.duration_s) / 3600.0
        record = _Record(float("nan"), 0, 0, self._axis.steps - 1, 0, hours, 0.0, 0, self._members)
        for rule in sorted({limit.id for limit in self._limits if limit.window_s == HALF_HOUR_S}):
            yield self._notice(
                RULE_NOT_JUDGEABLE,
                f"limit:{rule}",
                Severity.INFORMATION,
                record,
                label="steps are longer than 30 minutes: half-hour means are not known",
                hint="choose a step of 30 minutes or less",
            )

    def _notice(
        self, rule: str, subject: str, severity: Severity, record: _Record, *, label: str, hint: str
    ) -> Finding:
        """A finding about the run itself, not about a quantity and its bounds."""
        return Finding(
            id=f"{rule}|{subject}",
            rule=rule,
            severity=severity,
            subject=subject,
            section="",
            quantity="steps",
            value=float(record.windows),
            limit=0.0,
            margin=-float(record.windows),
            unit="1",
            **_times(self._axis, record),
            hours=record.hours,
            energy_mwh=None,
            windows=record.windows,
            members=record.members,
            member_share=record.members / self._members,
            worst_member=record.worst_member,
            mode=MODE_NORMAL,
            caused_by="",
            responsible="",
            label=label,
            certainty="derived: this run",
            hint=hint,
        )


class _Judge:
    """Columns of one kind of window with their statistics."""

    def __init__(self, limits: Iterable[Limit], layout: Layout) -> None:
        self.columns = Columns(limits, layout)
        self._members = layout.members
        self.judged = self.breaches()

    def breaches(self) -> Breaches:
        """Fresh statistics over these columns."""
        return Breaches(self._members, self.columns.lower, self.columns.upper, self.columns.tolerance)

    def values(self, grid: GridStep) -> FloatArray:
        """(members, columns), NaN where not judged: dead, not converged (NaN already) or not rated (NaN already)."""
        alive = self.columns.alive(grid)
        values = self.columns.values(grid)
        return values if alive.all() else np.where(alive, values, np.nan)


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
        )


def _times(axis: TimeAxis, record: _Record) -> dict[str, str]:
    """First, last and worst step or window of a breach by its start, local ISO times."""
    steps = {"first": record.first_k, "last": record.last_k, "worst_at": record.worst_k}
    return {name: axis.local(int(axis.edges[k])).isoformat() for name, k in steps.items()}
