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


_ORDER = {Severity.VIOLATION: 0, Severity.WARNING: 1, Severity.INFORMATION: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule by one subject over the whole run (`design.md` 9).

    `first`, `last`, `worst_at` are local ISO times of the start of the step or window; `hours` counts the time in
    breach, `hours_above` the part of them above the upper bound (the rest is below the lower one; None where the rule
    has no bounds) and `energy_mwh` the excess, all three means over the members that breach; `windows` counts the
    judged windows or steps in breach (sum over members); `margin` is limit minus value in the sense of the rule
    (negative = breached).
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
    effect: str = ""  # "caused", "worsened", "unchanged", "reduced", "cured" against the base case; "" = none was run

    def as_dict(self) -> dict[str, Any]:
        """Plain data for findings.json."""
        return asdict(self)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first: severity, then rule, then hours, then subject; a stable order for equal bytes."""
    return sorted(findings, key=lambda f: (_ORDER[f.severity], f.rule, -f.hours, f.subject))
