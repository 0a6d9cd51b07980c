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
class Curve:
    """Piecewise linear through 50, 75 and 100 % load (a Willans line below); values per engine, (members, 1)."""

    half: FloatArray
    three_quarter: FloatArray
    full: FloatArray

    def at(self, load: FloatArray) -> FloatArray:
        """Value at a load, 1 = rated."""
        low, mid, _ = CURVE_LOADS
        below = self.three_quarter + (load - mid) * ((self.three_quarter - self.half) / (mid - low))
        above = self.three_quarter + (load - mid) * ((self.full - self.three_quarter) / (1.0 - mid))
        return np.where(load < mid, below, above)

    def load_of(self, value: FloatArray) -> FloatArray:
        """Load at a value (the inverse); infinite where the curve is flat at 0 (no heat recovered)."""
        low, mid, _ = CURVE_LOADS
        lower, upper = self.three_quarter - self.half, self.full - self.three_quarter
        safe_lower, safe_upper = np.where(lower > 0, lower, 1.0), np.where(upper > 0, upper, 1.0)
        below = mid + (value - self.three_quarter) * ((mid - low) / safe_lower)
        above = mid + (value - self.three_quarter) * ((1.0 - mid) / safe_upper)
        return np.where(upper > 0, np.where(value < self.three_quarter, below, above), np.inf)


def _curve(parameters: Sequence[HeatPlantParameters], *, heat: bool) -> Curve:
    """Fuel or heat, MW, of one engine at the three loads."""
    columns = []
    for i, load in enumerate(CURVE_LOADS):
        fuel = [member.power_kw * load / member.electrical_efficiencies[i] for member in parameters]
        values = [
            burnt * member.thermal_efficiencies[i] if heat else burnt
            for burnt, member in zip(fuel, parameters, strict=True)
        ]
        columns.append(np.array([values]).T * KW_TO_MW)
    return Curve(*columns)


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
        self._fuel = _curve(parameters, heat=False)
        self._heat = _curve(parameters, heat=True)

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
        share = self._share(self._start_left(state), dt_s)
        base = np.where(state.on & (state.start_left_s <= 0), state.level_mw, self._least)
        reach = self._ramp_per_s * share * dt_s
        most = np.clip(base + reach, self._least, self._most)
        least = np.clip(base - reach, self._least, most)
        asked = np.where(share > 0, share, 1.0)
        on_min = least * asked
        on_max = np.where(share > 0, most * asked, on_min)
        startable = ~state.on & (state.since_s >= self._min_down_s)
        may_run = (state.on | startable) & state.alive
        must_run = state.on & (state.start_left_s <= 0) & (state.since_s < self._min_up_s) & state.alive
        return Range(
            min_mw=np.where(must_run, on_min, 0.0),
            max_mw=np.where(may_run, on_max, 0.0),
            on_min_mw=np.where(may_run, on_min, 0.0),
        )

    def step(
        self, state: EngineState, wanted_mw: FloatArray, limits: Range, dt_s: float
    ) -> tuple[EngineState, FloatArray]:
        """Follow `wanted_mw` inside `limits`; less than minimum load means stop. Returns the state and mean P."""
        left = self._start_left(state)
        possible = self._share(left, dt_s)
        least = self._least * np.where(possible > 0, possible, 1.0)
        wants_to_run = wanted_mw >= least * (1.0 - _ROUNDING)
        on = ((limits.min_mw > 0) | wants_to_run) & (limits.max_mw > 0)
        asked = np.clip(wanted_mw, np.minimum(limits.on_min_mw, limits.max_mw), limits.max_mw)
        share = np.where(on, possible, 0.0)
        p = np.where(share > 0, asked, 0.0)
        level = np.where(share > 0, asked / np.where(share > 0, share, 1.0), 0.0)
        since = np.where(on == state.on, state.since_s, 0.0) + dt_s
        start_left = np.where(on, np.maximum(left - dt_s, 0.0), 0.0)
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
        running = on & (state.share > 0)
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

    def fuel_mw(self, p_mw: FloatArray, share: FloatArray) -> FloatArray:
        """Mean fuel power (LHV) at a mean output delivered during `share` of the step."""
        return self._over_share(self._fuel, p_mw, share)

    def heat_mw(self, p_mw: FloatArray, share: FloatArray) -> FloatArray:
        """Mean recovered heat at a mean output delivered during `share` of the step."""
        return self._over_share(self._heat, p_mw, share)

    def within_heat(self, state: EngineState, limits: Range, room_mw: FloatArray, dt_s: float) -> Range:
        """Limits cut so that the heat of all engines together fits `room_mw` (members, 1).

        Running engines are served first, then in order of their index; any choice inside the result fits.
        """
        share = self._share(self._start_left(state), dt_s)
        running = np.where(share > 0, share, 1.0)  # who only starts in this step is judged as if it ran
        heat = np.where(limits.max_mw > 0, self.heat_mw(limits.max_mw, running), 0.0)
        order = np.argsort(~state.on, axis=1, kind="stable")
        sorted_heat = np.take_along_axis(heat, order, axis=1)
        before = np.cumsum(sorted_heat, axis=1) - sorted_heat
        left = np.empty_like(before)
        np.put_along_axis(left, order, before, axis=1)
        allowed = np.maximum(room_mw - left, 0.0)
        most = (self._heat.load_of(allowed / running) * self._rated - self._own) * running
        most = np.where(heat <= allowed, limits.max_mw, np.minimum(most, limits.max_mw))
        most = np.where(most >= limits.on_min_mw, most, 0.0)
        kept = most > 0
        return Range(
            min_mw=np.where(kept, np.minimum(limits.min_mw, most), 0.0),
            max_mw=most,
            on_min_mw=np.where(kept, limits.on_min_mw, 0.0),
        )

    def _start_left(self, state: EngineState) -> FloatArray:
        return np.where(state.on, state.start_left_s, self._start_s)

    @staticmethod
    def _share(start_left_s: FloatArray, dt_s: float) -> FloatArray:
        return np.maximum(dt_s - start_left_s, 0.0) / dt_s

    def _over_share(self, curve: Curve, p_mw: FloatArray, share: FloatArray) -> FloatArray:
        running = share > 0
        load = (p_mw / np.where(running, share, 1.0) + self._own) / self._rated
        return np.where(running, share * curve.at(load), 0.0)
