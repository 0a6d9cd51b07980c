"""A town with every supply relation on wires of several kinds, run for a day."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario

# utility --edge--> line (private line: station, homes, engine, sun, battery); utility --shop; utility --works, plant
TOWN = """
name: town
time: { start: 2025-04-14T00:00, duration: P1D, step: PT30M, timezone: Asia/Tokyo }
grid:
  tables:
    frequency_hz: 50
    buses:
      utility: { vn_kv: 6.6 }
      head: { vn_kv: 6.6 }
      line: { vn_kv: 6.6 }
      end: { vn_kv: 6.6 }
      public: { vn_kv: 6.6 }
    sources: { utility: { bus: utility } }
    switches:
      edge: { bus: utility, to_bus: head }
      ring: { bus: public, to_bus: end, closed: false }
    lines:
      cable: { from: head, to: line, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
      branch: { from: line, to: end, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
      street: { from: utility, to: public, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
sections:
  line: { contains: [line], form: specified_supply, owner: SPC, parties: { supplier: Town Energy, retailer: Homes Co },
          permits: [permission, notification, retail_registration] }
boundaries:
  edge: { into: line, at: ["switch:edge@from", "switch:ring@from"], kind: section, contract_kw: 700 }
customers:
  station: { buses: [line], loads: [station], supply: specified_supply, relation: union, voltage: high_voltage }
  homes: { buses: [end], supply: specified_transmission_retail, voltage: high_voltage }
  shop: { buses: [public], loads: [shop], supply: retail, voltage: high_voltage }
  works: { buses: [public], loads: [works], supply: self_wheeling, relation: same_owner, voltage: high_voltage }
balancing:
  homes: { customers: [homes], plan: { gate: PT1H, day_ahead_error_percent: 10, seed: 4 } }
self_wheeling:
  works: { devices: [far], customer: works, new_plant: true }
loads:
  station: { bus: line, profile: { kind: daily, days: { any: { "00:00": 150, "12:00": 450 } } } }
  homes: { bus: end, profile: { kind: daily, days: { any: { "00:00": 100, "18:00": 150 } } } }
  shop: { bus: public, profile: { kind: constant, value: 20, unit: kW } }
  works: { bus: public, profile: { kind: constant, value: 100, unit: kW } }
devices:
  engine: { kind: heat-plant, bus: line, count: 2, power_kw: 100, fuel: city_gas, min_load_percent: 50, tank_m3: 20,
            boiler_kw: 50, dump_allowed: true, heat_demand: { kind: constant, value: 10, unit: kW } }
  sun: { kind: generation, bus: line, power_kw: 300,
         profile: { kind: daily, days: { any: { "00:00": 0, "09:00": 0.8, "15:00": 0 } }, unit: pu } }
  battery: { kind: battery, bus: line, power_kw: 25, capacity_kwh: 50 }
  far: { kind: generation, bus: public, power_kw: 200, profile: { kind: constant, value: 0.25, unit: pu } }
market: { currency: JPY, fuels: { city_gas: { per_nm3: 80 } } }
"""


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """`town(over, members=...)` -> the finished run of the town with some keys changed."""

    def run(over: dict[str, Any] | None = None, **options: Any) -> RunFolder:
        place = tmp_path_factory.mktemp("town")
        (place / "base.cosim.yaml").write_text(TOWN, encoding="utf-8")
        file = Path(place / "town.cosim.yaml")
        file.write_text(yaml.safe_dump({"extends": "base.cosim.yaml", "name": "town"} | (over or {})), encoding="utf-8")
        loaded, given = load_scenario(file), RunOptions(quiet=True, report=False, **options)
        folder = place / "run"
        folder.mkdir()
        execute(loaded, build(loaded, given), folder, given)
        return RunFolder(folder)

    return run


@pytest.fixture(scope="session")
def usual(town):
    """The town as it stands; do not write into it."""
    return town()
