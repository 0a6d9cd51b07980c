"""Price-led engines (CHP): run where electricity at the meter is worth more than it costs to make."""

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


class PriceLedSpec(Parameters):
    """Run above `c_heat` while heat can be used or stored, above `c_dump` wherever dumping is allowed."""

    kind: Literal["price-led"]
    device: str = Field(description="The heat plant.", min_length=1)
    start_below_soc: float = quantity(
        0.8,
        unit="1",
        description="The tank asks for heat below this, until it is full.",
        vary=True,
        certainty="assumed: planner.md section 4",
        gt=0,
        le=1,
    )


@dataclass(frozen=True, eq=False)
class PriceLed:
    """Memory: whether the tank is being charged, (M,) bool."""

    device: str
    start_below_soc: FloatArray  # (M,) or (1,)
    plant: Plant
    name: str = "price-led"

    @classmethod
    def of(cls, specs: Sequence[PriceLedSpec], site: Site) -> PriceLed:
        """From the strategy's parameters and those of its plant; ValueError if that is not there."""
        device = site.device(specs[0].device)
        return cls(device.name, member_array(specs, "start_below_soc")[:, 0], Plant.of(device.parameters))

    def initial(self, members: int) -> BoolArray:
        """Not charging."""
        return np.zeros(members, dtype=bool)

    def propose(self, observation: Observation, memory: BoolArray) -> tuple[Sequence[Proposal], BoolArray]:
        """A set-point for the plant's total, and whether its tank is being charged."""
        view = observation.devices[self.device]
        limit = thresholds(self.plant, fuel_price(observation, self.device))
        value = observation.signals[ENERGY_PRICE]
        charging = heating(observation, view, memory, self.start_below_soc)
        with_heat = charging & (value > limit.heat)
        with_dump = (value > limit.dump) & self.plant.dump_allowed
        most, matched = outputs_mw(self.plant, view)
        target = np.where(with_dump, most, np.where(with_heat, matched, 0.0))
        return (Proposal(self.name, Priority.ECONOMICS, self.device, set_mw=target),), charging
