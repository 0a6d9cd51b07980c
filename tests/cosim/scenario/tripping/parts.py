"""Pieces of studies that several cases lay over the base study."""

WIND = {"kind": "generation", "bus": "school", "power_kw": 5, "profile": {"kind": "constant", "value": 1}}
CHP = {
    "kind": "heat-plant",
    "bus": "school",
    "power_kw": 25,
    "fuel": "lpg",
    "tank_m3": 6,
    "boiler_kw": 100,
    "heat_demand": {"kind": "constant", "value": 10},
}
WORKS = {"works": {"buses": ["pcc"], "supply": "self_wheeling", "relation": "capital", "voltage": "high_voltage"}}
UNIFORM = {"dist": "uniform", "low": 1, "high": 2}
OFFSET = "time.offset_days"
BILLED = {"market": {"tariff": {"energy": {"kind": "flat", "per_kwh": 20}}}, "settlement": {"site": {}}}
BANK = {"boundaries": {"bank": {"at": ["switch:breaker@from"], "kind": "bank"}}}
TWO_POINTS = BILLED | {
    "grid": {"tables": {"switches": {"second": {"bus": "utility", "to_bus": "pcc"}}}},
    "boundaries": {"second": {"into": "school", "at": ["switch:second@from"], "kind": "pcc"}},
    "settlement": {"site": {"boundary": "pcc"}},
}
SPOT = BILLED | {"market": BILLED["market"] | {"spot": {"kind": "constant", "value": 9, "unit": "JPY/kWh"}}}
RETAIL = {"school": "jp-hv-business"}
FORMS = {"compare": ["existing_line_microgrid"], "retail": RETAIL}


def vary(path: str, distribution: dict | None = None, **over: dict) -> dict:
    """The study with one varied path; without events, which some paths do not go with."""
    return {"events": None, "ensemble": {"vary": {path: distribution or UNIFORM}}} | over


def varied(path: str) -> str:
    return f"ensemble.vary.{path}"
