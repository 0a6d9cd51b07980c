"""A device model in a mosaik shell: inputs to arrays, correct, step, range, and out to the ports.

The device stage hosts one model per scenario entry; `ModelSimulator` hosts the same models for plain mosaik scenarios.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import mosaik_api_v3
import numpy as np

from grids.arrays import FloatArray
from grids.parameters import Parameters
from simulators.models.contract import Device, DeviceSpec, Feedback, Outputs
from simulators.ports import (
    ENERGISED,
    P_ACTUAL,
    P_MAX,
    P_MIN,
    P_ON_MIN,
    P_SET,
    PORTS,
    Q_ACTUAL,
    REASON,
    VM,
    P,
    Q,
)
from simulators.shell import NO_INPUTS, Inputs, model_meta, only

FEEDBACK = (P_ACTUAL, Q_ACTUAL, VM, ENERGISED, REASON)
RANGE = (P_MIN, P_MAX, P_ON_MIN)


def taken(spec: DeviceSpec) -> tuple[str, ...]:
    """Ports a device of this kind needs to hear."""
    return (*spec.drivers, *((P_SET,) if spec.controllable else ()), *spec.feedback)


def published(spec: DeviceSpec) -> tuple[str, ...]:
    """Ports a device of this kind publishes."""
    return (P, Q, *spec.states, *spec.results)


def build_model(spec: DeviceSpec, parameters: Sequence[Parameters], units: int, members: int) -> Device[Any]:
    """The model of one entry; ValueError where the counts do not fit together."""
    if units < 1:
        raise ValueError(f"{spec.kind}: {units} units, expected at least one")
    if len(parameters) not in (1, members):
        raise ValueError(
            f"{spec.kind}: {len(parameters)} parameter sets for {members} members, expected one or {members}"
        )
    model: Device[Any] = spec.model(parameters if len(parameters) == members else tuple(parameters) * members, units)
    return model


def state_ports(model: Device[Any], state: Any, drivers: Mapping[str, FloatArray], dt_s: float) -> Outputs:
    """Every STATE port ahead of a step of `dt_s`: the range and what the kind adds."""
    limits = model.range(state, drivers, dt_s)
    return {
        P_MIN: limits.min_mw,
        P_MAX: limits.max_mw,
        P_ON_MIN: limits.on_min_mw,
        **model.states(state, drivers, dt_s),
    }


def initial_ports(
    spec: DeviceSpec,
    parameters: Sequence[Parameters],
    units: int,
    members: int,
    dt_s: float,
    drivers: Mapping[str, FloatArray] | None = None,
) -> Outputs:
    """STATE ports before the first step of `dt_s`, for time-shifted connections; drivers not given count as initial."""
    model = build_model(spec, parameters, units, members)
    known = {name: _array(PORTS[name].initial) for name in spec.drivers} | dict(drivers or {})
    return state_ports(model, model.initial(members), known, dt_s)


class Hosted:
    """One model with its state. The only mutable thing in the device stage."""

    def __init__(self, spec: DeviceSpec, parameters: Sequence[Parameters], units: int, members: int = 1) -> None:
        self.spec = spec
        self._defaults = {name: _array(PORTS[name].initial) for name in spec.optional}
        self._model = build_model(spec, parameters, units, members)
        self._state = self._model.initial(members)

    def advance(
        self, inputs: Mapping[str, Any], dt_s: float, last_dt_s: float | None, next_dt_s: float
    ) -> dict[str, Any]:
        """One step: take what the last one really did, step, say what the next one could.

        Args:
            inputs: port -> value; drivers are required unless optional, feedback counts where it is connected.
            dt_s: length of this step.
            last_dt_s: length of the step the feedback is about; None in the first step.
            next_dt_s: length of the coming step.
        """
        drivers = self._drivers(inputs)
        if self._state is not None and last_dt_s is not None and P_ACTUAL in inputs:
            self._state = self._model.correct(self._state, _feedback(inputs), last_dt_s)
        p_set = _array(inputs[P_SET]) if P_SET in inputs else None
        self._state, flows = self._model.step(self._state, drivers, p_set, dt_s)
        return {**flows, **state_ports(self._model, self._state, drivers, next_dt_s)}

    def _drivers(self, inputs: Mapping[str, Any]) -> dict[str, FloatArray]:
        given = {name: _array(inputs[name]) for name in self.spec.drivers if name in inputs}
        missing = [name for name in self.spec.drivers if name not in given and name not in self._defaults]
        if missing:
            raise ValueError(f"{self.spec.kind}: nothing is connected to {', '.join(missing)}")
        return self._defaults | given


def _array(value: Any) -> FloatArray:
    """(members or 1, units or 1) of what a port carries."""
    array = np.asarray(value, dtype=np.float64)
    return array if array.ndim == 2 else np.atleast_2d(array)


def _feedback(inputs: Mapping[str, Any]) -> Feedback:
    p, q, vm, energised, reason = (np.atleast_2d(inputs.get(name, PORTS[name].initial)) for name in FEEDBACK)
    return Feedback(p, q, vm, energised > 0, reason)


class ModelSimulator(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """One device kind for a plain mosaik scenario: scalar values in and out, a fixed step, one device an entity.

    Every attribute is a port of `simulators.ports` (name with unit; injection positive). A connected `P_actual[MW]`
    (time-shifted) corrects the state; left open, the request counts as taken.
    """

    spec: ClassVar[DeviceSpec]
    model_name: ClassVar[str]
    extra_params: ClassVar[tuple[str, ...]] = ()
    extra_attrs: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        params = (*self.spec.parameters.model_fields, *self.extra_params)
        attrs = (*taken(self.spec), *FEEDBACK, *published(self.spec), *self.extra_attrs)
        models = {self.model_name: model_meta(attrs, params)}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": models})
        self.step_s = 900.0
        self._steps_per = 900  # in mosaik's time units
        self._devices: dict[str, Hosted] = {}
        self._values: dict[str, dict[str, Any]] = {}

    def init(self, sid: str, time_resolution: float = 1.0, *, step_size: float = 900, **options: Any) -> dict[str, Any]:
        """Start with a fixed step.

        Args:
            sid: given by mosaik.
            time_resolution: seconds per mosaik time unit, given by mosaik.
            step_size: step in seconds, a multiple of the time resolution.
            **options: what the kind adds (see `configure`).
        """
        units = step_size / time_resolution
        if units < 1 or units != int(units):
            raise ValueError(f"step_size {step_size} s is not a multiple of the time resolution {time_resolution} s")
        self.step_s = float(step_size)
        self._steps_per = int(units)
        self.configure(**options)
        return self.meta  # type: ignore[no-any-return]

    def configure(self, **options: Any) -> None:
        """Take the options of the kind; none by default."""
        if options:
            raise ValueError(f"unknown options: {', '.join(sorted(options))}")

    def create(self, num: int, model: str, **parameters: Any) -> list[dict[str, Any]]:
        """Create `num` equal devices; `parameters` are the fields of the kind's parameter model, checked by it."""
        own = {name: parameters.pop(name) for name in self.extra_params if name in parameters}
        checked = self.spec.parameters(**parameters)
        entities = []
        for _ in range(num):
            eid = f"{self.model_name}-{len(self._devices)}"
            self._devices[eid] = Hosted(self.spec, (checked,), units=1)
            self.prepare(eid, checked, **own)
            entities.append({"eid": eid, "type": model})
        return entities

    def prepare(self, eid: str, parameters: Any, **own: Any) -> None:
        """Take the entity's own parameters (`extra_params`)."""

    def step(self, time: int, inputs: Inputs, max_advance: int) -> int:
        """Step every device; the next step is `step_size` later."""
        k = time // self._steps_per
        last = self.step_s if k > 0 else None
        for eid, device in self._devices.items():
            given = {name: float(only(values)) for name, values in inputs.get(eid, NO_INPUTS).items()}
            given |= self.drive(eid, k, given)
            flows = device.advance(given, self.step_s, last, self.step_s)
            self._values[eid] = given | {name: values.item() for name, values in flows.items()}
        return time + self._steps_per

    def drive(self, eid: str, k: int, given: Mapping[str, float]) -> dict[str, float]:
        """Drivers the simulator works out itself; none by default."""
        return {}

    def get_data(self, outputs: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
        """Look up what `step` left."""
        return {eid: {attr: self._values[eid][attr] for attr in attrs} for eid, attrs in outputs.items()}
