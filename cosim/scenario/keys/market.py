"""The key `market`: prices from outside and the tariff at the meter."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from cosim.settlement.tariff import SpotIndexed, TariffSpec
from simulators.sources.market import MarketSpec


class Market(MarketSpec):
    """Prices, fuel and the tariff."""

    tariff: TariffSpec | str | None = Field(
        None, description="What a kWh and a kW cost at the meter: rates, a bundled tariff's name, or a tariff file."
    )

    @model_validator(mode="after")
    def _spot_for_tariff(self) -> Self:
        if isinstance(self.tariff, TariffSpec) and isinstance(self.tariff.energy, SpotIndexed) and self.spot is None:
            raise ValueError("spot is missing: the tariff is spot-indexed")
        return self
