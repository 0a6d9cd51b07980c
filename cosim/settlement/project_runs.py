"""What a project's runs say a year: figures with and without the project, member by member."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cosim.errors import UsageError
from cosim.results.figures import FAILED_STEPS
from cosim.results.folder import RunFolder
from grids.arrays import BoolArray, FloatArray

HOURS_A_DAY = 24.0
MWH = "MWh"


class FiguresOfRun:
    """The figures of a finished run folder, by member.

    Raises:
        UsageError: no run, or not a finished one.
    """

    def __init__(self, path: Path) -> None:
        folder = RunFolder(path)
        if not folder.complete:
            raise UsageError(f"{path} is not finished ({folder.status.value}): a project needs whole runs")
        self.path = path
        summary = folder.summary()
        self.days = float(summary["period"]["hours"]) / HOURS_A_DAY
        self._table: Mapping[str, Mapping[str, Any]] = summary["figures"]
        self.members = int(summary["members"])
        self._columns = folder.members() if self.members > 1 else None

    def values(self, key: str) -> FloatArray:
        """(M,) a figure; NaN where a member has none."""
        if self._columns is None:
            value = self._table[key]["value"]
            return np.array([np.nan if value is None else float(value)])
        return np.asarray(self._columns[key].to_numpy(zero_copy_only=False), dtype=np.float64)

    def named(self, patterns: Iterable[str]) -> dict[str, str]:
        """Figure -> unit of those that match any pattern."""
        wanted = tuple(patterns)
        return {
            key: str(one["unit"])
            for key, one in self._table.items()
            if any(key == pattern or fnmatchcase(key, pattern) for pattern in wanted)
        }

    @cached_property
    def failed(self) -> BoolArray:
        """(M,) who has steps without solution."""
        known = FAILED_STEPS in self._table
        return self.values(FAILED_STEPS) > 0 if known else np.zeros(self.members, dtype=np.bool_)


@dataclass(frozen=True)
class Period:
    """A run with the project, one without it, and the days of a year they stand for."""

    name: str
    with_it: FiguresOfRun
    without: FiguresOfRun
    days: float


@dataclass(frozen=True)
class Counted:
    """Figures added up over a year: (M,) and the unit they have in common."""

    amount: FloatArray
    unit: str
    figures: tuple[str, ...]


class ProjectRuns:
    """The runs of a project as one year.

    Raises:
        UsageError: runs of one period that do not cover the same time, or numbers of members that do not go together.
    """

    def __init__(self, periods: Iterable[Period]) -> None:
        self._periods = tuple(periods)
        counts = {}
        for period in self._periods:
            for run in (period.with_it, period.without):
                counts[str(run.path)] = run.members
            if abs(period.with_it.days - period.without.days) > 1e-9:
                raise UsageError(
                    f"period {period.name}: {period.with_it.path} covers {period.with_it.days:g} days, "
                    f"{period.without.path} {period.without.days:g}: both must be the same time"
                )
        if len(set(counts.values()) - {1}) > 1:
            said = ", ".join(f"{path} {count}" for path, count in counts.items())
            raise UsageError(f"runs of one project need equal members, or one: {said}")
        self.members = max(counts.values())

    @cached_property
    def usable(self) -> BoolArray:
        """(M,) members every run has solved."""
        bad = np.zeros(self.members, dtype=np.bool_)
        for period in self._periods:
            bad |= period.with_it.failed | period.without.failed
        return ~bad

    def year(self, patterns: Iterable[str], of: Literal["change", "with", "without"], what: str) -> Counted:
        """Figures added up and scaled to a year; of a change, one that the run without does not have counts as 0 there.

        Raises:
            UsageError: a pattern that the run of a period has no figure for, figures of several units, or members
                without them.
        """
        wanted = list(patterns)
        units: dict[str, str] = {}
        total = np.zeros(self.members)
        for period in self._periods:
            signs = {"change": (1.0, -1.0), "with": (1.0, 0.0), "without": (0.0, 1.0)}[of]
            self._must_be_there(wanted, period.without if of == "without" else period.with_it, what, period.name)
            for run, sign in zip((period.with_it, period.without), signs, strict=True):
                if sign:
                    named = run.named(wanted)
                    units |= named
                    total = total + sum(
                        (sign * period.days / run.days * run.values(key) for key in named), np.zeros(self.members)
                    )
        if len(set(units.values())) > 1:
            said = ", ".join(f"{key} {unit}" for key, unit in units.items())
            raise UsageError(f"{what}: figures of several units cannot be added: {said}")
        if lost := int(np.isnan(total[self.usable]).sum()):
            raise UsageError(f"{what}: {lost} members have no {', '.join(units)}")
        return Counted(total, next(iter(units.values())), tuple(units))

    @staticmethod
    def _must_be_there(wanted: Iterable[str], run: FiguresOfRun, what: str, period: str) -> None:
        lost = [one for one in wanted if not run.named([one])]
        if lost:
            raise UsageError(
                f"{what}: period {period}: {run.path} has no figure {', '.join(lost)}; its summary.json lists them"
            )
