"""Everything a study is driven by from outside: calendars, weather and prices, per member where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.build.prices import Prices, build_prices
from cosim.errors import InputError
from cosim.scenario.keys.devices import needs_weather
from cosim.scenario.tree import Route, dotted
from simulators.sources.build import build_profile
from simulators.sources.calendars import Calendar
from simulators.sources.driven import Driven
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import refuse_size
from simulators.sources.sun import sun_at
from simulators.sources.weather import build_weather, middles

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.ensemble.draws import Draws
    from cosim.scenario.loaded import LoadedScenario
    from cosim.scenario.schema import Scenario
    from simulators.axis import TimeAxis
    from simulators.models.weather import Weather
    from simulators.sources.profiles import ProfileSpec

MEANS = 5  # series of a weather that are its own; the sun is shared


@dataclass(frozen=True)
class Outside:
    """Everything profiles are made from."""

    loaded: LoadedScenario
    draws: Draws
    members: MemberAxis
    network: Network
    calendars: Mapping[str, Calendar]  # by customer; "" = no opening hours
    weather: tuple[Weather, ...]  # of each member, or one for all; none where nothing reads it
    prices: Prices | None

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.loaded.scenario

    def calendar(self, customer: str | None) -> Calendar:
        """The calendar of a customer, or the plain one."""
        return self.calendars[customer or ""]

    def profile(self, specs: Sequence[ProfileSpec], route: Route, **options: Any) -> Driven:
        """A profile, MW."""
        resolve_path = self.loaded.resolve_path
        return build_profile(specs, self.members, path=dotted(route), resolve_path=resolve_path, **options)


@contextmanager
def located(loaded: LoadedScenario, route: Route) -> Iterator[None]:
    """What a source refuses becomes an `InputError` at the place of the route."""
    try:
        yield
    except SourceError as error:
        inside = error.where.startswith(dotted(route))
        path, where = (error.where, "") if inside else (dotted(route), f"{error.where}: ")
        place = loaded.place(route)
        raise InputError(place.problem(path, f"{where}{text}") for text in error.problems) from error


def member_axis(loaded: LoadedScenario, axis: TimeAxis, draws: Draws) -> MemberAxis:
    """Where on the axis each member reads."""
    times = draws.specs(("time",), loaded.scenario.time)
    days = np.broadcast_to([time.offset_days for time in times], draws.count)
    with located(loaded, ("time", "offset_days")):
        return MemberAxis(axis, draws.member, np.asarray(days, dtype=np.int64), draws.seed)


def look_outside(loaded: LoadedScenario, axis: TimeAxis, draws: Draws, network: Network) -> Outside:
    """Weather, calendars and prices of a study. Weather is read only where something needs it."""
    scenario = loaded.scenario
    zone = scenario.time.zone
    members = member_axis(loaded, axis, draws)
    calendars = {name: Calendar(spec.calendar, zone) for name, spec in scenario.customers.items()}
    plain = calendars.setdefault("", Calendar(None, zone))
    weather: tuple[Weather, ...] = ()
    if scenario.location is not None and any(needs_weather(spec.kind) for spec in scenario.devices.values()):
        with located(loaded, ("weather",)):
            weather = _weather(loaded, members, draws)
    with located(loaded, ("market",)):
        prices = build_prices(loaded, draws, members, plain)
    return Outside(loaded, draws, members, network, calendars, weather, prices)


def _weather(loaded: LoadedScenario, members: MemberAxis, draws: Draws) -> tuple[Weather, ...]:
    """Members that share a description share the weather; the sun is the same for all."""
    scenario, axis = loaded.scenario, members.reading
    assert scenario.location is not None  # noqa: S101 - asked before
    sun = sun_at(middles(axis), scenario.location)
    made: dict[int, Weather] = {}
    specs = (None,) if scenario.weather is None else draws.specs(("weather",), scenario.weather)
    distinct = len({id(spec) for spec in specs})
    refuse_size(distinct * MEANS * axis.steps, f"{distinct} members' own weather of {axis.steps} steps", "weather")
    for spec in specs:
        if id(spec) not in made:
            made[id(spec)] = build_weather(spec, axis, scenario.location, loaded.resolve_path, sun)
    return tuple(made[id(spec)] for spec in specs)
