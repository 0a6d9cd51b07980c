"""The scenario's `expect:` key, and the judge of a run against it.

An unexpected violation fails; an expected finding that stays away fails; a figure outside its band fails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, model_validator

from cosim.findings import Effect, Severity
from cosim.results.record_spec import matches
from grids.parameters import Parameters


class Band(Parameters):
    """What a number must satisfy: bounds, or a value with tolerances (`abs`, `rel`; both given: the wider holds)."""

    min: float | None = Field(default=None, description="Lowest value that passes.")
    max: float | None = Field(default=None, description="Highest value that passes.")
    value: float | None = Field(default=None, description="Expected value.")
    abs: float = Field(default=0.0, ge=0, description="Absolute tolerance of `value`.")
    rel: float = Field(default=0.0, ge=0, description="Tolerance of `value` relative to it.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.min is None and self.max is None and self.value is None:
            raise ValueError("give min, max or value")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        if self.value is None and (self.abs or self.rel):
            raise ValueError("abs and rel are tolerances of value: give value")
        return self

    def problem(self, low: float, high: float) -> str:
        """What is wrong with a number that spans [low, high] (one run: both the same); empty if it passes."""
        if self.min is not None and low < self.min:
            return f"is {low:.6g}, expected at least {self.min:g}"
        if self.max is not None and high > self.max:
            return f"is {high:.6g}, expected at most {self.max:g}"
        if self.value is not None:
            tolerance = max(self.abs, self.rel * abs(self.value))
            worst = low if abs(low - self.value) > abs(high - self.value) else high
            if abs(worst - self.value) > tolerance:
                return f"is {worst:.6g}, expected {self.value:g} +- {tolerance:g}"
        return ""

    @property
    def admits_zero(self) -> bool:
        """Whether 0 passes."""
        return not self.problem(0.0, 0.0)


class ExpectedFinding(Parameters):
    """A finding that must be there; with bands on its numbers. `hours: {max: 0}` says it must not be there."""

    rule: str = Field(description="Rule of the finding; `*` stands for any characters.")
    subject: str = Field(default="*", description="Subject of the finding; `*` stands for any characters.")
    severity: Severity | None = Field(default=None, description="Its severity.")
    effect: Effect | None = Field(default=None, description="What became of it against the base case.")
    hours: Band | None = Field(default=None, description="Hours in breach.")
    value: Band | None = Field(default=None, description="Worst value.")

    def fits(self, finding: Mapping[str, Any]) -> bool:
        """Whether this expectation speaks of the finding."""
        effect = finding.get("effect") or ""
        return (
            matches(self.rule, finding["rule"])
            and matches(self.subject, finding["subject"])
            and (self.severity is None or self.severity == finding["severity"])
            and (effect != Effect.CURED if self.effect is None else effect == self.effect)
        )


class ExpectSpec(Parameters):
    """What a run must show."""

    figures: dict[str, Band] = Field(default_factory=dict, description="Figure -> band.")
    findings: tuple[ExpectedFinding, ...] = Field(default=(), description="Findings that must be there.")

    @property
    def compares(self) -> bool:
        """Whether it can only be judged against the base case."""
        return any(finding.effect is not None for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Failure:
    """One expectation a run did not meet: where it is written, and what is wrong."""

    path: str
    message: str

    def __str__(self) -> str:
        """One plain line."""
        return f"{self.path}: {self.message}"


def judge(
    expect: ExpectSpec, figures: Mapping[str, Mapping[str, Any]], findings: Sequence[Mapping[str, Any]]
) -> list[Failure]:
    """What of `expect` a run does not meet, and every violation nobody expected.

    Args:
        expect: the expectations.
        figures: the table of `summary.json`.
        findings: records of `findings.json`.
    """
    failures = [
        Failure(f"expect.figures.{key}", problem)
        for key, band in expect.figures.items()
        if (problem := _figure_problem(key, band, figures))
    ]
    for at, expected in enumerate(expect.findings):
        failures += [Failure(f"expect.findings[{at}]", problem) for problem in _finding_problems(expected, findings)]
    for finding in findings:
        if finding["severity"] == Severity.VIOLATION and not any(e.fits(finding) for e in expect.findings):
            failures.append(Failure("violation", _unexpected(finding)))
    return failures


def _figure_problem(key: str, band: Band, figures: Mapping[str, Mapping[str, Any]]) -> str:
    figure = figures.get(key)
    if figure is None:
        subject = key.rpartition(".")[0]
        near = ", ".join(sorted(other for other in figures if other.rpartition(".")[0] == subject))
        return f"the run has no such figure; {subject} has {near}" if near else "the run has no such figure"
    low, high = figure.get("value", figure.get("min")), figure.get("value", figure.get("max"))
    if low is None or high is None:
        return "has no value in this run"
    problem = band.problem(low, high)
    return f"{problem} {figure['unit']}" if problem else ""


def _finding_problems(expected: ExpectedFinding, findings: Sequence[Mapping[str, Any]]) -> list[str]:
    name = f"{expected.rule} of {expected.subject}"
    found = [finding for finding in findings if expected.fits(finding)]
    if not found:
        absent_is_fine = expected.hours is not None and expected.hours.admits_zero
        return [] if absent_is_fine else [f"{name}: expected{_but(expected, findings)}"]
    problems = []
    for finding in found:
        for quantity, band in (("hours", expected.hours), ("value", expected.value)):
            problem = band.problem(finding[quantity], finding[quantity]) if band else ""
            if problem:
                problems.append(f"{finding['rule']} of {finding['subject']}: {quantity} {problem}")
    return problems


def _but(expected: ExpectedFinding, findings: Sequence[Mapping[str, Any]]) -> str:
    """What the run shows instead."""
    if expected.effect is not None:
        others = expected.model_copy(update={"effect": None})
        if found := sorted({str(finding.get("effect")) or "no effect" for finding in findings if others.fits(finding)}):
            return f" as {expected.effect.value}, but it is {' or '.join(found)} against the base case"
    return ", but the run shows no such finding"


def _unexpected(finding: Mapping[str, Any]) -> str:
    value, limit, unit = finding["value"], finding["limit"], finding["unit"]
    return (
        f"{finding['rule']} of {finding['subject']}: {value:.6g} {unit} against {limit:.6g} {unit}, "
        f"{finding['hours']:g} h, worst at {finding['worst_at']}, and no expectation names it"
    )
