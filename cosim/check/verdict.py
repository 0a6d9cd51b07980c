"""What is checked and what comes out: one variant of one scenario each. Plain data, handed between processes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"  # judged: an expectation, a limit or the baseline
    BAD_INPUT = "bad input"  # found only while the study was built
    NO_RESULT = "no result"  # the run failed, or the process that ran it ended
    NOT_RUN = "not run"  # the user stopped before its turn


@dataclass(frozen=True)
class Settings:
    """What holds for every check of one call.

    Args:
        duration: run only this long; `expect` is not judged then. None = the whole run.
        baseline: folder of baselines to compare with; None = none.
        update: whether baselines are written instead of compared.
        quiet: whether a run shows no progress of its own.
    """

    duration: str | None = None
    baseline: Path | None = None
    update: bool = False
    quiet: bool = True


@dataclass(frozen=True)
class Task:
    """One variant to check; `steps` is how long it runs, as far as the file tells."""

    file: str  # as given: a path or a bundled id
    scenario: str
    variant: str | None
    steps: int = 1

    @property
    def name(self) -> str:
        """`hioki` or `hioki [price-spike]`."""
        return self.scenario if self.variant is None else f"{self.scenario} [{self.variant}]"


@dataclass(frozen=True)
class Verdict:
    """One variant, judged.

    Args:
        task: what was checked.
        outcome: how it ended.
        failures: what is wrong, one plain line each; none if it passed.
        more: further lines, too many for a terminal: files get them.
        notes: what is worth saying though nothing failed.
        advice: what to do next, one line each.
        seconds: wall time.
    """

    task: Task
    outcome: Outcome
    failures: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.outcome is Outcome.PASSED

    def lines(self) -> list[str]:
        """How it went, for people: a line, then what is wrong below it."""
        word = "pass" if self.passed else "FAIL"
        return [
            f"{word}  {self.task.name}  {self.seconds:.1f} s",
            *(f"      {failure}" for failure in self.failures),
            *(f"      note: {note}" for note in self.notes),
        ]

    def next_lines(self) -> list[str]:
        """What to do next."""
        return [f"{self.task.name}: {self.advice[0]}", *(f"    {line}" for line in self.advice[1:])]
