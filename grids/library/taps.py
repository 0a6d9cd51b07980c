"""Taps of one row of pandapower's transformer table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grids.equipment.tables import POLE_SECONDARY_KV

if TYPE_CHECKING:
    import pandas as pd

NEAR_V = 0.5  # a voltage this near a tap's means that tap


def tap_range(row: pd.Series[Any]) -> tuple[int, int] | None:
    """Lowest and highest position; None if the transformer has no taps."""
    low, high = _number(row, "tap_min"), _number(row, "tap_max")
    return None if row.get("tap_side") not in {"hv", "lv"} or low is None or high is None else (int(low), int(high))


def position_of(row: pd.Series[Any], tap_v: float) -> int | str:
    """Position of the tap of a voltage in V on the high-voltage winding; or what is wrong, as text."""
    limits = tap_range(row)
    if limits is None:
        return "the transformer has no taps"
    if row["tap_side"] != "hv":
        return "the taps are on the low-voltage side; give tap_pos"
    volts = {position: _tap_v(row, position) for position in range(limits[0], limits[1] + 1)}
    nearest = min(volts, key=lambda position: abs(volts[position] - tap_v))
    if abs(volts[nearest] - tap_v) > NEAR_V:
        return f"no tap has {tap_v:g} V; there are {', '.join(f'{volt:g}' for volt in volts.values())} V"
    return nearest


def primary_v(row: pd.Series[Any]) -> float:
    """Primary voltage in V that gives 210 V at no load, at the present position: how pole taps are named."""
    position = _number(row, "tap_pos")
    ratio = 1.0 if position is None else _ratio(row, position)
    hv, lv = float(row["vn_hv_kv"]), float(row["vn_lv_kv"])
    turns = hv * ratio / lv if row.get("tap_side") == "hv" else hv / (lv * ratio)
    return 1000 * POLE_SECONDARY_KV * turns


def _tap_v(row: pd.Series[Any], position: float) -> float:
    return 1000 * float(row["vn_hv_kv"]) * _ratio(row, position)


def _ratio(row: pd.Series[Any], position: float) -> float:
    """Voltage of the tapped winding over its rated voltage."""
    return 1 + (position - (_number(row, "tap_neutral") or 0)) * (_number(row, "tap_step_percent") or 0) / 100


def _number(row: pd.Series[Any], column: str) -> float | None:
    value = row.get(column)
    number = float("nan") if value is None else float(value)
    return None if number != number else number  # noqa: PLR0124  NaN is the only value unlike itself
