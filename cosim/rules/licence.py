"""What a licensee reports of its area, and what is useful for any section (planner.md 2.9).

Energy at every point of a boundary by direction, points not netted with each other; losses against everything that
came in; hours customers were without supply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from cosim.results.figures import Figure
from cosim.rules.edges import SectionEdges
from cosim.rules.sums import PointSums, added_mwh
from grids.sections import Partition
from simulators.sinks import Layout, StepBlock


class LicencePack:
    """Sink: energies over the edge and losses of sections, hours of outage; memory does not grow with the run.

    Args:
        partition: sections and boundaries of the network.
        edges: of these sections.
        storage: positions of injections that are batteries; what they give back was taken in before.
    """

    def __init__(self, partition: Partition, edges: SectionEdges, storage: Collection[int] = ()) -> None:
        self._partition, self._edges, self._storage = partition, edges, frozenset(storage)

    def open(self, layout: Layout) -> None:
        """Find the points of boundaries that have several, and what is inside sections."""
        sections, ends = self._partition.sections, self._partition.ends
        counts = {name: sum(end.boundary == name for end in ends) for name in self._partition.boundaries}
        self._points = [end for end in ends if counts[end.boundary] > 1]
        self._branch = np.array([end.where.branch for end in self._points], dtype=np.int64)
        self._side = np.array([end.where.end for end in self._points], dtype=np.int64)
        self._sign = np.array([end.sign for end in self._points])
        self._injections = PointSums(
            [[at for at in section.injections.tolist() if at not in self._storage] for section in sections]
        )
        self._loads = PointSums([section.loads.tolist() for section in sections])
        self._load_bus = layout.index.load_bus
        points, areas = (layout.members, len(self._points)), (layout.members, len(sections))
        self._into, self._out = np.zeros(points), np.zeros(points)
        self._taken, self._losses, self._outage = np.zeros(areas), np.zeros(areas), np.zeros(areas)

    def write(self, block: StepBlock) -> None:
        """Take some steps."""
        grid, result = block.grid, block.grid.result
        if self._points:
            through = self._sign * result.p_mw[:, self._branch, self._side]
            self._into = added_mwh(self._into, np.maximum(through, 0.0), block)
            self._out = added_mwh(self._out, np.maximum(-through, 0.0), block)
        if not self._partition.sections:
            return
        given = self._injections.of(np.maximum(grid.p_actual_mw, 0.0))
        self._taken = added_mwh(self._taken, self._edges.taken_in_mw(result) + given, block)
        self._losses = added_mwh(self._losses, grid.section_losses_mw, block)
        if not result.energised.all():
            dead = self._loads.of((~result.energised[:, self._load_bus]).astype(np.float64))
            self._outage = added_mwh(self._outage, dead, block)

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""

    def figures(self) -> Iterator[Figure]:
        """`section:NAME` energy in, losses, loss rate, outage; `point:BOUNDARY[END]` energies of several points."""
        for at, section in enumerate(self._partition.sections):
            taken, losses = self._taken[:, at], self._losses[:, at]
            some = taken > 0.0
            percent = np.where(some, 100.0 * losses / np.where(some, taken, 1.0), np.nan)
            yield Figure(f"section:{section.name}.energy_in_mwh", taken, "MWh")
            yield Figure(f"section:{section.name}.losses_mwh", losses, "MWh")
            yield Figure(f"section:{section.name}.loss_percent", percent, "%")
            if self._outage[:, at].any():
                yield Figure(f"section:{section.name}.outage_customer_h", self._outage[:, at], "h")
        for at, end in enumerate(self._points):
            yield Figure(f"point:{end.boundary}[{end.at}].import_mwh", self._into[:, at], "MWh")
            yield Figure(f"point:{end.boundary}[{end.at}].export_mwh", self._out[:, at], "MWh")
