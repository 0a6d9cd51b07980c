"""How a Japanese feeder is designed: the scenario's `grid.design`.

A `Design` is complete: every preset is one (`grids.japan.presets`). The scenario's `DesignSpec` has the same fields,
all of them optional; what it leaves out is the preset's. Numbers chosen here or in a preset are marked *assumed*.
"""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grids.japan.partial import optional
from grids.low_voltage import LowVoltageDepth
from grids.parameters import Parameters, quantity
from grids.regulators.spec import ControlSpec, TapChangerSpec

Conductors = Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class ControlDesign(ControlSpec):
    """How a tap changer is set; it holds the 6.6 kV side towards the feeder's end (see `grid.regulators`)."""

    def for_trafo(self, trafo: str) -> TapChangerSpec:
        """The controller of that transformer, on its low-voltage side."""
        names = set(ControlSpec.model_fields)
        return TapChangerSpec(trafo=trafo, side="lv", **{name: getattr(self, name) for name in names})


class SvrDesign(ControlDesign):
    """A step voltage regulator (SVR, 自動電圧調整器) in a trunk."""

    feeder: int = quantity(1, unit="1", description="Feeder it is in; 1 is the study feeder.", ge=1)
    at: str = Field(
        pattern=r"^[ns][1-9][0-9]*$",
        description="Just before a trunk node (`n12`) or the first node of a section (`s3`).",
    )
    model: str = Field("SVR-3000", description="Model in the equipment tables.")
    delay_s: float = quantity(
        90.0,
        unit="s",
        description="How long the voltage stays outside the dead band before a tap moves.",
        certainty="assumed: facts.md 1.4 gives 90, a second one downstream 120 [U]",
        gt=0,
    )


class BankDesign(Parameters):
    """The bank transformer (配電用変電所のバンク) and its load tap changer (LRT)."""

    sn_mva: float = quantity(unit="MVA", description="Rated power, one of the equipment tables.", gt=0)
    vn_hv_kv: Literal[66, 77] = quantity(unit="kV", description="Rated voltage of its high-voltage side.")
    source_vm_pu: float = quantity(
        1.0, unit="pu", description="Voltage of the ideal source above it.", certainty="assumed", gt=0.8, lt=1.2
    )
    lrt: ControlDesign = Field(description="How its load tap changer is set.")


class TrunkDesign(Parameters):
    """The trunk (幹線) of every feeder."""

    km: float = quantity(unit="km", description="Length from the busbar to its last node.", gt=0, le=40)
    nodes: int = quantity(unit="1", description="Nodes of the study feeder's trunk, evenly spaced.", ge=1, le=200)
    sections: int = quantity(
        unit="1",
        description="Sections between automatic sectionalisers (自動開閉器); the first begins at the breaker.",
        ge=1,
    )
    conductors: Conductors = Field(description="Conductors from the busbar outwards, each for an equal part.")


class LateralDesign(Parameters):
    """Laterals (分岐線) of the study feeder, evenly spread along the trunk, to either side in turn."""

    count: int = quantity(unit="1", description="Number of laterals.", ge=0, le=100)
    km: float = quantity(unit="km", description="Length of each.", gt=0, le=20)
    nodes: int = quantity(unit="1", description="Nodes on each, evenly spaced.", ge=1, le=50)
    conductor: str = Field(description="Conductor in the equipment tables.")


class NeighbourDesign(Parameters):
    """The other feeders of the bank: trunk and lumped demand, no low voltage."""

    nodes: int = quantity(4, unit="1", description="Nodes of each trunk.", certainty="assumed", ge=1, le=50)
    demand_share: float = quantity(
        1.0, unit="1", description="Peak demand of each over that of the study feeder.", certainty="assumed", ge=0, le=5
    )
    pv_share: float = quantity(
        1.0,
        unit="1",
        description="PV penetration of each over that of the study feeder.",
        certainty="assumed",
        ge=0,
        le=5,
    )


class HvCustomerDesign(Parameters):
    """A high-voltage customer (高圧需要家) on a bus of its own behind an incomer switch."""

    kw: float = quantity(unit="kW", description="Annual peak demand; 0 leaves the customer out.", ge=0, le=2000)
    at: int = quantity(unit="1", description="Trunk node it is connected to.", ge=1)
    type: str = Field("factory", description="What its load is of: the `type` of the network's load.")
    power_factor: float = quantity(
        0.98, unit="1", description="Lagging power factor at its peak.", certainty="assumed", gt=0, le=1
    )
    service_m: float = quantity(
        50.0, unit="m", description="Length of its incoming cable.", certainty="assumed", gt=0, le=5000
    )
    conductor: str = Field("CVT-38", description="Its incoming cable in the equipment tables.")


class PoleDesign(Parameters):
    """Pole transformers (柱上変圧器): one at every node of the study feeder, in a fixed cycle outwards."""

    sizes_kva: Annotated[tuple[float, ...], Field(min_length=1, max_length=20)] = quantity(
        unit="kVA", description="Ratings in turn, each one of the equipment tables."
    )
    homes: Annotated[tuple[Annotated[int, Field(ge=0, le=100)], ...], Field(min_length=1, max_length=20)] = quantity(
        unit="1", description="Homes behind each, in the same turn."
    )
    shop_every: int = quantity(unit="1", description="Every so many poles there is a shop; 0 = none.", ge=0)
    shop_kw: float = quantity(unit="kW", description="Demand of a shop at the annual peak.", ge=0, le=50)


class HomeDesign(Parameters):
    """A home."""

    kw: float = quantity(
        unit="kW", description="Demand at the annual peak of the feeder, after diversity.", ge=0, le=20
    )
    power_factor: float = quantity(
        0.95, unit="1", description="Lagging, homes and shops.", certainty="assumed", gt=0, le=1
    )
    share_200v: float = quantity(
        0.3, unit="1", description="Part of the demand on 200 V.", certainty="assumed", ge=0, le=1
    )
    heavy_leg: float = quantity(
        0.6,
        unit="1",
        description="Part of the 100 V demand on the heavier leg, which is a and b in turn.",
        certainty="assumed",
        ge=0.5,
        le=1,
    )


class MainsDesign(Parameters):
    """Low-voltage mains, services and house wiring behind every pole transformer (depth `full`)."""

    conductor: str = Field(description="Main in the equipment tables.")
    spans: int = quantity(2, unit="1", description="Spans of each of the two arms.", certainty="assumed", ge=1, le=20)
    span_m: float = quantity(unit="m", description="Length of a span.", gt=0, le=200)
    service_conductor: str = Field("DV-14", description="Service drop (引込線) in the equipment tables.")
    service_m: float = quantity(
        25.0, unit="m", description="Length of a service drop.", certainty="assumed", gt=0, le=200
    )
    house_conductor: str = Field("DV-8", description="Wiring from the supply point to a PCS, taken as this wire.")
    house_m: float = quantity(15.0, unit="m", description="Its length.", certainty="assumed", gt=0, le=200)


class PvDesign(Parameters):
    """Photovoltaics on homes: two of the three figures, the third follows."""

    penetration: float | None = quantity(
        None, unit="1", description="PV AC rating of the feeder over its annual peak demand.", ge=0, le=10
    )
    share_of_homes: float | None = quantity(None, unit="1", description="Homes with PV over all homes.", ge=0, le=1)
    kw_per_home: float | None = quantity(None, unit="kW", description="AC rating of a home's PV.", gt=0, le=50)


class TapDesign(Parameters):
    """How the off-load taps of the pole transformers are chosen: one position for the whole year."""

    drop_v: float = quantity(
        6.0,
        unit="V",
        description="Leg drop from the transformer's 6.6 kV side to the last customer at the peak.",
        certainty="assumed: facts.md 1.3 [A]",
        ge=0,
        le=20,
    )
    rise_v: float = quantity(
        2.0,
        unit="V",
        description="Leg rise the same way at full reverse flow of PV.",
        certainty="assumed: facts.md 1.3 [A]",
        ge=0,
        le=20,
    )
    transformer_share: float = quantity(
        1 / 3,
        unit="1",
        description="Part of drop and rise inside the pole transformer.",
        certainty="derived: 2-2.5 V of 6-8 V, facts.md 1.3 [U]",
        ge=0,
        le=1,
    )
    light_share: float = quantity(
        0.25, unit="1", description="Light load over the annual peak.", certainty="assumed", ge=0, le=1
    )
    heavy_at: time = quantity(
        time(18, 0), unit="", description="Time of day of the annual peak, for program control.", certainty="assumed"
    )
    light_at: time = quantity(
        time(3, 0), unit="", description="Time of day of light load, for program control.", certainty="assumed"
    )
    with_pv: bool = quantity(
        False,
        unit="1",
        description="Whether all PV injects its full rating in the light-load case.",
        certainty="assumed: taps older than the PV",
    )
    fixed_v: float | None = quantity(None, unit="V", description="One tap for every pole instead, e.g. 6600.")


class Centre(Parameters):
    """Where the bank stands on the map; the plan around it is invented."""

    latitude: float = quantity(unit="degree", description="North positive.", ge=-85, le=85)
    longitude: float = quantity(unit="degree", description="East positive.", ge=-180, le=180)


class Design(Parameters):
    """Everything that makes a feeder; field by field what a preset must say."""

    frequency_hz: Literal[50, 60] = quantity(unit="Hz", description="Nominal frequency; decides reactances.")
    centre: Centre = Field(description="Where the bank or station stands on the map.")
    source: Literal["substation", "diesel_station"] = Field(
        "substation",
        description="A bank under 66 or 77 kV, or an island's diesel station (内燃力発電所) on the busbar.",
    )
    bank: BankDesign = Field(description="With `source: substation`.")
    station_v: float = quantity(
        6600.0,
        unit="V",
        description="Line voltage that a diesel station holds on its busbar.",
        certainty="assumed",
        ge=6000,
        le=7200,
    )
    feeders: int = quantity(unit="1", description="Feeders of the bank; number 1 is the study feeder.", ge=1, le=8)
    trunk: TrunkDesign = Field(description="Trunk of every feeder.")
    laterals: LateralDesign = Field(description="Laterals of the study feeder.")
    neighbours: NeighbourDesign = Field(description="The other feeders.")
    ties: int = quantity(
        unit="1", description="Normally-open ties (連系開閉器) from the study feeder, each to another feeder.", ge=0
    )
    svrs: dict[Name, SvrDesign] = Field(default_factory=dict, description="Name -> step voltage regulator.")
    hv_customers: dict[Name, HvCustomerDesign] = Field(
        default_factory=dict, description="Name -> high-voltage customer of the study feeder."
    )
    poles: PoleDesign = Field(description="Pole transformers.")
    homes: HomeDesign = Field(description="Homes.")
    low_voltage: LowVoltageDepth = Field(
        LowVoltageDepth.EQUIVALENT, description="How far the network reaches below 6.6 kV."
    )
    mains: MainsDesign = Field(description="Low-voltage wires.")
    pv: PvDesign = Field(description="Photovoltaics on homes.")
    taps: TapDesign = Field(description="Pole taps.")


if TYPE_CHECKING:
    DesignSpec = Design
else:
    DesignSpec = optional(Design, "DesignSpec")
    DesignSpec.__doc__ = "Where the feeder differs from its preset; what is left out is the preset's."
