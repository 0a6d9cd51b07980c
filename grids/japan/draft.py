"""A network while it is being drawn: rows by name, made into a pandapower network all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grids.empty import empty_network
from grids.equipment.tables import Conductor
from grids.japan.plan import Point

if TYPE_CHECKING:
    from pandapower import pandapowerNet

LOOP = 2.0  # wires of a single-phase loop in series
SQRT3 = 3.0**0.5
TAP_COLUMNS = ("tap_side", "tap_min", "tap_max", "tap_neutral", "tap_pos", "tap_step_percent", "tap_changer_type")


@dataclass(frozen=True, slots=True)
class Taps:
    """A ratio tap changer; position 0 has the rated ratio."""

    side: str
    min: int
    max: int
    pos: int
    step_percent: float


@dataclass(frozen=True, slots=True)
class Rating:
    """What a transformer is."""

    sn_mva: float
    vn_hv_kv: float
    vn_lv_kv: float
    vk_percent: float
    vkr_percent: float
    i0_percent: float
    pfe_kw: float


@dataclass
class Draft:
    """Rows of the tables of a pandapower network; buses are referred to by name."""

    frequency_hz: float
    buses: dict[str, tuple[float, Point]] = field(default_factory=dict)  # name -> (vn_kv, (longitude, latitude))
    lines: list[dict[str, Any]] = field(default_factory=list)
    trafos: list[dict[str, Any]] = field(default_factory=list)
    switches: list[tuple[str, str, str, bool]] = field(default_factory=list)  # name, bus, line, closed
    loads: list[dict[str, Any]] = field(default_factory=list)
    sgens: list[dict[str, Any]] = field(default_factory=list)
    sources: dict[str, tuple[str, float]] = field(default_factory=dict)  # name -> (bus, vm_pu)

    def bus(self, name: str, vn_kv: float, place: Point) -> None:
        """A bus."""
        self.buses[name] = (vn_kv, place)

    def line(self, name: str, ends: tuple[str, str], km: float, conductor: Conductor) -> None:
        """A three-phase line of 6.6 kV."""
        self._line(name, ends, km, conductor, wires=1.0, c_nf=conductor.c_nf_per_km, amperes=conductor.max_i_a)

    def loop(self, name: str, ends: tuple[str, str], km: float, conductor: Conductor) -> None:
        """A single-phase 210 V loop as the balanced line with its drop and losses: twice one wire's impedance.

        Power P takes P / V in the loop and P / (sqrt(3) V) in each phase of the line, so sqrt(3) is in the rating.
        """
        self._line(name, ends, km, conductor, wires=LOOP, c_nf=0.0, amperes=conductor.max_i_a / SQRT3)

    def _line(
        self,
        name: str,
        ends: tuple[str, str],
        km: float,
        conductor: Conductor,
        *,
        wires: float,
        c_nf: float,
        amperes: float,
    ) -> None:
        self.lines.append(
            {
                "name": name,
                "from_buses": ends[0],
                "to_buses": ends[1],
                "length_km": km,
                "r_ohm_per_km": wires * conductor.r_ohm_per_km,
                "x_ohm_per_km": wires * conductor.x_ohm_per_km(self.frequency_hz),
                "c_nf_per_km": c_nf,
                "max_i_ka": amperes / 1e3,
                "type": "cs" if conductor.kind == "cable" else "ol",
                "std_type": conductor.name,
            }
        )

    def trafo(self, name: str, ends: tuple[str, str], rating: Rating, taps: Taps) -> None:
        """A two-winding transformer, high-voltage (or source) side first."""
        sides = {"name": name, "hv_buses": ends[0], "lv_buses": ends[1]}
        changer = (taps.side, taps.min, taps.max, 0, taps.pos, taps.step_percent, "Ratio")
        ratings = {key: getattr(rating, key) for key in Rating.__dataclass_fields__}
        self.trafos.append(sides | ratings | dict(zip(TAP_COLUMNS, changer, strict=True)))

    def load(self, name: str, bus: str, kind: str, kw: float, power_factor: float) -> None:
        """A demand at its annual peak, lagging."""
        kvar = kw * (1.0 / power_factor**2 - 1.0) ** 0.5
        self.loads.append({"name": name, "buses": bus, "type": kind, "p_mw": kw / 1e3, "q_mvar": kvar / 1e3})

    def pv(self, name: str, bus: str, kind: str, kw: float) -> None:
        """Photovoltaics at their AC rating."""
        row = {"name": name, "buses": bus, "type": kind, "p_mw": kw / 1e3, "q_mvar": 0.0, "sn_mva": kw / 1e3}
        self.sgens.append(row)

    def net(self, name: str) -> pandapowerNet:
        """The pandapower network."""
        import pandapower  # noqa: PLC0415

        net = empty_network(name=name, f_hz=float(self.frequency_hz))
        volts, places = zip(*self.buses.values(), strict=True)
        pandapower.create_buses(net, len(volts), vn_kv=list(volts), name=list(self.buses), geodata=list(places))
        bus = {name: position for position, name in enumerate(self.buses)}
        lines = _columns(self.lines, bus)
        types = lines.pop("std_type")
        pandapower.create_lines_from_parameters(net, **lines)
        net.line["std_type"] = types
        if self.trafos:
            pandapower.create_transformers_from_parameters(net, **_columns(self.trafos, bus), vector_group="YNyn0")
        line = {row["name"]: position for position, row in enumerate(self.lines)}
        pandapower.create_switches(
            net,
            [bus[at] for _, at, _, _ in self.switches],
            [line[of] for _, _, of, _ in self.switches],
            et="l",
            closed=[closed for *_, closed in self.switches],
            name=[switch for switch, *_ in self.switches],
        )
        for rows, create in ((self.loads, pandapower.create_loads), (self.sgens, pandapower.create_sgens)):
            if rows:
                create(net, **_columns(rows, bus))
        for source, (at, vm_pu) in self.sources.items():
            pandapower.create_ext_grid(net, bus[at], vm_pu=vm_pu, name=source)
        return net


def _columns(rows: list[dict[str, Any]], bus: Mapping[str, int]) -> dict[str, list[Any]]:
    """Columns of equal rows, bus names replaced by positions."""
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    return {key: [bus[name] for name in column] if "buses" in key else column for key, column in columns.items()}
