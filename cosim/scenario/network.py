"""The network as cross-checks need it: its names, and, where topology counts, the normalised grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cosim.errors import Problem
from grids.errors import DescriptionError, GridError
from grids.library.spec import GridSpec

if TYPE_CHECKING:
    from grids.library.simbench import SimbenchProfiles
    from grids.normalise import NormalisedGrid


@dataclass(frozen=True)
class TableNames:
    """Names in a network written in the scenario, edits included."""

    buses: tuple[str, ...]
    switches: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, spec: GridSpec) -> Self | None:
        """Names of a tables network; None for a network that has to be opened."""
        if spec.tables is None:
            return None
        layers = [spec.tables, *([spec.add] if spec.add is not None else [])]

        def names(kind: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(name for layer in layers for name in getattr(layer, kind)))

        return cls(names("buses"), names("switches"), names("sources"))


@dataclass(frozen=True)
class OpenNetwork:
    """An opened, normalised network and the profiles that came with it."""

    grid: NormalisedGrid
    profiles: SimbenchProfiles | None


def grid_folder(spec: GridSpec) -> Path:
    """The folder the network's file lies in; file names in a checked scenario are absolute."""
    return Path(spec.pandapower).parent if spec.pandapower is not None else Path()


def open_grid(spec: GridSpec, problem: Callable[..., Problem]) -> OpenNetwork | list[Problem]:
    """Open and normalise a network; or what is wrong, at its place in the file (`problem(route, message)`)."""
    from grids.library.opening import open_network  # noqa: PLC0415 - pandapower
    from grids.normalise import normalise  # noqa: PLC0415

    source = next(name for name in ("tables", "simbench", "pandapower") if getattr(spec, name) is not None)
    try:
        opened = open_network(spec, grid_folder(spec))
        return OpenNetwork(normalise(opened.net), opened.profiles)
    except DescriptionError as error:
        return [problem(("grid", *found.route), found.message) for found in error.problems]
    except (GridError, ModuleNotFoundError) as error:
        return [problem(("grid", source), str(error))]
    except OSError as error:
        return [problem(("grid", source), "cannot be read", given=(error.strerror or type(error).__name__).lower())]
