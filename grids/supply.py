"""The voltages customers are judged by: both 100 V legs and 200 V at every supply point (供給点).

With every customer in the network the legs come from the three-wire sweep (`measured`). Else they are an equivalent:
at the near end of the mains no drop, at the far end the drop or rise of the design, scaled by the pole's own net demand
or reverse flow, never both at once (planner.md 3; facts.md 1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import DescriptionError, GridProblem, unknown
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts, PoleTransformer
from grids.powerflow.contract import FeederIndex, FlowResult
from grids.threewire.forest import LEG_V, ComplexArray
from grids.threewire.mains import mains
from grids.threewire.sweep import magnitude, sweep

if TYPE_CHECKING:
    from grids.normalise import NormalisedGrid


Value = TypeVar("Value", np.float64, np.complex128)


class SupplyMethod(StrEnum):
    """Where a supply point's voltages come from. A customer behind none of them is not judged."""

    MEASURED = "measured"  # from its own legs, wires and demand
    EQUIVALENT = "equivalent"  # from its pole transformer by formula


@dataclass(frozen=True, slots=True)
class SupplyState:
    """Voltages at all supply points of a step. M = members, S = supply points.

    Dead points have 0 V, `energised` false and are not to be judged; points without solution are NaN, `converged`
    false. Means over half an hour belong to each of `legs_v`, the lower and the higher one come after that.
    """

    legs_v: FloatArray  # (M, S, 2) measured: legs a, b; equivalent: a leg at the near and at the far end of the mains
    line_v: FloatArray  # (M, S) 200 V line voltage; NaN where an equivalent does not know it
    energised: BoolArray  # (M, S)
    converged: BoolArray  # (M, S)

    @property
    def low_leg_v(self) -> FloatArray:
        """(M, S) the lower of both legs (of both ends), V."""
        return np.asarray(self.legs_v.min(axis=2))

    @property
    def high_leg_v(self) -> FloatArray:
        """(M, S) the higher of both legs (of both ends), V."""
        return np.asarray(self.legs_v.max(axis=2))


class _Powers(NamedTuple):
    """What was really injected and served, and the taps; as in `FlowState`."""

    p_mw: FloatArray  # (M, injection)
    q_mvar: FloatArray  # (M, injection)
    p_load_mw: FloatArray  # (M, load)
    q_load_mvar: FloatArray  # (M, load)
    tap_pos: FloatArray  # (M, tap)


class SupplyVoltages:
    """All supply points of a network.

    Attributes:
        subjects: (S,) `customer:NAME` where they are measured, else `pole:NAME`.
        buses: (S,) bus of each; in an equivalent without secondary side the 6.6 kV one.
        bus_position: (S,) the same as positions in `grid.index.bus`.
        method: of all of them.

    Raises:
        DescriptionError: the facts do not fit the network or each other; all problems at once.
    """

    def __init__(self, facts: LowVoltageFacts, grid: NormalisedGrid) -> None:
        """Args: `facts` below 6.6 kV; `grid` the network they belong to, with its connection points."""
        full = facts.depth is LowVoltageDepth.FULL
        self._points: _Points = _ThreeWire(facts, grid) if full else _Ends(facts, grid.index)
        self.subjects = self._points.subjects
        self.buses = self._points.buses
        self.bus_position = _positions(grid.index.bus, self.buses)
        self.method = SupplyMethod.MEASURED if full else SupplyMethod.EQUIVALENT

    def state(
        self,
        flow: FlowResult,
        p_mw: FloatArray,
        q_mvar: FloatArray,
        p_load_mw: FloatArray,
        q_load_mvar: FloatArray,
        tap_pos: FloatArray,
    ) -> SupplyState:
        """Voltages of every supply point after a power flow.

        Args:
            flow: the result of the flow.
            p_mw: (M, injection) what was really injected.
            q_mvar: (M, injection) its reactive part.
            p_load_mw: (M, load) what was really served.
            q_load_mvar: (M, load) its reactive part, inductive positive.
            tap_pos: (M, tap) the taps it was solved with.
        """
        powers = _Powers(p_mw, q_mvar, p_load_mw, q_load_mvar, tap_pos)
        state = self._points.at(flow, powers)
        lives = state.energised | ~flow.converged[:, np.newaxis]  # nobody knows what is dead where there is no solution
        return SupplyState(
            legs_v=np.where(lives[..., np.newaxis], state.legs_v, 0.0),
            line_v=np.where(lives, state.line_v, 0.0),
            energised=state.energised,
            converged=flow.converged[:, np.newaxis] & (state.converged | ~state.energised),
        )


class _Points(Protocol):
    subjects: tuple[str, ...]
    buses: tuple[str, ...]

    def at(self, flow: FlowResult, powers: _Powers) -> SupplyState: ...


class _Ends:
    """Near and far end of the mains of every pole transformer, by formula."""

    def __init__(self, facts: LowVoltageFacts, index: FeederIndex) -> None:
        lumped = facts.depth is LowVoltageDepth.LUMPED
        poles = facts.poles
        buses = [pole.lv_bus if lumped else pole.bus for pole in poles]
        _check_ends(poles, buses, index)
        self.buses = tuple(str(bus) for bus in buses)
        self.subjects = tuple(f"pole:{pole.name}" for pole in poles)
        self._bus = _positions(index.bus, self.buses)
        base_v = 1e3 * index.bus_vn_kv[self._bus]
        self._leg_v = base_v / 2.0 if lumped else base_v * LEG_V / _column(poles, "tap_v")
        stations, self._station = np.unique(self._bus, return_inverse=True)  # poles may share a bus
        place = np.full(len(index.bus), -1, dtype=np.int64)
        place[stations] = np.arange(len(stations))
        self._demand = _Sum(place[index.load_bus], len(stations))
        self._injection = _Sum(place[index.injection_bus], len(stations))
        self._drop, self._rise = _slopes(poles, self._station)

    def at(self, flow: FlowResult, powers: _Powers) -> SupplyState:
        near = flow.vm_pu[:, self._bus] * self._leg_v
        net_kw = 1e3 * (self._demand.of(powers.p_load_mw) - self._injection.of(powers.p_mw))[:, self._station]
        far = near - np.where(net_kw > 0.0, self._drop, self._rise) * net_kw
        energised = flow.energised[:, self._bus]
        return SupplyState(
            legs_v=np.stack([near, far], axis=2),
            line_v=np.full(near.shape, np.nan),
            energised=energised,
            converged=np.isfinite(far),
        )


def _check_ends(poles: Iterable[PoleTransformer], buses: Iterable[str | None], index: FeederIndex) -> None:
    known = set(index.bus)
    used = {index.bus[position] for position in (*index.load_bus, *index.injection_bus)}
    problems = []
    for pole, bus in zip(poles, buses, strict=True):
        route = ("low_voltage", "poles", pole.name)
        if bus is None:
            problems.append(GridProblem(route, "its secondary bus is not given (depth lumped)"))
        elif bus not in known:
            problems.append(GridProblem(route, unknown("bus", bus, known)))
        elif bus in used and pole.peak_kw == 0.0 and pole.pv_kw == 0.0 and (pole.drop_v or pole.rise_v):
            problems.append(GridProblem(route, "neither peak_kw nor pv_kw is given, so its drop cannot be scaled"))
    if problems:
        raise DescriptionError(problems)


def _slopes(poles: Sequence[PoleTransformer], station: IntArray) -> tuple[FloatArray, FloatArray]:
    """(S,) V of drop per kW of net demand at the pole's bus, and of rise per kW of reverse flow.

    Poles of one bus share its net demand by their peaks and its reverse flow by their PV. Where one of the two scales
    is missing, the same wires give the other one's slope.
    """
    peak, pv = (np.bincount(station, _column(poles, name))[station] for name in ("peak_kw", "pv_kw"))
    with np.errstate(divide="ignore", invalid="ignore"):
        drop, rise = _column(poles, "drop_v") / peak, _column(poles, "rise_v") / pv
    known_drop, known_rise = (np.where(scale > 0.0, slope, 0.0) for scale, slope in ((peak, drop), (pv, rise)))
    return np.where(peak > 0.0, known_drop, known_rise), np.where(pv > 0.0, known_rise, known_drop)


class _ThreeWire:
    """Every customer behind its own wires."""

    def __init__(self, facts: LowVoltageFacts, grid: NormalisedGrid) -> None:
        index = grid.index
        self._mains = mains(facts, grid)
        nodes = self._mains.node
        _check_customers(facts, self._mains.main, nodes)
        self.subjects = tuple(f"customer:{customer.name}" for customer in facts.customers)
        self.buses = tuple(customer.bus for customer in facts.customers)
        self._node = np.array([nodes[bus] for bus in self.buses], dtype=np.int64)
        self._bus = _positions(index.bus, self.buses)
        self._main = self._mains.main[self._node]
        units = self._mains.units
        self._pole_v = 1e3 * index.bus_vn_kv[units.bus]
        node_of = np.array([nodes.get(bus, -1) for bus in index.bus], dtype=np.int64)
        shares = {customer.bus: (customer.share_a, customer.share_b) for customer in facts.customers}
        self._demand = _Sum(node_of[index.load_bus], len(nodes))
        self._shares = _wire_shares(shares, [index.bus[bus] for bus in index.load_bus[self._demand.columns]])
        self._injection = _Sum(node_of[index.injection_bus], len(nodes))
        self._source = _Sum(node_of[index.source_bus], len(nodes))

    def at(self, flow: FlowResult, powers: _Powers) -> SupplyState:
        units = self._mains.units
        emf = flow.vm_pu[:, units.bus] * self._pole_v * units.leg_ratio(powers.tap_pos)
        wired = sweep(self._mains.trees, emf, self._demand_va(flow, powers))
        legs = wired.leg_v[:, self._node]
        energised = flow.energised[:, self._bus] & flow.energised[:, units.bus][:, self._main]
        return SupplyState(
            legs_v=magnitude(legs),
            line_v=magnitude(legs[..., 0] + legs[..., 1]),
            energised=energised,
            converged=wired.converged[:, self._main],
        )

    def _demand_va(self, flow: FlowResult, powers: _Powers) -> ComplexArray:
        """(M, node, 3) demand a-n, n-b and a-b; whatever injects is 200 V equipment."""
        demand = _volt_amperes(powers.p_load_mw, powers.q_load_mvar)[:, self._demand.columns, np.newaxis]
        wires = self._demand.add(demand * self._shares)
        wires[..., 2] -= self._injection.of(_volt_amperes(powers.p_mw, powers.q_mvar))
        wires[..., 2] -= self._source.of(_volt_amperes(flow.source_p_mw, flow.source_q_mvar))
        return wires


def _check_customers(facts: LowVoltageFacts, main: IntArray, node: Mapping[str, int]) -> None:
    poles = {pole.name: position for position, pole in enumerate(facts.poles)}
    shares: dict[str, tuple[float, float]] = {}
    problems = []
    for one in facts.customers:
        route = ("low_voltage", "customers", one.name)
        own = one.share_a, one.share_b
        if one.pole not in poles:
            problems.append(GridProblem(route, unknown("pole transformer", one.pole, poles)))
        elif one.bus not in node or main[node[one.bus]] != poles[one.pole]:
            problems.append(GridProblem(route, f"no wires from pole transformer {one.pole!r} to its bus {one.bus!r}"))
        if not (min(own) >= 0.0 and sum(own) <= 1.0 + 1e-9):
            problems.append(GridProblem(route, f"its shares of legs a and b are {own}; both and what is left are >= 0"))
        if shares.setdefault(one.bus, own) != own:
            problems.append(GridProblem(route, f"another customer at bus {one.bus!r} has other shares of the legs"))
    if problems:
        raise DescriptionError(problems)


def _wire_shares(customers: Mapping[str, tuple[float, float]], buses: Iterable[str]) -> FloatArray:
    """(column, 3) parts of the demand at these buses on a-n, n-b and a-b; without a customer half on each leg."""
    legs = np.array([customers.get(bus, (0.5, 0.5)) for bus in buses]).reshape(-1, 2)
    return np.concatenate([legs, np.maximum(1.0 - legs.sum(axis=1, keepdims=True), 0.0)], axis=1)


class _Sum:
    """Adds columns up per target, always in the same order."""

    def __init__(self, target: IntArray, targets: int) -> None:
        """Args: `target` (column,) which of `targets` each column goes to; -1 = none."""
        order = np.argsort(target, kind="stable")
        self.columns = order[target[order] >= 0]
        self._filled, self._starts = np.unique(target[self.columns], return_index=True)
        self._targets = targets

    def of(self, values: NDArray[Value]) -> NDArray[Value]:
        """(M, target) from (M, column)."""
        return self.add(values[:, self.columns])

    def add(self, chosen: NDArray[Value]) -> NDArray[Value]:
        """(M, target, ...) from the values of `columns` alone, (M, chosen, ...)."""
        total = np.zeros((len(chosen), self._targets, *chosen.shape[2:]), dtype=chosen.dtype)
        if len(self.columns):
            total[:, self._filled] = np.add.reduceat(chosen, self._starts, axis=1)
        return total


def _volt_amperes(p_mw: FloatArray, q_mvar: FloatArray) -> ComplexArray:
    power = np.empty(p_mw.shape, dtype=np.complex128)
    power.real, power.imag = 1e6 * p_mw, 1e6 * q_mvar
    return power


def _positions(names: Sequence[str], wanted: Iterable[str]) -> IntArray:
    place = {name: position for position, name in enumerate(names)}
    return np.array([place[name] for name in wanted], dtype=np.int64)


def _column(poles: Iterable[PoleTransformer], name: str) -> FloatArray:
    return np.array([getattr(pole, name) for pole in poles], dtype=np.float64)
