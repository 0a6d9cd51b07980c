"""A battery behind one converter: power and energy limits, two efficiencies, self-discharge, standby.

Signs: discharge is injection, positive. The terminals carry the converter's power less the standby, so
`converter = P + standby`; the cells get `-converter * eta_charge` or give `converter / eta_discharge`. Power is
constant over a step and the cells' energy is integrated exactly, so one long step equals many short ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import ValidationInfo, field_validator

from grids.arrays import FloatArray
from grids.parameters import Parameters, quantity
from simulators.models.contract import DeviceSpec, Feedback, Outputs, Range, constant, member_array
from simulators.models.delivery import tangent
from simulators.models.memo import Latest
from simulators.models.storage import SECONDS_PER_HOUR, LeakyStore, rate_per_hour
from simulators.ports import LOSS, P_MAX, P_MIN, P_ON_MIN, SOC, P, Q

KW_TO_MW = 1e-3
W_TO_MW = 1e-6
HOURS_PER_MONTH = 30 * 24.0


class BatteryParameters(Parameters):
    """One battery with its converter."""

    power_kw: float = quantity(unit="kW", description="Largest power at the terminals, both ways.", vary=True, gt=0)
    capacity_kwh: float = quantity(unit="kWh", description="Energy between SoC 0 and 1.", vary=True, gt=0)
    charge_efficiency: float = quantity(
        0.94,
        unit="1",
        description="Energy into the cells per energy taken by the converter.",
        vary=True,
        certainty="assumed: facts.md 5.3, AC round trip 0.85-0.90 [U]",
        gt=0,
        le=1,
    )
    discharge_efficiency: float = quantity(
        0.94,
        unit="1",
        description="Energy given by the converter per energy out of the cells.",
        vary=True,
        certainty="assumed: facts.md 5.3, AC round trip 0.85-0.90 [U]",
        gt=0,
        le=1,
    )
    soc_min: float = quantity(
        0.1,
        unit="1",
        description="Lower end of the window the battery is operated in.",
        vary=True,
        certainty="assumed: facts.md 5.3 [U]",
        ge=0,
        le=1,
    )
    soc_max: float = quantity(
        0.9,
        unit="1",
        description="Upper end of the window.",
        vary=True,
        certainty="assumed: facts.md 5.3 [U]",
        ge=0,
        le=1,
    )
    soc_initial: float = quantity(
        0.5, unit="1", description="State of charge at the start.", vary=True, certainty="assumed", ge=0, le=1
    )
    self_discharge_percent_per_month: float = quantity(
        2.0,
        unit="%/month",
        description="Share of its content a resting battery loses in 30 days.",
        vary=True,
        certainty="assumed: lithium-ion, 1-3 %",
        ge=0,
        lt=100,
    )
    standby_w: float = quantity(
        0.0,
        unit="W",
        description="Constant own use on the terminal side; the cells cover it when the grid is dead.",
        vary=True,
        certainty="assumed: counted in the efficiencies; facts.md 5.3 gives 0.5-1 % of the rating [U]",
        ge=0,
    )
    power_factor: float = quantity(
        1.0,
        unit="1",
        description="Constant power factor, absorbing (Q < 0) both ways; the rating holds for active power.",
        certainty="assumed: 1.0",
        gt=0,
        le=1,
    )

    @field_validator("soc_max")
    @classmethod
    def _window_upright(cls, soc_max: float, info: ValidationInfo) -> float:
        soc_min = info.data.get("soc_min")
        if soc_min is not None and soc_max <= soc_min:
            raise ValueError(f"soc_max {soc_max:g} is not above soc_min {soc_min:g}: the window is upside down")
        return soc_max

    @field_validator("soc_initial")
    @classmethod
    def _starts_inside(cls, soc_initial: float, info: ValidationInfo) -> float:
        low, high = info.data.get("soc_min"), info.data.get("soc_max")
        if low is not None and high is not None and not low <= soc_initial <= high:
            raise ValueError(f"soc_initial {soc_initial:g} lies outside the window {low:g} to {high:g}")
        return soc_initial

    @field_validator("standby_w")
    @classmethod
    def _standby_below_rating(cls, standby_w: float, info: ValidationInfo) -> float:
        power_kw = info.data.get("power_kw")
        if power_kw is not None and standby_w >= power_kw * 1000:
            raise ValueError(f"standby_w {standby_w:g} W is not below the rating of {power_kw:g} kW")
        return standby_w


@dataclass(frozen=True, slots=True)
class BatteryState:
    """Cells at the end of the last step, and what is needed to correct that step."""

    energy_mwh: FloatArray  # (members, units), as are all
    start_mwh: FloatArray  # at the start of the last step
    request_mw: FloatArray  # what the last step counted with
    loss_mw: FloatArray  # of the last step, from its request
    settle_mwh: FloatArray  # loss the last step had beyond the published one


class Battery:
    """Follows its set-point inside what the window allows; idle without one."""

    spec: ClassVar[DeviceSpec]

    def __init__(self, parameters: Sequence[BatteryParameters], units: int) -> None:
        self._units = units
        self._power = member_array(parameters, "power_kw", KW_TO_MW)
        self._capacity = member_array(parameters, "capacity_kwh", KW_TO_MW)
        self._low = self._capacity * member_array(parameters, "soc_min")
        self._high = self._capacity * member_array(parameters, "soc_max")
        self._first = self._capacity * member_array(parameters, "soc_initial")
        self._eta_in = member_array(parameters, "charge_efficiency")
        self._eta_out = member_array(parameters, "discharge_efficiency")
        self._standby = member_array(parameters, "standby_w", W_TO_MW)
        self._idle = -self._standby
        self._q_per_p = tangent(member_array(parameters, "power_factor"))
        lost = member_array(parameters, "self_discharge_percent_per_month", 0.01)
        self._cells = LeakyStore(rate_per_hour(lost, HOURS_PER_MONTH))
        self._range = Latest(self._range_of)
        self._none = constant(np.zeros((len(parameters), units)))

    def initial(self, members: int) -> BatteryState:
        """At `soc_initial`."""
        energy = np.array(np.broadcast_to(self._first, (members, self._units)))
        return BatteryState(energy, energy, self._none, self._none, self._none)

    def correct(self, state: BatteryState, feedback: Feedback, dt_s: float) -> BatteryState:
        """Redo the last step with the power that really flowed; without a grid the cells feed the standby."""
        if np.array_equal(feedback.p_mw, state.request_mw):
            return state
        energy = self._after(state.start_mwh, feedback.p_mw, dt_s)
        loss = _loss_mw(feedback.p_mw, state.start_mwh, energy, dt_s)
        hours = dt_s / SECONDS_PER_HOUR
        return BatteryState(energy, state.start_mwh, feedback.p_mw, loss, (loss - state.loss_mw) * hours)

    def range(self, state: BatteryState, drivers: Mapping[str, FloatArray], dt_s: float) -> Range:
        """Powers that keep the SoC inside its window to the end of a step of `dt_s`.

        At the bottom the highest power is slightly negative: self-discharge and standby are made up from the grid.
        A battery found outside its window (after a dead grid) is held where it is, not forced back.
        """
        return self._range(state.energy_mwh, dt_s)

    def _range_of(self, energy_mwh: FloatArray, dt_s: float) -> Range:
        into_full = self._cells.power_to(energy_mwh, np.maximum(self._high, energy_mwh), dt_s)
        into_empty = self._cells.power_to(energy_mwh, np.minimum(self._low, energy_mwh), dt_s)
        return Range(self._at_terminals(into_full), self._at_terminals(into_empty), self._none)

    def states(self, state: BatteryState, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
        """SoC."""
        return {SOC: state.energy_mwh / self._capacity}

    def step(
        self, state: BatteryState, drivers: Mapping[str, FloatArray], p_set_mw: FloatArray | None, dt_s: float
    ) -> tuple[BatteryState, Outputs]:
        """Take the set-point as far as the range allows; a request that differs from it shows the rest as unmet."""
        limits = self.range(state, drivers, dt_s)
        wanted = self._idle if p_set_mw is None else np.where(np.isnan(p_set_mw), self._idle, p_set_mw)
        p = np.minimum(np.maximum(wanted, limits.min_mw), limits.max_mw)
        energy = self._after(state.energy_mwh, p, dt_s)
        loss = _loss_mw(p, state.energy_mwh, energy, dt_s)
        outputs = {
            P: p,
            Q: np.asarray(0.0 - np.abs(p) * self._q_per_p),
            LOSS: loss + state.settle_mwh * (SECONDS_PER_HOUR / dt_s),
        }
        return BatteryState(energy, state.energy_mwh, p, loss, self._none), outputs

    def _after(self, energy_mwh: FloatArray, p_mw: FloatArray, dt_s: float) -> FloatArray:
        # cells run dry in a dead grid (the standby then stops) and never hold more than their capacity
        after = self._cells.after(energy_mwh, self._into_cells(p_mw), dt_s)
        return np.minimum(np.maximum(after, 0.0), self._capacity)

    def _into_cells(self, p_mw: FloatArray) -> FloatArray:
        converter = p_mw + self._standby
        return np.where(converter < 0.0, -converter * self._eta_in, -converter / self._eta_out)

    def _at_terminals(self, into_cells_mw: FloatArray) -> FloatArray:
        converter = np.where(into_cells_mw > 0.0, -into_cells_mw / self._eta_in, -into_cells_mw * self._eta_out)
        return np.minimum(np.maximum(converter - self._standby, -self._power), self._power)


def _loss_mw(p_mw: FloatArray, start_mwh: FloatArray, end_mwh: FloatArray, dt_s: float) -> FloatArray:
    """What came in at the terminals and is not in the cells: conversion, self-discharge, standby."""
    return np.asarray(-p_mw - (end_mwh - start_mwh) * (SECONDS_PER_HOUR / dt_s))


Battery.spec = DeviceSpec(
    kind="battery",
    parameters=BatteryParameters,
    model=Battery,
    drivers=(),
    states=(P_MIN, P_MAX, P_ON_MIN, SOC),
    results=(LOSS,),
    role="storage",
    controllable=True,
    inverter=True,
)
