"""What the rules look at: a normalised network in its normal state, and what a study says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from grids.arrays import BoolArray, FloatArray
from grids.low_voltage import LowVoltageFacts
from grids.normalise import NormalisedGrid
from grids.powerflow.contract import BranchKind
from grids.regulators.spec import TapChangerSpec
from grids.sections import Partition
from grids.topology import Neighbours, connected_ends, link_mask, neighbours, reach
from grids.validation.ranges import CLASSES, Usual, voltage_class


@dataclass(frozen=True, slots=True)
class PlacedPower:
    """What may be taken or injected at a bus at most; NaN where it is not known before the run."""

    subject: str  # `load:NAME`, `sgen:NAME` or `device:NAME`
    bus: str
    p_mw: float
    q_mvar: float
    demand: bool


@dataclass(frozen=True)
class LineTable:
    """Lines in service, one row each: arrays of the same length."""

    name: tuple[str, ...]
    vn_kv: FloatArray  # of the bus at the from end
    r_ohm_per_km: FloatArray
    x_ohm_per_km: FloatArray
    length_km: FloatArray
    parallel: FloatArray
    rating_ka: FloatArray  # of one system; NaN = not rated
    usual: tuple[Usual, ...]


@dataclass(frozen=True)
class TrafoTable:
    """Two-winding transformers in service, one row each; windings of three-winding transformers are left out."""

    name: tuple[str, ...]
    branch: tuple[int, ...]
    winding_kv: FloatArray  # (row, 2): hv, lv
    bus_kv: FloatArray  # (row, 2)
    sn_mva: FloatArray  # all parallel units
    vk_percent: FloatArray
    vkr_percent: FloatArray
    tap_pos: FloatArray  # NaN = no taps; the same for the four below
    tap_min: FloatArray
    tap_max: FloatArray
    tap_neutral: FloatArray
    tap_step_percent: FloatArray


@dataclass(frozen=True)
class GridFacts:
    """A network, and what a study adds to it.

    Args:
        grid: the normalised network.
        powers: loads and generators that act in the study (those that came with the network act only if it takes them).
        cut: sections and boundaries cut out of the network.
        islands: names of the sections that shall be able to run alone.
        regulators: tap changers' controllers by name.
        low_voltage: what is known below 6.6 kV.
        radial: whether the network is stated to be radial in its normal state.
    """

    grid: NormalisedGrid
    powers: tuple[PlacedPower, ...] = ()
    cut: Partition = field(default_factory=Partition)
    islands: frozenset[str] = frozenset()
    regulators: Mapping[str, TapChangerSpec] = field(default_factory=dict)
    low_voltage: LowVoltageFacts | None = None
    radial: bool = False

    @cached_property
    def connected(self) -> BoolArray:
        """(branch, 2) whether each branch end is joined to its bus in the normal state."""
        normal = self.grid.normal
        return connected_ends(self.grid.index, normal.closed[0], normal.in_service[0])

    @cached_property
    def adjacent(self) -> Neighbours:
        """What is joined to what in the normal state."""
        return neighbours(self.grid.index, self.connected)

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """Buses of the sources that are on."""
        return tuple(self.grid.index.source_bus[self.grid.normal.source_on[0]].tolist())

    @cached_property
    def energised(self) -> dict[int, tuple[int, int] | None]:
        """Buses that a source reaches, each with the (branch, bus) it is reached by."""
        return reach(self.adjacent, self.roots)

    @cached_property
    def bus_position(self) -> dict[str, int]:
        """Bus name -> position."""
        return {name: position for position, name in enumerate(self.grid.index.bus)}

    @cached_property
    def lines(self) -> LineTable:
        """Lines in service."""
        index, line = self.grid.index, self.grid.net.line
        kinds = np.array([kind is BranchKind.LINE for kind in index.branch_kind], dtype=bool)
        on = self.grid.normal.in_service[0][kinds]
        vn_kv = index.bus_vn_kv[index.branch_from[kinds][on]]
        parallel = line["parallel"].to_numpy(dtype=np.float64)[on]
        return LineTable(
            name=tuple(line["name"][on]),
            vn_kv=vn_kv,
            r_ohm_per_km=line["r_ohm_per_km"].to_numpy(dtype=np.float64)[on],
            x_ohm_per_km=line["x_ohm_per_km"].to_numpy(dtype=np.float64)[on],
            length_km=line["length_km"].to_numpy(dtype=np.float64)[on],
            parallel=parallel,
            rating_ka=index.branch_rating[kinds][on, 0] / parallel,
            usual=tuple(CLASSES[at] for at in voltage_class(vn_kv)),
        )

    @cached_property
    def trafos(self) -> TrafoTable:
        """Two-winding transformers in service."""
        index, trafo = self.grid.index, self.grid.net.trafo
        kinds = np.array([kind is BranchKind.TRAFO for kind in index.branch_kind], dtype=bool)
        ends = np.stack([index.branch_from[kinds], index.branch_to[kinds]], axis=1)
        on = self.grid.normal.in_service[0][kinds] & ~np.isin(ends, index.star_bus).any(axis=1)

        def column(name: str) -> FloatArray:
            return np.asarray(trafo[name].to_numpy(dtype=np.float64)[on])

        has_taps = trafo["tap_changer_type"].notna().to_numpy(dtype=bool)[on]
        taps = ("tap_pos", "tap_min", "tap_max", "tap_neutral", "tap_step_percent")
        return TrafoTable(
            name=tuple(trafo["name"][on]),
            branch=tuple(np.flatnonzero(kinds)[on].tolist()),
            winding_kv=np.stack([column("vn_hv_kv"), column("vn_lv_kv")], axis=1),
            bus_kv=index.bus_vn_kv[ends[on]],
            sn_mva=column("sn_mva") * column("parallel"),
            vk_percent=column("vk_percent"),
            vkr_percent=column("vkr_percent"),
            **{name: np.where(has_taps, column(name), np.nan) for name in taps},
        )

    @cached_property
    def links(self) -> BoolArray:
        """(branch,) which branches are bus-bus switches."""
        return link_mask(self.grid.index)

    def switches_of(self, branch: int) -> list[int]:
        """Positions of the switches that sit in a branch."""
        return [int(at) for at in np.flatnonzero(self.grid.index.switch_branch == branch)]
