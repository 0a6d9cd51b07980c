"""The key `customers`: who is supplied where, by whom and at which voltage."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from cosim.limits.facts import SupplyVoltage
from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters
from simulators.sources.calendars import CalendarSpec


class Supply(StrEnum):
    """Who supplies a customer, and how (design.md 8)."""

    OWN = "own"
    SPECIFIED_SUPPLY = "specified_supply"
    SPECIFIED_TRANSMISSION_RETAIL = "specified_transmission_retail"
    RETAIL = "retail"
    SELF_WHEELING = "self_wheeling"


class CustomerSpec(Parameters):
    """A customer at one or several supply points."""

    buses: list[Name] = Field(description="Buses of its supply points.", min_length=1)
    loads: list[Name] = Field([], description="Its load entries; left out = all loads at its buses.")
    supply: Supply = Field(description="Supply relation.")
    voltage: SupplyVoltage = Field(description="Voltage it is supplied at, and with it which band it is owed.")
    priority: int = Field(3, description="1 = kept supplied longest.", ge=1, le=5)
    calendar: CalendarSpec | None = Field(None, description="When it is open; left out = always.")
