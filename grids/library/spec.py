"""The scenario's `grid` key: one source of a network, and edits on top of it. Names are mapping keys."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from grids.equipment.tables import svr
from grids.japan.spec import DesignSpec
from grids.library.change_spec import ChangeSpec, ConductorName, PoleSize, PoleTap
from grids.parameters import Parameters, quantity
from grids.regulators.spec import TapChangerSpec


def _known_svr(name: str) -> str:
    return svr(name).name


SvrModel = Annotated[str, AfterValidator(_known_svr)]


class BusSpec(Parameters):
    """A bus."""

    vn_kv: float = quantity(unit="kV", description="Nominal line-to-line voltage, the base of `vm_pu`.", gt=0)


class LineSpec(Parameters):
    """A line (positive sequence, pi model, values per phase): a conductor by name, or its parameters inline.

    A conductor's values are those of one phase; the loop of a single-phase line has twice the impedance.
    """

    from_bus: str = Field(alias="from", description="Bus at the from end.")
    to_bus: str = Field(alias="to", description="Bus at the to end.")
    length_km: float = quantity(unit="km", description="Length.", gt=0)
    conductor: ConductorName | None = Field(
        None, description="Name of a conductor (docs/equipment.md), instead of r, x, c and max_i."
    )
    conductor_degc: float | None = quantity(
        None,
        unit="degC",
        description="Conductor temperature of the resistance; the table's (wire 20, cable 90) if left out.",
        ge=-20,
        le=90,
    )
    r_ohm_per_km: float | None = quantity(None, unit="ohm/km", description="Series resistance.", ge=0)
    x_ohm_per_km: float | None = quantity(None, unit="ohm/km", description="Series reactance.", ge=0)
    c_nf_per_km: float | None = quantity(
        None,
        unit="nF/km",
        description="Charging capacitance; 0 if left out.",
        certainty="assumed: charging neglected",
        ge=0,
    )
    max_i_ka: float | None = quantity(None, unit="kA", description="Rated current of one conductor set.", gt=0)
    parallel: int = quantity(1, unit="1", description="Number of equal parallel systems.", ge=1)

    @model_validator(mode="after")
    def _conductor_or_parameters(self) -> Self:
        needed = ("r_ohm_per_km", "x_ohm_per_km", "max_i_ka")
        given = [name for name in (*needed, "c_nf_per_km") if getattr(self, name) is not None]
        missing = [name for name in needed if name not in given]
        if self.conductor is not None and given:
            raise ValueError(f"conductor {self.conductor} brings {', '.join(given)}; give one or the other")
        if self.conductor is None and self.conductor_degc is not None:
            raise ValueError("conductor_degc belongs to conductor: name the conductor too")
        if self.conductor is None and missing:
            raise ValueError(f"give conductor, or {', '.join(needed)} (missing: {', '.join(missing)})")
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
    """A two-winding transformer: its ratings inline, or a Japanese pole transformer by its size."""

    hv: str = Field(description="Bus at the high-voltage side.")
    lv: str = Field(description="Bus at the low-voltage side.")
    pole_kva: PoleSize | None = quantity(
        None, unit="kVA", description="Pole transformer 6600/210 V of this size, instead of the ratings and `tap`."
    )
    tap_v: PoleTap | None = quantity(
        None, unit="V", description="With `pole_kva`: primary voltage of the tap in use; 6600 if left out."
    )
    sn_kva: float | None = quantity(None, unit="kVA", description="Rated power.", gt=0)
    vn_hv_kv: float | None = quantity(None, unit="kV", description="Rated voltage of the high-voltage winding.", gt=0)
    vn_lv_kv: float | None = quantity(None, unit="kV", description="Rated voltage of the low-voltage winding.", gt=0)
    vk_percent: float | None = quantity(None, unit="%", description="Short-circuit voltage.", gt=0)
    vkr_percent: float | None = quantity(None, unit="%", description="Real part of the short-circuit voltage.", ge=0)
    i0_percent: float | None = quantity(
        None,
        unit="%",
        description="No-load current; 0 if left out.",
        certainty="assumed: magnetising neglected",
        ge=0,
    )
    pfe_kw: float | None = quantity(
        None, unit="kW", description="Iron losses; 0 if left out.", certainty="assumed: iron losses neglected", ge=0
    )
    shift_degree: float = quantity(
        0.0, unit="degree", description="Phase shift, high over low voltage.", certainty="assumed: Yy0"
    )
    parallel: int = quantity(1, unit="1", description="Number of equal parallel transformers.", ge=1)
    tap: TapSpec | None = Field(None, description="Tap changer; without one the ratio is the rated one.")

    @model_validator(mode="after")
    def _pole_or_ratings(self) -> Self:
        needed = ("sn_kva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "vkr_percent")
        given = [name for name in (*needed, "i0_percent", "pfe_kw", "tap") if getattr(self, name) is not None]
        missing = [name for name in needed if name not in given]
        if self.pole_kva is not None and given:
            raise ValueError(f"pole_kva brings {', '.join(given)}; give one or the other")
        if self.pole_kva is None and self.tap_v is not None:
            raise ValueError("tap_v belongs to pole_kva; other transformers have tap")
        if self.pole_kva is None and missing:
            raise ValueError(f"give pole_kva, or {', '.join(needed)} (missing: {', '.join(missing)})")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.hv == self.lv:
            raise ValueError(f"both sides are at bus {self.hv}")
        if self.pole_kva is not None:
            return self
        vk, vkr, hv, lv = self.vk_percent or 0, self.vkr_percent or 0, self.vn_hv_kv or 0, self.vn_lv_kv or 0
        if vkr > vk:
            raise ValueError(f"vkr_percent {vkr} is above vk_percent {vk}")
        if hv < lv:
            raise ValueError(f"vn_hv_kv {hv} is below vn_lv_kv {lv}; swap the sides")
        return self


class SvrSpec(Parameters):
    """A step voltage regulator (自動電圧調整器, SVR): between two buses, or put into a line at one of its ends.

    It becomes a transformer of its name with `from` as high-voltage and `to` as low-voltage side and the taps on `to`,
    the side it regulates; a higher position raises that side. In a line, `to` is where the line's own `to` end is.
    """

    model: SvrModel = Field(description="Name of an SVR (docs/equipment.md).")
    from_bus: str | None = Field(None, alias="from", description="Bus at the supply side.")
    to_bus: str | None = Field(None, alias="to", description="Bus at the regulated side.")
    line: str | None = Field(None, description="The line it is put into.")
    at: Literal["from", "to"] | None = Field(None, description="With `line`: at which of its ends.")
    tap_pos: int = quantity(0, unit="1", description="Position at the start; 0 is 1:1.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = {name for name in ("from_bus", "to_bus", "line", "at") if getattr(self, name) is not None}
        if given not in ({"from_bus", "to_bus"}, {"line", "at"}):
            named = ", ".join(sorted(name.removesuffix("_bus") for name in given)) or "none"
            raise ValueError(f"give from and to, or line and at (given: {named})")
        if self.from_bus is not None and self.from_bus == self.to_bus:
            raise ValueError(f"both sides are at bus {self.from_bus}")
        unit = svr(self.model)
        if not unit.tap_min <= self.tap_pos <= unit.tap_max:
            raise ValueError(f"tap_pos {self.tap_pos} lies outside {unit.tap_min} .. {unit.tap_max} of {unit.name}")
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
    svrs: dict[str, SvrSpec] = Field(default_factory=dict, description="Name -> step voltage regulator.")
    switches: dict[str, SwitchSpec] = Field(default_factory=dict, description="Name -> switch.")
    sources: dict[str, SourceSpec] = Field(default_factory=dict, description="Name -> ideal voltage source.")


class TablesSpec(EditSpec):
    """A whole network written in the scenario."""

    frequency_hz: Literal[50, 60] = quantity(unit="Hz", description="Nominal frequency (line charging depends on it).")


Closed = Annotated[bool, Field(json_schema_extra={"unit": "1", "vary": True})]


class CsvSpec(Parameters):
    """A network in two CSV files (docs/importers.md has the template)."""

    nodes: str = Field(description="CSV file of nodes, relative to this file.")
    branches: str = Field(description="CSV file of branches, relative to this file.")
    frequency_hz: Literal[50, 60] = quantity(unit="Hz", description="Nominal frequency.")


SOURCES = ("tables", "library", "simbench", "pandapower", "matpower", "csv")


class GridSpec(Parameters):
    """Where the network comes from: exactly one source, then edits."""

    tables: TablesSpec | None = Field(None, description="The network, written here.")
    library: str | None = Field(None, description="A preset Japanese feeder (`cosim list --grids`).")
    design: DesignSpec | None = Field(None, description="With `library`: where the feeder differs from the preset.")
    simbench: str | None = Field(None, description="A SimBench code (needs the extra `simbench`).")
    pandapower: str | None = Field(None, description="A pandapower JSON or Excel file, relative to this file.")
    matpower: str | None = Field(None, description="A MATPOWER case (.m), relative to this file.")
    csv: CsvSpec | None = Field(None, description="Two CSV files, nodes and branches.")
    add: EditSpec | None = Field(None, description="Elements added on top of the source.")
    change: ChangeSpec | None = Field(None, description="Elements changed, after `add`.")
    normal: dict[str, Closed] = Field(
        {}, description="Switch of an imported network -> whether it is closed in normal operation."
    )
    regulators: dict[str, TapChangerSpec] = Field(
        default_factory=dict,
        description="Name -> load tap changer's controller; one the library brings for the same transformer gives way.",
    )

    radial: bool | None = Field(
        None, description="Whether it is radial in its normal state; left out, a feeder of the library is."
    )

    @property
    def source(self) -> str:
        """The key that names the source."""
        return next(name for name in SOURCES if getattr(self, name) is not None)

    @property
    def stated_radial(self) -> bool:
        """Whether a loop would be a mistake: stated, or a Japanese feeder of the library."""
        return self.library is not None if self.radial is None else self.radial

    @property
    def files(self) -> tuple[str, ...]:
        """Files the network is read from, as written."""
        csv = () if self.csv is None else (self.csv.nodes, self.csv.branches)
        return tuple(name for name in (self.pandapower, self.matpower, *csv) if name is not None)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(SOURCES)} (given: {', '.join(given) or 'none'})")
        if self.design is not None and self.library is None:
            raise ValueError("design belongs to library: name the preset it changes")
        return self

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        written = [name for part in (self.tables, self.add) if part is not None for name in part.switches]
        if doubled := [name for name in self.normal if name in written]:
            raise ValueError(f"normal is for switches of an imported network; {doubled[0]} has its own key closed")
        if self.change is not None and (doubled := [name for name in self.change.switches if name in self.normal]):
            raise ValueError(f"switch {doubled[0]} stands under normal and under change; give one")
        return self
