"""What price-led and heat-led engines have in common: thresholds, heat room, and the tank's hysteresis.

Per kWh of electricity an engine costs `fuel / eta_e + upkeep`; where its heat is of use, it saves the boiler's fuel,
`fuel * eta_th / eta_e / eta_boiler` (planner.md 1.6 and 3). So there are two thresholds: `c_heat` while heat can be
used or stored, `c_dump` where it goes up the radiator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from grids.arrays import BoolArray, FloatArray
from simulators.ems.contract import DeviceView, Observation
from simulators.ports import FUEL_PRICE, HEAT_ENABLED, HEAT_USEFUL, TANK_SOC

_FULL = 0.999  # a tank this full takes no more


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cost of a kWh of electricity, (M,), scenario currency."""

    heat: FloatArray  # while the heat finds a use
    dump: FloatArray  # while it does not


def thresholds(plant: Any, fuel_price: FloatArray) -> Thresholds:
    """Both thresholds of a heat plant at a fuel price per kWh of lower heating value."""
    dump = fuel_price / plant.electrical_efficiency + plant.om_per_kwh
    credit = fuel_price * plant.thermal_efficiency / plant.electrical_efficiency / plant.boiler_efficiency
    return Thresholds(dump - credit, dump)


def fuel_price(observation: Observation, device: str) -> FloatArray:
    """(M,) price of the device's fuel; NaN where the scenario names none."""
    known = observation.signals.get(f"{device}.{FUEL_PRICE}")
    return np.full(len(observation.demand_mw), np.nan) if known is None else known


def heating(observation: Observation, view: DeviceView, was: BoolArray, start_below_soc: float) -> BoolArray:
    """(M,) whether the tank asks for heat: from `start_below_soc` down until it is full, while the calendar allows."""
    soc = view.states[TANK_SOC][:, 0]
    enabled = observation.signals.get(f"{view.name}.{HEAT_ENABLED}")
    allowed = np.ones(len(soc), dtype=bool) if enabled is None else enabled > 0
    return np.asarray(allowed & ((soc < start_below_soc) | (was & (soc < _FULL))))


def heat_matched_mw(view: DeviceView) -> FloatArray:
    """(M,) electrical output whose heat is just what can be used or stored in the coming step."""
    plant = view.parameters
    room = view.states[HEAT_USEFUL].sum(axis=1)
    if plant.thermal_efficiency <= 0.0:
        return np.asarray(view.max_mw.sum(axis=1))
    return np.asarray(room * plant.electrical_efficiency / plant.thermal_efficiency)
