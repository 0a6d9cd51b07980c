"""The resolved scenario of a run, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder


def scenario_of(folder: RunFolder) -> Mapping[str, Any]:
    """What `scenario.yaml` of the run holds; `{}` if the run came to its end before it was written."""
    import yaml  # noqa: PLC0415

    path = folder.path / "scenario.yaml"
    if not path.is_file():
        return {}
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found if isinstance(found, Mapping) else {}
