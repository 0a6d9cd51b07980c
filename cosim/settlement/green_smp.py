"""Years of monthly system marginal prices: as history had them, resampled from it, or log-normal around a base year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

import numpy as np

from cosim.settlement.green_tariff import CONTRACT_MONTHS, months_after
from cosim.settlement.meter import Month
from grids.arrays import FloatArray
from simulators.sources.noise import stream_key

STREAM = "green.smp"


def historic_paths(history: Mapping[Month, Decimal], first: Month) -> tuple[FloatArray, tuple[str, ...]]:
    """Every whole year of a history that begins in the calendar month of `first`.

    Returns:
        (P, 12) prices per kWh, and the first month of each as text.

    Raises:
        ValueError: there is none.
    """
    years = [month for month in sorted(history) if month.month == first.month]
    spans = [[months_after(start, number) for number in range(CONTRACT_MONTHS)] for start in years]
    whole = [span for span in spans if all(month in history for month in span)]
    if not whole:
        raise ValueError(f"the history has no {CONTRACT_MONTHS} months in a row that begin in month {first.month}")
    paths = np.array([[float(history[month]) for month in span] for span in whole])
    return paths, tuple(str(span[0]) for span in whole)


def lognormal_paths(base: FloatArray, count: int, volatility: float, persistence: float, seed: int) -> FloatArray:
    """Log-normal paths whose mean is the base year.

    `SMP = base exp(x - var(x) / 2)`, x a first-order autoregression from 0 before the first month:
    `x_m = persistence x_(m-1) + volatility e_m`; persistence 1 is a random walk.

    Args:
        base: (12,) price per kWh.
        count: P.
        volatility: standard deviation of a month's change in the logarithm.
        persistence: 0..1.
        seed: of the draws.

    Returns:
        (P, 12).
    """
    shocks = volatility * _generator(seed).standard_normal((count, len(base)))
    state, variance = np.zeros(count), 0.0
    columns = []
    for month in range(len(base)):
        state = persistence * state + shocks[:, month]
        variance = persistence**2 * variance + volatility**2
        columns.append(base[month] * np.exp(state - variance / 2.0))
    return np.stack(columns, axis=1)


def bootstrap_paths(
    base: FloatArray, history: Mapping[Month, Decimal], count: int, block_months: int, seed: int
) -> FloatArray:
    """Paths around a base year with the month-to-month changes of a history.

    Changes of the logarithm, less their mean, are drawn in blocks of consecutive months (circular block bootstrap) and
    added up from the month before the first; `SMP = base exp(sum of changes)`, so the median stays near the base year.

    Returns:
        (P, 12).

    Raises:
        ValueError: the history has gaps, prices that are not above 0, or is shorter than a block.
    """
    changes = _changes(history)
    if len(changes) < block_months:
        raise ValueError(f"the history has {len(changes)} changes of a month, a block needs {block_months}")
    blocks = -(-len(base) // block_months)
    starts = _generator(seed).integers(len(changes), size=(count, blocks))
    places = (starts[:, :, None] + np.arange(block_months)) % len(changes)
    drawn = changes[places.reshape(count, -1)[:, : len(base)]]
    return np.asarray(base * np.exp(np.cumsum(drawn, axis=1)))


def given_paths(columns: Mapping[str, Mapping[Month, Decimal]], year: Sequence[Month]) -> FloatArray:
    """(P, 12) paths of a table, one a column."""
    return np.array([[float(path[month]) for month in year] for path in columns.values()])


def _changes(history: Mapping[Month, Decimal]) -> FloatArray:
    months = sorted(history)
    if any(later != earlier.following for earlier, later in pairwise(months)):
        raise ValueError("the history has gaps; a bootstrap needs every month between the first and the last")
    prices = np.array([float(history[month]) for month in months])
    if np.any(prices <= 0):
        raise ValueError("the history has prices that are not above 0; a bootstrap takes their logarithm")
    changes = np.diff(np.log(prices))
    return np.asarray(changes - changes.mean())


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(stream_key(seed, STREAM, 0))
