"""Cases that trip the checks of limits: rule, keys, place, words."""

CASES = {
    "limit of no line": (
        "elements of limits",
        {"limits": {"loading_percent": {"line:nope": 50}}},
        "limits.loading_percent.line:nope",
        "there is no line or transformer",
    ),
    "short-time rating of no line": (
        "elements of limits",
        {"limits": {"short_time_percent": {"line:cabel": 120}}},
        "limits.short_time_percent.line:cabel",
        "there is no line or transformer",
    ),
    "short-time rating below the lasting one": (
        "elements of limits",
        {"limits": {"loading_percent": {"line:cable": 130}, "short_time_percent": {"line:cable": 120}}},
        "limits.short_time_percent.line:cable",
        "is too low",
    ),
    "export limit at one end of a section": (
        "net export of a section",
        {
            "boundaries": {
                "pcc": {"kind": "section"},
                "near": {"into": "school", "at": ["line:cable@to"], "kind": "section"},
            },
            "ems": None,
        },
        "boundaries.pcc.export_limit_kw",
        "would judge what flows through: boundaries.near leads into section school as well",
    ),
    "pole transformer of nobody": (
        "elements of limits",
        {"limits": {"pole_trafos": ["nope"]}},
        "limits.pole_trafos.0",
        "there is no transformer",
    ),
    "a 100 V supply on 6.6 kV": (
        "voltage of a customer",
        {"customers": {"mill": {"buses": ["school"], "supply": "retail", "voltage": "lv_100"}}},
        "customers.mill.voltage",
        "cannot stand at bus",
    ),
    "contract in watts": (
        "contract power fits the voltage",
        {"boundaries": {"pcc": {"contract_kw": 130000}}},
        "boundaries.pcc.contract_kw",
        "is not below 2000 kW",
    ),
}
