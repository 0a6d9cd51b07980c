"""What price-led and heat-led engines have in common: thresholds, heat room, and the tank's hysteresis.

Per kWh of electricity an engine costs `fuel / eta_e + upkeep`; where its heat is of use, it saves the boiler's fuel,
`fuel * eta_th / eta_e / eta_boiler` (planner.md 1.6 and 3). So there are two thresholds: `c_heat` while heat can be
used or stored, `c_dump` where it goes up the radiator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from grids.parameters import Parameters
from simulators.ems.contract import DeviceView, Observation
from simulators.ems.split import unit_sum
from simulators.models.contract import member_array
from simulators.ports import FUEL_PRICE, HEAT_ENABLED, HEAT_USEFUL, TANK_SOC

_FULL = 0.999  # a tank this full takes no more


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """What the EMS must know of a heat plant; (M,) or (1,) each."""

    electrical_efficiency: FloatArray
    thermal_efficiency: FloatArray
    boiler_efficiency: FloatArray
    om_per_kwh: FloatArray
    dump_allowed: BoolArray

    @classmethod
    def of(cls, parameters: Sequence[Parameters]) -> Plant:
        """From the plant's parameters, one a member or one for all."""

        def row(name: str) -> FloatArray:
            return member_array(parameters, name)[:, 0]

        return cls(
            row("electrical_efficiency"),
            row("thermal_efficiency"),
            row("boiler_efficiency"),
            row("om_per_kwh"),
            row("dump_allowed") > 0.0,
        )


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cost of a kWh of electricity, (M,), scenario currency."""

    heat: FloatArray  # while the heat finds a use
    dump: FloatArray  # while it does not


def thresholds(plant: Plant, fuel_price: FloatArray) -> Thresholds:
    """Both thresholds of a heat plant at a fuel price per kWh of lower heating value."""
    dump = fuel_price / plant.electrical_efficiency + plant.om_per_kwh
    credit = fuel_price * plant.thermal_efficiency / plant.electrical_efficiency / plant.boiler_efficiency
    return Thresholds(dump - credit, dump)


def fuel_price(observation: Observation, device: str) -> FloatArray:
    """(M,) price of the device's fuel; NaN where the scenario names none."""
    known = observation.signals.get(f"{device}.{FUEL_PRICE}")
    return np.full(len(observation.demand_mw), np.nan) if known is None else known


def heating(observation: Observation, view: DeviceView, was: BoolArray, start_below_soc: FloatArray) -> BoolArray:
    """(M,) whether the tank asks for heat: from `start_below_soc` down until it is full, while the calendar allows."""
    soc = view.states[TANK_SOC][:, 0]
    asks = (soc < start_below_soc) | (was & (soc < _FULL))
    enabled = observation.signals.get(f"{view.name}.{HEAT_ENABLED}")
    return asks if enabled is None else asks & (enabled > 0)


def outputs_mw(plant: Plant, view: DeviceView) -> tuple[FloatArray, FloatArray]:
    """(M,) each: all the engines can give, and as much as gives just the heat that can be used or stored."""
    most = unit_sum(view.max_mw)
    recovers = plant.thermal_efficiency > 0.0
    room_mw = view.states[HEAT_USEFUL][:, 0]
    matched = room_mw * plant.electrical_efficiency / np.where(recovers, plant.thermal_efficiency, 1.0)
    return most, np.where(recovers, np.minimum(matched, most), most)
