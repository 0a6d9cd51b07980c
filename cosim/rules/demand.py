"""What customers use and buy: the quantities their bills rest on (facts.md 6.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cosim.limits.breaches import HalfHours
from cosim.results.figures import Figure
from cosim.rules.edges import SectionEdges
from cosim.rules.facts import Arrangement
from cosim.rules.half_hours import KW_PER_MW, highest
from cosim.rules.sums import PointSums, added_mwh
from grids.arrays import BoolArray, FloatArray
from simulators.sinks import Layout, StepBlock


class CustomerDemand:
    """Sink: energy and highest half hour of every customer, and of what every section imports (net over its edge).

    A customer uses what its loads are served. Memory does not grow with the run.
    """

    def __init__(self, facts: Arrangement, edges: SectionEdges) -> None:
        self._edges = edges
        self._customers = tuple(customer for customer in facts.customers if customer.loads)

    def open(self, layout: Layout) -> None:
        """Find the loads of each customer."""
        self._layout = layout
        self._use = PointSums([customer.loads for customer in self._customers])
        members, customers, sections = layout.members, len(self._customers), len(self._edges.sections)
        self._used_mwh, self._bought_mwh = np.zeros((members, customers)), np.zeros((members, sections))
        self._peak_mw: FloatArray = np.full((members, customers + sections), np.nan)
        self._means = HalfHours(layout, customers + sections)
        self._failed: BoolArray = np.zeros(members, dtype=bool)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        self._failed = self._failed | ~block.by_step(block.grid.result.converged).all(axis=0)
        if not self._peak_mw.shape[1]:
            return
        use = self._use.of(block.grid.p_served_mw)
        bought = np.maximum(self._edges.net_import_mw(block.grid.result), 0.0)
        self._used_mwh = added_mwh(self._used_mwh, use, block)
        self._bought_mwh = added_mwh(self._bought_mwh, bought, block)
        both = block.by_step(np.concatenate((use, bought), axis=1))
        self._peak_mw = highest(self._peak_mw, both, self._means, block, self._layout)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> Iterator[Figure]:
        """`customer:NAME` energy and highest half hour."""
        for name, amounts in self.used().items():
            for key, values in amounts.items():
                yield Figure(f"customer:{name}.{key}", values, "MWh" if key.endswith("mwh") else "kW")

    @property
    def counted(self) -> BoolArray:
        """(M,) members that enter means: those without a failed step, or all if there are none."""
        return np.ones_like(self._failed) if self._failed.all() else ~self._failed

    def used(self) -> Mapping[str, Mapping[str, FloatArray]]:
        """Customer -> `demand_mwh`, `max_demand_kw`, (M,) each."""
        return {
            customer.name: {
                "demand_mwh": self._used_mwh[:, at],
                "max_demand_kw": KW_PER_MW * self._peak_mw[:, at],
            }
            for at, customer in enumerate(self._customers)
        }

    def imported(self) -> Mapping[str, Mapping[str, FloatArray]]:
        """Section -> `import_mwh`, `max_import_kw` net over its edge, (M,) each."""
        first = len(self._customers)
        return {
            name: {
                "import_mwh": self._bought_mwh[:, at],
                "max_import_kw": KW_PER_MW * self._peak_mw[:, first + at],
            }
            for at, name in enumerate(self._edges.sections)
        }
