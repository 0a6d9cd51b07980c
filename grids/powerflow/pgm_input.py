"""A normalised network in the words of power-grid-model, and what cannot be said in them.

Lines become generic branches (their conductance needs no capacitance), buses joined by closed bus-bus switches one
node; sources are ideal. The library's own link is a large admittance: 184 MW through a chain of them cost 1e-5 pu. Its
converter is not used: it drops switch impedances, applies load scaling twice and keeps a source impedance nobody asked
for (data_and_packages.md section 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray
from grids.errors import GridError
from grids.normalise import NormalisedGrid
from grids.powerflow.contract import BranchKind

if TYPE_CHECKING:
    import pandas as pd

Table = np.ndarray[Any, Any]

IDEAL_SOURCE_VA = 1e20  # short-circuit power; the default of 1e10 costs 3e-4 pu on the 33-bus case (peers.md 4.1)
MOST_TAPS = 127  # positions are eight-bit integers
WYE_N, DELTA = 1, 2  # winding types
CLOCK_DEGREE = 30.0
NO_IMPEDANCE = 1e-9  # factor on the impedance of a line whose ends are one node: what it charges is all that is left

BRANCHES = {"generic_branch": BranchKind.LINE, "transformer": BranchKind.TRAFO}
LOAD_PARTS = {"power": 0, "impedance": 1, "current": 2}  # what stays constant -> LoadGenType


def refusals(grid: NormalisedGrid) -> Iterator[str]:
    """Everything the engine would have to leave out, by table, index and name."""
    yield from grid.only_pandapower
    origin = grid.origin["trafo"]
    for row in grid.net.trafo.itertuples():
        for reason in _odd_trafo(row):
            index = origin[row.Index] if row.Index < len(origin) else row.Index
            yield f"trafo {index} {row.name!r} ({reason})"
    index = grid.index
    vn_kv = index.bus_vn_kv
    for branch, kind in enumerate(index.branch_kind):
        if kind is not BranchKind.TRAFO and vn_kv[index.branch_from[branch]] != vn_kv[index.branch_to[branch]]:
            yield f"{index.branch_subject(branch)} (joins buses of different nominal voltage)"


def _odd_trafo(row: Any) -> Iterator[str]:
    clock = row.shift_degree / CLOCK_DEGREE
    if abs(clock - round(clock)) > 1e-9:
        yield f"phase shift of {row.shift_degree:g} degrees, not a multiple of {CLOCK_DEGREE:g}"
    if isinstance(getattr(row, "tap2_changer_type", None), str):
        yield "second tap changer"
    if row.tap_changer_type is None:
        return
    if row.tap_changer_type != "Ratio" or np.nan_to_num(row.tap_step_degree) != 0.0:
        yield "tap changer that shifts the phase"
    positions = np.array([row.tap_pos, row.tap_neutral])
    if np.any(positions != np.round(positions)) or np.any(np.abs(positions) > MOST_TAPS):
        yield f"tap position {row.tap_pos:g} of neutral {row.tap_neutral:g}"


_NODES = {
    "generic_branch": ("from_node", "to_node"),
    "transformer": ("from_node", "to_node"),
    "source": ("node",),
    "sym_load": ("node",),
    "sym_gen": ("node",),
    "shunt": ("node",),
}


class PgmInput:
    """Input tables of one network; node ids are bus positions.

    Attributes:
        branches: component -> positions in the branch axis, in the order of its table.
        load_parts: part ("power", "impedance", "current") -> loads that have one; the order of the `sym_load` table.
    """

    def __init__(self, grid: NormalisedGrid) -> None:
        self.grid = grid
        self._index = index = grid.index
        of_kind = np.array(index.branch_kind)
        self.branches: dict[str, IntArray] = {
            component: np.flatnonzero(of_kind == kind)
            for component, kind in BRANCHES.items()
            if np.any(of_kind == kind)
        }
        self.load_parts = _load_parts(grid.load_shares, len(index.load))
        self._ids = 0
        self._tables = self._build()

    def tables(self, connected: BoolArray, source_on: BoolArray, node: IntArray) -> dict[str, Table]:
        """The tables of one topology.

        Args:
            connected: (branch, 2) ends joined to their bus.
            source_on: (source,) which sources are on.
            node: (bus,) bus that stands for each fused group.
        """
        tables = {name: table.copy() for name, table in self._tables.items()}
        tables["node"] = tables["node"][np.unique(node)]
        for name, columns in _NODES.items():
            for column in columns if name in tables else ():
                tables[name][column] = node[tables[name][column]]
        for component, positions in self.branches.items():
            tables[component]["from_status"], tables[component]["to_status"] = connected[positions].T
        tables["source"]["status"] = source_on
        return self._without_loops(tables)

    def _without_loops(self, tables: dict[str, Table]) -> dict[str, Table]:
        """A branch beside a closed switch has both ends at one node, which the library refuses: one moves away.

        Connected at one end only, it is the other that moves, and nothing changes. A line connected at both only
        charges: it keeps its admittance, hung on one end, and loses its impedance.

        Raises:
            GridError: a transformer connected at both ends is bridged by a closed switch.
        """
        for component in self.branches:
            branch = tables[component]
            loops = np.flatnonzero(branch["from_node"] == branch["to_node"])
            if not len(loops):
                continue
            both = (branch["from_status"][loops] == 1) & (branch["to_status"][loops] == 1)
            if component == "transformer" and both.any():
                names = [self._index.branch[self.branches[component][at]] for at in loops[both].tolist()]
                raise GridError(
                    f"transformers bridged by a closed switch while both ends are connected: {', '.join(names)}; "
                    "open a switch of theirs, or use --engine pandapower"
                )
            away = self._table("node", len(loops), u_rated=self._index.bus_vn_kv[branch["from_node"][loops]] * 1e3)
            tables["node"] = np.concatenate([tables["node"], away])
            first = branch["to_status"][loops] == 1
            first &= ~both
            branch["from_node"][loops[first]] = away["id"][first]
            branch["to_node"][loops[~first]] = away["id"][~first]
            branch["to_status"][loops[both]] = 0
            if component == "generic_branch":
                branch["r1"][loops[both]] *= NO_IMPEDANCE
                branch["x1"][loops[both]] *= NO_IMPEDANCE
        return tables

    def _build(self) -> dict[str, Table]:
        net, index = self.grid.net, self._index
        tables = {"node": self._table("node", len(index.bus), u_rated=index.bus_vn_kv * 1e3)}
        makers = {"generic_branch": self._lines, "transformer": self._trafos}
        for component, positions in self.branches.items():
            tables[component] = self._table(
                component,
                len(positions),
                from_node=index.branch_from[positions],
                to_node=index.branch_to[positions],
                from_status=1,
                to_status=1,
                **makers[component](),
            )
        tables["source"] = self._table(
            "source",
            len(index.source),
            node=index.source_bus,
            status=1,
            u_ref=net.ext_grid["vm_pu"],
            u_ref_angle=np.radians(net.ext_grid["va_degree"].fillna(0.0).to_numpy(dtype=np.float64)),
            sk=IDEAL_SOURCE_VA,
            rx_ratio=0.1,
        )
        if index.load:
            places = np.concatenate(list(self.load_parts.values()))
            kinds = np.repeat(
                [LOAD_PARTS[part] for part in self.load_parts], [len(p) for p in self.load_parts.values()]
            )
            tables["sym_load"] = self._points("sym_load", index.load_bus[places], kinds)
        if index.injection:
            tables["sym_gen"] = self._points("sym_gen", index.injection_bus, LOAD_PARTS["power"])
        if index.fixture:
            tables["shunt"] = self._table("shunt", len(index.fixture), **_shunts(net.shunt, index.fixture_bus))
        return tables

    def _points(self, component: str, buses: IntArray, kinds: IntArray | int) -> Table:
        return self._table(component, len(buses), node=buses, status=1, type=kinds, p_specified=0.0, q_specified=0.0)

    def _table(self, component: str, rows: int, **columns: Any) -> Table:
        from power_grid_model import initialize_array  # noqa: PLC0415

        table: Table = initialize_array("input", component, rows)
        table["id"] = self._ids + np.arange(rows)
        self._ids += rows
        for name, values in columns.items():
            table[name] = values
        return table

    def _lines(self) -> dict[str, Any]:
        line = self.grid.net.line
        km, parallel = _number(line, "length_km"), _number(line, "parallel")
        omega = 2.0 * np.pi * self._index.frequency_hz
        return {
            "r1": _number(line, "r_ohm_per_km") * km / parallel,
            "x1": _number(line, "x_ohm_per_km") * km / parallel,
            "g1": _number(line, "g_us_per_km", missing=0.0) * 1e-6 * km * parallel,
            "b1": omega * _number(line, "c_nf_per_km") * 1e-9 * km * parallel,
            "k": 1.0,
            "theta": 0.0,
            "sn": 1e6,  # only rates a loading that nobody reads
        }

    def _trafos(self) -> dict[str, Any]:
        trafo = self.grid.net.trafo
        u1, u2 = _number(trafo, "vn_hv_kv") * 1e3, _number(trafo, "vn_lv_kv") * 1e3
        sn = _number(trafo, "sn_mva") * _number(trafo, "parallel") * 1e6
        pfe = _number(trafo, "pfe_kw") * _number(trafo, "parallel") * 1e3
        clock = np.rint(_number(trafo, "shift_degree") / CLOCK_DEGREE).astype(int) % 12
        taps = trafo["tap_changer_type"].notna().to_numpy()
        at_lv = (trafo["tap_side"] == "lv").to_numpy()
        neutral, pos = (np.where(taps, _number(trafo, name), 0.0) for name in ("tap_neutral", "tap_pos"))
        low, high = (np.where(taps, _number(trafo, name, missing=0.0), 0.0) for name in ("tap_min", "tap_max"))
        step = np.where(taps, _number(trafo, "tap_step_percent"), 0.0) / 100.0
        return {
            "u1": u1,
            "u2": u2,
            "sn": sn,
            "uk": _number(trafo, "vk_percent") / 100.0,
            "pk": _number(trafo, "vkr_percent") / 100.0 * sn,
            "i0": np.maximum(_number(trafo, "i0_percent") / 100.0, pfe / sn),
            "p0": pfe,
            "winding_from": np.where(clock % 2, DELTA, WYE_N),
            "winding_to": WYE_N,
            "clock": clock,
            "tap_side": np.where(at_lv, 1, 0),
            "tap_pos": pos,
            # a position outside the range would be moved inside without a word
            "tap_min": np.minimum.reduce([low, pos, neutral]),
            "tap_max": np.maximum.reduce([high, pos, neutral]),
            "tap_nom": neutral,
            "tap_size": step * np.where(at_lv, u2, u1),
        }


def _load_parts(shares: FloatArray, loads: int) -> dict[str, IntArray]:
    """Every load has a constant-power part; the others only where some share is not zero."""
    everyone = np.arange(loads)
    if not np.any(shares):
        return {"power": everyone}
    z_p, i_p, z_q, i_q = shares.T
    return {
        "power": everyone,
        "impedance": np.flatnonzero((z_p != 0.0) | (z_q != 0.0)),
        "current": np.flatnonzero((i_p != 0.0) | (i_q != 0.0)),
    }


def part_shares(shares: FloatArray, parts: Mapping[str, IntArray]) -> tuple[FloatArray, FloatArray]:
    """(sym_load row,) factors that turn a load's p and its q into the powers of its parts."""
    if len(parts) == 1:
        ones = np.ones(len(parts["power"]))
        return ones, ones
    z_p, i_p, z_q, i_q = shares.T
    of_p = {"power": 1.0 - z_p - i_p, "impedance": z_p, "current": i_p}
    of_q = {"power": 1.0 - z_q - i_q, "impedance": z_q, "current": i_q}
    return (
        np.concatenate([of_p[part][places] for part, places in parts.items()]),
        np.concatenate([of_q[part][places] for part, places in parts.items()]),
    )


def _shunts(shunt: pd.DataFrame, buses: IntArray) -> dict[str, Any]:
    """Admittances: `p_mw`, `q_mvar` are what a step takes at the shunt's own rated voltage."""
    per_volt = _number(shunt, "step") * 1e6 / (_number(shunt, "vn_kv") * 1e3) ** 2
    return {
        "node": buses,
        "status": shunt["in_service"].to_numpy(dtype=bool),
        "g1": _number(shunt, "p_mw") * per_volt,
        "b1": -_number(shunt, "q_mvar") * per_volt,
    }


def _number(frame: pd.DataFrame, column: str, missing: float = 1.0) -> FloatArray:
    """A column without NaN (it would mean "not given"); `grids.admission` saw to it that what is needed is there."""
    if column not in frame:
        return np.full(len(frame), missing)
    return np.asarray(np.nan_to_num(frame[column].to_numpy(dtype=np.float64), nan=missing))
