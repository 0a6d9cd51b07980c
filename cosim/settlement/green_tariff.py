"""The green tariff of document 3, month by month: six steps from a plant's meter to a retired certificate.

1 the utility buys what plants up to 1 MW generate; 2 it applies for certificates and 3 a third party issues them, one a
kWh; 4 they are allotted to the participants by declared demand and billed; 5 on payment the title passes; 6 the
participant proves the use and the certificate is retired. Formulas: facts.md 7.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import pairwise

from cosim.settlement.green_bill import Account, GreenBill, ordinary_total
from cosim.settlement.green_certificates import Ledger, State, allot
from cosim.settlement.green_terms import ContractPrice
from cosim.settlement.meter import Month
from cosim.settlement.money import ZERO, Rounding

MOST_KW = 1000  # plants that may sell to the utility outside the market; facts.md 7.3 [S003]
CONTRACT_MONTHS = 12  # facts.md 7.3 [S003]
WHOLE = Decimal(1)


class Retirement(StrEnum):
    """When a participant proves the use with the certificates and has them retired."""

    ON_PAYMENT = "on-payment"
    CONTRACT_END = "contract-end"  # in the last month of the contract, or with a payment after it


@dataclass(frozen=True)
class Plant:
    """A renewable plant under a purchase agreement (PPA) with the utility.

    Raises:
        ValueError: above 1 MW, or a negative reading.
    """

    name: str
    kw: float
    metered_kwh: Mapping[Month, Decimal]
    base_price: Decimal | None = None  # per kWh; plants of the old feed-in law get it instead of the SMP (기준가격)

    def __post_init__(self) -> None:
        if not 0 < self.kw <= MOST_KW:
            raise ValueError(plant_too_large(self.name, self.kw))
        if negative := [str(month) for month, kwh in self.metered_kwh.items() if kwh < 0]:
            raise ValueError(f"plant {self.name} has a negative reading in {', '.join(negative)}")


def plant_too_large(name: str, kw: float) -> str:
    """Why a plant is refused."""
    return f"plant {name} has {kw:g} kW; the utility may buy outside the market from plants up to {MOST_KW:,} kW"


@dataclass(frozen=True)
class Participant:
    """A consumer with green contracts of one year each.

    `paid_in` says in which month a month's bill was paid, None = never; a month that is not in it was paid at once.

    Raises:
        ValueError: contracts overlap, or a bill is paid before its month.
    """

    name: str
    account: Account
    declared_kwh: Mapping[Month, int]
    contracts_from: tuple[Month, ...]
    paid_in: Mapping[Month, Month | None]
    retirement: Retirement = Retirement.ON_PAYMENT

    def __post_init__(self) -> None:
        starts = sorted(self.contracts_from)
        if any(later < months_after(earlier, CONTRACT_MONTHS) for earlier, later in pairwise(starts)):
            raise ValueError(f"{self.name}: a contract runs {CONTRACT_MONTHS} months; the next begins after it")
        if early := [str(month) for month, paid in self.paid_in.items() if paid is not None and paid < month]:
            raise ValueError(f"{self.name}: the bill of {', '.join(early)} cannot be paid before its month")

    def under_contract(self, month: Month) -> bool:
        """Whether a contract runs in a month."""
        return any(start <= month < months_after(start, CONTRACT_MONTHS) for start in self.contracts_from)

    def retires_in(self, month: Month) -> bool:
        """Whether paid certificates are retired in a month; at a contract's end, or after it, in any case."""
        ends = month in {months_after(start, CONTRACT_MONTHS - 1) for start in self.contracts_from}
        return self.retirement is Retirement.ON_PAYMENT or ends or not self.under_contract(month)

    def pays(self, due: Month, booked: Month) -> bool:
        """Whether the bill of a month is paid in another."""
        return self.paid_in.get(due, due) == booked


@dataclass(frozen=True, slots=True)
class PlantMonth:
    """Steps 1 to 3 for one plant: energy bought, certificates issued, what is left of a kWh in its register."""

    plant: str
    metered_kwh: Decimal
    certificates: int
    register_kwh: Decimal  # below 1 kWh, counts next month
    payment: Decimal


@dataclass(frozen=True)
class GreenMonth:
    """One settled month."""

    price: ContractPrice
    plants: tuple[PlantMonth, ...]
    bills: tuple[GreenBill, ...]
    left_over: int  # certificates nobody was allotted: they stay issued

    @property
    def month(self) -> Month:
        """The month."""
        return self.price.month


@dataclass(frozen=True)
class Settled:
    """Months in order, and the ledger after them."""

    months: tuple[GreenMonth, ...]
    ledger: Ledger

    def bills_of(self, participant: str) -> tuple[GreenBill, ...]:
        """A participant's bills in order."""
        return tuple(bill for month in self.months for bill in month.bills if bill.participant == participant)


def months_after(month: Month, number: int) -> Month:
    """The month `number` months later."""
    years, position = divmod(month.month - 1 + number, 12)
    return Month(month.year + years, position + 1)


def settle_green(
    prices: Sequence[ContractPrice], plants: Sequence[Plant], participants: Sequence[Participant], rounding: Rounding
) -> Settled:
    """Settle consecutive months, one contract price each.

    A fraction of a kWh stays in the plant's register and counts next month. A bill that is not paid leaves its
    certificates notified; paid later, they are transferred then [A]. Certificates nobody takes stay issued and are not
    offered again in a later month [A].

    Raises:
        ValueError: months are not consecutive, a name comes twice, or a plant has no reading for a month.
    """
    _check(prices, plants, participants)
    ledger, register = Ledger(), {plant.name: ZERO for plant in plants}
    settled: list[GreenMonth] = []
    for price in prices:
        bought = tuple(_buy(plant, price, register[plant.name], ledger, rounding) for plant in plants)
        register = {one.plant: one.register_kwh for one in bought}
        bills = tuple(_bill_all(price, participants, ledger, rounding))
        _pay_and_retire(price.month, participants, ledger)
        left = ledger.count(State.ISSUED, price.month)
        settled.append(GreenMonth(price, bought, bills, left))
    return Settled(tuple(settled), ledger)


def _check(prices: Sequence[ContractPrice], plants: Sequence[Plant], participants: Sequence[Participant]) -> None:
    months = [price.month for price in prices]
    if not months or months != [months_after(months[0], number) for number in range(len(months))]:
        raise ValueError(f"months must follow each other without gap: {', '.join(map(str, months)) or 'none'}")
    for kind, names in (("plant", [one.name for one in plants]), ("participant", [one.name for one in participants])):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{kind} {', '.join(twice)} stands there twice")
    for plant in plants:
        if missing := [str(month) for month in months if month not in plant.metered_kwh]:
            raise ValueError(f"plant {plant.name} has no reading for {', '.join(missing)}")


def _buy(plant: Plant, price: ContractPrice, register: Decimal, ledger: Ledger, rounding: Rounding) -> PlantMonth:
    """Steps 1 to 3."""
    metered = plant.metered_kwh[price.month]
    counted = register + metered
    certificates = _whole(counted)
    ledger.buy(price.month, plant.name, metered)
    ledger.issue(price.month, plant.name, certificates)
    paid = metered * (price.smp if plant.base_price is None else plant.base_price)
    return PlantMonth(plant.name, metered, certificates, counted - certificates, rounding.apply(paid))


def _bill_all(
    price: ContractPrice, participants: Sequence[Participant], ledger: Ledger, rounding: Rounding
) -> Iterator[GreenBill]:
    """Step 4: allot and bill."""
    month = price.month
    bound = [one for one in participants if one.under_contract(month)]
    declared = {one.name: one.declared_kwh.get(month, 0) for one in bound}
    used = {one.name: _whole(one.account.use_kwh(month)) for one in bound}
    allotted = allot(ledger.count(State.ISSUED, month), declared, used)
    for one in participants:
        green = allotted.get(one.name, 0)
        if green:
            ledger.notify(month, one.name, green)
        yield _bill(one, price, declared.get(one.name), green, rounding)


def _bill(one: Participant, price: ContractPrice, declared: int | None, green: int, rounding: Rounding) -> GreenBill:
    account, month = one.account, price.month
    used = account.use_kwh(month)
    rest = used - green
    base = rounding.apply(account.base_charge(month))
    green_amount = rounding.apply(green * price.per_kwh)
    ordinary = rounding.apply(account.energy_charge(month, rest))
    return GreenBill(
        month=month,
        participant=one.name,
        under_contract=declared is not None,
        use_kwh=used,
        declared_kwh=declared or 0,
        green_kwh=green,
        rest_kwh=rest,
        green_per_kwh=price.per_kwh,
        base=base,
        green=green_amount,
        ordinary=ordinary,
        total=base + green_amount + ordinary,
        without=ordinary_total(account, month, rounding),
    )


def _pay_and_retire(now: Month, participants: Sequence[Participant], ledger: Ledger) -> None:
    """Steps 5 and 6: every bill that is paid this month, then what is to be retired."""
    for one in participants:
        for due, number in ledger.by_month(State.NOTIFIED, one.name).items():
            if one.pays(due, now):
                ledger.pay(due, one.name, number, now)
        if not one.retires_in(now):
            continue
        for due, number in ledger.by_month(State.TRANSFERRED, one.name).items():
            ledger.retire(due, one.name, number, now)


def _whole(kwh: Decimal) -> int:
    return int(kwh.quantize(WHOLE, rounding=ROUND_FLOOR))
