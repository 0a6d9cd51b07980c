"""`cosim check`: all files first, then all variants side by side, then the summary."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cosim.check.files import problems_of, scenario_files, tasks_of
from cosim.check.one import check_one, crashed
from cosim.check.verdict import Outcome, Settings, Task, Verdict
from cosim.check.waiting import Waiting
from cosim.check.workers import Crashed, Workers
from cosim.errors import ExitCode, InputError, InterruptedRunError, Problem, UsageError

Echo = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """How all checks went."""

    verdicts: tuple[Verdict, ...]
    seconds: float
    notes: tuple[str, ...] = ()

    def count(self, *outcomes: Outcome) -> int:
        """How many ended so."""
        return sum(verdict.outcome in outcomes for verdict in self.verdicts)

    @property
    def exit_code(self) -> ExitCode:
        """0 all passed, 1 one failed, 2 an input turned out wrong while it was built, 3 interrupted."""
        if self.count(Outcome.NOT_RUN):
            return ExitCode.SIMULATION_FAILED
        if self.count(Outcome.BAD_INPUT):
            return ExitCode.BAD_INPUT
        return ExitCode.JUDGED_AND_FAILED if self.count(Outcome.FAILED, Outcome.NO_RESULT) else ExitCode.DONE

    def lines(self) -> list[str]:
        """The summary: how many passed and failed, what is worth saying, and what to do next about each failure."""
        passed, left = self.count(Outcome.PASSED), self.count(Outcome.NOT_RUN)
        failed = len(self.verdicts) - passed - left
        ended = f", {left} not run: interrupted" if left else ""
        lines = [f"{passed} passed, {failed} failed{ended} in {self.seconds:.1f} s"]
        advised = [verdict for verdict in self.verdicts if verdict.advice]
        lines += [f"note: {note}" for note in self.notes]
        return [*lines, *(["next:"] if advised else []), *(f"  {line}" for one in advised for line in one.next_lines())]


def check_all(
    files: Sequence[str],
    settings: Settings,
    *,
    variant: str | None = None,
    jobs: int | None = None,
    junit: Path | None = None,
    echo: Echo = print,
) -> Report:
    """Check every scenario and variant, say how each went as soon as it is final.

    Args:
        files: scenario files, folders of them, bundled ids.
        settings: how.
        variant: only this one.
        jobs: how many run side by side; None = one a core.
        junit: JUnit XML to write, also if files are wrong.
        echo: prints a line.

    Raises:
        InputError: scenario files are wrong, with every problem of all of them (nothing was run).
        UsageError: what is asked for is not there.
    """
    started = time.monotonic()
    if settings.update and settings.baseline is None:
        raise UsageError("--update-baseline writes into a folder: name it with --baseline DIR")
    found = scenario_files(files)
    tasks = tasks_of(found, variant, settings, named=files)
    _demand_own_baselines(tasks, settings)
    count = min(jobs or _cores(), max(len(found), len(tasks)))
    with Workers(count) as workers:
        try:
            problems = _problems(found, settings, workers, spare=count - len(found))
        except KeyboardInterrupt:
            raise InterruptedRunError("interrupted; nothing was run") from None
        wrong = sorted({problem for own in problems.values() for problem in own})
        if wrong:
            if junit is not None:
                _write_problems(junit, problems)
            raise InputError(wrong)
        if not tasks:
            raise UsageError(f"{', '.join(files)}: only abstract scenarios, bases for others: nothing to run")
        alone = replace(settings, quiet=count > 1 or not _watched())
        verdicts = _verdicts(tasks, alone, workers, echo)
    notes = _strays(tasks, settings, files) if variant is None else ()
    report = Report(tuple(verdicts), time.monotonic() - started, tuple(notes))
    for line in report.lines():
        echo(line)
    if junit is not None:
        _write_junit(junit, report)
    return report


def _problems(
    files: Sequence[str], settings: Settings, workers: Workers, *, spare: int
) -> dict[str, tuple[Problem, ...]]:
    read = partial(problems_of, settings=settings)
    waiting = Waiting("files read", [1] * (len(files) + max(spare, 0)))
    found: dict[str, tuple[Problem, ...]] = {}
    # processes with nothing to read do the first file too: what they import for it stays with them
    items = [*files, *([files[0]] * spare)]
    for file, problems in zip(items, workers.results(read, items, waiting.tick), strict=True):
        crash = Problem(file, 0, 0, "", "the process that read it ended without a word", hint="out of memory?")
        found[file] = (crash,) if isinstance(problems, Crashed) else problems
    waiting.clear()
    return found


def _verdicts(tasks: Sequence[Task], settings: Settings, workers: Workers, echo: Echo) -> list[Verdict]:
    """Every check, said as it becomes final; after Ctrl-C the rest counts as not run."""
    waiting = Waiting("checked", [task.steps for task in tasks])
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="cosim-check-", ignore_cleanup_errors=True) as scratch:
        check = partial(check_one, settings=settings, scratch=Path(scratch))
        try:
            for task, result in zip(tasks, workers.results(check, tasks, waiting.tick), strict=True):
                verdict = crashed(task, settings) if isinstance(result, Crashed) else result
                verdicts.append(verdict)
                waiting.clear()
                for line in verdict.lines():
                    echo(line)
        except (KeyboardInterrupt, InterruptedRunError):
            waiting.clear()
            workers.stop()
            verdicts += [Verdict(task, Outcome.NOT_RUN) for task in tasks[len(verdicts) :]]
    return verdicts


def _demand_own_baselines(tasks: Sequence[Task], settings: Settings) -> None:
    from cosim.check.baseline import folder_of  # noqa: PLC0415

    owners: dict[str, Task] = {}
    for task in tasks if settings.baseline is not None else ():
        other = owners.setdefault(folder_of(task.scenario, task.variant), task)
        if other is not task:
            name = folder_of(task.scenario, task.variant)
            raise UsageError(
                f"{other.file} ({other.name}) and {task.file} ({task.name}) would share the baseline {name}: "
                "give one of them another name"
            )


def _strays(tasks: Sequence[Task], settings: Settings, files: Sequence[str]) -> Iterator[str]:
    """Baselines of variants and scenarios that are gone: of a folder all without one, of a file those of its name."""
    from cosim.check.baseline import folder_of, strays  # noqa: PLC0415

    if settings.baseline is None:
        return
    used = {folder_of(task.scenario, task.variant) for task in tasks}
    whole = any(Path(name).is_dir() for name in files)
    for folder in strays(settings.baseline, used, None if whole else {task.scenario for task in tasks}):
        yield f"baseline {folder} is of no scenario or variant that was checked; delete it if it was renamed or removed"


def _write_junit(path: Path, report: Report) -> None:
    from cosim.check.junit import write_junit  # noqa: PLC0415
    from cosim.results.manifest import versions  # noqa: PLC0415

    write_junit(path, report.verdicts, versions())


def _write_problems(path: Path, problems: dict[str, tuple[Problem, ...]]) -> None:
    from cosim.check.junit import write_problems  # noqa: PLC0415
    from cosim.results.manifest import versions  # noqa: PLC0415

    write_problems(path, problems, versions())


def _cores() -> int:
    from cosim.build.engine import cores  # noqa: PLC0415

    return cores()


def _watched() -> bool:
    import sys  # noqa: PLC0415

    return sys.stderr.isatty()
