"""A chart of the page, what it is drawn from, and what all charts share. Pure data; one unit of power a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.report import plots, series
from cosim.report.clocks import LocalTimes
from cosim.report.series import Curves, Pick
from cosim.report.shown_limits import ShownLimit
from cosim.report.texts import Scale, duration, scale_for
from cosim.report.thinning import Buckets, line_buckets
from grids.arrays import FloatArray

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

SOURCES, ENGINES, STORAGE = "source", "engine", "storage"
KILO_BELOW_MW = 2.0  # charts of smaller powers are in kW


@dataclass(frozen=True)
class Chart:
    """One chart of the page."""

    id: str
    title: str
    caption: str
    figure: dict[str, Any] = field(repr=False)
    tall: bool = False  # a map needs more height than a curve


@dataclass(frozen=True)
class ChartSource:
    """What the charts of a run are drawn from."""

    folder: RunFolder
    timezone: str
    limits: tuple[ShownLimit, ...]
    currency: str
    member: int = 0
    scenario: Mapping[str, Any] = field(default_factory=dict)  # as resolved

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Columns of every group; groups that hold nothing have none."""
        return {
            group: self.folder.columns(group)
            for group in ("bus", "branch", "device", "boundary", "inputs", "regulator")
        }

    def read(self, group: str, picks: Mapping[str, Pick]) -> Curves:
        """Curves of the member shown."""
        return series.read(self.folder, group, picks, self.member)

    def times(self, curves: Curves) -> LocalTimes:
        """Local times of some curves."""
        return LocalTimes(curves.utc, curves.dt_s, self.timezone)

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Device entry -> role, told by what it publishes."""
        device = self.columns["device"]
        engines, stores = series.by_entry(device, "on"), series.by_entry(device, "soc")
        return {
            entry: ENGINES if entry in engines else STORAGE if entry in stores else SOURCES
            for entry in series.by_entry(device, "p_mw")
        }


def lines_of(
    source: ChartSource, group: str, picks: Mapping[str, Pick], factor: float | None, unit: str
) -> tuple[dict[str, Any], Buckets] | None:
    """Plain lines of a group; factor None = MW, or kW where they are small."""
    if not picks:
        return None
    curves = source.read(group, picks)
    if not curves.steps:
        return None
    scale = scale_for([largest(curves.values)], unit, KILO_BELOW_MW) if factor is None else Scale(unit, factor)
    grouped, times = line_buckets(curves.t_s), source.times(curves)
    traces = []
    for (name, values), color in zip(curves.values.items(), plots.LINES, strict=False):
        kept = grouped.extremes(values)
        traces.append(plots.line(name, times.at(kept), held(scale.factor * values[kept]), color))
    return plots.figure(traces, scale.unit, include_zero=True), grouped


def pick_all(key: str, columns: Sequence[str], quantity: str, reduce: series.Reduce) -> dict[str, Pick]:
    """All columns of a quantity as one pick; none if there are none."""
    found = tuple(series.by_label(columns, quantity).values())
    return {key: Pick(found, reduce)} if found else {}


def largest(curves: Mapping[str, FloatArray]) -> float:
    """Largest absolute value of all curves; 0 where there is none."""
    return max((float(np.nanmax(np.abs(values), initial=0.0)) for values in curves.values()), default=0.0)


def held(values: FloatArray) -> FloatArray:
    """The last value once more: a mean holds until the end of its step."""
    return np.append(values, values[-1:])


def means_note(grouped: Buckets) -> str:
    """What a caption says of means."""
    return "" if grouped.whole else f"Means over {duration(grouped.span_s)}: the run is long."


def extremes_note(grouped: Buckets) -> str:
    """What a caption says of lowest and highest values."""
    return "" if grouped.whole else f"Lowest and highest of every {duration(grouped.span_s)}: the run is long."
