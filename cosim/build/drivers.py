"""What drives a study from outside, made before the run: one `DriverSeries` per entry, for every member."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.build.outside import Outside, located
from cosim.scenario.keys.devices import needs_weather
from cosim.scenario.keys.loads import NetworkLoads, ProfileLoad
from cosim.world import MARKET
from grids.arrays import FloatArray
from simulators import ports
from simulators.inputs import DriverSeries
from simulators.models import pv
from simulators.models.contract import ratings
from simulators.sources.build import reactive_per_active, simbench_series
from simulators.sources.clock import epoch_seconds
from simulators.sources.driven import Driven, noise_of
from simulators.sources.member_series import MemberSeries, stacked
from simulators.sources.profiles import Shaping
from simulators.sources.series import Series

if TYPE_CHECKING:
    from cosim.build.placement import Placement
    from simulators.models.contract import DeviceSpec
    from simulators.models.weather import Weather

WEATHER = "weather:site"


def drivers(outside: Outside, specs: Mapping[str, DeviceSpec]) -> Iterator[DriverSeries]:
    """The series of every load, device, the market and the weather.

    Raises:
        InputError: a profile is shorter than what is read of it, or does not fit into memory; at its place in the file.
    """
    for placement in outside.network.loads:
        with located(outside.loaded, ("loads", placement.name)):
            load = _load(outside, placement)
        yield load
    for placement in outside.network.devices:
        with located(outside.loaded, ("devices", placement.name)):
            series = dict(_device(outside, placement, specs[placement.name]))
        if series:
            yield DriverSeries(f"device:{placement.name}", series)
    prices = outside.prices
    if prices is not None and prices.energy is not None and prices.demand is not None:
        yield DriverSeries(MARKET, {ports.ENERGY_PRICE: prices.energy, ports.DEMAND_CHARGE: prices.demand})
    if outside.weather:
        with located(outside.loaded, ("weather",)):
            weather = _weather(outside)
        yield weather


def _load(outside: Outside, placement: Placement) -> DriverSeries:
    route = ("loads", placement.name)
    entries: Sequence[Any] = outside.draws.specs(route, outside.scenario.loads[placement.name])
    both = _network_load(outside, placement, entries) if isinstance(entries[0], NetworkLoads) else None
    p, q = both or _profile_load(outside, placement, entries)
    return DriverSeries(f"load:{placement.name}", {ports.P_LOAD: p, ports.Q_LOAD: q})


def _profile_load(
    outside: Outside, placement: Placement, entries: Sequence[ProfileLoad]
) -> tuple[MemberSeries, MemberSeries]:
    profiles = outside.network.profiles
    driven = outside.profile(
        [entry.profile for entry in entries],
        ("loads", placement.name, "profile"),
        calendar=outside.calendar(entries[0].calendar),
        units=placement.units,
        shaping=entries,
        simbench=profiles.demand_pu if profiles else None,
    )
    return driven.port(), driven.port(np.array([[reactive_per_active(entry.power_factor)] for entry in entries]))


def _network_load(
    outside: Outside, placement: Placement, entries: Sequence[NetworkLoads]
) -> tuple[MemberSeries, MemberSeries]:
    """Every load of the network, each with its own noise."""
    if entries[0].profile is not None:
        return _shaped_load(outside, placement, entries)
    profiles = outside.network.profiles
    if profiles is None:
        p, q = (_steady(outside, [getattr(one, key) for one in placement.elements]) for key in ("p_mw", "q_mvar"))
    else:
        p, q = (simbench_series(values, "SimBench loads") for values in profiles.loads(placement.elements))
    path, units = f"loads.{placement.name}", placement.units
    factor = np.array([[entry.scale] for entry in entries])
    noise = noise_of([entry.noise for entry in entries], path, outside.members, units)
    driven = Driven(p, outside.members, path, units, factor, noise, repeats=True)
    return driven.port(), driven.of(q).port()


def _shaped_load(
    outside: Outside, placement: Placement, entries: Sequence[NetworkLoads]
) -> tuple[MemberSeries, MemberSeries]:
    """Loads of the network under one shape, each times its own active and reactive power."""
    profiles, elements = outside.network.profiles, placement.elements
    driven = outside.profile(
        [entry.profile for entry in entries if entry.profile is not None],
        ("loads", placement.name, "profile"),
        calendar=outside.calendar(None),
        units=placement.units,
        shaping=[Shaping(scale=entry.scale, noise=entry.noise) for entry in entries],
        rated_kw=[tuple(1e3 * element.p_mw for element in elements)],
        simbench=profiles.demand_pu if profiles else None,
    )
    ratio = [element.q_mvar / element.p_mw if element.p_mw else 0.0 for element in elements]
    return driven.port(), driven.port(np.array([ratio]))


def _device(outside: Outside, placement: Placement, spec: DeviceSpec) -> Iterator[tuple[str, MemberSeries]]:
    route = ("devices", placement.name)
    entries: Sequence[Any] = outside.draws.specs(route, outside.scenario.devices[placement.name])
    entry = entries[0]
    if ports.P_AVAILABLE in spec.drivers:
        yield ports.P_AVAILABLE, _available(outside, placement, entries)
    if ports.HEAT_DEMAND in spec.drivers:
        calendar = outside.calendar(entry.calendar)
        demands = [one.heat_demand for one in entries]
        yield ports.HEAT_DEMAND, outside.profile(demands, (*route, "heat_demand"), calendar=calendar).port()
        yield ports.HEAT_ENABLED, _shared(outside, calendar.heat_enabled(outside.members.reading))
    fuel = getattr(entry, "fuel", None)
    if fuel is not None and outside.prices is not None and fuel in outside.prices.fuels:
        yield ports.FUEL_PRICE, outside.prices.fuels[fuel]


def _available(outside: Outside, placement: Placement, entries: Sequence[Any]) -> MemberSeries:
    """MW each unit of a source could give."""
    if needs_weather(entries[0].kind):
        return _sunlit(outside, placement, entries)
    profiles = outside.network.profiles
    if placement.elements:
        path, units = f"devices.{placement.name}", placement.units
        if profiles is None:
            series = _steady(outside, [element.p_mw for element in placement.elements])
        else:
            series = simbench_series(profiles.generators(placement.elements), "SimBench generators")
        factor = np.array([[entry.scale] for entry in entries])
        return Driven(series, outside.members, path, units, factor, repeats=True).port()
    return outside.profile(
        [entry.profile for entry in entries],
        ("devices", placement.name, "profile"),
        calendar=outside.calendar(None),
        units=placement.units,
        rated_kw=[entry.power_kw for entry in entries],
        signed=True,
        simbench=profiles.generation_pu if profiles else None,
    ).port()


def _sunlit(outside: Outside, placement: Placement, entries: Sequence[pv.PvParameters]) -> MemberSeries:
    """PV: what an array of 1 kW gives, times its power; whatever else differs makes a profile of its own."""
    if not outside.weather:
        raise ValueError(f"devices.{placement.name}: PV needs a location")
    rows = range(max(len(entries), len(outside.weather)))
    each = [
        (pv.per_kw(_one_array(entries[row % len(entries)])), outside.weather[row % len(outside.weather)])
        for row in rows
    ]
    profiles, which = stacked(
        each,
        lambda pair: pv.available_mw(*pair),
        f"devices.{placement.name}",
        lambda pair: (pair[0].model_dump_json(), id(pair[1])),
    )
    if placement.elements and entries[0].power_kw is None:
        rated = 1e3 * np.array([element.p_mw for element in placement.elements])
        factor = np.stack([getattr(entry, "scale", 1.0) * rated for entry in entries])
    else:
        factor = np.stack(
            [getattr(entry, "scale", 1.0) * ratings(entry.power_kw, placement.units, "power_kw") for entry in entries]
        )
    return MemberSeries.of(profiles, outside.members, units=placement.units, which=which, factor=factor)


def _one_array(entry: pv.PvParameters) -> pv.PvParameters:
    """The plant as one array: of different ratings all have the same shape."""
    return entry if isinstance(entry.power_kw, float) else entry.model_copy(update={"power_kw": 1.0})


def _weather(outside: Outside) -> DriverSeries:
    def seen(what: str) -> MemberSeries:
        def of(weather: Weather) -> FloatArray:
            values: FloatArray = getattr(weather, what)
            return values

        profiles, which = stacked(outside.weather, of, "weather")
        return MemberSeries.of(profiles, outside.members, which=which)

    return DriverSeries(WEATHER, {ports.AIR: seen("air_degc"), ports.GHI: seen("ghi_w_m2")})


def _steady(outside: Outside, values: Sequence[float]) -> Series:
    """The values of a snapshot network, which hold all the time."""
    first, last = (epoch_seconds(edge) for edge in outside.members.reading.utc[[0, -1]])
    return Series.from_epoch(np.array([first, last], dtype=np.int64), np.array([values], dtype=np.float64))


def _shared(outside: Outside, values: Any) -> MemberSeries:
    """(L,) values all units and members read."""
    return MemberSeries.of(np.asarray(values, dtype=np.float64)[np.newaxis, :, np.newaxis], outside.members)
