"""Where the bundled scenarios are: `*.cosim.yaml` in the package `scenarios`, ids are the stems."""

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
    return tuple(sorted(path.name.removesuffix(SUFFIX) for path in folder().glob(f"*{SUFFIX}")))


def source(scenario_id: str) -> Source | None:
    """The file of a bundled id; None if there is none."""
    if scenario_id not in ids():
        return None
    name = f"{scenario_id}{SUFFIX}"
    return Source(f"scenarios/{name}", folder() / name)
