"""Symbols of the feeder map: sources, transformers, controlled ones, switches, boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from cosim.report import plots
from cosim.report.wires import LINE, SWITCH, TRAFO, Branch, Switch, Wires
from grids.arrays import FloatArray

FROM_BUS = 0.18  # a switch at the end of a line stands this part of its length away from the bus
MANY = 40  # more closed switches or small transformers would hide the map: drawn when asked for in the legend
MOST_LABELS = 8
_FIRST_END = ("from", "hv")
_SIDES = ("top center", "bottom center", "middle right", "middle left")  # of boundaries that may be close together


def symbols(
    wires: Wires,
    xy: FloatArray,
    boundaries: Mapping[str, Sequence[str]],
    regulated: frozenset[str],
) -> Iterator[plots.Trace]:
    """One trace a kind; kinds the network does not have are left out."""
    yield from _switches(wires, xy)
    yield from _transformers(wires, xy, regulated)
    sources = [bus for _, bus in wires.sources]
    yield from _symbol("source", xy[sources], [f"source {name}" for name, _ in wires.sources], {
        "symbol": "star-square", "size": 15, "color": "#ffffff", "line": {"color": plots.INK, "width": 1.6},
    })  # fmt: skip
    yield from _boundaries(wires, xy, boundaries)


def _switches(wires: Wires, xy: FloatArray) -> Iterator[plots.Trace]:
    closed = [switch for switch in wires.switches if switch.closed]
    for trace in _symbol("switch, closed", *_switch_points(wires, xy, closed), {
        "symbol": "square", "size": 5, "color": plots.INK,
    }):  # fmt: skip
        yield trace | _if_few(len(closed))
    opened = [switch for switch in wires.switches if not switch.closed]
    yield from _symbol("switch, open in normal operation", *_switch_points(wires, xy, opened), {
        "symbol": "square", "size": 9, "color": "#ffffff", "line": {"color": plots.INK, "width": 1.8},
    })  # fmt: skip


def _switch_points(wires: Wires, xy: FloatArray, switches: Sequence[Switch]) -> tuple[FloatArray, list[str]]:
    points = np.array([switch_point(wires, xy, switch) for switch in switches]).reshape(-1, 2)
    return points, [f"{switch.name}, {'closed' if switch.closed else 'open'}" for switch in switches]


def switch_point(wires: Wires, xy: FloatArray, switch: Switch) -> FloatArray:
    """Where a switch stands: in the middle between two buses, else near its end of the line."""
    branch = wires.branches[switch.branch]
    near, far = (branch.start, branch.end) if switch.bus == branch.start else (branch.end, branch.start)
    share = 0.5 if branch.kind == SWITCH else FROM_BUS
    return np.asarray(xy[near] + share * (xy[far] - xy[near]))


def _transformers(wires: Wires, xy: FloatArray, regulated: frozenset[str]) -> Iterator[plots.Trace]:
    plain = [branch for branch in wires.branches if branch.kind == TRAFO and branch.name not in regulated]
    feeding = [branch for branch in plain if wires.vn_kv[branch.end] >= 1.0]
    small = [branch for branch in plain if branch not in feeding]
    for trace in _trafo("transformer to low voltage", small, xy, wires, {
        "symbol": "diamond-open", "size": 9, "color": plots.INK, "line": {"width": 1.1},
    }):  # fmt: skip
        yield trace | _if_few(len(small))
    yield from _trafo("bank transformer", feeding, xy, wires, {
        "symbol": "diamond", "size": 14, "color": "#ffffff", "line": {"color": plots.INK, "width": 1.8},
    })  # fmt: skip
    held = [branch for branch in wires.branches if branch.kind == TRAFO and branch.name in regulated]
    yield from _trafo("voltage regulator", held, xy, wires, {
        "symbol": "diamond-cross", "size": 15, "color": "#fff3b0", "line": {"color": plots.INK, "width": 1.8},
    })  # fmt: skip


def _trafo(
    name: str, branches: Sequence[Branch], xy: FloatArray, wires: Wires, marker: Mapping[str, Any]
) -> Iterator[plots.Trace]:
    points = np.array([(xy[one.start] + xy[one.end]) / 2 for one in branches]).reshape(-1, 2)
    texts = [f"{one.name}, {wires.vn_kv[one.start]:g}/{wires.vn_kv[one.end]:g} kV" for one in branches]
    yield from _symbol(name, points, texts, marker)


def _boundaries(wires: Wires, xy: FloatArray, boundaries: Mapping[str, Sequence[str]]) -> Iterator[plots.Trace]:
    points, texts, labels, order = [], [], [], []
    for at, (name, ends) in enumerate(boundaries.items()):
        found = [point for end in ends if (point := end_point(wires, xy, end)) is not None]
        points += found
        texts += [f"boundary {name}" for _ in found]
        labels += [name if place == 0 else "" for place in range(len(found))]
        order += [at] * len(found)
    few = len(boundaries) <= MOST_LABELS
    for trace in _symbol("boundary", np.array(points).reshape(-1, 2), texts, {
        "symbol": "hexagon-open", "size": 17, "color": "#6a3d9a", "line": {"width": 2.4},
    }):  # fmt: skip
        shown = [plots.escaped(label) for label in labels] if few else [""] * len(labels)
        yield trace | {
            "mode": "markers+text", "hovertext": trace["text"], "hovertemplate": "%{hovertext}<extra></extra>",
            "text": shown, "textposition": [_SIDES[place % len(_SIDES)] for place in order],
            "textfont": {"size": 11, "color": "#6a3d9a"},
        }  # fmt: skip


def end_point(wires: Wires, xy: FloatArray, at: str) -> FloatArray | None:
    """Where the branch end `switch:NAME[@from|to]`, `line:NAME@from|to` or `trafo:NAME@hv|lv` lies; None = nowhere."""
    kind, _, rest = at.partition(":")
    name, _, side = rest.rpartition("@")
    if kind == SWITCH:
        known = {switch.name: switch for switch in wires.switches}
        switch = known.get(rest) or known.get(name)
        return None if switch is None else switch_point(wires, xy, switch)
    position = wires.branch_position.get(f"{kind}:{name}")
    if position is None:
        return None
    branch = wires.branches[position]
    near, far = (branch.start, branch.end) if side in _FIRST_END else (branch.end, branch.start)
    share = FROM_BUS if kind == LINE else 0.0
    return np.asarray(xy[near] + share * (xy[far] - xy[near]))


def _if_few(count: int) -> dict[str, Any]:
    return {"visible": "legendonly"} if count > MANY else {}


def _symbol(name: str, xy: FloatArray, texts: Sequence[str], marker: Mapping[str, Any]) -> Iterator[plots.Trace]:
    if not len(xy):
        return
    yield {
        "type": "scatter", "mode": "markers", "name": name, "x": plots.rounded(xy[:, 0]), "y": plots.rounded(xy[:, 1]),
        "marker": dict(marker), "text": [plots.escaped(text) for text in texts],
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
