"""The EMS stage in a real mosaik world: a stub load before it, a stub battery and a stub meter behind."""

import sys
import types
from datetime import datetime
from zoneinfo import ZoneInfo

import mosaik
import mosaik.util
import numpy as np
import pytest

from simulators import ports
from simulators.axis import TimeAxis
from simulators.ems.contract import Controlled
from simulators.ems.contract_cap import ContractCapSpec
from simulators.ems.scope import MeteringPoint, build_scope
from simulators.ems.self_consumption import SelfConsumptionSpec
from simulators.ems.shell import SETPOINT_GIVES
from simulators.models.contract import DeviceSpec
from simulators.shell import StageSimulator, model_meta, only

SPEC = DeviceSpec(
    kind="battery",
    parameters=object,
    model=object,
    drivers=(),
    states=(ports.P_MIN, ports.P_MAX, ports.P_ON_MIN),
    results=(),
    role="storage",
    controllable=True,
)
DEMAND_KW = [300.0, 600.0, 600.0, 300.0]  # planner.md 5, Means


class Feed(StageSimulator):
    """Demand of a load, row by row, read-only as the input stage's."""

    def __init__(self):
        super().__init__({"Load": model_meta([ports.P_LOAD], ["demand_kw"])})

    def add(self, model, **parameters):
        self.rows = np.array(parameters["demand_kw"]).reshape(-1, 1) / 1e3
        self.rows.setflags(write=False)
        return "load:house"

    def advance(self, k, inputs):
        self.values["load:house"] = {ports.P_LOAD: self.rows[k : k + 1]}


class Site(StageSimulator):
    """A battery that takes what it is told, and the meter that sees demand less battery."""

    def __init__(self):
        battery = [*SPEC.states, *SETPOINT_GIVES]
        meter = [ports.BOUNDARY_P, ports.LOSSES, ports.ENERGISED, ports.P_LOAD]
        super().__init__({"Battery": model_meta(battery, ["rated_kw"]), "Meter": model_meta(meter, ["log"])})

    def add(self, model, **parameters):
        if model == "Meter":
            self.log = parameters["log"]
            return "boundary:pcc"
        self.rated = np.full((1, 1), parameters["rated_kw"] / 1e3)
        return "device:battery"

    def advance(self, k, inputs):
        set_mw = only(inputs["device:battery"][ports.P_SET])
        demand = only(inputs["boundary:pcc"][ports.P_LOAD])
        self.log.append((float(set_mw[0, 0]) * 1e3, float((demand - set_mw)[0, 0]) * 1e3))
        self.values["device:battery"] = {
            ports.P_MIN: -self.rated,
            ports.P_MAX: self.rated,
            ports.P_ON_MIN: np.zeros((1, 1)),
        }
        self.values["boundary:pcc"] = {
            ports.BOUNDARY_P: demand - set_mw,
            ports.LOSSES: np.zeros((1, 1)),
            ports.ENERGISED: np.ones((1, 1)),
        }


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """mosaik imports stub simulators by module name; pytest's importlib mode does not register this file."""
    monkeypatch.setitem(sys.modules, __name__, types.SimpleNamespace(Feed=Feed, Site=Site))


def run(strategies, demand_kw, rated_kw, start_minute=0):
    """(set-points, imports) of every quarter hour, kW."""
    start = datetime(2020, 4, 20, 0, start_minute, tzinfo=ZoneInfo("Asia/Tokyo"))
    axis = TimeAxis.build(start, len(demand_kw) * 900, 900)
    stages = {
        "Feed": f"{__name__}:Feed",
        "Ems": "simulators.ems.shell:EmsSimulator",
        "Site": f"{__name__}:Site",
    }
    config = {name: {"python": path} for name, path in stages.items()}
    world = mosaik.World(config, cache=False, configure_logging=False, skip_greetings=True)
    scope = build_scope(
        "site",
        MeteringPoint("pcc", contract_kw=500),
        [(spec,) for spec in strategies],
        ["house"],
        [Controlled("battery", SPEC, 1, ())],
    )
    log = []
    load = world.start("Feed", axis=axis).Load(demand_kw=demand_kw)
    ems = world.start("Ems", axis=axis).Scope(scope=scope)
    site = world.start("Site", axis=axis)
    battery, meter = site.Battery(rated_kw=rated_kw), site.Meter(log=log)
    (child,) = ems.children
    world.connect(load, ems, ports.P_LOAD)
    world.connect(load, meter, ports.P_LOAD)
    world.connect(child, battery, *SETPOINT_GIVES)
    rated = np.full((1, 1), rated_kw / 1e3)
    for port, first in {ports.P_MIN: -rated, ports.P_MAX: rated, ports.P_ON_MIN: 0.0}.items():
        world.connect(battery, child, port, time_shifted=True, initial_data={port: first})
    for port in (ports.BOUNDARY_P, ports.LOSSES, ports.ENERGISED):
        first = ports.PORTS[port].initial
        world.connect(meter, ems, port, time_shifted=True, initial_data={port: first})
    try:
        world.run(until=axis.duration_s, print_progress=False)
    finally:
        world.shutdown()
    return [told for told, _ in log], [imported for _, imported in log]


CAP = ContractCapSpec(kind="contract-cap")
FOLLOW = SelfConsumptionSpec(kind="self-consumption", device="battery")


def half_hour_means(quarters):
    return [(first + second) / 2 for first, second in zip(quarters[::2], quarters[1::2], strict=True)]


def test_a_quiet_quarter_leaves_room_for_the_busy_one_after_it():
    told, imported = run([CAP], DEMAND_KW[:2], rated_kw=200)
    assert told == pytest.approx([0, 0])
    assert half_hour_means(imported) == pytest.approx([450])


def test_without_foresight_a_busy_first_quarter_is_cut_to_the_contract():
    told, imported = run([CAP], DEMAND_KW, rated_kw=200)
    assert told == pytest.approx([0, 0, 100, 0])
    assert max(half_hour_means(imported)) <= 500


def test_the_window_forgets_the_half_hour_before_it():
    told, _ = run([CAP], [100, 100, 500, 500], rated_kw=200)
    assert told == pytest.approx([0, 0, 0, 0])
    told, _ = run([CAP], [100, 100, 800, 800], rated_kw=400)
    assert told[2:] == pytest.approx([300, 300])


def test_a_small_battery_gives_what_it_has_and_the_next_quarter_makes_up_for_it():
    told, imported = run([CAP], [600, 520], rated_kw=50)
    assert told == pytest.approx([50, 50])
    assert half_hour_means(imported) == pytest.approx([510])


def test_windows_are_those_of_the_clock_not_of_the_start():
    # from 00:15: the first quarter ends a half hour, the next two make one
    told, _ = run([CAP], [300, 600, 400], rated_kw=200, start_minute=15)
    assert told[1:] == pytest.approx([100, 0])


def test_following_uses_this_steps_demand_so_the_flow_at_the_meter_is_nil_at_once():
    told, imported = run([FOLLOW], [50, 250, 20], rated_kw=300)
    assert told == pytest.approx([50, 250, 20])
    assert imported == pytest.approx([0, 0, 0])
