"""A project as a file: the runs behind it, who pays whom for what, what is invested, over how many years."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cosim.settlement.project_flows import DAYS_A_YEAR
from grids.parameters import Parameters, quantity

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Party = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="microgrid_operator, customers, utility, ...")]
Certainty = Annotated[
    str, Field(pattern="^(sourced|derived|assumed)", description="sourced, derived or assumed, with its mark.")
]
Patterns = Annotated[
    list[str], Field(min_length=1, description="Figures of a run, added up; * stands for anything, as in expect.")
]


class PeriodSpec(Parameters):
    """A run, and how many days of a year it stands for."""

    run: str | None = Field(None, description="Run folder, from this file's folder; or given as --run NAME=FOLDER.")
    without: str | None = Field(
        None, description="Run folder without the project, from this file's folder; left out = the run's base case."
    )
    days: float = quantity(
        DAYS_A_YEAR, unit="d", description="Days of a year it stands for; over all periods 365.", gt=0, le=DAYS_A_YEAR
    )


class FlowSpec(Parameters):
    """What one party pays another every year: figures of the runs times a price, or an amount."""

    payer: Party = Field(description="Who pays.")
    payee: Party = Field(description="Who receives.")
    figures: Patterns | None = Field(None, description="Figures it is counted on.")
    of: Literal["change", "with", "without"] = Field(
        "change", description="Of the run, of the run without the project, or the change between them."
    )
    per_unit: float | None = quantity(
        None,
        unit="currency/unit of the figures",
        description="Price of a unit of the figures; left out = they are money. Negative = the other way round.",
    )
    per_year: float | None = quantity(None, unit="currency/a", description="The amount, where no figure says it.")
    change_percent: float = quantity(
        0.0, unit="%/a", description="Yearly growth, in real terms.", vary=True, gt=-100, le=100
    )
    own_cost: bool = Field(False, description="Whether it is a cost of the project's own energy (LCOE).")
    certainty: Certainty

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.figures is None) == (self.per_year is None):
            raise ValueError("give figures or per_year, one of them")
        if self.per_year is not None and self.per_unit is not None:
            raise ValueError("per_unit is a price of figures: it does not go with per_year")
        if self.payer == self.payee:
            raise ValueError(f"{self.payer} cannot pay itself")
        return self


class InvestmentSpec(Parameters):
    """A piece of equipment, paid by the owner in year 0 and again when its life is over."""

    amount: float = quantity(unit="currency", description="Its price.", ge=0)
    life_a: int = quantity(unit="a", description="Years it lasts.", ge=1)
    eligible: bool = Field(True, description="Whether the subsidy counts it.")
    upkeep_percent: float = quantity(
        0.0, unit="%/a", description="Upkeep a year, of the price, paid to suppliers.", ge=0, le=100
    )
    certainty: Certainty


class SubsidySpec(Parameters):
    """A grant on eligible investment."""

    share: float = quantity(
        2.0 / 3.0, unit="1", description="Share of it.", certainty="sourced: facts.md 8.5 [S001]", ge=0, le=1
    )
    cap: float | None = quantity(None, unit="currency", description="At most; left out = 600 million JPY.", ge=0)
    certainty: Certainty = "sourced: facts.md 8.5 [S001]"


class EmissionSpec(Parameters):
    """CO2 of the change in some figures."""

    figures: Patterns = Field(description="Figures it is counted on.")
    of: Literal["change", "with", "without"] = Field("change", description="As for a flow.")
    kg_per_unit: float = quantity(unit="kg/unit of the figures", description="CO2 of a unit.")
    certainty: Certainty


class ProjectSpec(Parameters):
    """A project."""

    name: Name = Field(description="What it is called by.")
    title: dict[str, str] = Field(description="Language code -> title.")
    currency: str = Field(description="Currency of every amount.", pattern=r"^[A-Z]{3}$")
    owner: Party = Field(description="The party whose money is at stake.")
    years: int = quantity(unit="a", description="Years of operation.", ge=1, le=60)
    discount_percent: float = quantity(unit="%/a", description="Real discount rate.", gt=-100, le=100)
    periods: dict[Name, PeriodSpec] = Field(description="The runs a year is made of.", min_length=1)
    investments: dict[Name, InvestmentSpec] = Field({}, description="What is built.")
    subsidy: SubsidySpec | None = Field(None, description="Grant of year 0; left out = none.")
    flows: dict[Name, FlowSpec] = Field(description="What is paid every year.", min_length=1)
    energy: Patterns = Field(description="Figures in MWh that count as the project's energy, with less without.")
    emissions: list[EmissionSpec] = Field([], description="CO2 the project changes; less is avoided.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        days = sum(period.days for period in self.periods.values())
        if abs(days - DAYS_A_YEAR) > 1.0:
            raise ValueError(f"the periods stand for {days:g} days of a year, they must stand for {DAYS_A_YEAR:g}")
        if self.subsidy is not None and self.subsidy.cap is None and self.currency != "JPY":
            raise ValueError("subsidy.cap is missing: the one of the programme is in JPY")
        parties = {party for flow in self.flows.values() for party in (flow.payer, flow.payee)}
        if self.owner not in parties:
            raise ValueError(f"owner {self.owner} neither pays nor receives any of the flows")
        return self
