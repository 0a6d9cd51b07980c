"""The fast engine: power-grid-model, all members in one threaded call.

What is guarded, because the library is silent about it: NaN would mean "keep the base value", a tap out of range is
moved inside (both are checked first); rows of a member that failed are uninitialised memory (overwritten with NaN
by the function that made the call); an update of a single model stays (whole columns are always written). A model is
kept per topology, because only then its factorisation is reused (prototypes.md 1).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.errors import GridError, UnsupportedElementsError
from grids.normalise import NormalisedGrid
from grids.powerflow.checks import check_powers, check_wires
from grids.powerflow.contract import BranchKind, FlowResult, FlowState, loading_percent, power_at_voltage
from grids.powerflow.pgm_input import PgmInput, part_shares, refusals
from grids.powerflow.pgm_model import Columns, PgmModel, both_ends
from grids.powerflow.results import fail, taken, unwritten
from grids.powerflow.topologies import Topologies, Topology

BLOCK = 1024  # members a call: bounds the size of its output
MODELS = 256  # kept, one a topology
SMALL = 10  # groups below this share one call: its fixed cost outweighs a reused factorisation
MW = 1e-6  # of a watt
KA = 1e-3  # of an ampere
SQRT3 = float(np.sqrt(3.0))

Rows = IntArray | slice


@dataclass(frozen=True, slots=True)
class _Wires:
    """Everything but powers of a state, checked and translated; it stands as long as a state brings the same arrays."""

    arrays: tuple[np.ndarray[Any, Any], ...]
    topologies: list[Topology]
    calls: list[list[Topology]]  # topologies that share a call
    columns: Columns  # taps and source voltages


class PgmEngine:
    """`Engine` on power-grid-model; every solve starts from a flat guess, never from another step's result.

    Args:
        grid: the network.
        threads: threads of a batched call; results do not depend on it.
        block: members solved in one call; results do not depend on it.

    Raises:
        UnsupportedElementsError: the network holds what power-grid-model cannot carry, all of it listed.
        GridError: closed bus-bus switches of the network form a ring (`ZeroImpedanceRingError`) or join sources of
            different voltage; no engine solves that.
    """

    name = "pgm"

    def __init__(self, grid: NormalisedGrid, *, threads: int = 1, block: int = BLOCK) -> None:
        refused = list(refusals(grid))
        if refused:
            raise UnsupportedElementsError(refused)
        self.version = version("power-grid-model")
        self.index = grid.index
        self._threads, self._block = threads, block
        self._input = PgmInput(grid)
        self._slices = {name: slice(int(at[0]), int(at[-1]) + 1) for name, at in self._input.branches.items()}
        self._solved = sum(kind is not BranchKind.LINK for kind in self.index.branch_kind)  # branches in a table
        self._places = np.concatenate(list(self._input.load_parts.values()))
        self._shares = part_shares(grid.load_shares, self._input.load_parts)
        self._plain = len(self._input.load_parts) == 1
        lines = sum(kind is BranchKind.LINE for kind in self.index.branch_kind)
        self._tap_rows = self.index.tap_branch - lines
        trafo = grid.net.trafo
        self._tap_range = trafo[["tap_min", "tap_max"]].to_numpy(dtype=np.float64)[self._tap_rows]
        self._tap_all = np.nan_to_num(trafo["tap_pos"].to_numpy(dtype=np.float64)).astype(np.int8)
        self._models: OrderedDict[bytes, PgmModel] = OrderedDict()
        self._zip = grid.load_shares
        self._source_degree = grid.net.ext_grid["va_degree"].fillna(0.0).to_numpy(dtype=np.float64)
        self._last: _Wires | None = None
        self._topologies = Topologies(self.index)
        normal = grid.normal
        topologies = self._topologies.of(normal.closed, normal.in_service, normal.source_on)
        self._refuse_quarrels(topologies, normal.source_vm_pu)
        try:
            for topology in topologies:
                self._model(topology)
        except GridError as error:  # what this engine cannot solve from the start, another may
            raise UnsupportedElementsError([str(error)]) from error

    def solve(self, state: FlowState, members: IntArray | None = None) -> FlowResult:
        """See `Engine.solve`. `iterations` is 0: the solver does not say.

        Raises:
            GridError: also for a tap outside its range or between two positions, or closed bus-bus switches in a ring.
        """
        if members is not None:
            state = taken(state, members)
        check_powers(state, self.index)
        wires = self._wires(state)
        columns = {**self._powers(state), **wires.columns}
        result = unwritten(state.members, self.index)
        for call in wires.calls:
            if len(call) == 1:
                self._solve(result, call[0], columns)
            else:
                self._solve_mixed(result, call, columns)
        for topology in wires.topologies:
            self._balance(result, state, topology)
        result.loading_percent[:] = loading_percent(result.i_ka, self.index.branch_rating)
        np.add.reduce(result.p_mw[..., 0] + result.p_mw[..., 1], axis=1, out=result.losses_mw)
        return result

    def _powers(self, state: FlowState) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
        """Loads and generators as whole columns: (members, element), W and var."""
        columns = {}
        if self.index.load:
            p, q = state.p_load_mw, state.q_load_mvar
            if not self._plain:
                p, q = p[:, self._places] * self._shares[0], q[:, self._places] * self._shares[1]
            columns["sym_load"] = {"p_specified": p / MW, "q_specified": q / MW}
        if self.index.injection:
            columns["sym_gen"] = {"p_specified": state.p_mw / MW, "q_specified": state.q_mvar / MW}
        return columns

    def _wires(self, state: FlowState) -> _Wires:
        """Switches, taps and sources; most steps bring the arrays of the step before (nobody writes into them)."""
        arrays = (state.closed, state.in_service, state.source_on, state.tap_pos, state.source_vm_pu)
        last = self._last
        if last is not None and all(one is other for one, other in zip(last.arrays, arrays, strict=True)):
            return last
        check_wires(state, self.index, self._tap_range)
        columns: dict[str, dict[str, np.ndarray[Any, Any]]] = {"source": {"u_ref": state.source_vm_pu}}
        if len(self._tap_rows):
            whole = np.rint(state.tap_pos)
            if (whole != state.tap_pos).any():
                raise GridError("a tap stands between two positions: power-grid-model knows whole ones only")
            taps = np.repeat(self._tap_all[np.newaxis], state.members, axis=0)
            taps[:, self._tap_rows] = whole
            columns["transformer"] = {"tap_pos": taps}
        topologies = self._topologies.of(state.closed, state.in_service, state.source_on)
        self._refuse_quarrels(topologies, state.source_vm_pu)
        self._last = _Wires(arrays, topologies, list(_calls(topologies)), columns)
        return self._last

    def _refuse_quarrels(self, topologies: Sequence[Topology], vm_pu: FloatArray) -> None:
        """Ideal sources that hold one node must hold it at one voltage and angle."""
        for topology in topologies:
            for sources in topology.shared:
                asked = np.concatenate(
                    [vm_pu[np.ix_(topology.rows, sources)], self._source_degree[np.newaxis, sources]]
                )
                quarrel = (asked != asked[:, :1]).any(axis=1)
                if quarrel.any():
                    names = ", ".join(self.index.source[source] for source in sources.tolist())
                    raise GridError(f"closed switches join sources of different voltage or angle: {names}")

    def _solve(self, result: FlowResult, topology: Topology, columns: Columns) -> None:
        """Solve the members of one topology, block by block."""
        members, rows, model = len(result.converged), topology.rows, self._model(topology)
        if len(rows) == 1:
            output = model.single(columns if members == 1 else _rows_of(columns, rows))
            if output is None:
                fail(result, rows)
            else:
                self._read(result, slice(int(rows[0]), int(rows[0]) + 1), output, topology.place)
            return
        for first in range(0, len(rows), self._block):
            block = rows[first : first + self._block]
            everyone = len(block) == members
            output, failed = model.batch(columns if everyone else _rows_of(columns, block), self._threads)
            self._read(result, slice(None) if everyone else block, output, topology.place)
            if len(failed):
                fail(result, block[failed])

    def _solve_mixed(self, result: FlowResult, topologies: Sequence[Topology], columns: Columns) -> None:
        """Small groups in one call, sorted by topology, each row with its own statuses."""
        rows = np.concatenate([topology.rows for topology in topologies])
        sizes = [len(topology.rows) for topology in topologies]
        connected = np.repeat([topology.connected for topology in topologies], sizes, axis=0)
        source_on = np.repeat([topology.source_on for topology in topologies], sizes, axis=0)
        mixed = {name: dict(given) for name, given in _rows_of(columns, rows).items()}
        for name, at in self._input.branches.items():
            ends = connected[:, at].astype(np.int8)
            mixed.setdefault(name, {}).update(from_status=ends[..., 0].copy(), to_status=ends[..., 1].copy())
        mixed["source"]["status"] = source_on.astype(np.int8)
        output, failed = self._model(topologies[0]).batch(mixed, self._threads)
        self._read(result, rows, output, topologies[0].place)
        if len(failed):
            fail(result, rows[failed])

    def _read(self, result: FlowResult, rows: Rows, output: Any, place: IntArray | None) -> None:
        """Take over what a call gave: tables of rows for a single member, columns for many."""
        of_bus: Any = slice(None) if place is None else place
        node = output["node"]
        result.vm_pu[rows] = node["u_pu"][..., of_bus]
        result.va_degree[rows] = np.degrees(node["u_angle"])[..., of_bus]
        result.energised[rows] = node["energized"][..., of_bus]
        for name, at in self._slices.items():
            branch = output[name]
            for array, quantity, unit in ((result.p_mw, "p", MW), (result.q_mvar, "q", MW), (result.i_ka, "i", KA)):
                if isinstance(branch, np.ndarray):
                    array[rows, at] = both_ends(branch, quantity) * unit
                    continue
                array[rows, at, 0] = branch[f"{quantity}_from"] * unit
                array[rows, at, 1] = branch[f"{quantity}_to"] * unit
        for array in (result.p_mw, result.q_mvar, result.i_ka):
            array[rows, self._solved :] = 0.0  # links: `_balance` fills those that are closed
        if self.index.fixture:
            result.fixture_p_mw[rows] = output["shunt"]["p"] * MW
            result.fixture_q_mvar[rows] = output["shunt"]["q"] * MW
        result.converged[rows] = True
        result.iterations[rows] = 0

    def _balance(self, result: FlowResult, state: FlowState, topology: Topology) -> None:
        """Flows through closed links and out of sources; rows of failed members stay NaN because branch ends are."""
        balances, index = topology.balances, self.index
        rows: Rows = slice(None) if len(topology.rows) == state.members else topology.rows
        alive = result.energised[rows]
        injected, load = (state.p_mw, state.q_mvar), (state.p_load_mw, state.q_load_mvar)
        ends, sources = (result.p_mw, result.q_mvar), (result.source_p_mw, result.source_q_mvar)
        if len(topology.loops):
            for array in (*ends, result.i_ka):  # the model has them on one end
                _put(array, rows, topology.loops, _halved(array[rows][:, topology.loops]))
        flows = []
        for kind, fixture in enumerate((result.fixture_p_mw, result.fixture_q_mvar)):
            given, served = injected[kind][rows], load[kind][rows]
            if not self._plain:
                served = power_at_voltage(served, self._zip, kind, result.vm_pu[rows][:, index.load_bus])
            if not alive.all():
                given = np.where(alive[:, index.injection_bus], given, 0.0)
                served = np.where(alive[:, index.load_bus], served, 0.0)
            links, source = balances.flows(given, served, fixture[rows], ends[kind][rows], len(index.source))
            flows.append(links)
            sources[kind][rows] = np.where(result.converged[rows, np.newaxis], source, np.nan)
            _put(ends[kind], rows, balances.links, np.stack([links, -links], axis=-1))
        if len(balances.links):
            bus = index.branch_from[balances.links]
            volts = SQRT3 * result.vm_pu[rows][:, bus] * index.bus_vn_kv[bus]
            power = np.hypot(*flows)
            amperes = np.divide(power, volts, out=np.zeros_like(power), where=volts > 0.0)
            _put(result.i_ka, rows, balances.links, np.stack([amperes, amperes], axis=-1))
        if not result.converged.all():
            fail(result, topology.rows[~result.converged[topology.rows]])

    def _model(self, topology: Topology) -> PgmModel:
        """The model of a topology, built on first use; the least used goes when there are too many."""
        if topology.key in self._models:
            self._models.move_to_end(topology.key)
        else:
            tables = self._input.tables(topology.connected, topology.source_on, topology.node)
            self._models[topology.key] = PgmModel(tables)
            if len(self._models) > MODELS:
                self._models.popitem(last=False)
        return self._models[topology.key]


def _calls(topologies: Sequence[Topology]) -> Iterator[list[Topology]]:
    """Large groups one by one; small ones together where they have the same nodes."""
    small: dict[bytes, list[Topology]] = {}
    for topology in topologies:
        if len(topology.rows) >= SMALL or not topology.poolable:
            yield [topology]
        else:
            small.setdefault(topology.node.tobytes(), []).append(topology)
    yield from small.values()


def _halved(ends: FloatArray) -> FloatArray:
    """(members, branch, 2) what was drawn at one end, half at each."""
    return np.repeat(0.5 * (ends[..., :1] + ends[..., 1:]), 2, axis=-1)


def _put(array: FloatArray, rows: Rows, at: IntArray, values: FloatArray) -> None:
    array[rows if isinstance(rows, slice) else rows[:, np.newaxis], at] = values


def _rows_of(columns: Columns, rows: IntArray) -> Columns:
    return {name: {attr: values[rows] for attr, values in given.items()} for name, given in columns.items()}
