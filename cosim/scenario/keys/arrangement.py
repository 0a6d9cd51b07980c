"""The keys `rules`, `balancing` and `self_wheeling`: which rules apply, who plans half hours, what is wheeled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Self

from pydantic import Field, model_validator

from cosim.rules.dated import LATEST
from cosim.rules.terms import Permit
from cosim.scenario.keys.scalars import Name, PositiveDuration
from grids.parameters import Parameters, quantity


class RulesSpec(Parameters):
    """By the rules of which day a study is judged."""

    as_of: date = Field(LATEST, description="Day whose rules apply; left out = the youngest change this version knows.")


class PlanSpec(Parameters):
    """How good plans are: without an error every plan is perfect and no imbalance exists (planner.md 1.15)."""

    gate: PositiveDuration = Field(
        timedelta(hours=1), description="How long before delivery a plan is final (ISO 8601)."
    )
    day_ahead_error_percent: float = quantity(
        10.0,
        unit="%",
        description="Standard deviation of a plan made 24 h ahead, relative to the power of the half hour.",
        certainty="assumed: planner.md 1.15",
        ge=0,
    )
    seed: int = Field(0, description="Of the errors.", ge=0)
    tolerance_percent: float = quantity(
        10.0,
        unit="%",
        description="Mean imbalance, relative to what was planned, above which it is a finding.",
        certainty="assumed: no number in the law; imbalance is charged",
        gt=0,
    )


class BalancingSpec(Parameters):
    """A balancing group: whose half hours are planned together (計画値同時同量)."""

    customers: list[Name] = Field([], description="Customers whose demand it plans.")
    devices: list[Name] = Field([], description="Devices whose generation it plans.")
    plan: PlanSpec = Field(PlanSpec(), description="How good its plans are.")

    @model_validator(mode="after")
    def _plans_something(self) -> Self:
        if not self.customers and not self.devices:
            raise ValueError("plans nothing: name customers or devices")
        return self


class SelfWheelingSpec(Parameters):
    """Power wheeled from a user's plant to his own place of use over another's wires (自己託送)."""

    devices: list[Name] = Field(description="Plants whose power is wheeled.", min_length=1)
    customer: Name = Field(description="Customer that uses it.")
    loss_percent: float = quantity(
        4.0,
        unit="%",
        description="Loss rate of the wheeling tariff.",
        certainty="assumed: facts.md 6.2 [U]",
        ge=0,
        lt=100,
    )
    new_plant: bool = Field(False, description="Whether the plants were newly built for this, without FIT or FIP.")
    user_owned: bool = Field(True, description="Whether the user owns or developed the plants.")
    permits: list[Permit] | None = Field(
        None, description="What was granted or agreed, beside the permits of the customer's section; none = not stated."
    )
