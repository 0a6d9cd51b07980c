"""The prices of a tariff over the intervals of a meter, from the same compiled arrays an EMS plans by."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from cosim.errors import UsageError
from cosim.settlement.blocks import Blocks
from cosim.settlement.meter import Meter, Month
from cosim.settlement.money import rate
from cosim.settlement.pricing import PRICE_DIGITS, BlockPricing, IntervalPricing, Pricing
from cosim.settlement.tariff import TariffArrays, TariffSpec, compile_tariff, prices_change, without_blocks
from cosim.settlement.tariff_file import TariffFile
from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar


def pricing(meter: Meter, tariff: TariffFile, spot: FloatArray | None = None) -> Pricing:
    """The energy prices of a tariff for every month of a meter; `spot` (K,) per kWh, for a spot-indexed one.

    Raises:
        UsageError: the meter's zone is not the tariff's, an interval crosses the end of a month or an hour at which
            its price changes, a month has no rates, blocks and other prices mix, or what comes on top of blocks
            changes within a month.
        SourceError: a dated price or the spot price is missing.
    """
    must_share_zone(meter.zone, tariff)
    must_keep_months(meter)
    energies = {month: tariff.at(month.first_day).energy for month in meter.months}
    blocks = {month: energy for month, energy in energies.items() if isinstance(energy, Blocks)}
    if not blocks:
        return IntervalPricing(meter, interval_prices(meter, tariff, spot), tariff.rounding)
    if len(blocks) < len(energies):
        raise UsageError(f"tariff {tariff.name} changes between blocks and other prices: settle each time by itself")
    extra = {month: extra_per_kwh(meter, month, tariff) for month in meter.months}
    return BlockPricing(blocks, {reading.month: reading for reading in meter.readings()}, tariff.rounding, extra)


def must_share_zone(zone: ZoneInfo, tariff: TariffFile) -> None:
    """UsageError if a meter is read in another zone than the tariff is meant in."""
    if zone.key != tariff.timezone:
        raise UsageError(
            f"tariff {tariff.name} is meant in {tariff.timezone}, the meter is read in {zone.key}: "
            f"give --timezone {tariff.timezone}, or another tariff"
        )


def must_keep_months(meter: Meter) -> None:
    """UsageError if an interval belongs to two months."""
    if len(meter.crossing):
        raise UsageError(
            f"the reading from {meter.told(int(meter.crossing[0]))} belongs to two months: a bill is for a calendar "
            "month, so a reading must end with it"
        )


def interval_prices(meter: Meter, tariff: TariffFile, spot: FloatArray | None = None) -> FloatArray:
    """(K,) price per kWh of each interval: the rates in force on the first day of its month; errors as in `pricing`."""
    prices = [_of_month(meter, month, tariff, spot) for month in meter.months]
    return np.concatenate(prices)


def extra_per_kwh(meter: Meter, month: Month, tariff: TariffFile) -> Decimal:
    """Fuel adjustment and levy on every kWh of a month, beside blocks; UsageError if they change within it."""
    rates, axis = without_blocks(tariff.at(month.first_day)), axis_of(meter, meter.of_month(month))
    arrays = _compiled(meter, month, rates, None, tariff.currency)
    prices = np.unique(np.round(arrays.fuel_adjustment + arrays.levy, PRICE_DIGITS))
    if len(prices) > 1 or prices_change(rates, axis, Calendar(None, meter.zone)).any():
        raise UsageError(
            f"tariff {tariff.name}: fuel adjustment or levy changes within {month}; blocks are read once a month, "
            "so it may change on the first of a month only"
        )
    return rate(float(prices[0]))


def _of_month(meter: Meter, month: Month, tariff: TariffFile, spot: FloatArray | None) -> FloatArray:
    inside, rates = meter.of_month(month), tariff.at(month.first_day)
    several = np.flatnonzero(prices_change(rates, axis_of(meter, inside), Calendar(None, meter.zone)))
    if len(several):
        raise UsageError(
            f"the price of tariff {tariff.name} changes within the reading from "
            f"{meter.told(inside.start + int(several[0]))}: nobody can tell how much was used at which price; it needs "
            "readings by the hour or half hour"
        )
    own_spot = None if spot is None else spot[inside]
    return _compiled(meter, month, rates, own_spot, tariff.currency).energy_price


def _compiled(meter: Meter, month: Month, rates: TariffSpec, spot: FloatArray | None, currency: str) -> TariffArrays:
    axis, calendar = axis_of(meter, meter.of_month(month)), Calendar(None, meter.zone)
    return compile_tariff(rates, axis, spot, calendar, currency)


def axis_of(meter: Meter, inside: slice) -> TimeAxis:
    """The intervals as a time axis."""
    edges = meter.edges_s[inside.start : inside.stop + 1]
    start = datetime.fromtimestamp(int(edges[0]), UTC).astimezone(meter.zone)
    return TimeAxis(np.asarray(edges - edges[0], dtype=np.int64), start)
