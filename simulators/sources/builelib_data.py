"""Where the package builelib (MIT) keeps its data files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from simulators.sources.errors import SourceError


def builelib_folder() -> Path:
    """Folder of the installed package builelib; its code is not run."""
    spec = find_spec("builelib")
    if spec is None or not spec.submodule_search_locations:
        raise SourceError("builelib", ["the package builelib is not installed; install builelib>=1.1,<2"])
    return Path(next(iter(spec.submodule_search_locations)))
