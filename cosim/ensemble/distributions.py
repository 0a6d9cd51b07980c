"""Distributions of `ensemble.vary`: parameters, and the value at a probability (inverse of the cumulative one).

A distribution is either *sampled*, `at(u)` for probabilities u, or *listed*: member k takes the k-th of its values,
round and round, whatever the seed.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from grids.arrays import FloatArray
from grids.parameters import Parameters

MOST_LISTED = 1_000_000
Listed: TypeAlias = bool | int | float


class Uniform(Parameters):
    """Every value between two bounds is equally likely; so is every whole number, where only such are taken."""

    dist: Literal["uniform"]
    low: float = Field(description="Lowest value.")
    high: float = Field(description="Highest value.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        _ordered(self.low, self.high)
        return self

    @property
    def highest(self) -> float:
        """Upper bound."""
        return self.high

    def at(self, u: FloatArray) -> FloatArray:
        """(N,) values at the probabilities `u`."""
        from scipy import stats  # noqa: PLC0415 - slow to import

        return np.asarray(stats.uniform(self.low, self.high - self.low).ppf(u))

    @property
    def has_whole(self) -> bool:
        """Whether a whole number lies between the bounds."""
        return math.ceil(self.low) <= math.floor(self.high)

    def whole_at(self, u: FloatArray) -> FloatArray:
        """(N,) whole numbers at the probabilities `u`."""
        low, high = math.ceil(self.low), math.floor(self.high)
        return np.asarray(np.minimum(low + np.floor(u * (high - low + 1)), high))


class _Rounded(Parameters):
    """A continuous distribution: a whole-number field takes the nearest whole number."""

    def at(self, u: FloatArray) -> FloatArray:
        """(N,) values at the probabilities `u`."""
        raise NotImplementedError

    def whole_at(self, u: FloatArray) -> FloatArray:
        """(N,) whole numbers at the probabilities `u`."""
        return np.rint(self.at(u))


class Normal(_Rounded):
    """Normal distribution; with `low` or `high` truncated there (what lies outside is never drawn)."""

    dist: Literal["normal"]
    mean: float = Field(description="Mean before truncation.")
    sd: float = Field(description="Standard deviation before truncation.", gt=0)
    low: float | None = Field(None, description="Lowest value.")
    high: float | None = Field(None, description="Highest value.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        _ordered(_or(self.low, -math.inf), _or(self.high, math.inf))
        return self

    @property
    def highest(self) -> float:
        """Upper bound, perhaps infinite."""
        return _or(self.high, math.inf)

    def at(self, u: FloatArray) -> FloatArray:
        """(N,) values at the probabilities `u`."""
        from scipy import stats  # noqa: PLC0415 - slow to import

        if self.low is None and self.high is None:
            return np.asarray(stats.norm(self.mean, self.sd).ppf(u))
        bounds = ((_or(self.low, -math.inf) - self.mean) / self.sd, (self.highest - self.mean) / self.sd)
        return np.asarray(stats.truncnorm(*bounds, loc=self.mean, scale=self.sd).ppf(u))


class LogNormal(_Rounded):
    """The logarithm is normal with standard deviation `sigma`; half of the values lie below `median`."""

    dist: Literal["lognormal"]
    median: float = Field(description="Median.", gt=0)
    sigma: float = Field(description="Standard deviation of the logarithm.", gt=0)

    @property
    def highest(self) -> float:
        """There is no upper bound."""
        return math.inf

    def at(self, u: FloatArray) -> FloatArray:
        """(N,) values at the probabilities `u`."""
        from scipy import stats  # noqa: PLC0415 - slow to import

        return np.asarray(stats.lognorm(self.sigma, scale=self.median).ppf(u))


class Triangular(_Rounded):
    """Likeliest at `mode`, falling straight to both bounds."""

    dist: Literal["triangular"]
    low: float = Field(description="Lowest value.")
    mode: float = Field(description="Likeliest value.")
    high: float = Field(description="Highest value.")

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"mode {self.mode:g} lies outside low {self.low:g} .. high {self.high:g}")
        _ordered(self.low, self.high)
        return self

    @property
    def highest(self) -> float:
        """Upper bound."""
        return self.high

    def at(self, u: FloatArray) -> FloatArray:
        """(N,) values at the probabilities `u`."""
        from scipy import stats  # noqa: PLC0415 - slow to import

        width = self.high - self.low
        return np.asarray(stats.triang((self.mode - self.low) / width, loc=self.low, scale=width).ppf(u))


class Choice(Parameters):
    """One of some values; by `weights` if they are not equally likely."""

    dist: Literal["choice"]
    values: list[Listed] = Field(description="The values.", min_length=1)
    weights: list[Annotated[float, Field(ge=0)]] | None = Field(None, description="How likely each is, in any unit.")

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        if self.weights is not None and len(self.weights) != len(self.values):
            raise ValueError(f"weights has {len(self.weights)} entries for {len(self.values)} values")
        if self.weights is not None and not sum(self.weights) > 0:
            raise ValueError("weights are all 0")
        return self

    @property
    def highest(self) -> float:
        """Largest value."""
        return max(self.values)

    def positions(self, u: FloatArray) -> list[int]:
        """(N,) positions among the values at the probabilities `u`."""
        upper = np.cumsum(np.asarray(self.weights or [1.0] * len(self.values)))
        found = np.searchsorted(upper, u * upper[-1], side="right")
        return [int(position) for position in found]


class List(Parameters):
    """Member k takes value k, and begins again when they are used up."""

    dist: Literal["list"]
    values: list[Listed] = Field(description="The values, in the order of the members.", min_length=1)

    @property
    def highest(self) -> float:
        """Largest value."""
        return max(self.values)

    @property
    def listed(self) -> list[Listed]:
        """The values, in order."""
        return self.values


class Range(Parameters):
    """Member k takes `start + k * step`, and begins again after `stop` (included where a step falls on it)."""

    dist: Literal["range"]
    start: int | float = Field(description="First value.")
    stop: int | float = Field(description="Last value, if a step falls on it.")
    step: int | float = Field(1, description="Distance of two values; negative counts down.")

    @model_validator(mode="after")
    def _leads_there(self) -> Self:
        if self.step == 0:
            raise ValueError("step is 0; it must lead from start to stop")
        if (self.stop - self.start) / self.step < 0:
            raise ValueError(f"step {self.step:g} leads away from stop {self.stop:g}; change its sign")
        if (self.stop - self.start) / self.step > MOST_LISTED:
            raise ValueError(f"step {self.step:g} makes more than {MOST_LISTED} values; make it longer")
        return self

    @property
    def highest(self) -> float:
        """Largest value."""
        return max(self.listed)

    @property
    def listed(self) -> list[Listed]:
        """The values, in order."""
        whole_steps = math.floor((self.stop - self.start) / self.step + _ALMOST)
        return [self.start + position * self.step for position in range(whole_steps + 1)]


_ALMOST = 1e-9  # of a step: 0.1 + 2 * 0.1 reaches 0.3 although it is not equal to it

Distribution = Annotated[Uniform | Normal | LogNormal | Triangular | Choice | List | Range, Field(discriminator="dist")]


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _ordered(low: float, high: float) -> None:
    if low >= high:
        raise ValueError(f"low {low:g} is not below high {high:g}")
