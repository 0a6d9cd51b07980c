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
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, constant, member_array
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
_ALWAYS = constant(np.ones((1, 1)))  # heat wanted
_OFF = constant(np.zeros((1, 1)))
# the first six in the order of HeatFlows
_FLOWS = (HEAT_CHP, HEAT_BOILER, HEAT_DUMPED, HEAT_SERVED, HEAT_UNSERVED, HEAT_LOSS, FUEL, FUEL_GAS, CO2)


@dataclass(frozen=True, slots=True)
class LastStep:
    """What is needed to redo the last step with the power that really flowed."""

    tank_mwh: FloatArray  # (members, 1) at its start
    demand_mw: FloatArray  # (members or 1, 1)
    wanted: FloatArray  # (members or 1, 1) 0 or 1
    p_mw: FloatArray  # (members, units) requested
    flows: FloatArray  # (flow, members, 1) as computed from the request, in the order of `_FLOWS`


@dataclass(frozen=True, slots=True)
class HeatPlantState:
    """State at the end of a step."""

    engines: EngineState
    tank_mwh: FloatArray  # (members, 1)
    last: LastStep | None
    settle: FloatArray  # (flow, members, 1) flow x hours by which the last step's published flows were wrong


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
        self._burnt_per_mw = _MJ_PER_H_PER_MW / self._fuel.lhv_mj
        self._fuel_row = _FLOWS.index(self._fuel.port)
        self._dump = member_array(parameters, "dump_allowed") > 0.0
        self._dump_all = bool(self._dump.all())
        self._settled = constant(np.zeros((len(_FLOWS), len(parameters), 1)))

    def initial(self, members: int) -> HeatPlantState:
        """Engines off, tank at `tank_initial_soc`."""
        return HeatPlantState(self._engines.initial(members), self._heat.initial(members), None, self._settled)

    def correct(self, state: HeatPlantState, feedback: Feedback, dt_s: float) -> HeatPlantState:
        """Trip or redo the last step's engines and settle heat, fuel and CO2 accordingly."""
        last = state.last
        if last is None:
            return state
        undisturbed = np.array_equal(feedback.p_mw, last.p_mw) and feedback.energised.all()
        if undisturbed and state.engines.alive.all():
            return state
        engines = self._engines.correct(state.engines, feedback, last.p_mw, dt_s)
        tank, flows = self._flows(last.tank_mwh, engines, feedback.p_mw, last.demand_mw, last.wanted, dt_s)
        return HeatPlantState(engines, tank, last, (flows - last.flows) * (dt_s / SECONDS_PER_HOUR))

    def range(self, state: HeatPlantState, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """Commitment limits; where heat may not be dumped, also what the heat side can take.

        Published ahead of a step: demand is the last step's, and the calendar is left to whoever decides with the
        coming step's (`heat_enabled` reaches the EMS in time); `step` holds the engines to it.
        """
        return self._limits(state, _demand(drivers), _ALWAYS, dt_s)

    def _limits(self, state: HeatPlantState, demand_mw: FloatArray, wanted: FloatArray, dt_s: float) -> Range:
        limits = self._engines.range(state.engines, dt_s)
        if self._dump_all:
            return limits
        room = wanted * self._heat.room_mw(state.tank_mwh, demand_mw, dt_s)
        return self._engines.within_heat(state.engines, limits, np.where(self._dump, np.inf, room), dt_s)

    def states(self, state: HeatPlantState, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """Tank, room for engine heat (calendar aside, see `range`), engines on."""
        return {
            TANK_SOC: self._heat.soc(state.tank_mwh),
            HEAT_USEFUL: self._heat.room_mw(state.tank_mwh, _demand(drivers), dt_s),
            ON: state.engines.on,
        }

    def step(
        self, state: HeatPlantState, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[HeatPlantState, Outputs]:
        """Run the engines as asked, then settle the heat side."""
        wanted_mw = _OFF if p_set_mw is None else np.where(np.isnan(p_set_mw), 0.0, p_set_mw)
        demand, wanted = _demand(drivers), drivers[HEAT_ENABLED]
        limits = self._limits(state, demand, wanted, dt_s)
        engines, p = self._engines.step(state.engines, wanted_mw, limits, dt_s)
        tank, flows = self._flows(state.tank_mwh, engines, p, demand, wanted, dt_s)
        published = flows + state.settle * (SECONDS_PER_HOUR / dt_s)
        outputs = {P: p, Q: np.zeros(p.shape), TANK: self._heat.degc(tank), **dict(zip(_FLOWS, published, strict=True))}
        last = LastStep(state.tank_mwh, demand, wanted, p, flows)
        return HeatPlantState(engines, tank, last, self._settled), outputs

    def _flows(
        self,
        tank_mwh: FloatArray,
        engines: EngineState,
        p_mw: FloatArray,
        demand_mw: FloatArray,
        wanted: FloatArray,
        dt_s: float,
    ) -> tuple[FloatArray, FloatArray]:
        """Tank at the end of the step, and every flow as (flow, members, 1)."""
        fuel_mw, chp = np.add.reduce(self._engines.fuel_and_heat_mw(p_mw, engines.share), axis=2, keepdims=True)
        tank, heat = self._heat.flows(tank_mwh, chp, demand_mw, wanted, dt_s)
        burnt = (fuel_mw + heat.boiler_mw / self._boiler_efficiency) * self._burnt_per_mw
        flows = np.zeros((len(_FLOWS), len(burnt), 1))
        for row, values in enumerate(heat):
            flows[row] = values
        flows[self._fuel_row] = burnt
        flows[-1] = burnt * self._fuel.co2_kg
        return tank, flows


def _demand(drivers: Mapping[str, FloatArray]) -> FloatArray:
    """Heat demand of the whole plant, (members or 1, 1)."""
    return np.maximum(drivers[HEAT_DEMAND], 0.0)


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
