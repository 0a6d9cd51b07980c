"""Why a member found no solution: what changed, how much of the load the wires carry, and where it breaks.

The collapse factor is found by bisection on converging flows, sixteen trial factors a batch (prototypes.md 2): the
largest share of the step's demand, generation held, that still has a solution. Mismatches are those of that solution
against the full demand: a solver that diverged leaves nothing to read (peers.md 1.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from grids.arrays import FloatArray
from grids.powerflow.contract import Engine, FeederIndex, FlowState
from grids.powerflow.results import taken

TRIALS = 16  # factors a batch: the bracket shrinks to a seventeenth
ROUNDS = 4
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Change:
    """An input that differs from the last step that was solved."""

    subject: str
    quantity: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Power a bus would still be owed at the last solution."""

    bus: str
    p_mw: float
    q_mvar: float


@dataclass(frozen=True, slots=True)
class PostMortem:
    """The findings about one failed member-step.

    `collapse_factor` is the share of the step's demand that still has a solution, 0 where there is none even without
    demand. `critical_bus` has the lowest voltage at that factor.
    """

    k: int
    member: int
    changes: tuple[Change, ...]
    collapse_factor: float
    critical_bus: str
    critical_vm_pu: float | None
    mismatches: tuple[Mismatch, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self)

    def __str__(self) -> str:
        """One line for a log or a message."""
        if self.collapse_factor <= 0.0:
            return "no solution even without demand: look at generation, switches, taps and the sources"
        said = f"the network carries {self.collapse_factor:.4g} times this step's demand"
        if self.critical_vm_pu is None:
            return said
        return f"{said}; bus {self.critical_bus} gives way first ({self.critical_vm_pu:.3f} pu at the limit)"


def examine(engine: Engine, state: FlowState, before: FlowState | None, k: int, member: int) -> PostMortem:
    """Look into one failed member.

    Args:
        engine: solves the trial flows.
        state: the failed state, one member.
        before: the last state of that member that was solved; None if there was none.
        k: step.
        member: number in the ensemble.
    """
    factor = _collapse_factor(engine, state)
    at_limit = engine.solve(_scaled(state, np.array([factor])))
    index = engine.index
    critical, critical_vm = "", None
    mismatches: tuple[Mismatch, ...] = ()
    if at_limit.converged[0]:
        alive = np.where(at_limit.energised[0], at_limit.vm_pu[0], np.inf)
        lowest = int(np.argmin(alive))
        if np.isfinite(alive[lowest]):
            critical, critical_vm = index.bus[lowest], float(alive[lowest])
        mismatches = tuple(_mismatches(index, state, 1.0 - factor))
    return PostMortem(
        k=k,
        member=member,
        changes=tuple(_changes(index, state, before)) if before is not None else (),
        collapse_factor=factor,
        critical_bus=critical,
        critical_vm_pu=critical_vm,
        mismatches=mismatches,
    )


def _collapse_factor(engine: Engine, state: FlowState) -> float:
    low, high = 0.0, 1.0
    if not engine.solve(_scaled(state, np.array([0.0]))).converged[0]:
        return 0.0
    for _ in range(ROUNDS):
        trials = np.linspace(low, high, TRIALS + 2)[1:-1]
        solved = engine.solve(_scaled(state, trials)).converged
        first_failure = int(np.argmin(solved)) if not solved.all() else TRIALS
        low, high = (
            float(trials[first_failure - 1]) if first_failure else low,
            float(trials[first_failure]) if first_failure < TRIALS else high,
        )
    return low


def _scaled(state: FlowState, factors: FloatArray) -> FlowState:
    """The one member's state once per factor on its demand."""
    many = taken(state, np.zeros(len(factors), dtype=np.int64))
    column = factors[:, np.newaxis]
    return replace(many, p_load_mw=many.p_load_mw * column, q_load_mvar=many.q_load_mvar * column)


def _mismatches(index: FeederIndex, state: FlowState, missing: float) -> Iterator[Mismatch]:
    p = np.bincount(index.load_bus, weights=state.p_load_mw[0], minlength=len(index.bus)) * missing
    q = np.bincount(index.load_bus, weights=state.q_load_mvar[0], minlength=len(index.bus)) * missing
    for bus in np.argsort(-np.hypot(p, q), kind="stable")[:SHOWN].tolist():
        if p[bus] or q[bus]:
            yield Mismatch(index.bus[bus], float(p[bus]), float(q[bus]))


def _changes(index: FeederIndex, state: FlowState, before: FlowState) -> Iterator[Change]:
    """Switching first, then the largest changes of power."""
    for quantity, kind, names in (
        ("closed", "switch", index.switch),
        ("source_on", "source", index.source),
        ("source_vm_pu", "source", index.source),
        ("tap_pos", "trafo", index.tap),
        ("in_service", "branch", index.branch),
    ):
        now, then = getattr(state, quantity)[0], getattr(before, quantity)[0]
        for position in np.flatnonzero(now != then)[:SHOWN].tolist():
            yield Change(f"{kind}:{names[position]}", quantity, float(then[position]), float(now[position]))
    yield from _power_changes(index, state, before)


def _power_changes(index: FeederIndex, state: FlowState, before: FlowState) -> Iterator[Change]:
    columns: Sequence[tuple[str, str, tuple[str, ...]]] = (
        ("p_load_mw", "load", index.load),
        ("q_load_mvar", "load", index.load),
        ("p_mw", "device", index.injection),
        ("q_mvar", "device", index.injection),
    )
    found = []
    for quantity, kind, names in columns:
        now, then = getattr(state, quantity)[0], getattr(before, quantity)[0]
        found += [
            (abs(float(now[at] - then[at])), Change(f"{kind}:{names[at]}", quantity, float(then[at]), float(now[at])))
            for at in np.argsort(-np.abs(now - then), kind="stable")[:SHOWN].tolist()
        ]
    ranked = sorted(found, key=lambda item: -item[0])
    yield from (change for size, change in ranked[:SHOWN] if size > 0.0)
