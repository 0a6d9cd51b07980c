"""Dated numbers of Japanese rules, read from closed data files: each row with its days and how sure it is."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from cosim.errors import InputError, UsageError
from cosim.settlement.dated_rates import Span
from grids.parameters import Parameters, quantity


class Row(Span):
    """The number of one time."""

    value: float = quantity(unit="unit of the table", description="The number.")
    transitional: float | None = quantity(
        None, unit="unit of the table", description="The number while a transition lasts."
    )
    certainty: str = Field(description="How sure it is.", pattern="^(sourced|derived|assumed)")


class DatedTable(Parameters):
    """Numbers by time, oldest first, without gaps between first and last row."""

    name: str = Field(description="Name of the file.")
    title: dict[str, str] = Field(description="Language code -> title.")
    unit: str = Field(description="Unit of every value, with the currency.")
    source: str = Field(description="Where they come from.")
    rows: list[Row] = Field(description="Rows, oldest first.", min_length=1)

    @model_validator(mode="after")
    def _follow_each_other(self) -> Self:
        for earlier, later in pairwise(self.rows):
            if earlier.last is None or (later.first - earlier.last).days != 1:
                raise ValueError(f"the row from {later.first} must begin the day after the one before it ends")
        return self

    @property
    def dated(self) -> dict[date, float]:
        """First day -> value, as a tariff takes it."""
        return {row.first: row.value for row in self.rows}

    @property
    def last(self) -> date | None:
        """Last day the table knows; None = open."""
        return self.rows[-1].last

    def at(self, day: date) -> Row | None:
        """The row of a day; None before the first.

        Raises:
            UsageError: the day lies behind the last row.
        """
        if self.last is not None and day > self.last:
            raise UsageError(f"{self.name}: no value for {day}; the last day known is {self.last}")
        return next((row for row in reversed(self.rows) if row.first <= day), None)


@lru_cache(maxsize=8)
def load_table(name: str) -> DatedTable:
    """A table that comes with cosim; InputError with every problem of a broken one."""
    from cosim.scenario.reading import read_file  # noqa: PLC0415  (scenarios hold tariffs: no circle at import)
    from cosim.scenario.tree import Source, plain  # noqa: PLC0415
    from cosim.settlement.tariff_file import located  # noqa: PLC0415

    path = Path(str(resources.files("cosim.settlement") / "tables" / f"{name}.yaml"))
    tree = read_file(Source(path.name, path))
    try:
        return DatedTable.model_validate(plain(tree))
    except ValidationError as error:
        raise InputError(located(error, tree)) from error


def renewable_levy() -> DatedTable:
    """The renewable levy by fiscal year (May to April), JPY/kWh."""
    return load_table("jp-renewable-levy")


def imbalance_cap(day: date, *, transitional: bool) -> float | None:
    """Upper limit of the imbalance price on a day, JPY/kWh; None where there was none.

    Args:
        day: the day.
        transitional: whether the transitional limit holds where the table has one (its end is unknown [U]).
    """
    row = load_table("jp-imbalance-cap").at(day)
    if row is None:
        return None
    return row.transitional if transitional and row.transitional is not None else row.value
