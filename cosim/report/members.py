"""What is said of an ensemble: how many members are concerned, how far they differ, and what drives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.report.texts import amount, number, per_unit, unit_text
from grids.arrays import FloatArray

if TYPE_CHECKING:
    from cosim.report.figures import Figures
    from cosim.results.folder import RunFolder

MOST_DRIVERS = 3  # of one figure
_KEYS = (  # quantity, words; in reading order
    ("grid.import_mwh", "import"),
    ("grid.export_mwh", "export"),
    ("grid.curtailed_mwh", "curtailed"),
    ("grid.unserved_mwh", "not served"),
    ("grid.max_line_loading_percent", "highest line loading"),
    ("grid.max_trafo_loading_percent", "highest transformer loading"),
)
_OF_LEVEL = (("vm_min_pu", "lowest voltage"), ("vm_max_pu", "highest voltage"))
_OF_BOUNDARY = (("max_import_kw", "peak import"), ("max_export_kw", "peak export"), ("energy_cost", "energy cost"))
STATISTICS = ("mean", "min", "p05", "p50", "p95", "max")


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A figure that planners ask for first, and its spread over the members."""

    key: str
    words: str
    unit: str
    spread: Mapping[str, float]  # STATISTICS

    @property
    def differs(self) -> bool:
        """Whether the members differ by more than rounding."""
        low, high = self.spread["min"], self.spread["max"]
        return high - low > 1e-9 * max(abs(low), abs(high))


@dataclass(frozen=True, slots=True)
class Driver:
    """A varied path and the coefficient of its rank correlation with a figure."""

    target: str
    path: str
    rho: float

    @property
    def words(self) -> str:
        """How the figure goes with it."""
        return "rising with it" if self.rho > 0 else "falling as it rises"


class Members:
    """The members of a run; of a run with one there is nothing to say.

    Args:
        folder: the run.
        figures: of its summary.
        count: number of members.
    """

    def __init__(self, folder: RunFolder, figures: Figures, count: int) -> None:
        self._folder, self._figures, self.count = folder, figures, count

    @cached_property
    def key_figures(self) -> tuple[KeyFigure, ...]:
        """Figures that planners ask for first, with their spread."""
        found = []
        for key, words in self._keys():
            entry = self._figures.table.get(key, {})
            if entry.get("mean") is not None:
                spread = {name: float(entry[name]) for name in STATISTICS}
                found.append(KeyFigure(key, words, str(entry["unit"]), spread))
        return tuple(found)

    def _keys(self) -> Iterator[tuple[str, str]]:
        yield from _KEYS
        for subject in self._figures.subjects("vm_min_pu", "level"):
            level = subject.partition(":")[2].removesuffix("kV")
            yield from ((f"{subject}.{quantity}", f"{words} at {level} kV") for quantity, words in _OF_LEVEL)
        for subject in self._figures.subjects("max_import_kw", "boundary"):
            name = subject.partition(":")[2]
            yield from ((f"{subject}.{quantity}", f"{words} {name}") for quantity, words in _OF_BOUNDARY)

    @cached_property
    def _drivers(self) -> Mapping[str, Any]:
        return self._folder.drivers()

    @property
    def too_few(self) -> bool:
        """Whether something was varied, in too few members to tell what drives them."""
        return bool(self._drivers) and self._drivers["significant_rho"] is None

    @property
    def threshold(self) -> float:
        """Coefficient from which on a driver is told."""
        return float(self._drivers.get("significant_rho") or np.inf)

    def drivers(self) -> Iterator[Driver]:
        """The strongest drivers of every key figure and finding, as far as they are more than chance."""
        words = {figure.key: figure.words for figure in self.key_figures}
        table: Mapping[str, Mapping[str, float]] = self._drivers.get("rho") or {}
        for target in (*words, *(target for target in table if target.startswith("hours|"))):
            strongest = list(table.get(target, {}).items())[:MOST_DRIVERS]
            name = words.get(target) or "hours of {} {}".format(*target.split("|")[1:3])
            yield from (Driver(name, path, rho) for path, rho in strongest if abs(rho) >= self.threshold)

    def values(self, key: str) -> FloatArray:
        """(M,) values of a figure."""
        column: FloatArray = self._folder.members()[key].to_numpy()
        return column


def share_text(finding: Mapping[str, Any], members: int) -> str:
    """`in 7 of 100 members`; empty for a run with one."""
    return f"in {finding.get('members')} of {members} members" if members > 1 else ""


def spread_row(figure: KeyFigure) -> tuple[str, ...]:
    """Words, unit and statistics of a figure as texts of a table."""
    text = per_unit if figure.unit == "pu" else number
    return (figure.words, unit_text(figure.unit), *(text(figure.spread[name]) for name in STATISTICS))


def range_text(figure: KeyFigure) -> str:
    """`median 12.7 MWh, 90 % within 10.1 to 15.2`."""
    low, high = (number(figure.spread[name]) for name in ("p05", "p95"))
    return f"median {amount(figure.spread['p50'], figure.unit)}, 90 % within {low} to {high}"
