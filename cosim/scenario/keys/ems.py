"""The key `ems`: energy management, one metering point a scope."""

from __future__ import annotations

from pydantic import Field

from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters
from simulators.ems.registry import StrategySpec


class ScopeSpec(Parameters):
    """What happens behind one metering point; in normal mode nobody nets beyond it."""

    at: Name = Field(description="Boundary of kind pcc it acts at.")
    strategies: list[StrategySpec] = Field(description="Strategies, highest priority first.", min_length=1)
    cut_order: list[Name] = Field([], description="Devices in the order an excess is taken from them.")
