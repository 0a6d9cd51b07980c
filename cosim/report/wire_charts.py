"""Charts of the wires: voltage, tap positions, loading, flows at boundaries."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cosim.report import plots, series
from cosim.report.chart import KILO_BELOW_MW, Chart, ChartSource, extremes_note, held, largest, lines_of
from cosim.report.network import bus_levels
from cosim.report.series import Pick
from cosim.report.shown_limits import bounds_of, bounds_over
from cosim.report.texts import scale_for
from cosim.report.thinning import MOST_POINTS, buckets, line_buckets
from grids.arrays import FloatArray

BOUNDARY_RULES = {"contract-power": 1.0, "no-export": -1.0, "export-limit": -1.0, "min-import": 1.0}


def voltage_bands(source: ChartSource) -> Chart | None:
    """Lowest and highest voltage of each voltage level over time."""
    labels = series.by_label(source.columns["bus"], "vm_pu")
    levels = bus_levels(source.folder.path, labels)
    picks = {}
    for level, buses in levels.items():
        columns = tuple(labels[bus] for bus in buses)
        picks[f"{level} low"] = Pick(columns, series.lowest_alive)
        picks[f"{level} high"] = Pick(columns, series.highest_alive)
    curves = source.read("bus", picks)
    if not picks or not curves.steps:
        return None
    grouped = buckets(curves.t_s)
    x = source.times(curves).edges(grouped)
    traces: list[plots.Trace] = []
    for level, color in zip(levels, plots.LINES, strict=False):
        low = held(grouped.low(curves.values[f"{level} low"]))
        high = held(grouped.high(curves.values[f"{level} high"]))
        traces += plots.band(level, x, low, high, color)
    bounded: dict[float, list[str]] = {}
    for level, buses in levels.items():
        for bound in bounds_over(source.limits, "vm_pu", [f"bus:{bus}" for bus in buses]):
            if bound is not None:
                bounded.setdefault(bound, []).append(level)
    limits = [(bound, f"limit {bound:.4f} at {', '.join(at)}") for bound, at in bounded.items()]
    figure = plots.figure(traces, "pu", limits=limits)
    caption = f"Lowest to highest bus of each voltage level; dead buses do not count. {extremes_note(grouped)}"
    return Chart("voltage", "Voltage band", caption, figure)


def tap_positions(source: ChartSource) -> Chart | None:
    """Tap of every controlled tap changer over time."""
    taps = series.by_label(source.columns["regulator"], "tap_pos")
    shown = list(taps.items())[: len(plots.LINES)]
    chart = lines_of(source, "regulator", {name: Pick((column,), series.total) for name, column in shown}, 1.0, "tap")
    if chart is None:
        return None
    figure, grouped = chart
    figure["layout"]["yaxis"]["dtick"] = 1  # there is nothing between two taps
    caption = (
        "The last tap of each step, at which its flow is solved. A higher tap lowers the voltage where the taps are at "
        "the high-voltage side (LRT), and raises it where they are at the low-voltage side (SVR). "
        f"{extremes_note(grouped)}"
    )
    return Chart("taps", "Tap positions", caption, figure)


def loading_duration(source: ChartSource) -> Chart | None:
    """Loading of the worst line and the worst transformer, sorted: how many hours it is at least that high."""
    labels = series.by_label(source.columns["branch"], "loading_percent")
    if not labels:
        return None
    peaks = _peaks(source, labels)
    worst = {}
    for kind in ("line", "trafo"):
        names = [name for name in labels if name.startswith(f"{kind}:") and np.isfinite(peaks[name])]
        if names:
            worst[kind] = max(names, key=peaks.__getitem__)
    curves = source.read("branch", {name: Pick((labels[name],), series.total) for name in worst.values()})
    if not worst or not curves.steps:
        return None
    traces, limits = [], []
    for name, color in zip(worst.values(), (plots.BLUE, plots.BROWN), strict=False):
        hours, sorted_values = duration_curve(curves.values[name], curves.dt_s)
        kept = np.unique(np.linspace(0, len(hours) - 1, min(len(hours), MOST_POINTS - 1)).round().astype(np.int64))
        x = np.append(0.0, hours[kept])
        traces.append(plots.line(name, plots.rounded(x), np.append(sorted_values[0], sorted_values[kept]), color))
        upper = bounds_over(source.limits, "loading_percent", [name])[1]
        limits += [(upper, f"limit {upper:g} %")] if upper is not None else []
    figure = plots.figure(traces, "loading in %", hours=True, limits=sorted(set(limits)), include_zero=True)
    caption = "The line and the transformer with the highest loading; at least so high during so many hours."
    return Chart("loading", "Loading duration", caption, figure)


def duration_curve(values: FloatArray, dt_s: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """(hours, value), largest first: the value is reached or passed during that many hours. Gaps are left out."""
    finite = np.isfinite(values)
    order = np.argsort(-values[finite], kind="stable")
    hours = np.cumsum(dt_s[finite][order]) / 3600.0
    return hours, values[finite][order]


def _peaks(source: ChartSource, labels: Mapping[str, str]) -> dict[str, float]:
    """Highest value of every column, one row group at a time."""
    highest = np.full(len(labels), np.nan)
    for part in source.folder.parts("branch", ["member", *labels.values()]):
        rows = part["member"].to_numpy() == source.member
        block = np.array([np.fmax.reduce(part[column].to_numpy()[rows], initial=np.nan) for column in labels.values()])
        highest = np.fmax(highest, block)
    return dict(zip(labels, highest.tolist(), strict=True))


def boundary_flows(source: ChartSource) -> Chart | None:
    """Signed flow through every boundary, import positive, with what was agreed there."""
    labels = series.by_label(source.columns["boundary"], "p_mw")
    names = [name for name in labels if ":" not in name][: len(plots.LINES)]
    curves = source.read("boundary", {name: Pick((labels[name],), series.total) for name in names})
    if not names or not curves.steps:
        return None
    grouped = line_buckets(curves.t_s)
    times = source.times(curves)
    unit = scale_for([largest(curves.values)], "MW", KILO_BELOW_MW)
    traces = []
    for name, color in zip(names, plots.LINES, strict=False):
        kept = grouped.extremes(curves.values[name])
        traces.append(plots.line(name, times.at(kept), held(unit.factor * curves.values[name][kept]), color))
    per_kw = unit.factor / 1000.0
    limits: dict[tuple[float, str], list[str]] = {}
    for name in names:
        for rule, bound in bounds_of(source.limits, BOUNDARY_RULES, f"boundary:{name}"):
            limits.setdefault((BOUNDARY_RULES[rule] * bound * per_kw + 0.0, rule), []).append(name)
    lines = [
        (value, rule if len(at) == len(names) else f"{rule} {', '.join(at)}") for (value, rule), at in limits.items()
    ]
    figure = plots.figure(traces, unit.unit, limits=lines)
    caption = (
        f"Net flow into the section behind each boundary: import above zero, export below. {extremes_note(grouped)}"
    )
    return Chart("boundaries", "Boundary flows", caption, figure)
