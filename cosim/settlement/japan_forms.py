"""One community under several supply forms: the same half hours, other charges, other parties.

Which charges apply, and why, is said by rows of the rule set (`AppliedCharge`); what they come to is reckoned here.
A customer's bill is reckoned once: under its retailer's tariff (existing line, distribution licence) or under the price
of an operator with wires of its own (specified transmission, specified supply).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import numpy as np

from cosim.settlement.equal_contracts import repeated, share_of
from cosim.settlement.imbalance import imbalances
from cosim.settlement.japan_bill import LINE, JapanBill, japan_bills
from cosim.settlement.japan_contract import Contract
from cosim.settlement.japan_meter import HalfHours, cost, total_kwh
from cosim.settlement.japan_payments import Account, Payment, amount_of, charged
from cosim.settlement.meter import Month
from cosim.settlement.money import ZERO, rate
from cosim.settlement.support import StandbyTerms, standby_cost
from cosim.settlement.tariff import SpotIndexed
from cosim.settlement.tariff_file import TariffFile
from cosim.settlement.wheeling import PARTS, at_injection, loss_percent_of, upstream_bills, wheeling_bills
from grids.arrays import FloatArray

BILLED = ("base", "energy", "fuel_adjustment")  # of a retailer, or contained in an operator's own price
PROCUREMENT, SALE = "procurement", "sale"
_MARKET = "derived: half hours x spot price"


class AppliedCharge(Protocol):
    """A charge of the rule set, and whether it applies to the customers of a form."""

    @property
    def charge(self) -> str:
        """Its name."""
        ...

    @property
    def applies(self) -> bool:
        """Whether it does."""
        ...

    @property
    def why(self) -> str:
        """The rule."""
        ...

    @property
    def certainty(self) -> str:
        """How sure that is."""
        ...


@dataclass(frozen=True)
class Community:
    """Half hours of everybody behind the same edge, all of the same K half hours.

    Attributes:
        customers: name -> import at the supply point.
        edge: boundary point -> exchange with the wires outside.
        generation_kwh: (K,) fed into the community's wires by the operator's plants.
        planned_kwh: (K,) planned net draw over the edge; None = no plan, imbalance is not priced.
        standby_kwh: month -> energy drawn as standby supply.
    """

    customers: Mapping[str, HalfHours]
    edge: Mapping[str, HalfHours]
    generation_kwh: FloatArray
    planned_kwh: FloatArray | None = None
    standby_kwh: Mapping[Month, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class FormPrices:
    """What things cost under a form; what it does not need stays None and is not asked for.

    Attributes:
        tariffs: customer -> tariff of its retailer, or of the operator with wires of its own.
        spot: (K,) spot price per kWh.
        residual: price at the edge for an operator that supplies everybody inside (`spot-indexed`: with wheeling).
        wheeling: customer -> wheeling tariff of the wires it is reached over.
        upstream: wheeling tariff at the edge, paid by a licensee.
        imbalance: (K,) imbalance price per kWh.
        standby: terms of standby supply.
        contracts: customer or boundary point -> contract power, of each of a customer's contracts.
        counts: customer -> equal contracts it stands for; left out = 1.
    """

    tariffs: Mapping[str, TariffFile]
    spot: FloatArray
    residual: TariffFile | None = None
    wheeling: Mapping[str, TariffFile] | None = None
    upstream: TariffFile | None = None
    imbalance: FloatArray | None = None
    standby: StandbyTerms | None = None
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FormBill:
    """A community's payments under one form.

    `unpriced` are charges that apply and for which no price was given; `outside` are charges that apply and are settled
    elsewhere: the imbalance of a retailer whose balancing group reaches beyond the community.
    """

    form: str
    rules: tuple[AppliedCharge, ...]
    bills: Mapping[str, tuple[JapanBill, ...]]
    payments: tuple[Payment, ...]
    unpriced: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def customers_pay(self) -> Decimal:
        """What all customers pay together, tax included."""
        return sum((payment.amount for payment in self.payments if payment.payer is Account.CUSTOMERS), ZERO)


@dataclass(frozen=True, slots=True)
class Difference:
    """One charge under every form: what it comes to and why it does or does not apply."""

    charge: str
    amounts: Mapping[str, Decimal]
    applies: Mapping[str, bool]
    why: Mapping[str, str]


def bill_form(form: str, rules: Iterable[AppliedCharge], community: Community, prices: FormPrices) -> FormBill:
    """Everything that is paid under a form, by charge, payer and payee.

    Raises:
        ValueError: a customer has no tariff, or energies and prices do not fit together.
        UsageError: a tariff has no rates for a month.
        SourceError: a dated price is missing.
    """
    if missing := sorted(set(community.customers) - set(prices.tariffs)):
        raise ValueError(f"no tariff for {', '.join(missing)}")
    billing = _Billing(form, tuple(rules), community, prices)
    payments = tuple(billing.payments())
    return FormBill(form, billing.rules, billing.bills, payments, tuple(billing.unpriced), tuple(billing.outside))


def differences(bills: Sequence[FormBill]) -> tuple[Difference, ...]:
    """The charges whose amount, rule or reason differs between forms, in the order of the first one's rules."""
    names = dict.fromkeys(str(rule.charge) for bill in bills for rule in bill.rules)
    found = []
    for name in (*names, "rounding", "tax", PROCUREMENT, SALE):
        amounts = {bill.form: amount_of(bill.payments, name) for bill in bills}
        rules = {bill.form: _rule(bill.rules, name) for bill in bills}
        applies = {form: amounts[form] != 0 if rule is None else rule.applies for form, rule in rules.items()}
        why = {form: "" if rule is None else rule.why for form, rule in rules.items()}
        if len(set(amounts.values())) > 1 or len(set(applies.values())) > 1 or len(set(why.values())) > 1:
            found.append(Difference(name, amounts, applies, why))
    return tuple(found)


def equal_in_all(bills: Sequence[FormBill]) -> dict[str, Decimal]:
    """What customers pay alike under every form, by charge: with `differences` it adds up to `customers_pay`."""
    paid = [one for one in bills[0].payments if one.payer is Account.CUSTOMERS]
    apart = {one.charge for one in differences(bills)}
    return {
        charge: amount_of(paid, charge) for charge in dict.fromkeys(one.charge for one in paid) if charge not in apart
    }


def _rule(rules: Iterable[AppliedCharge], charge: str) -> AppliedCharge | None:
    return next((rule for rule in rules if rule.charge == charge), None)


class _Billing:
    """Works out the payments of one form."""

    def __init__(self, form: str, rules: tuple[AppliedCharge, ...], community: Community, prices: FormPrices) -> None:
        self.form, self.rules, self._community, self._prices = form, rules, community, prices
        self._applies = frozenset(str(rule.charge) for rule in rules if rule.applies)
        self._own = "own_price" in self._applies
        billed = frozenset(BILLED) if self._own else self._applies & frozenset(BILLED)
        charged_here = billed | (self._applies & {"levy"})
        self.bills = {
            name: self._each(
                name, japan_bills, prices.tariffs[name], prices.contracts.get(name), applies=charged_here,
                spot=prices.spot,
            )
            for name in community.customers
        }  # fmt: skip
        self.unpriced: list[str] = []
        self.outside: list[str] = []

    def payments(self) -> Iterator[Payment]:
        """All of them."""
        for name, bills in self.bills.items():
            yield from self._of_customer(name, bills)
        yield from self._wheeling()
        yield from self._upstream()
        yield from self._residual() if self._own else self._procurement()
        yield from self._sale()
        yield from self._imbalance()
        yield from self._standby()

    def _payment(
        self, charge: str, payer: Account, payee: Account, subject: str, counted: tuple[Decimal, str, Decimal]
    ) -> Payment:
        """A payment with the reason the rules give for its charge."""
        rule = _rule(self.rules, charge)
        why, certainty = ("", _MARKET) if rule is None else (rule.why, rule.certainty)
        quantity, unit, amount = counted
        return Payment(charge, payer, payee, subject, quantity, unit, amount, why, certainty)

    def _each(
        self, name: str, bills_of: Callable[..., tuple[JapanBill, ...]], *terms: Any, **more: Any
    ) -> tuple[JapanBill, ...]:
        """Bills of a customer: those of one of its contracts, as often as it has them."""
        count = self._prices.counts.get(name, 1)
        return repeated(bills_of(share_of(self._community.customers[name], count), *terms, **more), count)

    def _of_customer(self, name: str, bills: tuple[JapanBill, ...]) -> Iterator[Payment]:
        seller, subject = Account.OPERATOR if self._own else Account.RETAILER, f"customer:{name}"
        payees = {"levy": Account.LEVY_FUND, "tax": Account.STATE}
        kept = [charged(bills, charge) for charge in (*BILLED, "rounding")]
        if self._own:
            energy = sum((bill.import_kwh for bill in bills), ZERO)
            whole = energy, "kWh", sum((amount for _, _, amount in kept), ZERO)
            yield self._payment("own_price", Account.CUSTOMERS, seller, subject, whole)
        else:
            for charge, counted in zip((*BILLED, "rounding"), kept, strict=True):
                if counted[2]:
                    yield self._payment(charge, Account.CUSTOMERS, seller, subject, counted)
        for charge, payee in payees.items():
            if (counted := charged(bills, charge))[2]:
                yield self._payment(charge, Account.CUSTOMERS, payee, subject, counted)

    def _wheeling(self) -> Iterator[Payment]:
        """The wires, paid by the retailer and contained in its price."""
        if not self._priced("wheeling", self._prices.wheeling):
            return
        owner = Account.LICENSEE if "upstream" in self._applies else Account.UTILITY
        for name, tariff in (self._prices.wheeling or {}).items():
            bills = self._each(name, wheeling_bills, tariff, self._prices.contracts.get(name))
            yield self._payment("wheeling", Account.RETAILER, owner, f"customer:{name}", _all_of(bills))

    def _upstream(self) -> Iterator[Payment]:
        if not self._priced("upstream", self._prices.upstream) or self._prices.upstream is None:
            return
        billed = upstream_bills(self._community.edge, self._prices.upstream, self._prices.contracts)
        for name, bills in billed.items():
            yield self._payment("upstream", Account.LICENSEE, Account.UTILITY, f"boundary:{name}", _all_of(bills))

    def _residual(self) -> Iterator[Payment]:
        """What an operator buys at the edge; the wheeling in a spot-indexed price goes to the utility."""
        tariff = self._prices.residual
        if tariff is None:
            self.unpriced.append(PROCUREMENT)
            return
        for name, meter in self._community.edge.items():
            bills = japan_bills(
                meter, tariff, self._prices.contracts.get(name), applies=PARTS | {"fuel_adjustment"},
                spot=self._prices.spot,
            )  # fmt: skip
            bought, _, _ = _all_of(bills)
            total = sum((bill.total for bill in bills), ZERO)
            wires = sum((_wheeled(bill, tariff) for bill in bills), ZERO)
            tax = sum((bill.amount("tax") for bill in bills), ZERO)
            parts = {Account.UTILITY: wires, Account.STATE: tax, Account.MARKET: total - wires - tax}
            for payee, amount in parts.items():
                if amount:
                    counted = bought, "kWh", amount
                    yield self._payment(PROCUREMENT, Account.OPERATOR, payee, f"boundary:{name}", counted)

    def _procurement(self) -> Iterator[Payment]:
        """What the retailers buy for the customers, with the losses of the wires."""
        for name, meter in self._community.customers.items():
            tariff = (self._prices.wheeling or {}).get(name)
            loss = 0.0 if tariff is None else loss_percent_of(tariff, meter.months[0].first_day)
            bought = at_injection(meter.import_kwh, loss)
            counted = total_kwh(bought), "kWh", LINE.apply(cost(bought, self._prices.spot))
            yield self._payment(PROCUREMENT, Account.RETAILER, Account.MARKET, f"customer:{name}", counted)

    def _sale(self) -> Iterator[Payment]:
        """Own wires sell what crosses the edge, plants on others' wires all they feed in."""
        sold = {f"boundary:{name}": meter.export_kwh for name, meter in self._community.edge.items()}
        if not self._own:
            sold = {"plants": self._community.generation_kwh}
        for subject, energy in sold.items():
            if energy.any():
                counted = total_kwh(energy), "kWh", LINE.apply(cost(energy, self._prices.spot))
                yield self._payment(SALE, Account.MARKET, Account.OPERATOR, subject, counted)

    def _imbalance(self) -> Iterator[Payment]:
        """Of an operator's own group; a retailer's group reaches beyond the community.

        What is missed costs the difference to the spot price: the energy itself is in residual and sale, as metered.
        """
        if "imbalance" not in self._applies:
            return
        if not self._own:
            self.outside.append("imbalance")
            return
        plan, price = self._community.planned_kwh, self._prices.imbalance
        if plan is None or price is None:
            self.unpriced.append("imbalance")
            return
        edge = list(self._community.edge.values())
        net = np.sum([meter.import_kwh - meter.export_kwh for meter in edge], axis=0)
        group = HalfHours.of_intervals(edge[0].edges_s, net, edge[0].zone)
        settled = imbalances(group, plan, price - self._prices.spot)
        energy = sum((one.shortfall_kwh + one.surplus_kwh for one in settled), ZERO)
        counted = energy, "kWh", LINE.apply(sum((one.due for one in settled), ZERO))
        yield self._payment("imbalance", Account.OPERATOR, Account.UTILITY, "balancing group", counted)

    def _standby(self) -> Iterator[Payment]:
        terms = self._prices.standby
        if not self._priced("standby", terms) or terms is None:
            return
        months = next(iter(self._community.edge.values())).months
        costs = [standby_cost(self._community.standby_kwh.get(month, ZERO), terms) for month in months]
        counted = terms.kw, "kW", LINE.apply(sum((base + energy for base, energy in costs), ZERO))
        yield self._payment("standby", Account.OPERATOR, Account.UTILITY, "standby supply", counted)

    def _priced(self, charge: str, price: object) -> bool:
        """Whether a charge applies and can be priced; one that cannot is noted."""
        if charge in self._applies and price is None:
            self.unpriced.append(charge)
        return charge in self._applies and price is not None


def _all_of(bills: Iterable[JapanBill]) -> tuple[Decimal, str, Decimal]:
    kept = tuple(bills)
    return sum((bill.import_kwh for bill in kept), ZERO), "kWh", sum((bill.total for bill in kept), ZERO)


def _wheeled(bill: JapanBill, tariff: TariffFile) -> Decimal:
    """The wheeling that a spot-indexed price holds."""
    energy = tariff.at(bill.month.first_day).energy
    per_kwh = rate(energy.wheeling_per_kwh) if isinstance(energy, SpotIndexed) else ZERO
    return LINE.apply(bill.import_kwh * per_kwh)
