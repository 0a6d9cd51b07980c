"""A scenario that passed every check, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosim.scenario.network import OpenNetwork
from cosim.scenario.resolved import content_hash, to_yaml
from cosim.scenario.schema import Scenario
from cosim.scenario.tree import Node, Place, Route, plain


@dataclass(frozen=True)
class LoadedScenario:
    """A checked scenario. File names in `scenario` are absolute, so `resolve_path` is all a reader needs."""

    scenario: Scenario
    tree: Node  # as resolved: every value with its place, file names as written
    file: Path
    variant: str | None
    variants: tuple[str, ...]
    notes: tuple[str, ...]
    network: OpenNetwork  # as the checks opened it; nobody writes to it

    @property
    def data(self) -> dict[str, Any]:
        """The resolved scenario as plain data, file names as written."""
        return dict(plain(self.tree))

    def resolve_path(self, name: str) -> Path:
        """The file a field of `scenario` names."""
        return Path(name)

    def place(self, route: Route) -> Place:
        """Where the value at a route was written."""
        return self.tree.nearest(route).anchor

    @property
    def yaml(self) -> str:
        """The resolved scenario as YAML text, for the run folder."""
        return to_yaml(self.tree)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the resolved scenario and of the files it names."""
        return content_hash(self.tree)
