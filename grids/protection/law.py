"""What a protection relay does with what it measures: pick up, wait, trip, wait, close again. Pure functions.

A relay sees the mean of a step. Beyond its setting for at least its delay it trips, and the breaker is open from the
next step on. It closes after the step in which its wait is over, so both last whole steps: a wait of 300 s is five
steps of a minute or one quarter hour. Arrays are (members, relay points); see `grids.protection.relays` for points.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from grids.arrays import BoolArray, FloatArray

MANUAL = np.inf  # wait of a breaker that only hands close again


class RelayKind(StrEnum):
    """What a relay watches; in brackets the Japanese name and the device number."""

    REVERSE_POWER = "reverse-power"  # RPR (67P): export at a metering point
    UNDER_POWER = "under-power"  # UPR (91L): too little import at a metering point
    OVER_VOLTAGE = "over-voltage"  # OVR (59)
    UNDER_VOLTAGE = "under-voltage"  # UVR (27)
    OVER_FREQUENCY = "over-frequency"  # OFR (95H)
    UNDER_FREQUENCY = "under-frequency"  # UFR (95L)

    @property
    def over(self) -> bool:
        """Whether it picks up above its setting, not below."""
        return self in {RelayKind.REVERSE_POWER, RelayKind.OVER_VOLTAGE, RelayKind.OVER_FREQUENCY}

    @property
    def power(self) -> bool:
        """Whether it measures the power at a metering point."""
        return self in {RelayKind.REVERSE_POWER, RelayKind.UNDER_POWER}

    @property
    def frequency(self) -> bool:
        """Whether it measures the frequency."""
        return self in {RelayKind.OVER_FREQUENCY, RelayKind.UNDER_FREQUENCY}

    @property
    def quantity(self) -> str:
        """What is measured, as results call it."""
        if self.frequency:
            return "frequency_hz"
        if not self.power:
            return "voltage_percent"
        return "export_kw" if self.over else "net_import_kw"

    @property
    def unit(self) -> str:
        """Unit of the measured quantity and of its setting; voltage is in percent of the nominal voltage."""
        if self.frequency:
            return "Hz"
        return "kW" if self.power else "%"

    @property
    def resolution(self) -> float:
        """How far beyond the setting a value must lie: the accuracy of a solved flow (1 W), never that of a relay."""
        return 1e-3 if self.power else 1e-6


@dataclass(frozen=True, slots=True)
class Settings:
    """One group of settings of every relay point, (M or 1, point)."""

    value: FloatArray  # in the unit of the kind
    delay_s: FloatArray
    blocked: BoolArray  # does not pick up


def settings_in(islanded: BoolArray, normal: Settings, island: Settings) -> Settings:
    """The group that counts: `island` where the device's bus is alive without a path to a public source.

    Args:
        islanded: (M, point).
        normal: settings while the public network feeds the bus.
        island: settings of the island.
    """
    return Settings(
        np.where(islanded, island.value, normal.value),
        np.where(islanded, island.delay_s, normal.delay_s),
        np.where(islanded, island.blocked, normal.blocked),
    )


@dataclass(frozen=True, slots=True)
class Points:
    """What stays the same for every relay point during a run, (point,)."""

    upper: BoolArray
    from_trip: BoolArray  # waits from the trip on; else from when the measured quantity is healthy again
    resolution: FloatArray
    reconnect_s: FloatArray  # MANUAL = never


@dataclass(frozen=True, slots=True)
class Seen:
    """What the points saw in a step, (M, point)."""

    measured: FloatArray  # mean of the step; 0 where dead
    known: BoolArray  # whether it may pick up on it
    live: BoolArray  # whether what it watches is energised
    converged: BoolArray  # (M,)


@dataclass(frozen=True, slots=True)
class RelayMemory:
    """What relays remember from step to step, (M, point); never written, always replaced."""

    waited_s: FloatArray  # time the value has been beyond the setting
    open: BoolArray  # whether the breaker is open in the coming step
    rested_s: FloatArray  # part of the wait before it closes again

    @classmethod
    def initial(cls, members: int, points: int) -> RelayMemory:
        """Closed, nothing seen."""
        nothing = np.zeros((members, points))
        return cls(nothing, np.zeros((members, points), dtype=bool), nothing)


@dataclass(frozen=True, slots=True)
class RelayStep:
    """What the relays did in a step, (M, point); rows are members."""

    open: BoolArray  # the breaker was open in this step
    tripped: BoolArray  # trips at the end of this step
    measured: FloatArray  # kW, percent of nominal or Hz; 0 where dead, NaN where the flow has no solution
    margin: FloatArray  # distance to the setting, negative beyond it; infinite where blocked
    live: BoolArray  # whether what it watches is energised

    @classmethod
    def none(cls, members: int) -> RelayStep:
        """There are no relays."""
        empty, no = np.zeros((members, 0)), np.zeros((members, 0), dtype=bool)
        return cls(no, no, empty, empty, no)


def operate(
    memory: RelayMemory, seen: Seen, settings: Settings, points: Points, dt_s: float
) -> tuple[RelayMemory, RelayStep]:
    """One step of every relay: what it remembers for the next one, and what it did.

    A member without a solution keeps what it remembers: nothing was measured.
    """
    distance = np.where(points.upper, settings.value - seen.measured, seen.measured - settings.value)
    margin = np.where(settings.blocked, np.inf, distance)
    beyond = seen.known & (margin < -points.resolution)
    waited = np.where(beyond & ~memory.open, memory.waited_s + dt_s, 0.0)
    tripped = beyond & ~memory.open & (waited >= settings.delay_s)
    resting = points.from_trip | (seen.live & (margin >= -points.resolution))
    rested = np.where(memory.open & resting, memory.rested_s + dt_s, 0.0)
    open_after = tripped | (memory.open & (rested < points.reconnect_s))
    after = RelayMemory(np.where(tripped, 0.0, waited), open_after, np.where(open_after, rested, 0.0))
    if not seen.converged.all():
        solved = seen.converged[:, np.newaxis]
        after = RelayMemory(
            np.where(solved, after.waited_s, memory.waited_s),
            np.where(solved, after.open, memory.open),
            np.where(solved, after.rested_s, memory.rested_s),
        )
        tripped = tripped & solved
    return after, RelayStep(memory.open, tripped, seen.measured, margin, seen.live)
