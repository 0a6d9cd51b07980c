"""The network as cross-checks need it: its names, and, where topology counts, the normalised grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from os.path import commonpath
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cosim.errors import Problem
from grids.errors import DescriptionError, GridError
from grids.library.spec import GridSpec

if TYPE_CHECKING:
    from grids.library.simbench import SimbenchProfiles
    from grids.low_voltage import LowVoltageFacts
    from grids.normalise import NormalisedGrid
    from grids.regulators.spec import TapChangerSpec
    from grids.validation.rule import GridFinding


@dataclass(frozen=True)
class TableNames:
    """Names in a network written in the scenario, edits included."""

    buses: tuple[str, ...]
    switches: tuple[str, ...]
    sources: tuple[str, ...]

    @classmethod
    def of(cls, spec: GridSpec) -> Self | None:
        """Names of a tables network; None for a network that has to be opened."""
        if spec.tables is None or spec.change is not None:
            return None
        layers = [spec.tables, *([spec.add] if spec.add is not None else [])]
        if any(layer.svrs for layer in layers):  # they may make buses
            return None

        def names(kind: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(name for layer in layers for name in getattr(layer, kind)))

        return cls(names("buses"), names("switches"), names("sources"))


@dataclass(frozen=True)
class OpenNetwork:
    """An opened, normalised network and what came with it."""

    grid: NormalisedGrid
    profiles: SimbenchProfiles | None
    low_voltage: LowVoltageFacts | None = None
    regulators: Mapping[str, TapChangerSpec] = field(default_factory=dict)
    origin: str = ""
    notes: tuple[str, ...] = ()  # what every output must repeat: assumptions taken while importing


def grid_folder(spec: GridSpec) -> Path:
    """The folder the network's files lie in; file names in a checked scenario are absolute."""
    return Path(commonpath([Path(name).parent for name in spec.files])) if spec.files else Path()


def open_grid(spec: GridSpec, problem: Callable[..., Problem]) -> OpenNetwork | list[Problem]:
    """Open and normalise a network; or what is wrong, at its place in the file (`problem(route, message)`)."""
    from grids.library.opening import open_network  # noqa: PLC0415 - pandapower
    from grids.normalise import normalise  # noqa: PLC0415
    from grids.validation.refused import refusals  # noqa: PLC0415

    source = spec.source
    try:
        opened = open_network(spec, grid_folder(spec))
    except DescriptionError as error:
        return [problem(("grid", *found.route), found.message) for found in error.problems]
    except (GridError, ModuleNotFoundError) as error:
        return [problem(("grid", source), str(error))]
    except OSError as error:
        return [problem(("grid", source), "cannot be read", given=(error.strerror or type(error).__name__).lower())]
    try:
        return OpenNetwork(
            normalise(opened.net),
            opened.profiles,
            opened.low_voltage,
            opened.regulators,
            opened.origin,
            opened.notes,
        )
    except GridError as error:
        found = [finding_problem(spec, finding, problem) for finding in refusals(opened.net)]
        return found or [problem(("grid", source), str(error))]


_KEYS: Mapping[str, tuple[str, ...]] = {
    "bus": ("buses",),
    "line": ("lines",),
    "trafo": ("trafos", "svrs"),
    "switch": ("switches",),
    "source": ("sources",),
    "pole": ("poles",),
}


def finding_problem(spec: GridSpec, finding: GridFinding, problem: Callable[..., Problem]) -> Problem:
    """A finding of grid validation as a problem: at the element where the scenario writes it, else at the source."""
    kind, _, name = finding.subject.partition(":")
    route: tuple[str, ...] = ("grid", spec.source)
    for layer in ("tables", "add", "change"):
        for key in _KEYS.get(kind, ()):
            if name in getattr(getattr(spec, layer), key, ()):
                route = ("grid", layer, key, name)
    if kind == "regulator" and name in spec.regulators:
        route = ("grid", "regulators", name)
    elif kind in {"section", "device"}:
        route = (f"{kind}s", name)
    warning = finding.severity == "warning"
    return replace(problem(route, finding.message, hint=finding.hint), rule=finding.rule, warning=warning)
