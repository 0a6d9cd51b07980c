"""The judged quantities of steps as one flat array: every (limit, subject) is a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cosim.limits.carrying import Carrying
from cosim.limits.giving import Giving
from cosim.limits.limit import OF_BOTH_POWERS, Limit, Quantity
from cosim.results.rows import pick
from grids.arrays import BoolArray, FloatArray, IntArray
from grids.feeder import GridStep
from simulators.sinks import Layout

KW_PER_MW = 1000.0
_ORDER = {quantity: position for position, quantity in enumerate(Quantity)}
_OF_SUPPLY = (Quantity.LEG_V, Quantity.LINE_V, Quantity.LEG_UNBALANCE_PERCENT)


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
        judged = (limit for limit in limits if limit.quantity not in OF_BOTH_POWERS)
        ordered = sorted(judged, key=lambda limit: _ORDER[limit.quantity])
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
        self._supplies = any(len(self._positions[quantity]) for quantity in _OF_SUPPLY)
        self._fit = _FitBehind(self._positions[Quantity.NON_FIT_EXPORT_KW], layout)
        self._giving = Giving(self._positions[Quantity.NET_IMPORT_KW], layout)
        self._carrying = Carrying(layout)

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
            self._non_fit_export(grid, boundary_kw),
        )
        return np.concatenate(parts, axis=1)

    def _non_fit_export(self, grid: GridStep, boundary_kw: FloatArray) -> FloatArray:
        """Export beyond what FIT plants behind the boundary generate (facts.md 2.7)."""
        export_kw = -self._of(Quantity.NON_FIT_EXPORT_KW, boundary_kw)
        if not export_kw.shape[1]:
            return export_kw
        return np.asarray(np.maximum(export_kw - KW_PER_MW * self._fit.generation_mw(grid.p_actual_mw), 0.0))

    def _supplied(self, grid: GridStep) -> tuple[FloatArray, ...]:
        """Leg and line voltages of the supply points and how unequal legs are; nothing where none is judged."""
        if not self._supplies or (supply := grid.supply) is None:
            return ()
        legs = supply.legs_v.reshape(len(supply.legs_v), -1)
        both = supply.legs_v[:, self._positions[Quantity.LEG_UNBALANCE_PERCENT]]
        return self._of(Quantity.LEG_V, legs), self._of(Quantity.LINE_V, supply.line_v), unbalance_percent(both)

    def _live_supplies(self, grid: GridStep) -> tuple[BoolArray, ...]:
        if not self._supplies or (supply := grid.supply) is None:
            return ()
        known = supply.energised & supply.converged
        at = self._positions
        return known[:, at[Quantity.LEG_V] // 2], known[:, at[Quantity.LINE_V]], known[:, at[_OF_SUPPLY[-1]]]

    def _of(self, quantity: Quantity, values: FloatArray) -> FloatArray:
        """The columns of one quantity, in their order."""
        picked: FloatArray = pick(values, self._positions[quantity])
        return picked

    def alive(self, grid: GridStep) -> BoolArray | None:
        """(rows, columns) whether the subject is energised: only then is its value judged. None = all are.

        An import margin is judged while something gives power that would be taken off.
        """
        energised, at = grid.result.energised, self._positions
        supplied, giving = self._live_supplies(grid), self._giving.judged(grid.p_actual_mw)
        known = (energised, giving, *supplied)
        if all(live.all() for live in known) and self._carrying.all_closed(grid):  # the usual step, and much cheaper
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
                boundaries[:, at[Quantity.NET_IMPORT_KW]] & giving,
                boundaries[:, at[Quantity.NON_FIT_EXPORT_KW]],
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
    if quantity in {Quantity.LINE_V, Quantity.LEG_UNBALANCE_PERCENT}:
        return {subject: position for position, (subject, _) in enumerate(layout.supply)}
    if quantity is Quantity.LOADING_PERCENT:
        return {index.branch_subject(position): position for position in range(len(index.branch))}
    if quantity is Quantity.REVERSE_KW:
        return {end: position for position, (_, end) in enumerate(layout.ends)}
    return {f"boundary:{name}": position for position, name in enumerate(layout.boundaries)}


def unbalance_percent(legs_v: FloatArray) -> FloatArray:
    """(...,) difference of two legs (..., 2) over their mean, %; 0 where both are dead."""
    low, high = legs_v.min(axis=-1), legs_v.max(axis=-1)
    return np.asarray(100.0 * (high - low) / np.where(high > 0.0, (high + low) / 2.0, 1.0))


class _FitBehind:
    """What FIT plants behind boundaries generate."""

    def __init__(self, boundaries: IntArray, layout: Layout) -> None:
        known = layout.fit or ((),) * len(layout.boundaries)
        plants = [known[boundary] for boundary in boundaries.tolist()]
        self._injections = np.array([at for own in plants for at in own], dtype=np.int64)
        self._starts = np.cumsum([0, *(len(own) for own in plants)])[:-1]
        if not all(plants):
            raise ValueError("no FIT plant stands behind a boundary whose other exports are judged")

    def generation_mw(self, p_actual_mw: FloatArray) -> FloatArray:
        """(rows, boundary); what plants draw themselves does not count."""
        generated = np.maximum(np.take(p_actual_mw, self._injections, axis=1), 0.0)
        return np.asarray(np.add.reduceat(generated, self._starts, axis=1))
