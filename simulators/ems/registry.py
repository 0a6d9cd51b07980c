"""Every strategy the scenario can name. A new strategy is a new file and a row here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from grids.parameters import Parameters
from simulators.ems.contract_cap import ContractCapSpec
from simulators.ems.export_cap import ExportCapSpec
from simulators.ems.heat_led import HeatLedSpec
from simulators.ems.price_led import PriceLedSpec
from simulators.ems.self_consumption import SelfConsumptionSpec

STRATEGIES: dict[str, type[Parameters]] = {
    "contract-cap": ContractCapSpec,
    "export-cap": ExportCapSpec,
    "heat-led": HeatLedSpec,
    "price-led": PriceLedSpec,
    "self-consumption": SelfConsumptionSpec,
}

StrategySpec = Annotated[
    ContractCapSpec | ExportCapSpec | HeatLedSpec | PriceLedSpec | SelfConsumptionSpec, Field(discriminator="kind")
]
