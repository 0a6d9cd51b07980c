"""What every engine checks before it solves: a bad number must stop here, not become a plausible voltage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from grids.arrays import FloatArray
from grids.errors import GridError
from grids.powerflow.contract import FeederIndex, FlowState

_POWERS = {"p_mw": "injection", "q_mvar": "injection", "p_load_mw": "load", "q_load_mvar": "load"}
_WIRES = {
    "closed": "switch",
    "in_service": "branch",
    "tap_pos": "tap",
    "source_on": "source",
    "source_vm_pu": "source",
}


def check_state(state: FlowState, index: FeederIndex, tap_range: FloatArray) -> None:
    """Refuse a state of the wrong shape, with a value that is not finite, or with a tap outside its range.

    Args:
        state: the state.
        index: the network it is meant for.
        tap_range: (tap, 2) lowest and highest position.

    Raises:
        GridError: the first thing wrong, with the name of the element and the member.
    """
    check_powers(state, index)
    check_wires(state, index, tap_range)


def check_powers(state: FlowState, index: FeederIndex) -> None:
    """The part of `check_state` that every step needs."""
    _check_columns(state, index, _POWERS)


def check_wires(state: FlowState, index: FeederIndex, tap_range: FloatArray) -> None:
    """The part of `check_state` that arrays need once: most steps bring the same ones again."""
    _check_columns(state, index, _WIRES)
    outside = (state.tap_pos < tap_range[:, 0]) | (state.tap_pos > tap_range[:, 1])
    if outside.any():
        member, position = np.argwhere(outside)[0]
        low, high = tap_range[position]
        value = state.tap_pos[member, position]
        raise GridError(f"tap {value:g} of {index.tap[position]!r} lies outside {low:g}..{high:g} (member {member})")


def _check_columns(state: FlowState, index: FeederIndex, columns: Mapping[str, str]) -> None:
    members = state.members
    for name, kind in columns.items():
        array, names = getattr(state, name), getattr(index, kind)
        if array.shape != (members, len(names)):
            raise GridError(f"{name} has shape {array.shape}, expected ({members}, {len(names)})")
        if array.dtype == np.bool_:
            continue
        finite = np.isfinite(array)
        if not finite.all():
            member, position = np.argwhere(~finite)[0]
            raise GridError(f"{name} of {kind} {names[position]!r} is {array[member, position]} (member {member})")
