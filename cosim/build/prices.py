"""What electricity and fuel cost each member, on the axis that is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.settlement.tariff import TariffArrays, TariffSpec
from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.tariff_on_axis import compile_any, named_tariff
from grids.arrays import FloatArray, IntArray
from simulators.models.fuels import FuelName
from simulators.sources.build import build_price
from simulators.sources.market import NO_SOURCE, FuelPriceSpec, fuel_price
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import MemberSeries, stacked

if TYPE_CHECKING:
    from cosim.ensemble.draws import Draws
    from cosim.scenario.keys.market import Market
    from cosim.scenario.loaded import LoadedScenario
    from simulators.sources.calendars import Calendar
    from simulators.sources.profiles import ProfileSpec


@dataclass(frozen=True)
class Prices:
    """Prices of a study; every distinct one is a profile of its own."""

    spot: MemberSeries | None  # per kWh at the market
    energy: MemberSeries | None  # per kWh at the meter
    demand: MemberSeries | None  # per kW of the billing period's peak
    fuels: Mapping[FuelName, MemberSeries]  # per kWh of lower heating value
    sources: Mapping[str, str]  # where they come from


@dataclass(frozen=True)
class _Maker:
    """What every price is made with."""

    market: Market
    draws: Draws
    members: MemberAxis
    calendar: Calendar
    common: Mapping[str, Any]

    def fuel(self, fuel: FuelName, spec: FuelPriceSpec) -> MemberSeries:
        """The price of one fuel."""
        specs = self.draws.specs(("market", "fuels", fuel.value), spec)
        profiles, which = stacked(
            specs,
            lambda one: fuel_price(one, fuel, self.members.reading, **self.common),
            f"market.fuels.{fuel.value}",
        )
        return MemberSeries.of(profiles, self.members, which=which)

    def spot(self, spec: ProfileSpec) -> FloatArray:
        """A spot price on the axis."""
        return build_price(spec, self.members.reading, path="market.spot", **self.common)

    def spots(self) -> tuple[FloatArray, IntArray] | None:
        """(U, L, 1) distinct spot prices, and which one each member means; None without a market price."""
        if self.market.spot is None:
            return None
        return stacked(self.draws.specs(("market", "spot"), self.market.spot), self.spot, "market.spot")

    def tariff(
        self, given: TariffSpec | str, market: tuple[FloatArray, IntArray] | None
    ) -> tuple[MemberSeries, MemberSeries]:
        """Energy price and demand charge, each distinct pair of tariff and spot price compiled once."""
        tariffs: tuple[TariffSpec | TariffFile, ...]
        tariffs = (named_tariff(given),) if isinstance(given, str) else self.draws.specs(("market", "tariff"), given)
        spots, spot_of = (None, np.zeros(1, dtype=np.int64)) if market is None else market

        def compiled(pair: tuple[TariffSpec | TariffFile, int]) -> TariffArrays:
            spot = None if spots is None else spots[pair[1], :, 0]
            return compile_any(pair[0], self.members.reading, spot, self.calendar, self.market.currency)

        rows = range(max(len(tariffs), len(spot_of)))
        pairs = [(tariffs[row % len(tariffs)], int(spot_of[row % len(spot_of)])) for row in rows]
        energy, which = stacked(
            pairs, lambda pair: compiled(pair).energy_price, "market.tariff", lambda pair: (id(pair[0]), pair[1])
        )
        charge = compiled(pairs[0]).demand_charge[np.newaxis, :, np.newaxis]  # nothing in it may vary
        return MemberSeries.of(energy, self.members, which=which), MemberSeries.of(charge, self.members)


def build_prices(loaded: LoadedScenario, draws: Draws, members: MemberAxis, calendar: Calendar) -> Prices | None:
    """Prices of every member; None where the scenario has no market.

    Raises:
        SourceError: a wrong unit, currency or file, or more distinct prices than fit into memory.
    """
    market = loaded.scenario.market
    if market is None:
        return None
    common = {"calendar": calendar, "resolve_path": loaded.resolve_path, "currency": market.currency}
    maker = _Maker(market, draws, members, calendar, common)
    fuels = {fuel: maker.fuel(fuel, spec) for fuel, spec in market.fuels.items()}
    sources = {"prices": market.source or NO_SOURCE}
    spots = maker.spots()
    spot = None if spots is None else MemberSeries.of(spots[0], members, which=spots[1])
    if market.tariff is None:
        return Prices(spot, None, None, fuels, sources)
    energy, demand = maker.tariff(market.tariff, spots)
    given = market.tariff
    source = named_tariff(given).source if isinstance(given, str) else given.source or NO_SOURCE
    return Prices(spot, energy, demand, fuels, {**sources, "tariff": source})
