"""Buses of the feeder map: coloured by their worst voltage within the band that holds for them, or per unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cosim.report import plots
from cosim.report.bus_bands import ASSUMED
from cosim.report.map_source import MapSource
from cosim.report.texts import number, per_unit
from cosim.report.worst_values import Extreme, Legs
from grids.arrays import FloatArray

MANY_BUSES = 300
BUSES = "buses"


def bus_traces(source: MapSource) -> list[plots.Trace]:
    """What is never alive, then every other bus in one trace called BUSES."""
    wires, xy = source.wires, source.layout.xy
    size = 6 if len(wires.bus) > MANY_BUSES else 9
    traces = []
    dead = [bus for bus in np.flatnonzero(~wires.star).tolist() if wires.bus[bus] not in source.worst.lowest]
    if dead:
        texts = [f"<b>{plots.escaped(wires.bus[bus])}</b><br>never energised" for bus in dead]
        marker = {"size": size, "color": plots.GREY, "symbol": "x-thin-open"}
        traces.append(points("never energised", xy[dead], texts) | {"marker": marker})
    buses = drawn_buses(source)
    texts = [_text(source, bus) for bus in buses]
    drawn = points(BUSES, xy[buses], texts) | {"marker": _marker(source, buses, size), "showlegend": False}
    return [*traces, drawn]


def drawn_buses(source: MapSource) -> list[int]:
    """Buses that ever lived, the most remarkable last, so that no other one covers it."""
    wires = source.wires
    alive = [bus for bus in np.flatnonzero(~wires.star).tolist() if wires.bus[bus] in source.worst.lowest]
    return sorted(alive, key=lambda bus: (has_limit(source, bus), abs(worst_place(source, bus))))


def points(name: str, xy: FloatArray, texts: Sequence[str]) -> plots.Trace:
    """Markers that say a text of their own."""
    return {
        "type": "scatter", "mode": "markers", "name": name, "x": plots.rounded(xy[:, 0]), "y": plots.rounded(xy[:, 1]),
        "text": list(texts), "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip


def has_limit(source: MapSource, bus: int) -> bool:
    """Whether its band is more than the default one that stands in for a limit."""
    return source.wires.bus[bus] in source.worst.legs or source.bands[bus].kind != ASSUMED


def worst_place(source: MapSource, bus: int) -> float:
    """Where in its band the worst voltage of a bus lies: -1 = at the lower bound, 1 = at the upper one.

    Where the legs of supply points are known, those count.
    """
    name, band = source.wires.bus[bus], source.bands[bus]
    if name in source.worst.legs:
        every = [end for legs in source.worst.legs[name] for end in (legs.lowest, legs.highest)]
        return max((source.leg_band.place(end.value) for end in every), key=abs)
    ends = (source.worst.lowest[name], source.worst.highest[name])
    return max((band.place(end.value) for end in ends), key=abs)


def _marker(source: MapSource, buses: Sequence[int], size: int) -> dict[str, Any]:
    places = [worst_place(source, bus) for bus in buses]
    limited = [has_limit(source, bus) for bus in buses]
    outside = [known and abs(place) > 1.0 for known, place in zip(limited, places, strict=True)]
    return {
        "size": [size + 2 if out else size if known else size - 3 for known, out in zip(limited, outside, strict=True)],
        "color": plots.rounded(np.array(places)),
        "coloraxis": "coloraxis",
        "opacity": 1.0,
        "line": {
            "color": [plots.INK if out else plots.GREY for out in outside],
            "width": [0.2 * size if out else 0.7 for out in outside],
        },
    }


def _text(source: MapSource, bus: int) -> str:
    name, vn_kv, band = source.wires.bus[bus], float(source.wires.vn_kv[bus]), source.bands[bus]
    said = [
        f"<b>{plots.escaped(name)}</b>, {vn_kv:g} kV",
        _extreme_text("lowest", source.worst.lowest[name], vn_kv, source.members),
        _extreme_text("highest", source.worst.highest[name], vn_kv, source.members),
    ]
    legs = source.worst.legs.get(name, ())
    if legs:
        said += list(_leg_texts(source, legs))
    else:
        words = plots.escaped(band.words) + ("; coloured on" if band.kind == ASSUMED else ":")
        said.append(f"{words} {per_unit(band.lower)} to {per_unit(band.upper)} pu")
    return "<br>".join(said)


def _leg_texts(source: MapSource, legs: Sequence[Legs]) -> Iterator[str]:
    """The lowest and the highest leg of all supply points of a bus."""
    low, high = min(legs, key=lambda one: one.lowest.value), max(legs, key=lambda one: one.highest.value)
    for end, one, extreme in (("lowest", low, low.lowest), ("highest", high, high.highest)):
        volts = f"{number(extreme.value, 4)} V, {extreme.when(source.members)}"
        yield f"{end} leg {volts} ({plots.escaped(one.subject)})"
    if len(legs) > 1:
        yield f"of {len(legs)} supply points"
    band = source.leg_band
    yield f"{plots.escaped(band.words)}: {band.lower:g} to {band.upper:g} V"


def _extreme_text(end: str, extreme: Extreme, vn_kv: float, members: int) -> str:
    volts = number(extreme.value * vn_kv * 1000.0, 5)
    return f"{end} {per_unit(extreme.value)} pu ({volts} V), {extreme.when(members)}"
