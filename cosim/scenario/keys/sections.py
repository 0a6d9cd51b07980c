"""The key `sections`: parts of the network, whose wires they are and who answers there."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters


class Wires(StrEnum):
    """Under which regime the wires of a section run (design.md 8)."""

    PREMISES = "premises"
    PRIVATE_LINE = "private_line"
    SPECIFIED_TRANSMISSION = "specified_transmission"
    GENERAL_UTILITY = "general_utility"
    DISTRIBUTION_LICENCE = "distribution_licence"


class IslandArrangement(StrEnum):
    """Whether and how a section may run alone."""

    NONE = "none"
    OWN = "own"
    EXISTING_LINE = "existing_line"


class Mode(StrEnum):
    """How a section runs."""

    NORMAL = "normal"
    ISLAND = "island"


class SectionSpec(Parameters):
    """A section: everything joined to the buses it contains, up to its boundaries."""

    contains: list[Name] = Field(description="Buses inside; what is joined to them belongs to it.", min_length=1)
    wires: Wires = Field(description="Regime of the wires.")
    island: IslandArrangement = Field(IslandArrangement.NONE, description="Island arrangement.")
    owner: Name | None = Field(None, description="Who owns the wires.")
    operator: Name | None = Field(None, description="Who operates them.")
    answers: dict[Mode, Name] = Field({}, description="Who answers in a mode; left out = the operator.")

    def responsible(self, mode: Mode) -> str:
        """Who answers in `mode`; empty if nobody is named."""
        named = self.answers.get(mode) or self.operator or ""
        return {"operator": self.operator, "owner": self.owner}.get(named) or named
