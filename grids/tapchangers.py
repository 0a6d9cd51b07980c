"""Filling what pandapower leaves open about transformers: tap changer types and vector groups."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import BoolArray

if TYPE_CHECKING:
    import pandas as pd

TAP_TYPES = frozenset({"Ratio", "Symmetrical", "Ideal", "Tabular"})
TAP_NUMBERS = ("tap_neutral", "tap_min", "tap_max", "tap_pos", "tap_step_percent", "tap_step_degree")


def fill_transformers(trafo: pd.DataFrame) -> None:
    """Tap positions, tap changer types (else pandapower ignores the position) and vector groups, in place."""
    for column in ("tap_pos", "tap_neutral", "tap_step_percent", "tap_step_degree"):
        trafo[column] = trafo[column].astype(float)
    trafo["tap_pos"] = trafo["tap_pos"].fillna(trafo["tap_neutral"])
    trafo["tap_changer_type"] = filled_types(trafo, ("hv", "lv"))
    if "vector_group" not in trafo:
        trafo["vector_group"] = None
    clock = (np.rint(trafo["shift_degree"].fillna(0.0).to_numpy(dtype=float) / 30.0) % 12).astype(int)
    # the group only matters to unbalanced calculations; an odd clock needs a delta or zigzag winding
    groups = [f"{'Dyn' if hour % 2 else 'YNyn'}{hour}" for hour in clock]
    known = trafo["vector_group"]
    trafo["vector_group"] = [
        old if isinstance(old, str) and old else new for old, new in zip(known, groups, strict=True)
    ]


def filled_types(trafo: pd.DataFrame, sides: Collection[str]) -> np.ndarray[Any, Any]:
    """(row,) tap changer types as given, or what the steps say; None where there is no changer.

    Anything but a known type is not given: pandapower writes the text "nan" where a three-winding transformer has none.
    """
    filled = [
        kind if kind in TAP_TYPES else _tap_type(side in sides, pos, percent, degree)
        for kind, side, pos, percent, degree in zip(
            trafo["tap_changer_type"],
            trafo["tap_side"],
            trafo["tap_pos"],
            trafo["tap_step_percent"].fillna(0.0),
            trafo["tap_step_degree"].fillna(0.0),
            strict=True,
        )
    ]
    return np.array(filled, dtype=object)


def _tap_type(has_side: bool, position: float, step_percent: float, step_degree: float) -> str | None:
    if not has_side or np.isnan(position):
        return None
    return "Ratio" if step_percent != 0.0 else "Ideal" if step_degree != 0.0 else None


def movable_taps(trafo: pd.DataFrame) -> BoolArray:
    """(row,) which transformers have a tap that may move."""
    movable = trafo["tap_changer_type"].notna() & trafo["tap_pos"].notna() & (trafo["tap_max"] > trafo["tap_min"])
    return np.asarray(movable.to_numpy(dtype=bool))
