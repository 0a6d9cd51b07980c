"""One check: run a variant in a folder that is thrown away, judge it, compare it with its baseline."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cosim.check.beside import Beside, beside_baseline
from cosim.check.files import command
from cosim.check.verdict import Outcome, Settings, Task, Verdict
from cosim.errors import InputError, InterruptedRunError, SimulationError, UsageError
from cosim.run import RunOptions, build, execute

if TYPE_CHECKING:
    from cosim.scenario.loaded import LoadedScenario


def check_one(task: Task, settings: Settings, scratch: Path | None = None) -> Verdict:
    """Run and judge one variant; never raises for what a scenario does wrong.

    Args:
        task: the variant.
        settings: how.
        scratch: where the run folder lives as long as it is needed; None = where temporary files go.

    Raises:
        InterruptedRunError: the user stopped it.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cosim-check-", dir=scratch) as folder:
        try:
            verdict = _judged(task, settings, Path(folder))
        except InterruptedRunError:
            raise
        except KeyboardInterrupt:
            raise InterruptedRunError("interrupted") from None
        except InputError as error:
            verdict = Verdict(task, Outcome.BAD_INPUT, tuple(map(str, error.problems)), advice=_mend(task))
        except UsageError as error:
            verdict = Verdict(task, Outcome.BAD_INPUT, (str(error),), advice=_mend(task))
        except SimulationError as error:
            said = str(error).splitlines()[0]  # the next one names the folder that is thrown away
            advice = f"{command(task, settings)}  # keeps what was run"
            verdict = Verdict(task, Outcome.NO_RESULT, (f"the run failed: {said}",), advice=(advice,))
        except Exception as error:  # noqa: BLE001 - one broken scenario must not end the checks of the others
            said = f"{type(error).__name__}: {error} (a fault of cosim or of a model)"
            advice = f"{command(task, settings).replace('cosim', 'cosim --debug', 1)}  # shows where"
            verdict = Verdict(task, Outcome.NO_RESULT, (said,), advice=(advice,))
    return replace(verdict, seconds=time.monotonic() - started)


def crashed(task: Task, settings: Settings) -> Verdict:
    """The verdict of a check whose process ended without a word."""
    said = "the process that ran it ended without a word (out of memory, or killed)"
    advice = f"{command(task, settings, '--jobs', '1', what='check')}  # alone, in one process"
    return Verdict(task, Outcome.NO_RESULT, (said,), advice=(advice,))


def _mend(task: Task) -> tuple[str, ...]:
    return (f"cosim validate {task.file}",)


def _judged(task: Task, settings: Settings, folder: Path) -> Verdict:
    from cosim.results.expect import ExpectSpec, judge  # noqa: PLC0415
    from cosim.results.folder import RunFolder  # noqa: PLC0415
    from cosim.scenario.validation import load_base_case, load_scenario  # noqa: PLC0415

    options = RunOptions(
        variant=task.variant, duration=settings.duration, threads=1, quiet=settings.quiet, report=False
    )
    loaded: LoadedScenario = load_scenario(task.file, variant=task.variant, sets=options.overrides)
    # what a whole run must show says nothing of a shortened one; its limits do
    expect = loaded.scenario.expect if settings.duration is None else ExpectSpec()
    base = load_base_case(loaded) if expect.compares else None
    execute(loaded, build(loaded, options), folder, options, base)
    run = RunFolder(folder)
    missed = [str(failure) for failure in judge(expect, run.summary()["figures"], run.findings())]
    beside = Beside() if settings.baseline is None else beside_baseline(task, settings, run)
    failures = (*missed, *beside.failures)
    return Verdict(
        task,
        Outcome.FAILED if failures else Outcome.PASSED,
        failures,
        more=beside.more,
        notes=beside.notes,
        advice=(*([command(task, settings)] if missed else []), *beside.advice),
    )
