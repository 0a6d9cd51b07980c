"""Loading limits of lines and transformers: half-hour means of the larger end current over its rating.

An element with a short-time rating is judged by it on every step as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

import numpy as np

from cosim.findings import Severity
from cosim.limits.facts import NO_SECTION, LimitFacts, SectionFact
from cosim.limits.limit import INSTANT, Bounds, Limit, Quantity
from cosim.limits.spec import LimitsSpec
from grids.arrays import BoolArray
from grids.powerflow.contract import BranchKind

RULE_LINE = "line-loading"
RULE_TRAFO = "trafo-loading"
SHORT_TIME = "-short-time"
_CERTAINTY = {
    "line": "assumed: rated current, no seasonal rating",
    "trafo": "assumed: name plate",
    "pole": "assumed: planner.md 1.18 [U]",
    "named": "sourced: stated in the scenario",
}


def loading_limits(spec: LimitsSpec, facts: LimitFacts) -> Iterator[Limit]:
    """One limit per percentage, window and section, over every rated line and transformer.

    Raises:
        ValueError: a transformer or element named in the spec does not exist.
    """
    _refuse_unknown(spec, facts)
    groups: dict[tuple[str, float, str, SectionFact], list[str]] = defaultdict(list)
    index, poles = facts.index, facts.pole_trafos.union(spec.pole_trafos)
    rated: BoolArray = np.any(np.isfinite(index.branch_rating), axis=1)
    for position, kind in enumerate(index.branch_kind):
        if not rated[position] or kind is BranchKind.LINK:
            continue
        subject = index.branch_subject(position)
        percent, ground = _percent(spec, kind, index.branch[position], subject, poles)
        rule = RULE_LINE if kind is BranchKind.LINE else RULE_TRAFO
        section = facts.section_of_branch.get(subject, NO_SECTION)
        groups[rule, percent, ground, section].append(subject)
        if subject in spec.short_time_percent:
            short = spec.short_time_percent[subject]
            groups[rule + SHORT_TIME, short, "named", section].append(subject)
    for (rule, percent, ground, section), subjects in groups.items():
        short_time = rule.endswith(SHORT_TIME)
        yield Limit(
            id=rule,
            quantity=Quantity.LOADING_PERCENT,
            subjects=tuple(subjects),
            window_s=INSTANT if short_time else spec.loading_window_s,
            bounds=Bounds(upper=percent),
            section=section.name,
            responsible=section.responsible,
            label="short-time rating, every step" if short_time else "thermal rating",
            certainty=_CERTAINTY[ground],
            severity=Severity.VIOLATION,
        )


def _percent(spec: LimitsSpec, kind: BranchKind, name: str, subject: str, poles: Collection[str]) -> tuple[float, str]:
    if subject in spec.loading_percent:
        return spec.loading_percent[subject], "named"
    if kind is BranchKind.LINE:
        return spec.line_loading_percent, "line"
    if name in poles:
        return spec.pole_trafo_loading_percent, "pole"
    return spec.trafo_loading_percent, "trafo"


def _refuse_unknown(spec: LimitsSpec, facts: LimitFacts) -> None:
    subjects = {facts.index.branch_subject(position) for position in range(len(facts.index.branch))}
    poles = (f"trafo:{name}" for name in spec.pole_trafos)
    asked = [*spec.loading_percent, *spec.short_time_percent, *poles]
    unknown = sorted(set(asked) - subjects)
    if unknown:
        raise ValueError(f"limits name elements the network does not have: {', '.join(unknown)}")
