"""From the scenario's `grid` key to a pandapower network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grids.errors import DescriptionError, GridError, GridProblem, unknown
from grids.library import changes, pandapower_file, simbench, tables
from grids.library.change_spec import ChangeSpec
from grids.library.spec import EditSpec, GridSpec

if TYPE_CHECKING:
    from pandapower import pandapowerNet

    from grids.library.simbench import SimbenchProfiles
    from grids.low_voltage import LowVoltageFacts
    from grids.regulators.spec import TapChangerSpec


@dataclass(frozen=True)
class OpenedNetwork:
    """A network with its edits made, what came with it, and where it is from."""

    net: pandapowerNet
    profiles: SimbenchProfiles | None
    origin: str
    low_voltage: LowVoltageFacts | None = None  # what is known below 6.6 kV
    regulators: Mapping[str, TapChangerSpec] = field(default_factory=dict)  # tap changers and how they are set
    notes: tuple[str, ...] = ()  # what every output must repeat: assumptions taken while importing


def open_network(spec: GridSpec, folder: Path) -> OpenedNetwork:
    """Load or build the network, set its normal switch states and make the edits of `add` and `change`.

    Args:
        spec: the `grid` key.
        folder: folder that file names start from and may not leave.

    Raises:
        DescriptionError: tables or edits do not hold together; problem routes start at a key of `grid`.
        GridError: a code, preset or file is wrong.
        OSError: the file cannot be read.
        ModuleNotFoundError: the extra `simbench` is missing.
    """
    opened = _SOURCES[spec.source](spec, folder)
    _set_normal(opened.net, spec.normal)
    if spec.add is not None:
        _edit(opened.net, spec.add)
    low_voltage = opened.low_voltage
    if spec.change is not None:
        low_voltage = _change(opened.net, spec.change, low_voltage)
    return replace(opened, low_voltage=low_voltage, regulators=_regulators(opened.regulators, spec.regulators))


def _regulators(
    brought: Mapping[str, TapChangerSpec], written: Mapping[str, TapChangerSpec]
) -> Mapping[str, TapChangerSpec]:
    """What the scenario says of a transformer replaces what came with the network."""
    taken = {regulator.trafo for regulator in written.values()}
    return {name: one for name, one in brought.items() if one.trafo not in taken} | dict(written)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise GridError(f"{name} lies outside the folder of the file that names it")
    return path


@contextmanager
def _problems_under(key: str) -> Iterator[None]:
    """Problems of a description, seen from `grid`."""
    try:
        yield
    except DescriptionError as error:
        raise DescriptionError([problem.under(key) for problem in error.problems]) from None


def _from_tables(spec: GridSpec, _folder: Path) -> OpenedNetwork:
    assert spec.tables is not None  # noqa: S101 - the source
    problems = [problem.under("tables") for problem in tables.check(spec.tables)]
    if problems:
        raise DescriptionError(problems)
    return OpenedNetwork(tables.build(spec.tables), None, "tables in the scenario")


def _from_library(spec: GridSpec, _folder: Path) -> OpenedNetwork:
    from grids.japan.build import build_preset  # noqa: PLC0415

    assert spec.library is not None  # noqa: S101 - the source
    feeder = build_preset(spec.library, spec.design)
    return OpenedNetwork(feeder.net, None, feeder.origin, feeder.low_voltage, feeder.regulators, feeder.notes)


def _from_simbench(spec: GridSpec, _folder: Path) -> OpenedNetwork:
    assert spec.simbench is not None  # noqa: S101 - the source
    grid = simbench.load(spec.simbench)
    return OpenedNetwork(grid.net, grid.profiles, f"SimBench {spec.simbench}")


def _from_pandapower(spec: GridSpec, folder: Path) -> OpenedNetwork:
    assert spec.pandapower is not None  # noqa: S101 - the source
    path = _inside(folder, spec.pandapower)
    if path.suffix.lower() in {".xlsx", ".xls"}:
        from grids.library.excel_file import load  # noqa: PLC0415

        return OpenedNetwork(load(path), None, f"pandapower workbook {path.name}")
    return OpenedNetwork(pandapower_file.load(path), None, f"pandapower file {path.name}")


def _from_matpower(spec: GridSpec, folder: Path) -> OpenedNetwork:
    from grids.library.matpower_file import load  # noqa: PLC0415

    assert spec.matpower is not None  # noqa: S101 - the source
    path = _inside(folder, spec.matpower)
    with _problems_under("matpower"):
        network = load(path)
    return OpenedNetwork(network.net, None, f"MATPOWER case {path.name}", notes=network.notes)


def _from_csv(spec: GridSpec, folder: Path) -> OpenedNetwork:
    from grids.library.csv_files import load  # noqa: PLC0415

    assert spec.csv is not None  # noqa: S101 - the source
    nodes, branches = (_inside(folder, name) for name in (spec.csv.nodes, spec.csv.branches))
    with _problems_under("csv"):
        network = load(nodes, branches, spec.csv.frequency_hz)
    return OpenedNetwork(network.net, None, f"CSV files {nodes.name}, {branches.name}", network.low_voltage)


_SOURCES: Mapping[str, Callable[[GridSpec, Path], OpenedNetwork]] = {
    "tables": _from_tables,
    "library": _from_library,
    "simbench": _from_simbench,
    "pandapower": _from_pandapower,
    "matpower": _from_matpower,
    "csv": _from_csv,
}


def _set_normal(net: pandapowerNet, normal: Mapping[str, bool]) -> None:
    names = list(net.switch["name"])
    missing = [name for name in normal if name not in names]
    if missing:
        raise DescriptionError([GridProblem(("normal", name), unknown("switch", name, names)) for name in missing])
    for name, closed in normal.items():
        net.switch.loc[net.switch["name"] == name, "closed"] = closed


def _edit(net: pandapowerNet, edits: EditSpec) -> None:
    with _problems_under("add"):
        tables.apply(net, edits)


def _change(net: pandapowerNet, change: ChangeSpec, low_voltage: LowVoltageFacts | None) -> LowVoltageFacts | None:
    with _problems_under("change"):
        return changes.apply_changes(net, change, low_voltage)
