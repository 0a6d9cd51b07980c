"""Energies by calendar month and in total: rates times hours, booked under names."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from cosim.results.rows import add_steps
from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis
from simulators.sinks import StepBlock


class Ledger:
    """Accumulates (members, accounts) rates; memory is months x members x accounts, however long the run."""

    def __init__(self, axis: TimeAxis, members: int, accounts: int) -> None:
        self.months, self._month_of_step = calendar_months(axis)
        self.booked: FloatArray = np.zeros((len(self.months), members, accounts))

    def add(self, rates: FloatArray, block: StepBlock) -> None:
        """Book the (rows, accounts) rates of a block; a member that did not converge books nothing in that step."""
        converged = block.grid.result.converged
        if not converged.all():
            rates = np.where(converged[:, np.newaxis], rates, 0.0)
        amounts = block.by_step(rates) * block.hours[:, np.newaxis, np.newaxis]
        months = self._month_of_step[block.first_k : block.first_k + block.steps]
        for month in range(months[0], months[-1] + 1):
            first, last = np.searchsorted(months, (month, month + 1))
            self.booked[month] = add_steps(self.booked[month], amounts[first:last])

    @property
    def totals(self) -> FloatArray:
        """(members, accounts) over the whole run."""
        return add_steps(np.zeros(self.booked.shape[1:]), self.booked)


def calendar_months(axis: TimeAxis) -> tuple[tuple[str, ...], IntArray]:
    """`YYYY-MM` of every local month the run touches, and the position of each step's month (by its start)."""
    first = axis.local(0)
    starts, labels = [0], [_label(first)]
    year, month = first.year, first.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        begin = datetime(year, month, 1, tzinfo=first.tzinfo)
        seconds = int(begin.timestamp() - first.timestamp())
        if seconds >= axis.duration_s:
            break
        starts.append(seconds)
        labels.append(_label(begin))
    positions = np.searchsorted(np.array(starts), axis.edges[:-1], side="right") - 1
    return tuple(labels), np.asarray(positions, dtype=np.int64)


def _label(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
