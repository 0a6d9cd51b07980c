"""Charts of an ensemble: bands of the members over time, and how its figures are distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cosim.report import plots, series
from cosim.report.chart import KILO_BELOW_MW, Chart, ChartSource, held, largest
from cosim.report.members import KeyFigure, Members
from cosim.report.series import Curves
from cosim.report.shown_limits import bounds_of, bounds_over
from cosim.report.texts import Scale, duration, scale_for, unit_text
from cosim.report.thinning import Buckets, buckets
from cosim.report.wire_charts import BOUNDARY_RULES
from cosim.results.record_spec import BANDS_SUFFIX
from grids.arrays import FloatArray

MOST_FANS = 4  # of one chart: more cannot be told apart
MOST_PANELS = 6
BINS = 20
_DRAWN = ("min", "p05", "p50", "p95", "max")
WHAT = "Line: median of the members; band: 5 to 95 % of them; dotted: lowest and highest member."


def voltage_fans(source: ChartSource) -> Chart | None:
    """The bus with the lowest and the bus with the highest voltage of any member."""
    labels = _labels(source, "bus", "vm_pu")
    low, high = _peaks(source, "bus", labels, "min", np.fmin), _peaks(source, "bus", labels, "max", np.fmax)
    if not low:
        return None
    names = list(dict.fromkeys((min(low, key=low.__getitem__), max(high, key=high.__getitem__))))
    limits = []
    for name in names:
        bounds = bounds_over(source.limits, "vm_pu", [f"bus:{name}"])
        limits += [(bound, f"limit {bound:.4f}") for bound in bounds if bound is not None]
    caption = "The bus with the lowest and the bus with the highest voltage of any member; dead buses do not count."
    return _fan_chart(source, "bus", {name: labels[name] for name in names}, Scale("pu", 1.0),
                      ("voltage-members", "Voltage over the members", caption), sorted(set(limits)))  # fmt: skip


def loading_fans(source: ChartSource) -> Chart | None:
    """The line and the transformer with the highest loading of any member."""
    labels = _labels(source, "branch", "loading_percent")
    peaks = _peaks(source, "branch", labels, "max", np.fmax)
    names = []
    for kind in ("line", "trafo"):
        own = [name for name in peaks if name.startswith(f"{kind}:")]
        names += [max(own, key=peaks.__getitem__)] if own else []
    if not names:
        return None
    uppers = [bounds_over(source.limits, "loading_percent", [name])[1] for name in names]
    limits = sorted({(upper, f"limit {upper:g} %") for upper in uppers if upper is not None})
    caption = "The line and the transformer with the highest loading of any member."
    return _fan_chart(source, "branch", {name: labels[name] for name in names}, Scale("%", 1.0),
                      ("loading-members", "Loading over the members", caption), limits)  # fmt: skip


def boundary_fans(source: ChartSource) -> Chart | None:
    """Signed flow through every boundary, with what was agreed there."""
    labels = dict(list(_labels(source, "boundary", "p_mw").items())[:MOST_FANS])
    if not labels:
        return None
    ends = [_peaks(source, "boundary", labels, name, pick) for name, pick in (("min", np.fmin), ("max", np.fmax))]
    reach = {f"{at}{name}": np.array([value]) for at, peaks in enumerate(ends) for name, value in peaks.items()}
    unit = scale_for([largest(reach)], "MW", KILO_BELOW_MW)
    limits = [
        (BOUNDARY_RULES[rule] * bound * unit.factor / 1000.0 + 0.0, f"{rule} {name}")
        for name in labels
        for rule, bound in bounds_of(source.limits, BOUNDARY_RULES, f"boundary:{name}")
    ]
    caption = "Net flow into the section behind each boundary: import above zero, export below."
    return _fan_chart(source, "boundary", labels, unit,
                      ("boundaries-members", "Boundary flows over the members", caption), limits)  # fmt: skip


def storage_fans(source: ChartSource) -> Chart | None:
    """State of charge of every storage entry."""
    labels = dict(list(_labels(source, "device", "soc").items())[:MOST_FANS])
    head = ("storage-members", "State of charge over the members", "At the end of each step; mean over the units.")
    return _fan_chart(source, "device", labels, Scale("%", 100.0), head, ()) if labels else None


def distributions(members: Members) -> Chart | None:
    """Histograms of the key figures that differ, one panel each."""
    shown = [figure for figure in members.key_figures if figure.differs][:MOST_PANELS]
    if members.count < 3 or not shown:
        return None
    traces: list[plots.Trace] = []
    layout: dict[str, object] = {}
    rows = -(-len(shown) // 2)
    for at, figure in enumerate(shown):
        trace, axes = _panel(figure, members.values(figure.key), at, rows)
        traces.append(trace)
        layout |= axes
    whole = plots.figure(traces, "members", hours=True)
    whole["layout"] |= layout | {"showlegend": False, "hovermode": "closest", "bargap": 0.05}
    whole["layout"]["margin"] |= {"t": 12, "b": 48}
    caption = f"How many of the {members.count} members have which value; a panel is one figure of the run."
    return Chart("distributions", "How the members differ", caption, whole)


def _panel(figure: KeyFigure, values: FloatArray, at: int, rows: int) -> tuple[plots.Trace, dict[str, object]]:
    """A histogram and its two axes, in the cell `at` of two columns."""
    known = values[np.isfinite(values)]
    counts, edges = np.histogram(known, bins=min(BINS, max(5, int(np.sqrt(len(known)) * 2))))
    row, column = divmod(at, 2)
    number = "" if at == 0 else str(at + 1)
    top = 1.0 - row / rows
    trace = {
        "type": "bar", "name": figure.words, "x": plots.rounded((edges[:-1] + edges[1:]) / 2), "y": counts.tolist(),
        "width": plots.rounded(np.diff(edges)), "marker": {"color": plots.BLUE},
        "xaxis": f"x{number}", "yaxis": f"y{number}",
    }  # fmt: skip
    unit = unit_text(figure.unit)
    title = {"text": plots.escaped(f"{figure.words}, {unit}" if unit else figure.words), "font": {"size": 11}}
    low = 1.0 - (row + 1) / rows + 0.42 / rows / 1.6
    common = {"gridcolor": plots.GRID, "zeroline": False, "automargin": False, "tickfont": {"size": 10}}
    return trace, {
        f"xaxis{number}": common | {"domain": [0.54 * column, 0.46 + 0.54 * column], "anchor": f"y{number}",
                                    "title": title | {"standoff": 4}, "nticks": 5},
        f"yaxis{number}": common | {"domain": [low, top], "anchor": f"x{number}", "nticks": 4},
    }  # fmt: skip


def _labels(source: ChartSource, group: str, quantity: str) -> dict[str, str]:
    """Label -> series, of the bands `quantity|label|statistic`."""
    columns = source.folder.columns(f"{group}{BANDS_SUFFIX}")
    named = [column.removesuffix("|p50") for column in columns if column.endswith("|p50")]
    return series.by_label(named, quantity)


def _peaks(
    source: ChartSource, group: str, labels: Mapping[str, str], statistic: str, pick: np.ufunc
) -> dict[str, float]:
    """Lowest or highest value of a statistic of every series that has any."""
    columns = [f"{name}|{statistic}" for name in labels.values()]
    found = np.full(len(columns), np.nan)
    for part in source.folder.parts(f"{group}{BANDS_SUFFIX}", columns) if columns else ():
        found = pick(found, [pick.reduce(part[column].to_numpy(), initial=np.nan) for column in columns])
    return {label: value for label, value in zip(labels, found.tolist(), strict=True) if np.isfinite(value)}


def _fan_chart(
    source: ChartSource,
    group: str,
    names: Mapping[str, str],
    unit: Scale,
    head: tuple[str, str, str],
    limits: Sequence[tuple[float, str]],
) -> Chart | None:
    """One fan per series; `head` = id, title, caption of the chart."""
    wanted = {(label, statistic): f"{name}|{statistic}" for label, name in names.items() for statistic in _DRAWN}
    curves = series.read_bands(source.folder, f"{group}{BANDS_SUFFIX}", list(wanted.values()))
    if not curves.steps:
        return None
    grouped = buckets(curves.t_s)
    x = source.times(curves).edges(grouped)
    traces: list[plots.Trace] = []
    for label, color in zip(names, plots.LINES, strict=False):
        band = {name: unit.factor * curves.values[wanted[label, name]] for name in _DRAWN}
        traces += _fan(label, x, band, curves, grouped, color)
    chart_id, title, caption = head
    span = "" if grouped.whole else f" Over {duration(grouped.span_s)} each, lowest and highest: the run is long."
    return Chart(chart_id, title, f"{caption} {WHAT}{span}", plots.figure(traces, unit.unit, limits=limits))


def _fan(
    label: str, x: Sequence[str], band: Mapping[str, FloatArray], curves: Curves, grouped: Buckets, color: str
) -> list[plots.Trace]:
    group = {"legendgroup": label}
    quiet = group | {"showlegend": False}
    low, high = held(grouped.low(band["p05"])), held(grouped.high(band["p95"]))
    middle = held(grouped.mean(band["p50"], curves.dt_s.astype(np.float64)))
    return [
        plots.line(f"{label} p05", x, low, color, width=0) | quiet,
        plots.line(f"{label} p95", x, high, color, width=0)
        | quiet
        | {"fill": "tonexty", "fillcolor": plots.translucent(color, 0.25)},
        plots.line(f"{label} lowest", x, held(grouped.low(band["min"])), color, dash="dot", width=0.8) | quiet,
        plots.line(f"{label} highest", x, held(grouped.high(band["max"])), color, dash="dot", width=0.8) | quiet,
        plots.line(label, x, middle, color, width=2.0) | group,
    ]
