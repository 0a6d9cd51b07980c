"""A finished run beside its baseline: compared with it, or made the new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cosim.check.files import command
from cosim.check.verdict import Settings, Task

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

UPDATE = "--update-baseline"


@dataclass(frozen=True)
class Beside:
    """What a verdict takes from it."""

    failures: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


def beside_baseline(task: Task, settings: Settings, run: RunFolder) -> Beside:
    """Compare a run with its baseline under `settings.baseline`, or with `settings.update` write it.

    A baseline that is missing or cannot be read is a failure that says how to make it.
    """
    from cosim.check import baseline  # noqa: PLC0415
    from cosim.check.difference import compare  # noqa: PLC0415

    baselines = settings.baseline or Path()
    folder = baselines / baseline.folder_of(task.scenario, task.variant)
    advice = command(task, settings, "--baseline", str(baselines), UPDATE, what="check")
    if baseline.find(folder) is None:
        missing = f"baseline: there is none in {folder}; make it with {UPDATE}"
        return _made(run, folder, "written") if settings.update else Beside((missing,), advice=(advice,))
    try:
        kept = baseline.Baseline(folder)
        difference = compare(kept, run)
    except (ValueError, KeyError, TypeError, OSError) as error:
        unreadable = f"baseline: {folder} cannot be read ({error}); make it anew with {UPDATE}"
        return _made(run, folder, "written anew") if settings.update else Beside((unreadable,), advice=(advice,))
    if settings.update:
        if kept.is_of(run):
            return Beside(notes=(f"baseline unchanged: {folder}",))
        moved = [f"  {line}" for line in difference.lines()] if difference.moved else []
        return _made(run, folder, "updated", *moved)
    if not difference.moved:
        return Beside(notes=tuple(difference.notes()))
    said = (f"baseline: numbers moved against {folder}", *(f"  {line}" for line in difference.lines()))
    advised = [f"{advice}  # if it is meant"]
    if difference.length:
        alike = replace(settings, duration=difference.length)
        again = command(task, alike, "--baseline", str(baselines), what="check")
        advised.insert(0, f"{again}  # as long as the baseline")
    return Beside(said, tuple(difference.lines(None)), tuple(difference.notes()), tuple(advised))


def _made(run: RunFolder, folder: Path, how: str, *lines: str) -> Beside:
    from cosim.check import baseline  # noqa: PLC0415

    baseline.write(run, folder)
    return Beside(notes=(f"baseline {how}: {folder}", *lines))
