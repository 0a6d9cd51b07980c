"""Cases that trip the checks of ensemble: rule, keys, place, words."""

from tests.cosim.scenario.tripping.parts import OFFSET, UNIFORM, WIND, varied, vary

CASES = {
    "varied path that is not there": (
        "what members draw",
        vary("devices.roof.pwoer_kw"),
        varied("devices.roof.pwoer_kw"),
        "there is no such path",
    ),
    "varied entry that is not there": (
        "what members draw",
        vary("devices.tower"),
        varied("devices.tower"),
        "there is no such path",
    ),
    "varied wire": (
        "what members draw",
        vary("grid.tables.lines.cable.length_km"),
        varied("grid.tables.lines.cable.length_km"),
        "is fixed for all members",
    ),
    "varied contract": (
        "what members draw",
        vary("boundaries.pcc.contract_kw"),
        varied("boundaries.pcc.contract_kw"),
        "is fixed for all members",
    ),
    "varied list": (
        "what members draw",
        vary("devices.wind.power_kw", devices={"wind": WIND | {"power_kw": [5]}}),
        varied("devices.wind.power_kw"),
        "holds a list here",
    ),
    "varied price that is a profile": (
        "what members draw",
        vary("market.fuels.lpg.per_m3", market={"fuels": {"lpg": {"per_m3": {"kind": "constant", "value": 1}}}}),
        varied("market.fuels.lpg.per_m3"),
        "is described by a mapping here",
    ),
    "varied entry of a key that is not there": (
        "what members draw",
        vary("market.fuels.lpg.per_m3", market=None),
        varied("market.fuels.lpg.per_m3"),
        "there is no such path",
    ),
    "varied part of a key that is not there": (
        "what members draw",
        vary("weather.seed", weather=None),
        varied("weather.seed"),
        "stands in a part the scenario does not have",
    ),
    "varied switch that is no number": (
        "what members draw",
        vary("grid.tables.switches.breaker.closed"),
        varied("grid.tables.switches.breaker.closed"),
        "is true or false",
    ),
    "varied switch drawn as a number": (
        "what members draw",
        vary("grid.tables.switches.breaker.closed", {"dist": "list", "values": [True, 0]}),
        varied("grid.tables.switches.breaker.closed"),
        "must be true or false",
    ),
    "varied number drawn as a truth value": (
        "what members draw",
        vary("devices.roof.power_kw", {"dist": "choice", "values": [True]}),
        varied("devices.roof.power_kw"),
        "must be a number",
    ),
    "varied seed that is no whole number": (
        "what members draw",
        vary("weather.seed", {"dist": "range", "start": 1, "stop": 2, "step": 0.5}),
        varied("weather.seed"),
        "must be a whole number",
    ),
    "varied seed without a whole number": (
        "what members draw",
        vary("weather.seed", {"dist": "uniform", "low": 0.1, "high": 0.9}),
        varied("weather.seed"),
        "there is none from low to high",
    ),
    "varied path in two spellings": (
        "what members draw",
        {
            "ems": {"school": {"strategies": [{"kind": "export-cap", "limit_kw": 1}]}},
            "ensemble": {
                "vary": {"ems.school.strategies.0.limit_kw": UNIFORM, "ems.school.strategies.00.limit_kw": UNIFORM}
            },
        },
        varied("ems.school.strategies.00.limit_kw"),
        "is varied already",
    ),
    "drawn value out of range": (
        "what members draw",
        vary("devices.battery.soc_initial", {"dist": "list", "values": [0.5, 1.5]}),
        varied("devices.battery.soc_initial"),
        "member 1 draws what does not fit: must be at most 1; 16 of 32 members",
    ),
    "drawn values that do not fit together": (
        "what members draw",
        vary("devices.battery.soc_min", {"dist": "list", "values": [0.1, 0.7]}),
        "devices.battery",
        "member 1 draws what does not fit: soc_initial 0.5 lies outside the window",
    ),
    "varied switch that is not there": (
        "switches that vary",
        vary("grid.normal.braker", {"dist": "choice", "values": [True, False]}),
        varied("grid.normal.braker"),
        "there is no switch of that name",
    ),
    "moved start with events": (
        "start moved by whole days",
        {"time": {"offset_days": 1}},
        OFFSET,
        "does not go together with timed events",
    ),
    "varied start with events": (
        "start moved by whole days",
        {"ensemble": {"vary": {OFFSET: UNIFORM}}},
        varied(OFFSET),
        "does not go together with timed events",
    ),
    "moved start with a step that does not fill a day": (
        "start moved by whole days",
        {"events": None, "time": {"offset_days": 1, "step": "PT7M", "duration": "PT7H"}},
        OFFSET,
        "needs a step that divides a day",
    ),
    "varied start without an end": (
        "start moved by whole days",
        vary(OFFSET, {"dist": "lognormal", "median": 5, "sigma": 1}),
        varied(OFFSET),
        "has no upper bound",
    ),
    "varied start over a clock change": (
        "start moved by whole days",
        vary(OFFSET, {"dist": "list", "values": [0, 188]}, time={"timezone": "Europe/Berlin"}),
        varied(OFFSET),
        "the clock of Europe/Berlin changes on or before 2020-10-25",
    ),
}
