"""A small town with every kind of driver, and ways to build it for some members."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from cosim.build import build_study
from cosim.ensemble.sampling import draw
from cosim.scenario.loaded import LoadedScenario
from cosim.scenario.validation import load_scenario
from cosim.study import Study

TOWN = """
name: town
time: { start: 2020-04-18T00:00, duration: P2D, step: PT30M, timezone: Asia/Tokyo }
location: { latitude_deg: 34.8, longitude_deg: 130.4 }
grid:
  tables:
    frequency_hz: 60
    buses: { utility: { vn_kv: 6.6 }, pcc: { vn_kv: 6.6 }, town: { vn_kv: 6.6 }, tie: { vn_kv: 6.6 } }
    sources: { utility: { bus: utility } }
    switches:
      breaker: { bus: utility, to_bus: pcc }
      tie: { bus: town, to_bus: tie, closed: false }
      back: { bus: tie, to_bus: town, closed: false }
    lines:
      cable: { from: pcc, to: town, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
      spur: { from: pcc, to: tie, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
sections: { town: { contains: [town], wires: private_line, operator: town } }
boundaries: { pcc: { into: town, at: ["switch:breaker@from"], kind: pcc, contract_kw: 200, export_limit_kw: 0 } }
customers:
  bath:
    buses: [town]
    supply: own
    voltage: high_voltage
    calendar: { open: "10:00-21:00", closed_weekdays: [tuesday], closed_on_holidays: true }
loads:
  homes:
    buses: [town, tie, town]
    annual_mwh: 60
    noise: { sigma: 0.2 }
    profile: { kind: daily, days: { workday: { "00:00": 1, "18:00": 3 }, weekend: { "00:00": 2 } } }
  bath:
    bus: town
    calendar: bath
    noise: { sigma: 0.1, period_min: 50 }
    profile: { kind: daily, days: { any: { "00:00": 40 }, closed: { "00:00": 5 } } }
  meter: { bus: tie, profile: { kind: csv, file: meter.csv, peak_kw: 30 } }
devices:
  roof: { kind: pv, bus: town, count: 3, power_kw: 20, pcs_kva: 18 }
  yard: { kind: pv, bus: town, power_kw: 50 }
  mill: { kind: generation, bus: tie, power_kw: 30, profile: { kind: constant, value: 0.4, unit: pu } }
  baths:
    kind: heat-plant
    bus: town
    power_kw: 25
    fuel: lpg
    tank_m3: 6
    boiler_kw: 100
    calendar: bath
    heat_demand: { kind: daily, days: { any: { "00:00": 10, "17:00": 90 }, closed: { "00:00": 2 } } }
  battery: { kind: battery, bus: town, power_kw: 50, capacity_kwh: 100 }
weather: { kind: synthetic, seed: 1 }
market:
  spot: { kind: daily, days: { workday: { "00:00": 8, "12:00": 20 }, weekend: { "00:00": 5 } }, unit: JPY/kWh }
  tariff: { energy: { kind: spot-indexed, loss_percent: 4 } }
  fuels: { lpg: { per_m3: 180 } }
ems:
  town:
    at: pcc
    strategies:
      - { kind: export-cap }
      - { kind: price-led, device: baths }
      - { kind: self-consumption, device: battery }
    cut_order: [battery, baths, yard, roof]
"""

VARY = {
    "time.offset_days": {"dist": "range", "start": 0, "stop": 40, "step": 11},
    "loads.homes.annual_mwh": {"dist": "uniform", "low": 40, "high": 80},
    "loads.homes.noise.sigma": {"dist": "list", "values": [0.1, 0.0, 0.3]},
    "loads.homes.power_factor": {"dist": "uniform", "low": 0.8, "high": 1},
    "loads.bath.scale": {"dist": "uniform", "low": 0.5, "high": 2},
    "loads.bath.noise.seed": {"dist": "range", "start": 0, "stop": 99},
    "loads.meter.profile.peak_kw": {"dist": "triangular", "low": 20, "mode": 30, "high": 40},
    "devices.roof.power_kw": {"dist": "uniform", "low": 10, "high": 30},
    "devices.roof.tilt_deg": {"dist": "choice", "values": [10, 30]},
    "devices.yard.power_kw": {"dist": "uniform", "low": 10, "high": 80},
    "devices.mill.power_kw": {"dist": "uniform", "low": 20, "high": 40},
    "devices.baths.heat_demand.scale": {"dist": "uniform", "low": 0.5, "high": 1.5},
    "devices.baths.tank_m3": {"dist": "uniform", "low": 3, "high": 12},
    "devices.battery.capacity_kwh": {"dist": "list", "values": [50, 100, 200]},
    "weather.seed": {"dist": "list", "values": [1, 2, 1, 3]},
    "market.spot.scale": {"dist": "choice", "values": [1, 1.5]},
    "market.tariff.energy.loss_percent": {"dist": "uniform", "low": 2, "high": 8},
    "market.fuels.lpg.per_m3": {"dist": "list", "values": [120, 180]},
    "ems.town.strategies.2.net_export_kw": {"dist": "list", "values": [0, 10]},
    "grid.tables.switches.tie.closed": {"dist": "list", "values": [False, True]},
}


@pytest.fixture
def town(tmp_path: Path):
    """`town(vary, **over)` -> the loaded study; a year of hours lies in its meter file."""
    times = np.datetime64("2020-01-01T00:00") + np.arange(366 * 24) * np.timedelta64(1, "h")
    values = 20 + 5 * np.sin(np.arange(366 * 24) / 7)
    rows = [f"{time},{value:.3f}" for time, value in zip(times, values, strict=True)]
    (tmp_path / "meter.csv").write_text("\n".join(["time,kw", *rows]), encoding="utf-8")

    def write(vary: dict[str, Any] | None = None, *sets: str, text: str = TOWN) -> LoadedScenario:
        content = yaml.safe_load(text) | {"ensemble": {"seed": 3, "vary": vary or {}}}
        file = tmp_path / "town.cosim.yaml"
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return load_scenario(file, sets=sets)

    return write


def members(loaded: LoadedScenario, count: int | None = None, member: int | None = None) -> Study:
    """The study of `count` members, or of one of them."""
    return build_study(loaded, draws=draw(loaded, members=count, member=member))


def everything(study: Study) -> dict[tuple[str, str], np.ndarray]:
    """(subject, port) -> (K, M or 1, units) as the run reads it."""
    return {
        (driver.subject, port): np.stack([series.row(k) for k in range(study.axis.steps)])
        for driver in study.drivers
        for port, series in driver.ports.items()
    }
