"""Self-consumption: a storage charges from surplus and discharges to cover what is missing, behind one meter."""

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

KW_TO_MW = 1e-3


class SelfConsumptionSpec(Parameters):
    """Brings the net export of the metering point to zero with one storage entry; never charges from the grid."""

    kind: Literal["self-consumption"]
    device: str = quantity(unit="", description="The storage entry that follows.")
    net_export_kw: float = quantity(
        0.0,
        unit="kW",
        description="Net export the storage aims at: it charges above and discharges below. Above 0 it evens out a "
        "generating site; below 0 it would charge from the grid, which this strategy never does.",
        certainty="assumed: 0",
        ge=0,
    )

    def build(self, boundary: BoundaryFacts, devices: Mapping[str, DeviceInfo]) -> SelfConsumption:
        """The strategy for this device.

        Raises:
            ValueError: the device is not behind this metering point or is no storage.
        """
        if self.device not in devices:
            raise ValueError(f"self-consumption: no device {self.device!r} behind this metering point")
        if devices[self.device].role != "storage":
            raise ValueError(f"self-consumption: {self.device!r} is a {devices[self.device].role}, not a storage")
        return SelfConsumption(self.device, np.array([self.net_export_kw * KW_TO_MW]))


@dataclass(frozen=True, slots=True)
class SelfConsumption:
    """The storage closes the scope's balance at `net_export_mw` (1,), fed forward from this step's demand."""

    device: str
    net_export_mw: FloatArray
    name: str = "self-consumption"

    def initial(self, members: int) -> None:
        """It remembers nothing."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """Take what the others leave."""
        follow = Proposal(
            source=self.name,
            priority=Priority.ECONOMICS,
            target=self.device,
            lower_mw=NO_OPINION,
            upper_mw=NO_OPINION,
            set_mw=self.net_export_mw,
            reason=Reason.NONE,
            closes_scope=True,
        )
        return (follow,), None
