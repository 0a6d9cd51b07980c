"""The key `events`: what happens at a stated moment of the run."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cosim.scenario.keys.scalars import Duration, PositiveDuration
from grids.parameters import Parameters, quantity


class EventKind(StrEnum):
    """What may happen."""

    SOURCE_OFF = "source-off"
    SWITCH_OPEN = "switch-open"
    SWITCH_CLOSE = "switch-close"
    SOURCE_FREQUENCY = "source-frequency"

    @property
    def subject_kind(self) -> str:
        """Kind of the subject it happens to."""
        return "source" if self in {EventKind.SOURCE_OFF, EventKind.SOURCE_FREQUENCY} else "switch"


class EventSpec(Parameters):
    """An event; with `duration` it is undone afterwards."""

    kind: EventKind = Field(description="source-off, switch-open, switch-close or source-frequency.")
    subject: str = Field(description="What it happens to: source:NAME or switch:NAME.", pattern=r"^[a-z]+:.+$")
    at: Duration = Field(description="Time after the start of the run (ISO 8601).")
    duration: PositiveDuration | None = Field(None, description="How long it lasts; left out = to the end.")
    value_hz: float | None = quantity(
        None, unit="Hz", description="With source-frequency: what the source runs at; only relays read it.", gt=0
    )

    @model_validator(mode="after")
    def _fitting_subject(self) -> Self:
        if not self.subject.startswith(f"{self.kind.subject_kind}:"):
            raise ValueError(f"subject of {self.kind} must be {self.kind.subject_kind}:NAME")
        return self

    @model_validator(mode="after")
    def _fitting_value(self) -> Self:
        if (self.value_hz is not None) != (self.kind is EventKind.SOURCE_FREQUENCY):
            wrong = "needs value_hz" if self.value_hz is None else "has no value_hz: leave it out"
            raise ValueError(f"{self.kind} {wrong}")
        return self

    @property
    def name(self) -> str:
        """Name of the subject without its kind."""
        return self.subject.partition(":")[2]

    @property
    def until(self) -> timedelta | None:
        """When it is undone, after the start of the run."""
        return None if self.duration is None else self.at + self.duration
