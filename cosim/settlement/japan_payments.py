"""Who pays whom: payments between the parties of a supply arrangement; over all parties they sum to zero."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cosim.settlement.japan_bill import JapanBill
from cosim.settlement.money import ZERO


class Account(StrEnum):
    """Whose money it is."""

    CUSTOMERS = "customers"
    OPERATOR = "microgrid_operator"  # of a specified transmission area also the owner of its wires
    RETAILER = "retailer"
    UTILITY = "utility"
    LICENSEE = "licensee"
    MARKET = "market"  # everybody who sells to or buys from outside
    LEVY_FUND = "levy_fund"  # 費用負担調整機関
    STATE = "state"  # consumption tax


@dataclass(frozen=True, slots=True)
class Payment:
    """An amount that one account pays another; `why` names the rule, `quantity` and `unit` what it was counted on."""

    charge: str
    payer: Account
    payee: Account
    subject: str
    quantity: Decimal
    unit: str
    amount: Decimal
    why: str
    certainty: str


def balances(payments: Iterable[Payment]) -> dict[Account, Decimal]:
    """What every account received less what it paid; the sum over all is exactly zero."""
    found: dict[Account, Decimal] = defaultdict(Decimal)
    for payment in payments:
        found[payment.payee] += payment.amount
        found[payment.payer] -= payment.amount
    return dict(found)


def amount_of(payments: Iterable[Payment], charge: str) -> Decimal:
    """Sum of the payments of a charge."""
    return sum((payment.amount for payment in payments if payment.charge == charge), ZERO)


def charged(bills: Iterable[JapanBill], charge: str) -> tuple[Decimal, str, Decimal]:
    """(quantity, unit, amount) of a charge over months; kW or kVA are the highest month's, energies add up."""
    lines = [line for bill in bills for line in bill.lines if line.charge == charge]
    amount = sum((line.amount for line in lines), ZERO)
    powers = [line.quantity for line in lines if line.unit in {"kW", "kVA"}]
    if powers and len(powers) == len(lines):
        return max(powers), lines[0].unit, amount
    return sum((line.quantity for line in lines if line.unit == "kWh"), ZERO), "kWh", amount
