"""A series put on the axis for every member: scaled, with noise, at its offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from grids.arrays import FloatArray
from simulators.sources.clock import epoch_seconds
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import MemberSeries, refuse_size
from simulators.sources.noise import Noise, fits_periods, noise_keys, noise_series
from simulators.sources.profiles import NoiseSpec
from simulators.sources.series import Series


@dataclass(frozen=True)
class CrossingNoise:
    """Noise whose periods cross steps: a step's mean needs the product over time, so the whole run is made at once."""

    specs: Sequence[NoiseSpec]  # (M,)
    keys: Sequence[int]  # (M,)


AnyNoise: TypeAlias = Noise | CrossingNoise | None


@dataclass(frozen=True)
class Driven:
    """What the ports of one entry share: active and reactive power follow one profile and one noise."""

    series: Series  # one column, or one a unit
    members: MemberAxis
    path: str
    units: int
    factor: FloatArray  # (M or 1, units or 1)
    noise: AnyNoise = None
    repeats: bool = False  # whether the series begins again after its end, for members that start later

    def port(self, times: FloatArray | None = None) -> MemberSeries:
        """The values of one port, `times` (M or 1, 1) what one unit of the series is worth there.

        Raises:
            SourceError: the series is shorter than what is read of it, or does not fit into memory.
        """
        factor = self.factor if times is None else self.factor * times
        if isinstance(self.noise, CrossingNoise):
            return self._crossing(self.noise, factor)
        values = self._read()
        profiles = values.reshape(1, len(values), -1)
        return MemberSeries.of(profiles, self.members, units=self.units, factor=factor, noise=self.noise)

    def of(self, series: Series) -> Driven:
        """The same scaling and noise on another series."""
        return replace(self, series=series)

    def _read(self) -> FloatArray:
        """(L,) or (L, units) means on the steps that are read, at most once round a series that begins again."""
        members = self.members
        reading = members.reading
        if len(self.series.values) == 1:
            self.series.must_cover(reading)
            return self.series.values  # the same all the time
        if not self.repeats or reading is members.axis:
            return self.series.mean_on(reading)
        self.series.must_cover(members.axis)  # only what starts later goes round
        once = self.series.duration_s // int(members.axis.dt_s[0])
        if once < reading.steps:
            reading = members.beyond(once - members.axis.steps)
        return self.series.repeated(epoch_seconds(reading.utc[-1])).mean_on(reading)

    def _crossing(self, noise: CrossingNoise, factor: FloatArray) -> MemberSeries:
        members, units = self.members, self.units
        steps = members.axis.steps
        what = f"noise in periods that cross steps: {members.count} members x {units} units x {steps} steps"
        refuse_size(members.count * units * steps, what, self.path)
        series = self.series
        if self.repeats and members.reading is not members.axis:
            series.must_cover(members.axis)
            series = series.repeated(epoch_seconds(members.reading.utc[-1]))
        columns = [series.column(unit) if series.values.ndim == 2 else series for unit in range(units)]
        profiles = np.empty((members.count, steps, units))
        for member, (spec, key) in enumerate(zip(noise.specs, noise.keys, strict=True)):
            axis = members.of(member)
            first, last = (epoch_seconds(edge) for edge in (axis.utc[0], axis.utc[-1]))
            for unit, column in enumerate(columns):
                factors = noise_series(spec, key, unit, first, last)
                profiles[member, :, unit] = column.times(factors).mean_on(axis)
        which, own = np.arange(members.count), np.zeros(1, dtype=np.int64)
        return MemberSeries.of(profiles, members, which=which, offset=own, factor=factor)


def noise_of(specs: Sequence[NoiseSpec | None], path: str, members: MemberAxis, units: int) -> AnyNoise:
    """The noise of an entry, one spec a member or one for all; None where nobody has any."""
    given = [spec for spec in specs if spec is not None]
    if not any(spec.sigma > 0.0 for spec in given):
        return None
    none = given[0].model_copy(update={"sigma": 0.0})
    each = [none if spec is None else spec for spec in specs]
    if fits_periods(members.axis, given[0].period_min):
        return Noise(each, path, members, units)
    every = each if len(each) > 1 else each * members.count
    return CrossingNoise(every, noise_keys(every, path, members))
