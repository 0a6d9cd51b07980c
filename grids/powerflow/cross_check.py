"""The certificate of a run: a sample of its power flows solved again by the reference engine.

The reference starts from the fast engine's voltages: it still tests them against its own admittances, and a flow a dc
start would not find (small transformer impedances, prototypes.md 5) is not lost. An error of the fast engine (a wrong
tap, a dropped switch, another source impedance, a stale row) shows as a difference, whatever the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.powerflow.contract import FeederIndex, FlowResult, FlowState
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.results import taken

TOLERANCE_PU = 1e-5  # beyond this two engines do not solve the same network (design.md 6)
TOLERANCE_PERCENT = 1e-2  # of loading: a branch may be wrong where every voltage is right
MOST_SAMPLES = 24
WORST = ("lowest voltage", "highest voltage", "highest loading")


@dataclass(frozen=True, slots=True)
class Sample:
    """One solved member-step: which, and what the fast engine said."""

    k: int
    member: int
    why: str  # "drawn" or one of WORST
    state: FlowState  # one member
    vm_pu: FloatArray  # (bus,)
    va_degree: FloatArray
    loading_percent: FloatArray  # (branch,)


@dataclass(frozen=True, slots=True)
class CrossCheckReport:
    """The largest differences, and where the voltage differs most.

    `unsolved` counts samples in which the reference found no solution although the fast engine did: a difference that
    has no number.
    """

    samples: int
    max_abs_vm_pu: float
    max_abs_loading_percent: float
    k: int
    member: int
    bus: str
    unsolved: int
    engine: str
    reference: str

    @property
    def passed(self) -> bool:
        """Whether both engines say the same."""
        voltages, loadings = self.max_abs_vm_pu <= TOLERANCE_PU, self.max_abs_loading_percent <= TOLERANCE_PERCENT
        return self.unsolved == 0 and voltages and loadings

    def as_dict(self) -> dict[str, object]:
        """Plain data for the manifest."""
        plain = {column.name: getattr(self, column.name) for column in fields(self)}
        tolerances = {"tolerance_vm_pu": TOLERANCE_PU, "tolerance_loading_percent": TOLERANCE_PERCENT}
        return {**plain, **tolerances, "passed": self.passed if self.samples else None}


class SamplePlan:
    """Which member-steps are drawn: a seeded sample over the whole run, at most `most` of them."""

    def __init__(self, steps: int, members: int, seed: int, most: int = MOST_SAMPLES) -> None:
        random = np.random.default_rng([seed, 0xC055])
        drawn = np.sort(random.choice(steps, size=min(most, steps), replace=False))
        rows = random.integers(members, size=len(drawn))
        self._row_of = dict(zip(drawn.tolist(), rows.tolist(), strict=True))

    def of(self, first_k: int, steps: int) -> Iterable[tuple[int, int]]:
        """(step, member row) drawn in `[first_k, first_k + steps)`."""
        return ((k, self._row_of[k]) for k in range(first_k, first_k + steps) if k in self._row_of)


class Collector:
    """Keeps drawn samples and the running worst of each quantity; memory does not grow with the run.

    Rows of what it observes are step after step, in each step member after member.
    """

    def __init__(self, plan: SamplePlan, members: IntArray) -> None:
        self._plan, self._members = plan, members
        self._drawn: list[Sample] = []
        self._worst: dict[str, tuple[float, Sample]] = {}

    def observe(self, first_k: int, state: FlowState, result: FlowResult) -> None:
        """Take consecutive steps from `first_k` on."""
        count = len(self._members)
        for k, row in self._plan.of(first_k, len(result.converged) // count):
            at = (k - first_k) * count + row
            if result.converged[at]:
                self._drawn.append(self._sample(first_k, at, "drawn", state, result))
        for why, score in zip(WORST, _scores(result), strict=True):
            at = int(np.argmax(score))
            if score[at] > self._worst.get(why, (-np.inf,))[0]:
                self._worst[why] = (float(score[at]), self._sample(first_k, at, why, state, result))

    @property
    def samples(self) -> list[Sample]:
        """What there is to solve again."""
        unique = {(sample.k, sample.member): sample for sample in self._drawn}
        for _, sample in self._worst.values():
            unique.setdefault((sample.k, sample.member), sample)
        return list(unique.values())

    def _sample(self, first_k: int, at: int, why: str, state: FlowState, result: FlowResult) -> Sample:
        step, row = divmod(at, len(self._members))
        return Sample(
            k=first_k + step,
            member=int(self._members[row]),
            why=why,
            state=taken(state, np.array([at])),
            vm_pu=result.vm_pu[at].copy(),
            va_degree=result.va_degree[at].copy(),
            loading_percent=result.loading_percent[at].copy(),
        )


def _scores(result: FlowResult) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(row,) how bad each row is in each quantity, -inf where nothing is alive or converged."""
    alive = result.energised
    everything = bool(alive.all())
    low = result.vm_pu if everything else np.where(alive, result.vm_pu, np.inf)
    high = result.vm_pu if everything else np.where(alive, result.vm_pu, -np.inf)
    loading = np.fmax.reduce(result.loading_percent, axis=1, initial=-np.inf)
    return (
        -np.min(low, axis=1, initial=np.inf),
        np.max(high, axis=1, initial=-np.inf),
        np.where(result.converged & alive.any(axis=1), loading, -np.inf),
    )


def cross_check(samples: Iterable[Sample], reference: PandapowerEngine, engine: str) -> CrossCheckReport:
    """Solve samples again and report the largest differences."""
    worst_vm = worst_loading = 0.0
    number = unsolved = 0
    where = (-1, -1, "")
    for sample in samples:
        number += 1
        again = _solved_again(sample, reference)
        if not again.converged[0]:
            unsolved += 1
            where = where if where[2] else (sample.k, sample.member, "")
            continue
        by_bus = np.abs(again.vm_pu[0] - sample.vm_pu)
        bus = int(np.argmax(by_bus))
        if by_bus[bus] > worst_vm:
            worst_vm, where = float(by_bus[bus]), (sample.k, sample.member, _bus(reference.index, bus))
        by_branch = np.abs(again.loading_percent[0] - sample.loading_percent)
        worst_loading = max(worst_loading, float(np.fmax.reduce(by_branch, initial=0.0)))
    return CrossCheckReport(
        samples=number,
        max_abs_vm_pu=worst_vm,
        max_abs_loading_percent=worst_loading,
        k=where[0],
        member=where[1],
        bus=where[2],
        unsolved=unsolved,
        engine=engine,
        reference=reference.name,
    )


def _solved_again(sample: Sample, reference: PandapowerEngine) -> FlowResult:
    """From the fast engine's voltages; where that leads nowhere or elsewhere, from a dc start.

    A dead part has no angle to start from, and a start far off may end in a false solution.
    """
    again = reference.solve_from(sample.state, sample.vm_pu, sample.va_degree)
    if again.converged[0] and np.abs(again.vm_pu[0] - sample.vm_pu).max() <= TOLERANCE_PU:
        return again
    return reference.solve(sample.state)


def _bus(index: FeederIndex, position: int) -> str:
    return index.bus[position]
