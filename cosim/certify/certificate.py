"""Everything a run says about its own numbers, as one set of sinks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cosim.certify.cross_check import CrossCheck
from cosim.certify.failures import Failures
from cosim.certify.supply import SupplyWatch
from cosim.errors import SimulationError
from cosim.findings import Finding

if TYPE_CHECKING:
    from cosim.study import Study
    from grids.arrays import FloatArray
    from simulators.sinks import Sink


class Certificate:
    """Cross-check with the reference, parts without supply, post-mortems of members without solution.

    Args:
        study: what runs.
        folder: the run folder.
        stop: whether the first member without solution ends the run.
    """

    def __init__(self, study: Study, folder: Path, *, stop: bool) -> None:
        self._cross_check = CrossCheck(study.feeder, study.draws.seed)
        self._supply = SupplyWatch()
        self._failures = Failures(study.feeder, folder, stop=stop)

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """In the order in which they see a step; the one that may stop the run comes last."""
        return (self._cross_check, self._supply, self._failures)

    def issue(self) -> None:
        """Solve the sample again; after the run, before anything is read here."""
        self._cross_check.certify()

    def findings(self) -> list[Finding]:
        """What the run must be told of."""
        return [*self._cross_check.findings(), *self._supply.findings()]

    def hours(self) -> dict[str, FloatArray]:
        """Finding id -> (M,) hours of each member, where there are any."""
        return self._supply.hours()

    def manifest(self) -> dict[str, Any]:
        """Entries of the manifest."""
        return {
            "cross_check": self._cross_check.manifest(),
            "post_mortems": [found.as_dict() for found in self._failures.examined],
        }

    def verify(self) -> None:
        """Raise `SimulationError` where the engines disagree: everything is written, nothing may be trusted."""
        report = self._cross_check.report
        if report is not None and not report.passed:
            where = f"step {report.k}, member {report.member}, bus {report.bus or '?'}"
            raise SimulationError(
                f"the cross-check failed: engine {report.engine} and the reference differ by up to "
                f"{report.max_abs_vm_pu:.2g} pu and {report.max_abs_loading_percent:.2g} % of loading ({where}; "
                f"{report.unsolved} of {report.samples} samples have no reference solution). Use --engine pandapower"
            )
