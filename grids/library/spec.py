"""The scenario's `grid` key: one source of a network, and edits on top of it. Names are mapping keys."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from grids.parameters import Parameters, quantity


class BusSpec(Parameters):
    """A bus."""

    vn_kv: float = quantity(unit="kV", description="Nominal line-to-line voltage, the base of `vm_pu`.", gt=0)


class LineSpec(Parameters):
    """A line with inline parameters (positive sequence, pi model)."""

    from_bus: str = Field(alias="from", description="Bus at the from end.")
    to_bus: str = Field(alias="to", description="Bus at the to end.")
    length_km: float = quantity(unit="km", description="Length.", gt=0)
    r_ohm_per_km: float = quantity(unit="ohm/km", description="Series resistance.", ge=0)
    x_ohm_per_km: float = quantity(unit="ohm/km", description="Series reactance.", ge=0)
    c_nf_per_km: float = quantity(
        0.0, unit="nF/km", description="Charging capacitance.", certainty="assumed: charging neglected", ge=0
    )
    max_i_ka: float = quantity(unit="kA", description="Rated current of one conductor set.", gt=0)
    parallel: int = quantity(1, unit="1", description="Number of equal parallel systems.", ge=1)

    @model_validator(mode="after")
    def _has_impedance(self) -> Self:
        if self.r_ohm_per_km == 0 and self.x_ohm_per_km == 0:
            raise ValueError("a line needs a series impedance; join two buses without one by a switch")
        if self.from_bus == self.to_bus:
            raise ValueError(f"both ends are at bus {self.from_bus}")
        return self


class TapSpec(Parameters):
    """A ratio tap changer; the voltage of `side` rises by `step_percent` of its rated voltage a position."""

    side: Literal["hv", "lv"] = Field("hv", description="Winding with the taps.")
    min: int = quantity(unit="1", description="Lowest position.")
    max: int = quantity(unit="1", description="Highest position.")
    neutral: int = quantity(0, unit="1", description="Position with the rated ratio.")
    step_percent: float = quantity(unit="%", description="Ratio change per position.", gt=0)
    pos: int | None = quantity(None, unit="1", description="Position at the start; the neutral one if left out.")

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        for name, value in (("neutral", self.neutral), ("pos", self.position)):
            if not self.min <= value <= self.max:
                raise ValueError(f"{name} {value} lies outside min {self.min} .. max {self.max}")
        return self

    @property
    def position(self) -> int:
        """Position at the start."""
        return self.neutral if self.pos is None else self.pos


class TrafoSpec(Parameters):
    """A two-winding transformer."""

    hv: str = Field(description="Bus at the high-voltage side.")
    lv: str = Field(description="Bus at the low-voltage side.")
    sn_kva: float = quantity(unit="kVA", description="Rated power.", gt=0)
    vn_hv_kv: float = quantity(unit="kV", description="Rated voltage of the high-voltage winding.", gt=0)
    vn_lv_kv: float = quantity(unit="kV", description="Rated voltage of the low-voltage winding.", gt=0)
    vk_percent: float = quantity(unit="%", description="Short-circuit voltage.", gt=0)
    vkr_percent: float = quantity(unit="%", description="Real part of the short-circuit voltage.", ge=0)
    i0_percent: float = quantity(
        0.0, unit="%", description="No-load current.", certainty="assumed: magnetising neglected", ge=0
    )
    pfe_kw: float = quantity(
        0.0, unit="kW", description="Iron losses.", certainty="assumed: iron losses neglected", ge=0
    )
    shift_degree: float = quantity(
        0.0, unit="degree", description="Phase shift, high over low voltage.", certainty="assumed: Yy0"
    )
    parallel: int = quantity(1, unit="1", description="Number of equal parallel transformers.", ge=1)
    tap: TapSpec | None = Field(None, description="Tap changer; without one the ratio is the rated one.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.vkr_percent > self.vk_percent:
            raise ValueError(f"vkr_percent {self.vkr_percent} is above vk_percent {self.vk_percent}")
        if self.vn_hv_kv < self.vn_lv_kv:
            raise ValueError(f"vn_hv_kv {self.vn_hv_kv} is below vn_lv_kv {self.vn_lv_kv}; swap the sides")
        if self.hv == self.lv:
            raise ValueError(f"both sides are at bus {self.hv}")
        return self


class SwitchSpec(Parameters):
    """A switch between two buses, or at the end of a line or transformer that sits at `bus`."""

    bus: str = Field(description="Bus the switch sits at.")
    to_bus: str | None = Field(None, description="The other bus, for a switch between two buses.")
    line: str | None = Field(None, description="The line, for a switch at its end at `bus`.")
    trafo: str | None = Field(None, description="The transformer, for a switch at its side at `bus`.")
    closed: bool = quantity(True, unit="1", description="Normal state.", vary=True)

    @model_validator(mode="after")
    def _one_element(self) -> Self:
        given = [name for name in ("to_bus", "line", "trafo") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of to_bus, line, trafo (given: {', '.join(given) or 'none'})")
        if self.bus == self.to_bus:
            raise ValueError(f"both ends are at bus {self.bus}")
        return self


class SourceSpec(Parameters):
    """An ideal voltage source: the upstream network."""

    bus: str = Field(description="Bus the source holds.")
    vm_pu: float = quantity(1.0, unit="pu", description="Voltage it holds.", certainty="assumed", gt=0, lt=2)


class EditSpec(Parameters):
    """Elements added to a network."""

    buses: dict[str, BusSpec] = Field(default_factory=dict, description="Name -> bus.")
    lines: dict[str, LineSpec] = Field(default_factory=dict, description="Name -> line.")
    trafos: dict[str, TrafoSpec] = Field(default_factory=dict, description="Name -> two-winding transformer.")
    switches: dict[str, SwitchSpec] = Field(default_factory=dict, description="Name -> switch.")
    sources: dict[str, SourceSpec] = Field(default_factory=dict, description="Name -> ideal voltage source.")


class TablesSpec(EditSpec):
    """A whole network written in the scenario."""

    frequency_hz: Literal[50, 60] = quantity(unit="Hz", description="Nominal frequency (line charging depends on it).")


Closed = Annotated[bool, Field(json_schema_extra={"unit": "1", "vary": True})]


class GridSpec(Parameters):
    """Where the network comes from: exactly one source, then edits."""

    tables: TablesSpec | None = Field(None, description="The network, written here.")
    simbench: str | None = Field(None, description="A SimBench code (needs the extra `simbench`).")
    pandapower: str | None = Field(None, description="A pandapower JSON file, relative to this file.")
    add: EditSpec | None = Field(None, description="Elements added on top of the source.")
    normal: dict[str, Closed] = Field(
        {}, description="Switch of an imported network -> whether it is closed in normal operation."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in ("tables", "simbench", "pandapower") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of tables, simbench, pandapower (given: {', '.join(given) or 'none'})")
        return self

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        written = [name for part in (self.tables, self.add) if part is not None for name in part.switches]
        if doubled := [name for name in self.normal if name in written]:
            raise ValueError(f"normal is for switches of an imported network; {doubled[0]} has its own key closed")
        return self
