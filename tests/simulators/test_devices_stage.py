"""The device stage in a real mosaik world: feedback before the step, coming step's length, wiring by subject."""

from datetime import datetime
from zoneinfo import ZoneInfo

import mosaik
import mosaik_api_v3
import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.devices import DEVICE, DeviceSimulator
from simulators.models.battery import BatteryParameters
from simulators.models.pv import PvParameters
from simulators.ports import ENERGISED, P_ACTUAL, P_AVAILABLE, P_MAX, P_SET, Q_ACTUAL, SOC, P, Q

AXIS = TimeAxis.build(datetime(2020, 4, 20, tzinfo=ZoneInfo("Asia/Tokyo")), 3600, 900, extra_s=(1000,))


class StubGrid(mosaik_api_v3.Simulator):
    """Takes requests, returns the half of them, keeps what it saw."""

    seen: list[dict]

    def __init__(self):
        attrs = [P, Q, P_ACTUAL, Q_ACTUAL, ENERGISED, SOC, P_MAX, P_AVAILABLE, P_SET]
        models = {"Grid": {"public": True, "params": [], "attrs": attrs}}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": models})
        StubGrid.seen = []

    def init(self, sid, time_resolution=1.0, **_):
        return self.meta

    def create(self, num, model):
        return [{"eid": "grid", "type": model}]

    def step(self, time, inputs, max_advance):
        got = {name: next(iter(values.values())) for name, values in inputs["grid"].items()}
        StubGrid.seen.append({"t": time} | got)
        self.p = got[P]
        return AXIS.next_edge(AXIS.step_at(time))

    def get_data(self, outputs):
        values = {
            P_ACTUAL: self.p * 0.5,
            Q_ACTUAL: self.p * 0.0,
            ENERGISED: np.ones_like(self.p, dtype=bool),
            P_SET: np.full((1, 2), 0.004),
        }
        return {eid: {attr: values[attr] for attr in attrs} for eid, attrs in outputs.items()}


def stage(members=1):
    simulator = DeviceSimulator()
    simulator.init("Devices", axis=AXIS, members=members)
    return simulator


def test_half_of_what_was_asked_is_what_the_battery_gave():
    parameters = BatteryParameters(
        power_kw=5, capacity_kwh=10, charge_efficiency=1, discharge_efficiency=1, self_discharge_percent_per_month=0
    )
    modules = {
        "Devices": {"python": "simulators.devices:DeviceSimulator"},
        "Grid": {"python": f"{__name__}:StubGrid"},
    }
    with mosaik.World(modules, cache=False, configure_logging=False, skip_greetings=True) as world:
        devices = world.start("Devices", axis=AXIS, members=1)
        grid = world.start("Grid").Grid()
        battery = devices.Device(name="home", kind="battery", parameters=(parameters,), units=2)
        assert battery.eid == "device:home"
        for port in (P, Q, SOC, P_MAX):
            world.connect(battery, grid, port)
        first = {P_ACTUAL: 0.0, Q_ACTUAL: 0.0, ENERGISED: 1.0, P_SET: np.full((1, 2), 0.004)}
        for port, value in first.items():
            world.connect(grid, battery, port, time_shifted=True, initial_data={port: value})
        world.run(until=AXIS.duration_s, print_progress=False)
    assert [row["t"] for row in StubGrid.seen] == [0, 900, 1000, 1800, 2700]
    # 4 kW asked, 2 kW given over the 2700 s corrected so far; the last step counts as asked
    given_kwh = 2 * 2700 / 3600 + 4 * 900 / 3600
    assert StubGrid.seen[-1][SOC][0] == pytest.approx([0.5 - given_kwh / 10] * 2)


def test_the_range_is_that_of_the_coming_step_and_the_last_one_repeats_its_length():
    parameters = BatteryParameters(power_kw=500, capacity_kwh=10, charge_efficiency=1, discharge_efficiency=1)
    simulator = stage()
    simulator.add(DEVICE, name="b", kind="battery", parameters=(parameters,), units=1)
    most_kw = []
    for t in AXIS.edges[:-1]:
        simulator.step(int(t), {"device:b": {P_SET: {"ems": np.zeros((1, 1))}}}, 0)
        most_kw.append(simulator.values["device:b"][P_MAX][0, 0] * 1e3)
    hours = np.array([100, 800, 900, 900, 900]) / 3600
    assert most_kw == pytest.approx((4.0 / hours).tolist(), rel=1e-2)  # 4 kWh above the window's bottom


def test_units_at_one_site_share_one_column_of_sun():
    simulator = stage(members=2)
    simulator.add(DEVICE, name="roofs", kind="pv", parameters=(PvParameters(power_kw=5),), units=117)
    simulator.step(0, {"device:roofs": {P_AVAILABLE: {"inputs": np.array([[0.004]])}}}, 0)
    assert simulator.values["device:roofs"][P].shape == (2, 117)


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"fusion.*known are battery"):
        stage().add(DEVICE, name="x", kind="fusion", parameters=(), units=1)


def test_two_set_points_for_one_device_are_refused():
    simulator = stage()
    simulator.add(
        DEVICE, name="b", kind="battery", parameters=(BatteryParameters(power_kw=5, capacity_kwh=10),), units=1
    )
    with pytest.raises(ValueError, match="expected one source"):
        simulator.step(0, {"device:b": {P_SET: {"a": 0.0, "b": 0.0}}}, 0)
