"""Rates that hold from one day to another: spans that must not overlap, and the one in force on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Self, TypeVar

from pydantic import Field, model_validator

from cosim.errors import UsageError
from grids.parameters import Parameters


class Span(Parameters):
    """A time with a first and, perhaps, a last day."""

    first: date = Field(description="First day the rates hold on.")
    last: date | None = Field(None, description="Last day; left out = until today.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last ({self.last}) lies before first ({self.first})")
        return self

    def __str__(self) -> str:
        return f"{self.first} to {self.last or 'open'}"


S = TypeVar("S", bound=Span)


def must_not_overlap(spans: Iterable[Span]) -> None:
    """ValueError naming two spans that share a day."""
    for earlier, later in pairwise(sorted(spans, key=lambda span: span.first)):
        if earlier.last is None or later.first <= earlier.last:
            raise ValueError(f"periods overlap: {earlier} and {later}")


def in_force(spans: Sequence[S], day: date, whose: str) -> S:
    """The span that holds a day; UsageError with the spans there are."""
    for span in spans:
        if span.first <= day and (span.last is None or day <= span.last):
            return span
    raise UsageError(f"{whose} has no rates for {day}; it has {', '.join(map(str, spans))}")
