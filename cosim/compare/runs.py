"""One run of a comparison: what its folder says, and the name of its column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cosim.errors import UsageError
from cosim.findings import Effect
from cosim.limits.monitor import EXCURSION
from cosim.report.figures import Figures
from cosim.report.overview import Overview
from cosim.results import manifest as manifests
from cosim.results.folder import SUMMARY, RunFolder
from cosim.results.summary import SCHEMA

Bound = tuple[str, float | None, float | None, float]  # quantity, lower, upper, window in seconds


@dataclass(frozen=True)
class Run:
    """A run read back. Only manifest, summary and findings are looked at."""

    label: str
    overview: Overview

    @property
    def path(self) -> Path:
        """Its folder, as given."""
        return self.overview.folder.path

    @property
    def complete(self) -> bool:
        """Whether the run ended well; only then its findings are all there are."""
        return self.overview.folder.complete

    @property
    def figures(self) -> Figures:
        """The figures of its summary; none if it never got there."""
        return self.overview.figures

    @property
    def members(self) -> int:
        """How many members it has."""
        return self.overview.members.count

    @property
    def findings(self) -> Sequence[Mapping[str, Any]] | None:
        """Its findings, without those that only its base case has; None if the run never got as far as judging."""
        if not self.overview.summary:
            return None
        return [finding for finding in self.overview.findings if finding.get("effect") != Effect.CURED]

    @property
    def span(self) -> tuple[str, str]:
        """Local ISO times of start and end of what was simulated; empty texts if it is not known."""
        period = self.overview.summary.get("period") or {}
        return str(period.get("start") or ""), str(period.get("end") or "")

    @property
    def standing(self) -> str:
        """One line: the verdict, or why there is none."""
        return f"UNFINISHED: {self.overview.unfinished}" if self.overview.unfinished else self.overview.verdict

    @cached_property
    def bounds(self) -> Mapping[str, frozenset[Bound]]:
        """Rule -> what it allowed anywhere in this run."""
        found: dict[str, set[Bound]] = {}
        for limit in self.overview.limits:
            found.setdefault(limit.rule, set()).add((limit.quantity, limit.lower, limit.upper, float(limit.window_s)))
        return {rule: frozenset(bounds) for rule, bounds in found.items()}


def read_overview(path: Path) -> Overview:
    """The run in a folder.

    Raises:
        UsageError: no run, one that cannot be read, or one of another version of the format.
    """
    try:
        overview = Overview(RunFolder(path), {})
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} cannot be read as a run: {error}") from error
    _demand(path, manifests.NAME, overview.manifest, manifests.SCHEMA)
    if overview.summary:
        _demand(path, SUMMARY, overview.summary, SCHEMA)
    return overview


def _demand(path: Path, file: str, content: Mapping[str, Any], schema: str) -> None:
    given = content.get("schema")
    if given != schema:
        raise UsageError(f"{path / file} is of another version: schema {given}, this cosim reads {schema}")


def labelled(overviews: Sequence[Overview]) -> tuple[Run, ...]:
    """Give every run the shortest name that tells it from the others: variant, with scenario, or its folder."""
    ways: tuple[Callable[[Overview], str], ...] = (
        lambda run: run.variant or run.name,
        lambda run: f"{run.name} {run.variant}".rstrip(),
        lambda run: run.folder.path.name,
        lambda run: str(run.folder.path),
    )
    for name in ways:
        labels = [name(run) for run in overviews]
        if len(set(labels)) == len(labels):
            break
    return tuple(Run(label, run) for label, run in zip(labels, overviews, strict=True))


def judged(run: Run, rule: str, all_runs: Iterable[Run]) -> bool:
    """Whether a run would have reported a breach of a rule: it judged, and had a limit of that name if any run has."""
    if run.findings is None:
        return False
    limit = rule.removesuffix(EXCURSION)
    return limit in run.bounds or not any(limit in other.bounds for other in all_runs)


def alike(one: Run, other: Run) -> bool:
    """Whether two runs are whole and simulate the same scenario over the same time: hours can be compared."""
    return (
        one.complete
        and other.complete
        and one.overview.name == other.overview.name
        and one.span == other.span
        and one.span != ("", "")
    )
