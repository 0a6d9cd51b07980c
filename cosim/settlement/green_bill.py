"""The bill of a participant of a green tariff: base charge, green energy at the contract price, the rest as ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from cosim.errors import UsageError
from cosim.settlement.blocks import Blocks, block_charge
from cosim.settlement.meter import Meter, Month, Reading
from cosim.settlement.metered_prices import axis_of, extra_per_kwh, pricing
from cosim.settlement.money import Rounding, rate
from cosim.settlement.pricing import Pricing
from cosim.settlement.tariff import TariffArrays, TariffSpec, compile_tariff, without_blocks
from cosim.settlement.tariff_file import TariffFile
from simulators.sources.calendars import Calendar


@dataclass(frozen=True)
class Account:
    """An ordinary supply contract: the meter, its tariff and the contract power the base charge is for.

    The use is what is drawn interval by interval; own generation behind the meter lowers it.
    """

    meter: Meter
    tariff: TariffFile
    contract_kw: Decimal

    @cached_property
    def readings(self) -> Mapping[Month, Reading]:
        """Registers by month."""
        return {reading.month: reading for reading in self.meter.readings()}

    @cached_property
    def _pricing(self) -> Pricing:
        return pricing(self.meter, self.tariff)

    def use_kwh(self, month: Month) -> Decimal:
        """U: metered use of a month."""
        return self.readings[month].purchase_kwh

    def base_charge(self, month: Month) -> Decimal:
        """Base charge (기본요금), not rounded: the rate on the first of the month x contract power."""
        return rate(float(self._compiled[month].demand_charge[0])) * self.contract_kw

    def energy_charge(self, month: Month, kept_kwh: Decimal) -> Decimal:
        """Ordinary energy charge of `kept_kwh` out of the use, not rounded.

        Blocks start at block 1 with what is kept; with prices by interval every interval keeps the same share [A].

        Raises:
            ValueError: more is kept than was used, or less than nothing.
            UsageError: what comes on top of blocks changes within the month.
        """
        used = self.use_kwh(month)
        if not 0 <= kept_kwh <= used:
            raise ValueError(f"{month}: {kept_kwh} kWh at the ordinary tariff out of a use of {used} kWh")
        energy = self._rates(month).energy
        if isinstance(energy, Blocks):
            return block_charge(energy, kept_kwh) + kept_kwh * extra_per_kwh(self.meter, month, self.tariff)
        whole = self._pricing.charge_of_purchase(month)
        return whole * kept_kwh / used if used else whole

    def _rates(self, month: Month) -> TariffSpec:
        return self.tariff.at(date(month.year, month.month, 1))

    @cached_property
    def _compiled(self) -> Mapping[Month, TariffArrays]:
        """UsageError for a tariff with a tax: document 3 says nothing of it, bills here are before tax."""
        calendar, found = Calendar(None, self.meter.zone), {}
        for month in self.meter.months:
            axis = axis_of(self.meter, self.meter.of_month(month))
            rates = without_blocks(self._rates(month))
            found[month] = compile_tariff(rates, axis, None, calendar, self.tariff.currency)
        if any(arrays.tax_percent.any() for arrays in found.values()):
            raise UsageError(f"tariff {self.tariff.name} puts a tax on top; bills of a green tariff are before tax")
        return found


@dataclass(frozen=True, slots=True)
class GreenBill:
    """What a participant owes for a month. Amounts in whole units of account; `total` is the sum of the three parts."""

    month: Month
    participant: str
    under_contract: bool
    use_kwh: Decimal
    declared_kwh: int
    green_kwh: int  # allotted certificates
    rest_kwh: Decimal  # at the ordinary tariff
    green_per_kwh: Decimal
    base: Decimal
    green: Decimal
    ordinary: Decimal
    total: Decimal
    without: Decimal  # what the same use costs at the ordinary tariff alone


def ordinary_total(account: Account, month: Month, rounding: Rounding) -> Decimal:
    """Base charge and energy of the whole use, each rounded."""
    energy = account.energy_charge(month, account.use_kwh(month))
    return rounding.apply(account.base_charge(month)) + rounding.apply(energy)
