"""The monthly bill of a Japanese metering point, from half hours of import, line by line to the yen.

`base x kW x (185 - PF)/100 + energy + fuel adjustment + levy + tax` (facts.md 6.1 [U]). Prices are those of
`compile_tariff`, the same arrays an EMS plans by. Rounding [U]: lines to 0.01 yen, levy and tax cut to whole yen, the
total cut as the tariff says; what the cut takes away is a line of its own, so that the lines add up to the total.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from cosim.settlement.blocks import Blocks, block_parts
from cosim.settlement.japan_contract import Contract, Demand, demand_of, power_factor_percent
from cosim.settlement.japan_meter import HalfHours, by_price, total_kwh
from cosim.settlement.japan_tables import renewable_levy
from cosim.settlement.meter import Month
from cosim.settlement.money import ZERO, Rounding, RoundingMode, rate
from cosim.settlement.tariff import (
    EnergyCharge,
    FlatRate,
    SpotIndexed,
    TariffArrays,
    TariffSpec,
    TimeOfUse,
    compile_tariff,
    without_blocks,
)
from cosim.settlement.tariff_file import TariffFile
from grids.arrays import FloatArray
from simulators.sources.calendars import Calendar

RETAIL = frozenset({"base", "energy", "fuel_adjustment", "levy"})  # what a retailer's customer pays
LINE = Rounding(digits=2, mode=RoundingMode.HALF_UP)
WHOLE_YEN = Rounding(digits=0, mode=RoundingMode.DOWN)
HUNDRED = Decimal(100)
ROUNDING_MARK = "assumed: rounding of bills [U]"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill.

    `charge` is `base`, `energy`, `fuel_adjustment`, `levy`, `tax` or `rounding`; `price` is None where it changes from
    half hour to half hour; `certainty` is the mark of its price, `note` what the amount holds beside quantity x price.
    """

    charge: str
    label: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    amount: Decimal
    certainty: str = ""
    note: str = ""


@dataclass(frozen=True)
class JapanBill:
    """A month of one metering point; the amounts of `lines` add up to `total` exactly."""

    month: Month
    lines: tuple[Line, ...]
    total: Decimal
    import_kwh: Decimal
    contract_kw: Decimal
    peak_kw: Decimal
    power_factor_percent: int | None
    currency: str
    source: str
    notes: tuple[str, ...]

    def amount(self, *charges: str) -> Decimal:
        """Sum of the lines of some charges."""
        return sum((line.amount for line in self.lines if line.charge in charges), ZERO)

    def as_dict(self) -> dict[str, Any]:
        """Plain data; numbers as exact text."""
        return {
            "month": str(self.month),
            "currency": self.currency,
            "source": self.source,
            "total": str(self.total),
            "import_kwh": str(self.import_kwh),
            "contract_kw": str(self.contract_kw),
            "peak_kw": str(self.peak_kw),
            "power_factor_percent": self.power_factor_percent,
            "lines": [
                {
                    "charge": line.charge,
                    "label": line.label,
                    "quantity": str(line.quantity),
                    "unit": line.unit,
                    "price": None if line.price is None else str(line.price),
                    "amount": str(line.amount),
                    "certainty": line.certainty,
                    "note": line.note,
                }
                for line in self.lines
            ],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Terms:
    """What the lines of one month are made from."""

    rates: TariffSpec
    arrays: TariffArrays
    energy_kwh: FloatArray  # (K,) of the month
    demand: Demand
    power_factor: int | None
    share: Decimal  # of the month that is metered


def japan_bills(
    meter: HalfHours,
    tariff: TariffFile,
    contract: Contract | None = None,
    *,
    applies: frozenset[str] = RETAIL,
    spot: FloatArray | None = None,
) -> tuple[JapanBill, ...]:
    """One bill for every month a metering point touches.

    Args:
        meter: its half hours.
        tariff: the rates; those in force on the first day of a month hold all month.
        contract: contract power and power factor; left out = measured.
        applies: which of `base`, `energy`, `fuel_adjustment`, `levy` are charged (the supply form says).
        spot: (K,) spot price per kWh of each half hour, for a spot-indexed tariff.

    Raises:
        ValueError: the zones differ, or a power factor is needed and unknown.
        UsageError: the tariff has no rates for a month.
        SourceError: a dated price or the spot price is missing.
    """
    if meter.zone.key != tariff.timezone:
        raise ValueError(f"tariff {tariff.name} is meant in {tariff.timezone}, the meter reads {meter.zone.key}")
    if spot is not None and len(spot) != len(meter.import_kwh):
        raise ValueError(f"{len(spot)} spot prices for {len(meter.import_kwh)} half hours")
    known = Contract() if contract is None else contract
    return tuple(_bill(meter, month, tariff, known, applies, spot) for month in meter.months)


def month_rates(
    meter: HalfHours, month: Month, tariff: TariffFile, spot: FloatArray | None
) -> tuple[TariffSpec, TariffArrays]:
    """The rates in force on the first of a month, and what they compile to on its half hours; blocks to nothing."""
    rates = tariff.at(month.first_day)
    inside = meter.of_month(month)
    own_spot = None if spot is None else spot[inside]
    calendar = Calendar(None, meter.zone)
    return rates, compile_tariff(without_blocks(rates), meter.axis(inside), own_spot, calendar, tariff.currency)


def _bill(
    meter: HalfHours,
    month: Month,
    tariff: TariffFile,
    contract: Contract,
    applies: frozenset[str],
    spot: FloatArray | None,
) -> JapanBill:
    rates, arrays = month_rates(meter, month, tariff, spot)
    _must_be_agreed(rates, arrays, contract, applies)
    clause = rates.power_factor if "base" in applies else None
    metered, whole = meter.covered(month)
    terms = _Terms(
        rates=rates,
        arrays=arrays,
        energy_kwh=meter.import_kwh[meter.of_month(month)],
        demand=demand_of(meter, month, contract, rates.demand_months),
        power_factor=None if clause is None else power_factor_percent(meter, month, contract, clause),
        share=Decimal(metered) / Decimal(whole),
    )
    lines = [line for line in _charges(terms, month) if line.charge in applies]
    lines += _tax(lines, terms)
    exact = sum((line.amount for line in lines), ZERO)
    total = tariff.rounding.apply(exact)
    if total != exact:
        lines.append(Line("rounding", "rounding (端数処理)", Decimal(1), "", None, total - exact, ROUNDING_MARK))
    by_blocks = "energy" in applies and isinstance(rates.energy, Blocks)
    blocks = ", blocks those of a whole month [A]" if by_blocks else ""
    part = f"covers {metered} of {whole} half hours: base charge by that share [U]{blocks}"
    return JapanBill(
        month=month,
        lines=tuple(replace(line, certainty=line.certainty or tariff.certainty) for line in lines),
        total=total,
        import_kwh=total_kwh(terms.energy_kwh),
        contract_kw=terms.demand.kw,
        peak_kw=terms.demand.peak_kw,
        power_factor_percent=terms.power_factor,
        currency=tariff.currency,
        source=tariff.source,
        notes=(*terms.demand.notes, *(() if metered == whole else (part,))),
    )


def _must_be_agreed(rates: TariffSpec, arrays: TariffArrays, contract: Contract, applies: frozenset[str]) -> None:
    """What is charged by kVA of a contract cannot be measured."""
    charged = "base" in applies and bool(arrays.demand_charge.any())
    if charged and rates.demand_unit == "kVA" and contract.agreed_kw is None:
        raise ValueError(
            "its base charge is per kVA of the contract, which no meter shows: give contract_kw (--contract-kw)"
        )


def _charges(terms: _Terms, month: Month) -> Iterator[Line]:
    yield from _base(terms)
    yield from _energy(terms)
    arrays, used = terms.arrays, terms.energy_kwh
    if arrays.fuel_adjustment.any():
        yield from _by_price("fuel_adjustment", "fuel adjustment (燃料費調整)", used, arrays.fuel_adjustment)
    if arrays.levy.any():
        row = renewable_levy().at(month.first_day) if terms.rates.levy_per_kwh == "japan" else None
        mark = "" if row is None else row.certainty
        for line in _by_price("levy", "renewable levy (再エネ賦課金)", used, arrays.levy):
            yield replace(line, amount=WHOLE_YEN.apply(line.amount), certainty=mark)


def _base(terms: _Terms) -> Iterator[Line]:
    """Price x kW, for the share of the month that is metered; a price that changes within it by half hours."""
    price = _mean(terms.arrays.demand_charge)
    if not price:
        return
    factor, notes = Decimal(1), []
    if terms.rates.power_factor is not None and terms.power_factor is not None:
        factor = Decimal(100 + terms.rates.power_factor.neutral_percent - terms.power_factor) / HUNDRED
        notes.append(f"x {factor} for a power factor of {terms.power_factor} %")
    if terms.share != 1:
        notes.append(f"{100 * terms.share:.1f} % of the month")
    amount = LINE.apply(price * terms.demand.kw * factor * terms.share)
    counted = terms.demand.kw, terms.rates.demand_unit, price, amount
    yield Line("base", "base charge (基本料金)", *counted, note=", ".join(notes))


def _energy(terms: _Terms) -> Iterator[Line]:
    charge, used = terms.rates.energy, terms.energy_kwh
    if isinstance(charge, Blocks):
        for at, (energy, price) in enumerate(block_parts(charge, total_kwh(used)), start=1):
            yield Line("energy", f"energy, block {at}", energy, "kWh", price, LINE.apply(energy * price))
        return
    if isinstance(charge, SpotIndexed):
        bought = sum((energy * price for price, energy in by_price(used, terms.arrays.energy_charge)), ZERO)
        yield Line("energy", "energy, spot-indexed", total_kwh(used), "kWh", None, LINE.apply(bought))
        return
    names = _names(charge)
    for line in _by_price("energy", "energy", used, terms.arrays.energy_charge):
        name = names.get(line.price or ZERO)
        yield line if name is None else replace(line, label=f"energy, {name}")


def _by_price(charge: str, label: str, used: FloatArray, price: FloatArray) -> Iterator[Line]:
    for one, energy in by_price(used, price):
        if energy:
            yield Line(charge, label, energy, "kWh", one, LINE.apply(energy * one))


def _names(charge: EnergyCharge) -> dict[Decimal, str]:
    """Price -> what the rates with that price are called."""
    if not isinstance(charge, TimeOfUse):
        return {rate(charge.per_kwh): "one price"} if isinstance(charge, FlatRate) else {}
    named: dict[Decimal, dict[str, None]] = {}
    for row in charge.rates:
        if row.name:
            named.setdefault(rate(row.per_kwh), {})[row.name] = None
    found = {price: ", ".join(names) for price, names in named.items()}
    return {rate(charge.otherwise_per_kwh): "other hours", **found}


def _tax(lines: list[Line], terms: _Terms) -> list[Line]:
    """Tax on top of what does not hold it yet, by the rate of the first half hour."""
    percent = rate(float(terms.arrays.tax_percent[0]))
    taxed = sum((x.amount for x in lines if x.charge != "levy" or not terms.rates.levy_includes_tax), ZERO)
    amount = WHOLE_YEN.apply(taxed * percent / HUNDRED)
    label = f"consumption tax {percent.normalize():f} % (消費税)"
    return [Line("tax", label, taxed, "", percent, amount)] if percent else []


def _mean(price: FloatArray) -> Decimal:
    prices, counts = np.unique(price, return_counts=True)
    total = sum((rate(one) * count for one, count in zip(prices.tolist(), counts.tolist(), strict=True)), ZERO)
    return total / len(price)
