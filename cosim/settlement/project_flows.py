"""Flows of a project: investment with replacements and subsidy, yearly amounts, payments of a settlement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from cosim.settlement.japan_payments import Account, Payment
from cosim.settlement.project import Flow
from grids.arrays import FloatArray

DAYS_A_YEAR = 365.0
SUPPLIERS, TREASURY = "suppliers", "treasury"
INVESTMENT, SUBSIDY = "investment", "subsidy"


@dataclass(frozen=True)
class Subsidy:
    """A grant on eligible investment: a share, up to a cap.

    2/3 up to 0.6 bn JPY a project: regional microgrid programme FY2018/20 (facts.md 8.5 [S001]), for renewables, EMS,
    storage, engines and protection on the utility's lines; a project with wires of its own only is excluded.
    """

    share: float = 2.0 / 3.0
    cap: float = 600e6
    certainty: str = "sourced: facts.md 8.5 [S001]"

    def of(self, eligible: FloatArray) -> FloatArray:
        """(M,) the grant for (M,) eligible investment."""
        return np.minimum(self.share * eligible, self.cap)


@dataclass(frozen=True)
class Investment:
    """A piece of equipment.

    Attributes:
        name: its name.
        amount: (M,) price, paid in year 0 and again whenever its life is over within the project.
        life_a: years it lasts.
        eligible: whether the subsidy counts it (replacements never).
        certainty: mark of the price.
    """

    name: str
    amount: FloatArray
    life_a: int
    eligible: bool
    certainty: str


def investment_flows(
    items: Sequence[Investment], owner: str, years: int, subsidy: Subsidy | None = None
) -> Iterator[Flow]:
    """One flow `investment: NAME` an item, and `subsidy` from the treasury to the owner in year 0.

    Raises:
        ValueError: an item that lasts no whole year.
    """
    for item in items:
        if item.life_a < 1:
            raise ValueError(f"{item.name}: a life of {item.life_a} years is none")
        paid = [in_year(item.amount, year, years) for year in range(0, max(years, 1), item.life_a)]
        yield Flow(f"{INVESTMENT}: {item.name}", owner, SUPPLIERS, np.sum(paid, axis=0), item.certainty)
    eligible = [np.asarray(item.amount, dtype=np.float64) for item in items if item.eligible]
    if subsidy is not None and eligible:
        grant = subsidy.of(np.sum(eligible, axis=0))
        yield Flow(SUBSIDY, TREASURY, owner, in_year(grant, 0, years), subsidy.certainty)


def payment_flows(
    members: Sequence[Iterable[Payment]], days: float, years: int, change: float = 0.0
) -> tuple[Flow, ...]:
    """Flows of a settlement: each charge between two accounts, scaled from the run to a year.

    Args:
        members: the payments of every member.
        days: length of the settled time.
        years: years of operation.
        change: yearly growth of every amount.
    """
    found: dict[tuple[str, Account, Account], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(members))
    marks: dict[tuple[str, Account, Account], str] = {}
    for member, payments in enumerate(members):
        for one in payments:
            key = (one.charge, one.payer, one.payee)
            found[key][member] += one.amount
            marks[key] = one.certainty
    return tuple(
        Flow(
            what=charge,
            payer=payer.value,
            payee=payee.value,
            amount=over_years(a_year_of(np.array(amounts, dtype=np.float64), days), years, change),
            certainty=marks[charge, payer, payee],
        )
        for (charge, payer, payee), amounts in found.items()
    )


def over_years(first_year: FloatArray, years: int, change: float = 0.0) -> FloatArray:
    """(M, years + 1) of a yearly (M,) amount: nothing in year 0, growing by `change` a year (-0.005: ageing PV)."""
    factor = np.append(0.0, (1.0 + change) ** np.arange(years))
    return np.asarray(np.asarray(first_year, dtype=np.float64)[:, np.newaxis] * factor)


def in_year(amount: FloatArray, year: int, years: int) -> FloatArray:
    """(M, years + 1) with an (M,) amount in one year (0 = investment, later = replacement) and nothing else.

    Raises:
        ValueError: the year lies outside 0..years.
    """
    if not 0 <= year <= years:
        raise ValueError(f"year {year} lies outside 0 to {years}")
    values = np.asarray(amount, dtype=np.float64)
    return np.asarray(values[:, np.newaxis] * (np.arange(years + 1) == year))


def a_year_of(amount: FloatArray, days: float) -> FloatArray:
    """(M,) a run's amount scaled to a year, `x 365 / days`: only as good as the days stand for the year [A]."""
    if days <= 0:
        raise ValueError(f"a run of {days} days stands for no year")
    return np.asarray(amount, dtype=np.float64) * (DAYS_A_YEAR / days)
