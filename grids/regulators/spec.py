"""How tap changers are set: the scenario's `grid.regulators`, and what a feeder design brings for its own."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grids.parameters import Parameters, quantity


class CompensationKind(StrEnum):
    """Three things called line-drop compensation (線路電圧降下補償, LDC); they differ in reverse flow."""

    PHASOR = "phasor"  # |V - sqrt(3) Z I| with the current as a phasor: right in both directions
    PROJECTED = "projected"  # (R P + X Q) / V: its in-phase part, signed
    MAGNITUDE = "magnitude"  # |I| at a fixed power factor, taken as demand: wrong in reverse flow (facts.md 1.4)


class CompensationSpec(Parameters):
    """Line-drop compensation: the controller holds its reference at a load centre behind R + jX."""

    kind: CompensationKind = quantity(
        CompensationKind.PHASOR, unit="", description="How the drop is estimated.", certainty="assumed"
    )
    r_ohm: float = quantity(
        unit="ohm", description="Resistance to the load centre, at the regulated voltage.", vary=True, ge=0
    )
    x_ohm: float = quantity(
        unit="ohm", description="Reactance to the load centre, at the regulated voltage.", vary=True, ge=0
    )
    power_factor: float = quantity(
        0.95,
        unit="1",
        description="Fixed lagging power factor that `magnitude` takes the current to have.",
        certainty="assumed: planner.md 5",
        gt=0,
        le=1,
    )


class ReverseMode(StrEnum):
    """What a tap changer does while active power flows back through it."""

    FORWARD = "forward"  # goes on as if nothing were: same side, same compensation
    HOLD = "hold"  # keeps its tap
    REGULATE = "reverse_regulate"  # regulates the other side: meant for switch-over, runs away under PV
    COGENERATION = "cogeneration"  # goes on with the same side, without compensation


class ScheduledReference(Parameters):
    """A reference that holds from a time of day on (program control, プログラム制御)."""

    start: time = Field(alias="from", description="Local time of day it begins, HH:MM.")
    reference_v: float = quantity(unit="V", description="Line voltage held from then on.", gt=0)


class ControlSpec(Parameters):
    """How a tap changer's controller is set, whatever transformer it moves."""

    reference_v: float = quantity(
        6600.0, unit="V", description="Line voltage it holds.", vary=True, certainty="assumed: facts.md 1.4 [U]", gt=0
    )
    dead_band_percent: float = quantity(
        1.5,
        unit="%",
        description="Half width of the dead band around the reference, percent of the reference.",
        vary=True,
        certainty="assumed: facts.md 1.4 gives 1.0-1.5 [U]",
        gt=0,
        lt=20,
    )
    delay_s: float = quantity(
        60.0,
        unit="s",
        description="How long the voltage must stay outside the dead band before a tap moves.",
        vary=True,
        certainty="assumed: facts.md 1.4 gives LRT 60, SVR 90 [U]",
        gt=0,
    )
    compensation: CompensationSpec | None = Field(None, description="Line-drop compensation; none if left out.")
    reverse: ReverseMode = quantity(
        ReverseMode.FORWARD, unit="", description="What it does in reverse flow.", certainty="assumed"
    )
    schedule: Annotated[tuple[ScheduledReference, ...], Field(max_length=48)] = Field(
        (), description="References by time of day; before the first one the last one of the day before holds."
    )
    max_operations_per_day: int = quantity(
        30, unit="1", description="More operations in a day are a warning.", certainty="assumed: planner.md 3 [U]", ge=1
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [entry.start for entry in self.schedule]
        if sorted(set(starts)) != starts:
            raise ValueError("schedule must go forward in time, each time of day once")
        return self


class TapChangerSpec(ControlSpec):
    """A load tap changer's controller: substation LRT (負荷時タップ切換変圧器) or SVR (自動電圧調整器)."""

    trafo: str = Field(description="Transformer whose taps it moves.")
    side: Literal["hv", "lv"] = Field("lv", description="Side whose voltage it holds.")
