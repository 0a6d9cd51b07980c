"""The scenario's `grid.change`: edits of elements a network already has."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from grids.equipment.tables import conductor, pole_tap_position, pole_transformer
from grids.parameters import Parameters, quantity


def _known_conductor(name: str) -> str:
    return conductor(name).name


def _known_pole(sn_kva: float) -> float:
    return pole_transformer(sn_kva).sn_kva


def _known_tap(tap_v: float) -> float:
    pole_tap_position(tap_v)
    return tap_v


ConductorName = Annotated[str, AfterValidator(_known_conductor)]
PoleSize = Annotated[float, AfterValidator(_known_pole)]
PoleTap = Annotated[float, AfterValidator(_known_tap)]


class _Change(Parameters):
    """Whatever is left out stays as it is."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.given:
            raise ValueError(f"changes nothing; give at least one of {', '.join(type(self).model_fields)}")
        return self

    @property
    def given(self) -> dict[str, object]:
        """What is to change, by field."""
        return self.model_dump(exclude_none=True)


class BusChange(_Change):
    """A bus to change."""

    in_service: bool | None = quantity(None, unit="1", description="Whether it is in service.")


class LineChange(_Change):
    """A line to change. A new conductor brings resistance, reactance, charging and rating."""

    conductor: ConductorName | None = Field(None, description="Name of a conductor (docs/equipment.md).")
    conductor_degc: float | None = quantity(
        None,
        unit="degC",
        description="Conductor temperature of the resistance; the table's (wire 20, cable 90) if left out.",
        ge=-20,
        le=90,
    )
    length_km: float | None = quantity(None, unit="km", description="Length.", gt=0)
    parallel: int | None = quantity(None, unit="1", description="Number of equal parallel systems.", ge=1)
    in_service: bool | None = quantity(None, unit="1", description="Whether it is in service.")

    @model_validator(mode="after")
    def _temperature_of_a_conductor(self) -> Self:
        if self.conductor_degc is not None and self.conductor is None:
            raise ValueError("conductor_degc belongs to conductor: name the conductor too")
        return self


class TrafoChange(_Change):
    """A two-winding transformer to change. `sn_kva` alone keeps the percentages, now on the new rating."""

    pole_kva: PoleSize | None = quantity(
        None, unit="kVA", description="Pole transformer of this size instead; brings rating, impedance and losses."
    )
    sn_kva: float | None = quantity(None, unit="kVA", description="Rated power.", gt=0)
    vk_percent: float | None = quantity(None, unit="%", description="Short-circuit voltage.", gt=0)
    vkr_percent: float | None = quantity(None, unit="%", description="Real part of the short-circuit voltage.", ge=0)
    i0_percent: float | None = quantity(None, unit="%", description="No-load current.", ge=0)
    pfe_kw: float | None = quantity(None, unit="kW", description="Iron losses.", ge=0)
    tap_pos: int | None = quantity(None, unit="1", description="Tap position at the start.")
    tap_v: float | None = quantity(
        None, unit="V", description="The same by the tap's voltage on the high-voltage winding.", gt=0
    )
    parallel: int | None = quantity(None, unit="1", description="Number of equal parallel transformers.", ge=1)
    in_service: bool | None = quantity(None, unit="1", description="Whether it is in service.")

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if self.tap_pos is not None and self.tap_v is not None:
            raise ValueError("tap_pos and tap_v say the same thing; give one")
        doubled = [
            name
            for name in ("sn_kva", "vk_percent", "vkr_percent", "i0_percent", "pfe_kw")
            if self.pole_kva is not None and getattr(self, name) is not None
        ]
        if doubled:
            raise ValueError(f"pole_kva brings {', '.join(doubled)}; leave that out")
        return self


class SwitchChange(_Change):
    """A switch to change."""

    closed: bool | None = quantity(None, unit="1", description="Normal state.")


class SourceChange(_Change):
    """An ideal voltage source to change."""

    vm_pu: float | None = quantity(None, unit="pu", description="Voltage it holds.", gt=0, lt=2)
    in_service: bool | None = quantity(None, unit="1", description="Whether it is in service.")


class PoleChange(_Change):
    """A pole transformer (柱上変圧器) to re-tap, also where only its 6.6 kV node is modelled."""

    tap_v: PoleTap | None = quantity(None, unit="V", description="Primary voltage of the off-load tap in use.")


class ChangeSpec(Parameters):
    """Elements to change, by name; made after `add`, on a network of any source."""

    buses: dict[str, BusChange] = Field(default_factory=dict, description="Bus -> what changes.")
    lines: dict[str, LineChange] = Field(default_factory=dict, description="Line -> what changes.")
    trafos: dict[str, TrafoChange] = Field(
        default_factory=dict, description="Two-winding transformer or SVR -> what changes."
    )
    switches: dict[str, SwitchChange] = Field(default_factory=dict, description="Switch -> what changes.")
    sources: dict[str, SourceChange] = Field(default_factory=dict, description="Ideal voltage source -> what changes.")
    poles: dict[str, PoleChange] = Field(default_factory=dict, description="Pole transformer -> its tap.")
