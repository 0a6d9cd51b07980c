"""Export cap: an upper bound on the scope's net export, with a minimum import where a relay watches the flow."""

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


class ExportCapSpec(Parameters):
    """Holds the net export of the metering point below a limit; a minimum import wins over the limit."""

    kind: Literal["export-cap"]
    limit_kw: float | None = quantity(
        None, unit="kW", description="Highest net export; left out, the boundary's `export_limit_kw`.", ge=0
    )
    min_import_kw: float | None = quantity(
        None,
        unit="kW",
        description="Lowest net import (reverse-power relays act before the flow turns); left out, the boundary's.",
        ge=0,
    )
    margin_kw: float = quantity(
        0.0,
        unit="kW",
        description="Distance kept from the limit for losses, which are known only one step late.",
        certainty="assumed: 0",
        ge=0,
    )

    def build(self, boundary: BoundaryFacts, devices: Mapping[str, DeviceInfo]) -> ExportCap:
        """The strategy at this metering point.

        Raises:
            ValueError: neither a limit nor a minimum import is given here or at the boundary.
        """
        limit = self.limit_kw if self.limit_kw is not None else boundary.export_limit_kw
        least = self.min_import_kw if self.min_import_kw is not None else boundary.min_import_kw
        caps = ([] if limit is None else [limit]) + ([] if least is None else [-least])
        if not caps:
            raise ValueError(
                "export-cap has no limit: give limit_kw or min_import_kw here, "
                "or export_limit_kw or min_import_kw at the boundary"
            )
        return ExportCap(np.array([(min(caps) - self.margin_kw) * KW_TO_MW]))


@dataclass(frozen=True, slots=True)
class ExportCap:
    """Net export <= `upper_mw` (1,); negative = at least that much import."""

    upper_mw: FloatArray
    name: str = "export-cap"

    def initial(self, members: int) -> None:
        """It remembers nothing."""

    def propose(self, observation: Observation, memory: None) -> tuple[Sequence[Proposal], None]:
        """The same bound every step."""
        bound = Proposal(
            source=self.name,
            priority=Priority.LIMIT,
            target=GROUP,
            lower_mw=NO_OPINION,
            upper_mw=self.upper_mw,
            set_mw=NO_OPINION,
            reason=Reason.EXPORT,
        )
        return (bound,), None
