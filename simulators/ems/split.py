"""A total over the units of one device: pure functions, the same rows for the same rows of input.

Continuous units share by their range. Semi-continuous units (engines) give nothing or at least `on_min`, so the total
decides how many run; those that must run come first, then those already on, then the rest in their order.
"""

from __future__ import annotations

import numpy as np

from grids.arrays import BoolArray, FloatArray

_SLACK = 1e-12  # MW; a set-point that misses a bound by rounding is inside


def split(
    total_mw: FloatArray,
    min_mw: FloatArray,
    max_mw: FloatArray,
    on_min_mw: FloatArray,
    on: BoolArray,
    *,
    up: bool = False,
) -> FloatArray:
    """(M, units) set-points whose sum is as near `total_mw` as the units can give, never above it by choice.

    Args:
        total_mw: (M,) what all units together shall inject.
        min_mw: (M, units) lowest injection; > 0 = the unit must run.
        max_mw: (M, units) highest injection; < `on_min_mw` = the unit cannot run.
        on_min_mw: (M, units) smallest injection while running; 0 = continuous.
        on: (M, units) which units run now.
        up: never below `total_mw` by choice instead: another engine at its minimum rather than a gap.
    """
    if not np.any(on_min_mw > 0.0):
        return _shared(total_mw, min_mw, max_mw)
    return _committed(total_mw, min_mw, max_mw, on_min_mw, on, up=up)


def _shared(total_mw: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Every unit at the same place between its bounds."""
    if low.shape[1] == 1:
        return np.asarray(np.maximum(np.minimum(total_mw[:, np.newaxis], high), low))
    span = np.maximum(high - low, 0.0)
    room = np.add.reduce(span, axis=1)
    wanted = np.minimum(np.maximum(total_mw - np.add.reduce(low, axis=1), 0.0), room)
    part = wanted / np.where(room > 0.0, room, 1.0)
    return np.asarray(low + span * part[:, np.newaxis])


def _committed(
    total_mw: FloatArray,
    min_mw: FloatArray,
    max_mw: FloatArray,
    on_min_mw: FloatArray,
    on: BoolArray,
    *,
    up: bool,
) -> FloatArray:
    """Choose how many units run, then share among them."""
    must = min_mw > 0.0
    able = must | (max_mw + _SLACK >= np.maximum(on_min_mw, _SLACK))
    rank = np.where(must, 0, np.where(able & on, 1, np.where(able, 2, 3)))
    low = np.where(able, np.maximum(on_min_mw, min_mw), 0.0)
    high = np.where(able, np.maximum(max_mw, low), 0.0)
    place = None
    if (rank[:, 1:] < rank[:, :-1]).any():
        rows = np.arange(len(rank))[:, np.newaxis]
        place = rows, np.argsort(rank, axis=1, kind="stable")
        able, must, low, high = able[place], must[place], low[place], high[place]
    total = total_mw[:, np.newaxis]
    needed = 1 + (np.cumsum(high, axis=1) + _SLACK < total).sum(axis=1)
    # without rounding up: a prefix, for cumulated sums only grow
    most = (able if up else able & (np.cumsum(low, axis=1) <= total + _SLACK)).sum(axis=1)
    number = np.maximum(np.minimum(needed, most), must.sum(axis=1))
    number = np.where(total_mw > _SLACK, number, must.sum(axis=1))
    runs = np.arange(low.shape[1]) < number[:, np.newaxis]
    shared = _shared(total_mw, np.where(runs, low, 0.0), np.where(runs, high, 0.0))
    if place is None:
        return shared
    result = np.empty_like(shared)
    result[place] = shared
    return result
