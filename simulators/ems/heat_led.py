"""Heat-led engines (CHP): follow the tank, whatever electricity is worth; optionally not below cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from grids.arrays import BoolArray, FloatArray
from grids.parameters import Parameters, quantity
from simulators.ems.contract import Observation, Priority, Proposal, Site
from simulators.ems.engines import Plant, fuel_price, heating, outputs_mw, thresholds
from simulators.models.contract import member_array
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


@dataclass(frozen=True, eq=False)
class HeatLed:
    """Memory: whether the tank is being charged, (M,) bool."""

    device: str
    start_below_soc: FloatArray  # (M,) or (1,), as are all
    only_above_cost: BoolArray
    plant: Plant
    name: str = "heat-led"

    @classmethod
    def of(cls, specs: Sequence[HeatLedSpec], site: Site) -> HeatLed:
        """From the strategy's parameters and those of its plant; ValueError if that is not there."""
        device = site.device(specs[0].device)
        below = member_array(specs, "start_below_soc")[:, 0]
        costs = member_array(specs, "only_above_cost")[:, 0] > 0.0
        return cls(device.name, below, costs, Plant.of(device.parameters))

    def initial(self, members: int) -> BoolArray:
        """Not charging."""
        return np.zeros(members, dtype=bool)

    def propose(self, observation: Observation, memory: BoolArray) -> tuple[Sequence[Proposal], BoolArray]:
        """Output matched to the heat the tank can take."""
        view = observation.devices[self.device]
        charging = heating(observation, view, memory, self.start_below_soc)
        runs = charging
        if self.only_above_cost.any():  # without it there may be no prices
            limit = thresholds(self.plant, fuel_price(observation, self.device))
            runs = charging & (~self.only_above_cost | (observation.signals[ENERGY_PRICE] > limit.heat))
        _, matched = outputs_mw(self.plant, view)
        target = np.where(runs, matched, 0.0)
        return (Proposal(self.name, Priority.HEAT, self.device, set_mw=target),), charging
