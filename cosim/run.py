"""Running one scenario: it owns the sinks, the progress, the failure policy and the run folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.errors import CosimError, InputError, InterruptedRunError, Problem, SimulationError, UsageError
from cosim.progress import Progress

if TYPE_CHECKING:
    from cosim.results.manifest import Manifest
    from cosim.scenario.loaded import LoadedScenario
    from cosim.study import Study
    from simulators.sinks import Layout, Sink, StepRecord

STOP = "stop"
MARK = "mark"
GRID_FILE = "grid.json"
SCENARIO_FILE = "scenario.yaml"
LOG_FILE = "run.log"


@dataclass(frozen=True)
class RunOptions:
    """What the command line may ask of a run."""

    variant: str | None = None
    sets: tuple[str, ...] = ()
    duration: str | None = None
    engine: str = "auto"
    on_failure: str | None = None  # stop | mark; None = stop for one member, mark for many
    out: Path | None = None
    report: bool = True
    quiet: bool = False

    @property
    def overrides(self) -> tuple[str, ...]:
        """Every `--set`, `--duration` last."""
        if self.duration is None:
            return self.sets
        return (*self.sets, "time.end=null", f"time.duration={self.duration}")


class StopOnFailure:
    """A sink that ends the run at the first step whose power flow found no solution."""

    def open(self, layout: Layout) -> None:
        """Remember the clock."""
        self._axis = layout.axis

    def write(self, step: StepRecord) -> None:
        """Raise `SimulationError` for a failed step."""
        if not step.grid.result.converged.all():
            moment = self._axis.local(step.t_s)
            raise SimulationError(
                f"the power flow of step {step.k} ({moment:%Y-%m-%d %H:%M}) found no solution: look at the loads and "
                "injections of that step, or run with --on-failure mark to go on and have it marked"
            )

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""


def run_scenario(scenario: str, options: RunOptions) -> Path:
    """Load, run and report one scenario; returns its run folder.

    Raises:
        InputError: the scenario or a file it names is wrong; no folder was made.
        SimulationError: the run failed or was interrupted; the folder stays readable to its last chunk.
    """
    from cosim.report.console import print_run_summary  # noqa: PLC0415
    from cosim.results.folder import RunFolder, create_folder  # noqa: PLC0415
    from cosim.scenario.validation import load_scenario  # noqa: PLC0415

    if options.on_failure not in {None, STOP, MARK}:
        raise UsageError(f"--on-failure must be {STOP} or {MARK} (given {options.on_failure})")
    started = time.monotonic()
    loaded = load_scenario(scenario, variant=options.variant, sets=options.overrides)
    study = build(loaded, options.engine)
    folder = create_folder(loaded.scenario.name, options.variant, options.out)
    execute(loaded, study, folder, options)
    if options.report:
        from cosim.report.page import write_report  # noqa: PLC0415

        write_report(RunFolder(folder))
    if not options.quiet:
        print_run_summary(RunFolder(folder), time.monotonic() - started)
    return folder


def data_flow_graph(scenario: str, options: RunOptions) -> str:
    """The wires of a scenario's world, as mermaid text."""
    from cosim.graph import mermaid  # noqa: PLC0415
    from cosim.scenario.validation import load_scenario  # noqa: PLC0415
    from cosim.world import build_world  # noqa: PLC0415

    loaded = load_scenario(scenario, variant=options.variant, sets=options.overrides)
    wired = build_world(build(loaded, options.engine), ())
    wired.world.shutdown()
    return mermaid(wired.wires)


def build(loaded: LoadedScenario, engine: str) -> Study:
    """The study of a scenario; what a reader refuses becomes an `InputError`."""
    from cosim.build import build_study  # noqa: PLC0415
    from grids.errors import GridError  # noqa: PLC0415
    from simulators.sources.errors import SourceError  # noqa: PLC0415

    try:
        return build_study(loaded, engine=engine)
    except SourceError as error:
        raise InputError(Problem(str(loaded.file), 0, 0, error.where, text) for text in error.problems) from error
    except GridError as error:
        raise InputError([Problem(str(loaded.file), 0, 0, "grid", str(error))]) from error


def execute(loaded: LoadedScenario, study: Study, folder: Path, options: RunOptions) -> None:
    """Run a study into a folder. The manifest says `complete` last of all."""
    from cosim.results.manifest import Manifest, Status  # noqa: PLC0415
    from cosim.world import build_world  # noqa: PLC0415

    (folder / SCENARIO_FILE).write_text(loaded.yaml, encoding="utf-8")
    study.feeder.grid.to_json(folder / GRID_FILE)
    manifest = Manifest(folder, _manifest(loaded, study, options))
    results = Results(loaded, study, folder)
    sinks: list[Sink] = [*results.sinks]
    if not options.quiet:
        sinks.append(Progress(loaded.scenario.name))
    if (options.on_failure or (STOP if study.members == 1 else MARK)) == STOP:
        sinks.append(StopOnFailure())
    try:
        build_world(study, sinks).run()
        results.write()
    except KeyboardInterrupt:
        _abort(manifest, folder, Status.INTERRUPTED, "interrupted by the user")
        raise InterruptedRunError(f"interrupted; {folder} holds the run up to its last chunk") from None
    except CosimError as error:
        _abort(manifest, folder, Status.FAILED, str(error))
        raise SimulationError(f"{error}\n{folder} holds the run up to there") from error
    except Exception as error:
        _abort(manifest, folder, Status.FAILED, f"{type(error).__name__}: {error}")
        raise SimulationError(
            f"{type(error).__name__}: {error} (a fault of cosim or of a model: --debug shows where)\n"
            f"{folder} holds the run up to there"
        ) from error
    _log(folder, "complete")
    manifest.finish(Status.COMPLETE)


class Results:
    """The sinks of a run, and what they become at its end."""

    def __init__(self, loaded: LoadedScenario, study: Study, folder: Path) -> None:
        from cosim.limits.monitor import Monitor  # noqa: PLC0415
        from cosim.results.balance import Balance  # noqa: PLC0415
        from cosim.results.cost import EnergyCost  # noqa: PLC0415
        from cosim.results.events import EventLog  # noqa: PLC0415
        from cosim.results.extremes import Extremes  # noqa: PLC0415
        from cosim.results.series import SeriesWriter  # noqa: PLC0415

        scenario = loaded.scenario
        self._loaded, self._study, self._folder = loaded, study, folder
        self._series = SeriesWriter(folder, scenario.record)
        self._monitor = Monitor(study.limits)
        self._balance = Balance(np.asarray(study.feeder.grid.load_shares.any(axis=1)))
        self._extremes = Extremes({name: customer.buses for name, customer in scenario.customers.items()})
        self._events = EventLog()
        metered = [name for name, boundary in scenario.boundaries.items() if boundary.kind == "pcc"]
        currency = scenario.market.currency if scenario.market is not None else ""
        self._cost = EnergyCost(metered, currency)

    @property
    def sinks(self) -> Sequence[Sink]:
        """In the order in which they see a step: records first, so that a failing step is kept."""
        return (self._series, self._monitor, self._balance, self._extremes, self._events, self._cost)

    def write(self) -> None:
        """Summary, findings, events and balance."""
        from cosim.results.folder import write_results  # noqa: PLC0415
        from cosim.results.summary import build_summary  # noqa: PLC0415

        study, loaded = self._study, self._loaded
        findings = self._monitor.findings()
        figures = [*self._balance.figures(), *self._extremes.figures(), *self._cost.figures()]
        summary = build_summary(
            scenario=loaded.scenario.name,
            variant=loaded.variant,
            axis=study.axis,
            members=study.members,
            figures=figures,
            findings=findings,
            notes=(*study.notes, *loaded.notes),
        )
        write_results(
            self._folder,
            summary=summary,
            findings=findings,
            events=self._events.events,
            balance=self._balance.monthly(),
        )


def _manifest(loaded: LoadedScenario, study: Study, options: RunOptions) -> dict[str, Any]:
    scenario = loaded.scenario
    engine = study.feeder.engine
    return {
        "scenario": scenario.name,
        "variant": loaded.variant,
        "title": scenario.titles,
        "description": scenario.description,
        "source": scenario.source,
        "sets": list(options.overrides),
        "hash": loaded.content_hash,
        "timezone": scenario.time.timezone,
        "members": study.members,
        "steps": study.axis.steps,
        "engine": {"name": engine.name, "version": engine.version},
        "provenance": dict(study.provenance),
        "limits": [limit.as_dict() for limit in study.limits],
        "notes": [*study.notes, *loaded.notes],
    }


def _abort(manifest: Manifest, folder: Path, status: Any, message: str) -> None:
    _log(folder, message)
    manifest.finish(status, error=message)


def _log(folder: Path, message: str) -> None:
    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {message}\n")
