"""The strategies a scenario may name. A new one is a file beside this and a row here."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulators.ems.contract_cap import ContractCapSpec
from simulators.ems.export_cap import ExportCapSpec
from simulators.ems.heat_led import HeatLedSpec
from simulators.ems.price_led import PriceLedSpec
from simulators.ems.self_consumption import SelfConsumptionSpec

StrategySpec = Annotated[
    ExportCapSpec | ContractCapSpec | SelfConsumptionSpec | PriceLedSpec | HeatLedSpec, Field(discriminator="kind")
]
