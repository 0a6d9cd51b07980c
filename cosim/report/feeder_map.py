"""The feeder map: every bus coloured by its worst voltage, every branch by its highest loading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cosim.report import plots
from cosim.report.chart import Chart
from cosim.report.map_buses import BUSES, bus_traces, drawn_buses, has_limit, points, worst_place
from cosim.report.map_colors import color_axis, color_buttons
from cosim.report.map_source import MapSource
from cosim.report.map_symbols import symbols
from cosim.report.texts import number
from cosim.report.wires import LINE, SWITCH
from grids.arrays import BoolArray, FloatArray

LOADINGS = (  # up to this percentage, colour, width
    (25.0, "#c3cbd3", 1.6),
    (50.0, "#99a4b0", 2.2),
    (75.0, "#64707d", 3.0),
    (100.0, "#2b3640", 3.8),
    (np.inf, "#d55e00", 5.0),
)
UNRATED = "#c3cbd3"
CLOSE = 0.1  # of the map's extent: half of what is seen around the worst bus


def feeder_map(source: MapSource) -> Chart:
    """The map as a chart."""
    opened = source.wires.open_branches()
    traces = [
        *_branches(source, opened),
        *bus_traces(source),
        *symbols(source.wires, source.layout.xy, source.boundaries, source.regulated),
        _branch_hover(source, opened),
    ]
    whole = plots.figure(traces, "", hours=True)
    whole["layout"] |= _layout(source) | {"updatemenus": _menus(source, traces)}
    return Chart("map", "Feeder map", _caption(source), whole, tall=True)


def _branches(source: MapSource, opened: BoolArray) -> Iterator[plots.Trace]:
    """One trace for each class of loading, one for what has no rating, one for what is open."""
    classes: dict[str, list[int]] = {}
    for at, branch in enumerate(source.wires.branches):
        loading = source.worst.loading.get(branch.subject)
        if opened[at]:
            key = "open"
        elif loading is None:
            key = "unrated"
        else:
            key = str(next(place for place, (upto, *_) in enumerate(LOADINGS) if loading.value <= upto))
        classes.setdefault(key, []).append(at)
    if "unrated" in classes:
        yield _lines("no rating", source, classes["unrated"], UNRATED, 1.4) | {"showlegend": False}
    previous = 0.0
    for place, (upto, color, width) in enumerate(LOADINGS):
        words = f"{previous:g} to {upto:g} %" if np.isfinite(upto) else f"above {previous:g} %"
        if str(place) in classes:
            yield _lines(f"loading {words}", source, classes[str(place)], color, width)
        previous = upto
    if "open" in classes:
        yield _lines("open line or tie", source, classes["open"], plots.GREY, 1.6, dash="dash")


def _lines(
    name: str, source: MapSource, branches: Sequence[int], color: str, width: float, dash: str = "solid"
) -> plots.Trace:
    ends = np.array([(source.wires.branches[at].start, source.wires.branches[at].end) for at in branches])
    gaps = np.full((len(ends), 1, 2), np.nan)
    way = np.concatenate([source.layout.xy[ends], gaps], axis=1).reshape(-1, 2)
    trace = plots.line(name, plots.rounded(way[:, 0]), way[:, 1], color, dash=dash, step=False, width=width)
    return trace | {"hoverinfo": "skip"}


def _branch_hover(source: MapSource, opened: BoolArray) -> plots.Trace:
    """An unseen point in the middle of every line and transformer that says what is known of it."""
    xy = source.layout.xy
    middles, texts = [], []
    for at, branch in enumerate(source.wires.branches):
        if branch.kind == SWITCH:
            continue  # drawn as a symbol, which says it
        middles.append((xy[branch.start] + xy[branch.end]) / 2)
        loading = source.worst.loading.get(branch.subject)
        length = f", {number(branch.length_km)} km" if branch.kind == LINE else ""
        said = [f"<b>{plots.escaped(branch.name)}</b>{length}"]
        if loading is not None:
            said.append(f"highest loading {number(loading.value)} %, {loading.when(source.members)}")
        said += ["open in normal operation"] if opened[at] else []
        texts.append("<br>".join(said))
    middle: FloatArray = np.array(middles, dtype=np.float64).reshape(-1, 2)
    return points("branches", middle, texts) | {"marker": {"size": 14, "opacity": 0}, "showlegend": False}


def _layout(source: MapSource) -> dict[str, Any]:
    to_scale = source.layout.to_scale
    axis = {"gridcolor": plots.GRID, "zeroline": False, "showgrid": to_scale, "showticklabels": to_scale,
            "ticksuffix": " km", "automargin": True, "tickfont": {"size": 10}, "nticks": 6}  # fmt: skip
    scaled = {"scaleanchor": "x", "scaleratio": 1} if to_scale else {}
    return {
        "xaxis": axis,
        "yaxis": axis | scaled,
        "coloraxis": color_axis(),
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "font": {"size": 12}},
        "margin": {"l": 8, "r": 8, "t": 132, "b": 8},
        "legend": {"orientation": "h", "y": -0.08, "yanchor": "top", "x": 0, "font": {"size": 11},
                   "itemsizing": "trace"},
        "dragmode": "pan",
    }  # fmt: skip


def _menus(source: MapSource, traces: Sequence[plots.Trace]) -> list[dict[str, Any]]:
    """Two rows of buttons: what colours mean, and which part is seen."""
    look = {"type": "buttons", "direction": "left", "x": 0, "xanchor": "left", "showactive": True, "font": {"size": 11},
            "pad": {"t": 0, "r": 0, "b": 0, "l": 0}, "bgcolor": "#ffffff", "bordercolor": plots.GRID}  # fmt: skip
    place = {"yanchor": "bottom", "y": 1.0}
    buses = next(at for at, trace in enumerate(traces) if trace["name"] == BUSES)
    return [
        look | place | {"buttons": color_buttons(source, buses), "pad": {"b": 86}},
        look | place | {"buttons": list(_views(source)), "pad": {"b": 52}},
    ]


def _views(source: MapSource) -> Iterator[dict[str, Any]]:
    yield {"label": "all", "method": "relayout", "args": [{"xaxis.autorange": True, "yaxis.autorange": True}]}
    places = {bus: worst_place(source, bus) for bus in drawn_buses(source)}
    xy = source.layout.xy
    reach = CLOSE * np.ptp(xy, axis=0)
    reach = np.full(2, reach.max()) if source.layout.to_scale else np.maximum(reach, 1.0)
    for label, pick in (("near lowest", min), ("near highest", max)):
        bus = pick(places, key=places.__getitem__)
        (left, low), (right, high) = plots.rounded(xy[bus] - reach), plots.rounded(xy[bus] + reach)
        yield {
            "label": label,
            "method": "relayout",
            "args": [{"xaxis.range": [left, right], "yaxis.range": [low, high]}],
        }


def _caption(source: MapSource) -> str:
    """What the colours mean, and what the map cannot say."""
    said = [
        "Buses: their worst voltage of the run within the band that holds for them (a thick ring: outside of it), or "
        "their lowest or highest one around nominal.",
        "Lines and transformers: their highest loading.",
        "Means over single steps, while limits are judged on half hours.",
    ]
    if not all(has_limit(source, bus) for bus in drawn_buses(source)):
        said.append("Small: no limit holds here, coloured on the default band (assumed).")
    if source.worst.legs:
        said.append("At supply points, and at 6.6 kV nodes for those behind them, the worst 100 V leg counts.")
    if source.members > 1:
        said.append(f"Worst of all {source.members} members.")
    if not source.layout.to_scale:
        said.append("The network has no coordinates: drawn as a tree from its sources, lengths are not to scale.")
    elif source.layout.guessed:
        missing = source.layout.guessed
        said.append(f"{missing} {'bus' if missing == 1 else 'buses'} without coordinates: drawn beside a neighbour.")
    return " ".join(said)
