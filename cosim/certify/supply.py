"""Sink: buses with demand or generation that lose their supply, by member; an island without a source is one.

A step in which every one of them is dead counts for the network as a whole, else each dead bus for itself. So what a
member has does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from grids.arrays import BoolArray, FloatArray, IntArray
from simulators.sinks import Layout, StepBlock

RULE = "no-supply"
NETWORK = "grid:network"


class SupplyWatch:
    """Counts dead hours of every connected bus; a step without solution is not counted here (`convergence` is)."""

    def open(self, layout: Layout) -> None:
        """Find the buses somebody is connected to."""
        self._layout = layout
        index = layout.index
        self._buses: IntArray = np.unique(np.concatenate([index.load_bus, index.injection_bus]))
        self._subjects = (*(f"bus:{index.bus[bus]}" for bus in self._buses), NETWORK)
        shape = (layout.members, len(self._subjects))
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
        whole = dead.all(axis=1, keepdims=True)
        subjects = np.concatenate([dead & ~whole, whole], axis=1)
        for step, of_step in enumerate(block.by_step(subjects)):
            self._count(block.first_k + step, of_step, float(block.hours[step]))

    def _count(self, k: int, dead: BoolArray, hours: float) -> None:
        self._hours += dead * hours
        self._steps += dead
        self._first_k = np.where(dead & (self._first_k < 0), k, self._first_k)
        self._last_k = np.where(dead, k, self._last_k)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) dead hours of each member."""
        found = np.flatnonzero(self._steps.any(axis=0)).tolist()
        return {f"{RULE}|{self._subjects[at]}": self._hours[:, at] for at in found}

    def findings(self) -> Iterator[Finding]:
        """One record for each bus that was dead while others were not, and one for the network as a whole."""
        for at in np.flatnonzero(self._steps.any(axis=0)).tolist():
            yield self._finding(at)

    def _finding(self, at: int) -> Finding:
        axis, steps, hours = self._layout.axis, self._steps[:, at], self._hours[:, at]
        touched = steps > 0
        longest = int(np.argmax(hours))
        first = int(self._first_k[touched, at].min())
        times = {
            "first": first,
            "last": int(self._last_k[touched, at].max()),
            "worst_at": int(self._first_k[longest, at]),
        }
        subject = self._subjects[at]
        what = "any bus with a customer or device" if subject == NETWORK else subject.replace(":", " ", 1)
        return notice(
            RULE,
            subject,
            Severity.WARNING,
            Extent(
                {key: axis.local(int(axis.edges[k])).isoformat() for key, k in times.items()},
                hours=float(hours[touched].mean()),
                windows=int(steps.sum()),
                members=int(touched.sum()),
                member_share=float(touched.mean()),
                worst_member=int(self._layout.member[longest]),
            ),
            value=float(hours.max()),
            quantity="dead_hours",
            unit="h",
            label=f"no source reaches {what}: nothing is served or fed in there",
            hint="look at the events and at varied switch states; an island needs a source of its own",
        )
