"""Self-consumption: a battery takes the surplus behind the metering point and gives it back to the demand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.ems.contract import Observation, Priority, Proposal, Site
from simulators.models.contract import member_array

KW_TO_MW = 1e-3


class SelfConsumptionSpec(Parameters):
    """Charge from surplus only, discharge to the demand only; never buy from the grid to store."""

    kind: Literal["self-consumption"]
    device: str = Field(description="The battery.", min_length=1)
    net_export_kw: float = quantity(
        0.0,
        unit="kW",
        description="Net export the battery aims at: it charges above and discharges below; above 0 it evens out a "
        "generating site.",
        vary=True,
        certainty="assumed: 0",
        ge=0,
    )


@dataclass(frozen=True, eq=False)
class SelfConsumption:
    """Feed-forward on this step's demand and generation, and last step's losses."""

    device: str
    net_export_mw: FloatArray  # (M,) or (1,)
    name: str = "self-consumption"

    @classmethod
    def of(cls, specs: Sequence[SelfConsumptionSpec], site: Site) -> SelfConsumption:
        """From the strategy's parameters; ValueError if its device is not there."""
        device = site.device(specs[0].device)
        return cls(device.name, member_array(specs, "net_export_kw", KW_TO_MW)[:, 0])

    def initial(self, members: int) -> None:
        """Nothing to remember."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """The battery covers what the others leave open."""
        net_demand = observation.demand_mw + observation.losses_mw
        for name in observation.planned_mw:
            if name != self.device:
                net_demand = net_demand - observation.planned_mw[name]
        wanted = net_demand + self.net_export_mw
        return (Proposal(self.name, Priority.ECONOMICS, self.device, set_mw=wanted),), None
