"""The key `devices`: the union of the device kinds' parameters, each with where it stands and what drives it.

The parameters come from the registry, further keys from the ports a kind reads; only what drives a source that has
no physics of its own (`generation`) is said here.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, create_model, model_validator

from cosim.rules.terms import Scheme
from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity
from grids.regulators.control_spec import VoltageControlSpec
from simulators.models.contract import DeviceSpec
from simulators.models.generation import Generation
from simulators.models.registry import KINDS
from simulators.ports import HEAT_DEMAND, HEAT_ENABLED, P_AVAILABLE
from simulators.sources.profiles import ProfileSpec


class Placement(Parameters):
    """Where an entry stands: `count` equal units at one bus, or one unit at each of several buses."""

    kind: str
    bus: Name | None = Field(None, description="Bus it is connected to.")
    buses: list[Name] | None = Field(None, description="Buses, one unit each.", min_length=1)
    count: int | None = Field(None, description="Number of equal units at `bus`; with `buses`, as many.", ge=1)
    scheme: Scheme = Field(
        Scheme.NONE, description="What its power is sold under: none, fit (feed-in tariff) or fip (premium)."
    )

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if self.from_network:
            if self.bus is not None or self.buses is not None or self.count is not None:
                raise ValueError("network: true takes the buses from the network; leave out bus, buses and count")
        elif (self.bus is None) == (self.buses is None):
            raise ValueError("give either bus or buses")
        elif self.buses is not None and self.count not in {None, len(self.buses)}:
            raise ValueError(f"count {self.count} does not fit {len(self.buses)} buses; leave count out")
        return self

    @property
    def from_network(self) -> bool:
        """Whether the units are those of the imported network."""
        return bool(getattr(self, "network", False))

    @property
    def placed(self) -> tuple[str, ...]:
        """The bus of each unit; empty where the network says it."""
        if self.bus is not None:
            return (self.bus,) * (self.count or 1)
        return tuple(self.buses or ())


class VoltageControlled(Parameters):
    """Key of a kind whose inverter can help to hold the voltage."""

    voltage_control: VoltageControlSpec | None = Field(
        None, description="How it follows the voltage; left out = constant power factor."
    )


class HeatDriven(Parameters):
    """Key of a kind that serves heat."""

    heat_demand: ProfileSpec = Field(description="Heat asked of the plant, for the entry as a whole.")


class CalendarDriven(Parameters):
    """Key of a kind whose heat follows a facility's opening."""

    calendar: Name | None = Field(None, description="Customer whose calendar says when heat may be made.")


class NetworkPlaced(Parameters):
    """Keys of a kind that may stand for the static generators of a network."""

    network: bool = Field(False, description="Stand for the static generators of the network, each with its rating.")
    type: Name | None = Field(None, description="With `network`: only generators of this type.")
    exclude: list[Name] = Field([], description="With `network`: names of static generators to leave out.")
    scale: float = quantity(
        1.0, unit="1", description="With `network`: factor on what every generator could give.", vary=True, ge=0
    )

    @model_validator(mode="after")
    def _belongs_to_network(self) -> Self:
        if self.network:
            return self
        if getattr(self, "power_kw", 0.0) is None:
            raise ValueError("power_kw is missing: the rated power")
        if self.exclude or self.type is not None:
            raise ValueError("type and exclude belong to network: true")
        if "scale" in self.model_fields_set:
            raise ValueError("scale belongs to network: true; a profile has its own scale")
        return self


class ProfileDriven(NetworkPlaced):
    """Keys of a kind whose output follows a profile."""

    profile: ProfileSpec | None = Field(None, description="What it could give over time, per unit.")

    @model_validator(mode="after")
    def _has_a_profile(self) -> Self:
        if self.network and self.profile is not None:
            raise ValueError("network: true brings the profiles; leave out profile")
        if not self.network and self.profile is None:
            raise ValueError("profile is missing: what it could give over time")
        return self


# the key a driver port asks for; what comes from weather or market needs none
_DRIVEN: dict[str, type[Parameters]] = {HEAT_DEMAND: HeatDriven, HEAT_ENABLED: CalendarDriven}
_SERIES_DRIVEN = frozenset({Generation.spec.kind})  # what it could give is a profile, not computed from the weather


def needs_weather(kind: str) -> bool:
    """Whether what a kind could give is computed from the weather."""
    return P_AVAILABLE in KINDS[kind].drivers and kind not in _SERIES_DRIVEN


def _entry(spec: DeviceSpec) -> type[Placement]:
    """The scenario entry of a kind: placement, physics and drivers in one flat mapping."""
    drivers: list[type[Any]] = [_DRIVEN[port] for port in spec.drivers if port in _DRIVEN]
    if spec.kind in _SERIES_DRIVEN:
        drivers.append(ProfileDriven)
    elif P_AVAILABLE in spec.drivers:
        drivers.append(NetworkPlaced)
    if spec.inverter:
        drivers.append(VoltageControlled)
    bases: tuple[type[Any], ...] = (Placement, *drivers, spec.parameters)
    kind: Any = Literal[spec.kind]
    name = f"{spec.parameters.__name__.removesuffix('Parameters')}Entry"
    return create_model(name, __base__=bases, __doc__=spec.parameters.__doc__, kind=(kind, ...))


ENTRIES: dict[str, type[Placement]] = {kind: _entry(spec) for kind, spec in KINDS.items()}
if TYPE_CHECKING:
    DeviceEntrySpec = Any  # the union is made from the registry: its fields are known only at run time
else:
    DeviceEntrySpec = Annotated[reduce(or_, ENTRIES.values()), Field(discriminator="kind")]
