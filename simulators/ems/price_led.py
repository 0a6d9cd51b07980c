"""Price-led CHP: run when a kWh from the grid costs more than one's own, with the heat used or with it thrown away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from grids.reasons import Reason
from simulators.ems.bounds import NO_OPINION
from simulators.ems.contract import BoundaryFacts, DeviceInfo, Observation, Priority, Proposal
from simulators.ems.plant import Plant
from simulators.ports import ENERGY_PRICE


class PriceLedSpec(Parameters):
    """Two thresholds (planner.md 1.6): with useful heat a kWh is cheap, with dumped heat it must pay all its fuel."""

    kind: Literal["price-led"]
    device: str = quantity(unit="", description="The heat plant that is led.")
    start_below_soc: float = quantity(
        0.8,
        unit="1",
        description="Tank content below which an idle engine may start for its heat; running, it goes on until full.",
        certainty="sourced: planner.md 4",
        gt=0,
        le=1,
    )

    def build(self, boundary: BoundaryFacts, devices: Mapping[str, DeviceInfo]) -> PriceLed:
        """The strategy for this plant; ValueError as `Plant.of`."""
        return PriceLed(Plant.of(self.kind, self.device, devices), np.array([self.start_below_soc]))


@dataclass(frozen=True, slots=True)
class PriceLed:
    """Wishes for one heat plant; the scope's bounds (export, minimum import) limit what comes of them."""

    plant: Plant
    start_below_soc: FloatArray
    name: str = "price-led"

    def initial(self, members: int) -> None:
        """It remembers nothing: whether engines run is their own state."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """All engines where even dumped heat pays, as much as the heat side takes where useful heat pays, else none."""
        value = observation.signals[ENERGY_PRICE]
        cost_heat, cost_dump = self.plant.costs(self.plant.fuel_price(observation))
        for_heat = np.where(
            value > cost_heat, self.plant.heat_led_mw(observation, self.start_below_soc), 0.0
        )
        pays_dumped = self.plant.dump_allowed & (value > cost_dump)
        wish = Proposal(
            source=self.name,
            priority=Priority.ECONOMICS,
            target=self.plant.device,
            lower_mw=NO_OPINION,
            upper_mw=NO_OPINION,
            set_mw=np.where(pays_dumped, np.inf, for_heat),
            reason=Reason.NONE,
        )
        return (wish,), None
