"""The reference engine: `pandapower.runpp` on the normalised network, one member after the other."""

from __future__ import annotations

import copy
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.elements import SHARES
from grids.errors import GridError
from grids.fixtures import fixture_blocks
from grids.normalise import NormalisedGrid
from grids.powerflow.checks import check_state
from grids.powerflow.contract import BranchKind, FlowResult, FlowState, loading_percent, power_at_voltage
from grids.powerflow.links import LinkTrees
from grids.powerflow.results import unsolved
from grids.powerflow.zip_loads import ZipLoads
from grids.topology import connected_ends

TOLERANCE_MVA = 1e-9  # far below 1e-6 of any flow a study looks at
MAX_ITERATIONS = 20
SQRT3 = float(np.sqrt(3.0))

_BETWEEN_BUSES = ("p_from_mw", "p_to_mw", "q_from_mvar", "q_to_mvar", "i_from_ka", "i_to_ka")
_ONE_CURRENT = (*_BETWEEN_BUSES[:4], "i_ka", "i_ka")
_BRANCH = {
    BranchKind.LINE: _BETWEEN_BUSES,
    BranchKind.TRAFO: ("p_hv_mw", "p_lv_mw", "q_hv_mvar", "q_lv_mvar", "i_hv_ka", "i_lv_ka"),
    BranchKind.IMPEDANCE: _BETWEEN_BUSES,
    BranchKind.TCSC: _ONE_CURRENT,
}
_BUS = ("vm_pu", "va_degree")
_POWER = ("p_mw", "q_mvar")


class PandapowerEngine:
    """`Engine` on `runpp`: every solve starts from a dc solution, never from another step's result.

    Raises:
        ZeroImpedanceRingError: closed bus-bus switches of the network form a ring.
    """

    name = "pandapower"

    def __init__(self, grid: NormalisedGrid, *, tolerance_mva: float = TOLERANCE_MVA) -> None:
        import pandapower  # noqa: PLC0415

        self.version = str(pandapower.__version__)
        self.index = grid.index
        self._runpp = pandapower.runpp
        self._failed: type[Exception] = pandapower.LoadflowNotConverged
        self._net = copy.deepcopy(grid.net)
        self._shares = grid.load_shares
        self._zip = self._zip_loads(grid) if np.any(grid.load_shares) else None
        # a static synchronous compensator spoils a dc start: it ends in no solution
        self._start = {"init": "flat" if len(self._net.ssc) else "dc"}
        self._options = {
            "calculate_voltage_angles": True,
            "trafo_model": "pi",
            "tolerance_mva": tolerance_mva,
            "max_iteration": MAX_ITERATIONS,
            "numba": find_spec("numba") is not None,
            "voltage_depend_loads": self._zip is not None and self._zip.current,  # saves a pass where there are none
            "lightsim2grid": False,  # a faster solver that happens to be installed must not change numbers
        }
        kinds = np.array(self.index.branch_kind)
        self._branches = {kind: np.flatnonzero(kinds == kind) for kind in _BRANCH if np.any(kinds == kind)}
        self._links = np.flatnonzero(kinds == BranchKind.LINK)
        self._impedance_links = np.array(self.index.impedance_link, dtype=np.int64)
        self._impedance_rows = np.flatnonzero(np.isin(self.index.switch_branch, self._impedance_links))
        self._is_link = np.isin(self.index.switch_branch, self._links)
        trafo = self._net.trafo
        self._tap_rows = self.index.tap_branch - len(self._net.line)
        self._tap_range = trafo[["tap_min", "tap_max"]].to_numpy(dtype=np.float64)[self._tap_rows]
        self._tap_all = trafo["tap_pos"].to_numpy(dtype=np.float64).copy()
        self._fixtures = list(fixture_blocks(grid.net))
        self._held_pu = np.full(len(self.index.bus), np.nan)  # (bus,) by generators
        for end, _ in self._fixtures:
            if end.held:
                self._held_pu[grid.net[end.table][end.bus]] = grid.net[end.table][end.held]
        self._written: dict[tuple[str, str], np.ndarray[Any, Any]] = {}
        self._columns: dict[tuple[str, tuple[str, ...]], IntArray] = {}
        self._trees: dict[bytes, LinkTrees] = {}
        self._link_trees(grid.normal.closed[0], grid.normal.in_service[0])

    def solve(self, state: FlowState, members: IntArray | None = None) -> FlowResult:
        """See `Engine.solve`.

        Raises:
            GridError: also for a tap outside its range, closed bus-bus switches that form a ring, or voltages asked for
                at one bus that differ.
        """
        return self._solve(state, np.arange(state.members) if members is None else members, self._start)

    def solve_from(self, state: FlowState, vm_pu: FloatArray, va_degree: FloatArray) -> FlowResult:
        """Solve a state of one member, starting from voltages (bus,), dead buses 0. For checks of other engines."""
        start = {"init_vm_pu": np.where(vm_pu > 0.0, vm_pu, 1.0), "init_va_degree": va_degree}
        return self._solve(state, np.zeros(1, dtype=np.int64), start)

    def to_json(self, state: FlowState, path: Path) -> None:
        """Write the network with a state of one member in it: `pandapower.from_json`, then `runpp` as here."""
        import pandapower  # noqa: PLC0415

        trees = self._link_trees(state.closed[0], state.in_service[0])
        self._write_powers(state, 0, trees)
        self._write_wires(state, 0)
        path.write_text(pandapower.to_json(self._net), encoding="utf-8")

    def _zip_loads(self, grid: NormalisedGrid) -> ZipLoads:
        """The voltage-dependent loads; each gets a row behind the shunts that are fixtures."""
        import pandapower  # noqa: PLC0415

        loads = ZipLoads(grid.load_shares, grid.index)
        buses = grid.index.load_bus[loads.rows]
        self._shunts = grid.net.shunt[list(_POWER)].to_numpy(dtype=np.float64).T
        pandapower.create_shunts(self._net, buses, 0.0, vn_kv=grid.index.bus_vn_kv[buses])
        return loads

    def _solve(self, state: FlowState, members: IntArray, start: dict[str, Any]) -> FlowResult:
        check_state(state, self.index, self._tap_range)
        result = unsolved(len(members), self.index)
        for row, member in enumerate(members.tolist()):
            trees = self._link_trees(state.closed[member], state.in_service[member])
            if not state.source_on[member].any():
                _dark(result, row)
                continue
            self._write_powers(state, member, trees)
            self._write_wires(state, member)
            if self._run(start):
                self._read(result, row, state, member, trees)
        result.loading_percent[:] = loading_percent(result.i_ka, self.index.branch_rating)
        return result

    def _link_trees(self, closed: BoolArray, in_service: BoolArray) -> LinkTrees:
        key = closed.tobytes() + in_service.tobytes()
        if key not in self._trees:
            self._trees[key] = LinkTrees.of(self.index, connected_ends(self.index, closed, in_service))
        return self._trees[key]

    def _run(self, start: dict[str, Any]) -> bool:
        """Solve what is written; False if it does not converge."""
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                # a diverging iteration overflows or meets a singular matrix on its way to LoadflowNotConverged
                warnings.simplefilter("ignore")
                self._runpp(self._net, **self._options, **start)
        except self._failed:
            return False
        except UserWarning as error:  # pandapower raises it for voltages asked for that contradict each other
            raise GridError(str(error)) from None
        return True

    def _write_powers(self, state: FlowState, member: int, trees: LinkTrees) -> None:
        demand = (state.p_load_mw[member], state.q_load_mvar[member])
        injected = (state.p_mw[member], state.q_mvar[member])
        on = state.source_on[member]
        held = self._held_pu.copy()
        held[self.index.source_bus[on]] = state.source_vm_pu[member, on]
        for kind, column in enumerate(_POWER):
            self._write("sgen", column, injected[kind])
            if self._zip is None:
                self._write("load", column, demand[kind])
                continue
            rows = self._zip.split(kind, demand[kind], injected[kind], trees.group, held)
            self._write("load", column, rows.power)
            self._write("shunt", column, np.concatenate([self._shunts[kind], rows.shunt]))
            for share, values in zip(SHARES[2 * kind : 2 * kind + 2], (rows.z_share, rows.i_share), strict=True):
                self._write("load", share, 100.0 * values)

    def _write_wires(self, state: FlowState, member: int) -> None:
        in_service = state.in_service[member]
        closed = state.closed[member].copy()
        closed[self._is_link] &= in_service[self.index.switch_branch[self._is_link]]
        taps = self._tap_all.copy()
        taps[self._tap_rows] = state.tap_pos[member]
        self._write("switch", "closed", closed)
        for kind, positions in self._branches.items():
            self._write(kind.value, "in_service", in_service[positions])
        self._write("trafo", "tap_pos", taps)
        self._write("ext_grid", "in_service", state.source_on[member])
        self._write("ext_grid", "vm_pu", state.source_vm_pu[member])

    def _write(self, table: str, column: str, values: np.ndarray[Any, Any]) -> None:
        """Replace a column unless it already holds these values (switches and taps mostly do)."""
        if not np.array_equal(self._written.get((table, column), _NOTHING), values):
            self._net[table][column] = values
            self._written[table, column] = values.copy()

    def _table(self, table: str, columns: tuple[str, ...]) -> FloatArray:
        """(row, column) of a result table, dead elements as zeros."""
        frame = self._net[f"res_{table}"]
        if (table, columns) not in self._columns:
            self._columns[table, columns] = frame.columns.get_indexer(columns).astype(np.int64)
        values = frame.to_numpy(dtype=np.float64)[:, self._columns[table, columns]]
        return np.asarray(np.nan_to_num(values, nan=0.0))

    def _read(self, result: FlowResult, row: int, state: FlowState, member: int, trees: LinkTrees) -> None:
        result.vm_pu[row], result.va_degree[row] = self._table("bus", _BUS).T
        result.energised[row] = result.vm_pu[row] > 0.0
        result.source_p_mw[row], result.source_q_mvar[row] = self._table("ext_grid", _POWER).T
        self._read_fixtures(result, row)
        for array in (result.p_mw, result.q_mvar, result.i_ka):
            array[row] = 0.0
        for kind, positions in self._branches.items():
            _put(result, row, positions, self._table(kind.value, _BRANCH[kind]))
        if len(self._impedance_links):
            switches = self._table("switch", _ONE_CURRENT)[self._impedance_rows]
            _put(result, row, self._impedance_links, switches)
        result.losses_mw[row] = result.p_mw[row].sum()
        if len(trees.branch):
            self._fill_links(result, row, state, member, trees)
        result.converged[row] = True
        result.iterations[row] = self._net["_ppc"]["iterations"]

    def _read_fixtures(self, result: FlowResult, row: int) -> None:
        alive = result.energised[row, self.index.fixture_bus]
        values = np.zeros((len(self.index.fixture), 2))
        for end, rows in self._fixtures:
            # behind the shunts that are fixtures come those of loads; what has no active power has one column
            block = self._table(end.table, end.results)[: rows.stop - rows.start]
            values[rows, 2 - len(end.results) :] = end.sign * block
        result.fixture_p_mw[row], result.fixture_q_mvar[row] = np.where(alive, values.T, 0.0)

    def _fill_links(self, result: FlowResult, row: int, state: FlowState, member: int, trees: LinkTrees) -> None:
        """Flows through closed bus-bus switches without impedance."""
        alive = result.energised[row]
        flows = []
        for kind in (0, 1):
            flow = trees.flow(np.where(alive, self._surplus(kind, result, row, state, member), 0.0))
            (result.p_mw, result.q_mvar)[kind][row, trees.branch] = np.stack([flow, -flow], axis=1)
            flows.append(flow)
        bus = self.index.branch_from[trees.branch]
        volts = SQRT3 * result.vm_pu[row, bus] * self.index.bus_vn_kv[bus]
        power = np.hypot(*flows)
        current = np.divide(power, volts, out=np.zeros_like(power), where=volts > 0.0)
        result.i_ka[row, trees.branch] = current[:, np.newaxis]

    def _surplus(self, kind: int, result: FlowResult, row: int, state: FlowState, member: int) -> FloatArray:
        """(bus,) p (`kind` 0) or q (1) injected at each bus and not taken by branches, loads or fixtures."""
        index = self.index
        injected = (state.p_mw, state.q_mvar)[kind][member]
        load = (state.p_load_mw, state.q_load_mvar)[kind][member]
        if self._zip is not None:
            load = power_at_voltage(load, self._shares, kind, result.vm_pu[row, index.load_bus])
        ends = (result.p_mw, result.q_mvar)[kind][row]
        surplus = np.zeros(len(index.bus))
        np.add.at(surplus, index.injection_bus, injected)
        np.add.at(surplus, index.source_bus, (result.source_p_mw, result.source_q_mvar)[kind][row])
        np.subtract.at(surplus, index.load_bus, load)
        np.subtract.at(surplus, index.fixture_bus, (result.fixture_p_mw, result.fixture_q_mvar)[kind][row])
        np.subtract.at(surplus, index.branch_from, ends[:, 0])
        np.subtract.at(surplus, index.branch_to, ends[:, 1])
        return surplus


_NOTHING = np.zeros(0)


def _put(result: FlowResult, row: int, positions: IntArray, values: FloatArray) -> None:
    """Branch results (branch, 6) of one member: p, q and i, each at both ends."""
    pairs = values.reshape(-1, 3, 2).transpose(1, 0, 2)
    result.p_mw[row, positions], result.q_mvar[row, positions], result.i_ka[row, positions] = pairs


def _dark(result: FlowResult, row: int) -> None:
    """No source anywhere: everything is dead, and that is a solution."""
    for array in (result.vm_pu, result.va_degree, result.p_mw, result.q_mvar, result.i_ka, result.losses_mw):
        array[row] = 0.0
    for array in (result.source_p_mw, result.source_q_mvar, result.fixture_p_mw, result.fixture_q_mvar):
        array[row] = 0.0
    result.converged[row] = True
