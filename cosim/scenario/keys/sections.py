"""The key `sections`: parts of the network, whose wires they are and who answers there."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from cosim.rules.forms import FORMS
from cosim.rules.terms import IslandArrangement, Mode, Party, Permit, Wires
from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity


class OwnSupplySpec(Parameters):
    """What counts as own supply of a specified supply, where it is not simply everything inside the section."""

    devices: list[Name] | None = Field(None, description="Devices that count; left out = all inside the section.")
    contracted_kw: float = quantity(
        0.0, unit="kW", description="Firm power bought from dedicated plants outside (since 2014).", ge=0
    )
    contracted_mwh: float = quantity(0.0, unit="MWh", description="Energy taken from them over the run.", ge=0)


class SectionSpec(Parameters):
    """A section: everything joined to the buses it contains, up to its boundaries.

    `form` is a preset of `wires` and `island`; what is written beside it must not contradict it.
    """

    contains: list[Name] = Field(description="Buses inside; what is joined to them belongs to it.", min_length=1)
    form: str | None = Field(
        None,
        description="Supply form as preset of wires and island.",
        json_schema_extra={"enum": [*FORMS, None]},
    )
    wires: Wires = Field(description="Regime of the wires; a form brings it.")
    island: IslandArrangement = Field(IslandArrangement.NONE, description="Island arrangement; a form brings it.")
    owner: Name | None = Field(None, description="Who owns the wires.")
    operator: Name | None = Field(None, description="Who operates them.")
    parties: dict[Party, Name] = Field({}, description="Names of the parties that answer here.")
    answers: dict[Mode, Name] = Field({}, description="Who answers in a mode for everything; left out = by law.")
    permits: list[Permit] | None = Field(
        None, description="What was granted, notified or agreed; left out = not stated."
    )
    consortium: list[Party] | None = Field(None, description="Who stands behind an existing-line microgrid.")
    own_supply: OwnSupplySpec | None = Field(None, description="What counts as own supply (specified supply).")

    @model_validator(mode="before")
    @classmethod
    def _filled_from_form(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(name := given.get("form"), str):
            if name not in FORMS:
                raise ValueError(f"form {name!r} is unknown; known are {', '.join(FORMS)}")
            form = FORMS[name]
            return {"wires": form.wires.value, "island": form.island.value, **given}
        return given

    @model_validator(mode="after")
    def _agrees_with_form(self) -> Self:
        # an existing-line microgrid may lie on a licensee's wires too (planner.md 1.2)
        form = FORMS.get(self.form or "")
        licensed = self.form == "existing_line_microgrid" and self.wires is Wires.DISTRIBUTION_LICENCE
        if form is not None and self.wires is not form.wires and not licensed:
            raise ValueError(f"form {self.form} means wires: {form.wires} (given {self.wires}); leave one of them out")
        return self

    def responsible(self, mode: Mode) -> str:
        """Who answers in `mode`; empty if nobody is named."""
        named = self.answers.get(mode) or self.operator or ""
        return {"operator": self.operator, "owner": self.owner}.get(named) or named
