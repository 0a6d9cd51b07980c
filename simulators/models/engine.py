"""A bank of equal gas engines: unit commitment limits and the part-load curve. Powers are net of own consumption.

An engine is off, starting (ordered, no output yet) or running. Output over a step is a mean: during the step of its
start it gives nothing for the start time and its level for the rest. Ramps bind levels; loading to minimum load
belongs to the start, a stop takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grids.arrays import BoolArray, FloatArray
from simulators.models.contract import Feedback, Range, member_array
from simulators.models.heat_parameters import CURVE_LOADS, HeatPlantParameters
from simulators.models.memo import Latest

KW_TO_MW = 1e-3
SECONDS_PER_MINUTE = 60.0
SECONDS_PER_HOUR = 3600.0
_ROUNDING = 1e-9  # a set-point equal to minimum load up to rounding is minimum load


@dataclass(frozen=True, slots=True)
class EngineState:
    """(members, units) each, at the end of a step."""

    on: BoolArray  # starting or running
    since_s: FloatArray  # since ordered on or off
    start_left_s: FloatArray  # start time still to go; 0 = running (or off)
    level_mw: FloatArray  # output at the end of the step
    alive: BoolArray  # whether the connection point had voltage, as far as known
    share: FloatArray  # part of the last step the engine gave power in
    was_on: BoolArray  # before the last step


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a step of some length holds, (members, units) each."""

    start_left_s: FloatArray  # start time still to go; all of it where the engine is off
    share: FloatArray  # part of the step an engine could give power in
    asked: FloatArray  # the share, but 1 where it is 0: who only starts in this step is asked as if it ran
    limits: Range


@dataclass(frozen=True, slots=True)
class Curve:
    """Piecewise linear through 50, 75 and 100 % load (a Willans line below); values per engine, (..., members, 1)."""

    mid: FloatArray  # value at 75 %
    slope_below: FloatArray
    slope_above: FloatArray

    @classmethod
    def through(cls, half: FloatArray, three_quarter: FloatArray, full: FloatArray) -> Curve:
        """From the values at the three loads."""
        low, mid, _ = CURVE_LOADS
        return cls(three_quarter, (three_quarter - half) / (mid - low), (full - three_quarter) / (1.0 - mid))

    def at(self, load: FloatArray) -> FloatArray:
        """Value at a load, 1 = rated."""
        mid = CURVE_LOADS[1]
        return np.asarray(self.mid + (load - mid) * np.where(load < mid, self.slope_below, self.slope_above))

    def load_of(self, value: FloatArray) -> FloatArray:
        """Load at a value (the inverse); infinite where the curve is flat at 0 (no heat recovered)."""
        slope = np.where(value < self.mid, self.slope_below, self.slope_above)
        rises = slope > 0.0
        load = CURVE_LOADS[1] + (value - self.mid) / np.where(rises, slope, 1.0)
        return np.where(rises, load, np.inf)


def _fuel_and_heat(parameters: Sequence[HeatPlantParameters]) -> FloatArray:
    """(3, 2, members, 1) fuel and heat, MW, of one engine at the three loads."""
    electrical = np.array([member.electrical_efficiencies for member in parameters]).T
    thermal = np.array([member.thermal_efficiencies for member in parameters]).T
    power_kw = np.array([member.power_kw for member in parameters])
    fuel = power_kw * np.array(CURVE_LOADS)[:, np.newaxis] / electrical
    return np.stack([fuel, fuel * thermal], axis=1)[..., np.newaxis] * KW_TO_MW


class EngineBank:
    """`units` equal engines for each member."""

    def __init__(self, parameters: Sequence[HeatPlantParameters], units: int) -> None:
        self._units = units
        self._rated = member_array(parameters, "power_kw", KW_TO_MW)
        self._own = member_array(parameters, "own_use_kw", KW_TO_MW)
        self._most = self._rated - self._own
        self._least = self._rated * member_array(parameters, "min_load_percent", 0.01) - self._own
        self._ramp_per_s = self._rated * member_array(parameters, "ramp_percent_per_min", 0.01 / SECONDS_PER_MINUTE)
        self._start_s = member_array(parameters, "start_min", SECONDS_PER_MINUTE)
        self._min_up_s = member_array(parameters, "min_up_h", SECONDS_PER_HOUR)
        self._min_down_s = member_array(parameters, "min_down_h", SECONDS_PER_HOUR)
        points = _fuel_and_heat(parameters)
        self._both = Curve.through(*points)
        self._heat = Curve.through(*points[:, 1])
        self._outlook = Latest(self._outlook_of)

    def initial(self, members: int) -> EngineState:
        """All off, long enough to start at once."""
        shape = (members, self._units)
        nothing, off = np.zeros(shape), np.zeros(shape, dtype=bool)
        since = np.array(np.broadcast_to(self._min_down_s, shape))
        return EngineState(off, since, nothing, nothing, ~off, nothing, off)

    def range(self, state: EngineState, dt_s: float) -> Range:
        """What each engine may be asked for as mean of the coming step.

        An engine whose start takes longer than the step may be asked for minimum load; it gives nothing yet.
        """
        return self._outlook(state, dt_s).limits

    def _outlook_of(self, state: EngineState, dt_s: float) -> Outlook:
        start_left = np.where(state.on, state.start_left_s, self._start_s)
        share = np.maximum(dt_s - start_left, 0.0) / dt_s
        gives = share > 0.0
        asked = np.where(gives, share, 1.0)
        running = state.on & (state.start_left_s <= 0.0)
        base = np.where(running, state.level_mw, self._least)
        reach = self._ramp_per_s * share * dt_s
        most = np.minimum(np.maximum(base + reach, self._least), self._most)
        least = np.minimum(np.maximum(base - reach, self._least), most)
        on_min = least * asked
        on_max = np.where(gives, most * asked, on_min)
        may_run = (state.on | (state.since_s >= self._min_down_s)) & state.alive
        must_run = running & (state.since_s < self._min_up_s) & state.alive
        limits = Range(
            min_mw=np.where(must_run, on_min, 0.0),
            max_mw=np.where(may_run, on_max, 0.0),
            on_min_mw=np.where(may_run, on_min, 0.0),
        )
        return Outlook(start_left, share, asked, limits)

    def step(
        self, state: EngineState, wanted_mw: FloatArray, limits: Range, dt_s: float
    ) -> tuple[EngineState, FloatArray]:
        """Follow `wanted_mw` inside `limits`; less than minimum load means stop. Returns the state and mean P."""
        outlook = self._outlook(state, dt_s)
        wants_to_run = wanted_mw >= self._least * outlook.asked * (1.0 - _ROUNDING)
        on = ((limits.min_mw > 0.0) | wants_to_run) & (limits.max_mw > 0.0)
        least = np.minimum(limits.on_min_mw, limits.max_mw)
        asked = np.minimum(np.maximum(wanted_mw, least), limits.max_mw)
        share = np.where(on, outlook.share, 0.0)
        gives = share > 0.0
        p = np.where(gives, asked, 0.0)
        level = np.where(gives, asked / outlook.asked, 0.0)
        since = np.where(on == state.on, state.since_s, 0.0) + dt_s
        start_left = np.where(on, np.maximum(outlook.start_left_s - dt_s, 0.0), 0.0)
        return EngineState(on, since, start_left, level, state.alive, share, state.on), p

    def correct(self, state: EngineState, feedback: Feedback, requested_mw: FloatArray, dt_s: float) -> EngineState:
        """Trip what lost its voltage or its connection during the last step; else take the level the grid left.

        A trip counts from the start of that step. Engines without start battery stay off until the voltage is back.
        """
        dead = ~np.asarray(feedback.energised, dtype=bool)
        tripped = state.on & (dead | ((requested_mw > 0) & (feedback.p_mw <= 0)))
        on = state.on & ~tripped
        # an engine that was off before the last step and never came up has been off all the time
        stopped_s = np.where(state.was_on, dt_s, self._min_down_s)
        running = on & (state.share > 0.0)
        level = np.where(running, feedback.p_mw / np.where(running, state.share, 1.0), 0.0)
        return EngineState(
            on=on,
            since_s=np.where(tripped, stopped_s, state.since_s),
            start_left_s=np.where(on, state.start_left_s, 0.0),
            level_mw=level,
            alive=np.broadcast_to(~dead, on.shape).copy(),
            share=np.where(on, state.share, 0.0),
            was_on=state.was_on,
        )

    def fuel_and_heat_mw(self, p_mw: FloatArray, share: FloatArray) -> FloatArray:
        """(2, members, units) mean fuel power (LHV) and recovered heat at a mean output given in `share` of a step."""
        return self._over_share(self._both, p_mw, share)

    def within_heat(self, state: EngineState, limits: Range, room_mw: FloatArray, dt_s: float) -> Range:
        """Limits cut so that the heat of all engines together fits `room_mw` (members, 1).

        Running engines are served first, then in order of their index; any choice inside the result fits.
        """
        running = self._outlook(state, dt_s).asked
        heat = np.where(limits.max_mw > 0.0, self._over_share(self._heat, limits.max_mw, running), 0.0)
        allowed = np.maximum(room_mw - self._heat_before(heat, state.on), 0.0)
        most = (self._heat.load_of(allowed / running) * self._rated - self._own) * running
        most = np.where(heat <= allowed, limits.max_mw, np.minimum(most, limits.max_mw))
        most = np.where(most >= limits.on_min_mw, most, 0.0)
        kept = most > 0.0
        return Range(
            min_mw=np.where(kept, np.minimum(limits.min_mw, most), 0.0),
            max_mw=most,
            on_min_mw=np.where(kept, limits.on_min_mw, 0.0),
        )

    def _heat_before(self, heat_mw: FloatArray, on: BoolArray) -> FloatArray | float:
        """Heat of the engines served before each one."""
        if self._units == 1:
            return 0.0
        order = np.arange(len(on))[:, np.newaxis], np.argsort(~on, axis=1, kind="stable")
        in_order = heat_mw[order]
        before = np.empty_like(heat_mw)
        before[order] = np.cumsum(in_order, axis=1) - in_order
        return before

    def _over_share(self, curve: Curve, p_mw: FloatArray, share: FloatArray) -> FloatArray:
        running = share > 0.0
        load = (p_mw / np.where(running, share, 1.0) + self._own) / self._rated
        return np.where(running, share * curve.at(load), 0.0)
