"""What the findings of each run say, rule by rule: how many places, how many hours, how far beyond the limit.

Breaches above and below a band are told apart: a remedy that turns the one into the other cures nothing. Hours of an
ensemble are means over all its members, those without a breach included: a mean over the members that breach would
rise where the mildest of them are cured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cosim.compare.rows import Group, Row
from cosim.compare.runs import Run, alike, judged
from cosim.findings import Severity
from cosim.limits.monitor import EXCURSION

_SEVERITIES = tuple(Severity)  # worst first


class Side(StrEnum):
    """Which bound of a rule is passed; `any` where the rule has only one, or none."""

    ANY = "any"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class Burden:
    """All findings of one rule in one run that pass its bound on one side."""

    findings: tuple[Mapping[str, Any], ...]
    side: Side = Side.ANY

    @property
    def places(self) -> int:
        """Number of subjects that breach."""
        return len({str(finding["subject"]) for finding in self.findings})

    @property
    def hours(self) -> float:
        """Hours in breach, added up over the places."""
        return sum(self._hours, start=0.0)

    @property
    def longest(self) -> float:
        """Hours of the place that breaches longest."""
        return max(self._hours, default=0.0)

    @property
    def _hours(self) -> list[float]:
        return [_hours(finding, self.side) * float(finding["member_share"]) for finding in self.findings]

    def worst(self, unit: str | None = None) -> Mapping[str, Any] | None:
        """The finding (of a unit) farthest beyond its limit; None where none is known.

        A finding keeps the value of its worst side only.
        """
        valued = [one for one in self.findings if one["value"] is not None and unit in {None, one["unit"]}]
        known = [finding for finding in valued if self.side in {Side.ANY, _worst_side(finding)}]
        return max(known, key=_excess, default=None)


@dataclass(frozen=True)
class Rule:
    """One side of one rule over all runs: a burden for every run, None for those that did not judge it."""

    rule: str
    side: Side
    severity: Severity
    units: tuple[str, ...]  # of its values: legs are judged in V, buses in pu
    burdens: tuple[Burden | None, ...]

    @property
    def name(self) -> str:
        """`contract-power`, `voltage-200v above`."""
        return self.rule if self.side is Side.ANY else f"{self.rule} {self.side.value}"


def rules(runs: Sequence[Run]) -> list[Rule]:
    """Every rule that any run breaches, the gravest first; both sides where it has two."""
    by_run = [_by_rule(run) for run in runs]
    found = []
    for name in {name for each in by_run for name in each}:
        records = [finding for each in by_run for finding in each.get(name, ())]
        severity = min((Severity(finding["severity"]) for finding in records), key=_SEVERITIES.index)
        units = tuple(sorted({str(finding["unit"]) for finding in records}))
        for side in _sides(name, records, runs):
            burdens = tuple(
                Burden(tuple(_on_side(each.get(name, ()), side)), side) if judged(run, name, runs) else None
                for run, each in zip(runs, by_run, strict=True)
            )
            if any(burden and burden.findings for burden in burdens):
                found.append(Rule(name, side, severity, units, burdens))
    return sorted(found, key=lambda rule: (_SEVERITIES.index(rule.severity), rule.name))


def _by_rule(run: Run) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for finding in run.findings or ():
        found.setdefault(str(finding["rule"]), []).append(finding)
    return found


def _sides(rule: str, records: Sequence[Mapping[str, Any]], runs: Sequence[Run]) -> tuple[Side, ...]:
    """Both sides where any run bounds the rule on both, and all findings tell them apart."""
    bounds = {bound for run in runs for bound in run.bounds.get(rule.removesuffix(EXCURSION), ())}
    both = any(lower is not None for _, lower, _, _ in bounds) and any(upper is not None for _, _, upper, _ in bounds)
    told = all(finding.get("hours_above") is not None for finding in records)
    return (Side.ABOVE, Side.BELOW) if both and told else (Side.ANY,)


def _on_side(findings: Sequence[Mapping[str, Any]], side: Side) -> Iterator[Mapping[str, Any]]:
    return (finding for finding in findings if side is Side.ANY or _hours(finding, side) > 0)


def _hours(finding: Mapping[str, Any], side: Side) -> float:
    hours = float(finding["hours"])
    if side is Side.ANY:
        return hours
    above = float(finding["hours_above"])
    return above if side is Side.ABOVE else hours - above


def _worst_side(finding: Mapping[str, Any]) -> Side:
    return Side.ABOVE if finding["value"] > (finding["limit"] or 0.0) else Side.BELOW


def _excess(finding: Mapping[str, Any]) -> float:
    """How far beyond the limit, as a share of it, so that V and pu can be compared; as it is where the limit is 0."""
    limit = float(finding["limit"] or 0.0)
    return abs(float(finding["value"]) - limit) / (abs(limit) or 1.0)


def finding_rows(runs: Sequence[Run], known: Sequence[Rule]) -> Iterator[Row]:
    """Counts by severity, members in violation, then hours, places and extremes of every rule."""
    for severity in Severity:
        values = tuple(None if run.findings is None else float(run.overview.counts[severity]) for run in runs)
        words = severity.value if severity is Severity.INFORMATION else f"{severity.value}s"
        detail = severity is Severity.INFORMATION
        yield Row(Group.FINDINGS, f"findings.{severity.value}", words, "1", values, detail=detail)
    many = any(run.members > 1 for run in runs)
    if many:
        values = tuple(_concerned(run) for run in runs)
        yield Row(Group.FINDINGS, "findings.members_in_violation", "members with violations", "1", values)
    claims = tuple(alike(runs[0], run) for run in runs)
    for rule in known:
        yield from _rule_rows(rule, claims, over="mean" if many else "")


def _concerned(run: Run) -> float | None:
    given = run.overview.summary.get("members_in_violation")
    return None if given is None else float(given)


def _rule_rows(rule: Rule, claims: tuple[bool, ...], over: str) -> Iterator[Row]:
    ending = "" if rule.side is Side.ANY else f"_{rule.side.value}"
    information, fleeting = rule.severity is Severity.INFORMATION, rule.rule.endswith(EXCURSION)
    one_place = max(burden.places if burden else 0 for burden in rule.burdens) <= 1

    def row(what: str, words: str, unit: str, values: Sequence[float | None], over: str, *, less: bool) -> Row:
        key, said = f"rule:{rule.rule}.{what}{ending}", f"{rule.name}{words}"
        burden, always = not what.startswith("worst"), what == "hours" and not information
        return Row(Group.FINDINGS, key, said, unit, tuple(values), over, less, burden, claims, always)

    hours = [None if burden is None else burden.hours for burden in rule.burdens]
    yield row("hours", "" if one_place else ", all places", "h", hours, over, less=fleeting)
    longest = [None if burden is None else burden.longest for burden in rule.burdens]
    yield row("longest_hours", ", worst place", "h", longest, over, less=information or one_place)
    places = [None if burden is None else float(burden.places) for burden in rule.burdens]
    yield row("places", ", places", "1", places, "", less=information or one_place)
    for unit in (unit for unit in rule.units if unit not in {"h", "1"}):  # hours and counts again
        worst = [burden.worst(unit) if burden else None for burden in rule.burdens]
        values = [None if finding is None else float(finding["value"]) for finding in worst]
        what = "worst" if len(rule.units) == 1 else f"worst_{unit.lower()}"
        yield row(what, ", worst value", unit, values, "", less=information)
