"""Export cap: the net export of a metering point stays at or below what was agreed, less a margin to the relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from grids.reasons import Reason
from simulators.ems.contract import GROUP, MeteringPoint, Observation, Priority, Proposal, Site

KW_TO_MW = 1e-3


class ExportCapSpec(Parameters):
    """Bound the net export; with a minimum import the metering point always draws at least that."""

    kind: Literal["export-cap"]
    limit_kw: float | None = quantity(
        None, unit="kW", description="Highest net export; left out = the boundary's export limit.", vary=True, ge=0
    )
    min_import_kw: float | None = quantity(
        None,
        unit="kW",
        description="Lowest import, the distance to reverse and under-power relays; left out = the boundary's.",
        vary=True,
        ge=0,
    )


@dataclass(frozen=True, eq=False)
class ExportCap:
    """Feed-forward: the bound is on this step's sum, not on the last measured flow."""

    limit_mw: FloatArray  # (M,) or (1,)
    name: str = "export-cap"

    @classmethod
    def of(cls, specs: Sequence[ExportCapSpec], site: Site) -> ExportCap:
        """From the strategy's own numbers, or else those of its metering point; ValueError if there are none."""
        return cls(np.array([_limit_mw(spec, site.at) for spec in specs]))

    def initial(self, members: int) -> None:
        """Nothing to remember."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """An upper bound on the scope's net export."""
        return (Proposal(self.name, Priority.LIMIT, GROUP, upper_mw=self.limit_mw, reason=Reason.EXPORT),), None


def _limit_mw(spec: ExportCapSpec, at: MeteringPoint) -> float:
    limit = at.export_limit_kw if spec.limit_kw is None else spec.limit_kw
    least = at.min_import_kw if spec.min_import_kw is None else spec.min_import_kw
    if limit is None and least is None:
        raise ValueError("export-cap has no limit: give limit_kw, or export_limit_kw at the boundary")
    return -least * KW_TO_MW if least else (limit or 0.0) * KW_TO_MW
