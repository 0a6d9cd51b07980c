"""Price-led engines (CHP): run where electricity at the meter is worth more than it costs to make."""

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


@dataclass(frozen=True)
class PriceLed:
    """Memory: whether the tank is being charged, (M,) bool."""

    device: str
    start_below_soc: float
    name: str = "price-led"

    @classmethod
    def of(cls, spec: PriceLedSpec) -> PriceLed:
        """From the strategy's parameters."""
        return cls(spec.device, spec.start_below_soc)

    def initial(self, members: int) -> BoolArray:
        """Not charging."""
        return np.zeros(members, dtype=bool)

    def propose(self, observation: Observation, memory: BoolArray) -> tuple[Sequence[Proposal], BoolArray]:
        """A set-point for the plant's total, and whether its tank is being charged."""
        view = observation.devices[self.device]
        limit = thresholds(view.parameters, fuel_price(observation, self.device))
        value = observation.signals[ENERGY_PRICE]
        charging = heating(observation, view, memory, self.start_below_soc)
        with_heat = charging & (value > limit.heat)
        with_dump = (value > limit.dump) & view.parameters.dump_allowed
        most = view.max_mw.sum(axis=1)
        target = np.where(with_dump, most, np.where(with_heat, np.minimum(heat_matched_mw(view), most), 0.0))
        none = np.full(len(target), np.nan)
        proposal = Proposal(self.name, Priority.ECONOMICS, self.device, none, none, target, Reason.NONE)
        return (proposal,), charging
