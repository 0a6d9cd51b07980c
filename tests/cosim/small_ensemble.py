"""A small study that runs as an ensemble in a few seconds: three things vary, and one member has no solution."""

from pathlib import Path

import yaml

BASE = Path(__file__).parents[1] / "cases" / "mistakes" / "base.cosim.yaml"
MEMBERS = 12
BROKEN = 3  # its load is more than the cable can carry
SCALE = [1.0 + 0.25 * member for member in range(MEMBERS)]
SCALE[BROKEN] = 1000.0


def write_study(folder: Path) -> Path:
    """Write the scenario and what it extends; returns its path."""
    (folder / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    vary = {
        "devices.battery.capacity_kwh": {"dist": "uniform", "low": 50, "high": 200},
        "loads.school.profile.scale": {"dist": "list", "values": SCALE},
        "weather.seed": {"dist": "range", "start": 1, "stop": 50},
    }
    case = {
        "extends": "base.cosim.yaml", "name": "case", "events": None, "variants": None,
        "time": {"duration": "PT12H"}, "ensemble": {"members": MEMBERS, "seed": 1, "vary": vary},
    }  # fmt: skip
    path = folder / "case.cosim.yaml"
    path.write_text(yaml.safe_dump(case), encoding="utf-8")
    return path
