"""The prices of a tariff over the intervals of a meter, from the same compiled arrays an EMS plans by."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np

from cosim.errors import UsageError
from cosim.settlement.blocks import Blocks
from cosim.settlement.meter import Meter, Month
from cosim.settlement.pricing import BlockPricing, IntervalPricing, Pricing
from cosim.settlement.tariff import compile_tariff
from cosim.settlement.tariff_file import TariffFile
from grids.arrays import FloatArray
from simulators.axis import TimeAxis
from simulators.sources.calendars import Calendar


def pricing(meter: Meter, tariff: TariffFile) -> Pricing:
    """The energy prices of a tariff for every month of a meter.

    Raises:
        UsageError: the meter's zone is not the tariff's, a month has no rates, or blocks and other prices mix.
    """
    if meter.zone.key != tariff.timezone:
        raise UsageError(
            f"tariff {tariff.name} is meant in {tariff.timezone}, the meter is read in {meter.zone.key}: "
            f"give --timezone {tariff.timezone}, or another tariff"
        )
    energies = {month: tariff.at(date(month.year, month.month, 1)).energy for month in meter.months}
    blocks = {month: energy for month, energy in energies.items() if isinstance(energy, Blocks)}
    if not blocks:
        return IntervalPricing(meter, interval_prices(meter, tariff), tariff.rounding)
    if len(blocks) < len(energies):
        raise UsageError(f"tariff {tariff.name} changes between blocks and other prices: settle each time by itself")
    return BlockPricing(blocks, {reading.month: reading for reading in meter.readings()}, tariff.rounding)


def interval_prices(meter: Meter, tariff: TariffFile, spot: FloatArray | None = None) -> FloatArray:
    """(K,) price per kWh of each interval: the rates in force on the first day of its month."""
    prices = [_of_month(meter, month, tariff, spot) for month in meter.months]
    return np.concatenate(prices)


def _of_month(meter: Meter, month: Month, tariff: TariffFile, spot: FloatArray | None) -> FloatArray:
    inside = meter.of_month(month)
    rates = tariff.at(date(month.year, month.month, 1))
    axis = axis_of(meter, inside)
    own_spot = None if spot is None else spot[inside]
    return compile_tariff(rates, axis, own_spot, Calendar(None, meter.zone), tariff.currency).energy_price


def axis_of(meter: Meter, inside: slice) -> TimeAxis:
    """The intervals as a time axis."""
    edges = meter.edges_s[inside.start : inside.stop + 1]
    start = datetime.fromtimestamp(int(edges[0]), UTC).astimezone(meter.zone)
    return TimeAxis(np.asarray(edges - edges[0], dtype=np.int64), start)
