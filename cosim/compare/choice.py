"""Which runs to compare: folders as given, the newest runs of a scenario and its variants, or runs made now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.errors import InputError, InterruptedRunError, SimulationError, UsageError
from cosim.results import manifest as manifests
from cosim.results.files import read_json
from cosim.results.folder import RUNS
from cosim.run import RunOptions, build, execute

if TYPE_CHECKING:
    from cosim.scenario.loading import Document


@dataclass(frozen=True)
class Choice:
    """Run folders in order, what is to say about them, and whether a run made now failed."""

    folders: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    failed: bool = False


def choose(arguments: Sequence[str], runs: Path = RUNS) -> Choice:
    """The folders named; for a scenario file or id the newest run under `runs` of it and of each variant.

    Raises:
        UsageError: neither a run folder nor a scenario, or a scenario that was never run.
        InputError: a scenario that cannot be read.
    """
    choices = [
        Choice((Path(argument),)) if Path(argument).is_dir() else _newest(argument, runs) for argument in arguments
    ]
    return _joined(choices)


def run_and_choose(arguments: Sequence[str], options: RunOptions, echo: Callable[[str], None] = print) -> Choice:
    """Run every scenario named with all its variants, each into a folder of its own under `runs`; folders are taken.

    A run that fails keeps its folder and is compared as what it is.

    Raises:
        InputError: a scenario is wrong (nothing was run).
        UsageError: there is no such scenario.
    """
    from cosim.scenario.validation import load_scenario, validate_file  # noqa: PLC0415

    scenarios = [argument for argument in arguments if not Path(argument).is_dir()]
    if not scenarios:
        raise UsageError("--run takes a scenario file or id; run folders hold runs already")
    problems = [problem for scenario in scenarios for problem in validate_file(scenario).problems]
    if problems:
        raise InputError(problems)
    choices = []
    for argument in arguments:
        if Path(argument).is_dir():
            choices.append(Choice((Path(argument),)))
            continue
        for variant in (None, *load_scenario(argument).variants):
            echo(f"running {argument}{f' [{variant}]' if variant else ''}")
            choices.append(_run(argument, replace(options, variant=variant)))
    return _joined(choices)


def _joined(choices: Sequence[Choice]) -> Choice:
    return Choice(
        tuple(folder for choice in choices for folder in choice.folders),
        tuple(note for choice in choices for note in choice.notes),
        any(choice.failed for choice in choices),
    )


def _run(scenario: str, options: RunOptions) -> Choice:
    from cosim.report.page import write_report  # noqa: PLC0415
    from cosim.results.folder import RunFolder, create_folder  # noqa: PLC0415
    from cosim.scenario.validation import load_scenario  # noqa: PLC0415

    loaded = load_scenario(scenario, variant=options.variant, sets=options.overrides)
    study = build(loaded, options)
    folder = create_folder(loaded.scenario.name, options.variant)
    failed = False
    try:
        execute(loaded, study, folder, options)
    except InterruptedRunError:
        raise
    except SimulationError:
        failed = True
    if options.report:
        write_report(RunFolder(folder))
    return Choice((folder,), (), failed)


def _newest(scenario: str, runs: Path) -> Choice:
    from cosim.scenario.loading import find_source, read_document  # noqa: PLC0415

    try:
        source = find_source(scenario)
    except UsageError as error:
        raise UsageError(f"no run folder, and no scenario: {error}") from error
    document = read_document(source)
    name = document.resolved().child("name")
    made, notes = _made(runs, str(name.value) if name is not None else scenario)
    variants = (None, *document.variants)
    known = [variant for variant in variants if variant in made]
    if not known:
        raise UsageError(f"{scenario} has no run under {runs}: `cosim compare {scenario} --run` makes them all")
    if missing := [variant for variant in variants if variant not in made]:
        named = ", ".join(variant or "the scenario itself" for variant in missing)
        notes.append(f"not run yet: {named} (`cosim compare {scenario} --run` runs all)")
    notes += [note for variant in known if (note := _outdated(document, variant, made[variant]))]
    return Choice(tuple(made[variant].folder for variant in known), tuple(notes))


@dataclass(frozen=True)
class _Made:
    """A run that was found."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def started(self) -> tuple[str, str]:
        """When it began; folders of the same second are told apart by their numbers."""
        return str(self.manifest.get("started") or ""), self.folder.name


def _made(runs: Path, scenario: str) -> tuple[dict[str | None, _Made], list[str]]:
    """The newest run of each variant of a scenario, finished or not, and what could not be read."""
    found: dict[str | None, _Made] = {}
    notes = []
    for file in sorted(runs.glob(f"*/{manifests.NAME}")):
        try:
            run = _Made(file.parent, dict(read_json(file)))
        except (ValueError, TypeError):
            notes.append(f"{file} cannot be read: that run is left out")
            continue
        variant = run.manifest.get("variant")
        if run.manifest.get("scenario") == scenario and (variant not in found or run.started > found[variant].started):
            found[variant] = run
    return found, notes


def _outdated(document: Document, variant: str | None, run: _Made) -> str:
    """A note where the scenario has changed since; empty where it has not."""
    from cosim.scenario.resolved import content_hash  # noqa: PLC0415

    try:
        now = content_hash(document.resolved(variant, tuple(run.manifest.get("sets") or ())))
    except (InputError, UsageError, OSError):
        now = ""  # its overrides or files no longer fit
    return "" if now == run.manifest.get("hash") else f"{run.folder} was run before the scenario was changed"
