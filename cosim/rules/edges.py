"""Flows over the edge of sections, end by end: what a section takes in and gives out at each of its points."""

from __future__ import annotations

import numpy as np

from cosim.rules.sums import PointSums
from grids.arrays import FloatArray
from grids.boundaries import BoundaryEnd
from grids.powerflow.contract import FlowResult
from grids.sections import Partition


class SectionEdges:
    """The points at which sections join the network around them, each counted once.

    Several boundaries may lead into one section through the same point (its edge, a metering point).
    """

    def __init__(self, partition: Partition) -> None:
        self.sections = tuple(section.name for section in partition.sections)
        place = dict(zip(partition.boundaries, partition.into, strict=True))
        points: dict[tuple[int, int, int], BoundaryEnd] = {}
        for end in partition.ends:
            section, at = place[end.boundary], end.where
            across = points.get((section, at.branch, 1 - at.end))
            # a switch between two buses is one point, named from either side; a line cut at both its ends is two
            if section >= 0 and (across is None or across.sign == end.sign):
                points[section, at.branch, at.end] = end
        self._branch = np.array([end.where.branch for end in points.values()], dtype=np.int64)
        self._side = np.array([end.where.end for end in points.values()], dtype=np.int64)
        self._sign = np.array([end.sign for end in points.values()])
        owner = [section for section, _, _ in points]
        self._by_section = PointSums(
            [[at for at, known in enumerate(owner) if known == section] for section in range(len(self.sections))]
        )

    def into(self, result: FlowResult) -> FloatArray:
        """(rows, point) MW into the section at each of its points."""
        return np.asarray(self._sign * result.p_mw[:, self._branch, self._side])

    def net_import_mw(self, result: FlowResult) -> FloatArray:
        """(rows, section) points netted."""
        return self._by_section.of(self.into(result))

    def taken_in_mw(self, result: FlowResult) -> FloatArray:
        """(rows, section) what flows in, not netted with what flows out at other points."""
        return self._by_section.of(np.maximum(self.into(result), 0.0))
