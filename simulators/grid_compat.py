"""A network as a plain mosaik simulator, for scenarios that use nothing of `cosim`.

Entities, attributes and signs are those of the official adapter mosaik-pandapower-2, so that a scenario can swap one
for the other; this file is the only place that knows them:

- `Bus` takes `P_gen[MW]`, `Q_gen[MVar]` (generation positive) and `P_load[MW]`, `Q_load[MVar]` (consumption positive),
  and gives `P[MW]`, `Q[MVar]` (consumption positive, everything at the bus, pandapower's sign), `Vm[pu]`, `Va[deg]`.
- `Load` gives `P[MW]`, `Q[MVar]`, consumption positive; `StaticGen` and `ExternalGrid` the same, generation positive.
- `Line` gives `I[kA]` (the larger end) and `loading[%]`.

Beyond the adapter: `Load` takes `P_load[MW]`, `Q_load[MVar]` and `StaticGen` takes `P_gen[MW]`, `Q_gen[MVar]`, which
replace the network's own value; `Trafo` gives `I_hv[kA]`, `I_lv[kA]`, `loading[%]`; dead elements are 0, not NaN.
Transformers are pi models (the adapter's are t models; up to 3e-6 pu apart).
Several sources on one input are added. Entity ids are `Bus-<pandapower index>` and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mosaik_api_v3
import numpy as np

from grids.arrays import FloatArray
from grids.feeder import Feeder, GridStep
from grids.library import pandapower_file, simbench
from grids.normalise import NormalisedGrid, normalise
from grids.powerflow.contract import BranchKind
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.sections import Partition
from simulators.shell import Inputs, model_meta

if TYPE_CHECKING:
    from grids.library.simbench import SimbenchProfiles

P, Q, VM, VA = "P[MW]", "Q[MVar]", "Vm[pu]", "Va[deg]"
P_GEN, Q_GEN, P_LOAD, Q_LOAD = "P_gen[MW]", "Q_gen[MVar]", "P_load[MW]", "Q_load[MVar]"
CURRENT, CURRENT_HV, CURRENT_LV, LOADING = "I[kA]", "I_hv[kA]", "I_lv[kA]", "loading[%]"

INPUTS: dict[str, tuple[str, ...]] = {
    "Bus": (P_GEN, Q_GEN, P_LOAD, Q_LOAD),
    "Load": (P_LOAD, Q_LOAD),
    "StaticGen": (P_GEN, Q_GEN),
}
OUTPUTS: dict[str, tuple[str, ...]] = {
    "Bus": (P, Q, VM, VA),
    "Load": (P, Q),
    "StaticGen": (P, Q),
    "ExternalGrid": (P, Q),
    "Line": (CURRENT, LOADING),
    "Trafo": (CURRENT_HV, CURRENT_LV, LOADING),
}


class PowerFlowFailedError(RuntimeError):
    """The power flow of a step did not converge."""


class GridSimulator(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """`world.start("Grid", step_size=900).Grid(net=... | json=... | simbench=...)`; children are the elements.

    A SimBench network plays its own profiles from their first row on; inputs go on top of them at buses, or replace
    them at loads and static generators.
    """

    def __init__(self) -> None:
        children = {name: model_meta([*INPUTS.get(name, ()), *out], public=False) for name, out in OUTPUTS.items()}
        grid = model_meta([], ["net", "json", "simbench"])
        super().__init__({"type": "time-based", "api_version": "3.0", "models": {"Grid": grid, **children}})
        self._feeder: Feeder | None = None
        self._values: dict[str, dict[str, FloatArray]] = {}

    def init(self, sid: str, time_resolution: float = 1.0, *, step_size: int = 900) -> dict[str, Any]:
        """Start; `step_size` in units of the world's time resolution."""
        if step_size <= 0:
            raise ValueError(f"step_size must be positive, not {step_size}")
        self._step_size = step_size
        self._time_resolution = time_resolution
        return self.meta  # type: ignore[no-any-return]

    def create(self, num: int, model: str, **parameters: Any) -> list[dict[str, Any]]:
        """The one `Grid`, with a child per element in service."""
        if model != "Grid" or num != 1 or self._feeder is not None:
            raise ValueError("create exactly one Grid entity; its elements are its children")
        grid, profiles = _open(parameters)
        self._points = _Points(grid, profiles)
        pointed = self._points.grid
        self._feeder = Feeder(pointed, PandapowerEngine(pointed), Partition())
        self._state = self._feeder.initial(1)
        children = list(_children(grid))
        self._place = {child["eid"]: place for child, place in children}
        return [{"eid": "Grid", "type": "Grid", "children": [child for child, _ in children], "rel": []}]

    def step(self, time: int, inputs: Inputs, max_advance: int) -> int:
        """Solve one power flow.

        Raises:
            PowerFlowFailedError: it does not converge.
        """
        if self._feeder is None:
            raise ValueError("create the Grid entity before the simulation starts")
        powers = self._points.base(int(time * self._time_resolution))
        for eid, attributes in inputs.items():
            model = eid.partition("-")[0]
            for attribute, values in attributes.items():
                place = self._points.place(model, attribute, self._place[eid], eid)
                # a bus point is zero until somebody connects; an element's own value is replaced
                powers[attribute][0, place] = sum(values.values())
        step = self._feeder.step(self._state, powers[P_GEN], powers[Q_GEN], powers[P_LOAD], powers[Q_LOAD])
        if not step.result.converged[0]:
            raise PowerFlowFailedError(f"the power flow at time {time} did not converge")
        self._values = _values(self._points, step)
        return time + self._step_size

    def get_data(self, outputs: Mapping[str, Iterable[str]]) -> dict[str, dict[str, float]]:
        """Look up what the step left."""
        data = {}
        for eid, attributes in outputs.items():
            values = self._values[eid.partition("-")[0]]
            data[eid] = {attribute: float(values[attribute][self._place[eid]]) for attribute in attributes}
        return data


class _Points:
    """Connection points: the network's own loads and generators first, then one of each per bus in service."""

    def __init__(self, grid: NormalisedGrid, profiles: SimbenchProfiles | None) -> None:
        self._loads, self._generators = grid.loads, grid.generators
        self._bus_place = np.full(len(grid.index.bus), -1, dtype=np.int64)
        live = [place for place, name in enumerate(grid.index.bus) if name not in grid.out_of_service_buses]
        self._bus_place[live] = np.arange(len(live))
        at_bus = [(f"at bus {grid.index.bus[place]}", grid.index.bus[place]) for place in live]
        self.grid = grid.with_points(
            [*((load.name, load.bus, load.shares) for load in self._loads), *at_bus],
            [*((generator.name, generator.bus) for generator in self._generators), *at_bus],
        )
        self.loads, self.generators = len(self._loads), len(self._generators)
        self._own = {
            P_LOAD: np.array([load.p_mw for load in self._loads]),
            Q_LOAD: np.array([load.q_mvar for load in self._loads]),
            P_GEN: np.array([generator.p_mw for generator in self._generators]),
            Q_GEN: np.array([generator.q_mvar for generator in self._generators]),
        }
        self._series: dict[str, FloatArray] = {}
        if profiles is not None:
            self._series[P_LOAD], self._series[Q_LOAD] = profiles.loads(self._loads)
            self._series[P_GEN] = profiles.generators(self._generators)

    def base(self, time_s: int) -> dict[str, FloatArray]:
        """Powers of all points before any input, each (1, points)."""
        counts = {P_LOAD: self.loads, Q_LOAD: self.loads, P_GEN: self.generators, Q_GEN: self.generators}
        buses = len(self.grid.index.load) - self.loads
        powers = {attribute: np.zeros((1, count + buses)) for attribute, count in counts.items()}
        for attribute, count in counts.items():
            powers[attribute][0, :count] = self._row(attribute, time_s)
        return powers

    def _row(self, attribute: str, time_s: int) -> FloatArray:
        if attribute not in self._series:
            return self._own[attribute]
        series, row = self._series[attribute], time_s // simbench.STEP_S
        if row >= len(series):
            raise ValueError(
                f"the network's profiles end after {len(series) * simbench.STEP_S} s, before time {time_s} s"
            )
        return np.asarray(series[row])

    def place(self, model: str, attribute: str, place: int, eid: str) -> int:
        """Column of an entity's input among the points."""
        if model != "Bus":
            return place
        if self._bus_place[place] < 0:
            raise ValueError(f"{eid} is out of service; nothing can be connected to it")
        return int(self._bus_place[place]) + (self.loads if attribute in {P_LOAD, Q_LOAD} else self.generators)


def _open(parameters: dict[str, Any]) -> tuple[NormalisedGrid, SimbenchProfiles | None]:
    given = {name: value for name, value in parameters.items() if value is not None}
    if len(given) != 1:
        raise ValueError(f"give exactly one of net, json, simbench (given: {sorted(given) or 'none'})")
    if "simbench" in given:
        opened = simbench.load(given["simbench"])
        return normalise(opened.net), opened.profiles
    if "json" in given:
        return normalise(pandapower_file.load(Path(given["json"]))), None
    return normalise(given["net"]), None


def _children(grid: NormalisedGrid) -> Iterator[tuple[dict[str, Any], int]]:
    """Every child entity and its place in the arrays of its model."""
    index, origin = grid.index, grid.origin
    bus_id = [f"Bus-{old}" for old in origin["bus"]]
    id_of = dict(zip(index.bus, bus_id, strict=True))

    def child(model: str, old: int, name: str, buses: list[str]) -> dict[str, Any]:
        return {"eid": f"{model}-{old}", "type": model, "rel": buses, "extra_info": {"name": name, "index": old}}

    for place, (name, old) in enumerate(zip(index.bus, origin["bus"], strict=True)):
        yield child("Bus", old, name, []), place
    for model, elements in (("Load", grid.loads), ("StaticGen", grid.generators)):
        for place, element in enumerate(elements):
            yield child(model, element.index, element.name, [id_of[element.bus]]), place
    for place, (name, old, bus) in enumerate(zip(index.source, origin["ext_grid"], index.source_bus, strict=True)):
        yield child("ExternalGrid", old, name, [bus_id[bus]]), place
    offset = 0
    for model, table in (("Line", "line"), ("Trafo", "trafo")):
        for place, old in enumerate(origin[table]):
            branch = offset + place
            ends = [bus_id[index.branch_from[branch]], bus_id[index.branch_to[branch]]]
            yield child(model, old, index.branch[branch], ends), place
        offset += len(origin[table])


def _values(points: _Points, step: GridStep) -> dict[str, dict[str, FloatArray]]:
    """Every output of every model, with the adapter's signs."""
    index, result = points.grid.index, step.result
    kinds = np.array(index.branch_kind)
    lines, trafos = kinds == BranchKind.LINE, kinds == BranchKind.TRAFO
    current, loading = result.i_ka[0], result.loading_percent[0]
    injected, demand = (step.p_actual_mw[0], step.q_actual_mvar[0]), (step.p_served_mw[0], step.q_served_mvar[0])
    source = (result.source_p_mw[0], result.source_q_mvar[0])
    fixture = (result.fixture_p_mw[0], result.fixture_q_mvar[0])
    consumed = []
    for generated, served, taken, delivered in zip(injected, demand, fixture, source, strict=True):
        bus = np.zeros(len(index.bus))
        np.add.at(bus, index.load_bus, served)
        np.add.at(bus, index.fixture_bus, taken)
        np.subtract.at(bus, index.injection_bus, generated)
        np.subtract.at(bus, index.source_bus, delivered)
        consumed.append(bus)
    return {
        "Bus": {P: consumed[0], Q: consumed[1], VM: result.vm_pu[0], VA: result.va_degree[0]},
        "Load": {P: demand[0], Q: demand[1]},
        "StaticGen": {P: injected[0], Q: injected[1]},
        "ExternalGrid": {P: source[0], Q: source[1]},
        "Line": {CURRENT: current[lines].max(axis=1), LOADING: loading[lines]},
        "Trafo": {CURRENT_HV: current[trafos, 0], CURRENT_LV: current[trafos, 1], LOADING: loading[trafos]},
    }
