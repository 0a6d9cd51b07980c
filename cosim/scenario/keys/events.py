"""The key `events`: what happens at a stated moment of the run."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cosim.scenario.keys.scalars import Duration, PositiveDuration
from grids.parameters import Parameters


class EventKind(StrEnum):
    """What may happen."""

    SOURCE_OFF = "source-off"
    SWITCH_OPEN = "switch-open"
    SWITCH_CLOSE = "switch-close"

    @property
    def subject_kind(self) -> str:
        """Kind of the subject it happens to."""
        return "source" if self is EventKind.SOURCE_OFF else "switch"


class EventSpec(Parameters):
    """An event; with `duration` it is undone afterwards."""

    kind: EventKind = Field(description="source-off, switch-open or switch-close.")
    subject: str = Field(description="What it happens to: source:NAME or switch:NAME.", pattern=r"^[a-z]+:.+$")
    at: Duration = Field(description="Time after the start of the run (ISO 8601).")
    duration: PositiveDuration | None = Field(None, description="How long it lasts; left out = to the end.")

    @model_validator(mode="after")
    def _fitting_subject(self) -> Self:
        if not self.subject.startswith(f"{self.kind.subject_kind}:"):
            raise ValueError(f"subject of {self.kind} must be {self.kind.subject_kind}:NAME")
        return self

    @property
    def name(self) -> str:
        """Name of the subject without its kind."""
        return self.subject.partition(":")[2]

    @property
    def until(self) -> timedelta | None:
        """When it is undone, after the start of the run."""
        return None if self.duration is None else self.at + self.duration
