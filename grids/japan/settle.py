"""A feeder solved in single hours, with its load tap changers where they come to rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

import numpy as np

from grids.arrays import FloatArray
from grids.errors import GridError
from grids.regulators.spec import TapChangerSpec

if TYPE_CHECKING:
    from pandapower import pandapowerNet

    from grids.normalise import NetworkElement

REST_S = 86400.0  # taps find their places before it begins; one that hunts betrays itself in so many delays


@dataclass(frozen=True, slots=True)
class Case:
    """An hour to solve: shares of the annual peak demand and of the PV rating."""

    words: str
    demand: float
    pv: float
    at: time  # time of day, for references that follow a schedule


@dataclass(frozen=True, slots=True)
class SettledCase:
    """A case with every load tap changer at rest, or hunting."""

    line_v: Mapping[str, float]  # bus -> line voltage, V
    tap_pos: Mapping[str, int]  # regulated transformer -> its position
    at_limit: tuple[str, ...]  # regulators that ran out of taps
    at_rest: bool  # else they hunt, and this is where they happened to be


def settle(
    net: pandapowerNet, regulators: Mapping[str, TapChangerSpec], cases: Sequence[Case]
) -> tuple[SettledCase, ...]:
    """Solve the cases with the regulators where they come to rest, each from the positions in `net`.

    Args:
        net: loads at the annual peak, static generators at their rating.
        regulators: load tap changers.
        cases: what to solve.

    Raises:
        GridError: the power flow has no solution.
    """
    from grids.normalise import normalise  # noqa: PLC0415 - pandapower
    from grids.powerflow.pgm_engine import PgmEngine  # noqa: PLC0415 - power-grid-model
    from grids.regulators.regulation import Moment, Regulation  # noqa: PLC0415
    from grids.regulators.tap_changers import TapChangers  # noqa: PLC0415

    given = normalise(net)
    loads, generators = given.loads, given.generators
    grid = given.with_points([(load.name, load.bus) for load in loads], [(one.name, one.bus) for one in generators])
    engine = PgmEngine(grid, threads=1)
    changers = TapChangers({name: (spec,) for name, spec in regulators.items()}, grid)
    regulation = Regulation(changers)
    trafos = [spec.trafo for spec in changers.first]
    found = []
    for case in cases:
        p_load, q_load = (case.demand * _row(loads, quantity) for quantity in ("p_mw", "q_mvar"))
        p_pv = case.pv * _row(generators, "p_mw")
        state = grid.normal.flow(p_pv, np.zeros_like(p_pv), p_load, q_load)
        clock_s = 3600.0 * case.at.hour + 60.0 * case.at.minute + case.at.second
        settled = regulation.settle(engine, state, regulation.initial(1), Moment(0.0, REST_S, clock_s))
        if not settled.result.converged[0]:
            raise GridError(f"the feeder has no power-flow solution {case.words}; shorten it or lower its demand")
        volts = 1e3 * grid.index.bus_vn_kv * settled.result.vm_pu[0]
        found.append(
            SettledCase(
                line_v=dict(zip(grid.index.bus, volts.tolist(), strict=True)),
                tap_pos=dict(zip(trafos, settled.step.tap_pos[0].round().astype(int).tolist(), strict=True)),
                at_limit=tuple(
                    name for name, stuck in zip(changers.names, settled.step.at_limit[0], strict=True) if stuck
                ),
                at_rest=not settled.step.unsettled[0],
            )
        )
    return tuple(found)


def _row(elements: Sequence[NetworkElement], quantity: str) -> FloatArray:
    return np.array([[getattr(element, quantity) for element in elements]], dtype=np.float64).reshape(1, -1)
