"""Broken rules as findings: what holds for the whole run counts all of its hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cosim.findings import Finding
from cosim.limits.notices import Extent, notice
from cosim.rules.checks import Breach
from simulators.sinks import Layout


def as_findings(breaches: Iterable[Breach], layout: Layout) -> Iterator[Finding]:
    """A finding for each breach of something that was stated and so holds for every member."""
    axis = layout.axis
    first, last = (axis.local(int(axis.edges[k])).isoformat() for k in (0, axis.steps - 1))
    times = {"first": first, "last": last, "worst_at": first}
    extent = Extent(times, axis.duration_s / 3600.0, 0, layout.members, 1.0, int(layout.member[0]))
    for breach in breaches:
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
