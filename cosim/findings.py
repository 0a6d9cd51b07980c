"""A finding: the record of one breach, per rule and subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How serious a finding is."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFORMATION = "information"


class Effect(StrEnum):
    """What became of a finding against the base case."""

    CAUSED = "caused"
    WORSENED = "worsened"
    UNCHANGED = "unchanged"
    REDUCED = "reduced"  # still there, less
    CURED = "cured"  # there in the base case only


_ORDER = {Severity.VIOLATION: 0, Severity.WARNING: 1, Severity.INFORMATION: 2}


@dataclass(frozen=True, slots=True)
class Cause:
    """A device or load entry, and its share of what all entries together add to a breach."""

    subject: str
    share: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule by one subject over the whole run (`design.md` 9).

    `first`, `last`, `worst_at` are local ISO times of the start of the step or window; `hours` counts the time in
    breach, `hours_above` the part of them above the upper bound (the rest is below the lower one; None where the rule
    has no bounds) and `energy_mwh` the excess, all three means over the members that breach; `windows` counts the
    judged windows or steps in breach (sum over members); `margin` is limit minus value in the sense of the rule
    (negative = breached).

    `caused_by` is the entry (or its one unit) with the largest share in the worst step of the worst member, `causes`
    the largest entries with their shares; `responsible` is who answers by law: they are often two parties. A finding
    whose `effect` is `cured` is one of the base case: all its numbers are that case's.
    """

    id: str
    rule: str
    severity: Severity
    subject: str
    section: str
    quantity: str
    value: float
    limit: float
    margin: float
    unit: str
    first: str
    last: str
    worst_at: str
    hours: float
    energy_mwh: float | None
    windows: int
    members: int
    member_share: float
    worst_member: int
    mode: str  # "normal" or "island"
    caused_by: str
    responsible: str
    label: str  # legal label, as text
    certainty: str  # "sourced", "derived", "assumed"
    hint: str
    hours_above: float | None = None
    effect: str = ""  # an `Effect` against the base case; "" = none was run
    base_hours: float | None = None  # of the same finding in the base case; None = it has none, or none was run
    base_value: float | None = None
    causes: tuple[Cause, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain data for findings.json."""
        return asdict(self)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first: severity, then rule, then hours, then subject; a stable order for equal bytes."""
    return sorted(findings, key=lambda f: (_ORDER[f.severity], f.rule, -f.hours, f.subject))
