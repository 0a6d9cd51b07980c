"""The reference engine: `pandapower.runpp` on the normalised network, one member after the other."""

from __future__ import annotations

import copy
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.normalise import SHARES, NormalisedGrid
from grids.powerflow.checks import check_state
from grids.powerflow.contract import BranchKind, FeederIndex, FlowResult, FlowState, loading_percent
from grids.powerflow.links import LinkTrees
from grids.topology import connected_ends

TOLERANCE_MVA = 1e-9  # far below 1e-6 of any flow a study looks at
MAX_ITERATIONS = 20
SQRT3 = float(np.sqrt(3.0))

_LINE = ("p_from_mw", "p_to_mw", "q_from_mvar", "q_to_mvar", "i_from_ka", "i_to_ka")
_TRAFO = ("p_hv_mw", "p_lv_mw", "q_hv_mvar", "q_lv_mvar", "i_hv_ka", "i_lv_ka")
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
        self._options = {
            "init": "dc",
            "calculate_voltage_angles": True,
            "trafo_model": "pi",
            "tolerance_mva": tolerance_mva,
            "max_iteration": MAX_ITERATIONS,
            "numba": find_spec("numba") is not None,
            "voltage_depend_loads": bool(np.any(grid.load_shares)),  # saves a pass where all power is constant
            "lightsim2grid": False,  # a faster solver that happens to be installed must not change numbers
        }
        self._net = copy.deepcopy(grid.net)
        self._shares = grid.load_shares if np.any(grid.load_shares) else None
        kinds = np.array(self.index.branch_kind)
        self._lines = int(np.sum(kinds == BranchKind.LINE))
        self._solved = self._lines + int(np.sum(kinds == BranchKind.TRAFO))  # branches a solver sees; the rest: links
        self._tap_rows = self.index.tap_branch - self._lines
        trafo = self._net.trafo
        self._tap_range = trafo[["tap_min", "tap_max"]].to_numpy(dtype=np.float64)[self._tap_rows]
        self._tap_all = trafo["tap_pos"].to_numpy(dtype=np.float64).copy()
        self._is_link = self.index.switch_branch >= self._solved
        self._written: dict[tuple[str, str], np.ndarray[Any, Any]] = {}
        self._columns: dict[str, IntArray] = {}
        self._trees: dict[bytes, LinkTrees] = {}
        self._link_trees(grid.normal.closed[0], grid.normal.in_service[0])

    def solve(self, state: FlowState, members: IntArray | None = None) -> FlowResult:
        """See `Engine.solve`.

        Raises:
            GridError: also for a tap outside its range, or closed bus-bus switches that form a ring.
        """
        check_state(state, self.index, self._tap_range)
        rows = np.arange(state.members) if members is None else members
        result = _unsolved(len(rows), self.index)
        for row, member in enumerate(rows):
            trees = self._link_trees(state.closed[member], state.in_service[member])
            if not state.source_on[member].any():
                self._dark(result, row)
            elif self._run(state, int(member)):
                self._read(result, row, state, int(member), trees)
        _rate(result, self.index.branch_rating)
        return result

    def _link_trees(self, closed: BoolArray, in_service: BoolArray) -> LinkTrees:
        key = closed.tobytes() + in_service.tobytes()
        if key not in self._trees:
            self._trees[key] = LinkTrees.of(self.index, connected_ends(self.index, closed, in_service))
        return self._trees[key]

    def _run(self, state: FlowState, member: int) -> bool:
        """Write one member's state into the net and solve it; False if it does not converge."""
        self._write_powers(state, member)
        in_service = state.in_service[member]
        closed = state.closed[member].copy()
        closed[self._is_link] &= in_service[self.index.switch_branch[self._is_link]]
        taps = self._tap_all.copy()
        taps[self._tap_rows] = state.tap_pos[member]
        self._write("switch", "closed", closed)
        self._write("line", "in_service", in_service[: self._lines])
        self._write("trafo", "in_service", in_service[self._lines : self._solved])
        self._write("trafo", "tap_pos", taps)
        self._write("ext_grid", "in_service", state.source_on[member])
        self._write("ext_grid", "vm_pu", state.source_vm_pu[member])
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                # a diverging iteration overflows or meets a singular matrix on its way to LoadflowNotConverged
                warnings.simplefilter("ignore")
                self._runpp(self._net, **self._options)
        except self._failed:
            return False
        return True

    def _write_powers(self, state: FlowState, member: int) -> None:
        p_load, q_load = state.p_load_mw[member], state.q_load_mvar[member]
        self._write("sgen", "p_mw", state.p_mw[member])
        self._write("sgen", "q_mvar", state.q_mvar[member])
        self._write("load", "p_mw", p_load)
        self._write("load", "q_mvar", q_load)
        if self._shares is not None:
            powers = (p_load, p_load, q_load, q_load)
            for column, shares, power in zip(SHARES, self._shares.T, powers, strict=True):
                self._write("load", column, 100.0 * _merged(shares, power, self.index.load_bus))

    def _write(self, table: str, column: str, values: np.ndarray[Any, Any]) -> None:
        """Replace a column unless it already holds these values (switches and taps mostly do)."""
        if not np.array_equal(self._written.get((table, column), _NOTHING), values):
            self._net[table][column] = values
            self._written[table, column] = values.copy()

    def _table(self, table: str, columns: tuple[str, ...]) -> FloatArray:
        """(row, column) of a result table, dead elements as zeros."""
        frame = self._net[f"res_{table}"]
        if table not in self._columns:
            self._columns[table] = frame.columns.get_indexer(columns).astype(np.int64)
        values = frame.to_numpy(dtype=np.float64)[:, self._columns[table]]
        return np.asarray(np.nan_to_num(values, nan=0.0))

    def _dark(self, result: FlowResult, row: int) -> None:
        """No source anywhere: everything is dead, and that is a solution."""
        for array in (result.vm_pu, result.va_degree, result.p_mw, result.q_mvar, result.i_ka):
            array[row] = 0.0
        result.source_p_mw[row] = result.source_q_mvar[row] = result.losses_mw[row] = 0.0
        result.converged[row] = True

    def _read(self, result: FlowResult, row: int, state: FlowState, member: int, trees: LinkTrees) -> None:
        result.vm_pu[row], result.va_degree[row] = self._table("bus", _BUS).T
        result.energised[row] = result.vm_pu[row] > 0.0
        branches = np.concatenate([self._table("line", _LINE), self._table("trafo", _TRAFO)]).reshape(-1, 3, 2)
        solved = slice(0, self._solved)
        result.p_mw[row, solved], result.q_mvar[row, solved], result.i_ka[row, solved] = branches.transpose(1, 0, 2)
        result.losses_mw[row] = branches[:, 0].sum()
        source = self._table("ext_grid", _POWER)
        result.source_p_mw[row], result.source_q_mvar[row] = source.T
        self._read_links(result, row, source, state, member, trees)
        result.converged[row] = True
        result.iterations[row] = self._net["_ppc"]["iterations"]

    def _read_links(
        self, result: FlowResult, row: int, source: FloatArray, state: FlowState, member: int, trees: LinkTrees
    ) -> None:
        result.p_mw[row, self._solved :] = result.q_mvar[row, self._solved :] = result.i_ka[row, self._solved :] = 0.0
        if not len(trees.branch):
            return
        load = self._table("load", _POWER)
        ends = (result.p_mw[row, : self._solved], result.q_mvar[row, : self._solved])
        injected = (state.p_mw[member], state.q_mvar[member])
        flows = []
        for kind in (0, 1):
            surplus = self._surplus(injected[kind], load[:, kind], source[:, kind], ends[kind])
            flow = trees.flow(np.where(result.energised[row], surplus, 0.0))
            (result.p_mw, result.q_mvar)[kind][row, trees.branch] = np.stack([flow, -flow], axis=1)
            flows.append(flow)
        bus = self.index.branch_from[trees.branch]
        volts = SQRT3 * result.vm_pu[row, bus] * self.index.bus_vn_kv[bus]
        power = np.hypot(*flows)
        current = np.divide(power, volts, out=np.zeros_like(power), where=volts > 0.0)
        result.i_ka[row, trees.branch] = current[:, np.newaxis]

    def _surplus(self, injected: FloatArray, load: FloatArray, source: FloatArray, ends: FloatArray) -> FloatArray:
        """(bus,) what is injected at each bus and does not leave it through lines, transformers or loads."""
        surplus = np.zeros(len(self.index.bus))
        np.add.at(surplus, self.index.injection_bus, injected)
        np.subtract.at(surplus, self.index.load_bus, load)
        np.add.at(surplus, self.index.source_bus, source)
        np.subtract.at(surplus, self.index.branch_from[: self._solved], ends[:, 0])
        np.subtract.at(surplus, self.index.branch_to[: self._solved], ends[:, 1])
        return surplus


_NOTHING = np.zeros(0)


def _unsolved(members: int, index: FeederIndex) -> FlowResult:
    """A result in which nothing has converged yet."""
    buses, branches, sources, fixtures = map(len, (index.bus, index.branch, index.source, index.fixture))

    def nan(*shape: int) -> FloatArray:
        return np.full((members, *shape), np.nan)

    return FlowResult(
        vm_pu=nan(buses),
        va_degree=nan(buses),
        energised=np.zeros((members, buses), dtype=bool),
        p_mw=nan(branches, 2),
        q_mvar=nan(branches, 2),
        i_ka=nan(branches, 2),
        loading_percent=nan(branches),
        source_p_mw=nan(sources),
        source_q_mvar=nan(sources),
        fixture_p_mw=nan(fixtures),
        fixture_q_mvar=nan(fixtures),
        losses_mw=nan(),
        converged=np.zeros(members, dtype=bool),
        iterations=np.zeros(members, dtype=np.int64),
    )


def _rate(result: FlowResult, rating: FloatArray) -> None:
    result.loading_percent[:] = loading_percent(result.i_ka, rating)


def _merged(shares: FloatArray, power: FloatArray, bus: IntArray) -> FloatArray:
    """(load,) share of each load's bus: the mean over the loads there weighted by power (see `grids.normalise`)."""
    total = np.bincount(bus, weights=power)
    weighted = np.bincount(bus, weights=power * shares)
    mean = np.divide(weighted, total, out=np.zeros_like(total), where=total != 0.0)
    return np.asarray(mean[bus])
