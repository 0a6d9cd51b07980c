"""What stands behind a Japanese 6.6 kV node: pole transformers, single-phase three-wire mains, customers.

Facts only: which bus, which tap, how much. They come from the feeder builder or from CSV tables; the legs are computed
from them and from the voltages of the power flow. Leg voltages are half the line voltage of the 105-0-105 V winding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LowVoltageDepth(StrEnum):
    """How far the network reaches below 6.6 kV."""

    EQUIVALENT = "equivalent"  # ends at the 6.6 kV node; the customers' voltage follows from it by formula
    LUMPED = "lumped"  # pole transformers are modelled, customers sit at their secondary side
    FULL = "full"  # mains, services and every customer


@dataclass(frozen=True, slots=True)
class PoleTransformer:
    """One pole transformer (柱上変圧器), or all those of a node in one (`equivalent`). Subject `pole:NAME`."""

    name: str
    bus: str  # 6.6 kV bus
    lv_bus: str | None  # bus at its secondary terminals; None = not modelled (equivalent)
    trafo: str | None  # name of its transformer in the network; None = not modelled
    sn_kva: float
    tap_v: float  # primary voltage of the off-load tap in use: 6750, 6600, 6450, 6300 or 6150 V give 105 V a leg
    drop_v: float  # leg, from `bus` (equivalent) or from `lv_bus` (lumped) to the last customer at `peak_kw`
    rise_v: float  # leg, the same way, when `pv_kw` flows back
    peak_kw: float  # highest coincident demand behind it
    pv_kw: float  # AC rating of the PV behind it


@dataclass(frozen=True, slots=True)
class WireSegment:
    """A stretch of a three-wire main, service or house wiring between two buses; the three wires are equal."""

    name: str  # name of its line in the network
    from_bus: str  # the side of the pole transformer
    to_bus: str
    r_ohm: float  # one wire, the whole length
    x_ohm: float  # one wire, loop value: what two wires of the loop have together is twice this


@dataclass(frozen=True, slots=True)
class Customer:
    """One low-voltage customer at its supply point. Subject `customer:NAME`."""

    name: str
    pole: str  # name of its pole transformer
    bus: str  # supply point
    share_a: float  # of its demand, on leg a; the rest of both shares is on 200 V
    share_b: float  # of its demand, on leg b


@dataclass(frozen=True, slots=True)
class LowVoltageFacts:
    """Everything known below 6.6 kV. Segments run outwards, each bus has one way to its pole transformer.

    Injections (PV, batteries) at any bus are 200 V equipment; demand at a bus without a customer is split evenly.
    """

    depth: LowVoltageDepth
    poles: tuple[PoleTransformer, ...]
    segments: tuple[WireSegment, ...] = ()
    customers: tuple[Customer, ...] = ()

    @property
    def low_voltage_buses(self) -> frozenset[str]:
        """Every modelled bus behind a pole transformer."""
        ends = {bus for segment in self.segments for bus in (segment.from_bus, segment.to_bus)}
        own = {pole.lv_bus for pole in self.poles if pole.lv_bus is not None}
        return frozenset(ends | own | {customer.bus for customer in self.customers})

    @property
    def behind_house_wiring(self) -> frozenset[str]:
        """Buses on the customer's side of a supply point."""
        supplied = {customer.bus for customer in self.customers}
        behind: set[str] = set()
        for segment in self.segments:  # outwards
            if segment.to_bus not in supplied and segment.from_bus in supplied | behind:
                behind.add(segment.to_bus)
        return frozenset(behind)

    @property
    def who_is_at(self) -> dict[str, str]:
        """Bus -> `customer:NAME` supplied there or behind whose supply point it lies, else `pole:NAME`."""
        found = {bus: f"pole:{pole.name}" for pole in self.poles for bus in (pole.bus, pole.lv_bus) if bus is not None}
        found |= {customer.bus: f"customer:{customer.name}" for customer in self.customers}
        for segment in self.segments:  # outwards: house wiring comes after its supply point
            behind = found.get(segment.from_bus, "")
            if segment.to_bus not in found and behind.startswith("customer:"):
                found[segment.to_bus] = behind
        return found
