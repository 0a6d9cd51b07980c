"""From the facts below 6.6 kV and the network to mains a sweep can run over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grids.arrays import FloatArray, IntArray
from grids.errors import DescriptionError, GridProblem, unknown
from grids.low_voltage import LowVoltageFacts, WireSegment
from grids.powerflow.contract import FeederIndex
from grids.threewire.forest import ComplexArray, Forest, equal_wires, forest, rated_ohm, transformer

if TYPE_CHECKING:
    import pandas as pd

    from grids.normalise import NormalisedGrid


@dataclass(frozen=True)
class PoleUnits:
    """The transformers at the beginning of every main, as arrays."""

    bus: IntArray  # (main,) position of the 6.6 kV bus
    turns: FloatArray  # (main,) leg V per V of the 6.6 kV line at the neutral tap
    tap: IntArray  # (main,) position in `index.tap`; -1 = it cannot move
    tap_pos: FloatArray  # (main,) position if it cannot move
    tap_neutral: FloatArray  # (main,)
    tap_step: FloatArray  # (main,) of the primary turns, per position
    ohm: ComplexArray  # (main,) seen from 210 V

    def leg_ratio(self, tap_pos: FloatArray) -> FloatArray:
        """(M, main) no-load leg V per V of the 6.6 kV line.

        Args:
            tap_pos: (M, tap) positions of all taps of the network that may move.
        """
        moved = np.take(tap_pos, self.tap, axis=1) if tap_pos.shape[1] else np.zeros((len(tap_pos), 1))
        position = np.where(self.tap >= 0, moved, self.tap_pos)
        return np.asarray(self.turns / (1.0 + (position - self.tap_neutral) * self.tap_step))


@dataclass(frozen=True)
class Mains:
    """All mains of a network, and which bus each node is."""

    trees: Forest
    units: PoleUnits
    node: dict[str, int]  # bus -> node
    main: IntArray  # (node,) the main it belongs to


def mains(facts: LowVoltageFacts, grid: NormalisedGrid) -> Mains:
    """Put transformers, mains, services and house wirings together.

    Raises:
        DescriptionError: facts and network do not fit each other; all problems at once.
    """
    problems: list[GridProblem] = []
    units = _units(facts, grid, problems)
    order, parent, fed_by = _outwards(facts, set(grid.index.bus), problems)
    if problems:
        raise DescriptionError([problem.under("low_voltage") for problem in problems])
    wired = np.array([complex(one.r_ohm, one.x_ohm) if one is not None else 0.0 for one in fed_by])
    loop_ohm = equal_wires(wired)
    roots = parent < 0
    loop_ohm[roots] = transformer(units.ohm)
    return Mains(
        trees=forest(parent, loop_ohm),
        units=units,
        node={bus: position for position, bus in enumerate(order)},
        main=np.cumsum(roots) - 1,
    )


def _outwards(
    facts: LowVoltageFacts, buses: set[str], problems: list[GridProblem]
) -> tuple[list[str], IntArray, list[WireSegment | None]]:
    """Buses of all mains from each transformer outwards, the position of each one's feeder, and the segment."""
    leaving: dict[str, list[WireSegment]] = {}
    for segment in facts.segments:
        leaving.setdefault(segment.from_bus, []).append(segment)
    order: dict[str, int] = {}
    parent: list[int] = []
    fed_by: list[WireSegment | None] = []

    def reach(bus: str, feeder: int, segment: WireSegment | None, route: tuple[str, str]) -> bool:
        if bus not in buses:
            problems.append(GridProblem(route, unknown("bus", bus, buses)))
        elif bus in order:
            problems.append(GridProblem(route, f"bus {bus!r} already has a way to a pole transformer"))
        else:
            order[bus] = len(order)
            parent.append(feeder)
            fed_by.append(segment)
            return True
        return False

    seen = 0
    for pole in facts.poles:
        if pole.lv_bus is None or not reach(pole.lv_bus, -1, None, ("poles", pole.name)):
            continue
        ahead = [pole.lv_bus]
        while ahead:
            at = ahead.pop()
            for segment in leaving.get(at, ()):
                seen += 1
                if reach(segment.to_bus, order[at], segment, ("segments", segment.name)):
                    ahead.append(segment.to_bus)
    if seen < len(facts.segments):
        problems.extend(
            GridProblem(("segments", one.name), f"no way from a pole transformer to its bus {one.from_bus!r}")
            for one in facts.segments
            if one.from_bus not in order
        )
    return list(order), np.array(parent, dtype=np.int64), fed_by


def _units(facts: LowVoltageFacts, grid: NormalisedGrid, problems: list[GridProblem]) -> PoleUnits:
    """Transformers of all poles as the network has them: the flow and the legs see the same impedance and tap."""
    trafo = grid.net.trafo
    place = {name: row for row, name in enumerate(trafo["name"])}
    rows = []
    for pole in facts.poles:
        route = ("poles", pole.name)
        if pole.trafo is None or pole.lv_bus is None:
            problems.append(GridProblem(route, "its transformer and secondary bus must be in the network (depth full)"))
        elif pole.trafo not in place:
            problems.append(GridProblem(route, unknown("transformer", pole.trafo, place)))
        elif _between(grid.index, trafo, place[pole.trafo]) != (pole.bus, pole.lv_bus):
            problems.append(GridProblem(route, f"{pole.trafo!r} does not run from {pole.bus!r} to {pole.lv_bus!r}"))
        elif not _plain_taps(trafo.iloc[place[pole.trafo]]):
            problems.append(GridProblem(route, f"{pole.trafo!r} has other taps than ratio taps on its 6.6 kV side"))
        else:
            rows.append(place[pole.trafo])
    return _as_arrays(grid.index, trafo, np.array(rows, dtype=np.int64))


def _between(index: FeederIndex, trafo: pd.DataFrame, row: int) -> tuple[str, str]:
    return index.bus[int(trafo["hv_bus"].iloc[row])], index.bus[int(trafo["lv_bus"].iloc[row])]


def _plain_taps(trafo: pd.Series[Any]) -> bool:
    """No tap changer, or ratio taps on the primary side."""
    kind = trafo["tap_changer_type"]
    return not isinstance(kind, str) or (kind == "Ratio" and trafo["tap_side"] == "hv")


def _as_arrays(index: FeederIndex, trafo: pd.DataFrame, rows: IntArray) -> PoleUnits:
    table = trafo.iloc[rows]

    def column(name: str) -> FloatArray:
        return np.asarray(table[name].to_numpy(dtype=np.float64))

    tapped = table["tap_changer_type"].notna().to_numpy(dtype=bool)
    movable = {name: position for position, name in enumerate(index.tap)}
    z, r = column("vk_percent"), column("vkr_percent")
    return PoleUnits(
        bus=table["hv_bus"].to_numpy(dtype=np.int64),
        turns=column("vn_lv_kv") / column("vn_hv_kv") / 2.0,
        tap=np.array([movable.get(name, -1) for name in table["name"]], dtype=np.int64),
        tap_pos=np.where(tapped, column("tap_pos"), 0.0),
        tap_neutral=np.where(tapped, column("tap_neutral"), 0.0),
        tap_step=np.where(tapped, column("tap_step_percent"), 0.0) / 100.0,
        ohm=rated_ohm(1e3 * column("sn_mva") * column("parallel"), r, np.sqrt(z**2 - r**2), 1e3 * column("vn_lv_kv")),
    )
