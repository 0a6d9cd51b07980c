"""What drives a study from outside, computed on the axis before the run: one `DriverSeries` per entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.scenario.keys.devices import needs_weather
from cosim.scenario.keys.loads import NetworkLoads
from cosim.settlement.tariff import TariffArrays, compile_tariff
from cosim.world import MARKET
from grids.arrays import FloatArray
from simulators import ports
from simulators.inputs import DriverSeries
from simulators.models import pv
from simulators.sources.build import build_profile, reactive_mvar, simbench_series
from simulators.sources.calendars import Calendar
from simulators.sources.market import MarketPrices, build_market
from simulators.sources.weather import build_weather

if TYPE_CHECKING:
    from cosim.build.network import Network
    from cosim.build.placement import Placement
    from cosim.scenario.schema import Scenario
    from simulators.axis import TimeAxis
    from simulators.models.contract import DeviceSpec
    from simulators.models.weather import Weather

KW_TO_MW = 1e-3
WEATHER = "weather:site"


@dataclass(frozen=True)
class Outside:
    """Everything profiles are made from."""

    scenario: Scenario
    axis: TimeAxis
    network: Network
    resolve_path: Callable[[str], Path]
    calendars: Mapping[str, Calendar]  # by customer; "" = no opening hours
    weather: Weather | None
    prices: MarketPrices | None
    tariff: TariffArrays | None

    def calendar(self, customer: str | None) -> Calendar:
        """The calendar of a customer, or the plain one."""
        return self.calendars[customer or ""]

    def profile(self, spec: Any, path: str, **options: Any) -> FloatArray:
        """A profile on the axis, MW."""
        return build_profile(spec, self.axis, path=path, resolve_path=self.resolve_path, **options)


def look_outside(scenario: Scenario, axis: TimeAxis, network: Network, resolve_path: Callable[[str], Path]) -> Outside:
    """Weather, calendars, prices and tariff of a study. Weather is read only where something needs it."""
    zone = scenario.time.zone
    calendars = {name: Calendar(spec.calendar, zone) for name, spec in scenario.customers.items()}
    plain = calendars.setdefault("", Calendar(None, zone))
    weather = None
    if scenario.location is not None and any(needs_weather(spec.kind) for spec in scenario.devices.values()):
        weather = build_weather(scenario.weather, axis, scenario.location, resolve_path)
    prices = tariff = None
    if scenario.market is not None:
        prices = build_market(scenario.market, axis, plain, resolve_path)
        if scenario.market.tariff is not None:
            tariff = compile_tariff(scenario.market.tariff, axis, prices.spot, plain, prices.currency)
    return Outside(scenario, axis, network, resolve_path, calendars, weather, prices, tariff)


def drivers(outside: Outside, specs: Mapping[str, DeviceSpec]) -> Iterator[DriverSeries]:
    """The series of every load, device, the market and the weather."""
    for placement in outside.network.loads:
        yield _load(outside, placement)
    for placement in outside.network.devices:
        series = dict(_device(outside, placement, specs[placement.name]))
        if series:
            yield DriverSeries(f"device:{placement.name}", series)
    if outside.tariff is not None:
        yield DriverSeries(
            MARKET,
            {
                ports.ENERGY_PRICE: _column(outside.tariff.energy_price),
                ports.DEMAND_CHARGE: _column(outside.tariff.demand_charge),
            },
        )
    if outside.weather is not None:
        weather = outside.weather
        yield DriverSeries(WEATHER, {ports.AIR: _column(weather.air_degc), ports.GHI: _column(weather.ghi_w_m2)})


def _load(outside: Outside, placement: Placement) -> DriverSeries:
    spec = outside.scenario.loads[placement.name]
    if isinstance(spec, NetworkLoads):
        p, q = _network_loads(outside, placement)
    else:
        p = outside.profile(
            spec.profile,
            f"loads.{placement.name}.profile",
            calendar=outside.calendar(spec.calendar),
            units=placement.units,
            shaping=spec,
            simbench=outside.network.profiles.demand_pu if outside.network.profiles else None,
        )
        q = reactive_mvar(p, spec.power_factor)
    return DriverSeries(f"load:{placement.name}", {ports.P_LOAD: p, ports.Q_LOAD: q})


def _network_loads(outside: Outside, placement: Placement) -> tuple[FloatArray, FloatArray]:
    elements, profiles = placement.elements, outside.network.profiles
    if profiles is None:
        steps = (outside.axis.steps, 1)  # a snapshot network: its values hold all the time
        return (
            np.tile([element.p_mw for element in elements], steps),
            np.tile([element.q_mvar for element in elements], steps),
        )
    p, q = (simbench_series(values, "SimBench loads").mean_on(outside.axis) for values in profiles.loads(elements))
    return p, q


def _device(outside: Outside, placement: Placement, spec: DeviceSpec) -> Iterator[tuple[str, FloatArray]]:
    entry: Any = outside.scenario.devices[placement.name]
    path = f"devices.{placement.name}"
    if ports.P_AVAILABLE in spec.drivers:
        yield ports.P_AVAILABLE, _available(outside, placement, entry, path)
    if ports.HEAT_DEMAND in spec.drivers:
        calendar = outside.calendar(entry.calendar)
        yield ports.HEAT_DEMAND, outside.profile(entry.heat_demand, f"{path}.heat_demand", calendar=calendar)
        yield ports.HEAT_ENABLED, _column(calendar.heat_enabled(outside.axis).astype(np.float64))
    fuel = getattr(entry, "fuel", None)
    if fuel is not None and outside.prices is not None and fuel in outside.prices.fuel_per_kwh:
        yield ports.FUEL_PRICE, _column(outside.prices.fuel_per_kwh[fuel])


def _available(outside: Outside, placement: Placement, entry: Any, path: str) -> FloatArray:
    """(K, units) MW a source could give."""
    if needs_weather(entry.kind):
        if outside.weather is None:
            raise ValueError(f"{path}: PV needs a location")
        return np.repeat(_column(pv.available_mw(entry, outside.weather)), placement.units, axis=1)
    profiles = outside.network.profiles
    if placement.elements:
        if profiles is None:
            return np.tile([element.p_mw for element in placement.elements], (outside.axis.steps, 1))
        return simbench_series(profiles.generators(placement.elements), "SimBench generators").mean_on(outside.axis)
    return outside.profile(
        entry.profile,
        f"{path}.profile",
        calendar=outside.calendar(None),
        units=placement.units,
        rated_kw=entry.power_kw,
        signed=True,
        simbench=profiles.generation_pu if profiles else None,
    )


def _column(values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(values[:, np.newaxis], dtype=np.float64)
