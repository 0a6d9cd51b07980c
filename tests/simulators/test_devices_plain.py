"""PvSimulator, BatterySimulator and ChpSimulator in a plain mosaik scenario: scalars in and out, nothing of cosim."""

from datetime import datetime

import mosaik
import mosaik_api_v3
import numpy as np
import pytest

from simulators.battery import BatterySimulator
from simulators.pv import PvSimulator, PvSite, clear_sky

SITE = {"latitude_deg": 31.63, "longitude_deg": 130.40, "altitude_m": 100}
MODULES = {
    "Pv": {"python": "simulators.pv:PvSimulator"},
    "Battery": {"python": "simulators.battery:BatterySimulator"},
    "Chp": {"python": "simulators.chp:ChpSimulator"},
    "Log": {"python": f"{__name__}:Log"},
    "Constant": {"python": f"{__name__}:Constant"},
}


class Log(mosaik_api_v3.Simulator):
    """Keeps every input as rows of a list."""

    rows: list[dict]

    def __init__(self):
        models = {"Log": {"public": True, "params": [], "attrs": [], "any_inputs": True}}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": models})
        Log.rows = []

    def init(self, sid, time_resolution=1.0, step_size=900):
        self.step_size = step_size
        return self.meta

    def create(self, num, model):
        return [{"eid": "log", "type": model}]

    def step(self, time, inputs, max_advance):
        Log.rows.append({f"{src}.{a}": v for a, sources in inputs["log"].items() for src, v in sources.items()})
        return time + self.step_size

    def get_data(self, outputs):
        return {}


class Constant(mosaik_api_v3.Simulator):
    """Publishes what it was created with."""

    def __init__(self):
        attrs = ["P_set[MW]", "heat_demand[MW]", "ghi[W/m2]", "P_actual[MW]", "energised"]
        models = {"Constant": {"public": True, "params": ["values"], "attrs": attrs}}
        super().__init__({"type": "time-based", "api_version": "3.0", "models": models})

    def init(self, sid, time_resolution=1.0, step_size=900):
        self.step_size, self.entities = step_size, {}
        return self.meta

    def create(self, num, model, values):
        eid = f"c{len(self.entities)}"
        self.entities[eid] = values
        return [{"eid": eid, "type": model}]

    def step(self, time, inputs, max_advance):
        return time + self.step_size

    def get_data(self, outputs):
        return {eid: {attr: self.entities[eid][attr] for attr in attrs} for eid, attrs in outputs.items()}


def series(attr):
    return [row[attr] for row in Log.rows]


def world():
    return mosaik.World(MODULES, cache=False, configure_logging=False, skip_greetings=True)


def test_a_clear_june_day_on_a_roof():
    with world() as w:
        pv = w.start("Pv", start="2020-06-21T00:00+09:00").Pv(**SITE, power_kw=5, tilt_deg=0)
        log = w.start("Log").Log()
        w.connect(pv, log, "P[MW]", "P_available[MW]")
        w.run(until=86400, print_progress=False)
    kw = np.array(series("Pv-0.Pv-0.P[MW]")) * 1e3
    noon = 12.3 * 4  # 130.4 E is 18 min behind the zone's meridian
    assert abs(int(np.argmax(kw)) - noon) <= 3
    assert kw[:18].max() == 0.0  # dark before 04:30
    assert 3.5 < kw.max() < 5.0
    assert 6.0 < kw.sum() * 0.25 / 5 < 8.0  # kWh per kW


def test_pv_charges_a_battery_and_the_set_point_is_a_scalar():
    with world() as w:
        pv = w.start("Pv", start="2020-06-21T00:00+09:00").Pv(**SITE, power_kw=5)
        battery = w.start("Battery").Battery(power_kw=5, capacity_kwh=100, self_discharge_percent_per_month=0)
        log = w.start("Log").Log()
        minus = w.start("Constant").Constant(values={"P_set[MW]": -0.002})
        w.connect(minus, battery, "P_set[MW]")
        w.connect(pv, log, "P[MW]")
        w.connect(battery, log, "P[MW]", "soc", "loss[MW]")
        w.run(until=4 * 3600, print_progress=False)
    assert set(series("Battery-0.Battery-0.P[MW]")) == {-0.002}
    assert type(series("Battery-0.Battery-0.soc")[-1]) is float
    assert series("Battery-0.Battery-0.soc")[-1] == pytest.approx(0.5 + 8 * 0.94 / 100)


def test_connected_irradiance_replaces_the_clear_sky():
    with world() as w:
        start = w.start("Pv", start="2020-06-21T12:00+09:00")
        clear = start.Pv(**SITE, power_kw=5)
        dull = start.Pv(**SITE, power_kw=5)
        log = w.start("Log").Log()
        w.connect(w.start("Constant").Constant(values={"ghi[W/m2]": 100.0}), dull, "ghi[W/m2]")
        w.connect(clear, log, "P[MW]")
        w.connect(dull, log, "P[MW]")
        w.run(until=900, print_progress=False)
    assert series("Pv-0.Pv-1.P[MW]")[0] == pytest.approx(5e-4 * 0.86 * 0.94, rel=0.15)
    assert series("Pv-0.Pv-0.P[MW]")[0] > 5 * series("Pv-0.Pv-1.P[MW]")[0]


def test_chp_runs_and_fills_its_tank():
    with world() as w:
        chp = w.start("Chp").Chp(power_kw=25, fuel="lpg", tank_m3=6, boiler_kw=50, tank_initial_soc=0.2)
        drive = w.start("Constant").Constant(values={"P_set[MW]": 0.025, "heat_demand[MW]": 0.01})
        log = w.start("Log").Log()
        w.connect(drive, chp, "P_set[MW]", "heat_demand[MW]")
        w.connect(chp, log, "P[MW]", "on", "tank_soc", "fuel[kg/h]")
        w.run(until=3600, print_progress=False)
    assert series("Chp-0.Chp-0.on") == [True] * 4
    assert series("Chp-0.Chp-0.P[MW]") == pytest.approx([0.020, 0.025, 0.025, 0.025])
    assert np.all(np.diff(series("Chp-0.Chp-0.tank_soc")) > 0)


def test_feedback_corrects_the_battery():
    with world() as w:
        battery = w.start("Battery").Battery(
            power_kw=5, capacity_kwh=10, discharge_efficiency=1, self_discharge_percent_per_month=0
        )
        drive = w.start("Constant").Constant(values={"P_set[MW]": 0.004, "P_actual[MW]": 0.0, "energised": False})
        log = w.start("Log").Log()
        w.connect(drive, battery, "P_set[MW]", "P_actual[MW]", "energised")
        w.connect(battery, log, "soc")
        w.run(until=4 * 900, print_progress=False)
    assert series("Battery-0.Battery-0.soc") == pytest.approx([0.4] * 4)  # each step's own request only


def test_the_clear_sky_needs_no_download_and_matches_a_known_noon():
    sky = clear_sky(PvSite(**SITE), datetime.fromisoformat("2020-06-21T12:20+09:00"), 60, 0, 1)
    # declination 23.44 deg, latitude 31.63: zenith 8.2 deg at solar noon (12:20 at 130.4 E)
    assert sky.zenith_deg[0] == pytest.approx(8.2, abs=0.1)
    assert 850 < sky.ghi_w_m2[0] < 1100


def test_time_resolution_scales_the_step():
    simulator = BatterySimulator()
    simulator.init("b", time_resolution=60.0, step_size=900)
    simulator.create(1, "Battery", power_kw=5, capacity_kwh=10)
    assert simulator.step(0, {}, 0) == 15


@pytest.mark.parametrize("step_size", [0, 0.5, 90])
def test_a_step_that_is_no_multiple_of_the_resolution_is_refused(step_size):
    with pytest.raises(ValueError, match="multiple of the time resolution"):
        BatterySimulator().init("b", time_resolution=60.0, step_size=step_size)


def test_bad_parameters_and_options_are_refused_by_name():
    simulator = BatterySimulator()
    simulator.init("b")
    with pytest.raises(ValueError, match="capacity"):
        simulator.create(1, "Battery", power_kw=5, capacity=10)
    with pytest.raises(ValueError, match="stepsize"):
        BatterySimulator().init("b", stepsize=900)
    with pytest.raises(ValueError, match="offset"):
        PvSimulator().init("p", start="2020-06-01T00:00")
    with pytest.raises(ValueError, match="start"):
        PvSimulator().init("p")
