"""A tariff as a file: who sells in which currency, from when to when, and where the numbers come from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from cosim.errors import InputError, Problem, UsageError
from cosim.scenario.reading import read_file
from cosim.scenario.tree import Node, Source, dotted, plain
from cosim.settlement.money import Rounding
from cosim.settlement.tariff import TariffSpec
from grids.parameters import Parameters, quantity

SUFFIX = ".yaml"
FOLDER = "tariffs"
BillKind = Literal["net-metering", "japan"]


class Period(Parameters):
    """The rates of one time."""

    first: date = Field(description="First day they hold on.")
    last: date | None = Field(None, description="Last day; left out = until today.")
    rates: TariffSpec = Field(description="The rates.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"last ({self.last}) lies before first ({self.first})")
        return self


class TariffFile(Parameters):
    """A tariff."""

    name: str = Field(description="What it is called by, `kr-2004-residential`.", pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: dict[str, str] = Field(description="Language code -> title.")
    bill: BillKind = Field(
        description="The bill it is for: net-metering (energy, own generation credited) or japan (line by line)."
    )
    currency: str = Field(description="Currency of every price.", pattern=r"^[A-Z]{3}$")
    timezone: str = Field(description="Zone its days and hours are meant in.")
    rounding: Rounding = Field(Rounding(), description="How amounts are rounded.")
    source: str = Field(description="The document the rates come from.")
    certainty: str = Field(
        description="sourced, derived or assumed, with its mark.", pattern="^(sourced|derived|assumed)"
    )
    surplus_per_kwh: float | None = quantity(
        None, unit="currency/kWh", description="What surplus generation is bought at, if the tariff says so.", ge=0
    )
    periods: list[Period] = Field(description="Rates by time.", min_length=1)

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        ordered = sorted(self.periods, key=lambda period: period.first)
        for earlier, later in pairwise(ordered):
            if earlier.last is None or later.first <= earlier.last:
                raise ValueError(f"periods overlap: {earlier.first} to {earlier.last or 'open'} and from {later.first}")
        return self

    @property
    def days(self) -> tuple[date, date | None]:
        """First and last day it has rates for; None = until today."""
        ordered = sorted(self.periods, key=lambda period: period.first)
        return ordered[0].first, ordered[-1].last

    @property
    def by_kva(self) -> bool:
        """Whether a base charge counts the kVA of a contract, which a bill must be given."""
        return any(period.rates.demand_unit == "kVA" for period in self.periods)

    def at(self, day: date) -> TariffSpec:
        """The rates of a day.

        Raises:
            UsageError: no period holds the day.
        """
        for period in self.periods:
            if period.first <= day and (period.last is None or day <= period.last):
                return period.rates
        spans = ", ".join(f"{period.first} to {period.last or 'open'}" for period in self.periods)
        raise UsageError(f"tariff {self.name} has no rates for {day}; it has {spans}")


def bundled() -> dict[str, Path]:
    """Name -> file of every tariff that comes with cosim."""
    folder = resources.files("cosim.settlement") / FOLDER
    files = (Path(str(entry)) for entry in folder.iterdir())
    return {file.stem: file for file in sorted(files) if file.suffix == SUFFIX}


def load_tariff(name_or_file: str) -> TariffFile:
    """A bundled tariff by name, or one from a file.

    Raises:
        UsageError: neither exists.
        InputError: every problem of the file, located.
    """
    known = bundled()
    path = known.get(name_or_file, Path(name_or_file))
    if not path.is_file():
        raise UsageError(f"there is no tariff {name_or_file}; bundled are {', '.join(known)}, or name a {SUFFIX} file")
    tree = read_file(Source(name_or_file if name_or_file not in known else path.name, path))
    try:
        return TariffFile.model_validate(plain(tree))
    except ValidationError as error:
        raise InputError(located(error, tree)) from error


def located(error: ValidationError, tree: Node) -> Iterator[Problem]:
    """Every problem of a model at the line and column it was written at."""
    for one in error.errors():
        node, route = tree, []
        for step in one["loc"]:
            if (below := node.child(step)) is not None:  # steps of pydantic's own (the kind of a union) are skipped
                node = below
                route.append(step)
        message = one["msg"].removeprefix("Value error, ")
        missing = one["type"] == "missing"
        path = dotted(tuple(route) if not missing else (*route, one["loc"][-1]))
        yield node.anchor.problem(path, "is missing" if missing else message[:1].lower() + message[1:])
