"""Runs side by side: every row, and those that are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from cosim.compare.answers import RuleVerdict, rule_verdicts
from cosim.compare.breaches import finding_rows, rules
from cosim.compare.catalogue import figure_rows
from cosim.compare.rows import Group, Row
from cosim.compare.runs import Run, labelled, read_overview
from cosim.compare.words import Claim, claims, differences, own_notes
from cosim.errors import UsageError
from cosim.report.texts import plural


@dataclass(frozen=True)
class Comparison:
    """Runs, their rows in groups, what is not alike (`notes`), and what is claimed.

    `verdicts` say rule by rule what each run found and who answers, where the runs are of several scenarios.
    `equal` and `details` count the rows that are left out: those that read the same in all runs, and single figures
    behind the rows shown that differ.
    """

    runs: tuple[Run, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    own_notes: tuple[str, ...]
    claims: tuple[Claim, ...]
    verdicts: tuple[RuleVerdict, ...]
    equal: int
    details: int

    @property
    def titles(self) -> list[tuple[str, str]]:
        """(language, title) of the scenario, English first; the names where there are several."""
        names = tuple(dict.fromkeys(run.overview.name for run in self.runs))
        return self.runs[0].overview.titles if len(names) == 1 else [("en", " and ".join(names))]

    @property
    def legend(self) -> list[str]:
        """How to read the table, and what is not in it."""
        lines = []
        if self.rows:
            added = " Hours of all places are added up over them." if any(row.burden for row in self.rows) else ""
            lines.append(
                f"Changes are against {self.runs[0].label}: with % a share of it, without in the unit of the row."
                + added
            )
        if any(run.members > 1 for run in self.runs):
            lines.append(
                "Of ensembles: amounts and hours are means over all members, p95 is what 95 % of them stay below, "
                "lowest and highest values are those of all of them."
            )
        if self.equal or self.details:
            lines.append(
                f"Left out: {plural(self.equal, 'row')} that read the same, {self.details} more that differ "
                "(single devices, customers and the like). --all shows them, --figures NAME some."
            )
        return lines


def compare(
    folders: Sequence[Path], *, patterns: Sequence[str] = (), everything: bool = False, notes: Sequence[str] = ()
) -> Comparison:
    """Read run folders and put them side by side; the first is the reference.

    Args:
        folders: run folders, finished or not.
        patterns: show only rows whose key or words match one of them (`*` as in file names; a part without one).
        everything: show every row, also those that read the same in all runs.
        notes: what is known of the choice of runs.

    Raises:
        UsageError: fewer than two runs, one of them twice, a folder that holds none, or nothing that matches.
    """
    overviews = [read_overview(folder) for folder in folders]
    if len(folders) < 2:
        raise UsageError("a comparison needs two runs: name another run folder, or a scenario with several runs")
    twice = [folder for at, folder in enumerate(folders) if folder.resolve() in {one.resolve() for one in folders[:at]}]
    if twice:
        raise UsageError(f"{twice[0]} is given twice")
    runs = labelled(overviews)
    known = rules(runs)
    rows = in_groups([*finding_rows(runs, known), *figure_rows(runs)])
    shown = [row for row in rows if _wanted(row, patterns, everything=everything)]
    if patterns and not shown:
        raise UsageError(f"no figure matches {', '.join(patterns)}; --all shows them, --csv writes their names")
    return Comparison(
        runs=runs,
        rows=tuple(shown),
        notes=(*notes, *differences(runs)),
        own_notes=tuple(own_notes(runs)),
        claims=tuple(claims(runs, known)),
        verdicts=tuple(rule_verdicts(runs, known)),
        equal=0 if patterns else sum(not row.differs and row not in shown for row in rows),
        details=0 if patterns else sum(row.differs and row not in shown for row in rows),
    )


def in_groups(rows: Sequence[Row]) -> list[Row]:
    """Rows that any run has, group by group."""
    order = {group: at for at, group in enumerate(Group)}
    known = [row for row in rows if any(value is not None for value in row.values)]
    return sorted(known, key=lambda row: order[row.group])


def _wanted(row: Row, patterns: Sequence[str], *, everything: bool) -> bool:
    if patterns:
        return any(_matches(text, pattern) for pattern in patterns for text in (row.key, row.words))
    return everything or row.always or (row.differs and not row.detail)


def _matches(text: str, pattern: str) -> bool:
    wild = pattern if any(sign in pattern for sign in "*?") else f"*{pattern}*"
    return fnmatchcase(text.lower(), wild.lower().replace("[", "[[]"))
