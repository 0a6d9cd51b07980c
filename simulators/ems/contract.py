"""The EMS contract: what a controller sees, what it may propose, what comes out.

A strategy is a pure function of an `Observation` (and its own small state); it returns proposals and never holds
the world. Arbitration (`arbitrate.py`) turns proposals into one decision per device. Signs: device power is
injection (generation, discharge positive); a metering point's export is positive here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from grids.arrays import BoolArray, FloatArray, IntArray
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
    states: Mapping[str, FloatArray]  # last published state ports by series name: soc, tank_soc, on, heat_room_mw
    parameters: Sequence[Any]  # Parameters objects, one a member or one for all


@dataclass(frozen=True, slots=True)
class Observation:
    """What one scope (a metering point) knows at the start of a step. Group arrays are (M,); signals may be (1,)."""

    k: int
    t_s: int
    dt_s: int
    window_past_s: int  # seconds of the running clock half hour the run has already stepped through
    window_left_s: int  # seconds left in it, this step included
    demand_mw: FloatArray  # this step's demand behind the metering point
    losses_mw: FloatArray  # losses inside the scope, last step
    net_import_mw: FloatArray  # flow at the metering point, last step (correction only, never an error signal)
    window_import_mwh: FloatArray  # net energy imported so far in the running half hour
    alive: BoolArray  # (M,) whether the metering point was energised last step
    signals: Mapping[str, FloatArray]  # by port name (energy_price, ...); one device's under "DEVICE.port name"
    devices: Mapping[str, DeviceView]
    planned_mw: Mapping[str, FloatArray] = field(default_factory=dict)  # (M,) per device, by the strategies before


@dataclass(frozen=True, slots=True)
class Proposal:
    """An opinion about one device or the whole scope; NaN = no opinion.

    Arrays broadcast to (M,) for the scope (`target` = GROUP: bounds on its net export) and for a device's total
    (to be split over its units), or to (M, units) where `per_unit` is true.

    With `closes_scope`, `set_mw` is not the device's power but the net export the scope shall have: the device takes
    what all others leave, within its range. So a battery follows engines decided in the same step.
    """

    source: str
    priority: Priority
    target: str
    lower_mw: FloatArray
    upper_mw: FloatArray
    set_mw: FloatArray
    reason: int  # grids.reasons.Reason used when this proposal cuts a source
    per_unit: bool = False
    closes_scope: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What one device is told. Arrays (M, units)."""

    p_set_mw: FloatArray
    reason: IntArray  # Reason that cut a source below what it has; 0 = not cut
    clipped_by: str
    unmet_mw: FloatArray  # (M,) by how much the scope's bounds stay broken; the same for all its devices


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
    parameters: Any  # its Parameters object


@dataclass(frozen=True, slots=True)
class BoundaryFacts:
    """What the scenario says about the scope's metering point; None = nothing agreed."""

    contract_kw: float | None = None
    export_limit_kw: float | None = None
    min_import_kw: float | None = None


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device entry behind the metering point, as the scenario describes it."""

    name: str
    kind: str
    role: str  # "source", "storage", "engine"
    units: int
    parameters: Sequence[Any]  # Parameters objects, one a member or one for all


@dataclass(frozen=True, slots=True)
class Scope:
    """A metering point and what stands behind it. Made by `simulators.ems.scope.build_scope`."""

    name: str
    boundary: str
    loads: tuple[str, ...]
    devices: tuple[str, ...]
    strategies: tuple[Any, ...]  # Strategy objects in order of priority
    cut_order: tuple[str, ...] = ()  # all devices, in the order in which an excess of net export is taken from them
    raise_order: tuple[str, ...] = ()  # all devices, in the order in which they make up a deficit
    infos: tuple[DeviceInfo, ...] = ()  # one a device, in the order of `devices`
