"""From the scenario's `grid` key to a pandapower network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grids.errors import DescriptionError, GridError, GridProblem, unknown
from grids.library import pandapower_file, simbench, tables
from grids.library.spec import EditSpec, GridSpec

if TYPE_CHECKING:
    from pandapower import pandapowerNet

    from grids.library.simbench import SimbenchProfiles


@dataclass(frozen=True)
class OpenedNetwork:
    """A network with its edits made, the profiles that came with it, and where it is from."""

    net: pandapowerNet
    profiles: SimbenchProfiles | None
    origin: str


def open_network(spec: GridSpec, folder: Path) -> OpenedNetwork:
    """Load or build the network, set its normal switch states and make the edits of `add`.

    Args:
        spec: the `grid` key.
        folder: folder that file names start from and may not leave.

    Raises:
        DescriptionError: tables or edits do not hold together; problem routes start at `tables`, `add` or `normal`.
        GridError: the SimBench code or the file is wrong.
        OSError: the file cannot be read.
        ModuleNotFoundError: the extra `simbench` is missing.
    """
    opened = _source(spec, folder)
    _set_normal(opened.net, spec.normal)
    if spec.add is not None:
        _edit(opened.net, spec.add)
    return opened


def _source(spec: GridSpec, folder: Path) -> OpenedNetwork:
    if spec.simbench is not None:
        grid = simbench.load(spec.simbench)
        return OpenedNetwork(grid.net, grid.profiles, f"SimBench {spec.simbench}")
    if spec.pandapower is not None:
        path = (folder / spec.pandapower).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise GridError(f"{spec.pandapower} lies outside the folder of the file that names it")
        return OpenedNetwork(pandapower_file.load(path), None, f"pandapower file {path.name}")
    if spec.tables is None:
        raise GridError("no source of a network is given")
    problems = [problem.under("tables") for problem in tables.check(spec.tables)]
    if problems:
        raise DescriptionError(problems)
    return OpenedNetwork(tables.build(spec.tables), None, "tables in the scenario")


def _set_normal(net: pandapowerNet, normal: Mapping[str, bool]) -> None:
    names = list(net.switch["name"])
    missing = [name for name in normal if name not in names]
    if missing:
        raise DescriptionError([GridProblem(("normal", name), unknown("switch", name, names)) for name in missing])
    for name, closed in normal.items():
        net.switch.loc[net.switch["name"] == name, "closed"] = closed


def _edit(net: pandapowerNet, edits: EditSpec) -> None:
    try:
        tables.apply(net, edits)
    except DescriptionError as error:
        raise DescriptionError([problem.under("add") for problem in error.problems]) from None
