"""Running one scenario: it owns the sinks, the progress, the failure policy and the run folder."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import CosimError, InputError, InterruptedRunError, Problem, SimulationError, UsageError
from cosim.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosim.compare.effects import BaseFindings
    from cosim.ensemble.draws import Draws
    from cosim.findings import Finding
    from cosim.results.manifest import Manifest
    from cosim.scenario.loaded import LoadedScenario
    from cosim.study import Study
    from simulators.sinks import Sink

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
    members: int | None = None  # size of the ensemble; None = one member with the file's own values
    member: int | None = None  # run only this one of the ensemble
    threads: int | None = None  # of the power flow; None = one a core
    on_failure: str | None = None  # stop | mark; None = stop for one member, mark for many
    out: Path | None = None
    report: bool = True
    base: bool = False  # run the base case as well, where the scenario has one, and compare with it
    quiet: bool = False

    @property
    def overrides(self) -> tuple[str, ...]:
        """Every `--set`, `--duration` last; UsageError where it is no duration."""
        if self.duration is None:
            return self.sets
        from cosim.scenario.keys.scalars import parse_length  # noqa: PLC0415

        try:
            parse_length(self.duration)
        except ValueError as error:
            raise UsageError(f"--duration {self.duration}: {error}") from None
        return (*self.sets, "time.end=null", f"time.duration={self.duration}")


def run_scenario(scenario: str, options: RunOptions) -> Path:
    """Load, run and report one scenario; returns its run folder.

    Raises:
        InputError: the scenario or a file it names is wrong; no folder was made.
        SimulationError: the run failed or was interrupted; the folder stays readable to its last chunk.
    """
    from cosim.report.console import print_run_summary  # noqa: PLC0415
    from cosim.results.folder import RunFolder, create_folder  # noqa: PLC0415
    from cosim.scenario.validation import load_base_case, load_scenario  # noqa: PLC0415

    if options.on_failure not in {None, STOP, MARK}:
        raise UsageError(f"--on-failure must be {STOP} or {MARK} (given {options.on_failure})")
    started = time.monotonic()
    loaded = load_scenario(scenario, variant=options.variant, sets=options.overrides)
    base = load_base_case(loaded) if options.base else None
    study = build(loaded, options)
    folder = create_folder(loaded.scenario.name, options.variant, options.out)
    execute(loaded, study, folder, options, base)
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
    wired = build_world(build(loaded, options), ())
    wired.world.shutdown()
    return mermaid(wired.wires)


def build(loaded: LoadedScenario, options: RunOptions, like: Draws | None = None) -> Study:
    """The study of a scenario and its members; what a reader refuses becomes an `InputError`.

    Args:
        loaded: the scenario.
        options: which members, engine and threads.
        like: draws of another scenario, whose members have the same values here.
    """
    from cosim.build import build_study  # noqa: PLC0415
    from cosim.ensemble import sampling  # noqa: PLC0415
    from grids.errors import GridError  # noqa: PLC0415
    from simulators.sources.errors import SourceError  # noqa: PLC0415

    if like is None:
        draws = sampling.draw(loaded, members=options.members, member=options.member)
    else:
        draws = sampling.drawn_again(loaded, like)
    try:
        study = build_study(loaded, engine=options.engine, draws=draws, threads=options.threads)
    except SourceError as error:
        raise InputError(Problem(str(loaded.file), 0, 0, error.where, text) for text in error.problems) from error
    except GridError as error:
        raise InputError([Problem(str(loaded.file), 0, 0, "grid", str(error))]) from error
    return replace(study, notes=(*study.notes, *sampling.notes(loaded, draws)))


def execute(
    loaded: LoadedScenario, study: Study, folder: Path, options: RunOptions, base: LoadedScenario | None = None
) -> Sequence[Finding]:
    """Run a study into a folder; returns its findings. The manifest says `complete` last of all.

    With a base case, that runs first, into `base-case` in the folder, and the findings say what became of its own.
    """
    from cosim.certify.certificate import Certificate  # noqa: PLC0415
    from cosim.compare.effects import BaseFindings  # noqa: PLC0415
    from cosim.results.feeder_facts import write_feeder_facts  # noqa: PLC0415
    from cosim.results.manifest import Manifest, Status  # noqa: PLC0415
    from cosim.results.outcome import Results  # noqa: PLC0415
    from cosim.world import build_world  # noqa: PLC0415
    from grids.errors import GridError  # noqa: PLC0415

    (folder / SCENARIO_FILE).write_text(loaded.yaml, encoding="utf-8")
    study.feeder.grid.to_json(folder / GRID_FILE)
    write_feeder_facts(folder, study.facts)
    manifest = Manifest(folder, _manifest(loaded, study, options))
    results = Results(loaded, study, folder)
    policy = options.on_failure or (STOP if study.draws.size == 1 else MARK)
    certificate = Certificate(study, folder, stop=policy == STOP)
    sinks: list[Sink] = [*results.sinks, *certificate.sinks]
    if not options.quiet:
        sinks.append(Progress(f"{loaded.scenario.name} {loaded.variant or ''}".rstrip()))
    try:
        before = BaseFindings() if base is None else _base_case(base, study, folder, options)
        build_world(study, sinks).run()
        certificate.issue()
        manifest.update(**certificate.manifest())
        ending = results.write(certificate.findings(), certificate.hours(), before)
        certificate.verify()
    except (KeyboardInterrupt, InterruptedRunError):  # the latter: while the base case ran
        _abort(manifest, folder, Status.INTERRUPTED, "interrupted by the user")
        raise InterruptedRunError(f"interrupted; {folder} holds the run up to its last chunk") from None
    except (CosimError, GridError) as error:
        manifest.update(**certificate.manifest())
        _abort(manifest, folder, Status.FAILED, str(error))
        raise SimulationError(f"{error}\n{folder} holds the run up to there") from error
    except Exception as error:
        _abort(manifest, folder, Status.FAILED, f"{type(error).__name__}: {error}")
        raise SimulationError(
            f"{type(error).__name__}: {error} (a fault of cosim or of a model: --debug shows where)\n"
            f"{folder} holds the run up to there"
        ) from error
    _log(folder, "complete")
    manifest.finish(Status.COMPLETE, **ending)
    return results.findings


def _base_case(base: LoadedScenario, study: Study, folder: Path, options: RunOptions) -> BaseFindings:
    """Run the base case with the members of the study. If it fails, the study goes on without it and says so."""
    from cosim.compare.effects import BaseFindings  # noqa: PLC0415
    from cosim.results.folder import BASE_FOLDER  # noqa: PLC0415

    inside = folder / BASE_FOLDER
    inside.mkdir()
    try:
        judged = build(base, options, study.draws)
        return BaseFindings(execute(base, judged, inside, options), limits=judged.limits)
    except InterruptedRunError:
        raise
    except CosimError as error:
        return BaseFindings(notes=(f"the base case failed, so nothing is compared: {str(error).splitlines()[0]}",))


def _manifest(loaded: LoadedScenario, study: Study, options: RunOptions) -> dict[str, Any]:
    from cosim.rules.limit_answers import answered_limits  # noqa: PLC0415

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
        "limits": [limit.as_dict() for limit in answered_limits(study.limits, study.arrangement)],
        "notes": [*study.notes, *loaded.notes],
    }


def _abort(manifest: Manifest, folder: Path, status: Any, message: str) -> None:
    _log(folder, message)
    manifest.finish(status, error=message)


def _log(folder: Path, message: str) -> None:
    with (folder / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} {message}\n")
