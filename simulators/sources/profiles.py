"""How a scenario describes a series over time: one model per kind, told apart by `kind`."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from grids.parameters import Parameters, quantity
from simulators.sources.calendars import DayType, clock_minutes
from simulators.sources.clock import MINUTES_A_DAY

LARGEST_SEED = 2**63 - 1


class NoiseSpec(Parameters):
    """Seeded, multiplicative, non-negative noise with mean 1 (log-normal), constant over each clock period."""

    sigma: float = quantity(unit="1", description="Standard deviation of the logarithm.", vary=True, ge=0, le=2)
    seed: int | None = quantity(
        None,
        unit="1",
        description="Seed of this noise; left out = the seed of the run.",
        vary=True,
        ge=0,
        le=LARGEST_SEED,
    )
    period_min: int = quantity(
        30, unit="min", description="How long one draw lasts.", certainty="assumed", ge=1, le=1440
    )


class Shaping(Parameters):
    """What is done to the shape of a profile: how much it is scaled, and noise."""

    annual_mwh: float | None = quantity(
        None, unit="MWh", description="Scale to this energy over a year of the profile.", vary=True, ge=0
    )
    peak_kw: float | None = quantity(
        None, unit="kW", description="Scale to this largest value over a year of the profile.", vary=True, ge=0
    )
    scale: float = quantity(1.0, unit="1", description="Factor on every value.", vary=True, ge=0)
    noise: NoiseSpec | None = Field(None, description="Random deviation from the profile.")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.annual_mwh is not None and self.peak_kw is not None:
            raise ValueError("annual_mwh and peak_kw exclude each other; keep one")
        return self

    @property
    def shapes(self) -> bool:
        """Whether it changes anything."""
        neutral = self.annual_mwh is None and self.peak_kw is None and self.noise is None
        return not (neutral and self.scale == 1.0)


def _checked_steps(value: object) -> object:
    if isinstance(value, dict):
        minutes = [clock_minutes(str(text)) for text in value]
        if not minutes or minutes[0] != 0:
            raise ValueError('the first step of a day must start at "00:00"')
        if any(later <= earlier for earlier, later in pairwise(minutes)):
            raise ValueError("the steps of a day must follow each other in time")
        if minutes[-1] == MINUTES_A_DAY:
            raise ValueError('no step starts at "24:00": the day ends there')
    return value


DaySteps = Annotated[dict[str, float], BeforeValidator(_checked_steps)]
Unit = Annotated[
    str, Field(description="Unit of the values: kW, MW, kWh30, pu, JPY/kWh, ... (docs/glossary).", min_length=1)
]


class ConstantProfile(Shaping):
    """The same value all the time."""

    kind: Literal["constant"]
    value: float = Field(description="The value, in `unit`.")
    unit: Unit = "kW"


class DailyProfile(Shaping):
    """Days by type, each a list of steps; inline (`days`) or from a CSV file `day_type,start,<columns>` (`file`)."""

    kind: Literal["daily"]
    days: dict[DayType, DaySteps] | None = Field(None, description='Day type -> {"HH:MM": value from then on}.')
    file: str | None = Field(None, description="CSV file with the columns day_type, start and one per quantity.")
    column: str | None = Field(None, description="Column of the file; needed if it has more than one.")
    unit: Unit = "kW"

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.days is None) == (self.file is None):
            raise ValueError("give either days or file")
        if self.column is not None and self.file is None:
            raise ValueError("column belongs to file; days has one value a step")
        return self


class PeriodLabel(StrEnum):
    """Which end of its period the time of a row names."""

    START = "start"
    END = "end"


class _TableProfile(Shaping):
    file: str = Field(description="The file, relative to the scenario.", min_length=1)
    column: str | None = Field(None, description="Value column; needed if the file has more than one.")
    unit: Unit = "kW"
    label: PeriodLabel = Field(PeriodLabel.START, description="Whether `time` names the start or the end of a period.")
    timezone: str | None = Field(None, description="Zone of times without offset; left out = the scenario's.")
    time_column: str = Field("time", description="Name of the time column.", min_length=1)


class CsvProfile(_TableProfile):
    """A column of a CSV file with a time column."""

    kind: Literal["csv"]


class ParquetProfile(_TableProfile):
    """A column of a Parquet file with a time column."""

    kind: Literal["parquet"]


class ScheduleQuantity(StrEnum):
    """What a room schedule of the Japanese energy code describes."""

    USE = "use"
    LIGHTING = "lighting"
    PEOPLE = "people"
    EQUIPMENT = "equipment"


class ScheduleProfile(Shaping):
    """An hourly ratio of the Japanese energy code (package builelib), by building use and room type."""

    kind: Literal["schedule"]
    building: str = Field(description="Building use, as 事務所等.", min_length=1)
    room: str = Field(description="Room type, as 事務室.", min_length=1)
    quantity: ScheduleQuantity = Field(description="Which ratio of the room.")


class SimbenchProfile(Shaping):
    """A SimBench profile by name, in p.u. of the element's rating (optional extra simbench)."""

    kind: Literal["simbench"]
    name: str = Field(description="Profile name, as PV5, WP4, H0-A.", min_length=1)


ProfileSpec = Annotated[
    ConstantProfile | DailyProfile | CsvProfile | ParquetProfile | ScheduleProfile | SimbenchProfile,
    Field(discriminator="kind"),
]
