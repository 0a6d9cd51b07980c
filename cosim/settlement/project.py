"""The project view: yearly cash flow by party, payback, levelised cost, cost of avoided CO2, member by member.

Every amount is an array over members, so a distribution of runs gives a distribution of paybacks. Amounts are
projections in float64, not bills. Year 0 is the investment, years 1..N the operation; a discounted sum is
`sum x_t / (1 + i)^t`, in real terms (no inflation).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grids.arrays import FloatArray

PERCENTILES = {"p05": 5.0, "p50": 50.0, "p95": 95.0}


@dataclass(frozen=True)
class Flow:
    """What one party pays another over the years; outside parties (market, suppliers, the state) are parties too.

    Attributes:
        what: its name.
        payer: who pays.
        payee: who receives.
        amount: (M, Y + 1) currency, column t = year t; negative = the other way round.
        certainty: mark, with its source.
    """

    what: str
    payer: str
    payee: str
    amount: FloatArray
    certainty: str


@dataclass(frozen=True)
class Project:
    """A project over its years.

    Attributes:
        flows: all payments, investment included.
        owner: the party whose money is at stake.
        energy_kwh: (M, Y + 1) energy delivered by the project, 0 in year 0.
        avoided_kg: (M, Y + 1) CO2 avoided against the case without it.
        cost: names of the flows that are the project's own cost (investment, subsidy received, fuel, upkeep).
        rate: yearly real discount rate, 1.

    Raises:
        ValueError: shapes differ, a rate at or below -1, or names in `cost` that no flow has.
    """

    flows: tuple[Flow, ...]
    owner: str
    energy_kwh: FloatArray
    avoided_kg: FloatArray
    cost: frozenset[str]
    rate: float

    def __post_init__(self) -> None:
        shapes = {flow.what: flow.amount.shape for flow in self.flows}
        wrong = sorted(what for what, shape in shapes.items() if shape != self.energy_kwh.shape)
        if wrong or self.avoided_kg.shape != self.energy_kwh.shape:
            names = ", ".join(wrong) or "avoided_kg"
            raise ValueError(f"{names}: every flow and quantity needs the shape (members, years + 1) of energy_kwh")
        if unknown := sorted(self.cost - set(shapes)):
            raise ValueError(f"no flow is called {', '.join(unknown)}; there are {', '.join(shapes)}")
        if self.owner not in {party for flow in self.flows for party in (flow.payer, flow.payee)}:
            raise ValueError(f"{self.owner} neither pays nor receives anything")
        if self.rate <= -1.0:
            raise ValueError(f"a discount rate of {self.rate} makes no sense")


@dataclass(frozen=True)
class ProjectResult:
    """What a project is worth; every figure (M,) or (M, Y + 1).

    `simple_payback_a` and `discounted_payback_a` are years from commissioning, infinite where it never pays back within
    the years given; `lcoe` is NaN without energy, `cost_per_kg` NaN where no CO2 is avoided.
    """

    cash: Mapping[str, FloatArray]  # party -> received less paid, by year
    npv: Mapping[str, FloatArray]  # party -> discounted sum
    simple_payback_a: FloatArray
    discounted_payback_a: FloatArray
    lcoe: FloatArray  # currency/kWh
    cost_per_kg: FloatArray  # what the owner loses (-NPV) a discounted kg of CO2 avoided; negative = it gains

    def as_dict(self) -> dict[str, Any]:
        """Plain data: of each figure mean and percentiles; None where a member has none."""
        figures = {
            "simple_payback_a": self.simple_payback_a,
            "discounted_payback_a": self.discounted_payback_a,
            "lcoe_per_kwh": self.lcoe,
            "cost_per_avoided_kg": self.cost_per_kg,
            **{f"npv.{party}": values for party, values in self.npv.items()},
        }
        cash = {party: values.mean(axis=0).tolist() for party, values in self.cash.items()}
        return {"figures": {name: spread(values) for name, values in figures.items()}, "cash_mean": cash}


def assess(project: Project) -> ProjectResult:
    """Cash by party, payback of the owner, levelised cost and cost of avoided CO2."""
    cash = balances(project.flows)
    own = cash[project.owner]
    costs = project_cost(project)
    return ProjectResult(
        cash=cash,
        npv={party: present(values, project.rate).sum(axis=1) for party, values in cash.items()},
        simple_payback_a=payback(own),
        discounted_payback_a=payback(present(own, project.rate)),
        lcoe=levelised(costs, project.energy_kwh, project.rate),
        cost_per_kg=_ratio(
            -present(own, project.rate).sum(axis=1), present(project.avoided_kg, project.rate).sum(axis=1)
        ),
    )


def balances(flows: Iterable[Flow]) -> dict[str, FloatArray]:
    """Party -> (M, Y + 1) received less paid; over all parties they sum to zero."""
    found: dict[str, FloatArray] = {}
    for flow in flows:
        for party, sign in ((flow.payee, 1.0), (flow.payer, -1.0)):
            found[party] = found.get(party, 0.0) + sign * flow.amount
    return found


def project_cost(project: Project) -> FloatArray:
    """(M, Y + 1) what the owner pays for the project's own cost flows less what it receives under them."""
    total = np.zeros_like(project.energy_kwh)
    for flow in project.flows:
        if flow.what in project.cost:
            total = total + (flow.amount if flow.payer == project.owner else 0.0)
            total = total - (flow.amount if flow.payee == project.owner else 0.0)
    return total


def present(amount: FloatArray, rate: float) -> FloatArray:
    """(M, Y + 1) discounted to year 0: `x_t / (1 + i)^t`."""
    return amount / (1.0 + rate) ** np.arange(amount.shape[1])


def payback(cash: FloatArray) -> FloatArray:
    """(M,) years until the sum of (M, Y + 1) cash reaches 0 and stays there, straight between years; inf = never.

    A later replacement that makes the sum negative again counts: payback is the last time the sum turns positive.
    """
    total = np.cumsum(cash, axis=1)
    negative = total < 0.0
    last = total.shape[1] - 1 - np.argmax(negative[:, ::-1], axis=1)  # last year with a negative sum
    rows = np.arange(len(total))
    after = np.minimum(last + 1, total.shape[1] - 1)
    step = cash[rows, after]
    within = np.divide(-total[rows, last], step, out=np.zeros(len(total)), where=step > 0.0)
    years = np.where(last + 1 < total.shape[1], last + within, np.inf)
    return np.where(negative.any(axis=1), years, 0.0)


def levelised(cost: FloatArray, energy_kwh: FloatArray, rate: float) -> FloatArray:
    """(M,) LCOE: `sum cost_t / (1 + i)^t` over `sum energy_t / (1 + i)^t`, currency/kWh; NaN without energy."""
    return _ratio(present(cost, rate).sum(axis=1), present(energy_kwh, rate).sum(axis=1))


def spread(values: FloatArray) -> dict[str, float | None]:
    """Mean, min, max and percentiles over members; None where not a finite number (a payback that never comes)."""
    ordered = np.sort(values)  # inf last: a percentile is a member's value, never a mean of finite and infinite
    known = len(ordered) - 1
    found = {"mean": float(values.mean()), "min": float(ordered[0]), "max": float(ordered[-1])}
    for name, percent in PERCENTILES.items():
        found[name] = float(ordered[round(percent / 100.0 * known)])
    return {name: value if np.isfinite(value) else None for name, value in found.items()}


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    return np.asarray(np.divide(over, under, out=np.full(len(over), np.nan), where=under > 0.0))
