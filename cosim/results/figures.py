"""The one table of figures of a run: `<subject>.<quantity>` or a plain name -> value and unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.results.numbers import significant
from grids.arrays import FloatArray

FAILED_STEPS = "grid.failed_steps"
QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}


@dataclass(frozen=True, slots=True)
class Figure:
    """One result, per member. NaN = it does not exist for this member."""

    key: str
    values: FloatArray  # (M,)
    unit: str


FigureTable = dict[str, dict[str, Any]]


def figure_table(figures: Iterable[Figure]) -> FigureTable:
    """Key -> `{value, unit}` for one member, `{mean, min, p05, p50, p95, max, unit}` for many; sorted by key.

    Of many members those with steps without solution do not count: part of their run is missing from every figure.

    Raises:
        ValueError: two figures under one key.
    """
    known = sorted(figures, key=lambda figure: figure.key)
    failed = next((figure.values > 0 for figure in known if figure.key == FAILED_STEPS), None)
    table: FigureTable = {}
    for figure in known:
        if figure.key in table:
            raise ValueError(f"two figures are called {figure.key}")
        values = figure.values
        if failed is not None and len(failed) > 1 and figure.key != FAILED_STEPS:
            values = np.where(failed, np.nan, values)
        table[figure.key] = {**_reduced(values), "unit": figure.unit}
    return table


def _reduced(values: FloatArray) -> Mapping[str, float | None]:
    if len(values) == 1:
        return {"value": significant(float(values[0]))}
    known = values[np.isfinite(values)]
    if not len(known):
        return dict.fromkeys(("mean", "min", *QUANTILES, "max"))
    statistics = {
        "mean": known.mean(),
        "min": known.min(),
        **{name: np.quantile(known, share) for name, share in QUANTILES.items()},
        "max": known.max(),
    }
    return {name: significant(float(value)) for name, value in statistics.items()}
