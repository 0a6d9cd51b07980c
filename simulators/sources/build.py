"""From a profile's description to what every member reads on the axis; all of it before the run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np

from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar
from simulators.sources.clock import DAY_S, epoch_seconds
from simulators.sources.daily import inline_days, pick, read_days, series_of_days
from simulators.sources.driven import Driven, noise_of
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.profiles import (
    ConstantProfile,
    CsvProfile,
    DailyProfile,
    ParquetProfile,
    ProfileSpec,
    ScheduleProfile,
    Shaping,
    SimbenchProfile,
)
from simulators.sources.schedules import schedule_days
from simulators.sources.series import Series, constant, year_of
from simulators.sources.tables import read_profile
from simulators.sources.units import Measure, power_unit, price_factor

KW_TO_MW = 1e-3
REFERENCE_DAYS = 365
ResolvePath = Callable[[str], Path]
SimbenchLookup = Callable[[str], FloatArray]
T = TypeVar("T")
Rated: TypeAlias = float | Sequence[float] | None  # kW: of every unit, or one a unit


@dataclass(frozen=True, slots=True)
class Source:
    """Where a profile stands: what its construction needs besides its own fields."""

    axis: TimeAxis  # what is read of it: the run, and beyond it what later members need
    calendar: Calendar
    resolve_path: ResolvePath
    name: str  # scenario path, for messages
    simbench: SimbenchLookup | None = None


@dataclass(frozen=True)
class Shape:
    """A series in its own unit, and how to get the year it is scaled by."""

    series: Series
    reference: Callable[[], Series]
    unit: str
    repeats: bool = False  # whether it begins again after its end, for members that start later

    @cached_property
    def year_energy(self) -> float:
        """Energy over the year it is scaled by."""
        return self.reference().energy

    @cached_property
    def year_peak(self) -> float:
        """Largest value in that year."""
        return float(np.max(self.reference().values))


def build_profile(
    specs: Sequence[ProfileSpec],
    members: MemberAxis,
    *,
    calendar: Calendar,
    path: str,
    resolve_path: ResolvePath,
    units: int = 1,
    shaping: Sequence[Shaping] | None = None,
    rated_kw: Sequence[Rated] = (None,),
    simbench: SimbenchLookup | None = None,
    signed: bool = False,
) -> Driven:
    """A power profile: MW, the mean over each step, every unit getting the whole profile.

    Args:
        specs: the profile of each member, or one for all; members differ in scaling and noise only.
        members: the run, and where on its axis each member reads.
        calendar: holidays, closed days and zone; decides which day type a date is.
        path: scenario path of the profile, part of the key of its random streams and the name in messages.
        resolve_path: finds the file a scenario names.
        units: how many equal units; each has its own noise.
        shaping: scaling and noise given beside the profile (a load's), instead of the profile's own; as many as specs.
        rated_kw: what 1 p.u. is worth, per member or one for all; needed for shares that nothing scales.
        simbench: p.u. profile of the study's SimBench network by name (`SimbenchProfiles.demand_pu`, `generation_pu`).
        signed: whether values below zero mean something (a plant's own use while it stands still).

    Raises:
        SourceError: the profile is shorter than what is read of it, negative, cannot be scaled, or its file is wrong.
    """
    _must_share_shape(specs, path)
    shape = _shape(specs[0], Source(members.reading, calendar, resolve_path, path, simbench))
    if not signed:
        _refuse_negative(shape.series, members.axis, path)
    beside: Sequence[Shaping | None] = shaping or [None] * len(specs)
    chosen = [_chosen_shaping(spec, other, path) for spec, other in zip(specs, beside, strict=True)]
    count = max(len(chosen), len(rated_kw))
    pairs = zip(_as_many(chosen, count), _as_many(rated_kw, count), strict=True)
    factor = np.stack([_factor_to_mw(shape, one, rated, path) for one, rated in pairs])
    noise = noise_of([one.noise for one in chosen], path, members, units)
    return Driven(shape.series, members, path, units, factor, noise, shape.repeats)


def build_price(
    spec: ProfileSpec | float,
    axis: TimeAxis,
    *,
    calendar: Calendar,
    path: str,
    resolve_path: ResolvePath,
    currency: str,
    per: str = "kWh",
) -> FloatArray:
    """A price on the axis: (K,), `currency` per `per`, the mean over each step; a bare number is in that unit."""
    if isinstance(spec, float | int):
        return np.full(axis.steps, float(spec))
    if spec.annual_mwh is not None or spec.peak_kw is not None or spec.noise is not None:
        raise SourceError(path, ["a price knows only scale; leave out annual_mwh, peak_kw and noise"])
    shape = _shape(spec, Source(axis, calendar, resolve_path, path))
    factor = price_factor(shape.unit, currency, per, path) * spec.scale
    return shape.series.scaled(factor).mean_on(axis)


def reactive_per_active(power_factor: float) -> float:
    """Reactive demand per active demand at a lagging power factor, positive inductive: Q = P tan(acos(PF))."""
    return math.tan(math.acos(power_factor))


def _shape(spec: ProfileSpec, source: Source) -> Shape:
    """The series of a profile over the run, or longer."""
    if isinstance(spec, CsvProfile | ParquetProfile):
        path = source.resolve_path(spec.file)
        series = read_profile(spec, source.calendar.zone, path)
        return Shape(series, lambda: _first_year(series), spec.unit)
    if isinstance(spec, SimbenchProfile):
        series = _simbench(spec.name, source)
        return Shape(series, lambda: series, "pu", repeats=True)
    between = _generated(spec, source)
    first, last = (epoch_seconds(edge) for edge in (source.axis.utc[0], source.axis.utc[-1]))
    unit = "pu" if isinstance(spec, ScheduleProfile) else spec.unit
    return Shape(between(first, last), lambda: between(*year_of(source.axis)), unit)


def _generated(spec: ConstantProfile | DailyProfile | ScheduleProfile, source: Source) -> Callable[[int, int], Series]:
    """A profile that can be made for any span: `between(first, last)` in seconds since 1970."""
    if isinstance(spec, ConstantProfile):
        return lambda first, last: constant(spec.value, first, last, source.name)
    if isinstance(spec, ScheduleProfile):
        day_of = schedule_days(spec, source.calendar)
    else:
        days = inline_days(spec.days) if spec.days else read_days(source.resolve_path(spec.file or ""), spec.column)
        day_of = pick(days, source.calendar, source.name)
    return lambda first, last: series_of_days(day_of, first, last, source.calendar.zone, source.name)


def _simbench(name: str, source: Source) -> Series:
    if source.simbench is None:
        raise SourceError(source.name, [f"SimBench profile {name!r} needs a SimBench network (grid.simbench)"])
    try:
        values = source.simbench(name)
    except ValueError as error:
        raise SourceError(source.name, [str(error)]) from None
    return simbench_series(values, f"SimBench profile {name}")


def simbench_series(values: FloatArray, name: str) -> Series:
    """SimBench's quarter hours of 2016, (35136,) or (35136, n), as a series."""
    from grids.library.simbench import START, STEP_S  # noqa: PLC0415

    edges = round(START.timestamp()) + STEP_S * np.arange(len(values) + 1, dtype=np.int64)
    return Series.from_epoch(edges, values, name)


def simbench_ends_before(axis: TimeAxis) -> bool:
    """Whether the axis goes beyond SimBench's year."""
    from grids.library.simbench import START, STEP_S, STEPS  # noqa: PLC0415

    return epoch_seconds(axis.utc[-1]) > round(START.timestamp()) + STEP_S * STEPS


def _must_share_shape(specs: Sequence[ProfileSpec], path: str) -> None:
    """Members scale one profile; two profiles would be two series in memory."""
    shaping = set(Shaping.model_fields)
    if len(specs) > 1 and len({spec.model_dump_json(exclude=shaping) for spec in specs}) > 1:
        raise SourceError(path, [f"only {', '.join(Shaping.model_fields)} of a profile may differ between members"])


def _as_many(items: Sequence[T], count: int) -> Sequence[T]:
    return items if len(items) == count else list(items) * count


def _chosen_shaping(spec: Shaping, beside: Shaping | None, path: str) -> Shaping:
    """The one shaping in force; given in two places it is refused rather than multiplied."""
    if beside is None or not beside.shapes:
        return spec
    if spec.shapes:
        raise SourceError(path, ["annual_mwh, peak_kw, scale or noise stand in the profile and beside it; keep one"])
    return beside


def _factor_to_mw(shape: Shape, shaping: Shaping, rated_kw: Rated, path: str) -> FloatArray:
    """(1,) or (units,) what a value of the series is worth in MW."""
    measure, factor = power_unit(shape.unit, path)
    if shaping.annual_mwh is not None:
        factor = _ratio(shaping.annual_mwh, shape.year_energy, "annual_mwh", path)
    elif shaping.peak_kw is not None:
        factor = _ratio(shaping.peak_kw * KW_TO_MW, shape.year_peak, "peak_kw", path)
    elif measure is not Measure.POWER:
        if rated_kw is None:
            raise SourceError(path, [f"a profile in {shape.unit} needs annual_mwh or peak_kw"])
        return np.atleast_1d(shaping.scale * factor * KW_TO_MW * np.asarray(rated_kw, dtype=np.float64))
    return np.array([shaping.scale * factor])


def _ratio(target: float, own: float, key: str, path: str) -> float:
    if own <= 0.0:
        raise SourceError(path, [f"the profile is zero over its year and cannot be scaled to {key}"])
    return target / own


def _first_year(series: Series) -> Series:
    """The first 365 days of a file; `SourceError` if it is shorter."""
    first = int(series.epoch[0])
    if series.duration_s < REFERENCE_DAYS * DAY_S:
        held = f"holds {series.duration_s / DAY_S:.1f} days"
        raise SourceError(series.name, [f"{held}; annual_mwh and peak_kw need {REFERENCE_DAYS}; use scale instead"])
    return series.between(first, first + REFERENCE_DAYS * DAY_S)


def _refuse_negative(series: Series, axis: TimeAxis, path: str) -> None:
    where = np.flatnonzero(series.values < 0.0)
    if len(where):
        said = axis.local(int(series.epoch[where[0]]) - epoch_seconds(axis.utc[0])).isoformat(timespec="minutes")
        raise SourceError(
            path,
            [f"{len(where)} negative values, first at {said}; demand is positive, generation belongs to a device"],
        )
