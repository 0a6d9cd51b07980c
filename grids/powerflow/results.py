"""Building a `FlowResult`: empty, failed, and the parts every engine derives the same way."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import FeederIndex, FlowResult, FlowState


def unsolved(members: int, index: FeederIndex) -> FlowResult:
    """A result in which nothing has converged yet: floats NaN."""
    result = unwritten(members, index)
    fail(result, np.arange(members))
    return result


def unwritten(members: int, index: FeederIndex) -> FlowResult:
    """A result whose floats are uninitialised: for an engine that writes or `fail`s every row."""
    buses, branches, sources, fixtures = map(len, (index.bus, index.branch, index.source, index.fixture))

    def floats(*shape: int) -> FloatArray:
        return np.empty((members, *shape))

    return FlowResult(
        vm_pu=floats(buses),
        va_degree=floats(buses),
        energised=np.zeros((members, buses), dtype=bool),
        p_mw=floats(branches, 2),
        q_mvar=floats(branches, 2),
        i_ka=floats(branches, 2),
        loading_percent=floats(branches),
        source_p_mw=floats(sources),
        source_q_mvar=floats(sources),
        fixture_p_mw=floats(fixtures),
        fixture_q_mvar=floats(fixtures),
        losses_mw=floats(),
        converged=np.zeros(members, dtype=bool),
        iterations=np.zeros(members, dtype=np.int64),
    )


def fail(result: FlowResult, rows: IntArray) -> None:
    """Make rows what a member without solution is: floats NaN, nothing energised, not converged."""
    for column in fields(result):
        array = getattr(result, column.name)
        array[rows] = np.nan if array.dtype == np.float64 else 0


def taken(state: FlowState, members: IntArray) -> FlowState:
    """The state of these members, in this order."""
    return FlowState(*(getattr(state, column.name)[members] for column in fields(FlowState)))


def put(result: FlowResult, rows: IntArray, new: FlowResult) -> FlowResult:
    """The result with these members' rows replaced by those of `new`; all in order = `new` itself."""
    if len(rows) == len(result.converged):
        return new
    arrays = []
    for column in fields(FlowResult):
        array = getattr(result, column.name).copy()
        array[rows] = getattr(new, column.name)
        arrays.append(array)
    return FlowResult(*arrays)
