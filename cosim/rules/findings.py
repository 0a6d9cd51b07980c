"""Broken rules as findings: what holds for the whole run counts all of its hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from cosim.rules.checks import Breach
from simulators.sinks import Layout


def as_findings(breaches: Iterable[Breach], layout: Layout) -> Iterator[Finding]:
    """A finding for each rule and subject that breaks something stated, which holds for every member."""
    axis = layout.axis
    first, last = (axis.local(int(axis.edges[k])).isoformat() for k in (0, axis.steps - 1))
    times = {"first": first, "last": last, "worst_at": first}
    extent = Extent(times, axis.duration_s / 3600.0, 0, layout.members, 1.0, int(layout.member[0]))
    for breach in _one_each(breaches):
        found = notice(
            breach.rule,
            breach.subject,
            breach.severity,
            extent,
            label=breach.label,
            hint=breach.hint,
            value=breach.value,
            limit=breach.limit,
            quantity=breach.quantity,
            unit=breach.unit,
        )
        yield replace(
            found, section=breach.section, certainty=breach.certainty, margin=-abs(breach.value - breach.limit)
        )


def _one_each(breaches: Iterable[Breach]) -> Iterator[Breach]:
    """Breaches of one rule by one subject together: a section may have several forms, a finding has one id."""
    together: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        together.setdefault((breach.rule, breach.subject), []).append(breach)
    for first, *others in together.values():
        same = [first, *others]
        yield replace(
            first,
            severity=min((one.severity for one in same), key=list(Severity).index),
            label="; ".join(dict.fromkeys(one.label for one in same)),
            hint="; ".join(dict.fromkeys(one.hint for one in same)),
        )
