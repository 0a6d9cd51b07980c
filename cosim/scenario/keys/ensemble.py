"""The key `ensemble`: how many members, what differs between them, and what is kept of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from cosim.ensemble.distributions import Distribution
from cosim.results.record_spec import BandSpec
from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity
from simulators.sources.profiles import LARGEST_SEED

MOST_MEMBERS = 1_000_000


class Sampling(StrEnum):
    """How the probabilities are chosen that the distributions turn into values."""

    RANDOM = "random"
    LATIN_HYPERCUBE = "latin-hypercube"
    SOBOL = "sobol"


class EnsembleSpec(Parameters):
    """Many members of one study that run side by side; a plain run has one, with the file's own values."""

    members: int | None = quantity(
        None, unit="1", description="Size, unless the command line says it.", ge=1, le=MOST_MEMBERS
    )
    by_default: bool = Field(
        False, description="Whether a plain run, and every check, runs all members: seasons of one study, say."
    )
    seed: int = Field(0, description="Seed of the draws, and of noise that has none of its own.", ge=0, le=LARGEST_SEED)
    sampling: Sampling = Field(Sampling.RANDOM, description="random, latin-hypercube or sobol.")
    vary: dict[Name, Distribution] = Field({}, description="Scenario path -> distribution of its value.")
    bands: BandSpec = Field(BandSpec(), description="Which series get bands over the members.")
    series: bool = Field(False, description="Whether the full series of every member is kept, as record says.")

    @model_validator(mode="after")
    def _knows_its_size(self) -> Self:
        if self.by_default and self.members is None:
            raise ValueError("by_default needs members: how many there are")
        return self
