"""Sink: buses with demand or generation that lose their supply, by member; an island without a source is one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.sinks import Layout, StepBlock

RULE = "no-supply"


class SupplyWatch:
    """Counts dead hours of every connected bus; a step without solution is not counted here (`convergence` is)."""

    def open(self, layout: Layout) -> None:
        """Find the buses somebody is connected to."""
        self._layout = layout
        index = layout.index
        self._buses: IntArray = np.unique(np.concatenate([index.load_bus, index.injection_bus]))
        shape = (layout.members, len(self._buses))
        self._hours: FloatArray = np.zeros(shape)
        self._steps: IntArray = np.zeros(shape, dtype=np.int64)
        self._first_k: IntArray = np.full(shape, -1, dtype=np.int64)
        self._last_k: IntArray = np.full(shape, -1, dtype=np.int64)

    def write(self, block: StepBlock) -> None:
        """Look for dead buses; the usual block has none."""
        energised = block.grid.result.energised
        if energised.all():
            return
        dead = ~energised[:, self._buses] & block.grid.result.converged[:, np.newaxis]
        if not dead.any():
            return
        for step, of_step in enumerate(block.by_step(dead)):
            self._count(block.first_k + step, of_step, float(block.hours[step]))

    def _count(self, k: int, dead: BoolArray, hours: float) -> None:
        self._hours += dead * hours
        self._steps += dead
        self._first_k = np.where(dead & (self._first_k < 0), k, self._first_k)
        self._last_k = np.where(dead, k, self._last_k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) longest dead time of any bus of each member."""
        return {finding.id: self._hours.max(axis=1) for finding in self.findings()}

    def findings(self) -> Iterator[Finding]:
        """One record, on the bus that was dead first and longest, over all members that had one."""
        touched = self._steps.any(axis=1)
        if not touched.any():
            return
        axis = self._layout.axis
        first = int(self._first_k[self._first_k >= 0].min())
        began = (self._first_k == first).any(axis=0)
        at = int(np.argmax(np.where(began, self._hours.sum(axis=0), -1.0)))
        others = int(self._steps.any(axis=0).sum()) - 1
        longest = int(np.argmax(self._hours[:, at]))
        name = self._layout.index.bus[self._buses[at]]
        times = {"first": first, "last": int(self._last_k.max()), "worst_at": first}
        more = f" and {others} more connected buses" if others else ""
        yield notice(
            RULE,
            f"bus:{name}",
            Severity.WARNING,
            Extent(
                {key: axis.local(int(axis.edges[k])).isoformat() for key, k in times.items()},
                hours=float(self._hours[touched].max(axis=1).mean()),
                windows=int(self._steps[:, at].sum()),
                members=int(touched.sum()),
                member_share=float(touched.mean()),
                worst_member=int(self._layout.member[longest]),
            ),
            value=float(self._hours[:, at].max()),
            quantity="dead_hours",
            unit="h",
            label=f"no source reaches bus {name}{more}: nothing is served or fed in there",
            hint="events.json says which switch or source; an island needs a source of its own",
        )
