"""The key `loads`: demand."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity
from simulators.sources.profiles import NoiseSpec, ProfileSpec, Shaping


class ProfileLoad(Shaping):
    """Demand that follows a profile, at one bus or the same at each of several."""

    kind: Literal["profile"] = "profile"
    bus: Name | None = Field(None, description="Bus it is connected to.")
    buses: list[Name] | None = Field(None, description="Buses, one unit each.", min_length=1)
    profile: ProfileSpec = Field(description="The demand over time.")
    power_factor: float = quantity(
        0.95, unit="1", description="Lagging power factor.", vary=True, certainty="assumed", gt=0, le=1
    )
    calendar: Name | None = Field(None, description="Customer whose calendar it follows.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.bus is None) == (self.buses is None):
            raise ValueError("give either bus or buses")
        return self

    @property
    def placed(self) -> tuple[str, ...]:
        """The bus of each unit."""
        return (self.bus,) if self.bus is not None else tuple(self.buses or ())


class NetworkLoads(Parameters):
    """Loads of a network, each with its own profile, or all with one shape times their own power."""

    kind: Literal["network"]
    type: Name | None = Field(None, description="Only loads of this type; all if left out.")
    profile: ProfileSpec | None = Field(
        None, description="Shape over time in pu of each load's own power; left out = the network's profiles or values."
    )
    exclude: list[Name] = Field([], description="Names of loads of the network to leave out.")
    scale: float = quantity(1.0, unit="1", description="Factor on the demand of every load.", vary=True, ge=0)
    noise: NoiseSpec | None = Field(None, description="Random deviation from the profiles, each load its own.")


def _kind(value: Any) -> str:
    return str(value.get("kind", "profile") if isinstance(value, dict) else getattr(value, "kind", "profile"))


LoadSpec = Annotated[
    Annotated[ProfileLoad, Tag("profile")] | Annotated[NetworkLoads, Tag("network")], Discriminator(_kind)
]
