"""The solved states of the worst steps: what is needed to ask, after the run, who caused a breach.

One state a breached column, shared where columns are worst in the same step of the same member. Of a half hour the
step with the largest excess is kept. Nothing is kept, and nothing done, while nothing breaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from weakref import WeakValueDictionary

import numpy as np

from cosim.limits.breaches import NewWorst
from cosim.limits.limit import excess
from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import FlowState
from grids.powerflow.results import taken
from simulators.axis import TimeAxis
from simulators.sinks import StepBlock


@dataclass(frozen=True, eq=False)
class WorstState:
    """One member in one step, as solved."""

    k: int
    row: int  # of the members that run
    state: FlowState  # one member


class Solved(NamedTuple):
    """The states of a block's steps. Row `step * members + member`."""

    first_k: int
    members: int
    state: FlowState

    @classmethod
    def of(cls, block: StepBlock) -> Solved:
        """Those of a block; its arrays are joined only when they are read."""
        return cls(block.first_k, block.members, block.grid.state)


Known = WeakValueDictionary[tuple[int, int], WorstState]  # (step, member) -> its state, while any column needs it
Where = tuple[int, Solved]  # a step, and the block it stands in


class WorstStates:
    """The worst state of every column of one kind of window.

    Args:
        columns: number of columns.
        known: states that other kinds of windows hold already.
    """

    def __init__(self, columns: int, known: Known) -> None:
        self.of_column: dict[int, WorstState] = {}
        self._known = known
        self._excess: FloatArray = np.zeros(columns)
        self._row: IntArray = np.zeros(columns, dtype=np.int64)

    def take(self, new: NewWorst | None, find: Callable[[int, int, int], Where | None]) -> None:
        """Keep the states of columns that were never so bad before.

        Args:
            new: what `Breaches.add` found.
            find: (member row, column, first step of the window) -> the step meant; None if it is no longer there.
        """
        if new is None:
            return
        for row, column, over, k in _worst_of_each(new):
            # of equals the first member, as in the finding
            if over > self._excess[column] or (over == self._excess[column] and row < self._row[column]):
                self._excess[column], self._row[column] = over, row
                where = find(row, column, k)
                if where is None:
                    self.of_column.pop(column, None)
                else:
                    self.of_column[column] = self._state(row, *where)

    def _state(self, row: int, k: int, solved: Solved) -> WorstState:
        found = self._known.get((k, row))
        if found is None:
            at = (k - solved.first_k) * solved.members + row
            found = WorstState(k, row, taken(solved.state, np.array([at])))
            self._known[k, row] = found
        return found


def _worst_of_each(new: NewWorst) -> Iterator[tuple[int, int, float, int]]:
    """(member row, column, excess, step) of the worst member of each column."""
    order = np.lexsort((new.member, -new.excess, new.column))
    _, first = np.unique(new.column[order], return_index=True)
    at = order[first]
    yield from zip(
        new.member[at].tolist(), new.column[at].tolist(), new.excess[at].tolist(), new.k[at].tolist(), strict=True
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    solved: Solved
    values: FloatArray  # (T, members, columns)

    @property
    def end_k(self) -> int:
        return self.solved.first_k + len(self.values)


class RecentSteps:
    """Blocks with a breach that reach into the half hour that is not over yet."""

    def __init__(self, axis: TimeAxis, lower: FloatArray, upper: FloatArray) -> None:
        self._window, self._lower, self._upper = axis.half_hour, lower, upper
        self._kept: list[_Kept] = []

    def add(self, solved: Solved, values: FloatArray) -> None:
        """Keep a block: its states and its (T, members, columns) values."""
        self._kept.append(_Kept(solved, values))

    def worst(self, row: int, column: int, first_k: int) -> Where | None:
        """The step of a half hour in which a column of a member was farthest beyond its bounds."""
        end_k = int(np.searchsorted(self._window, self._window[first_k], side="right"))
        found: tuple[float, Where] | None = None
        for kept in self._kept:
            start, stop = max(first_k, kept.solved.first_k), min(end_k, kept.end_k)
            if start >= stop:
                continue
            steps = slice(start - kept.solved.first_k, stop - kept.solved.first_k)
            over = excess(kept.values[steps, row, column], self._lower[column], self._upper[column])
            at = int(np.argmax(over))
            if found is None or over[at] > found[0]:
                found = float(over[at]), (start + at, kept.solved)
        return None if found is None else found[1]

    def forget(self, next_k: int) -> None:
        """Drop what no half hour from `next_k` on begins in."""
        if self._kept:
            over = next_k >= len(self._window)
            start = next_k if over else int(np.searchsorted(self._window, self._window[next_k]))
            self._kept = [kept for kept in self._kept if kept.end_k > start]
