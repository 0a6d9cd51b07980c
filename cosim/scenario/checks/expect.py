"""Checks of expectations: what they speak of must exist, or they could never be met."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from cosim.errors import Problem
from cosim.results.record_spec import matches
from cosim.rules.register import EXCURSION, RULES
from cosim.scenario.checks.connections import unknown
from cosim.scenario.rules import rule
from cosim.scenario.tree import Route
from cosim.scenario.view import View

_KEYS = {
    "boundary": "boundaries",
    "section": "sections",
    "device": "devices",
    "load": "loads",
    "customer": "customers",
    "balancing": "balancing",
    "wheeling": "self_wheeling",
    "settlement": "settlement",
}


@rule("subjects of expect.figures", "expect")
def figure_subjects(view: View) -> Iterator[Problem]:
    """A figure belongs to an entry of this scenario."""
    for figure in view.parts.values["expect"].figures:
        subject, dot, _ = figure.rpartition(".")
        route = ("expect", "figures", figure)
        if not dot:
            hint = "write SUBJECT.QUANTITY, as boundary:pcc.export_mwh or balance.residual_mw"
            yield view.problem(route, "names no quantity", hint=hint)
        elif ":" in subject:
            yield from _subject(view, route, subject)


@rule("subjects of expect.findings", "expect")
def finding_subjects(view: View) -> Iterator[Problem]:
    """A finding is about an entry of this scenario."""
    for position, finding in enumerate(view.parts.values["expect"].findings):
        if finding.subject != "*":
            yield from _subject(view, ("expect", "findings", position, "subject"), finding.subject)


@rule("rules of expect.findings", "expect")
def finding_rules(view: View) -> Iterator[Problem]:
    """A rule of that name exists; one that nothing can break would be "kept away" for ever."""
    for position, finding in enumerate(view.parts.values["expect"].findings):
        if any(matches(finding.rule, name) for rule in RULES for name in (rule, rule + EXCURSION)):
            continue
        close = get_close_matches(finding.rule.removesuffix(EXCURSION), RULES, n=1)
        yield view.problem(
            ("expect", "findings", position, "rule"),
            "no rule is called so, no run can show such a finding",
            given=f'"{finding.rule}"',
            hint=f"did you mean {close[0]}?" if close else "docs/limits.md names the rules",
        )


def _subject(view: View, route: Route, subject: str) -> Iterator[Problem]:
    kind, _, name = subject.partition(":")
    if kind not in _KEYS or "*" in name:
        return  # buses and branches are judged against results, patterns may fit nothing
    known = view.parts.names(_KEYS[kind])
    if name.partition("[")[0] not in known:
        yield unknown(view, route, kind, name, known)
