"""The key `customers`: who is supplied where, by whom and at which voltage."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from cosim.limits.facts import SupplyVoltage
from cosim.rules.forms import FORMS
from cosim.rules.terms import Relation, Supply
from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters
from simulators.sources.calendars import CalendarSpec

_CLOSE = frozenset({Supply.SPECIFIED_SUPPLY, Supply.SELF_WHEELING})  # only for those who are closely related


class CustomerSpec(Parameters):
    """A customer at one or several supply points. `form` is a preset of `supply`."""

    buses: list[Name] = Field(description="Buses of its supply points.", min_length=1)
    loads: list[Name] = Field([], description="Its load entries; left out = all loads at its buses.")
    form: str | None = Field(
        None, description="Supply form as preset of supply.", json_schema_extra={"enum": [*FORMS, None]}
    )
    supply: Supply = Field(description="Supply relation; a form brings it.")
    voltage: SupplyVoltage = Field(description="Voltage it is supplied at, and with it which band it is owed.")
    relation: Relation | None = Field(
        None, description="How close it is to its supplier; must be said for specified supply and self-wheeling."
    )
    priority: int = Field(3, description="1 = kept supplied longest.", ge=1, le=5)
    calendar: CalendarSpec | None = Field(None, description="When it is open; left out = always.")

    @model_validator(mode="before")
    @classmethod
    def _filled_from_form(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(name := given.get("form"), str):
            if name not in FORMS:
                raise ValueError(f"form {name!r} is unknown; known are {', '.join(FORMS)}")
            return {"supply": FORMS[name].supply.value, **given}
        return given

    @model_validator(mode="after")
    def _says_how_close(self) -> Self:
        if self.form is not None and self.supply is not FORMS[self.form].supply:
            meant = FORMS[self.form].supply
            raise ValueError(f"form {self.form} means supply: {meant} (given {self.supply}); leave one of them out")
        if self.supply in _CLOSE and self.relation is None:
            raise ValueError(f"supply: {self.supply} needs relation: how close customer and supplier are")
        return self
