"""Cases that trip the checks of relays: rule, keys, place, words."""

CASES = {
    "power relay nowhere": (
        "place of a relay",
        {"relays": {"rpr": {"kind": "reverse-power", "at": "pc", "trips": ["roof"]}}},
        "relays.rpr.at",
        "there is no boundary",
    ),
    "voltage relay nowhere": (
        "place of a relay",
        {"relays": {"ovr": {"kind": "over-voltage", "at": "pcc2", "trips": ["roof"]}}},
        "relays.ovr.at",
        "there is no bus",
    ),
    "relay trips nothing": (
        "devices of a relay",
        {"relays": {"ovr": {"kind": "over-voltage", "trips": ["attic"]}}},
        "relays.ovr.trips.0",
        "there is no device",
    ),
    "relay trips what stands in front of it": (
        "devices stand behind the relay",
        {
            "devices": {"roof": {"bus": "utility"}},
            "relays": {"rpr": {"kind": "reverse-power", "at": "pcc", "trips": ["roof"]}},
        },
        "relays.rpr.trips.0",
        "does not stand behind pcc",
    ),
    "under-power relay of nothing": (
        "setting of an under-power relay",
        {
            "boundaries": {"pcc": {"contract_kw": None}},
            "relays": {"upr": {"kind": "under-power", "at": "pcc", "trips": ["roof"], "normal": {"delay_s": 2}}},
        },
        "relays.upr.normal",
        "maximum received power",
    ),
    "frequency relay on the wrong side": (
        "setting of a frequency relay",
        {"relays": {"ufr": {"kind": "under-frequency", "trips": ["roof"], "normal": {"setting_hz": 61}}}},
        "relays.ufr.normal.setting_hz",
        "must lie below the network's 60 Hz",
    ),
    "frequency relay with a slip of the point": (
        "setting of a frequency relay",
        {"relays": {"ofr": {"kind": "over-frequency", "trips": ["roof"], "normal": {"setting_hz": 612}}}},
        "relays.ofr.normal.setting_hz",
        "is more than 10% off the network's 60 Hz",
    ),
    "reverse power in watts": (
        "reach of a power relay",
        {"relays": {"rpr": {"kind": "reverse-power", "at": "pcc", "trips": ["roof"], "normal": {"setting_kw": 6000}}}},
        "relays.rpr.normal.setting_kw",
        "is above the rating of what it trips, 100 kW",
    ),
    "reverse power of several units": (
        "reach of a power relay",
        {
            "devices": {"roof": {"count": 3, "power_kw": [10, 20, 30]}},
            "relays": {
                "rpr": {
                    "kind": "reverse-power",
                    "at": "pcc",
                    "trips": ["roof", "battery"],
                    "normal": {"setting_kw": 111},
                }
            },
        },
        "relays.rpr.normal.setting_kw",
        "is above the rating of what it trips, 110 kW",
    ),
    "under-power in watts": (
        "reach of a power relay",
        {"relays": {"upr": {"kind": "under-power", "at": "pcc", "trips": ["roof"], "normal": {"setting_kw": 6000}}}},
        "relays.upr.normal.setting_kw",
        "is above contract_kw of boundaries.pcc, 200 kW",
    ),
    "frequency nobody reads": (
        "frequency events are read",
        {"events": {"drift": {"kind": "source-frequency", "subject": "source:utility", "at": "PT1H", "value_hz": 61}}},
        "events.drift",
        "nothing reads the frequency",
    ),
}
