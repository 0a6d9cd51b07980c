"""Contract power: the mean import of the running clock half hour stays below a cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from grids.reasons import Reason
from simulators.ems.bounds import NO_OPINION
from simulators.ems.contract import GROUP, BoundaryFacts, DeviceInfo, Observation, Priority, Proposal

KW_TO_MW = 1e-3


class ContractCapSpec(Parameters):
    """Keeps the half-hour mean of the import at the metering point below the contract power.

    The cap is the larger of `contract_kw` and `previous_max_kw`: where the contract power follows the highest half
    hour of the past twelve months, a half hour below that one costs nothing more, so nothing is spent on avoiding it.
    """

    kind: Literal["contract-cap"]
    contract_kw: float | None = quantity(
        None, unit="kW", description="Cap on the half-hour mean; left out, the boundary's `contract_kw`.", gt=0
    )
    previous_max_kw: float | None = quantity(
        None, unit="kW", description="Highest half-hour mean already billed in the running twelve months.", ge=0
    )

    def build(self, boundary: BoundaryFacts, devices: Mapping[str, DeviceInfo]) -> ContractCap:
        """The strategy at this metering point.

        Raises:
            ValueError: no cap is given here or at the boundary.
        """
        contract = self.contract_kw if self.contract_kw is not None else boundary.contract_kw
        caps = [cap for cap in (contract, self.previous_max_kw) if cap is not None]
        if not caps:
            raise ValueError("contract-cap has no cap: give contract_kw here or at the boundary, or previous_max_kw")
        return ContractCap(np.array([max(caps) * KW_TO_MW]))


@dataclass(frozen=True, slots=True)
class ContractCap:
    """Mean import of the half hour <= `cap_mw` (1,)."""

    cap_mw: FloatArray
    name: str = "contract-cap"

    def initial(self, members: int) -> None:
        """It remembers nothing: the meter carries the energy of the window."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """Spread the energy left in the window evenly over the time left.

        Without foresight this is what a demand controller does: a quiet first quarter leaves room for the second,
        a busy one is cut at once. A window the run entered late counts from there.
        """
        window_s = observation.window_past_s + observation.window_left_s
        left_mw_s = self.cap_mw * window_s - observation.window_import_mwh * 3600.0
        bound = Proposal(
            source=self.name,
            priority=Priority.LIMIT,
            target=GROUP,
            lower_mw=-left_mw_s / observation.window_left_s,
            upper_mw=NO_OPINION,
            set_mw=NO_OPINION,
            reason=Reason.NONE,
        )
        return (bound,), None
