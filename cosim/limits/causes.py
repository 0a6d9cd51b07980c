"""Who caused a breach: whoever adds most to the judged quantity in its worst step, by sensitivity.

That is a statement of physics about one moment, not of law: who answers is another field (planner.md 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cosim.findings import Cause, Finding
from cosim.limits.columns import KW_PER_MW, Column, Columns
from cosim.limits.limit import Quantity
from cosim.limits.worst_states import WorstState
from grids.analysis.sensitivity import Part, contributions
from grids.arrays import FloatArray
from grids.feeder import Feeder, GridStep
from simulators.sinks import Layout

NAMED = 3  # causes listed
DIGITS = 4  # of a share: what follows is the solver's
WHOLE_SHARE = 0.5  # of its entry's part, above which a single unit is named
DUST = 1e-5  # of the value: what solvers leave over is nobody's contribution
MOST_FLOWS = 20_000  # solved for causes, the gravest findings first: about a second
MOST_SLOW_FLOWS = 600  # where every flow is one of the reference engine
LEAST_SHARE = 0.01  # of the margin, below which all that is added is nobody's doing
NOBODY = "no injection and no load raises this"
NOT_ENOUGH = "without any of them it would still be broken"
SOURCE = ": look at the voltage of the source and at the taps"
NOT_ASKED = "its cause was not looked for: graver findings took the time set for it"

_VOLTS = frozenset({Quantity.VM_PU.unit, Quantity.LEG_V.unit})
_SIGNED = {Quantity.REVERSE_KW: -1.0, Quantity.EXPORT_KW: -1.0, Quantity.IMPORT_KW: 1.0}


@dataclass(frozen=True, slots=True)
class _Case:
    """One finding with what its worst step is asked for."""

    finding: Finding
    state: WorstState
    at: int  # its column
    sign: float  # 1 where more is worse


def with_causes(
    findings: Iterable[Finding],
    states: Mapping[str, tuple[Column, WorstState]],
    feeder: Feeder,
    layout: Layout,
    parts: Sequence[Part],
) -> list[Finding]:
    """The findings in their order, with `caused_by` and `causes` where a worst state is known.

    Args:
        findings: the gravest first.
        states: finding id -> its column and worst state, as `Monitor.worst_states` gives them.
        feeder: solves the worst steps again.
        layout: names and order of what is judged.
        parts: every device and load entry, by subject.
    """
    found = list(findings)
    if not parts:
        return found
    reading = _Reading([states[one.id][0] for one in found if one.id in states], layout)
    by_state: dict[WorstState, list[_Case]] = defaultdict(list)
    for one in found:
        if one.id in states:
            column, state = states[one.id]
            sign = 1.0 if one.value > column.limit.bounds.upper else -1.0
            by_state[state].append(_Case(one, state, reading.position(column), sign))
    left = MOST_SLOW_FLOWS if feeder.engine.name == "pandapower" else MOST_FLOWS
    named: dict[str, Finding] = {}
    for state, cases in by_state.items():
        if left <= 0:
            named |= {case.finding.id: _hinted(case.finding, NOT_ASKED) for case in cases}
            continue
        asked = _Asked(feeder, state, reading)
        named |= {case.finding.id: case_named for case, case_named in zip(cases, asked.name(cases, parts), strict=True)}
        left -= asked.flows
    return [named.get(one.id, one) for one in found]


class _Reading:
    """The judged columns of a replayed step; flows signed, so that a small one does not end at zero."""

    def __init__(self, judged: Iterable[Column], layout: Layout) -> None:
        unique = {(column.limit.id, column.subject): column for column in judged}
        single = [replace(column.limit, subjects=(column.subject,)) for column in unique.values()]
        self._columns = Columns(single, layout)
        self._position = {(one.limit.id, one.subject): at for at, one in enumerate(self._columns.columns)}
        ends = {end: at for at, (_, end) in enumerate(layout.ends)}
        boundaries = {f"boundary:{name}": at for at, name in enumerate(layout.boundaries)}
        self._flows = []  # (column, sign, array of a step, column there)
        for at, one in enumerate(self._columns.columns):
            if (quantity := one.limit.quantity) in _SIGNED:
                at_end = quantity is Quantity.REVERSE_KW
                place = (ends if at_end else boundaries)[one.subject]
                self._flows.append((at, _SIGNED[quantity], "end_p_mw" if at_end else "boundary_p_mw", place))

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self._columns.columns)

    def position(self, column: Column) -> int:
        """Where a column stands among the values."""
        return self._position[column.limit.id, column.subject]

    def __call__(self, step: GridStep) -> FloatArray:
        """(rows, columns) values."""
        values = self._columns.values(step).copy()
        for at, sign, array, place in self._flows:
            values[:, at] = sign * KW_PER_MW * getattr(step, array)[:, place]
        return values


class _Asked:
    """One worst step: what every entry, and every unit of the largest ones, adds to the columns that break there."""

    def __init__(self, feeder: Feeder, state: WorstState, reading: _Reading) -> None:
        self._feeder, self._state, self._reading = feeder, state, reading
        self.flows = 0

    def name(self, cases: Sequence[_Case], parts: Sequence[Part]) -> list[Finding]:
        """The findings of this step with their causes."""
        base, added = self._solve(parts)
        shares = [self._worsening(case, base, added) for case in cases]
        largest = [int(np.argmax(own)) if own.any() else None for own in shares]
        units = {at: parts[at].units for at in dict.fromkeys(largest) if at is not None}
        by_unit = self._units(units)
        named = []
        for case, own, at in zip(cases, shares, largest, strict=True):
            if at is None or own.sum() < LEAST_SHARE * abs(case.finding.margin):
                named.append(_hinted(case.finding, _beyond_them(NOBODY, case.finding)))
            else:
                alone = _one_alone(units[at], case.sign * by_unit[at][:, case.at], float(own[at]))
                named.append(_named(case.finding, alone or parts[at].name, own, parts))
        return named

    def _worsening(self, case: _Case, base: FloatArray, added: FloatArray) -> FloatArray:
        """(parts,) what each adds to the breach; 0 for who lowers it, and for dust."""
        own = np.nan_to_num(case.sign * added[:, case.at])
        return np.where(own > DUST * max(abs(float(base[case.at])), abs(case.finding.limit)), own, 0.0)

    def _units(self, units: Mapping[int, Sequence[Part]]) -> dict[int, FloatArray]:
        """Entry -> (units, columns) what each of its units adds; one batch for all."""
        if not units:
            return {}
        every = [unit for group in units.values() for unit in group]
        added = self._solve(every)[1] if every else np.zeros((0, self._reading.width))
        ends = np.cumsum([len(group) for group in units.values()])
        return dict(zip(units, np.split(added, ends[:-1]), strict=True))

    def _solve(self, parts: Sequence[Part]) -> tuple[FloatArray, FloatArray]:
        self.flows += len(parts) + 1
        return contributions(self._feeder, self._state.state, parts, self._reading)


def _one_alone(units: Sequence[Part], added: FloatArray, of_entry: float) -> str:
    """The unit that makes more than half of what its entry adds; empty where none does."""
    if not units:
        return ""
    most = int(np.argmax(np.nan_to_num(added)))
    return units[most].name if added[most] > WHOLE_SHARE * of_entry else ""


def _named(finding: Finding, caused_by: str, own: FloatArray, parts: Sequence[Part]) -> Finding:
    total = float(own.sum())
    order = np.argsort(-own, kind="stable")[:NAMED]
    causes = tuple(Cause(parts[at].name, round(float(own[at]) / total, DIGITS)) for at in order.tolist() if own[at])
    found = replace(finding, caused_by=caused_by, causes=causes)
    return _hinted(found, _beyond_them(NOT_ENOUGH, finding)) if total < abs(finding.margin) else found


def _beyond_them(words: str, finding: Finding) -> str:
    """The words, and for a voltage where else to look."""
    return words + SOURCE if finding.unit in _VOLTS else words


def _hinted(finding: Finding, words: str) -> Finding:
    return replace(finding, hint=f"{finding.hint}; {words}" if finding.hint else words)
