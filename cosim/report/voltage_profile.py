"""Voltage over distance: a chart a voltage level and one of the legs, at the moments of the lowest and highest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.limits.spec import VoltageLimits
from cosim.report import plots
from cosim.report.bus_bands import JUDGED, BusBand, pole_window_v
from cosim.report.chart import Chart
from cosim.report.distance import Ways, ways
from cosim.report.texts import number, per_unit
from cosim.report.wires import Wires
from cosim.report.worst_values import Moment, WorstValues
from grids.arrays import FloatArray
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts, PoleTransformer

COLORS = {"lowest": plots.BLUE, "highest": plots.RED}
TAP_COLORS = ("#f6e8c3", "#d9ead3", "#cfe2f3", "#e6dff0", "#f9d5cf")  # fills, one a tap, highest tap first
TAP_EDGES = ("#b08d3c", "#5b8f4e", "#4d7fae", "#8468a8", "#bf6a5a")
REACHED_KM = 1e-6
MANY_POINTS = 150
LEAST_REACH_PU = 0.05  # limits this near are drawn
PART = 0.02  # of the span: half the width drawn for a tap with a single node


@dataclass(frozen=True)
class ProfileSource:
    """What the voltage over distance is drawn from."""

    wires: Wires
    worst: WorstValues
    bands: Sequence[BusBand]  # (bus,) per unit
    leg_band: BusBand  # V
    low_voltage: LowVoltageFacts | None
    limits: VoltageLimits
    members: int


def voltage_profiles(source: ProfileSource) -> Iterator[Chart]:
    """A chart for every voltage level whose buses differ in distance, highest first; then one of customers' legs."""
    of_level: dict[float, dict[str, Moment]] = defaultdict(dict)
    of_legs: dict[str, Moment] = {}
    for moment in source.worst.moments:
        if moment.vn_kv is None:
            of_legs[moment.end] = moment
        else:
            of_level[moment.vn_kv][moment.end] = moment
    for vn_kv in sorted(of_level, reverse=True):
        reached = {end: _ways(source.wires, moment) for end, moment in of_level[vn_kv].items()}
        buses = np.flatnonzero((source.wires.vn_kv == vn_kv) & ~source.wires.star).tolist()
        if any(_spread(way.km[buses]) > REACHED_KM for way in reached.values()):
            yield _chart(source, vn_kv, buses, of_level[vn_kv], reached)
    if of_legs:
        yield _legs_chart(source, of_legs)


def _spread(km: FloatArray) -> float:
    """From the nearest to the furthest of what is reached."""
    known = km[np.isfinite(km)]
    return float(np.ptp(known)) if known.size else 0.0


def _legs_chart(source: ProfileSource, moments: Mapping[str, Moment]) -> Chart:
    """The lower legs at the moment of the lowest one, the higher legs at that of the highest one."""
    traces = []
    for end, moment in moments.items():
        km = _ways(source.wires, moment).km
        at = np.array([km[source.wires.position[bus]] for _, bus in source.worst.supply])
        texts = [
            f"<b>{plots.escaped(subject)}</b>, {number(float(far), 4)} km<br>{end} leg {number(float(volts), 4)} V"
            for (subject, _), far, volts in zip(source.worst.supply, at, moment.values, strict=True)
        ]
        name = f"{end} leg, {moment.when(source.members)}"
        trace = plots.line(name, plots.rounded(at), moment.values, COLORS[end], step=False)
        traces.append(trace | _marked(texts, len(at)) | {"mode": "markers"})
    band = source.leg_band
    limits = [(bound, f"limit {bound:g} V") for bound in (band.lower, band.upper)]
    whole = _figure(traces, "V, one 100 V leg", limits)
    ends = " and ".join(f"the {end} leg, {moment.when(source.members)}" for end, moment in moments.items())
    caption = (
        f"Every low-voltage supply point at the moments of {ends}: its lower leg and its higher leg. {_method(source)} "
        "Means over single steps, while limits are judged on half hours."
    )
    return Chart("profile-legs", "Voltage over distance, customers' 100 V legs", caption, whole)


def _method(source: ProfileSource) -> str:
    """Where the legs come from."""
    if source.low_voltage is not None and source.low_voltage.depth is LowVoltageDepth.FULL:
        return "Measured: from the wires and the demand of each customer."
    return "Equivalent: by formula from the pole transformer, at both ends of its mains."


def _figure(traces: Sequence[plots.Trace], y_title: str, limits: Sequence[tuple[float, str]]) -> dict[str, Any]:
    whole = plots.figure(traces, y_title, hours=True, limits=limits)
    whole["layout"]["hovermode"] = "closest"
    whole["layout"]["hoverlabel"] = {"align": "left", "font": {"size": 12}}
    whole["layout"]["xaxis"] |= {"ticksuffix": " km", "rangemode": "normal", "zeroline": False}
    return whole


def _marked(texts: Sequence[str], count: int) -> dict[str, Any]:
    return {
        "mode": "lines+markers", "marker": {"size": 3.5 if count > MANY_POINTS else 5},
        "text": list(texts), "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def _ways(wires: Wires, moment: Moment) -> Ways:
    opened = wires.open_branches(moment.open_switches, moment.out)
    return ways(wires, opened, [bus for name, bus in wires.sources if name in moment.sources])


def _chart(
    source: ProfileSource,
    vn_kv: float,
    buses: Sequence[int],
    moments: Mapping[str, Moment],
    reached: Mapping[str, Ways],
) -> Chart:
    traces = [_profile(source, vn_kv, buses, moments[end], reached[end]) for end in moments]
    traces = [trace for trace in traces if trace["x"]]
    poles = _poles_at(source, vn_kv)
    km = next(iter(reached.values())).km
    windows = list(_windows(source, poles, km, vn_kv))
    near, far = _bounds(source, buses, traces)
    whole = _figure([*windows, *traces], f"pu of {vn_kv:g} kV", near)
    ends = " and ".join(f"{end} voltage ({moment.when(source.members)})" for end, moment in moments.items())
    caption = f"Every bus of {vn_kv:g} kV at the moments of the {ends}; a line is one way outwards, km along the lines."
    if far:
        caption += f" Too far off to be drawn: {', '.join(words for _, words in far)}."
    if windows:
        caption += f" {_window_words(source)}"
    return Chart(f"profile-{vn_kv:g}kv", f"Voltage over distance, {vn_kv:g} kV", caption, whole)


def _profile(source: ProfileSource, vn_kv: float, buses: Sequence[int], moment: Moment, reached: Ways) -> plots.Trace:
    """All ways of a level in one trace, with gaps between them."""
    alive = [bus for bus in buses if np.isfinite(moment.values[bus])]
    x: list[float] = []
    y: list[float] = []
    texts: list[str] = []
    for path in reached.paths(alive):
        x += [*(float(reached.km[bus]) for bus in path), np.nan]
        y += [*(float(moment.values[bus]) for bus in path), np.nan]
        texts += [*(_text(source, bus, moment, reached, vn_kv) for bus in path), ""]
    name = f"{moment.end} voltage, {moment.when(source.members)}"
    trace = plots.line(name, plots.rounded(np.array(x)), np.array(y), COLORS[moment.end], step=False, width=1.4)
    return trace | _marked(texts, len(alive))


def _text(source: ProfileSource, bus: int, moment: Moment, reached: Ways, vn_kv: float) -> str:
    vm_pu, band = float(moment.values[bus]), source.bands[bus]
    said = [
        f"<b>{plots.escaped(source.wires.bus[bus])}</b>, {number(float(reached.km[bus]), 4)} km",
        f"{per_unit(vm_pu)} pu ({number(1000.0 * vn_kv * vm_pu, 5)} V)",
        f"{plots.escaped(band.words)}: {per_unit(band.lower)} to {per_unit(band.upper)} pu",
    ]
    return "<br>".join(said)


def _bounds(
    source: ProfileSource, buses: Sequence[int], traces: Sequence[plots.Trace]
) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Limits of the level: those near the voltages, and those that would flatten the curves."""
    values = [value for trace in traces for value in trace["y"] if value is not None]
    found: dict[float, set[str]] = defaultdict(set)
    for bus in buses:
        band = source.bands[bus]
        if band.kind == JUDGED:
            found[band.lower].add(band.words)
            found[band.upper].add(band.words)
    limits = [(bound, f"limit {bound:.4f} ({', '.join(sorted(words))})") for bound, words in sorted(found.items())]
    if not values:
        return [], limits
    reach = max(max(values) - min(values), LEAST_REACH_PU)
    near = [limit for limit in limits if min(values) - reach < limit[0] < max(values) + reach]
    return near, [limit for limit in limits if limit not in near]


def _poles_at(source: ProfileSource, vn_kv: float) -> list[PoleTransformer]:
    """Pole transformers fed from this level."""
    if source.low_voltage is None:
        return []
    position, level = source.wires.position, source.wires.vn_kv
    return [pole for pole in source.low_voltage.poles if pole.bus in position and level[position[pole.bus]] == vn_kv]


def _windows(
    source: ProfileSource, poles: Sequence[PoleTransformer], km: FloatArray, vn_kv: float
) -> Iterator[plots.Trace]:
    """What each tap allows, from the first to the last node that has it: a box a tap, of all its poles together."""
    of_tap: dict[float, list[PoleTransformer]] = defaultdict(list)
    for pole in poles:
        if np.isfinite(km[source.wires.position[pole.bus]]):
            of_tap[pole.tap_v].append(pole)
    margin = PART * _spread(km)
    for place, (tap_v, own) in enumerate(sorted(of_tap.items(), reverse=True)):
        fill, edge = TAP_COLORS[place % len(TAP_COLORS)], TAP_EDGES[place % len(TAP_EDGES)]
        windows = np.array([pole_window_v(pole, source.limits) for pole in own])
        low, high = float(windows[:, 0].max()), float(windows[:, 1].min())
        at = km[[source.wires.position[pole.bus] for pole in own]]
        left, right = float(at.min()) - margin, float(at.max()) + margin
        allowed = f"{low:.0f} to {high:.0f} V" if low <= high else f"none, at least {low:.0f} and at most {high:.0f} V"
        yield _box(f"tap {tap_v:g} V: {allowed}", (left, right), (low, high), vn_kv, fill, edge)


def _box(
    name: str, x: tuple[float, float], volts: tuple[float, float], vn_kv: float, fill: str, edge: str
) -> dict[str, Any]:
    low, high = (value / (1000.0 * vn_kv) for value in volts)
    trace = plots.line(
        name,
        plots.rounded(np.array([x[0], x[1], x[1], x[0], x[0]])),
        np.array([low, low, high, high, low]),
        edge,
        step=False,
        width=1.2,
    )
    return trace | {"fill": "toself", "fillcolor": plots.translucent(fill, 0.45), "hoverinfo": "skip"}


def _window_words(source: ProfileSource) -> str:
    """What the boxes of the taps say."""
    limits, facts = source.limits, source.low_voltage
    legs = f"{limits.lv_100_lower_v:g} V plus the drop to {limits.lv_100_upper_v:g} V less the rise"
    words = f"A box: the 6.6 kV voltages at which every leg behind nodes with this tap keeps {legs}"
    if facts is not None and facts.depth is not LowVoltageDepth.EQUIVALENT:
        return f"{words}, a third of both assumed inside the pole transformer."
    return f"{words} at peak demand and at full reverse flow."
