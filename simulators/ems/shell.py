"""The EMS stage: gathers what each scope knows, asks its strategies, arbitrates, and tells the devices.

A scope is one `Scope` entity (`ems:NAME`), which hears the loads, the market and the boundary of its metering point,
with one `Setpoint` child per device (`device:NAME`), which hears that device and what drives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grids.arrays import FloatArray
from simulators import ports
from simulators.axis import HALF_HOUR_S, seconds_into_half_hour
from simulators.ems.arbitrate import Planned, arbitrate
from simulators.ems.contract import Controlled, DeviceView, Observation, Proposal, Scope
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


@dataclass
class _Running:
    """A scope and what it remembers between steps."""

    scope: Scope
    devices: Mapping[str, Controlled]
    memories: list[Any]
    window_import_mwh: FloatArray = field(default_factory=lambda: np.zeros(1))


class EmsSimulator(StageSimulator):
    """Feed-forward: decisions follow this step's demand and availability; last step's flows only correct."""

    def __init__(self) -> None:
        states = [port.name for port in ports.PORTS.values() if port.role is ports.Role.STATE]
        taken = {*states, ports.P_AVAILABLE, *_DEVICE_SIGNALS, *SETPOINT_GIVES}
        super().__init__(
            {
                SCOPE: model_meta(SCOPE_TAKES, ["scope"]),
                SETPOINT: model_meta(taken, public=False),
            }
        )
        self._scopes: dict[str, _Running] = {}

    def create(self, num: int, model: str, **parameters: Any) -> list[dict[str, Any]]:
        """One scope with a child per device."""
        scope: Scope = parameters["scope"]
        eid = f"ems:{scope.name}"
        memories = [strategy.initial(self.members) for strategy in scope.strategies]
        devices = {device.name: device for device in scope.devices}
        self._scopes[eid] = _Running(scope, devices, memories, np.zeros(self.members))
        self.values[eid] = {}
        children = [{"eid": f"device:{name}", "type": SETPOINT} for name in devices]
        return [{"eid": eid, "type": SCOPE, "children": children}]

    def advance(self, k: int, inputs: Inputs) -> None:
        """Decide step k for every scope."""
        for eid, running in self._scopes.items():
            observation = self._observe(k, eid, running, inputs)
            proposals: list[Proposal] = []
            for place, strategy in enumerate(running.scope.strategies):
                seen = replace(observation, planned_mw=Planned(observation.devices, proposals))
                new, running.memories[place] = strategy.propose(seen, running.memories[place])
                proposals += new
            for name, decision in arbitrate(observation, proposals, running.scope.cut_order).items():
                self.values[f"device:{name}"] = {ports.P_SET: decision.p_set_mw, ports.SET_REASON: decision.reason}

    def _observe(self, k: int, eid: str, running: _Running, inputs: Inputs) -> Observation:
        own = inputs.get(eid, NO_INPUTS)
        net_import = self._row(own, ports.BOUNDARY_P)
        self._count_window(k, running, net_import)
        t_s = int(self.axis.edges[k])
        into = (t_s + seconds_into_half_hour(self.axis.start)) % HALF_HOUR_S
        demand = np.zeros(self.members)
        for values in own.get(ports.P_LOAD, {}).values():
            demand = demand + np.broadcast_to(np.asarray(values), (self.members, np.shape(values)[-1])).sum(axis=1)
        signals = {port: self._row(own, port) for port in _SIGNALS if port in own}
        views = {}
        for name, device in running.devices.items():
            given = inputs.get(f"device:{name}", NO_INPUTS)
            views[name] = self._view(device, given)
            signals |= {f"{name}.{port}": self._row(given, port) for port in _DEVICE_SIGNALS if port in given}
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
            alive=self._row({ports.ENERGISED: _from_boundary(own, running.scope.boundary)}, ports.ENERGISED) > 0,
            signals=signals,
            devices=views,
        )

    def _count_window(self, k: int, running: _Running, net_import_mw: FloatArray) -> None:
        """Add last step's energy to the window, or begin a new one."""
        if k == 0 or self.axis.half_hour[k] != self.axis.half_hour[k - 1]:
            running.window_import_mwh = np.zeros(self.members)
        else:
            hours = float(self.axis.dt_s[k - 1]) / SECONDS_PER_HOUR
            # a step that did not converge has no flow: the window goes on without it
            metered_mw = np.maximum(np.nan_to_num(net_import_mw), 0.0)
            running.window_import_mwh = running.window_import_mwh + metered_mw * hours

    def _row(self, given: Mapping[str, Mapping[str, Any]], port: str, default: float = 0.0) -> FloatArray:
        """(M,) value of a port that has one column."""
        value = np.asarray(only(given[port]) if port in given else default, dtype=np.float64)
        row = np.empty(self.members)
        row[:] = value[..., 0] if value.ndim else value
        return row

    def _view(self, device: Controlled, given: Mapping[str, Mapping[str, Any]]) -> DeviceView:
        """A device with its range; what the sun or wind gives bounds a source."""
        shape = (self.members, device.units)
        low, high, on_min = (_grid(only(given[port]), shape) for port in _RANGE)
        if ports.P_AVAILABLE in given:
            high = np.minimum(high, np.asarray(only(given[ports.P_AVAILABLE])))
            low = np.minimum(low, high)
        states = {
            port: np.asarray(only(given[port])) for port in device.spec.states if port not in _RANGE and port in given
        }
        spec = device.spec
        return DeviceView(device.name, spec.kind, spec.role, low, high, on_min, states, device.parameters)


def _from_boundary(own: Mapping[str, Mapping[str, Any]], boundary: str) -> Mapping[str, Any]:
    """Whether the metering point is alive: loads say so of themselves on the same port."""
    heard = own.get(ports.ENERGISED, {})
    return {source: value for source, value in heard.items() if source.endswith(f".boundary:{boundary}")}


def _grid(value: Any, shape: tuple[int, int]) -> FloatArray:
    """(M, units) of a port; one that has the shape already is handed on as it is."""
    array = np.asarray(value, dtype=np.float64)
    return array if array.shape == shape else np.array(np.broadcast_to(array, shape))
