"""The key `settlement`: what is billed at the end of a run, by which tariff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from cosim.rules.forms import FORMS
from cosim.rules.terms import Supply
from cosim.scenario.keys.scalars import Name
from cosim.settlement.terms import Credit, Method, Surplus
from grids.parameters import Parameters, quantity

OF_JAPAN = ("contract_kw", "previous_max_kw", "power_factor_percent")
OF_NET_METERING = ("method", "credit", "surplus", "purchase_price_per_kwh", "cycle_months")
COMPARED = tuple(  # forms of whole communities; one's own consumption has no other customers
    form.id for form in FORMS.values() if form.supply not in {Supply.OWN, Supply.SELF_WHEELING} and form.until is None
)
TariffNames = str | dict[Name, str]


class ImbalanceSpec(Parameters):
    """What a kWh beyond or below the plan costs: a price, or the spot price times a factor up to the cap of the day."""

    per_kwh: float | None = quantity(None, unit="currency/kWh", description="The price.")
    spot_factor: float | None = quantity(
        None,
        unit="1",
        description="What the utility's balancing energy costs over spot; assumed, none is published.",
        gt=0,
    )
    transitional: bool = Field(False, description="With spot_factor: the lower cap of the transition holds.")

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.per_kwh is None) == (self.spot_factor is None):
            raise ValueError("give per_kwh or spot_factor, one of them")
        if self.transitional and self.spot_factor is None:
            raise ValueError("transitional is a cap on spot_factor: it does not go with per_kwh")
        return self


class FormsSpec(Parameters):
    """The community behind a metering point billed under several supply forms, from the same half hours."""

    compare: list[str] = Field(
        description="Supply forms, as specified_transmission, existing_line_microgrid, distribution_licence.",
        min_length=1,
    )
    retail: TariffNames = Field(description="Tariff of the customers' retailers: one for all, or customer -> tariff.")
    own_price: TariffNames | None = Field(
        None, description="Price of an operator with wires of his own; left out = that of the retailers."
    )
    wheeling: TariffNames | None = Field(
        None, description="Wheeling tariff of the wires customers are reached over: one, or customer -> tariff."
    )
    upstream: str | None = Field(None, description="Wheeling tariff a licensee pays the utility at the edge.")

    imbalance: ImbalanceSpec | None = Field(
        None, description="Price of the operator's imbalance; left out = not priced."
    )
    contracts: dict[Name, Annotated[int, Field(ge=1)]] = Field(
        {}, description="Customer -> number of equal contracts it stands for, as the homes of a pole; left out = 1."
    )
    contract_kw: dict[Name, Annotated[float, Field(gt=0)]] = quantity(
        {},
        unit="kW",
        description="Customer -> agreed contract power of each of its contracts (kVA where the tariff counts these).",
    )

    @model_validator(mode="after")
    def _known_forms(self) -> Self:
        if unknown := [form for form in self.compare if form not in COMPARED]:
            raise ValueError(f"form {unknown[0]!r} cannot be compared; these can: {', '.join(COMPARED)}")
        return self

    def tariffs(self) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """(keys it stands under, customer or "", tariff) of every tariff named."""
        for key in ("retail", "own_price", "wheeling", "upstream"):
            given = getattr(self, key)
            if isinstance(given, dict):
                yield from (((key, customer), customer, tariff) for customer, tariff in given.items())
            elif given is not None:
                yield (key,), "", given


class SettlementSpec(Parameters):
    """One bill: a metering point, a tariff, and what they leave open."""

    boundary: Name | None = Field(None, description="Metering point (boundary of kind pcc); left out = the only one.")
    tariff: str | None = Field(
        None, description="A bundled tariff's name or a tariff file; left out = market.tariff, which the EMS plans by."
    )
    contract_kw: float | None = quantity(
        None, unit="kW", description="Japan: agreed contract power; left out = measured, the highest half hour.", gt=0
    )
    previous_max_kw: float | None = quantity(
        None, unit="kW", description="Japan: highest half hour of the eleven months before the run.", ge=0
    )
    power_factor_percent: int | None = quantity(
        None, unit="%", description="Japan: power factor of the bill; left out = as metered.", gt=0, le=100
    )
    method: Method = Field(Method.NET_METERING, description="Net metering: how use and generation are set off.")
    credit: Credit = Field(Credit.REVERSE_BLOCK, description="Net metering: at which price generation is credited.")
    surplus: Surplus = Field(Surplus.PURCHASE, description="Net metering: what becomes of generation beyond the use.")
    purchase_price_per_kwh: float | None = quantity(
        None, unit="currency/kWh", description="Net metering: what surplus is bought at; left out = the tariff's.", ge=0
    )
    cycle_months: int = quantity(
        12, unit="month", description="Net metering: length of a cycle of surplus: step.", ge=1, le=12
    )
    forms: FormsSpec | None = Field(None, description="The community behind the point under several supply forms.")
