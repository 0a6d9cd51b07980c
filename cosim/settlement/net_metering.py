"""Korean net metering as document 2 proposes it: metering, credit of self-generation, treatment of surplus.

Formulas: facts.md 7.1. Energies and money are exact decimals; amounts are rounded once, as the tariff says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cosim.settlement.meter import Month, Reading
from cosim.settlement.money import ZERO
from cosim.settlement.pricing import Pricing
from cosim.settlement.terms import Credit, Method, NetMeteringTerms, Surplus


@dataclass(frozen=True, slots=True)
class MonthBill:
    """One billing period. Amounts in the tariff's currency; `credit` and `payment` reduce what is due."""

    month: Month
    use_kwh: Decimal
    generation_kwh: Decimal
    carried_in_kwh: Decimal  # surplus of earlier periods that counts as generation here
    credited_kwh: Decimal  # generation set against the use
    bought_kwh: Decimal  # surplus paid for
    forfeited_kwh: Decimal
    carried_out_kwh: Decimal
    charge_before: Decimal  # T(U): what the use would cost without own generation
    credit: Decimal  # V: what own generation takes off
    charge_after: Decimal  # due for energy, before any payment for surplus
    payment: Decimal  # for bought surplus


def settle_months(readings: Sequence[Reading], pricing: Pricing, terms: NetMeteringTerms) -> tuple[MonthBill, ...]:
    """The bills of consecutive months; every kWh of generation is credited, bought, forfeited or carried over.

    Raises:
        ValueError: surplus is to be bought and nobody said at which price.
    """
    bills: list[MonthBill] = []
    carried = ZERO
    for position, reading in enumerate(readings):
        final = position == len(readings) - 1 or (position + 1) % terms.cycle_months == 0
        bill = _bill(reading, carried, pricing, terms, final=final)
        carried = bill.carried_out_kwh
        bills.append(bill)
    return tuple(bills)


def _bill(reading: Reading, carried: Decimal, pricing: Pricing, terms: NetMeteringTerms, *, final: bool) -> MonthBill:
    before = pricing.charge(reading.month)
    if terms.method is Method.NET_PURCHASE_AND_SALE:
        own, surplus = reading.generation_kwh - reading.sale_kwh, reading.sale_kwh
        after, carried_in = pricing.charge_of_purchase(reading.month), ZERO
    else:
        available = reading.generation_kwh + carried
        own, surplus, carried_in = min(available, reading.use_kwh), max(available - reading.use_kwh, ZERO), carried
        after = before - pricing.credit(reading.month, own, representative=terms.credit is Credit.REPRESENTATIVE)
    bought, forfeited, out = _surplus(surplus, terms, final=final)
    return MonthBill(
        month=reading.month,
        use_kwh=reading.use_kwh,
        generation_kwh=reading.generation_kwh,
        carried_in_kwh=carried_in,
        credited_kwh=own,
        bought_kwh=bought,
        forfeited_kwh=forfeited,
        carried_out_kwh=out,
        charge_before=(told := pricing.rounding.apply(before)),
        credit=told - (due := pricing.rounding.apply(after)),  # so that the bill adds up to the unit of account
        charge_after=due,
        payment=pricing.rounding.apply(_payment(bought, terms)),
    )


def _surplus(surplus: Decimal, terms: NetMeteringTerms, *, final: bool) -> tuple[Decimal, Decimal, Decimal]:
    """(bought, forfeited, carried over); intervals metered apart have nothing to roll."""
    rolls = terms.method is Method.NET_METERING
    if terms.surplus is Surplus.FORFEIT:
        return ZERO, surplus, ZERO
    if terms.surplus is Surplus.ROLL and rolls:
        return ZERO, ZERO, surplus
    if terms.surplus is Surplus.STEP and rolls and not final:
        return ZERO, ZERO, surplus
    return surplus, ZERO, ZERO


def _payment(bought_kwh: Decimal, terms: NetMeteringTerms) -> Decimal:
    if bought_kwh and terms.purchase_per_kwh is None:
        raise ValueError("surplus is bought, but no price is known: name one, or choose another treatment of surplus")
    return bought_kwh * (terms.purchase_per_kwh or ZERO)


def totals(bills: Iterable[MonthBill]) -> dict[str, Decimal]:
    """Sums over the periods, by name of the field."""
    names = ("use_kwh", "generation_kwh", "credited_kwh", "bought_kwh", "forfeited_kwh", "charge_before", "credit")
    kept = list(bills)
    return {name: sum((getattr(bill, name) for bill in kept), ZERO) for name in (*names, "charge_after", "payment")}
