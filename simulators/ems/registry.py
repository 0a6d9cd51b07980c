"""The strategies a scenario may name. A new one is a file beside this and two rows here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from grids.parameters import Parameters
from simulators.ems.contract import Site, Strategy
from simulators.ems.contract_cap import ContractCap, ContractCapSpec
from simulators.ems.export_cap import ExportCap, ExportCapSpec
from simulators.ems.heat_led import HeatLed, HeatLedSpec
from simulators.ems.price_led import PriceLed, PriceLedSpec
from simulators.ems.self_consumption import SelfConsumption, SelfConsumptionSpec

StrategySpec = Annotated[
    ExportCapSpec | ContractCapSpec | SelfConsumptionSpec | PriceLedSpec | HeatLedSpec, Field(discriminator="kind")
]


class Builder(Protocol):
    """Makes a strategy of its specs, one a member or one for all; ValueError where something is missing."""

    def __call__(self, specs: Sequence[Any], site: Site) -> Strategy:
        """The strategy."""
        ...


BUILDERS: dict[type[Parameters], Builder] = {
    ExportCapSpec: ExportCap.of,
    ContractCapSpec: ContractCap.of,
    SelfConsumptionSpec: SelfConsumption.of,
    PriceLedSpec: PriceLed.of,
    HeatLedSpec: HeatLed.of,
}
