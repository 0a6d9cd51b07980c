"""Combined heat and power plant (CHP, 熱電併給): equal gas engines, one hot-water tank, one back-up boiler.

Unit ports (`P`, `on`, ranges) are (members, units); what belongs to the plant (tank, heat, fuel, CO2) is (members, 1).
The boiler has its own supply: in a dead grid the engines trip and the boiler keeps serving heat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grids.arrays import FloatArray
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, member_array
from simulators.models.engine import EngineBank, EngineState
from simulators.models.fuels import FUELS, Fuel
from simulators.models.heat_parameters import HeatPlantParameters
from simulators.models.storage import SECONDS_PER_HOUR
from simulators.models.tank import TankAndBoiler
from simulators.ports import (
    CO2,
    FUEL,
    FUEL_GAS,
    HEAT_BOILER,
    HEAT_CHP,
    HEAT_DEMAND,
    HEAT_DUMPED,
    HEAT_ENABLED,
    HEAT_LOSS,
    HEAT_SERVED,
    HEAT_UNSERVED,
    HEAT_USEFUL,
    ON,
    P_MAX,
    P_MIN,
    P_ON_MIN,
    TANK,
    TANK_SOC,
    P,
    Q,
)

_MJ_PER_H_PER_MW = 3600.0
_FLOWS = (HEAT_CHP, HEAT_BOILER, HEAT_DUMPED, HEAT_SERVED, HEAT_UNSERVED, HEAT_LOSS, FUEL, FUEL_GAS, CO2)


@dataclass(frozen=True, slots=True)
class LastStep:
    """What is needed to redo the last step with the power that really flowed."""

    tank_mwh: FloatArray  # (members, 1) at its start
    demand_mw: FloatArray  # (members, 1)
    wanted: FloatArray  # (members, 1) 0 or 1
    p_mw: FloatArray  # (members, units) requested
    flows: Mapping[str, FloatArray]  # as computed from the request


@dataclass(frozen=True, slots=True)
class HeatPlantState:
    """State at the end of a step."""

    engines: EngineState
    tank_mwh: FloatArray  # (members, 1)
    last: LastStep | None
    settle: Mapping[str, FloatArray]  # flow x hours by which the last step's published flows were wrong


class HeatPlant:
    """Engines follow their set-points inside what commitment limits and heat allow; off without one."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[HeatPlantParameters], units: int) -> None:
        fuels = {member.fuel for member in parameters}
        if len(fuels) != 1:
            raise ValueError(f"a heat plant burns one fuel in all members, got {sorted(fuels)}")
        self._fuel: Fuel = FUELS[fuels.pop()]
        self._engines = EngineBank(parameters, units)
        self._heat = TankAndBoiler(parameters)
        self._boiler_efficiency = member_array(parameters, "boiler_efficiency")
        self._dump = member_array(parameters, "dump_allowed") > 0

    def initial(self, members: int) -> HeatPlantState:
        """Engines off, tank at `tank_initial_soc`."""
        return HeatPlantState(self._engines.initial(members), self._heat.initial(members), None, {})

    def correct(self, state: HeatPlantState, feedback: Feedback, dt_s: float) -> HeatPlantState:
        """Trip or redo the last step's engines and settle heat, fuel and CO2 accordingly."""
        last = state.last
        if last is None:
            return state
        undisturbed = state.engines.alive.all() and np.all(feedback.energised)
        if undisturbed and np.array_equal(feedback.p_mw, last.p_mw):
            return state
        engines = self._engines.correct(state.engines, feedback, last.p_mw, dt_s)
        tank, flows = self._flows(last.tank_mwh, engines, feedback.p_mw, last.demand_mw, last.wanted, dt_s)
        hours = dt_s / SECONDS_PER_HOUR
        settle = {name: (flows[name] - last.flows[name]) * hours for name in _FLOWS}
        return HeatPlantState(engines, tank, last, settle)

    def range(self, state: HeatPlantState, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """Commitment limits; where heat may not be dumped, also what the heat side can take.

        Published ahead of a step: demand is the last step's, and the calendar is left to whoever decides with the
        coming step's (`heat_enabled` reaches the EMS in time); `step` holds the engines to it.
        """
        return self._limits(state, drivers, np.ones_like(state.tank_mwh), dt_s)

    def _limits(
        self, state: HeatPlantState, drivers: Mapping[str, FloatArray], wanted: FloatArray, dt_s: float
    ) -> Range:
        limits = self._engines.range(state.engines, dt_s)
        if np.all(self._dump):
            return limits
        room = self._heat.room_mw(state.tank_mwh, _demand(drivers, state), wanted, dt_s)
        bounded = self._engines.within_heat(state.engines, limits, room, dt_s)
        return Range(
            np.where(self._dump, limits.min_mw, bounded.min_mw),
            np.where(self._dump, limits.max_mw, bounded.max_mw),
            np.where(self._dump, limits.on_min_mw, bounded.on_min_mw),
        )

    def states(self, state: HeatPlantState, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """Tank, room for engine heat (calendar aside, see `range`), engines on."""
        wanted = np.ones_like(state.tank_mwh)
        return {
            TANK_SOC: self._heat.soc(state.tank_mwh),
            HEAT_USEFUL: self._heat.room_mw(state.tank_mwh, _demand(drivers, state), wanted, dt_s),
            ON: state.engines.on,
        }

    def step(
        self, state: HeatPlantState, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[HeatPlantState, Outputs]:
        """Run the engines as asked, then settle the heat side."""
        wanted_mw = np.zeros(1) if p_set_mw is None else np.where(np.isnan(p_set_mw), 0.0, p_set_mw)
        demand, wanted = _demand(drivers, state), _wanted(drivers, state)
        limits = self._limits(state, drivers, wanted, dt_s)
        engines, p = self._engines.step(state.engines, wanted_mw, limits, dt_s)
        tank, flows = self._flows(state.tank_mwh, engines, p, demand, wanted, dt_s)
        per_hour = SECONDS_PER_HOUR / dt_s
        outputs = {name: flows[name] + state.settle.get(name, 0.0) * per_hour for name in _FLOWS}
        outputs |= {P: p, Q: np.zeros_like(p), TANK: self._heat.degc(tank)}
        last = LastStep(state.tank_mwh, demand, wanted, p, flows)
        return HeatPlantState(engines, tank, last, {}), outputs

    def _flows(
        self,
        tank_mwh: FloatArray,
        engines: EngineState,
        p_mw: FloatArray,
        demand_mw: FloatArray,
        wanted: FloatArray,
        dt_s: float,
    ) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Tank at the end of the step and every flow by port."""
        chp = self._engines.heat_mw(p_mw, engines.share).sum(axis=1, keepdims=True)
        tank, heat = self._heat.flows(tank_mwh, chp, demand_mw, wanted, dt_s)
        fuel_mw = self._engines.fuel_mw(p_mw, engines.share).sum(axis=1, keepdims=True)
        burnt = (fuel_mw + heat.boiler_mw / self._boiler_efficiency) * (_MJ_PER_H_PER_MW / self._fuel.lhv_mj)
        flows = {
            HEAT_CHP: heat.chp_mw,
            HEAT_BOILER: heat.boiler_mw,
            HEAT_DUMPED: heat.dumped_mw,
            HEAT_SERVED: heat.served_mw,
            HEAT_UNSERVED: heat.unserved_mw,
            HEAT_LOSS: heat.loss_mw,
            FUEL: np.zeros_like(burnt),
            FUEL_GAS: np.zeros_like(burnt),
            CO2: burnt * self._fuel.co2_kg,
        }
        flows[self._fuel.port] = burnt
        return tank, flows


def _demand(drivers: Mapping[str, FloatArray], state: HeatPlantState) -> FloatArray:
    """Heat demand of the whole plant, (members, 1)."""
    demand = np.maximum(drivers[HEAT_DEMAND], 0.0)
    return np.array(np.broadcast_to(demand, state.tank_mwh.shape))


def _wanted(drivers: Mapping[str, FloatArray], state: HeatPlantState) -> FloatArray:
    """1 where the customer's calendar lets engine heat be used, else 0; (members, 1)."""
    return np.array(np.broadcast_to(drivers[HEAT_ENABLED], state.tank_mwh.shape)) * 1.0


HeatPlant.spec = DeviceSpec(
    kind="heat-plant",
    parameters=HeatPlantParameters,
    model=HeatPlant,
    drivers=(HEAT_DEMAND, HEAT_ENABLED),
    states=(P_MIN, P_MAX, P_ON_MIN, TANK_SOC, HEAT_USEFUL, ON),
    results=(*_FLOWS, TANK),
    role="engine",
    controllable=True,
    optional=(HEAT_ENABLED,),
)
