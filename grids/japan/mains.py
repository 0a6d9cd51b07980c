"""What hangs on the study feeder's nodes, in the depth asked for, and the facts about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi

from grids.equipment import tables
from grids.equipment.tables import Conductor, pole_tap_position, pole_tap_step_v
from grids.japan.customers import SHOP_SHARE_200V, Home, Pole
from grids.japan.draft import Draft, Rating, Taps
from grids.japan.plan import Point, longitude_latitude, moved
from grids.japan.spec import Design
from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment

LV_KV = tables.POLE_SECONDARY_KV
POLE_KV = tables.POLE_RATED_V / 1e3
ARMS = 2  # of a main: the pole transformer stands in its middle
PV_HOME = "pv-home"


def hang(draft: Draft, design: Design, poles: tuple[Pole, ...], tap_v: Mapping[str, float]) -> LowVoltageFacts:
    """Add every pole's demand and PV to the draft, with the low voltage between them, and say what was added.

    Args:
        draft: the 6.6 kV part.
        design: checked.
        poles: of that design.
        tap_v: pole -> primary voltage of its tap.
    """
    depth = design.low_voltage
    facts = tuple(_pole_fact(design, pole, tap_v[pole.name]) for pole in poles)
    if depth is LowVoltageDepth.EQUIVALENT:
        for pole in poles:
            _lump(draft, design, pole, pole.node.name)
        return LowVoltageFacts(depth, facts)
    for pole in poles:
        _transformer(draft, design, pole, tap_v[pole.name])
    if depth is LowVoltageDepth.LUMPED:
        for pole in poles:
            _lump(draft, design, pole, f"{pole.name}-lv")
        return LowVoltageFacts(depth, facts)
    mains = [_Main(draft, design, pole).drawn() for pole in poles]
    segments = tuple(segment for main in mains for segment in main.segments)
    customers = tuple(customer for main in mains for customer in main.customers)
    return LowVoltageFacts(depth, facts, segments, customers)


def _pole_fact(design: Design, pole: Pole, tap_v: float) -> PoleTransformer:
    modelled = design.low_voltage is not LowVoltageDepth.EQUIVALENT
    beyond = 1.0 - design.taps.transformer_share if modelled else 1.0
    return PoleTransformer(
        name=pole.name,
        bus=pole.node.name,
        lv_bus=f"{pole.name}-lv" if modelled else None,
        trafo=pole.name if modelled else None,
        sn_kva=pole.sn_kva,
        tap_v=tap_v,
        drop_v=design.taps.drop_v * beyond,
        rise_v=design.taps.rise_v * beyond,
        peak_kw=pole.peak_kw,
        pv_kw=pole.pv_kw,
    )


def _transformer(draft: Draft, design: Design, pole: Pole, tap_v: float) -> None:
    unit = tables.pole_transformer(pole.sn_kva)
    draft.bus(f"{pole.name}-lv", LV_KV, longitude_latitude(pole.node.at, design.centre))
    positions = [pole_tap_position(tap) for tap in tables.pole_taps()]
    rating = Rating(unit.sn_kva / 1e3, POLE_KV, LV_KV, unit.vk_percent, unit.vkr_percent, unit.i0_percent, unit.pfe_kw)
    step_percent = 100.0 * pole_tap_step_v() / tables.POLE_RATED_V
    taps = Taps("hv", min(positions), max(positions), pole_tap_position(tap_v), step_percent)
    draft.trafo(pole.name, (pole.node.name, f"{pole.name}-lv"), rating, taps)


def _lump(draft: Draft, design: Design, pole: Pole, bus: str) -> None:
    if pole.homes:
        kw = len(pole.homes) * pole.home_kw
        draft.load(f"{pole.name}-homes", bus, "home", kw, design.homes.power_factor)
    if pole.shop_kw > 0.0:
        draft.load(f"{pole.name}-shop", bus, "shop", pole.shop_kw, design.homes.power_factor)
    if pole.pv_kw > 0.0:
        draft.pv(f"{pole.name}-pv", bus, PV_HOME, pole.pv_kw)


@dataclass(frozen=True, slots=True)
class _Drawn:
    segments: list[WireSegment]
    customers: list[Customer]


class _Main:
    """The main of one pole transformer, its services and customers, while it is drawn."""

    def __init__(self, draft: Draft, design: Design, pole: Pole) -> None:
        self.draft, self.design, self.pole = draft, design, pole
        mains = design.mains
        self.main, self.service, self.house = (
            tables.conductor(name) for name in (mains.conductor, mains.service_conductor, mains.house_conductor)
        )
        self.segments: list[WireSegment] = []
        self.customers: list[Customer] = []
        self.places: list[tuple[str, Point]] = []  # buses of the main that customers are connected to

    def drawn(self) -> _Drawn:
        """Two arms of spans across the 6.6 kV line; customers in turn along them, a shop at the transformer.

        A shop's service drop is of the main's wire.
        """
        mains, pole = self.design.mains, self.pole
        start, km = (f"{pole.name}-lv", pole.node.at), mains.span_m / 1e3
        for arm in range(ARMS):
            previous, at = start
            for span in range(mains.spans):
                name = f"{pole.name}-m{arm * mains.spans + span + 1}"
                at = moved(at, pole.node.heading + (pi / 2 if arm else -pi / 2), km)
                self._stretch(name, previous, km, self.main, at)
                self.places.append((name, at))
                previous = name
        for home in pole.homes:
            place = (home.number - 1) * len(self.places) // len(pole.homes)
            self._home(home, *self.places[place])
        if pole.shop_kw > 0.0:
            even = (1.0 - SHOP_SHARE_200V) / 2.0
            self._customer(f"{pole.name}-shop", "shop", pole.shop_kw, (even, even), *start, wire=self.main)
        return _Drawn(self.segments, self.customers)

    def _home(self, home: Home, bus: str, at: Point) -> None:
        name = f"{self.pole.name}-c{home.number:02d}"
        shares = home.share_a, home.share_b
        at = self._customer(name, "home", self.pole.home_kw, shares, bus, at, wire=self.service, number=home.number)
        if home.pv_kw > 0.0:
            pcs = f"{name}-pcs"
            self._stretch(pcs, name, self.design.mains.house_m / 1e3, self.house, at)
            self.draft.pv(f"{name}-pv", pcs, PV_HOME, home.pv_kw)

    def _customer(
        self,
        name: str,
        kind: str,
        kw: float,
        shares: tuple[float, float],
        bus: str,
        at: Point,
        *,
        wire: Conductor,
        number: int = 0,
    ) -> Point:
        """A supply point behind its service drop; customers stand to either side of the main in turn."""
        km = self.design.mains.service_m / 1e3
        place = moved(at, self.pole.node.heading + (0.4 * (number % 5) - 0.8) + pi * (number % 2), km)
        self._stretch(name, bus, km, wire, place)
        self.draft.load(name, name, kind, kw, self.design.homes.power_factor)
        self.customers.append(Customer(name, self.pole.name, name, *shares))
        return place

    def _stretch(self, name: str, from_bus: str, km: float, conductor: Conductor, at: Point) -> None:
        """A bus and the stretch of wire to it, both of that name."""
        self.draft.bus(name, LV_KV, longitude_latitude(at, self.design.centre))
        self.draft.loop(name, (from_bus, name), km, conductor)
        ohms = km * conductor.r_ohm_per_km, km * conductor.x_ohm_per_km(self.design.frequency_hz)
        self.segments.append(WireSegment(name, from_bus, name, *ohms))
