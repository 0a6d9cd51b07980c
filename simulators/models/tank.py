"""A mixed hot-water tank with a back-up boiler: who covers the heat demand, in which order, and what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from grids.arrays import FloatArray
from simulators.models.contract import member_array
from simulators.models.heat_parameters import WATER_KWH_PER_M3_K, HeatPlantParameters
from simulators.models.memo import Latest
from simulators.models.storage import SECONDS_PER_HOUR, LeakyStore, rate_per_hour

KW_TO_MW = 1e-3


class HeatFlows(NamedTuple):
    """Mean heat flows of one step, MW, (members, 1); chp + boiler = served + stored + loss + dumped."""

    chp_mw: FloatArray
    boiler_mw: FloatArray
    dumped_mw: FloatArray
    served_mw: FloatArray
    unserved_mw: FloatArray
    loss_mw: FloatArray


class TankAndBoiler:
    """Engine heat serves the demand first, then the tank, then the radiator; tank, then boiler cover what it lacks."""

    def __init__(self, parameters: Sequence[HeatPlantParameters]) -> None:
        volume = member_array(parameters, "tank_m3")
        self._span_k = member_array(parameters, "tank_delta_k")
        self._cold_degc = member_array(parameters, "tank_cold_degc")
        self._capacity = volume * self._span_k * (WATER_KWH_PER_M3_K * KW_TO_MW)
        self._unit = np.where(self._capacity > 0.0, self._capacity, 1.0)
        self._first_soc = member_array(parameters, "tank_initial_soc")
        self._boiler = member_array(parameters, "boiler_kw", KW_TO_MW)
        self._store = LeakyStore(rate_per_hour(member_array(parameters, "tank_loss_percent_per_h", 0.01), 1.0))
        self._fill_mw = Latest(self._fill_mw_of)

    def initial(self, members: int) -> FloatArray:
        """(members, 1) usable heat at the start, MWh."""
        return np.array(np.broadcast_to(self._capacity * self._first_soc, (members, 1)))

    def soc(self, energy_mwh: FloatArray) -> FloatArray:
        """Usable heat, 0..1; a plant without tank has 0."""
        return np.asarray(energy_mwh / self._unit)

    def degc(self, energy_mwh: FloatArray) -> FloatArray:
        """Mean temperature."""
        return np.asarray(self._cold_degc + self.soc(energy_mwh) * self._span_k)

    def room_mw(self, energy_mwh: FloatArray, demand_mw: FloatArray, dt_s: float) -> FloatArray:
        """Engine heat that the demand and the tank can take in a step."""
        return np.asarray(demand_mw + self._fill_mw(energy_mwh, dt_s))

    def flows(
        self, energy_mwh: FloatArray, chp_mw: FloatArray, demand_mw: FloatArray, wanted: FloatArray, dt_s: float
    ) -> tuple[FloatArray, HeatFlows]:
        """Energy at the end of the step and its flows; where heat is not `wanted` (0), the tank is only drawn."""
        surplus = chp_mw - demand_mw
        fill = np.minimum(np.maximum(surplus, 0.0), wanted * self._fill_mw(energy_mwh, dt_s))
        empty_mw = -self._store.power_to(energy_mwh, 0.0, dt_s)
        missing = np.maximum(-surplus, 0.0)
        drawn = np.minimum(missing, empty_mw)
        boiler = np.minimum(missing - drawn, self._boiler)
        after = np.maximum(self._store.after(energy_mwh, fill - drawn, dt_s), 0.0)
        stored = (after - energy_mwh) * (SECONDS_PER_HOUR / dt_s)
        unserved = missing - drawn - boiler
        return after, HeatFlows(
            chp_mw=chp_mw,
            boiler_mw=boiler,
            dumped_mw=np.maximum(surplus, 0.0) - fill,
            served_mw=demand_mw - unserved,
            unserved_mw=unserved,
            loss_mw=np.asarray(fill - drawn - stored),
        )

    def _fill_mw_of(self, energy_mwh: FloatArray, dt_s: float) -> FloatArray:
        return np.maximum(self._store.power_to(energy_mwh, self._capacity, dt_s), 0.0)
