"""What the feeder map is drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cosim.report.bus_bands import BusBand
from cosim.report.layout import Layout
from cosim.report.wires import Wires
from cosim.report.worst_values import WorstValues


@dataclass(frozen=True)
class MapSource:
    """The network, where it is drawn, and what was worst in the run."""

    wires: Wires
    worst: WorstValues
    bands: Sequence[BusBand]  # (bus,) per unit
    leg_band: BusBand  # V
    layout: Layout
    boundaries: Mapping[str, Sequence[str]]  # name -> the branch ends it is measured at
    regulated: frozenset[str]  # names of controlled transformers
    members: int
