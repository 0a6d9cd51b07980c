"""Sink: keeps a sample of the solved steps, and has the reference engine solve it again when the run is over."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from cosim.findings import Finding, Severity
from cosim.limits.notices import Extent, notice
from grids.feeder import Feeder
from grids.powerflow.cross_check import MOST_SAMPLES, TOLERANCE_PU, Collector, CrossCheckReport, SamplePlan, cross_check
from grids.powerflow.pandapower_engine import PandapowerEngine
from simulators.sinks import Layout, StepBlock

RULE = "cross-check"


class CrossCheck:
    """On by default where another engine than the reference solves.

    Args:
        feeder: whose steps are looked at.
        seed: of the sample.
        most: drawn samples at most, however long the run; the worst of each quantity comes on top.
    """

    def __init__(self, feeder: Feeder, seed: int, most: int = MOST_SAMPLES) -> None:
        self._feeder, self._seed, self._most = feeder, seed, most
        self.report: CrossCheckReport | None = None
        self.seconds = 0.0

    @property
    def needed(self) -> bool:
        """Whether there is anything to check against."""
        return self._feeder.engine.name != PandapowerEngine.name

    def open(self, layout: Layout) -> None:
        """Draw the sample."""
        self._layout = layout
        plan = SamplePlan(layout.axis.steps, layout.members, self._seed, self._most)
        self._collector = Collector(plan, layout.member)

    def write(self, block: StepBlock) -> None:
        """Keep what was drawn, and the worst so far."""
        if self.needed:
            self._collector.observe(block.first_k, block.grid.state, block.grid.result)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def certify(self) -> CrossCheckReport | None:
        """Solve the sample again; None where the reference itself was the engine."""
        if not self.needed:
            return None
        started = time.perf_counter()
        reference = PandapowerEngine(self._feeder.grid)
        self.report = cross_check(self._collector.samples, reference, self._feeder.engine.name)
        self.seconds = time.perf_counter() - started
        return self.report

    def manifest(self) -> dict[str, Any] | None:
        """The entry `cross_check` of the manifest; what it cost stands beside it. None where the run did not end."""
        if not self.needed:
            return {"samples": 0, "engine": self._feeder.engine.name, "reference": PandapowerEngine.name}
        if self.report is None:
            return None
        return {**self.report.as_dict(), "seconds": round(self.seconds, 3)}

    def findings(self) -> Iterator[Finding]:
        """A violation where the engines disagree: no number of the run can be trusted."""
        report = self.report
        if report is None or report.passed:
            return
        axis = self._layout.axis
        moment = axis.local(int(axis.edges[max(report.k, 0)])).isoformat()
        said = f"{report.unsolved} samples have no solution there; " if report.unsolved else ""
        yield notice(
            RULE,
            f"bus:{report.bus}" if report.bus else "grid:network",
            Severity.VIOLATION,
            Extent(
                dict.fromkeys(("first", "last", "worst_at"), moment), 0.0, 1, 1, 1 / self._layout.members, report.member
            ),
            value=report.max_abs_vm_pu,
            limit=TOLERANCE_PU,
            quantity="vm_pu",
            unit="pu",
            label=f"{said}engine {report.engine} and reference {report.reference} differ: do not trust the numbers",
            hint="run with --engine pandapower, and report this with the run folder",
        )
