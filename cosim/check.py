"""Scenario files as tests: run every variant and judge it by its own `expect` and its limits."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosim.errors import InputError, InterruptedRunError, Problem, SimulationError, UsageError
from cosim.run import RunOptions, build, execute
from cosim.scenario.bundled import SUFFIX


@dataclass(frozen=True)
class Verdict:
    """One variant of one scenario, judged. No failures = passed."""

    scenario: str
    variant: str | None
    failures: tuple[str, ...]

    @property
    def name(self) -> str:
        """`hioki` or `hioki [price-spike]`."""
        return self.scenario if self.variant is None else f"{self.scenario} [{self.variant}]"


def check_all(
    files: Sequence[str],
    *,
    variant: str | None = None,
    duration: str | None = None,
    echo: Callable[[str], None] = print,
) -> bool:
    """Check every scenario and variant, say how each went; whether all passed.

    Raises:
        InputError: a scenario file is wrong (nothing was run).
    """
    verdicts = []
    for scenario, name in list(_runs(files, variant)):
        verdict = check_one(scenario, name, duration)
        verdicts.append(verdict)
        echo(f"{'FAIL' if verdict.failures else 'pass'}  {verdict.name}")
        for failure in verdict.failures:
            echo(f"      {failure}")
    failed = sum(bool(verdict.failures) for verdict in verdicts)
    echo(f"{len(verdicts) - failed} passed, {failed} failed")
    return not failed


def check_one(scenario: str, variant: str | None, duration: str | None = None) -> Verdict:
    """Run one variant in a folder that is thrown away, and judge it. A run that fails is a failure."""
    from cosim.results.expect import ExpectSpec, judge  # noqa: PLC0415
    from cosim.results.folder import RunFolder  # noqa: PLC0415
    from cosim.scenario.validation import load_scenario  # noqa: PLC0415

    options = RunOptions(variant=variant, duration=duration, quiet=True, report=False)
    loaded = load_scenario(scenario, variant=variant, sets=options.overrides)
    with tempfile.TemporaryDirectory(prefix="cosim-check-") as scratch:
        folder = Path(scratch)
        try:
            execute(loaded, build(loaded, options), folder, options)
        except InterruptedRunError:
            raise
        except SimulationError as error:
            return Verdict(loaded.scenario.name, variant, (str(error).splitlines()[0],))
        run = RunFolder(folder)
        # what a whole run must show says nothing of a shortened one; its limits do
        expect = loaded.scenario.expect if duration is None else ExpectSpec()
        failures = judge(expect, run.summary()["figures"], run.findings())
    return Verdict(loaded.scenario.name, variant, tuple(str(failure) for failure in failures))


def _runs(files: Sequence[str], variant: str | None) -> Iterator[tuple[str, str | None]]:
    """Every (scenario, variant) asked for; all files are loaded first, so that a wrong one stops before any run."""
    from cosim.scenario.validation import load_scenario, validate_file  # noqa: PLC0415

    problems: list[Problem] = []
    found = [scenario for file in files for scenario in _scenarios(file)]
    for scenario in found:
        problems += validate_file(scenario).problems
    if problems:
        raise InputError(problems)
    for scenario in found:
        variants = load_scenario(scenario).variants
        if variant is not None and variant not in variants:
            raise UsageError(f"{scenario} has no variant {variant!r}; it has {', '.join(variants) or 'none'}")
        yield from ((scenario, name) for name in ([None, *variants] if variant is None else [variant]))


def _scenarios(file: str) -> list[str]:
    """The scenario files of a folder, or the file or id itself."""
    path = Path(file)
    if not path.is_dir():
        return [file]
    inside = sorted(str(each) for each in path.rglob(f"*{SUFFIX}"))
    if not inside:
        raise UsageError(f"{file} holds no scenario (*{SUFFIX})")
    return inside
