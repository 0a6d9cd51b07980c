"""What a green kWh costs: the dated components of the contract price, and the price of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from cosim.settlement.dated_rates import Span, in_force, must_not_overlap
from cosim.settlement.meter import Month
from cosim.settlement.money import Rounding, RoundingMode, rate
from grids.parameters import Parameters, quantity


class GreenRates(Span):
    """What comes on top of the market price, from one day to another."""

    network_per_kwh: float = quantity(unit="currency/kWh", description="Use of the network.", ge=0)
    margin_per_kwh: float = quantity(unit="currency/kWh", description="The utility's costs and return.", ge=0)
    certificate_per_kwh: float = quantity(
        unit="currency/kWh", description="Costs of the certificates, and what they add to renewable investment.", ge=0
    )


class GreenTerms(Parameters):
    """The standard contract of a green tariff: one price for all participants."""

    name: str = Field(description="What it is called by.", pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: dict[str, str] = Field(description="Language code -> title.")
    currency: str = Field(description="Currency of every price.", pattern=r"^[A-Z]{3}$")
    price_rounding: Rounding = Field(
        Rounding(digits=2, mode=RoundingMode.HALF_UP), description="How the weighted market price is rounded."
    )
    rounding: Rounding = Field(Rounding(), description="How amounts are rounded.")
    source: str = Field(description="Where the components come from.")
    certainty: str = Field(
        description="sourced, derived or assumed, with its mark.", pattern="^(sourced|derived|assumed)"
    )
    periods: list[GreenRates] = Field(description="Components by time.", min_length=1)

    @model_validator(mode="after")
    def _one_at_a_time(self) -> Self:
        must_not_overlap(self.periods)
        return self


@dataclass(frozen=True, slots=True)
class ContractPrice:
    """The green contract price (녹색전력 계약단가) of a month and what it is made of, per kWh."""

    month: Month
    smp: Decimal  # weighted system marginal price (월 가중평균 SMP)
    network: Decimal
    margin: Decimal
    certificate: Decimal

    @property
    def per_kwh(self) -> Decimal:
        """p_m = SMP + n + r + c (facts.md 7.3 [D])."""
        return self.smp + self.network + self.margin + self.certificate


def contract_price(terms: GreenTerms, month: Month, smp: Decimal) -> ContractPrice:
    """The price of a month from its weighted SMP; the components are those of its first day.

    Raises:
        UsageError: the terms have no components for that day.
    """
    rates = in_force(terms.periods, date(month.year, month.month, 1), f"green terms {terms.name}")
    return ContractPrice(
        month=month,
        smp=terms.price_rounding.apply(smp),
        network=rate(rates.network_per_kwh),
        margin=rate(rates.margin_per_kwh),
        certificate=rate(rates.certificate_per_kwh),
    )
