"""Everything that may go wrong on purpose, and the exit code each means (docs/cli.md)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees."""

    DONE = 0
    JUDGED_AND_FAILED = 1
    BAD_INPUT = 2
    SIMULATION_FAILED = 3


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with the input, where it stands and what to do about it.

    `line` and `column` count from 1; 0 means "the file as a whole". A warning stops nothing. `rule` is the rule of
    grid validation that found it, if one did.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    given: str = ""
    hint: str = ""
    rule: str = ""
    warning: bool = False

    def __str__(self) -> str:
        """`file:line:column  path  [warning: ][rule: ]what is wrong (what was given)  what to do`, one plain line."""
        mark = ("warning: " if self.warning else "") + (f"{self.rule}: " if self.rule else "")
        parts = [f"{self.file}:{self.line}:{self.column}", self.path or "(file)", mark + self.message]
        if self.given:
            parts[-1] += f" ({self.given})"
        if self.hint:
            parts.append(self.hint)
        return "  ".join(parts)


class CosimError(Exception):
    """Base of all errors a user may see without a traceback."""

    exit_code = ExitCode.SIMULATION_FAILED


class InputError(CosimError):
    """The input is wrong: all problems found, at once."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(CosimError):
    """The command line asks for something that is not there or not allowed."""

    exit_code = ExitCode.BAD_INPUT


class SimulationError(CosimError):
    """The run itself failed; the folder stays readable to its last chunk."""

    exit_code = ExitCode.SIMULATION_FAILED


class InterruptedRunError(SimulationError):
    """The user stopped the run; whoever runs several stops as well."""
