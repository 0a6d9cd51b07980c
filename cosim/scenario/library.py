"""The bundled scenarios: what there is, and a copy to edit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from cosim.errors import UsageError
from cosim.scenario import bundled
from cosim.scenario.loading import EXTENDS, read_document
from cosim.scenario.reading import read_file
from cosim.scenario.tree import Node, Source


@dataclass(frozen=True)
class ScenarioSummary:
    """One line of `cosim list`."""

    id: str
    titles: dict[str, str]  # language code -> title
    tags: tuple[str, ...]
    variants: tuple[str, ...]

    @property
    def title(self) -> str:
        """The English title, else any."""
        return self.titles.get("en") or next(iter(self.titles.values()), "")


def list_scenarios() -> list[ScenarioSummary]:
    """Bundled scenarios that can be run, in alphabetical order of their ids."""
    return [summary for scenario_id in bundled.ids() if (summary := _summary(scenario_id)) is not None]


def copy_to(folder: Path, scenario_id: str) -> Path:
    """Copy a bundled scenario and its data into a new or empty folder; returns the copied file.

    What it extends comes along, so that the copy stands alone.

    Raises:
        UsageError: no such id, or the folder is not empty.
    """
    source = bundled.source(scenario_id)
    if source is None or source.file is None:
        close = get_close_matches(scenario_id, bundled.ids(), n=1)
        hint = f"did you mean {close[0]}?" if close else "`cosim list` shows them"
        raise UsageError(f"there is no bundled scenario {scenario_id!r}; {hint}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not an empty folder; choose another one")
    folder.mkdir(parents=True, exist_ok=True)
    for file in _family(source):
        shutil.copyfile(file, folder / file.name)
        data = file.with_name(file.name.removesuffix(bundled.SUFFIX))
        if data.is_dir():
            shutil.copytree(data, folder / data.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / source.file.name


def _summary(scenario_id: str) -> ScenarioSummary | None:
    source = bundled.source(scenario_id)
    if source is None:
        return None
    document = read_document(source)
    abstract = document.tree.child("abstract")
    if abstract is not None and abstract.value is True:
        return None
    title, tags = (document.tree.child(key) or Node("", document.tree.place) for key in ("title", "tags"))
    titles = {key: str(child.value) for key, child in title.mapping.items()} or {"en": str(title.value)}
    words = tuple(str(item.value) for item in tags.value) if isinstance(tags.value, tuple) else ()
    return ScenarioSummary(scenario_id, titles, words, document.variants)


def _family(source: Source) -> list[Path]:
    """The scenario's file and the files it extends; bundled ids are found from anywhere."""
    files: list[Path] = []
    while source.file is not None and source.file not in files:
        files.append(source.file)
        extends = read_file(source).child(EXTENDS)
        if extends is None or not isinstance(extends.value, str) or bundled.source(extends.value) is not None:
            break
        source = Source(extends.value, source.file.parent / extends.value)
    return files
