"""Verdicts of several scenarios side by side: for every rule that one of them breaks, what each found and who answers.

Scenarios on the same network may differ in nothing but the law; then their figures are equal and this is what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cosim.compare.breaches import Rule
from cosim.compare.runs import Run, judged
from cosim.findings import Severity
from cosim.report.texts import plural

_SEVERITIES = tuple(Severity)  # worst first


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule: its gravest severity in any run, and for each run in words what it found and who answers."""

    rule: str
    severity: Severity
    said: tuple[str, ...]


def rule_verdicts(runs: Sequence[Run], rules: Sequence[Rule]) -> list[RuleVerdict]:
    """Every rule with a violation or warning, the gravest first; nothing where all runs are of one scenario."""
    if len({run.overview.name for run in runs}) < 2:
        return []
    grave = {rule.rule: rule.severity for rule in reversed(rules) if rule.severity is not Severity.INFORMATION}
    return [
        RuleVerdict(name, severity, tuple(_said(run, name, runs) for run in runs))
        for name, severity in sorted(grave.items(), key=lambda one: (_SEVERITIES.index(one[1]), one[0]))
    ]


def _said(run: Run, rule: str, runs: Sequence[Run]) -> str:
    """`violation, 7 places; answers: Town Wires`, `none`, `not judged`."""
    found = [finding for finding in run.findings or () if finding["rule"] == rule]
    if not found:
        return "none" if judged(run, rule, runs) else "not judged"
    severity = min((Severity(finding["severity"]) for finding in found), key=_SEVERITIES.index)
    places = len({str(finding["subject"]) for finding in found})
    who = "; ".join(dict.fromkeys(str(finding["responsible"]) for finding in found if finding["responsible"]))
    return f"{severity.value}, {plural(places, 'place')}" + (f"; answers: {who}" if who else "")
