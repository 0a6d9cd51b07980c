"""A green tariff as a file: plants, market, participants, and the comparison of Table 1 for one of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from cosim.settlement.green_compare import PpaForm
from cosim.settlement.green_files import month_of
from cosim.settlement.green_tariff import CONTRACT_MONTHS, MOST_KW, Retirement, months_after, plant_too_large
from cosim.settlement.meter import Month
from grids.parameters import Parameters, quantity


def _month(value: object) -> object:
    return month_of(value) if isinstance(value, str) else value


def _paid(value: object) -> object:
    return None if value == "never" else _month(value)


MonthText = Annotated[Month, BeforeValidator(_month)]
PaidText = Annotated[Month | None, BeforeValidator(_paid)]  # a month, or never
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class PlantSpec(Parameters):
    """A plant under a purchase agreement; its column of the plants' file has its name."""

    name: Name = Field(description="What it is called by.")
    kw: float = quantity(unit="kW", description="Rated power, up to 1 MW.", certainty="sourced: facts.md 7.3", gt=0)
    base_price_per_kwh: float | None = quantity(
        None, unit="currency/kWh", description="Price of the old feed-in law (기준가격) instead of the SMP.", ge=0
    )

    @model_validator(mode="after")
    def _small(self) -> Self:
        if self.kw > MOST_KW:
            raise ValueError(plant_too_large(self.name, self.kw))
        return self


class PlantsSpec(Parameters):
    """All plants."""

    file: str = Field(description="CSV `month,NAME,...` with metered kWh of every plant.")
    units: list[PlantSpec] = Field(description="The plants.", min_length=1)


class MarketFile(Parameters):
    """The system marginal price (계통한계가격)."""

    file: str = Field(description="CSV `month,smp_per_kwh`, or hour by hour `start,smp_per_kwh,volume_mwh`.")
    source: str = Field(description="Where the prices come from.")
    certainty: str = Field(
        description="sourced, derived or assumed, with its mark.", pattern="^(sourced|derived|assumed)"
    )


class DaysOrMeter(Parameters):
    """Energy over time: a meter's file, or typical days."""

    meter: str | None = Field(None, description="CSV `start,load_kwh,generation_kwh`.")
    typical_days: str | None = Field(None, description="CSV `months,day_type,start,NAME,...` in kW.")
    column: str | None = Field(None, description="Column of the typical days.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.meter is None) == (self.typical_days is None):
            raise ValueError("give either meter or typical_days")
        if (self.typical_days is None) != (self.column is None):
            raise ValueError("typical_days and column belong together")
        return self


class ParticipantSpec(Parameters):
    """A consumer: its ordinary contract and its green contracts of a year each."""

    name: Name = Field(description="What it is called by.")
    tariff: str = Field(description="Ordinary tariff: a bundled one by name, or a file.")
    contract_kw: float = quantity(unit="kW", description="Contract power the base charge is for.", ge=0)
    use: DaysOrMeter = Field(description="Metered use.")
    declared_kwh: int | list[int] = quantity(
        unit="kWh/month", description="Declared renewable demand: one number, or twelve, January first."
    )
    contracts_from: list[MonthText] = Field(description="First month of each contract of 12 months.", min_length=1)
    paid: dict[MonthText, PaidText] = Field(
        {}, description="Month of a bill -> month it was paid in, or never; others are paid at once."
    )
    retirement: Retirement = Field(Retirement.ON_PAYMENT, description="When paid certificates are retired.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        declared = [self.declared_kwh] if isinstance(self.declared_kwh, int) else self.declared_kwh
        if len(declared) not in {1, 12} or min(declared) < 0:
            raise ValueError("declared_kwh is one number or twelve, none below 0")
        starts = sorted(self.contracts_from)
        if any(later < months_after(earlier, CONTRACT_MONTHS) for earlier, later in pairwise(starts)):
            raise ValueError(f"a contract runs {CONTRACT_MONTHS} months; the next begins after it")
        if early := [str(due) for due, month in self.paid.items() if month is not None and month < due]:
            raise ValueError(f"the bill of {', '.join(early)} cannot be paid before its month")
        return self

    def declared_in(self, month: Month) -> int:
        """Declared kWh of a calendar month."""
        return self.declared_kwh if isinstance(self.declared_kwh, int) else self.declared_kwh[month.month - 1]


class GenerationSpec(Parameters):
    """What a plant of a comparison makes."""

    kw: float = quantity(unit="kW", description="Rated power.", gt=0)
    typical_days: str = Field(description="CSV `months,day_type,start,NAME,...` in kW per rated kW.")
    column: str = Field(description="Its column.")


class SelfGenerationSpec(GenerationSpec):
    """Way 1: an own plant."""

    investment_per_kw: float = quantity(unit="currency/kW", description="Investment.", ge=0)
    upkeep_per_kw_year: float = quantity(unit="currency/kW/year", description="Operation and maintenance.", ge=0)
    life_years: int = quantity(20, unit="year", description="Life.", certainty="assumed", ge=1)
    discount_percent: float = quantity(
        5.0, unit="%/year", description="Interest of the annuity.", certainty="assumed", ge=0
    )


class CertificatesSpec(Parameters):
    """Way 2: certificates apart from the energy."""

    share_percent: float = quantity(unit="%", description="Share of the use.", ge=0, le=100)
    per_kwh: float = quantity(unit="currency/kWh", description="Price of a certificate.", ge=0)


class PpaSpec(GenerationSpec):
    """Way 3: a contract with a plant."""

    form: PpaForm = Field(PpaForm.CFD, description="cfd (difference to the SMP), or physical delivery.")
    strike_per_kwh: float = quantity(unit="currency/kWh", description="Fixed price (계약가격).", ge=0)
    network_per_kwh: float = quantity(0.0, unit="currency/kWh", description="Network, physical delivery.", ge=0)


class HistoricPaths(Parameters):
    """Every whole year of a history that begins in the same calendar month."""

    kind: Literal["historic"]
    file: str = Field(description="CSV `month,smp_per_kwh`.")


class BootstrapPaths(Parameters):
    """The settled year with blocks of a history's month-to-month changes."""

    kind: Literal["bootstrap"]
    file: str = Field(description="CSV `month,smp_per_kwh`.")
    paths: int = Field(1000, description="Number of paths.", ge=20, le=100_000)
    block_months: int = quantity(3, unit="month", description="Length of a block.", certainty="assumed", ge=1)
    seed: int = Field(1, description="Seed of the draws.")


class LognormalPaths(Parameters):
    """Log-normal paths whose mean is the settled year."""

    kind: Literal["lognormal"]
    volatility: float = quantity(
        unit="1", description="Standard deviation of a month's change in the logarithm.", ge=0, le=2
    )
    persistence: float = quantity(1.0, unit="1", description="1 = random walk, 0 = months apart.", ge=0, le=1)
    paths: int = Field(1000, description="Number of paths.", ge=20, le=100_000)
    seed: int = Field(1, description="Seed of the draws.")


class GivenPaths(Parameters):
    """Paths of a table, one a column."""

    kind: Literal["given"]
    file: str = Field(description="CSV `month,NAME,...`, price per kWh.")
    columns: list[str] = Field(description="The paths.", min_length=1)


PathsSpec = Annotated[HistoricPaths | BootstrapPaths | LognormalPaths | GivenPaths, Field(discriminator="kind")]


class ComparisonSpec(Parameters):
    """Table 1 on the load of one participant, over the first year of its contract."""

    participant: Name = Field(description="Whose load.")
    certainty: str = Field(
        description="sourced, derived or assumed: the prices and plants below.", pattern="^(sourced|derived|assumed)"
    )
    self_generation: SelfGenerationSpec | None = Field(None, description="An own plant.")
    certificates: CertificatesSpec | None = Field(None, description="Certificates alone.")
    ppa: PpaSpec | None = Field(None, description="A contract with a plant.")
    smp: PathsSpec = Field(description="Paths of the SMP the yearly cost is taken over.")


class GreenSpec(Parameters):
    """A green tariff to settle."""

    name: Name = Field(description="What it is called by.")
    title: dict[str, str] = Field(description="Language code -> title.")
    timezone: str = Field(description="Zone of the site; its calendar cuts the months.")
    first_month: MonthText = Field(description="First month settled, 2020-07.")
    last_month: MonthText = Field(description="Last month settled.")
    terms: str = Field(description="YAML file with the components of the contract price.")
    market: MarketFile = Field(description="System marginal price.")
    plants: PlantsSpec = Field(description="Plants.")
    participants: list[ParticipantSpec] = Field(description="Consumers.", min_length=1)
    comparison: ComparisonSpec | None = Field(None, description="Four ways to renewable electricity.")

    @property
    def months(self) -> tuple[Month, ...]:
        """Months settled, in order."""
        found = [self.first_month]
        while found[-1] < self.last_month:
            found.append(found[-1].following)
        return tuple(found)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.last_month < self.first_month:
            raise ValueError(f"last_month ({self.last_month}) lies before first_month ({self.first_month})")
        for kind, names in (
            ("plant", [plant.name for plant in self.plants.units]),
            ("participant", [one.name for one in self.participants]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind} {', '.join(twice)} stands there twice")
        for one in self.participants:
            if idle := [str(due) for due in one.paid if due not in self.months]:
                raise ValueError(
                    f"{one.name} has paid: {', '.join(idle)}, but no bill of then: "
                    f"settled are {self.first_month} to {self.last_month}"
                )
        self._check_comparison()
        return self

    def _check_comparison(self) -> None:
        if self.comparison is None:
            return
        known = {one.name: one for one in self.participants}
        name = self.comparison.participant
        if name not in known:
            raise ValueError(f"comparison.participant {name} is none of {', '.join(known)}")
        first = min(known[name].contracts_from)
        last = months_after(first, CONTRACT_MONTHS - 1)
        if first < self.first_month or self.last_month < last:
            raise ValueError(
                f"the comparison needs the first contract of {name} as a whole, {first} to {last}; "
                f"settled are {self.first_month} to {self.last_month}"
            )
