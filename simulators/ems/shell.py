"""The EMS stage: gathers what each scope knows, asks its strategies, arbitrates, and tells the devices.

A scope is one `Scope` entity (`ems:NAME`), which hears the loads, the market and the boundary of its metering point,
with one `Setpoint` child per device (`device:NAME`), which hears that device and what drives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grids.arrays import BoolArray, FloatArray
from simulators import ports
from simulators.axis import HALF_HOUR_S, seconds_into_half_hour
from simulators.ems.arbitrate import decide, full_cut_order
from simulators.ems.contract import Controlled, DeviceView, Observation, Scope
from simulators.ems.plan import Plans
from simulators.ems.split import unit_sum
from simulators.shell import NO_INPUTS, Inputs, StageSimulator, model_meta, only

SCOPE = "Scope"
SETPOINT = "Setpoint"
SECONDS_PER_HOUR = 3600.0

SCOPE_TAKES = (
    ports.P_LOAD,
    ports.ENERGY_PRICE,
    ports.DEMAND_CHARGE,
    ports.BOUNDARY_P,
    ports.LOSSES,
    ports.ENERGISED,
)
_SIGNALS = (ports.ENERGY_PRICE, ports.DEMAND_CHARGE)
_DEVICE_SIGNALS = (ports.FUEL_PRICE, ports.HEAT_ENABLED)
_RANGE = (ports.P_MIN, ports.P_MAX, ports.P_ON_MIN)
SETPOINT_GIVES = (ports.P_SET, ports.SET_REASON)


def setpoint_takes(device: Controlled) -> tuple[str, ...]:
    """Ports the EMS reads of one device: its states, and what drives it."""
    return (*device.spec.states, *(p for p in (ports.P_AVAILABLE,) if p in device.spec.drivers), *_DEVICE_SIGNALS)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A device and the names under which it is looked up in every step."""

    device: Controlled
    subject: str  # its entity
    states: tuple[str, ...]  # ports it publishes beside its range
    signals: tuple[tuple[str, str], ...]  # ports, and what the observation calls them

    @classmethod
    def of(cls, device: Controlled) -> _Seen:
        states = tuple(port for port in device.spec.states if port not in _RANGE)
        return cls(device, f"device:{device.name}", states, tuple((p, f"{device.name}.{p}") for p in _DEVICE_SIGNALS))


@dataclass
class _Running:
    """A scope and what it remembers between steps."""

    scope: Scope
    devices: tuple[_Seen, ...]
    cut_order: tuple[str, ...]
    memories: list[Any]
    window_import_mwh: FloatArray


class EmsSimulator(StageSimulator):
    """Feed-forward: decisions follow this step's demand and availability; last step's flows only correct."""

    def __init__(self) -> None:
        states = [port.name for port in ports.PORTS.values() if port.role is ports.Role.STATE]
        taken = {*states, ports.P_AVAILABLE, *_DEVICE_SIGNALS, *SETPOINT_GIVES, ports.CONNECTED}
        super().__init__(
            {
                SCOPE: model_meta(SCOPE_TAKES, ["scope"]),
                SETPOINT: model_meta(taken, public=False),
            }
        )
        self._scopes: dict[str, _Running] = {}

    def create(self, num: int, model: str, **parameters: Any) -> list[dict[str, Any]]:
        """One scope with a child per device."""
        if model != SCOPE:
            return super().create(num, model, **parameters)
        scope: Scope = parameters["scope"]
        eid = f"ems:{scope.name}"
        memories = [strategy.initial(self.members) for strategy in scope.strategies]
        devices = tuple(_Seen.of(device) for device in scope.devices)
        order = full_cut_order(scope.cut_order, {device.name: device.spec.role for device in scope.devices})
        self._scopes[eid] = _Running(scope, devices, order, memories, np.zeros(self.members))
        self.values[eid] = {}
        children = [{"eid": seen.subject, "type": SETPOINT} for seen in devices]
        return [{"eid": eid, "type": SCOPE, "children": children}]

    def advance(self, k: int, inputs: Inputs) -> None:
        """Decide step k for every scope."""
        for eid, running in self._scopes.items():
            views = {
                seen.device.name: self._view(seen, inputs.get(seen.subject, NO_INPUTS)) for seen in running.devices
            }
            plans = Plans(views)
            observation = self._observe(k, eid, running, inputs, plans)
            for place, strategy in enumerate(running.scope.strategies):
                proposals, running.memories[place] = strategy.propose(observation, running.memories[place])
                plans.add(proposals)
            decisions = decide(observation, plans, running.cut_order)
            for seen in running.devices:
                decision = decisions[seen.device.name]
                set_mw = _commanded(seen, decision.p_set_mw, inputs.get(seen.subject, NO_INPUTS))
                self.values[seen.subject] = {ports.P_SET: set_mw, ports.SET_REASON: decision.reason}

    def _observe(self, k: int, eid: str, running: _Running, inputs: Inputs, plans: Plans) -> Observation:
        own = inputs.get(eid, NO_INPUTS)
        net_import = self._row(own, ports.BOUNDARY_P)
        self._count_window(k, running, net_import)
        t_s = int(self.axis.edges[k])
        into = (t_s + seconds_into_half_hour(self.axis.start)) % HALF_HOUR_S
        demand = np.zeros(self.members)
        for values in own.get(ports.P_LOAD, {}).values():
            demand = demand + unit_sum(np.atleast_2d(values))
        signals = {port: self._row(own, port) for port in _SIGNALS if port in own}
        for seen in running.devices:
            given = inputs.get(seen.subject, NO_INPUTS)
            signals |= {name: self._row(given, port) for port, name in seen.signals if port in given}
        return Observation(
            k=k,
            t_s=t_s,
            dt_s=int(self.axis.dt_s[k]),
            window_s=HALF_HOUR_S - max(into - t_s, 0),  # a run may begin inside a half hour
            window_left_s=HALF_HOUR_S - into,
            demand_mw=demand,
            losses_mw=self._row(own, ports.LOSSES),
            net_import_mw=net_import,
            window_import_mwh=running.window_import_mwh,
            alive=self._alive(own, running.scope.boundary),
            signals=signals,
            devices=plans.devices,
            planned_mw=plans,
        )

    def _count_window(self, k: int, running: _Running, net_import_mw: FloatArray) -> None:
        """Add last step's energy to the window, or begin a new one."""
        if k == 0 or self.axis.half_hour[k] != self.axis.half_hour[k - 1]:
            running.window_import_mwh = np.zeros(self.members)
        else:
            hours = float(self.axis.dt_s[k - 1]) / SECONDS_PER_HOUR
            # a step that did not converge has no flow: the window goes on without it
            metered_mw = np.fmax(net_import_mw, 0.0)
            running.window_import_mwh = running.window_import_mwh + metered_mw * hours

    def _row(self, given: Mapping[str, Mapping[str, Any]], port: str, default: float = 0.0) -> FloatArray:
        """(M,) value of a port that has one column."""
        return self._column(only(given[port]) if port in given else default)

    def _column(self, value: Any) -> FloatArray:
        column = np.asarray(value, dtype=np.float64)
        if column.shape == (self.members, 1):
            return column[:, 0]
        row = np.empty(self.members)
        row[:] = column[..., 0] if column.ndim else column
        return row

    def _alive(self, own: Mapping[str, Mapping[str, Any]], boundary: str) -> BoolArray:
        """(M,) whether the metering point is energised; loads say so of themselves on the same port."""
        heard = own.get(ports.ENERGISED, {})
        return self._column(only({s: value for s, value in heard.items() if s.endswith(f".boundary:{boundary}")})) > 0

    def _view(self, seen: _Seen, given: Mapping[str, Mapping[str, Any]]) -> DeviceView:
        """A device with its range; what the sun or wind gives bounds a source."""
        shape = (self.members, seen.device.units)
        low, high, on_min = (_grid(only(given[port]), shape) for port in _RANGE)
        if ports.P_AVAILABLE in given:
            high = np.minimum(high, np.asarray(only(given[ports.P_AVAILABLE])))
            low = np.minimum(low, high)
        connected = _connected(given)
        if connected is not None:
            low, high, on_min = (np.where(connected, bound, 0.0) for bound in (low, high, on_min))
        states = {port: np.asarray(only(given[port])) for port in seen.states if port in given}
        spec = seen.device.spec
        return DeviceView(seen.device.name, spec.kind, spec.role, low, high, on_min, states)


def _connected(given: Mapping[str, Mapping[str, Any]]) -> BoolArray | None:
    """(M or 1, units or 1) units no relay keeps off, of a device that has relays; None = all."""
    if ports.CONNECTED not in given:
        return None
    connected: BoolArray = np.atleast_2d(np.asarray(only(given[ports.CONNECTED]))) > 0
    return None if connected.all() else connected


def _commanded(seen: _Seen, set_mw: FloatArray, given: Mapping[str, Mapping[str, Any]]) -> FloatArray:
    """Set-points; behind an open breaker a source keeps its ceiling (the relay holds it back) and all else rests."""
    connected = _connected(given)
    if connected is None:
        return set_mw
    free = only(given[ports.P_MAX]) if seen.device.spec.role == "source" else 0.0
    return np.where(connected, set_mw, free)


def _grid(value: Any, shape: tuple[int, int]) -> FloatArray:
    """(M, units) of a port; one that has the shape already is handed on as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array if array.shape == shape else np.array(np.broadcast_to(array, shape))
