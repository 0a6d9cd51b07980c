"""Cases that trip the checks of devices: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import CHP, WIND

CASES = {
    "suppression at 6.6 kV": (
        "suppression stands at low voltage",
        {"devices": {"wind": WIND | {"voltage_control": {"kind": "suppression"}}}},
        "devices.wind.voltage_control",
        "but bus school has 6.6 kV",
    ),
    "network generators twice": (
        "network is taken once",
        {"devices": {name: {"kind": "generation", "network": True} for name in ("one", "two")}},
        "devices.two.network",
        "devices.one takes the network's generators already",
    ),
    "network loads twice": (
        "network loads are taken once",
        {"loads": {name: {"kind": "network"} for name in ("one", "two")}},
        "loads.two.kind",
        "loads.one takes the network's loads already",
    ),
    "unit names": (
        "names of entries",
        {"devices": {"roof[1]": {"kind": "pv", "bus": "school", "power_kw": 1}}},
        "devices.roof[1]",
        "a name",
    ),
    "location": ("location of a device", {"location": None}, "devices.roof", "needs the key location"),
    "ratings": (
        "ratings fit the units",
        {"devices": {"wind": WIND | {"count": 3, "power_kw": [1, 2]}}},
        "devices.wind.power_kw",
        "must name one rating, or one a unit",
    ),
    "battery under the feed-in tariff": (
        "plants that are bought",
        {"devices": {"battery": {"scheme": "fit"}}},
        "devices.battery.scheme",
        "a battery generates nothing that could be sold under FIT",
    ),
    "compensator under the premium": (
        "plants that are bought",
        {"devices": {"svc": {"kind": "svc", "bus": "school", "rating_kvar": 10, "scheme": "fip"}}},
        "devices.svc.scheme",
        "a svc generates nothing",
    ),
    "city gas under the feed-in tariff": (
        "plants that are bought",
        {"devices": {"chp": CHP | {"fuel": "city_gas", "scheme": "fit"}}},
        "devices.chp.scheme",
        "what is made of city_gas is not renewable",
    ),
}
