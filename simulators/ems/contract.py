"""The EMS contract: what a controller sees, what it may propose, what comes out.

A strategy is a pure function of an `Observation` (and its own small state); it returns proposals and never holds
the world. Arbitration (`arbitrate.py`) turns proposals into one decision per device. Signs: device power is
injection (generation, discharge positive); a metering point's export is positive here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.reasons import Reason
from simulators.models.contract import DeviceSpec


class Priority(IntEnum):
    """The ladder, highest first. A lower rung chooses inside the bounds of the higher ones."""

    DEVICE_SAFETY = 60
    ISLAND = 50
    LIMIT = 40  # statutory and connection limits
    ORDER = 30
    HEAT = 20
    ECONOMICS = 10


GROUP = "*"  # target of a proposal that bounds the whole scope's net export


@dataclass(frozen=True, slots=True)
class DeviceView:
    """One device entry as the EMS sees it before deciding. Arrays (M, units)."""

    name: str
    kind: str
    role: str  # "source", "storage", "engine" (DeviceSpec.role)
    min_mw: FloatArray
    max_mw: FloatArray
    on_min_mw: FloatArray
    states: Mapping[str, FloatArray]  # last published state ports: soc, tank_soc, on, heat_useful, ...


@dataclass(frozen=True, slots=True)
class Observation:
    """What one scope (a metering point) knows at the start of a step. Group arrays are (M,)."""

    k: int
    t_s: int
    dt_s: int
    window_s: int  # length of the running clock half hour as far as the run covers it
    window_left_s: int  # seconds left in it, this step included
    demand_mw: FloatArray  # this step's demand behind the metering point
    losses_mw: FloatArray  # losses inside the scope, last step (known one step late)
    net_import_mw: FloatArray  # flow at the metering point, last step (correction only, never an error signal)
    window_import_mwh: FloatArray  # energy metered in so far in the running half hour; export gives none of it back
    alive: BoolArray  # (M,) whether the metering point was energised last step
    # (M,) energy_price and demand_charge by port name; fuel_price and heat_enabled under "device.port"
    signals: Mapping[str, FloatArray]
    devices: Mapping[str, DeviceView]
    planned_mw: Mapping[str, FloatArray] = field(default_factory=dict)  # (M,) per device, by the strategies before


@dataclass(frozen=True, slots=True)
class Proposal:
    """An opinion about one device or the whole scope; None, or NaN in a member, = no opinion.

    Arrays broadcast to (M,) for the scope (`target` = GROUP: bounds on its net export) and for a device's total
    (to be split over its units), or to (M, units) where `per_unit` is true: bounds only, they narrow the units' range
    before any total is split.
    """

    source: str
    priority: Priority
    target: str
    lower_mw: FloatArray | None = None
    upper_mw: FloatArray | None = None
    set_mw: FloatArray | None = None
    reason: int = Reason.NONE  # used when this proposal cuts a source
    per_unit: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What one device is told. Arrays (M, units)."""

    p_set_mw: FloatArray
    reason: IntArray  # Reason that cut a source below what it has; 0 = not cut
    unmet_mw: FloatArray  # (M,) what the group bounds asked for and no device could give


class Strategy(Protocol):
    """One file a strategy. Stateless by default; what it must remember travels in `memory`."""

    @property
    def name(self) -> str:
        """Name in messages and decisions."""
        ...

    def initial(self, members: int) -> Any:
        """Memory before the first step (None if it keeps none)."""
        ...

    def propose(self, observation: Observation, memory: Any) -> tuple[Sequence[Proposal], Any]:
        """Proposals for this step and the memory after it."""
        ...


@dataclass(frozen=True, slots=True)
class Controlled:
    """A device behind the metering point, as the EMS is told of it before the run."""

    name: str
    spec: DeviceSpec
    units: int
    parameters: tuple[Any, ...]  # its Parameters objects, one a member, or one for all


@dataclass(frozen=True, slots=True)
class MeteringPoint:
    """The boundary a scope acts at, and what was agreed there (None = nothing)."""

    name: str
    contract_kw: float | None = None
    export_limit_kw: float | None = None
    min_import_kw: float | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a strategy is told before the run."""

    at: MeteringPoint
    devices: Mapping[str, Controlled]

    def device(self, name: str) -> Controlled:
        """A device behind the metering point; ValueError if it is not there."""
        if name not in self.devices:
            raise ValueError(f"{name} is not a device behind {self.at.name}")
        return self.devices[name]


@dataclass(frozen=True, slots=True)
class Scope:
    """A metering point and what stands behind it."""

    name: str
    boundary: str
    loads: tuple[str, ...]
    devices: tuple[Controlled, ...]
    strategies: tuple[Strategy, ...]  # in order of priority
    cut_order: tuple[str, ...] = ()  # devices in the order in which an excess is taken from them
