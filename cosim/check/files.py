"""Which scenarios and variants are asked for, and what is wrong with their files."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from cosim.check.verdict import Settings, Task
from cosim.errors import InputError, Problem, UsageError
from cosim.run import RunOptions
from cosim.scenario.bundled import SUFFIX
from cosim.scenario.loading import Document, find_source, read_document
from cosim.scenario.tree import Node, plain


def scenario_files(given: Sequence[str]) -> list[str]:
    """Every scenario file named, or in a folder named, once each, in that order. Abstract ones of a folder are in it.

    Raises:
        UsageError: no such file or id, or a folder without scenarios.
    """
    found: dict[Path | None, str] = {}
    for name in given:
        for file in _inside(name):
            found.setdefault(find_source(file).file, file)
    return list(found.values())


def _inside(name: str) -> list[str]:
    path = Path(name)
    if not path.is_dir():
        return [name]
    inside = sorted(str(each) for each in path.rglob(f"*{SUFFIX}"))
    if not inside:
        raise UsageError(f"{name} holds no scenario (*{SUFFIX})")
    return inside


def problems_of(file: str, settings: Settings) -> tuple[Problem, ...]:
    """Everything wrong with a file and its variants."""
    from cosim.scenario.validation import validate_file  # noqa: PLC0415

    return validate_file(file, sets=RunOptions(duration=settings.duration).overrides).problems


def tasks_of(files: Sequence[str], variant: str | None, settings: Settings, *, named: Sequence[str]) -> list[Task]:
    """The checks of some files, one a variant; only the YAML is read. Files that cannot be read have none.

    Args:
        files: from `scenario_files`.
        variant: only this one; None = the file itself and all its variants.
        settings: their duration counts.
        named: what the user named: an abstract file is passed over in a folder, and refused by its own name.

    Raises:
        UsageError: a file has no such variant, or is only a base for others.
    """
    tasks: list[Task] = []
    for file in files:
        try:
            document = read_document(find_source(file))
        except InputError:
            continue
        if _value(document.tree, "abstract") is True:
            if file in named:
                raise UsageError(f"{file} is abstract: a base for others to extend, not to run")
            continue
        if variant is not None and variant not in document.variants:
            known = ", ".join(document.variants) or "none"
            raise UsageError(f"{file} has no variant {variant!r}; it has {known}")
        chosen = [None, *document.variants] if variant is None else [variant]
        name = str(_value(document.tree, "name") or Path(file).name.removesuffix(SUFFIX))
        tasks += [Task(file, name, one, _steps(document, one, settings)) for one in chosen]
    return tasks


def command(task: Task, settings: Settings, *more: str, what: str = "run") -> str:
    """The command that does one variant again."""
    variant = () if task.variant is None else ("--variant", task.variant)
    duration = () if settings.duration is None else ("--duration", settings.duration)
    return shlex.join(("cosim", what, task.file, *variant, *duration, *more))


def _value(tree: Node, key: str) -> object:
    node = tree.child(key)
    return None if node is None else node.value


def _steps(document: Document, variant: str | None, settings: Settings) -> int:
    """Number of steps, for the time left; 1 where the file does not tell."""
    from cosim.scenario.keys.timing import TimeSpec  # noqa: PLC0415

    try:
        tree = document.resolved(variant, RunOptions(duration=settings.duration).overrides)
        time = tree.child("time")
        spec = TimeSpec.model_validate(plain(time)) if time is not None else None
    except (InputError, ValueError):
        return 1
    return 1 if spec is None else max(1, spec.duration_s // spec.step_s)
