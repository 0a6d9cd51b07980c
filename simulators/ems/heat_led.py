"""Heat-led CHP: the engines follow the tank; on request they stop where their heat costs more than the boiler's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from grids.reasons import Reason
from simulators.ems.bounds import NO_OPINION
from simulators.ems.contract import BoundaryFacts, DeviceInfo, Observation, Priority, Proposal
from simulators.ems.plant import Plant
from simulators.ports import ENERGY_PRICE


class HeatLedSpec(Parameters):
    """Starts the engines below a tank content and runs them until it is full. A heat obligation: above economics."""

    kind: Literal["heat-led"]
    device: str = quantity(unit="", description="The heat plant that is led.")
    start_below_soc: float = quantity(
        0.5,
        unit="1",
        description="Tank content below which idle engines start; running, they go on until it is full.",
        certainty="assumed: half a tank",
        gt=0,
        le=1,
    )
    stop_by_price: bool = Field(
        False,
        description="Stop where a grid kWh costs less than a CHP kWh with useful heat, and go on with a full tank where "
        "it costs more than one with dumped heat and dumping is allowed.",
    )

    def build(self, boundary: BoundaryFacts, devices: Mapping[str, DeviceInfo]) -> HeatLed:
        """The strategy for this plant; ValueError as `Plant.of`."""
        plant = Plant.of(self.kind, self.device, devices)
        return HeatLed(plant, np.array([self.start_below_soc]), self.stop_by_price)


@dataclass(frozen=True, slots=True)
class HeatLed:
    """A lower bound on the plant's power while the tank calls; no opinion otherwise."""

    plant: Plant
    start_below_soc: FloatArray
    stop_by_price: bool
    name: str = "heat-led"

    def initial(self, members: int) -> None:
        """It remembers nothing: whether engines run is their own state."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """At least what the heat side takes."""
        least = self.plant.heat_led_mw(observation, self.start_below_soc)
        if self.stop_by_price:
            least = self._priced(observation, least)
        least = np.where(least > 0, least, np.nan)
        wish = Proposal(
            source=self.name,
            priority=Priority.HEAT,
            target=self.plant.device,
            lower_mw=least,
            upper_mw=NO_OPINION,
            set_mw=least,
            reason=Reason.NONE,
        )
        return (wish,), None

    def _priced(self, observation: Observation, least: FloatArray) -> FloatArray:
        value = observation.signals[ENERGY_PRICE]
        cost_heat, cost_dump = self.plant.costs(self.plant.fuel_price(observation))
        pays_dumped = self.plant.dump_allowed & (value > cost_dump)
        return np.where(pays_dumped, np.inf, np.where(value > cost_heat, least, 0.0))
