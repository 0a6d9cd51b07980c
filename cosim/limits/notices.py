"""Findings about the run itself, not about a quantity and its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cosim.findings import Finding, Severity

MODE_NORMAL = "normal"
THIS_RUN = "derived: this run"


@dataclass(frozen=True, slots=True)
class Extent:
    """How long and in how many members something was the case."""

    times: Mapping[str, str]  # first, last, worst_at: local ISO times
    hours: float  # mean over the members concerned
    windows: int  # steps, sum over members
    members: int
    member_share: float
    worst_member: int


def notice(
    rule: str, subject: str, severity: Severity, extent: Extent, *, label: str, hint: str, value: float | None = None,
    limit: float = 0.0, quantity: str = "steps", unit: str = "1",
) -> Finding:  # fmt: skip
    """A finding; without a value its number of steps is the value."""
    shown = float(extent.windows) if value is None else value
    return Finding(
        id=f"{rule}|{subject}",
        rule=rule,
        severity=severity,
        subject=subject,
        section="",
        quantity=quantity,
        value=shown,
        limit=limit,
        margin=limit - shown,
        unit=unit,
        first=extent.times["first"],
        last=extent.times["last"],
        worst_at=extent.times["worst_at"],
        hours=extent.hours,
        energy_mwh=None,
        windows=extent.windows,
        members=extent.members,
        member_share=extent.member_share,
        worst_member=extent.worst_member,
        mode=MODE_NORMAL,
        caused_by="",
        responsible="",
        label=label,
        certainty=THIS_RUN,
        hint=hint,
    )
