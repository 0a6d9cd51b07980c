"""What a rule of grid validation is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from grids.admission import Objection

Facts = TypeVar("Facts")


class Severity(StrEnum):
    """What a finding means: an error stops validation and runs, a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class GridFinding:
    """One thing wrong, or strange, with a network. `subject` is `line:NAME` and so on; empty = the whole network."""

    rule: str
    severity: Severity
    subject: str
    message: str
    hint: str


@dataclass(frozen=True)
class Rule(Generic[Facts]):
    """One rule: what it looks for, in words of a planner, what to do about it, and the look itself."""

    id: str
    severity: Severity
    what: str
    remedy: str
    check: Callable[[Facts], Iterable[Objection]]


def apply_rules(rules: Iterable[Rule[Facts]], facts: Facts) -> tuple[GridFinding, ...]:
    """Everything the rules find, each finding once, in the order of the rules."""
    found = (
        GridFinding(rule.id, rule.severity, objection.subject, objection.message, rule.remedy)
        for rule in rules
        for objection in rule.check(facts)
    )
    return tuple(dict.fromkeys(found))
