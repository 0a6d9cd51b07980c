"""The community behind a metering point of a run, billed under several supply forms from the same half hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cosim.errors import UsageError
from cosim.results.figures import Figure
from cosim.rules.charges import Charge, ChargeRow, charges_of
from cosim.rules.facts import Arrangement, CustomerFact, SectionFact
from cosim.rules.forms import FORMS
from cosim.settlement.billing import BillTerms
from cosim.settlement.equal_contracts import EVENLY
from cosim.settlement.imbalance import imbalance_price
from cosim.settlement.japan_contract import Contract
from cosim.settlement.japan_forms import Community, FormBill, FormPrices, bill_form, differences, equal_in_all
from cosim.settlement.japan_meter import HalfHours
from cosim.settlement.money import rate
from cosim.settlement.run_meters import RunMeters
from cosim.settlement.settle import number
from cosim.settlement.tariff_file import TariffFile
from grids.arrays import FloatArray
from simulators.sources.errors import SourceError

if TYPE_CHECKING:
    from cosim.scenario.keys.settlement import FormsSpec, ImbalanceSpec, TariffNames

MOST_MONTHS = 200  # member-months that are billed under every form


@dataclass(frozen=True)
class FormsScheme:
    """A comparison of forms, ready to bill.

    Attributes:
        name: of the entry.
        section: whose wires are compared.
        arrangement: who is supplied where, and by the rules of which day.
        spec: forms and names of tariffs.
        tariffs: the tariffs it names.
        residual: tariff at the edge, of each member or one for all.
        terms: contract at the edge.
    """

    name: str
    section: str
    arrangement: Arrangement
    spec: FormsSpec
    tariffs: Mapping[str, TariffFile]
    residual: tuple[TariffFile, ...]
    terms: BillTerms

    @property
    def customers(self) -> tuple[str, ...]:
        """Customers on the wires of the section; those behind a metering point of their own are no part of it."""
        return tuple(one.name for one in self.arrangement.customers if one.section == self.section)

    @property
    def groups(self) -> tuple[str, ...]:
        """Balancing groups that lie on those wires with all their customers and plants."""
        facts = self.arrangement
        return tuple(
            group.name
            for group in facts.balancing
            if all(facts.customer[name].section == self.section for name in group.customers)
            and all(facts.plant[name].section == self.section for name in group.plants)
        )

    def rules(self, form: str) -> tuple[ChargeRow, ...]:
        """Which charges apply to a customer of the section under a form, and why."""
        known = FORMS[form]
        section = SectionFact(self.section, known.wires, known.island)
        customer = CustomerFact("customer", known.supply, None, self.section)
        return charges_of(Arrangement(self.arrangement.as_of, (section,), (customer,)), customer)


@dataclass(frozen=True)
class FormsBills:
    """The comparison: row of the member -> one bill a form."""

    scheme: FormsScheme
    bills: Mapping[int, tuple[FormBill, ...]]
    notes: tuple[str, ...]

    def figures(self, members: int) -> Iterator[Figure]:
        """`settlement:NAME.customers_pay_FORM`, (M,); NaN where a member has no bill."""
        for at, form in enumerate(self.scheme.spec.compare):
            values = np.full(members, np.nan)
            for row, bills in self.bills.items():
                values[row] = float(bills[at].customers_pay)
            currency = self.scheme.residual[0].currency
            yield Figure(f"settlement:{self.scheme.name}.customers_pay_{form}", values, currency)

    def as_dict(self) -> dict[str, Any] | None:
        """Of the first member that was billed: what differs, why, all payments, and what could not be priced."""
        bills = next(iter(self.bills.values()), None)
        if bills is None:
            return None
        return {
            "forms": [bill.form for bill in bills],
            "customers": list(self.scheme.customers),
            "contracts": {name: self.scheme.spec.contracts.get(name, 1) for name in self.scheme.customers},
            "customers_pay": {bill.form: number(bill.customers_pay) for bill in bills},
            "differences": [
                {
                    "charge": one.charge,
                    "amounts": {form: number(amount) for form, amount in one.amounts.items()},
                    "applies": dict(one.applies),
                    "why": dict(one.why),
                }
                for one in differences(bills)
            ],
            "equal": {charge: number(amount) for charge, amount in equal_in_all(bills).items()},
            "payments": {bill.form: [_payment(one) for one in bill.payments] for bill in bills},
            "unpriced": {bill.form: list(bill.unpriced) for bill in bills},
            "outside": {bill.form: list(bill.outside) for bill in bills},
            "notes": [*self.notes, *_gaps(self.scheme, bills)],
        }


def bill_forms(scheme: FormsScheme, meters: RunMeters) -> FormsBills:
    """Every form for every member; who cannot be billed is named in the notes."""
    bills: dict[int, tuple[FormBill, ...]] = {}
    said: dict[str, list[int]] = {}
    months = 0
    for row, member in enumerate(meters.members):
        try:
            community = _community(scheme, meters, member)
            months += len(next(iter(community.edge.values())).months)
            if months > MOST_MONTHS:
                break
            bills[row] = tuple(_of_member(scheme, community, meters.spot(member), row))
        except (UsageError, SourceError, ValueError) as error:
            said.setdefault(str(error), []).append(member)
    notes = [f"settlement {scheme.name}: forms not billed for {_some(members)}: {why}" for why, members in said.items()]
    if left := len(meters.members) - len(bills) - sum(map(len, said.values())):
        notes.append(f"settlement {scheme.name}: forms billed without the last {left} members (at most {MOST_MONTHS})")
    return FormsBills(scheme, bills, tuple(notes))


def _some(members: Sequence[int]) -> str:
    return f"member {members[0]}" + (f" and {len(members) - 1} more" if len(members) > 1 else "")


def _community(scheme: FormsScheme, meters: RunMeters, member: int) -> Community:
    edges = meters.edges[scheme.section]
    edge = {name: meters.half_hours(name, member) for name in edges}
    return Community(
        customers={name: meters.customer(name, member) for name in scheme.customers},
        edge=edge,
        generation_kwh=meters.generation_kwh(edges[0], member),
        planned_kwh=_planned(scheme, meters, member, list(edge.values())),
    )


def _planned(scheme: FormsScheme, meters: RunMeters, member: int, edge: Sequence[HalfHours]) -> FloatArray | None:
    """(K,) planned net draw over the edge: as metered, less what the groups inside missed; None without such groups."""
    missed = [found for group in scheme.groups if (found := meters.imbalance_kwh(group, member)) is not None]
    if not missed:
        return None
    return np.asarray(np.sum([one.import_kwh - one.export_kwh for one in edge], axis=0) - np.sum(missed, axis=0))


def _of_member(scheme: FormsScheme, community: Community, spot: FloatArray | None, row: int) -> Iterator[FormBill]:
    if spot is None:
        raise UsageError("the run has no spot price (market.spot), by which surplus and procurement are priced")
    spec = scheme.spec
    for form in spec.compare:
        rules = scheme.rules(form)
        own = any(rule.charge is Charge.OWN_PRICE and rule.applies for rule in rules)
        prices = FormPrices(
            tariffs=_each(scheme, spec.own_price or spec.retail if own else spec.retail),
            spot=spot,
            residual=scheme.residual[row % len(scheme.residual)],
            wheeling=None if spec.wheeling is None else _each(scheme, spec.wheeling),
            upstream=None if spec.upstream is None else scheme.tariffs[spec.upstream],
            contracts=_contracts(scheme, community),
            counts=spec.contracts,
            imbalance=_imbalance_price(spec.imbalance, next(iter(community.edge.values())), spot),
        )
        yield bill_form(form, rules, community, prices)


def _imbalance_price(given: ImbalanceSpec | None, meter: HalfHours, spot: FloatArray) -> FloatArray | None:
    """(K,) per kWh."""
    if given is None:
        return None
    if given.per_kwh is not None:
        return np.full(len(spot), given.per_kwh)
    return imbalance_price(spot, meter, factor=float(given.spot_factor or 0.0), transitional=given.transitional)


def _contracts(scheme: FormsScheme, community: Community) -> dict[str, Contract]:
    """Contract of every boundary point and of the customers that have an agreed one."""
    edge = scheme.terms.contract
    agreed = {name: Contract(agreed_kw=rate(kw)) for name, kw in scheme.spec.contract_kw.items()}
    return agreed if edge is None else agreed | dict.fromkeys(community.edge, edge)


def _each(scheme: FormsScheme, given: TariffNames) -> dict[str, TariffFile]:
    """Customer -> tariff."""
    named = dict.fromkeys(scheme.customers, given) if isinstance(given, str) else given
    return {customer: scheme.tariffs[named[customer]] for customer in scheme.customers if customer in named}


def _payment(one: Any) -> dict[str, Any]:
    return {
        "charge": one.charge,
        "payer": one.payer.value,
        "payee": one.payee.value,
        "subject": one.subject,
        "quantity": number(one.quantity),
        "unit": one.unit,
        "amount": number(one.amount),
        "why": one.why,
        "certainty": one.certainty,
    }


def _gaps(scheme: FormsScheme, bills: Sequence[FormBill]) -> Iterator[str]:
    if many := {name: count for name, count in scheme.spec.contracts.items() if name in scheme.customers and count > 1}:
        yield f"{', '.join(f'{name} {count} contracts' for name, count in many.items())}: {EVENLY}."
    of: dict[str, dict[str, None]] = {}
    for name, month, note in (
        (name, one.month, note)
        for bill in bills
        for name, kept in bill.bills.items()
        for one in kept
        for note in one.notes
    ):
        of.setdefault(f"{month}: {note}", {})[name] = None
    yield from (f"{', '.join(names)}, {note}." for note, names in of.items())
    for bill in bills:
        form = bill.form.replace("_", " ")
        if bill.unpriced:
            yield f"{form}: no price given for {', '.join(dict.fromkeys(bill.unpriced))}."
        if bill.outside:
            yield f"{form}: {', '.join(dict.fromkeys(bill.outside))} settled outside the community."
