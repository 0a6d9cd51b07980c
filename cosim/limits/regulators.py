"""What tap changers' controllers did in a run: operations, hunting, runaway, taps at their end, steps without rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from cosim.results.figures import Figure
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.regulators.spec import TapChangerSpec
from simulators.axis import TimeAxis
from simulators.sinks import Layout, StepBlock

HUNTING, RUNAWAY, AT_LIMIT = "regulator-hunting", "regulator-runaway", "regulator-at-limit"
OPERATIONS, UNSETTLED = "regulator-operations", "regulators-unsettled"
NETWORK = "grid:network"


@dataclass(frozen=True, slots=True)
class _Words:
    """What a finding says."""

    severity: Severity
    label: str
    hint: str
    certainty: str = "derived: this run"


_WORDS: Mapping[str, _Words] = {
    HUNTING: _Words(
        Severity.WARNING,
        "three taps in alternating directions within 30 minutes: regulators undo each other's moves (ハンチング)",
        "widen the dead band beyond one tap, or let the upstream regulator act first by a shorter delay",
    ),
    RUNAWAY: _Words(
        Severity.VIOLATION,
        "regulates the stiff side while power flows back, and ran to the end of its taps",
        "set the reverse mode to cogeneration or hold: the reverse flow comes from generation, not from a switch-over",
    ),
    AT_LIMIT: _Words(
        Severity.WARNING,
        "outside its dead band with no tap left that way",
        "choose another reference or compensation, or a regulator with more taps",
    ),
    OPERATIONS: _Words(
        Severity.WARNING,
        "more tap operations in a day than allowed",
        "widen the dead band or lengthen the delay",
        "assumed: 30 a day, planner.md 3 [U]",
    ),
    UNSETTLED: _Words(
        Severity.WARNING,
        "taps or inverters did not come to rest within the rounds of a step: its flow is not a steady state",
        "shorten the step, or look for regulators and inverters that work against each other",
    ),
}


class RegulatorWatch:
    """Sink: counts what regulators did; memory does not grow with the run."""

    def __init__(self, regulators: Mapping[str, TapChangerSpec]) -> None:
        self._most = {name: spec.max_operations_per_day for name, spec in regulators.items()}

    def open(self, layout: Layout) -> None:
        """Set up one record for each condition and subject."""
        self._layout = layout
        names = layout.regulators
        regulators = tuple(f"regulator:{name}" for name in names)
        groups = tuple("regulator:" + "+".join(group) for group in layout.hunting_groups)
        self._limit = np.array([float(self._most[name]) for name in names])
        members = layout.members
        self._records = {
            HUNTING: _Hours(groups, members),
            RUNAWAY: _Hours(regulators, members),
            AT_LIMIT: _Hours(regulators, members),
            OPERATIONS: _Hours(regulators, members),
            UNSETTLED: _Hours((NETWORK,), members),
        }
        axis = layout.axis
        self._day = _days(axis)
        self._operations: FloatArray = np.zeros((members, len(names)))
        self._today: FloatArray = np.zeros((members, len(names)))
        self._most_a_day: FloatArray = np.zeros((members, len(names)))
        self._lowest: FloatArray = np.full((members, len(names)), np.inf)
        self._highest: FloatArray = np.full((members, len(names)), -np.inf)
        self._reverse_hours: FloatArray = np.zeros((members, len(names)))

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        did = block.grid.regulators
        unsettled = block.by_step(did.unsettled[:, np.newaxis])
        if not self._layout.regulators:
            self._records[UNSETTLED].add(unsettled, block)
            return
        runaway = did.runaway
        for rule, condition in (
            (HUNTING, did.hunting),
            (RUNAWAY, runaway),
            (AT_LIMIT, did.at_limit & ~runaway),
        ):
            self._records[rule].add(block.by_step(condition), block)
        self._records[UNSETTLED].add(unsettled, block)
        self._count(block.by_step(did.operations), block)
        taps = block.by_step(did.tap_pos)
        self._lowest = np.minimum(self._lowest, taps.min(axis=0))
        self._highest = np.maximum(self._highest, taps.max(axis=0))
        for hours, reverse in zip(block.hours, block.by_step(did.reverse), strict=True):
            self._reverse_hours = self._reverse_hours + hours * reverse

    def _count(self, operations: FloatArray, block: StepBlock) -> None:
        days = self._day[block.first_k : block.first_k + block.steps]
        for step, day in enumerate(days.tolist()):
            k = block.first_k + step
            if k and day != self._day[k - 1]:
                self._today = np.zeros_like(self._today)
            self._today = self._today + operations[step]
            self._operations = self._operations + operations[step]
            self._most_a_day = np.maximum(self._most_a_day, self._today)
            over = (self._today > self._limit) & (operations[step] > 0.0)
            if over.any():
                self._records[OPERATIONS].add_one(k, over, float(block.hours[step]))

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> Iterator[Figure]:
        """Operations, most in a day, tap range and hours of reverse flow of every regulator."""
        for at, name in enumerate(self._layout.regulators):
            for key, values, unit in (
                ("operations", self._operations, "1"),
                ("max_operations_per_day", self._most_a_day, "1"),
                ("tap_min", self._lowest, "1"),
                ("tap_max", self._highest, "1"),
                ("reverse_hours", self._reverse_hours, "h"),
            ):
                yield Figure(f"regulator:{name}.{key}", values[:, at], unit)

    def findings(self) -> Iterator[Finding]:
        """One record per condition and regulator."""
        for rule, record in self._records.items():
            for at in np.flatnonzero(record.steps.any(axis=0)).tolist():
                yield self._finding(rule, record, at)

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours of each member."""
        return {
            f"{rule}|{record.subjects[at]}": record.hours[:, at]
            for rule, record in self._records.items()
            for at in np.flatnonzero(record.steps.any(axis=0)).tolist()
        }

    def _finding(self, rule: str, record: _Hours, at: int) -> Finding:
        words, axis = _WORDS[rule], self._layout.axis
        touched = record.steps[:, at] > 0
        longest = int(np.argmax(record.hours[:, at]))
        steps = {
            "first": record.first_k[touched, at].min(),
            "last": record.last_k[touched, at].max(),
            "worst_at": record.first_k[longest, at],
        }
        per_day = rule == OPERATIONS
        return notice(
            rule,
            record.subjects[at],
            words.severity,
            Extent(
                {key: axis.local(int(axis.edges[int(k)])).isoformat() for key, k in steps.items()},
                hours=float(record.hours[touched, at].mean()),
                windows=int(record.steps[:, at].sum()),
                members=int(touched.sum()),
                member_share=float(touched.mean()),
                worst_member=int(self._layout.member[longest]),
            ),
            value=float(self._most_a_day[:, at].max() if per_day else record.hours[:, at].max()),
            quantity="operations_per_day" if per_day else "hours",
            unit="1" if per_day else "h",
            label=words.label,
            hint=words.hint,
        )


def _days(axis: TimeAxis) -> IntArray:
    """(K,) number of the local calendar day each step begins in; days of a clock change have 23 or 25 hours."""
    first, last = axis.local(0), axis.local(axis.duration_s)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    days = range((last.date() - first.date()).days + 1)
    starts = [(midnight + timedelta(days=day)).timestamp() - first.timestamp() for day in days]
    return np.asarray(np.searchsorted(starts, axis.edges[:-1], side="right") - 1, dtype=np.int64)


class _Hours:
    """How long conditions held, by member and subject."""

    def __init__(self, subjects: tuple[str, ...], members: int) -> None:
        shape = (members, len(subjects))
        self.subjects = subjects
        self.hours: FloatArray = np.zeros(shape)
        self.steps: IntArray = np.zeros(shape, dtype=np.int64)
        self.first_k: IntArray = np.full(shape, -1, dtype=np.int64)
        self.last_k: IntArray = np.full(shape, -1, dtype=np.int64)

    def add(self, condition: BoolArray, block: StepBlock) -> None:
        """Count (T, M, subject) conditions; the usual block has none."""
        if condition.any():
            for step in np.flatnonzero(condition.any(axis=(1, 2))).tolist():
                self.add_one(block.first_k + step, condition[step], float(block.hours[step]))

    def add_one(self, k: int, condition: BoolArray, hours: float) -> None:
        """Count (M, subject) conditions of one step."""
        self.hours = self.hours + condition * hours
        self.steps = self.steps + condition
        self.first_k = np.where(condition & (self.first_k < 0), k, self.first_k)
        self.last_k = np.where(condition, k, self.last_k)
