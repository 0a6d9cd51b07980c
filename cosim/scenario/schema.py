"""The closed schema of a scenario file: every key, its type, and the JSON Schema of it all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pydantic import Field, JsonValue

from cosim.limits.spec import LimitsSpec
from cosim.results.expect import ExpectSpec
from cosim.results.record_spec import RecordSpec
from cosim.scenario.keys.arrangement import BalancingSpec, RulesSpec, SelfWheelingSpec
from cosim.scenario.keys.boundaries import BoundarySpec
from cosim.scenario.keys.customers import CustomerSpec
from cosim.scenario.keys.devices import DeviceEntrySpec
from cosim.scenario.keys.ems import ScopeSpec
from cosim.scenario.keys.ensemble import EnsembleSpec
from cosim.scenario.keys.events import EventSpec
from cosim.scenario.keys.loads import LoadSpec
from cosim.scenario.keys.market import Market
from cosim.scenario.keys.relays import RelaySpec
from cosim.scenario.keys.scalars import Name
from cosim.scenario.keys.sections import SectionSpec
from cosim.scenario.keys.settlement import SettlementSpec
from cosim.scenario.keys.timing import TimeSpec
from grids.library.spec import GridSpec
from grids.parameters import Parameters
from simulators.sources.weather_spec import Location, WeatherSpec


class Scenario(Parameters):
    """A study: one file, closed."""

    name: str = Field(description="Short name; run folders are called by it.", pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: dict[str, str] | str = Field("", description="Title, or language code -> title (en, ja).")
    description: str = Field("", description="What is studied.")
    source: str = Field("", description="The document the numbers come from.")
    abstract: bool = Field(False, description="Whether it is only a base for others and cannot be run.")
    tags: list[str] = Field([], description="Words to find it by.")
    extends: str | None = Field(None, description="A file or bundled id this one is laid over.")
    time: TimeSpec = Field(description="Start, length and step of the run.")
    location: Location | None = Field(None, description="Where the study lies (sun, weather).")
    grid: GridSpec = Field(description="The network.")
    sections: dict[Name, SectionSpec] = Field({}, description="Name -> part of the network.")
    boundaries: dict[Name, BoundarySpec] = Field({}, description="Name -> where flows are measured.")
    customers: dict[Name, CustomerSpec] = Field({}, description="Name -> customer.")
    rules: RulesSpec = Field(RulesSpec(), description="Day whose rules apply.")
    balancing: dict[Name, BalancingSpec] = Field({}, description="Name -> group whose half hours are planned.")
    self_wheeling: dict[Name, SelfWheelingSpec] = Field({}, description="Name -> power wheeled to oneself.")
    loads: dict[Name, LoadSpec] = Field({}, description="Name -> demand.")
    devices: dict[Name, DeviceEntrySpec] = Field({}, description="Name -> device.")
    relays: dict[Name, RelaySpec] = Field({}, description="Name -> protection relay.")
    weather: WeatherSpec | None = Field(None, description="Where the weather comes from.")
    market: Market | None = Field(None, description="Prices, tariff, fuel.")
    ems: dict[Name, ScopeSpec] = Field({}, description="Name -> energy management at one metering point.")
    settlement: dict[Name, SettlementSpec] = Field({}, description="Name -> a bill made at the end of the run.")
    events: dict[Name, EventSpec] = Field({}, description="Name -> what happens during the run.")
    ensemble: EnsembleSpec = Field(EnsembleSpec(), description="Many members of this study, and how they differ.")
    limits: LimitsSpec = Field(LimitsSpec(), description="Limits that differ from the defaults.")
    record: RecordSpec = Field(RecordSpec(), description="Which series are kept.")
    expect: ExpectSpec = Field(ExpectSpec(), description="What the study must show.")
    base_case: dict[str, JsonValue] = Field(
        {}, description="Keys laid over this file: the same study without the microgrid."
    )
    variants: dict[Name, dict[str, JsonValue]] = Field({}, description="Name -> keys laid over this file.")

    @property
    def titles(self) -> dict[str, str]:
        """Language code -> title."""
        return {"en": self.title} if isinstance(self.title, str) else dict(self.title)


@lru_cache(maxsize=1)
def _json_schema() -> dict[str, Any]:
    schema = Scenario.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "cosim scenario"}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of scenario files."""
    return _json_schema()
