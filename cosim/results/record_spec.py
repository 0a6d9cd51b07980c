"""The scenario's `record:` key: which series a run keeps. Verdict, figures and balances never depend on it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from grids.parameters import Parameters

GROUPS = ("bus", "branch", "device", "boundary", "regulator", "supply", "inputs")
BANDS = ("min", "p05", "p50", "p95", "max", "mean")  # statistics of a series over the members
BANDS_SUFFIX = "-bands"  # of a group of bands
Selection = Literal["all", "none"] | tuple[str, ...]
_HELP = "`all`, `none` or a list of names; `*` stands for any characters."


class RecordSpec(Parameters):
    """Series kept per group."""

    bus: Annotated[Selection, Field(description=f"Bus voltages: {_HELP}")] = "all"
    branch: Annotated[Selection, Field(description=f"Loading and flow of lines, transformers, switches: {_HELP}")] = (
        "all"
    )
    device: Annotated[Selection, Field(description=f"Power and states of devices, by unit: {_HELP}")] = "all"
    boundary: Annotated[Selection, Field(description=f"Flows through boundaries and their ends: {_HELP}")] = "all"
    regulator: Annotated[Selection, Field(description=f"Tap positions of controlled tap changers: {_HELP}")] = "all"
    supply: Annotated[Selection, Field(description=f"Leg voltages at supply points: {_HELP}")] = "all"
    inputs: Annotated[Selection, Field(description=f"Loads, weather and prices: {_HELP}")] = "all"

    def keeps(self, group: str, *names: str) -> bool:
        """Whether a thing is kept that goes by any of these names."""
        selection: Selection = getattr(self, group)
        if isinstance(selection, str):
            return selection == "all"
        return any(matches(pattern, name) for pattern in selection for name in names)


class BandSpec(RecordSpec):
    """Bands kept per group: as `RecordSpec`, without inputs unless asked for."""

    inputs: Annotated[Selection, Field(description=f"Loads, weather and prices: {_HELP}")] = "none"


def matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which only `*` is special (names may hold brackets and dots)."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, flags=re.DOTALL) is not None
