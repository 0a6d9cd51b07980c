"""Contract power: the mean import of the clock half hour stays at or below the cap.

The cap acts on the energy left in the running window, so a quiet quarter hour may be followed by a busy one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.ems.contract import GROUP, MeteringPoint, Observation, Priority, Proposal, Site

KW_TO_MW = 1e-3
SECONDS_PER_HOUR = 3600.0


class ContractCapSpec(Parameters):
    """Keep the half-hour mean import below the contract (peak cut, ピークカット)."""

    kind: Literal["contract-cap"]
    limit_kw: float | None = quantity(
        None,
        unit="kW",
        description="Highest half-hour mean; left out = the boundary's contract power.",
        vary=True,
        gt=0,
    )
    previous_max_kw: float = quantity(
        0.0,
        unit="kW",
        description="Highest half-hour mean already paid for: the cap is never below it.",
        vary=True,
        certainty="assumed: a new billing year",
        ge=0,
    )


@dataclass(frozen=True, eq=False)
class ContractCap:
    """A lower bound on net export, from the energy the window still allows to import."""

    limit_mw: FloatArray  # (M,) or (1,)
    name: str = "contract-cap"

    @classmethod
    def of(cls, specs: Sequence[ContractCapSpec], site: Site) -> ContractCap:
        """From the strategy's own number, or else the contract of its metering point; ValueError if there is none."""
        return cls(np.array([_limit_mw(spec, site.at) for spec in specs]))

    def initial(self, members: int) -> None:
        """Nothing to remember: the shell keeps the window's energy."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """Import at most what spreads the window's remaining energy over its remaining time."""
        left_h = observation.window_left_s / SECONDS_PER_HOUR
        budget_mwh = self.limit_mw * (observation.window_s / SECONDS_PER_HOUR)
        # an overspent window asks for no import, never for export: nothing that is given back lowers the meter
        allowed = np.maximum(budget_mwh - observation.window_import_mwh, 0.0) / left_h
        return (Proposal(self.name, Priority.LIMIT, GROUP, lower_mw=-allowed),), None


def _limit_mw(spec: ContractCapSpec, at: MeteringPoint) -> float:
    limit = at.contract_kw if spec.limit_kw is None else spec.limit_kw
    if limit is None:
        raise ValueError("contract-cap has no limit: give limit_kw, or contract_kw at the boundary")
    return max(limit, spec.previous_max_kw) * KW_TO_MW
