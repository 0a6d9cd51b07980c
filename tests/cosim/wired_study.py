"""A 6.6 kV line with a near and a far bus, a metering point at the near one, and whatever is put on it."""

from pathlib import Path

import yaml

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.merging import merged
from cosim.scenario.reading import read_text
from cosim.scenario.tree import Source, plain
from cosim.scenario.validation import load_base_case, load_scenario

LINE = {"r_ohm_per_km": 0.313, "x_ohm_per_km": 0.377, "c_nf_per_km": 0, "max_i_ka": 0.3}
STUDY = {
    "name": "wired",
    "time": {"start": "2020-06-01T00:00", "duration": "PT2H", "step": "PT30M", "timezone": "Asia/Tokyo"},
    "grid": {
        "tables": {
            "frequency_hz": 60,
            "buses": {name: {"vn_kv": 6.6} for name in ("source", "near", "far", "site")},
            "sources": {"utility": {"bus": "source"}},
            "lines": {
                "first": {"from": "source", "to": "near", "length_km": 1, **LINE},
                "second": {"from": "near", "to": "far", "length_km": 4, **LINE},
            },
            "switches": {"breaker": {"bus": "near", "to_bus": "site"}},
        }
    },
    "sections": {"site": {"contains": ["site"], "wires": "premises", "island": "none", "owner": "works"}},
    "boundaries": {"pcc": {"into": "site", "at": ["switch:breaker@from"], "kind": "pcc", "export_limit_kw": 0}},
    "customers": {"village": {"buses": ["far"], "supply": "retail", "voltage": "other"}},
    "limits": {"voltage": {"default_lower_pu": 0.99, "default_upper_pu": 1.01}},
    "devices": {},
    "loads": {},
}


def plant(bus, kw, **more):
    """A plant that always gives its rating."""
    return {
        "kind": "generation",
        "bus": bus,
        "power_kw": kw,
        "profile": {"kind": "constant", "value": kw, "unit": "kW"},
        **more,
    }


def demand(bus, kw, **more):
    """A demand that never changes."""
    return {"bus": bus, "profile": {"kind": "constant", "value": kw, "unit": "kW"}, "power_factor": 0.95, **more}


def write(folder: Path, over: dict) -> Path:
    """The study with keys laid over it."""
    path = folder / "wired.cosim.yaml"
    base, laid = (read_text(yaml.safe_dump(one), Source("test")) for one in (STUDY, over))
    path.write_text(yaml.safe_dump(plain_dict(merged(base, laid))), encoding="utf-8")
    return path


def plain_dict(node):
    """Plain data that yaml writes."""
    return yaml.safe_load(yaml.dump(_bare(plain(node))))


def _bare(value):
    if isinstance(value, dict):
        return {str(key): _bare(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_bare(one) for one in value]
    return str(value) if isinstance(value, str) else value


def run(folder: Path, over: dict, *, base: bool = False, **options) -> RunFolder:
    """Run it in a folder of its own."""
    given = RunOptions(quiet=True, report=False, **options)
    loaded = load_scenario(write(folder, over), variant=given.variant, sets=given.overrides)
    into = folder / f"run-{len(list(folder.glob('run-*')))}"
    into.mkdir()
    execute(loaded, build(loaded, given), into, given, load_base_case(loaded) if base else None)
    return RunFolder(into)


def findings(run_folder: RunFolder) -> dict[str, dict]:
    """Id -> finding."""
    return {one["id"]: one for one in run_folder.findings()}
