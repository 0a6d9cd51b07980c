"""The grid stage: requests in, one AC power flow, what really happened out.

One entity per scenario entry (`Injection` for a device, `Load` for a load) hands its powers in; devices get feedback;
one `Boundary` entity per boundary tells the EMS its flow; the `Grid` entity hands the whole step to the recorder.
Protection relays sit here, because they act on connection points: what one of them trips is off from the next step on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.regulators.regulation import Moment
from simulators import ports
from simulators.shell import Inputs, StageSimulator, model_meta, only

if TYPE_CHECKING:
    from grids.feeder import Feeder, GridStep
    from grids.protection.relays import Protection

GRID = "Grid"
INJECTION = "Injection"
LOAD = "Load"
BOUNDARY = "Boundary"

FEEDBACK = (ports.P_ACTUAL, ports.Q_ACTUAL, ports.VM, ports.ENERGISED, ports.REASON)
MEASURED = (ports.BOUNDARY_P, ports.LOSSES, ports.ENERGISED)
TAKES = {INJECTION: (ports.P, ports.Q), LOAD: (ports.P_LOAD, ports.Q_LOAD)}


Positions = slice | IntArray


@dataclass(frozen=True, slots=True)
class _Entry:
    """One scenario entry: positions of its units among the network's injections or loads, and their buses."""

    model: str
    points: Positions
    buses: IntArray
    protected: bool = False  # whether a relay can take a unit off


@dataclass(frozen=True, slots=True)
class _Meter:
    """A boundary, the section it leads into (-1 = none) and the buses of its ends."""

    position: int
    section: int
    buses: IntArray


class GridStageSimulator(StageSimulator):
    """Steps a `grids.feeder.Feeder` along the axis.

    A member whose power flow failed is NaN in `step`, so that the run can stop or mark it. Its devices are told that
    their request happened at nominal voltage: their states stay finite, and nothing of them counts any more.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                GRID: model_meta([ports.STEP]),
                INJECTION: model_meta([*TAKES[INJECTION], *FEEDBACK, ports.CONNECTED], ["subject", "points"]),
                LOAD: model_meta(TAKES[LOAD], ["subject", "points"]),
                BOUNDARY: model_meta(MEASURED, ["name"]),
            }
        )
        self._entries: dict[str, _Entry] = {}
        self._meters: dict[str, _Meter] = {}
        self._grid: str | None = None

    def configure(self, **parameters: Any) -> None:
        """Take the `feeder` and its relays (`protection`), if it has any."""
        self._feeder: Feeder = parameters.pop("feeder")
        self._protection: Protection | None = parameters.pop("protection", None)
        super().configure(**parameters)
        self._state = self._feeder.initial(self.members)
        self._off: BoolArray | None = None  # (M, injection) units behind an open breaker in the coming step
        if self._protection is not None:
            self._relays = self._protection.initial(self.members)

    def add(self, model: str, **parameters: Any) -> str:
        """`Injection(subject, points)`, `Load(subject, points)`, `Boundary(name)` or the one `Grid`."""
        if model == GRID:
            self._grid = "grid"
            return self._grid
        if model == BOUNDARY:
            subject = f"boundary:{parameters['name']}"
            self._meters[subject] = self._meter(parameters["name"])
            return subject
        subject = str(parameters["subject"])
        if subject in self._entries:
            raise ValueError(f"{subject} is connected to the grid twice")
        points = np.asarray(parameters["points"], dtype=np.int64)
        bus = {INJECTION: self._feeder.index.injection_bus, LOAD: self._feeder.index.load_bus}[model]
        protection = self._protection if model == INJECTION else None
        protected = protection is not None and bool(protection.protects[points].any())
        self._entries[subject] = _Entry(model, _run(points), bus[points], protected)
        return subject

    def _meter(self, name: str) -> _Meter:
        partition, index = self._feeder.partition, self._feeder.index
        position = partition.boundaries.index(name)
        ends = [end.where for end in partition.ends if end.boundary == name]
        buses = [(index.branch_from, index.branch_to)[end.end][end.branch] for end in ends]
        return _Meter(position, partition.into[position], np.array(buses, dtype=np.int64))

    def advance(self, k: int, inputs: Inputs) -> None:
        """Gather the requests of step k, solve, and hand out what happened."""
        t_s = int(self.axis.edges[k])
        self._state = self._feeder.at(self._state, t_s)
        index = self._feeder.index
        p, q = self._zeros(len(index.injection)), self._zeros(len(index.injection))
        p_load, q_load = self._zeros(len(index.load)), self._zeros(len(index.load))
        requests = {INJECTION: (p, q), LOAD: (p_load, q_load)}
        for subject, entry in self._entries.items():
            for port, target in zip(TAKES[entry.model], requests[entry.model], strict=True):
                target[:, entry.points] = _value(subject, port, inputs)
        blocked = self._off
        step = self._feeder.step(self._state, p, q, p_load, q_load, self._moment(k, t_s), blocked)
        if step.after is not None:
            self._state = step.after
        if self._protection is not None:
            step = self._protect(self._protection, step, k, t_s)
        if self._grid is not None:
            self.values[self._grid] = {ports.STEP: step}
        healthy = bool(step.result.converged.all())
        for subject, entry in self._entries.items():
            if entry.model == INJECTION:
                self.values[subject] = _feedback(step, entry, p, q, blocked, healthy=healthy)
                if entry.protected:
                    self.values[subject][ports.CONNECTED] = self._connected(entry)
        for subject, meter in self._meters.items():
            self.values[subject] = _measured(step, meter, healthy=healthy)

    def _protect(self, protection: Protection, step: GridStep, k: int, t_s: int) -> GridStep:
        """Let the relays see the step; what they trip is off from the next one on."""
        self._relays, did = protection.after(self._relays, step, t_s, float(self.axis.dt_s[k]))
        self._off = protection.blocked(self._relays)
        return replace(step, relays=did)

    def _connected(self, entry: _Entry) -> BoolArray:
        """(M, units) whether no breaker is open in the coming step."""
        if self._off is None:
            return np.ones((self.members, len(entry.buses)), dtype=bool)
        return np.asarray(~self._off[:, entry.points])

    def _moment(self, k: int, t_s: int) -> Moment:
        dt_s = float(self.axis.dt_s[k])
        if self._feeder.regulation is None:
            return Moment(t_s, dt_s)
        clock = self.axis.local(t_s)
        return Moment(t_s, dt_s, 3600.0 * clock.hour + 60.0 * clock.minute + clock.second)

    def _zeros(self, points: int) -> FloatArray:
        return np.zeros((self.members, points))


def _value(subject: str, port: str, inputs: Inputs) -> Any:
    try:
        return only(inputs[subject][port])
    except KeyError:
        raise ValueError(f"{subject}: nothing is connected to {port} of the grid") from None


def _run(points: IntArray) -> Positions:
    """Positions that follow each other as a slice: a view instead of a copy."""
    follow = len(points) > 0 and np.array_equal(points, np.arange(points[0], points[0] + len(points)))
    return slice(int(points[0]), int(points[-1]) + 1) if follow else points


def _feedback(
    step: GridStep,
    entry: _Entry,
    p_asked: FloatArray,
    q_asked: FloatArray,
    blocked: BoolArray | None,
    *,
    healthy: bool,
) -> dict[str, Any]:
    """The feedback ports of one device, each (M, units); `healthy` = every member converged.

    Behind an open breaker (`blocked`) a device sees dead terminals.
    """
    points = entry.points
    p, q, vm = step.p_actual_mw[:, points], step.q_actual_mvar[:, points], step.result.vm_pu[:, entry.buses]
    alive = step.result.energised[:, entry.buses]
    if not healthy:
        failed = ~step.result.converged[:, np.newaxis]
        p, q = np.where(failed, p_asked[:, points], p), np.where(failed, q_asked[:, points], q)
        vm, alive = np.where(failed, 1.0, vm), failed | alive
    if blocked is not None and entry.protected:
        off = blocked[:, points]
        p, q, vm, alive = np.where(off, 0.0, p), np.where(off, 0.0, q), np.where(off, 0.0, vm), alive & ~off
    return {
        ports.P_ACTUAL: p,
        ports.Q_ACTUAL: q,
        ports.VM: vm,
        ports.ENERGISED: alive,
        ports.REASON: step.injection_reason[:, points],
    }


def _measured(step: GridStep, meter: _Meter, *, healthy: bool) -> dict[str, Any]:
    """The ports of one boundary, each (M, 1); a failed member reads zero flow at a live boundary."""
    losses = step.result.losses_mw if meter.section < 0 else step.section_losses_mw[:, meter.section]
    flow = step.boundary_p_mw[:, meter.position]
    alive: BoolArray = np.any(step.result.energised[:, meter.buses], axis=1)
    if not healthy:
        failed = ~step.result.converged
        losses, flow, alive = np.where(failed, 0.0, losses), np.where(failed, 0.0, flow), failed | alive
    return {
        ports.BOUNDARY_P: flow[:, np.newaxis],
        ports.LOSSES: losses[:, np.newaxis],
        ports.ENERGISED: alive[:, np.newaxis],
    }
