"""Where the bundled scenarios are: `*.cosim.yaml` in the package `scenarios` and its folders, ids are the stems."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from cosim.scenario.tree import Source

SUFFIX = ".cosim.yaml"


def folder() -> Path:
    """The folder of the bundled scenarios."""
    return Path(str(files("scenarios"))).resolve()


def ids() -> tuple[str, ...]:
    """Ids of all bundled scenarios, abstract ones included, in alphabetical order."""
    return tuple(sorted(_files()))


def _files() -> dict[str, Path]:
    return {path.name.removesuffix(SUFFIX): path for path in sorted(folder().rglob(f"*{SUFFIX}"))}


def source(scenario_id: str) -> Source | None:
    """The file of a bundled id; None if there is none."""
    file = _files().get(scenario_id)
    return None if file is None else Source(f"scenarios/{file.relative_to(folder()).as_posix()}", file)
