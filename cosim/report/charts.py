"""The charts of a run: which there are follows from the series it kept. Pure data; one unit of power a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.report import plots, series
from cosim.report.clocks import LocalTimes
from cosim.report.network import bus_levels
from cosim.report.series import Curves, Pick
from cosim.report.shown_limits import ShownLimit, bounds_of, bounds_over
from cosim.report.texts import Scale, duration, scale_for
from cosim.report.thinning import MOST_POINTS, Buckets, buckets, line_buckets
from grids.arrays import FloatArray

if TYPE_CHECKING:
    from cosim.results.folder import RunFolder

MOST_LAYERS = 6  # entries of a role with a colour of their own; the rest is one layer
_SOURCES, _ENGINES, _STORAGE = "source", "engine", "storage"
_COLORS = {
    _SOURCES: ("#e69f00", "#f0c75e", "#c98500", "#f6dfa4", "#b37400", "#ffd27f"),
    _ENGINES: ("#b5533c", "#d98872", "#8c3a27", "#e8b5a7", "#702c1d", "#c96f58"),
    _STORAGE: ("#009e73", "#66c5ab", "#007a59", "#a3dccd", "#005c43", "#33b18f"),
}
_ROLE_ORDER = (_ENGINES, _SOURCES, _STORAGE)
BOUNDARY_RULES = {"contract-power": 1.0, "no-export": -1.0, "export-limit": -1.0, "min-import": 1.0}


@dataclass(frozen=True)
class Chart:
    """One chart of the page."""

    id: str
    title: str
    caption: str
    figure: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class ChartSource:
    """What the charts of a run are drawn from."""

    folder: RunFolder
    timezone: str
    limits: tuple[ShownLimit, ...]
    currency: str
    member: int = 0

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Columns of every group; groups that hold nothing have none."""
        return {group: self.folder.columns(group) for group in ("bus", "branch", "device", "boundary", "inputs")}

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
            entry: _ENGINES if entry in engines else _STORAGE if entry in stores else _SOURCES
            for entry in series.by_entry(device, "p_mw")
        }


def charts(source: ChartSource) -> list[Chart]:
    """Every chart the run has series for, in reading order."""
    makers: tuple[Callable[[ChartSource], Chart | None], ...] = (
        power_balance,
        curtailment,
        voltage_bands,
        loading_duration,
        boundary_flows,
        storage,
        heat,
        prices,
    )
    return [chart for make in makers if (chart := make(source)) is not None]


def power_balance(source: ChartSource) -> Chart | None:
    """Supply stacked upwards; charging, export and losses downwards; the difference is the load that was served."""
    feeding = source.read("boundary", dict(_picks_of_feeding(source)))
    devices = source.read("device", dict(_picks_of_devices(source)))
    loads = source.read("inputs", _pick_all("load", source.columns["inputs"], "p_served_mw", series.total))
    groups = [group for group in (feeding, devices, loads) if group.values]
    if not groups:
        return None
    steps = min(group.steps for group in groups)
    if steps == 0:
        return None
    shown = groups[0].first(steps)
    grouped = buckets(shown.t_s)
    x = source.times(shown).edges(grouped)
    values = {
        key: grouped.mean(curve[:steps], shown.dt_s.astype(np.float64))
        for group in groups
        for key, curve in group.values.items()
    }
    unit = scale_for([_largest(values)], "MW")
    traces = list(_balance_traces(values, x, unit))
    what = "Above zero what supplies, below zero charging, export and losses; the line is the load that was served."
    return Chart("power", "Power balance", f"{what} {_means(grouped)}", plots.figure(traces, unit.unit))


def _picks_of_feeding(source: ChartSource) -> Iterator[tuple[str, Pick]]:
    columns = source.columns["boundary"]
    feeding = tuple(column for label, column in series.by_label(columns, "p_mw").items() if label.startswith("source:"))
    if feeding:
        yield "import", Pick(feeding, series.giving)
        yield "export", Pick(feeding, series.taking)
    if "losses_mw|grid" in columns:
        yield "losses", Pick(("losses_mw|grid",), series.total)


def _picks_of_devices(source: ChartSource) -> Iterator[tuple[str, Pick]]:
    """One curve an entry (`role/entry`), the smaller ones of a long list together; charging and own use."""
    entries = series.by_entry(source.columns["device"], "p_mw")
    for role in _ROLE_ORDER:
        names = [entry for entry in entries if source.roles[entry] == role]
        named = names if len(names) <= MOST_LAYERS else names[: MOST_LAYERS - 1]
        for entry in named:
            yield f"{role}/{entry}", Pick(entries[entry], series.giving)
        rest = tuple(column for entry in names[len(named) :] for column in entries[entry])
        if rest:
            yield f"{role}/{len(names) - len(named)} more", Pick(rest, series.giving)
    every = tuple(column for columns in entries.values() for column in columns)
    if every:
        yield "charging", Pick(every, series.taking)


def _balance_traces(values: Mapping[str, FloatArray], x: Sequence[str], unit: Scale) -> Iterator[plots.Trace]:
    def layer(name: str, key: str, color: str, sign: float) -> Iterator[plots.Trace]:
        if key in values and np.nanmax(np.abs(values[key]), initial=0.0) > 0.0:
            stack = "supply" if sign > 0 else "use"
            yield plots.area(name, x, _held(sign * unit.factor * values[key]), color, stack)

    yield from layer("import", "import", "#b8c0c8", 1.0)
    for role in _ROLE_ORDER:
        keys = [key for key in values if key.startswith(f"{role}/")]
        for key, color in zip(keys, _COLORS[role], strict=False):
            name = key.partition("/")[2]
            yield from layer(f"{name} (discharge)" if role == _STORAGE else name, key, color, 1.0)
    yield from layer("charging, own use", "charging", "#56b4e9", -1.0)
    yield from layer("export", "export", "#cc79a7", -1.0)
    yield from layer("losses", "losses", "#6b7785", -1.0)
    if "load" in values:
        yield plots.line("load served", x, _held(unit.factor * values["load"]), plots.INK, width=2.0)


def curtailment(source: ChartSource) -> Chart | None:
    """What generation could have given and what it gave; only where the two differ."""
    device = source.columns["device"]
    available = series.by_entry(device, "p_available_mw")
    realised = {entry: columns for entry, columns in series.by_entry(device, "p_mw").items() if entry in available}
    if not realised:
        return None
    picks = {
        "available": Pick(tuple(column for entry in realised for column in available[entry]), series.total),
        "realised": Pick(tuple(column for columns in realised.values() for column in columns), series.giving),
    }
    curves = source.read("device", picks)
    missing = curves.values["available"] - curves.values["realised"]
    largest = float(np.nanmax(curves.values["available"], initial=0.0))
    if not curves.steps or np.nanmax(missing, initial=0.0) <= 1e-5 * largest:
        return None
    grouped = buckets(curves.t_s)
    x, dt_s = source.times(curves).edges(grouped), curves.dt_s.astype(np.float64)
    unit = scale_for([largest], "MW")
    low, high = (_held(unit.factor * grouped.mean(curves.values[key], dt_s)) for key in ("realised", "available"))
    traces = [
        plots.area("used", x, low, "#e69f00", "used"),
        plots.line("available", x, high, plots.RED, dash="dot"),
    ]
    caption = f"The gap between the two is curtailed; by reason in the table of energies. {_means(grouped)}"
    return Chart("curtailment", "Generation available and used", caption, plots.figure(traces, unit.unit))


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
        low = _held(grouped.low(curves.values[f"{level} low"]))
        high = _held(grouped.high(curves.values[f"{level} high"]))
        traces += plots.band(level, x, low, high, color)
    bounded: dict[float, list[str]] = {}
    for level, buses in levels.items():
        for bound in bounds_over(source.limits, "vm_pu", [f"bus:{bus}" for bus in buses]):
            if bound is not None:
                bounded.setdefault(bound, []).append(level)
    limits = [(bound, f"limit {bound:.4f} at {', '.join(at)}") for bound, at in bounded.items()]
    figure = plots.figure(traces, "pu", limits=limits)
    caption = f"Lowest to highest bus of each voltage level; dead buses do not count. {_extremes(grouped)}"
    return Chart("voltage", "Voltage band", caption, figure)


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
    unit = scale_for([_largest(curves.values)], "MW")
    traces = []
    for name, color in zip(names, plots.LINES, strict=False):
        kept = grouped.extremes(curves.values[name])
        traces.append(plots.line(name, times.at(kept), _held(unit.factor * curves.values[name][kept]), color))
    per_kw = unit.factor / 1000.0
    limits: dict[tuple[float, str], list[str]] = {}
    for name in names:
        for rule, bound in bounds_of(source.limits, BOUNDARY_RULES, f"boundary:{name}"):
            limits.setdefault((BOUNDARY_RULES[rule] * bound * per_kw + 0.0, rule), []).append(name)
    lines = [
        (value, rule if len(at) == len(names) else f"{rule} {', '.join(at)}") for (value, rule), at in limits.items()
    ]
    figure = plots.figure(traces, unit.unit, limits=lines)
    caption = f"Net flow into the section behind each boundary: import above zero, export below. {_extremes(grouped)}"
    return Chart("boundaries", "Boundary flows", caption, figure)


def storage(source: ChartSource) -> Chart | None:
    """State of charge of batteries and tanks."""
    device = source.columns["device"]
    entries = [("soc", entry, columns) for entry, columns in series.by_entry(device, "soc").items()]
    entries += [("tank_soc", entry, columns) for entry, columns in series.by_entry(device, "tank_soc").items()]
    picks = {
        f"{entry} (tank)" if quantity == "tank_soc" else entry: Pick(columns, series.mean)
        for quantity, entry, columns in entries[: len(plots.LINES)]
    }
    chart = _lines(source, "device", picks, 100.0, "%")
    if chart is None:
        return None
    figure, grouped = chart
    figure["layout"]["yaxis"]["range"] = [0, 100]
    caption = f"At the end of each step; mean over the units of an entry. {_extremes(grouped)}"
    return Chart("storage", "State of charge", caption, figure)


def heat(source: ChartSource) -> Chart | None:
    """Heat asked for, and where it came from and went."""
    wanted = (
        ("heat_demand_mw", "demand"),
        ("heat_chp_mw", "engines"),
        ("heat_boiler_mw", "boiler"),
        ("heat_dumped_mw", "dumped"),
        ("heat_unserved_mw", "not served"),
    )
    device = source.columns["device"]
    picks: dict[str, Pick] = {}
    for quantity, name in wanted:
        picks |= _pick_all(name, device, quantity, series.total)
    if not picks:
        return None
    chart = _lines(source, "device", picks, None, "MW")
    if chart is None:
        return None
    figure, grouped = chart
    return Chart("heat", "Heat", f"All heat plants together. {_extremes(grouped)}", figure)


def prices(source: ChartSource) -> Chart | None:
    """What a kWh from the grid and a kWh of fuel cost."""
    known = (("energy_price", "electricity at the meter"), ("fuel_price", "fuel (per kWh of heating value)"))
    picks: dict[str, Pick] = {}
    for quantity, name in known:
        labels = series.by_label(source.columns["inputs"], quantity)
        for label, column in list(labels.items())[:4]:
            picks[name if len(labels) == 1 else f"{name}, {label}"] = Pick((column,), series.total)
    if not picks:
        return None
    chart = _lines(source, "inputs", picks, 1.0, f"{source.currency or '1'}/kWh")
    if chart is None:
        return None
    figure, grouped = chart
    return Chart("prices", "Prices", _extremes(grouped), figure)


def _lines(
    source: ChartSource, group: str, picks: Mapping[str, Pick], factor: float | None, unit: str
) -> tuple[dict[str, Any], Buckets] | None:
    """Plain lines of a group; factor None = MW, or kW where they are small."""
    if not picks:
        return None
    curves = source.read(group, picks)
    if not curves.steps:
        return None
    scale = scale_for([_largest(curves.values)], unit) if factor is None else Scale(unit, factor)
    grouped, times = line_buckets(curves.t_s), source.times(curves)
    traces = []
    for (name, values), color in zip(curves.values.items(), plots.LINES, strict=False):
        kept = grouped.extremes(values)
        traces.append(plots.line(name, times.at(kept), _held(scale.factor * values[kept]), color))
    return plots.figure(traces, scale.unit, include_zero=True), grouped


def _pick_all(key: str, columns: Sequence[str], quantity: str, reduce: series.Reduce) -> dict[str, Pick]:
    found = tuple(series.by_label(columns, quantity).values())
    return {key: Pick(found, reduce)} if found else {}


def _largest(curves: Mapping[str, FloatArray]) -> float:
    return max((float(np.nanmax(np.abs(values), initial=0.0)) for values in curves.values()), default=0.0)


def _held(values: FloatArray) -> FloatArray:
    """The last value once more: a mean holds until the end of its step."""
    return np.append(values, values[-1:])


def _means(grouped: Buckets) -> str:
    return "" if grouped.whole else f"Means over {duration(grouped.span_s)}: the run is long."


def _extremes(grouped: Buckets) -> str:
    return "" if grouped.whole else f"Lowest and highest of every {duration(grouped.span_s)}: the run is long."
