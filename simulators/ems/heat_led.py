"""Heat-led engines (CHP): follow the tank, whatever electricity is worth; optionally not below cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from grids.arrays import BoolArray
from grids.parameters import Parameters, quantity
from grids.reasons import Reason
from simulators.ems.contract import Observation, Priority, Proposal
from simulators.ems.engines import fuel_price, heat_matched_mw, heating, thresholds
from simulators.ports import ENERGY_PRICE


class HeatLedSpec(Parameters):
    """Start when the tank is low, stop when it is full."""

    kind: Literal["heat-led"]
    device: str = Field(description="The heat plant.", min_length=1)
    start_below_soc: float = quantity(
        0.5, unit="1", description="The tank asks for heat below this, until it is full.", vary=True, gt=0, le=1
    )
    only_above_cost: bool = Field(
        False, description="Stand still while the boiler is cheaper (electricity worth less than `c_heat`)."
    )


@dataclass(frozen=True)
class HeatLed:
    """Memory: whether the tank is being charged, (M,) bool."""

    device: str
    start_below_soc: float
    only_above_cost: bool
    name: str = "heat-led"

    @classmethod
    def of(cls, spec: HeatLedSpec) -> HeatLed:
        """From the strategy's parameters."""
        return cls(spec.device, spec.start_below_soc, spec.only_above_cost)

    def initial(self, members: int) -> BoolArray:
        """Not charging."""
        return np.zeros(members, dtype=bool)

    def propose(self, observation: Observation, memory: BoolArray) -> tuple[Sequence[Proposal], BoolArray]:
        """Output matched to the heat the tank can take."""
        view = observation.devices[self.device]
        charging = heating(observation, view, memory, self.start_below_soc)
        runs = charging
        if self.only_above_cost:
            limit = thresholds(view.parameters, fuel_price(observation, self.device))
            runs = charging & (observation.signals[ENERGY_PRICE] > limit.heat)
        target = np.where(runs, np.minimum(heat_matched_mw(view), view.max_mw.sum(axis=1)), 0.0)
        none = np.full(len(target), np.nan)
        return (Proposal(self.name, Priority.HEAT, self.device, none, none, target, Reason.NONE),), charging
