"""Four ways of a company to renewable electricity (Table 1 of document 3), on its own load, over paths of the SMP.

The yearly cost of each way is a fixed part plus energies that cost, or earn, the month's SMP:
`cost = fixed + sum over months of SMP x energy`. At the settled prices it is the sum of exact bills; over paths it is a
statistic, in floats, nothing rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import numpy as np

from cosim.settlement.green_bill import Account, GreenBill, ordinary_total
from cosim.settlement.meter import Meter, Month
from cosim.settlement.money import ZERO, Rounding
from grids.arrays import FloatArray

PERCENTILES = (5, 50, 95)
MOST_SOLD_SHARE = Decimal("0.5")  # a self-use plant may sell less than this of its year; facts.md 7.3 [S003]


class Way(StrEnum):
    """Columns of Table 1, and the ordinary tariff to compare them with."""

    ORDINARY = "ordinary"
    SELF_GENERATION = "self-generation"  # 재생에너지 자가발전
    CERTIFICATES = "certificates"  # 재생에너지 공급인증서 구매
    PPA = "ppa"  # 전력구매계약 체결
    GREEN_TARIFF = "green-tariff"  # 전력회사를 통한 전력구매


class PpaForm(StrEnum):
    """How a power purchase agreement is settled."""

    CFD = "cfd"  # 차액정산계약: the ordinary bill goes on, strike less SMP is settled, certificates are handed over
    PHYSICAL = "physical"  # energy delivered at strike plus network, interval by interval


# what Table 1 says of each way, in our words
TABLE_1: Mapping[Way, Mapping[str, str]] = {
    Way.SELF_GENERATION: {
        "site": "own premises or outside",
        "investment": "yes",
        "upkeep": "yes, may be passed on",
        "size": "as the site allows",
        "term": "none",
        "risk": "every risk of running the plant",
    },
    Way.CERTIFICATES: {
        "site": "outside",
        "investment": "no",
        "upkeep": "no",
        "size": "any",
        "term": "1 to 3 years, longer possible",
        "risk": "none of generation, that of the term",
    },
    Way.PPA: {
        "site": "own premises or outside",
        "investment": "no, but a financial obligation",
        "upkeep": "no",
        "size": "as the site allows",
        "term": "long",
        "risk": "basis between the plant's price and the load's",
    },
    Way.GREEN_TARIFF: {
        "site": "outside",
        "investment": "no",
        "upkeep": "no",
        "size": "usually large; here up to 1 MW each, pooled",
        "term": "long; here 1 year",
        "risk": "low to middle; hardly any choice of plant",
    },
}


@dataclass(frozen=True)
class SelfGeneration:
    """An own plant behind the meter."""

    generation_kwh: FloatArray  # (K,) on the intervals of the meter
    investment: Decimal
    upkeep_per_year: Decimal
    life_years: int
    discount: Decimal  # per year, 0.05 = 5 %


@dataclass(frozen=True)
class CertificatePurchase:
    """Certificates for a share of the use, apart from the energy."""

    share: Decimal  # 0..1 of the use
    per_kwh: Decimal


@dataclass(frozen=True)
class Ppa:
    """A contract with one plant at a fixed price."""

    generation_kwh: FloatArray  # (K,) on the intervals of the meter
    strike_per_kwh: Decimal
    network_per_kwh: Decimal  # physical form
    form: PpaForm


@dataclass(frozen=True)
class Company:
    """Whose year is compared: its ordinary contract, twelve months, and the SMP they were settled with."""

    account: Account
    smp: Mapping[Month, Decimal]
    rounding: Rounding

    @property
    def months(self) -> tuple[Month, ...]:
        """The year."""
        return tuple(self.smp)

    @property
    def use_kwh(self) -> Decimal:
        """Use of the year."""
        return sum((self.account.use_kwh(month) for month in self.months), ZERO)

    def behind(self, generation_kwh: FloatArray) -> Account:
        """The account with generation behind its meter."""
        meter = self.account.meter
        drawn = np.maximum(meter.load_kwh - meter.generation_kwh, 0.0)
        return Account(
            Meter(meter.edges_s, drawn, generation_kwh, meter.zone), self.account.tariff, self.account.contract_kw
        )

    def ordinary(self, account: Account | None = None) -> Decimal:
        """The ordinary bills of the year."""
        of = account or self.account
        return sum((ordinary_total(of, month, self.rounding) for month in self.months), ZERO)


@dataclass(frozen=True)
class Costed:
    """What a way costs a year at the settled prices, and what of it moves with the SMP."""

    way: Way
    cost: Decimal
    renewable_kwh: Decimal
    smp_kwh: FloatArray  # (12,) energy that costs the month's SMP; negative = earns it
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """One row of the comparison; costs in the currency a year."""

    way: Way
    cost: Decimal
    renewable_kwh: Decimal
    renewable_share: float  # of the use
    extra_per_renewable_kwh: float | None  # cost above the ordinary tariff's; None without renewable energy
    smp_share: float  # of the cost that follows the SMP; negative = falls when it rises
    percentiles: Mapping[int, float]  # of the yearly cost over the paths
    notes: tuple[str, ...] = field(default=())


def self_generation(company: Company, plant: SelfGeneration) -> Costed:
    """Own use lowers the energy bill, surplus is sold at the month's SMP, the base charge stays [A]."""
    account = company.behind(plant.generation_kwh)
    readings = [account.readings[month] for month in company.months]
    sold = [reading.sale_kwh for reading in readings]
    made = sum((reading.generation_kwh for reading in readings), ZERO)
    earned = sum((company.rounding.apply(kwh * smp) for kwh, smp in zip(sold, company.smp.values(), strict=True)), ZERO)
    yearly = company.rounding.apply(plant.investment * annuity(plant.discount, plant.life_years))
    notes: tuple[str, ...] = ()
    if made and sum(sold, ZERO) >= MOST_SOLD_SHARE * made:
        notes = (f"sells {sum(sold, ZERO) / made:.0%} of its year; a self-use plant may sell less than 50 %",)
    return Costed(
        way=Way.SELF_GENERATION,
        cost=company.ordinary(account) + yearly + company.rounding.apply(plant.upkeep_per_year) - earned,
        renewable_kwh=made - sum(sold, ZERO),
        smp_kwh=-np.array([float(kwh) for kwh in sold]),
        notes=notes,
    )


def certificate_purchase(company: Company, purchase: CertificatePurchase) -> Costed:
    """The ordinary bill, and whole certificates for a share of the use at a price of their own."""
    number = Decimal(int(company.use_kwh * purchase.share))
    cost = company.ordinary() + company.rounding.apply(number * purchase.per_kwh)
    note = "document 3: only obligated generators may buy these certificates in Korea"
    return Costed(Way.CERTIFICATES, cost, number, np.zeros(len(company.months)), (note,))


def power_purchase(company: Company, ppa: Ppa) -> Costed:
    """A contract for difference on everything the plant makes, or delivery of what the load takes at once.

    Contract for difference: ordinary bill + sum (strike - SMP) x E; renewable up to the use of the year.
    Physical: (strike + network) x delivered + ordinary bill of the rest; what is not taken stays the plant's [A].
    """
    account = company.behind(ppa.generation_kwh)
    readings = [account.readings[month] for month in company.months]
    apply = company.rounding.apply
    if ppa.form is PpaForm.PHYSICAL:
        taken = [reading.generation_kwh - reading.sale_kwh for reading in readings]
        paid = sum((apply(kwh * (ppa.strike_per_kwh + ppa.network_per_kwh)) for kwh in taken), ZERO)
        cost = company.ordinary(account) + paid
        return Costed(Way.PPA, cost, sum(taken, ZERO), np.zeros(len(taken)))
    made = [reading.generation_kwh for reading in readings]
    differences = zip(made, company.smp.values(), strict=True)
    paid = sum((apply(kwh * (ppa.strike_per_kwh - smp)) for kwh, smp in differences), ZERO)
    notes: tuple[str, ...] = ()
    if sum(made, ZERO) > company.use_kwh:
        notes = ("the plant makes more than the company uses: beyond that the contract is a bet on the SMP",)
    return Costed(
        way=Way.PPA,
        cost=company.ordinary() + paid,
        renewable_kwh=min(sum(made, ZERO), company.use_kwh),
        smp_kwh=-np.array([float(kwh) for kwh in made]),
        notes=notes,
    )


def green_tariff(bills: Sequence[GreenBill]) -> Costed:
    """The settled bills of the year."""
    green = [bill.green_kwh for bill in bills]
    return Costed(
        way=Way.GREEN_TARIFF,
        cost=sum((bill.total for bill in bills), ZERO),
        renewable_kwh=Decimal(sum(green)),
        smp_kwh=np.array(green, dtype=np.float64),
    )


def annuity(discount: Decimal, years: int) -> Decimal:
    """Yearly payment for 1 invested: `r (1 + r)^n / ((1 + r)^n - 1)`, 1 / n without interest."""
    if not discount:
        return 1 / Decimal(years)
    growth = (1 + discount) ** years
    return discount * growth / (growth - 1)


def compare(company: Company, ways: Sequence[Costed], paths: FloatArray) -> tuple[Compared, ...]:
    """The ordinary tariff and every way, over paths (P, 12) of the SMP."""
    ordinary = Costed(Way.ORDINARY, company.ordinary(), ZERO, np.zeros(len(company.months)))
    settled = np.array([float(smp) for smp in company.smp.values()])
    return tuple(_compared(way, ordinary, company.use_kwh, settled, paths) for way in (ordinary, *ways))


def _compared(way: Costed, ordinary: Costed, used: Decimal, settled: FloatArray, paths: FloatArray) -> Compared:
    costs = float(way.cost) + (paths - settled) @ way.smp_kwh
    extra = float((way.cost - ordinary.cost) / way.renewable_kwh) if way.renewable_kwh else None
    return Compared(
        way=way.way,
        cost=way.cost,
        renewable_kwh=way.renewable_kwh,
        renewable_share=float(way.renewable_kwh / used) if used else 0.0,
        extra_per_renewable_kwh=extra,
        smp_share=float(settled @ way.smp_kwh) / float(way.cost) if way.cost else 0.0,
        percentiles=dict(zip(PERCENTILES, np.percentile(costs, PERCENTILES).tolist(), strict=True)),
        notes=way.notes,
    )
