"""The engine contract: what a power-flow engine gets, gives and promises.

Signs: injections are positive into the network, loads positive out of it; a branch end's p and q are
positive *into the branch* at that end; a source's p and q are positive into the network.
NaN and zero: a member that did not converge has NaN floats and `converged` false; a dead bus has voltage 0
and `energised` false, a dead branch has flows 0, in every engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np

from grids.arrays import BoolArray, FloatArray, IntArray


class BranchKind(StrEnum):
    """What a branch is. A link is a bus-bus switch; impedances and series compensators only pandapower solves."""

    LINE = "line"
    TRAFO = "trafo"
    IMPEDANCE = "impedance"
    TCSC = "tcsc"
    LINK = "switch"


@dataclass(frozen=True)
class FeederIndex:
    """Names, order and bases of everything a network's arrays run over. Built once, shared by all members.

    Branches are all lines, then all two-winding transformers, impedances, series compensators, then all bus-bus
    switches (links). Switches are all switches, links included; `switch_branch`, `switch_end` give the branch end each
    one sits at. Names are unique per kind; the subject of a thing is `kind:name`.
    """

    bus: tuple[str, ...]
    bus_vn_kv: FloatArray
    branch: tuple[str, ...]
    branch_kind: tuple[BranchKind, ...]
    branch_from: IntArray  # bus position of the from (hv) end
    branch_to: IntArray  # bus position of the to (lv) end
    branch_rating: FloatArray  # (branch, 2): rated current in kA at the from and the to end; NaN = not rated
    switch: tuple[str, ...]
    switch_branch: IntArray  # branch position each switch sits in (its own link for a bus-bus switch)
    switch_end: IntArray  # 0 = from end, 1 = to end
    tap: tuple[str, ...]  # names of the transformers whose tap may move
    tap_branch: IntArray
    source: tuple[str, ...]
    source_bus: IntArray
    load: tuple[str, ...]  # connection points that take power
    load_bus: IntArray
    injection: tuple[str, ...]  # connection points that inject power
    injection_bus: IntArray
    frequency_hz: float = 50.0
    fixture: tuple[str, ...] = ()  # equipment of the wires that nobody drives: `shunt:NAME`, `ward:NAME`, `gen:NAME`
    fixture_bus: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    star_bus: tuple[int, ...] = ()  # buses inside three-winding transformers: real to a solver, to nobody else
    impedance_link: tuple[int, ...] = ()  # branch positions of links with impedance: solved, not fused

    def bus_position(self, name: str) -> int:
        """Position of a bus by name; KeyError if there is none."""
        return _position(self.bus, name)

    def branch_position(self, kind: BranchKind, name: str) -> int:
        """Position of a branch by kind and name; KeyError if there is none."""
        for position, (branch_kind, branch) in enumerate(zip(self.branch_kind, self.branch, strict=True)):
            if branch_kind is kind and branch == name:
                return position
        raise KeyError(f"{kind}:{name}")

    def switch_position(self, name: str) -> int:
        """Position of a switch by name; KeyError if there is none."""
        return _position(self.switch, name)

    def branch_subject(self, position: int) -> str:
        """`line:NAME`, `trafo:NAME` or `switch:NAME`."""
        return f"{self.branch_kind[position]}:{self.branch[position]}"


def _position(names: tuple[str, ...], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise KeyError(name) from None


@dataclass(frozen=True, slots=True)
class FlowState:
    """Everything a power flow depends on, per member. M = members."""

    p_mw: FloatArray  # (M, injection)
    q_mvar: FloatArray  # (M, injection)
    p_load_mw: FloatArray  # (M, load)
    q_load_mvar: FloatArray  # (M, load)
    closed: BoolArray  # (M, switch)
    in_service: BoolArray  # (M, branch)
    tap_pos: FloatArray  # (M, tap)
    source_on: BoolArray  # (M, source)
    source_vm_pu: FloatArray  # (M, source)

    @property
    def members(self) -> int:
        """Number of members M."""
        return int(self.p_mw.shape[0])


@dataclass(frozen=True, slots=True)
class FlowResult:
    """What a power flow says, per member. Branch ends: index 0 = from, 1 = to."""

    vm_pu: FloatArray  # (M, bus)
    va_degree: FloatArray  # (M, bus)
    energised: BoolArray  # (M, bus)
    p_mw: FloatArray  # (M, branch, 2) into the branch
    q_mvar: FloatArray  # (M, branch, 2) into the branch
    i_ka: FloatArray  # (M, branch, 2)
    loading_percent: FloatArray  # (M, branch): larger end current over its rating; NaN where not rated
    source_p_mw: FloatArray  # (M, source) into the network
    source_q_mvar: FloatArray  # (M, source)
    fixture_p_mw: FloatArray  # (M, fixture) taken from the network, load sign
    fixture_q_mvar: FloatArray  # (M, fixture)
    losses_mw: FloatArray  # (M,) all branches
    converged: BoolArray  # (M,)
    iterations: IntArray  # (M,)


class Engine(Protocol):
    """A power-flow engine bound to one normalised network."""

    name: str
    version: str
    index: FeederIndex

    def solve(self, state: FlowState, members: IntArray | None = None) -> FlowResult:
        """Solve every member (or only those listed, in that order); never raises for a member that fails.

        Raises:
            ValueError: an input that is not finite or has the wrong shape (NaN must never reach a solver).
        """
        ...


def power_at_voltage(power: FloatArray, shares: FloatArray, kind: int, vm_pu: FloatArray) -> FloatArray:
    """What loads take at their voltage, P0 (1 - z - i + i V + z V^2): the ZIP model, the same for every engine.

    Args:
        power: (..., load) p or q at 1 pu.
        shares: (load, 4) parts of constant impedance and current: z of p, i of p, z of q, i of q.
        kind: 0 for p, 1 for q.
        vm_pu: (..., load) voltage of each load's bus.
    """
    z, i = shares[:, 2 * kind], shares[:, 2 * kind + 1]
    return np.asarray(power * (1.0 - z - i + i * vm_pu + z * vm_pu**2))


def loading_percent(i_ka: FloatArray, rating_ka: FloatArray) -> FloatArray:
    """Loading in percent: the larger of both end currents over their ratings, the same for every engine.

    Args:
        i_ka: end currents, (M, branch, 2), kA.
        rating_ka: rated currents per end, (branch, 2), kA; NaN = not rated.
    """
    ratio = i_ka / rating_ka[np.newaxis]
    return np.asarray(100.0 * np.fmax(ratio[..., 0], ratio[..., 1]))
