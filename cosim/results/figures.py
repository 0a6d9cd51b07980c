"""The one table of figures of a run: `<subject>.<quantity>` or a plain name -> value and unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.results.numbers import significant
from grids.arrays import FloatArray

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

    Raises:
        ValueError: two figures under one key.
    """
    table: FigureTable = {}
    for figure in sorted(figures, key=lambda figure: figure.key):
        if figure.key in table:
            raise ValueError(f"two figures are called {figure.key}")
        table[figure.key] = {**_reduced(figure.values), "unit": figure.unit}
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
