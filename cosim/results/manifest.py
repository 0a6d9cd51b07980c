"""`manifest.json`: what made a run and how it ended. `complete` is written last of all files."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from cosim import __version__
from cosim.results.files import write_json

NAME = "manifest.json"
SCHEMA = "cosim-manifest/1"
PACKAGES = (
    "mosaik", "numpy", "numba", "pandapower", "power-grid-model", "pandas", "pvlib", "pyarrow", "pydantic", "scipy",
    "simbench", "builelib",
)  # fmt: skip


class Status(StrEnum):
    """How far a run came. A process that was killed leaves `running`."""

    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Manifest:
    """Writes the manifest at the start, on every update and at the end; each write replaces the whole file.

    Args:
        folder: the run folder.
        content: what is known at the start: scenario, variant, engine, seeds, hashes, provenance.
    """

    def __init__(self, folder: Path, content: Mapping[str, Any]) -> None:
        self._path = folder / NAME
        self._began = time.monotonic()
        self._content: dict[str, Any] = {
            "schema": SCHEMA,
            "status": Status.RUNNING.value,
            "started": _now(),
            "versions": versions(),
            **content,
        }
        write_json(self._path, self._content)

    def update(self, **content: Any) -> None:
        """Add to the manifest of the running run."""
        self._content |= content
        write_json(self._path, self._content)

    def finish(self, status: Status, **content: Any) -> None:
        """Write the end: call it after every other file of the run is in place."""
        seconds = round(time.monotonic() - self._began, 3)
        self.update(status=status.value, finished=_now(), seconds=seconds, **content)


def versions() -> dict[str, str]:
    """Versions of cosim, Python and whatever of the packages behind the numbers is installed."""
    found = {"cosim": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
