"""Who answers where a limit is broken, as a finding of it would say it: for the list of what is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cosim.findings import Finding
from cosim.limits.limit import Limit
from cosim.limits.notices import Extent, notice
from cosim.rules.answering import with_answers
from cosim.rules.facts import Arrangement
from cosim.rules.register import rule_of
from cosim.rules.terms import Duty

_NEVER = Extent({"first": "", "last": "", "worst_at": ""}, 0.0, 0, 0, 0.0, 0)


def answered_limits(limits: Iterable[Limit], facts: Arrangement) -> Iterator[Limit]:
    """The limits with `responsible` filled in by law, outside of sections too; several parties are joined by `; `."""
    for limit in limits:
        rule = rule_of(limit.id)
        # what was agreed at a point is the business of who is behind it; all else goes by section
        asked = limit.subjects if rule is not None and rule.duty is Duty.CONNECTION else limit.subjects[:1]
        told = (one.responsible for one in with_answers((_broken(limit, subject) for subject in asked), facts))
        yield replace(limit, responsible="; ".join(dict.fromkeys(filter(None, told))))


def _broken(limit: Limit, subject: str) -> Finding:
    found = notice(limit.id, subject, limit.severity, _NEVER, label=limit.label, hint="")
    return replace(found, section=limit.section, responsible=limit.responsible)
