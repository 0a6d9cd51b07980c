"""The preset feeders. Every number is *assumed*: a plausible magnitude after facts.md 1.3-1.5, no real feeder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from grids.japan.spec import Design


@dataclass(frozen=True, slots=True)
class PresetInfo:
    """What a list of presets prints."""

    title_en: str
    title_ja: str
    description: str


INFO: Mapping[str, PresetInfo] = MappingProxyType(
    {
        "jp-rural": PresetInfo(
            "Rural feeder",
            "農村部の配電線",
            "8 km trunk of Al-OC-120 with long laterals, 60 Hz, 66 kV bank; rises above 107 V with much PV.",
        ),
        "jp-suburban": PresetInfo(
            "Suburban feeder",
            "郊外住宅地の配電線",
            "4 km trunk of Al-OC-240 through housing estates with some works, 50 Hz, 66 kV bank.",
        ),
        "jp-urban": PresetInfo(
            "Urban feeder",
            "市街地の配電線",
            "2.4 km trunk of CVT-325 and Al-OC-240 in six sections with three ties, 60 Hz, 77 kV bank; business.",
        ),
        "jp-remote-island": PresetInfo(
            "Feeder of a remote island",
            "離島の配電線",
            "5 km trunk of Cu-OC-38 from a diesel station that holds its busbar, 60 Hz.",
        ),
    }
)

# program control: highest in the evening, lowest at night
_BY_PROGRAM = {
    "reference_v": 6650,
    "dead_band_percent": 1.0,
    "schedule": [
        {"from": "07:00", "reference_v": 6650},
        {"from": "17:00", "reference_v": 6700},
        {"from": "23:00", "reference_v": 6550},
    ],
}
# line-drop compensation: 6500 V behind a bit more than the feeders' trunks in parallel
_BY_LOAD = {"reference_v": 6500, "dead_band_percent": 1.0, "compensation": {"r_ohm": 0.05, "x_ohm": 0.1}}

_TABLE: Mapping[str, Mapping[str, Any]] = {
    "jp-rural": {
        "frequency_hz": 60,
        "centre": {"latitude": 32.0, "longitude": 130.6},
        "bank": {"sn_mva": 10, "vn_hv_kv": 66, "lrt": _BY_PROGRAM},
        "feeders": 4,
        "trunk": {"km": 8.0, "nodes": 16, "sections": 3, "conductors": ["Al-OC-120"]},
        "laterals": {"count": 8, "km": 1.5, "nodes": 3, "conductor": "Al-OC-58"},
        "ties": 2,
        "hv_customers": {
            "mill": {"kw": 150, "at": 5, "type": "factory"},
            "school": {"kw": 60, "at": 9, "type": "school"},
        },
        "poles": {"sizes_kva": [30, 20, 30, 50], "homes": [12, 8, 12, 18], "shop_every": 8, "shop_kw": 5},
        "homes": {"kw": 1.6},
        "mains": {"conductor": "OW-38", "span_m": 45},
        "pv": {"penetration": 0.6, "share_of_homes": 0.25},
    },
    "jp-suburban": {
        "frequency_hz": 50,
        "centre": {"latitude": 35.9, "longitude": 139.5},
        "bank": {"sn_mva": 20, "vn_hv_kv": 66, "lrt": _BY_LOAD},
        "feeders": 5,
        "trunk": {"km": 4.0, "nodes": 20, "sections": 3, "conductors": ["Al-OC-240"]},
        "laterals": {"count": 12, "km": 0.6, "nodes": 4, "conductor": "Al-OC-120"},
        "ties": 3,
        "hv_customers": {
            "works": {"kw": 350, "at": 6, "type": "factory"},
            "mall": {"kw": 400, "at": 11, "type": "shop"},
            "hospital": {"kw": 200, "at": 16, "type": "hospital"},
        },
        "poles": {"sizes_kva": [50, 30, 50, 75], "homes": [20, 12, 20, 28], "shop_every": 6, "shop_kw": 10},
        "homes": {"kw": 1.3},
        "mains": {"conductor": "OW-60", "span_m": 35},
        "pv": {"penetration": 0.3, "share_of_homes": 0.15},
    },
    "jp-urban": {
        "frequency_hz": 60,
        "centre": {"latitude": 34.7, "longitude": 135.5},
        "bank": {"sn_mva": 30, "vn_hv_kv": 77, "lrt": {"reference_v": 6600, "dead_band_percent": 1.5}},
        "feeders": 6,
        "trunk": {"km": 2.4, "nodes": 18, "sections": 6, "conductors": ["CVT-325", "Al-OC-240", "Al-OC-240"]},
        "laterals": {"count": 9, "km": 0.3, "nodes": 3, "conductor": "Al-OC-120"},
        "ties": 3,
        "hv_customers": {
            "office-1": {"kw": 500, "at": 3, "type": "office"},
            "office-2": {"kw": 400, "at": 6, "type": "office"},
            "hotel": {"kw": 450, "at": 9, "type": "hotel"},
            "store": {"kw": 350, "at": 12, "type": "shop"},
            "office-3": {"kw": 300, "at": 14, "type": "office"},
            "hospital": {"kw": 400, "at": 17, "type": "hospital"},
        },
        "poles": {"sizes_kva": [75, 100, 75], "homes": [24, 36, 24], "shop_every": 2, "shop_kw": 15},
        "homes": {"kw": 0.9, "power_factor": 0.97},
        "mains": {"conductor": "OW-100", "span_m": 25, "service_m": 15.0},
        "pv": {"penetration": 0.05, "share_of_homes": 0.05},
    },
    "jp-remote-island": {
        "frequency_hz": 60,
        "centre": {"latitude": 24.8, "longitude": 125.2},
        "source": "diesel_station",
        "bank": {"sn_mva": 6, "vn_hv_kv": 66, "lrt": {}},
        "station_v": 6600,
        "feeders": 2,
        "trunk": {"km": 5.0, "nodes": 12, "sections": 3, "conductors": ["Cu-OC-38"]},
        "laterals": {"count": 5, "km": 0.8, "nodes": 2, "conductor": "Cu-OC-22"},
        "ties": 1,
        "neighbours": {"nodes": 3, "demand_share": 0.6},
        "hv_customers": {"waterworks": {"kw": 60, "at": 7, "type": "factory"}},
        "poles": {"sizes_kva": [20, 30, 20], "homes": [7, 12, 7], "shop_every": 7, "shop_kw": 6},
        "homes": {"kw": 1.5},
        "mains": {"conductor": "OW-38", "span_m": 35},
        "pv": {"penetration": 0.4, "share_of_homes": 0.2},
    },
}


@cache
def designs() -> Mapping[str, Design]:
    """Name -> complete design of every preset."""
    common: dict[str, Any] = {"neighbours": {}, "taps": {}}
    return MappingProxyType({name: Design.model_validate(common | dict(table)) for name, table in _TABLE.items()})
