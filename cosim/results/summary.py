"""`summary.json`: what was run, its figures and how many findings. Equal runs give equal bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cosim.findings import Finding, Severity
from cosim.results.figures import Figure, figure_table
from simulators.axis import TimeAxis

SCHEMA = "cosim-summary/1"


def build_summary(
    *,
    scenario: str,
    variant: str | None,
    axis: TimeAxis,
    members: int,
    figures: Iterable[Figure],
    findings: Sequence[Finding],
    notes: Sequence[str] = (),
    in_violation: int | None = None,
    against_base: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Plain data of `summary.json`; it holds nothing of when or where the run happened.

    `period` is the simulated one; `notes` are what every output must repeat (synthetic weather, assumptions taken);
    `in_violation` how many members of an ensemble have a violation; `against_base` effect -> number of findings that
    have it against the base case.
    """
    counts = Counter(finding.severity for finding in findings)
    return {
        "schema": SCHEMA,
        "scenario": scenario,
        "variant": variant,
        "members": members,
        **({} if in_violation is None else {"members_in_violation": in_violation}),
        "period": {
            "start": axis.local(0).isoformat(),
            "end": axis.local(axis.duration_s).isoformat(),
            "hours": axis.duration_s / 3600.0,
            "steps": axis.steps,
        },
        "notes": list(notes),
        "figures": figure_table(figures),
        "findings": {severity.value: counts[severity] for severity in Severity},
        **({} if against_base is None else {"against_base": dict(against_base)}),
    }
