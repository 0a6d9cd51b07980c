"""Where a drawing puts each bus: from coordinates as far as there are any, else as a tree."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosim.report.wires import Wires
from grids.arrays import BoolArray, FloatArray

KM_PER_DEGREE = 40_030.2 / 360.0  # of a sphere with the earth's mean radius of 6371 km
ASIDE = 0.02  # of the map's extent: how far a bus without coordinates stands from its neighbour
Neighbours = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Layout:
    """A place for every bus."""

    xy: FloatArray  # (bus, 2); km east and north where `to_scale`
    to_scale: bool
    guessed: int  # buses without coordinates that stand beside a neighbour


def lay_out(wires: Wires) -> Layout:
    """The map where most buses have coordinates; else a tree from the sources."""
    known = np.asarray(np.isfinite(wires.degrees).all(axis=1))
    if known.mean() > 0.5 and np.ptp(wires.degrees[known], axis=0).max() > 0.0:
        return _map(wires, known)
    return Layout(tree(wires), to_scale=False, guessed=0)


def _map(wires: Wires, known: BoolArray) -> Layout:
    xy = np.full_like(wires.degrees, np.nan)
    xy[known] = plane_km(wires.degrees[known])
    step = ASIDE * float(np.ptp(xy[known], axis=0).max())
    adjacent = _neighbours(wires, closed=False)
    queue = deque(np.flatnonzero(known).tolist())
    placed = known.copy()
    turns: dict[int, int] = defaultdict(int)
    while queue:
        bus = queue.popleft()
        for other in adjacent[bus]:
            if placed[other]:
                continue
            angle = np.pi / 4 + turns[bus] * 2.4  # the golden angle: neighbours do not hide each other
            turns[bus] += 1
            xy[other] = xy[bus] + step * np.array([np.cos(angle), np.sin(angle)])
            placed[other] = True
            queue.append(other)
    lost = np.flatnonzero(~placed)
    corner = np.nanmin(xy, axis=0)
    xy[lost] = corner - step * np.stack([np.zeros(len(lost)), 1.0 + np.arange(len(lost))], axis=1)
    return Layout(xy, to_scale=True, guessed=int((~known).sum()))


def plane_km(degrees: FloatArray) -> FloatArray:
    """(n, 2) km east and north of the middle, of (n, 2) longitude and latitude: a feeder is small beside the earth.

    What lies outside the range of degrees is taken to be metres of some plane grid.
    """
    middle = (degrees.min(axis=0) + degrees.max(axis=0)) / 2
    away = degrees - middle
    if np.abs(degrees[:, 0]).max() > 180.0 or np.abs(degrees[:, 1]).max() > 90.0:
        return np.asarray(away / 1000.0)
    return np.asarray(away * KM_PER_DEGREE * np.array([np.cos(np.radians(middle[1])), 1.0]))


def tree(wires: Wires) -> FloatArray:
    """(bus, 2) places of a tree: sources at the left, one column a branch; the deepest way on goes straight ahead.

    Each further way gets a row of its own below. Parts without a source stand below the others.
    """
    parent, order = _spanning(_neighbours(wires, closed=True), [bus for _, bus in wires.sources])
    depth = np.zeros(len(wires.bus), dtype=np.int64)
    height = np.zeros(len(wires.bus), dtype=np.int64)
    children: dict[int, list[int]] = defaultdict(list)
    for bus in order:
        if parent[bus] >= 0:
            depth[bus] = depth[parent[bus]] + 1
            children[parent[bus]].append(bus)
    for bus in reversed(order):
        if parent[bus] >= 0:
            height[parent[bus]] = max(height[parent[bus]], height[bus] + 1)
    row = np.zeros(len(wires.bus))
    rows = 0
    waiting = [(bus, False) for bus in reversed(order) if parent[bus] < 0]
    while waiting:  # depth first, so that rows below each other belong together
        bus, straight_on = waiting.pop()
        if straight_on:
            row[bus] = row[parent[bus]]
        else:
            row[bus] = rows
            rows += 1
        ways = sorted(children[bus], key=lambda way: -height[way])
        waiting += [(way, False) for way in reversed(ways[1:])]
        waiting += [(way, True) for way in ways[:1]]
    return np.stack([depth.astype(np.float64), -row], axis=1)


def _spanning(adjacent: Neighbours, roots: Sequence[int]) -> tuple[list[int], list[int]]:
    """(parent, order) of a breadth-first search from the roots, then from whatever is left; parent -1 = a root."""
    parent = [-2] * len(adjacent)
    order: list[int] = []
    for group in (list(dict.fromkeys(roots)), *([bus] for bus in range(len(adjacent)))):
        queue = deque(bus for bus in group if parent[bus] == -2)
        for bus in queue:
            parent[bus] = -1
        while queue:
            bus = queue.popleft()
            order.append(bus)
            for other in adjacent[bus]:
                if parent[other] == -2:
                    parent[other] = bus
                    queue.append(other)
    return parent, order


def _neighbours(wires: Wires, *, closed: bool) -> Neighbours:
    """Bus -> buses at the other ends of its branches, or only of those that are closed in normal operation."""
    adjacent: list[list[int]] = [[] for _ in wires.bus]
    opened = wires.open_branches()
    for branch, is_open in zip(wires.branches, opened.tolist(), strict=True):
        if not (closed and is_open):
            adjacent[branch.start].append(branch.end)
            adjacent[branch.end].append(branch.start)
    return adjacent
