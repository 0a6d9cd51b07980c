"""When two numbers count as the same: relative to their size, with a floor for what is only rounding in its unit."""

from __future__ import annotations

from functools import lru_cache

RELATIVE = 1e-6
# 1 W, 1 Wh and the like: the power flow is solved to 1e-8 of its base, and a difference of large flows is not better
FLOORS = {
    "MW": 1e-6, "MVar": 1e-6, "MWh": 1e-6, "MVarh": 1e-6, "kW": 1e-3, "kVar": 1e-3, "kWh": 1e-3, "kVarh": 1e-3,
    "pu": 1e-7, "V": 1e-3, "%": 1e-4, "h": 1e-6,
}  # fmt: skip
FLOOR_MONEY = 1e-2
FLOOR_OTHER = 1e-6


def floor_of(unit: str) -> float:
    """The difference that never counts, in the unit; three capitals are a currency."""
    if unit in FLOORS:
        return FLOORS[unit]
    return FLOOR_MONEY if len(unit) == 3 and unit.isupper() else FLOOR_OTHER


def agree(old: float | None, new: float | None, unit: str) -> bool:
    """Whether two numbers are the same within the tolerance; None (no value) agrees with None only."""
    if old is None or new is None:
        return old is new
    return abs(new - old) <= RELATIVE * max(abs(old), abs(new)) + floor_of(unit)


@lru_cache(maxsize=1)
def _units() -> dict[str, str]:
    from simulators.ports import PORTS  # noqa: PLC0415 - only where series are compared

    grid = {"loading_percent": "%", "leg_v": "V", "tap_pos": "1", "losses_mw": "MW", "p_mw": "MW", "q_mvar": "MVar"}
    return {**{port.series: port.unit for port in PORTS.values()}, **grid}


def unit_of_series(quantity: str) -> str:
    """The unit of a series by its quantity (`vm_pu`, `p_mw`); empty if it is not known."""
    return _units().get(quantity, "MW" if quantity.endswith("_mw") else "")
