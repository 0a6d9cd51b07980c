"""What a heat plant's kilowatt hour costs and how much of it the heat side takes. Shared by the CHP strategies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from simulators.ems.bounds import EPSILON_MW
from simulators.ems.contract import DeviceInfo, DeviceView, Observation
from simulators.models.contract import member_array
from simulators.ports import FUEL_PRICE, HEAT_ENABLED, HEAT_USEFUL, ON, PORTS, TANK_SOC

_ROOM = PORTS[HEAT_USEFUL].series
_TANK = PORTS[TANK_SOC].series
_ON = PORTS[ON].series
_PLANT_FIELDS = ("electrical_efficiency", "thermal_efficiency", "boiler_efficiency", "om_per_kwh", "dump_allowed")


@dataclass(frozen=True, slots=True)
class Plant:
    """Constants of one heat plant, each (M,) or (1,)."""

    device: str
    fuel_per_kwh: FloatArray  # kWh of fuel per kWh of electricity
    saved_per_kwh: FloatArray  # kWh of boiler fuel that the heat of one kWh of electricity saves
    heat_ratio: FloatArray  # kWh of heat per kWh of electricity
    om_per_kwh: FloatArray  # currency
    dump_allowed: BoolArray

    @classmethod
    def of(cls, strategy: str, device: str, devices: Mapping[str, DeviceInfo]) -> Plant:
        """The plant named `device`.

        Raises:
            ValueError: it is not behind this metering point or is no heat plant.
        """
        if device not in devices:
            raise ValueError(f"{strategy}: no device {device!r} behind this metering point")
        parameters = devices[device].parameters
        if any(not hasattr(parameters[0], field) for field in _PLANT_FIELDS):
            raise ValueError(f"{strategy}: {device!r} is a {devices[device].kind}, not a heat plant")
        eta_e, eta_th, boiler, om, dump = (member_array(parameters, field)[:, 0] for field in _PLANT_FIELDS)
        return cls(device, 1.0 / eta_e, eta_th / eta_e / boiler, eta_th / eta_e, om, dump > 0)

    def costs(self, fuel_price: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Marginal cost of a kWh with its heat used (boiler fuel saved) and with its heat thrown away.

        c_dump = fuel / eta_e + O&M; c_heat = c_dump - fuel * eta_th / eta_e / boiler (planner.md 1.6 and 4).
        """
        dumped = fuel_price * self.fuel_per_kwh + self.om_per_kwh
        return dumped - fuel_price * self.saved_per_kwh, dumped

    def fuel_price(self, observation: Observation) -> FloatArray:
        """Price of this plant's fuel per kWh of lower heating value."""
        return observation.signals[f"{self.device}.{FUEL_PRICE}"]

    def heat_led_mw(self, observation: Observation, start_below_soc: FloatArray) -> FloatArray:
        """Electric power whose heat can be used or stored this step, 0 where the tank does not call for heat. (M,).

        The tank calls once it falls below `start_below_soc` and until it is full: a running engine keeps on. On a day
        the heat customer is closed it never calls. Less than one engine's minimum is no call either.
        """
        view = observation.devices[self.device]
        room_mw = np.add.reduce(view.states[_ROOM], axis=1) / self.heat_ratio
        calls = (view.states[_TANK][:, 0] < start_below_soc) | view.states[_ON].any(axis=1)
        calls = calls & (room_mw >= smallest_start_mw(view) - EPSILON_MW)
        enabled = observation.signals.get(f"{self.device}.{HEAT_ENABLED}")
        if enabled is not None:
            calls = calls & (enabled > 0)
        return np.where(calls, room_mw, 0.0)


def smallest_start_mw(view: DeviceView) -> FloatArray:
    """(M,) least power with which any unit of the device that may run can run; infinite where none may."""
    return np.where(view.max_mw > 0, view.on_min_mw, np.inf).min(axis=1)
