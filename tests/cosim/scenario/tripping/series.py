"""Cases that trip the checks of series: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import CHP, WIND

CASES = {
    "network loads that would all take 5 kW": (
        "profile of network loads",
        {"loads": {"all": {"kind": "network", "profile": {"kind": "constant", "value": 5}}}},
        "loads.all.profile.unit",
        "every load of the network would take the same power",
    ),
    "profile without scale": (
        "profile of a load",
        {"loads": {"school": {"profile": {"unit": "pu"}}}},
        "loads.school.profile",
        "needs annual_mwh or peak_kw",
    ),
    "negative demand": (
        "profile of a load",
        {"loads": {"school": {"profile": {"value": -1}}}},
        "loads.school.profile",
        "negative values",
    ),
    "profile of the network without network": (
        "profile of a device",
        {"devices": {"w": WIND | {"profile": {"kind": "simbench", "name": "WP4"}}}},
        "devices.w.profile",
        "needs a SimBench network",
    ),
    "heat demand": (
        "heat demand of a device",
        {"devices": {"chp": CHP | {"heat_demand": {"kind": "constant", "value": -1}}}},
        "devices.chp.heat_demand",
        "negative values",
    ),
    "price": (
        "prices",
        {"market": {"spot": {"kind": "constant", "value": 10, "unit": "EUR/kWh"}}},
        "market.spot",
        "EUR",
    ),
    "weather station": ("weather", {"weather": {"kind": "builelib", "station": "1", "seed": None}}, "weather", "1"),
    "EMS and bill in two currencies": (
        "prices",
        {"market": {"currency": "JPY", "tariff": "kr-2004-residential"}},
        "market.tariff",
        "two currencies",
    ),
}
