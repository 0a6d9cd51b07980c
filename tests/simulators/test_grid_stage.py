"""The grid stage in a mosaik world: requests of stub stages in, feedback, boundary flows and the step out."""

from datetime import UTC, datetime

import mosaik
import mosaik_api_v3
import numpy as np
import pytest

from grids.boundaries import BoundarySpec
from grids.feeder import Feeder, WireEvent, WireEventKind
from grids.library.spec import TablesSpec
from grids.library.tables import build
from grids.normalise import normalise
from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.reasons import Reason
from grids.sections import SectionSpec, partition
from simulators import ports
from simulators.axis import TimeAxis
from simulators.grid import GridStageSimulator

AXIS = TimeAxis.build(datetime(2020, 4, 20, tzinfo=UTC), 3600, 900)
LINE = {"length_km": 1, "r_ohm_per_km": 0.3, "x_ohm_per_km": 0.3, "max_i_ka": 0.3}


class Constant(mosaik_api_v3.Simulator):
    """Publishes what it was created with; collects what it is given."""

    def __init__(self):
        attrs = [*ports.PORTS]
        model = {"public": True, "params": ["values", "store"], "attrs": attrs, "any_inputs": True}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": {"Entity": model}})
        self.entities = {}

    def init(self, sid, time_resolution=1.0):
        return self.meta

    def create(self, num, model, values=None, store=None):
        eid = f"entity-{len(self.entities)}"
        self.entities[eid] = (values or {}, store)
        return [{"eid": eid, "type": model}]

    def step(self, time, inputs, max_advance):
        for eid, attrs in inputs.items():
            seen = {attr: next(iter(sources.values())) for attr, sources in attrs.items()}
            self.entities[eid][1].append((time, seen))
        return time + 900

    def get_data(self, outputs):
        return {eid: {attr: self.entities[eid][0][attr] for attr in attrs} for eid, attrs in outputs.items()}


def feeder(events=()):
    tables = {
        "frequency_hz": 50,
        "buses": {name: {"vn_kv": 6.6} for name in ("bank", "pole", "home")},
        "lines": {"one": {"from": "bank", "to": "pole", **LINE}, "two": {"from": "pole", "to": "home", **LINE}},
        "sources": {"bank": {"bus": "bank"}},
    }
    grid = normalise(build(TablesSpec.model_validate(tables))).with_points(
        [("home", "home")], [("pv[0]", "pole"), ("other", "pole"), ("pv[1]", "home")]
    )
    parts, problems = partition(
        grid,
        [SectionSpec("S", ("home",))],
        [BoundarySpec("edge", ("line:two@from",), "S"), BoundarySpec("head", ("line:one@from",))],
    )
    assert problems == []
    return Feeder(grid, PandapowerEngine(grid), parts, events)


def run(pv, load, members=1, events=(), port_values=True):
    """One run; what every sink entity saw, by name."""
    stages = {"Stub": f"{__name__}:Constant", "Grid": "simulators.grid:GridStageSimulator"}
    config = {name: {"python": path} for name, path in stages.items()}
    world = mosaik.World(config, cache=False, configure_logging=False, skip_greetings=True)
    stub, sink = world.start("Stub"), world.start("Stub")
    grid = world.start("Grid", axis=AXIS, members=members, feeder=feeder(events))
    seen = {name: [] for name in ("pv", "edge", "head", "step")}
    entities = {
        "pv": grid.Injection(subject="device:pv", points=(0, 2)),
        "load": grid.Load(subject="load:home", points=(0,)),
        "edge": grid.Boundary(name="edge"),
        "head": grid.Boundary(name="head"),
        "step": grid.Grid(),
    }
    if port_values:
        world.connect(stub.Entity(values={ports.P: pv, ports.Q: 0.0}), entities["pv"], ports.P, ports.Q)
        demand = {ports.P_LOAD: load, ports.Q_LOAD: 0.0}
        world.connect(stub.Entity(values=demand), entities["load"], ports.P_LOAD, ports.Q_LOAD)
    feedback = (ports.P_ACTUAL, ports.Q_ACTUAL, ports.VM, ports.ENERGISED, ports.REASON)
    gives = {"pv": feedback, "step": (ports.STEP,)}
    for name, entity in entities.items():
        if name == "load":
            continue  # what it was served stands in the step
        attrs = gives.get(name, (ports.BOUNDARY_P, ports.LOSSES, ports.ENERGISED))
        world.connect(entity, sink.Entity(store=seen[name]), *attrs)
    try:
        world.run(until=AXIS.duration_s, print_progress=False)
    finally:
        world.shutdown()
    return seen


@pytest.fixture
def stub_module(monkeypatch):
    """mosaik imports stub simulators by module name; pytest's importlib mode does not register this file."""
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("types").SimpleNamespace(Constant=Constant))


@pytest.mark.usefixtures("stub_module")
class TestWorld:
    def test_requests_reach_their_points_and_come_back_as_actual(self):
        seen = run(np.array([[0.1, 0.3]]), 0.2)
        assert [time for time, _ in seen["pv"]] == [0, 900, 1800, 2700]
        _, feedback = seen["pv"][0]
        assert feedback[ports.P_ACTUAL].tolist() == [[0.1, 0.3]]
        assert feedback[ports.ENERGISED].tolist() == [[True, True]]
        assert feedback[ports.VM][0, 1] > feedback[ports.VM][0, 0] > 1.0
        step = seen["step"][0][1][ports.STEP]
        assert step.p_served_mw.tolist() == [[0.2]]
        assert step.p_actual_mw.tolist() == [[0.1, 0.0, 0.3]]

    def test_boundaries_give_import_into_their_section_and_its_losses(self):
        seen = run(0.0, 0.2)
        edge, head = seen["edge"][0][1], seen["head"][0][1]
        assert edge[ports.LOSSES].shape == (1, 1)
        assert edge[ports.BOUNDARY_P][0, 0] == pytest.approx(0.2 + edge[ports.LOSSES][0, 0], abs=1e-6)
        # a boundary that leads into no section answers for the whole network
        assert head[ports.BOUNDARY_P][0, 0] == pytest.approx(0.2 + head[ports.LOSSES][0, 0], abs=1e-8)
        assert head[ports.LOSSES] > edge[ports.LOSSES]

    def test_floats_and_single_rows_broadcast_over_members(self):
        seen = run(np.array([[0.1, 0.2]]), 0.2, members=3)
        assert seen["pv"][0][1][ports.P_ACTUAL].tolist() == [[0.1, 0.2]] * 3
        assert seen["edge"][0][1][ports.BOUNDARY_P].shape == (3, 1)

    def test_an_outage_shows_in_the_feedback_of_that_very_step(self):
        events = [WireEvent(900, WireEventKind.SOURCE, 0, False), WireEvent(1800, WireEventKind.SOURCE, 0, True)]
        seen = run(0.1, 0.2, events=events)
        assert [values[ports.ENERGISED].all() for _, values in seen["pv"]] == [True, False, True, True]
        assert [values[ports.ENERGISED].item() for _, values in seen["edge"]] == [True, False, True, True]
        outage = seen["pv"][1][1]
        assert outage[ports.P_ACTUAL].tolist() == outage[ports.VM].tolist() == [[0.0, 0.0]]
        assert outage[ports.REASON].tolist() == [[Reason.RELAY, Reason.RELAY]]
        assert seen["step"][1][1][ports.STEP].load_reason.tolist() == [[Reason.NO_SUPPLY]]

    def test_a_failed_flow_is_nan_in_the_step_but_finite_for_the_devices(self):
        seen = run(0.1, np.array([[0.2], [500.0]]), members=2)
        step = seen["step"][0][1][ports.STEP]
        assert step.result.converged.tolist() == [True, False]
        assert np.isnan(step.p_actual_mw[1]).all()
        feedback = seen["pv"][0][1]
        assert feedback[ports.P_ACTUAL].tolist() == [[0.1, 0.1], [0.1, 0.1]]
        assert feedback[ports.VM][1].tolist() == [1.0, 1.0]
        assert all(np.isfinite(seen["edge"][0][1][port]).all() for port in (ports.BOUNDARY_P, ports.LOSSES))

    def test_an_entry_without_a_source_of_power_is_refused_by_name(self):
        with pytest.raises(ValueError, match=r"device:pv: nothing is connected to P\[MW\]"):
            run(0.0, 0.0, port_values=False)


def test_an_entry_is_connected_once():
    stage = GridStageSimulator()
    stage.init("Grid-0", axis=AXIS, members=1, feeder=feeder())
    stage.create(1, "Load", subject="load:home", points=(0,))
    with pytest.raises(ValueError, match="load:home is connected to the grid twice"):
        stage.create(1, "Load", subject="load:home", points=(0,))


def test_arrays_of_a_step_are_not_touched_by_the_next():
    stage = GridStageSimulator()
    stage.init("Grid-0", axis=AXIS, members=1, feeder=feeder())
    stage.create(1, "Injection", subject="device:pv", points=(0, 2))
    stage.create(1, "Grid")
    inputs = {"device:pv": {ports.P: {"a": 0.1}, ports.Q: {"a": 0.0}}}
    stage.step(0, inputs, 0)
    first = stage.get_data({"device:pv": [ports.P_ACTUAL], "grid": [ports.STEP]})
    kept = first["device:pv"][ports.P_ACTUAL].copy()
    inputs["device:pv"][ports.P]["a"] = 0.9
    assert stage.step(900, inputs, 0) == 1800
    np.testing.assert_array_equal(first["device:pv"][ports.P_ACTUAL], kept)
    np.testing.assert_array_equal(first["grid"][ports.STEP].p_actual_mw[:, [0, 2]], kept)
