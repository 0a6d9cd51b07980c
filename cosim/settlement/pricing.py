"""What the energy of billing months costs under a tariff, exactly: by blocks, or by the price of each interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Protocol

import numpy as np

from cosim.settlement.blocks import Blocks, block_charge, representative_price, reverse_block_credit
from cosim.settlement.meter import Meter, Month, Reading
from cosim.settlement.money import ZERO, Rounding, kwh, rate
from grids.arrays import FloatArray

PRICE_DIGITS = 6  # of a price put together from several; no tariff prints more


class Pricing(Protocol):
    """A tariff's energy prices over the months of a meter; amounts not rounded."""

    @property
    def rounding(self) -> Rounding:
        """How amounts are rounded."""
        ...

    def charge(self, month: Month) -> Decimal:
        """T(U): the whole use."""
        ...

    def charge_of_purchase(self, month: Month) -> Decimal:
        """What is drawn interval by interval (net purchase and sale)."""
        ...

    def credit(self, month: Month, own_kwh: Decimal, *, representative: bool) -> Decimal:
        """What `own_kwh` of generation take off the use."""
        ...


@dataclass(frozen=True)
class BlockPricing:
    """A progressive tariff."""

    blocks: Mapping[Month, Blocks]  # in force at the beginning of each month
    readings: Mapping[Month, Reading]
    rounding: Rounding
    extra_per_kwh: Mapping[Month, Decimal] = field(default_factory=dict)  # fuel adjustment and levy, on every kWh

    def charge(self, month: Month) -> Decimal:
        """T(U)."""
        return self._charge(month, self.readings[month].use_kwh)

    def charge_of_purchase(self, month: Month) -> Decimal:
        """T of the purchase."""
        return self._charge(month, self.readings[month].purchase_kwh)

    def credit(self, month: Month, own_kwh: Decimal, *, representative: bool) -> Decimal:
        """V2 = own x representative price, or V1 from the top block down."""
        extra = own_kwh * self.extra_per_kwh.get(month, ZERO)
        if representative:
            return own_kwh * representative_price(self.blocks[month]) + extra
        return reverse_block_credit(self.blocks[month], self.readings[month].use_kwh, own_kwh) + extra

    def _charge(self, month: Month, energy_kwh: Decimal) -> Decimal:
        return block_charge(self.blocks[month], energy_kwh) + energy_kwh * self.extra_per_kwh.get(month, ZERO)


@dataclass(frozen=True)
class IntervalPricing:
    """A tariff with a price for every interval: flat, by season, by season and time of use, indexed to the market."""

    meter: Meter
    price_per_kwh: FloatArray  # (K,)
    rounding: Rounding
    representative: Decimal | None = None

    @cached_property
    def _load(self) -> Mapping[Month, Decimal]:
        return self._costs(self.meter.load_kwh)

    @cached_property
    def _purchase(self) -> Mapping[Month, Decimal]:
        return self._costs(np.maximum(self.meter.load_kwh - self.meter.generation_kwh, 0.0))

    @cached_property
    def _generation(self) -> Mapping[Month, Decimal]:
        return self._costs(self.meter.generation_kwh)

    @cached_property
    def _readings(self) -> Mapping[Month, Reading]:
        return {reading.month: reading for reading in self.meter.readings()}

    def charge(self, month: Month) -> Decimal:
        """Sum of use x price."""
        return self._load[month]

    def charge_of_purchase(self, month: Month) -> Decimal:
        """Sum of purchase x price."""
        return self._purchase[month]

    def credit(self, month: Month, own_kwh: Decimal, *, representative: bool) -> Decimal:
        """Generation at the price of its own season and time band (document 2, 갑 and 을).

        Generation beyond the use of the period is surplus; all bands share in it alike, and what was carried over
        counts at the mean price of the use [A].

        Raises:
            ValueError: the representative price is asked for and the tariff has none.
        """
        if representative:
            if self.representative is None:
                raise ValueError("the tariff names no representative price")
            return own_kwh * self.representative
        reading = self._readings[month]
        generated = min(own_kwh, reading.generation_kwh)
        carried = own_kwh - generated
        of_generation = self._generation[month] * _share(generated, reading.generation_kwh)
        return of_generation + self._load[month] * _share(carried, reading.use_kwh)

    def _costs(self, energy_kwh: FloatArray) -> Mapping[Month, Decimal]:
        return {month: self._cost(energy_kwh, self.meter.of_month(month)) for month in self.meter.months}

    def _cost(self, energy_kwh: FloatArray, inside: slice) -> Decimal:
        """Energies of equal price are added first, so that the sum is exact whatever the number of intervals."""
        prices, which = np.unique(np.round(self.price_per_kwh[inside], PRICE_DIGITS), return_inverse=True)
        energies = np.bincount(which, weights=energy_kwh[inside], minlength=len(prices))
        pairs = zip(energies.tolist(), prices.tolist(), strict=True)
        return sum((kwh(energy) * rate(price) for energy, price in pairs), ZERO)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else ZERO
