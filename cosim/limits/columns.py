"""The judged quantities of steps as one flat array: every (limit, subject) is a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cosim.limits.limit import Limit, Quantity
from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.boundaries import resolve_end
from grids.feeder import GridStep
from grids.powerflow.contract import FeederIndex
from simulators.sinks import Layout

KW_PER_MW = 1000.0
_ORDER = {quantity: position for position, quantity in enumerate(Quantity)}


@dataclass(frozen=True, slots=True)
class Column:
    """One subject under one limit."""

    limit: Limit
    subject: str


class Columns:
    """Gathers values and their validity, both (rows, columns), from steps; a row is one member in one step.

    Raises:
        ValueError: a limit names a subject the study does not have, or one subject twice under one rule.
    """

    def __init__(self, limits: Iterable[Limit], layout: Layout) -> None:
        ordered = sorted(limits, key=lambda limit: _ORDER[limit.quantity])
        self.columns = tuple(Column(limit, subject) for limit in ordered for subject in limit.subjects)
        keys = [(column.limit.id, column.subject) for column in self.columns]
        if len(set(keys)) != len(keys):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            raise ValueError(f"limits judge a subject twice under one rule: {twice}")
        self.lower = np.array([column.limit.bounds.lower for column in self.columns], dtype=np.float64)
        self.upper = np.array([column.limit.bounds.upper for column in self.columns], dtype=np.float64)
        self.tolerance = np.array([column.limit.tolerance for column in self.columns], dtype=np.float64)
        self._layout = layout
        self._positions = {quantity: self._positions_of(quantity) for quantity in Quantity}
        branches = self._positions[Quantity.LOADING_PERCENT]
        self._branch_from = layout.index.branch_from[branches]
        self._branch_to = layout.index.branch_to[branches]
        self._supplies = bool(len(self._positions[Quantity.LEG_V]) or len(self._positions[Quantity.LINE_V]))
        self._carrying = _Carrying(layout)

    def values(self, grid: GridStep) -> FloatArray:
        """(rows, columns) in the unit of each column's quantity."""
        boundary_kw = grid.boundary_p_mw * KW_PER_MW
        parts = (
            self._of(Quantity.VM_PU, grid.result.vm_pu),
            *self._supplied(grid),
            self._of(Quantity.LOADING_PERCENT, grid.result.loading_percent),
            np.maximum(-KW_PER_MW * self._of(Quantity.REVERSE_KW, grid.end_p_mw), 0.0),
            np.maximum(-self._of(Quantity.EXPORT_KW, boundary_kw), 0.0),
            np.maximum(self._of(Quantity.IMPORT_KW, boundary_kw), 0.0),
            self._of(Quantity.NET_IMPORT_KW, boundary_kw),
        )
        return np.concatenate(parts, axis=1)

    def _supplied(self, grid: GridStep) -> tuple[FloatArray, ...]:
        """Leg and line voltages of the supply points; nothing where none is judged."""
        if not self._supplies or (supply := grid.supply) is None:
            return ()
        legs = supply.legs_v.reshape(len(supply.legs_v), -1)
        return self._of(Quantity.LEG_V, legs), self._of(Quantity.LINE_V, supply.line_v)

    def _live_supplies(self, grid: GridStep) -> tuple[BoolArray, ...]:
        if not self._supplies or (supply := grid.supply) is None:
            return ()
        known = supply.energised & supply.converged
        at = self._positions
        return known[:, at[Quantity.LEG_V] // 2], known[:, at[Quantity.LINE_V]]

    def _of(self, quantity: Quantity, values: FloatArray) -> FloatArray:
        """The columns of one quantity, in their order."""
        picked: FloatArray = pick(values, self._positions[quantity])
        return picked

    def alive(self, grid: GridStep) -> BoolArray | None:
        """(rows, columns) whether the subject is energised: only then is its value judged. None = all are."""
        energised, at = grid.result.energised, self._positions
        supplied = self._live_supplies(grid)
        if (
            energised.all() and all(live.all() for live in supplied) and self._carrying.all_closed(grid)
        ):  # the usual step, and much cheaper
            return None
        ends, boundaries = self._carrying.ends_and_boundaries(grid)
        return np.concatenate(
            (
                energised[:, at[Quantity.VM_PU]],
                *supplied,
                energised[:, self._branch_from] | energised[:, self._branch_to],
                ends[:, at[Quantity.REVERSE_KW]],
                boundaries[:, at[Quantity.EXPORT_KW]],
                boundaries[:, at[Quantity.IMPORT_KW]],
                boundaries[:, at[Quantity.NET_IMPORT_KW]],
            ),
            axis=1,
        )

    def _positions_of(self, quantity: Quantity) -> IntArray:
        known = _subjects(quantity, self._layout)
        asked = [column for column in self.columns if column.limit.quantity is quantity]
        for column in asked:
            if column.subject not in known:
                raise ValueError(f"limit {column.limit.id}: the study has no {column.subject} to judge {quantity} of")
        return np.array([known[column.subject] for column in asked], dtype=np.int64)


def _subjects(quantity: Quantity, layout: Layout) -> dict[str, int]:
    """Subject -> position in the array the quantity is read from."""
    index = layout.index
    if quantity is Quantity.VM_PU:
        return {f"bus:{name}": position for position, name in enumerate(index.bus)}
    if quantity is Quantity.LEG_V:
        legs = [f"{subject}@{leg}" for subject, names in layout.supply for leg in names]
        return {leg: position for position, leg in enumerate(legs)}
    if quantity is Quantity.LINE_V:
        return {subject: position for position, (subject, _) in enumerate(layout.supply)}
    if quantity is Quantity.LOADING_PERCENT:
        return {index.branch_subject(position): position for position in range(len(index.branch))}
    if quantity is Quantity.REVERSE_KW:
        return {end: position for position, (_, end) in enumerate(layout.ends)}
    return {f"boundary:{name}": position for position, name in enumerate(layout.boundaries)}


class _Carrying:
    """Which boundary ends can carry a flow: both buses of the branch alive and its own switch closed."""

    def __init__(self, layout: Layout) -> None:
        index = layout.index
        branches = np.array([_branch(end, index) for _, end in layout.ends], dtype=np.int64)
        self._from, self._to = index.branch_from[branches], index.branch_to[branches]
        # the switch an end is named by; a trafo or line end has none of its own: -1, a padding column
        self._switch = np.array([_switch(end, index) for _, end in layout.ends], dtype=np.int64)
        self._own_switches = self._switch[self._switch >= 0]
        names = [name for name, _ in layout.ends]
        self._ends = [
            np.array([position for position, name in enumerate(names) if name == boundary], dtype=np.int64)
            for boundary in layout.boundaries
        ]

    def all_closed(self, grid: GridStep) -> bool:
        """Whether every switch that a boundary end is named by is closed, in all rows."""
        return bool(grid.state.closed[:, self._own_switches].all())

    def ends_and_boundaries(self, grid: GridStep) -> tuple[BoolArray, BoolArray]:
        """(rows, end) and (rows, boundary); a boundary carries if any of its ends does."""
        energised, closed = grid.result.energised, grid.state.closed
        own = np.concatenate((closed, np.ones((len(closed), 1), dtype=bool)), axis=1)[:, self._switch]
        ends: BoolArray = energised[:, self._from] & energised[:, self._to] & own
        per_boundary = [ends[:, positions].any(axis=1) for positions in self._ends]
        return ends, np.stack(per_boundary, axis=1) if per_boundary else np.zeros((len(ends), 0), dtype=bool)


def _branch(end: str, index: FeederIndex) -> int:
    where = resolve_end(end, index)
    if isinstance(where, str):
        raise ValueError(where)
    return where.branch


def _switch(end: str, index: FeederIndex) -> int:
    kind, _, name = end.partition(":")
    if kind != "switch":
        return -1
    return index.switch_position(name if name in index.switch else name.rpartition("@")[0])
