"""Every cross-check has a case that trips it, at the right place; what does not depend on a mistake is still judged."""

from pathlib import Path

import pytest
import yaml

from cosim.errors import InputError, UsageError
from cosim.scenario.checks import RULES
from cosim.scenario.loading import find_source, read_document
from cosim.scenario.parts import take_apart
from cosim.scenario.rules import judge
from cosim.scenario.validation import load_scenario, validate_file
from cosim.scenario.view import View

BASE = Path(__file__).parents[2] / "cases" / "mistakes" / "base.cosim.yaml"
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


class Study:
    """The base study with some keys laid over it, as a file in the current folder."""

    def write(self, over: dict) -> None:
        text = yaml.safe_dump({"extends": "base.cosim.yaml", "name": "case", "variants": None} | over)
        Path("case.cosim.yaml").write_text(text, encoding="utf-8")

    def __call__(self, over: dict, **options):
        self.write(over)
        return validate_file("case.cosim.yaml", **options)


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    return Study()


def vary(path: str, distribution: dict | None = None, **over: dict) -> dict:
    """The study with one varied path; without events, which some paths do not go with."""
    return {"events": None, "ensemble": {"vary": {path: distribution or UNIFORM}}} | over


def varied(path: str) -> str:
    return f"ensemble.vary.{path}"


CASES = {
    "end after start": (
        "end after start",
        {"time": {"duration": None, "end": "2020-04-20T00:00"}},
        "time.end",
        "must be after start",
    ),
    "start in a gap": (
        "local times exist once",
        {"time": {"start": "2020-03-29T02:30", "timezone": "Europe/Berlin"}},
        "time.start",
        "does not exist in Europe/Berlin",
    ),
    "start in a fold": (
        "local times exist once",
        {"time": {"start": "2020-10-25T02:30", "timezone": "Europe/Berlin"}},
        "time.start",
        "exists twice in Europe/Berlin",
    ),
    "end in a gap": (
        "local times exist once",
        {
            "time": {
                "start": "2020-03-28T00:00",
                "duration": None,
                "end": "2020-03-29T02:30",
                "timezone": "Europe/Berlin",
            }
        },
        "time.end",
        "does not exist",
    ),
    "step longer than the run": ("step fits the run", {"time": {"step": "P2D"}}, "time.step", "is longer than the run"),
    "step does not divide": ("step fits the run", {"time": {"step": "PT7M"}}, "time.step", "does not divide the run"),
    "step absurdly short": (
        "step fits the run",
        {"time": {"step": "PT1S", "duration": "P36500D"}},
        "time.step",
        "makes too many steps",
    ),
    "bus in a table": (
        "grid holds together",
        {"grid": {"tables": {"lines": {"cable": {"to": "nowhere"}}}}},
        "grid.tables.lines.cable.to",
        "there is no bus 'nowhere'",
    ),
    "bus of a load": (
        "bus of a load",
        {"loads": {"school": {"bus": "nowhere"}}},
        "loads.school.bus",
        "there is no bus",
    ),
    "one of several buses": (
        "bus of a load",
        {"loads": {"school": {"bus": None, "buses": ["school", "nowhere"]}}},
        "loads.school.buses.1",
        "there is no bus",
    ),
    "bus of a device": (
        "bus of a device",
        {"devices": {"roof": {"bus": "nowhere"}}},
        "devices.roof.bus",
        "there is no bus",
    ),
    "suppression at 6.6 kV": (
        "suppression stands at low voltage",
        {"devices": {"wind": WIND | {"voltage_control": {"kind": "suppression"}}}},
        "devices.wind.voltage_control",
        "but bus school has 6.6 kV",
    ),
    "bus of a customer": (
        "buses of a customer",
        {"customers": {"school": {"buses": ["x"]}}},
        "customers.school.buses.0",
        "there is no bus",
    ),
    "bus of a section": (
        "sections are cut out",
        {"sections": {"school": {"contains": ["x"]}}},
        "sections.school.contains.0",
        "there is no bus",
    ),
    "load of a customer": (
        "loads of a customer",
        {"customers": {"school": {"loads": ["schol"]}}},
        "customers.school.loads.0",
        "there is no load",
    ),
    "load of two customers": (
        "loads of a customer",
        {
            "customers": {
                "school": {"loads": ["school"]},
                "town": {"buses": ["school"], "loads": ["school"], "supply": "own", "voltage": "premises"},
            }
        },
        "customers.town.loads.0",
        "belongs to customer school already",
    ),
    "calendar of nobody": (
        "calendar of a load",
        {"loads": {"school": {"calendar": "x"}}},
        "loads.school.calendar",
        "there is no customer",
    ),
    "calendar of a customer without": (
        "calendar of a load",
        {"customers": {"school": {"calendar": None}}},
        "loads.school.calendar",
        "that customer has no calendar",
    ),
    "calendar of a device": (
        "calendar of a device",
        {"devices": {"chp": CHP | {"calendar": "schol"}}},
        "devices.chp.calendar",
        "there is no customer",
    ),
    "network loads of a network without": (
        "loads of the network",
        {"loads": {"all": {"kind": "network"}}},
        "loads.all",
        "the network has no load",
    ),
    "network generators of a network without": (
        "generators of the network",
        {"devices": {"all": {"kind": "generation", "network": True}}},
        "devices.all",
        "the network has no static generator",
    ),
    "network generators twice": (
        "network is taken once",
        {"devices": {name: {"kind": "generation", "network": True} for name in ("one", "two")}},
        "devices.two.network",
        "devices.one takes the network's generators already",
    ),
    "network loads that would all take 5 kW": (
        "profile of network loads",
        {"loads": {"all": {"kind": "network", "profile": {"kind": "constant", "value": 5}}}},
        "loads.all.profile.unit",
        "every load of the network would take the same power",
    ),
    "network loads twice": (
        "network loads are taken once",
        {"loads": {name: {"kind": "network"} for name in ("one", "two")}},
        "loads.two.kind",
        "loads.one takes the network's loads already",
    ),
    "section of a boundary": (
        "section of a boundary",
        {"boundaries": {"pcc": {"into": "schol"}}},
        "boundaries.pcc.into",
        "there is no section",
    ),
    "element of a boundary": (
        "sections are cut out",
        {"boundaries": {"pcc": {"at": ["switch:braker"]}}},
        "boundaries.pcc.at.0",
        "there is no switch 'braker'",
    ),
    "section not closed off": (
        "sections are cut out",
        {"boundaries": {"pcc": {"at": ["line:cable@to"]}}, "sections": {"school": {"contains": ["pcc"]}}},
        "sections.school",
        "reaches source:utility",
    ),
    "line far too long": (
        "grid is plausible",
        {"grid": {"tables": {"lines": {"cable": {"length_km": 85}}}}},
        "grid.tables.lines.cable",
        "85 km long",
    ),
    "island without a switch": (
        "sections can be separated",
        {"boundaries": {"pcc": {"at": ["line:cable@from"]}}, "sections": {"school": {"island": "own"}}},
        "sections.school",
        "has no switch",
    ),
    "minimum import above the contract": (
        "powers of a boundary",
        {"boundaries": {"pcc": {"min_import_kw": 200}}},
        "boundaries.pcc.min_import_kw",
        "is not below contract_kw",
    ),
    "minimum import with export": (
        "powers of a boundary",
        {"boundaries": {"pcc": {"min_import_kw": 10, "export_limit_kw": 5}}},
        "boundaries.pcc.min_import_kw",
        "contradicts an allowed export",
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
    "source of an event": (
        "subject of an event",
        {"events": {"outage": {"subject": "source:utilty"}}},
        "events.outage.subject",
        "there is no source",
    ),
    "switch of an event": (
        "subject of an event",
        {"events": {"open": {"kind": "switch-open", "subject": "switch:x", "at": "PT1H"}}},
        "events.open.subject",
        "there is no switch",
    ),
    "event after the end": (
        "event inside the run",
        {"events": {"outage": {"at": "P2D"}}},
        "events.outage.at",
        "lies after the end of the run",
    ),
    "events that overlap": (
        "events of one subject apart",
        {
            "events": {
                "first": {"kind": "source-off", "subject": "source:utility", "at": "PT1H", "duration": "PT2H"},
                "second": {"kind": "source-off", "subject": "source:utility", "at": "PT2H", "duration": "PT2H"},
            }
        },
        "events.second.at",
        "begins while event first",
    ),
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
    "figure of nobody": (
        "subjects of expect.figures",
        {"expect": {"figures": {"boundary:pc.export_mwh": {"max": 0}}}},
        "expect.figures.boundary:pc.export_mwh",
        "there is no boundary",
    ),
    "figure without quantity": (
        "subjects of expect.figures",
        {"expect": {"figures": {"residual": {"max": 0}}}},
        "expect.figures.residual",
        "names no quantity",
    ),
    "finding of nobody": (
        "subjects of expect.findings",
        {"expect": {"findings": [{"rule": "export", "subject": "device:rof"}]}},
        "expect.findings.0.subject",
        "there is no device",
    ),
    "effect without a base case": (
        "effects need a base case",
        {"expect": {"findings": [{"rule": "no-export", "effect": "caused"}]}},
        "expect.findings.0.effect",
        "needs a base case",
    ),
    "rule of nobody": (
        "rules of expect.findings",
        {"expect": {"findings": [{"rule": "no-exports", "hours": {"max": 0}}]}},
        "expect.findings.0.rule",
        "no rule is called so",
    ),
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
    "contract in watts": (
        "contract power fits the voltage",
        {"boundaries": {"pcc": {"contract_kw": 130000}}},
        "boundaries.pcc.contract_kw",
        "is not below 2000 kW",
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
    "frequency nobody reads": (
        "frequency events are read",
        {"events": {"drift": {"kind": "source-frequency", "subject": "source:utility", "at": "PT1H", "value_hz": 61}}},
        "events.drift",
        "nothing reads the frequency",
    ),
    "missing file": (
        "files",
        {"loads": {"school": {"profile": {"kind": "csv", "file": "no.csv", "value": None}}}},
        "loads.school.profile.file",
        "there is no such file",
    ),
    "file outside": (
        "files",
        {"loads": {"school": {"profile": {"kind": "csv", "file": "../up.csv", "value": None}}}},
        "loads.school.profile.file",
        "lies outside the folder",
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
    "metering point of nobody": (
        "metering point of an EMS",
        {"ems": {"school": {"at": "pc"}}},
        "ems.school.at",
        "there is no boundary",
    ),
    "metering point of another kind": (
        "metering point of an EMS",
        {"boundaries": {"pcc": {"kind": "section"}}},
        "ems.school.at",
        "must be a boundary of kind pcc",
    ),
    "metering point twice": (
        "metering point of an EMS",
        {"ems": {"two": {"at": "pcc", "strategies": [{"kind": "export-cap"}]}}},
        "ems.two.at",
        "ems.school acts at this boundary already",
    ),
    "device of a strategy": (
        "devices of an EMS",
        {"ems": {"school": {"strategies": [{"kind": "self-consumption", "device": "batery"}]}}},
        "ems.school.strategies.0.device",
        "there is no device",
    ),
    "device of the cut order": (
        "devices of an EMS",
        {"ems": {"school": {"cut_order": ["rof"]}}},
        "ems.school.cut_order.0",
        "there is no device",
    ),
    "device elsewhere": (
        "devices stand behind the metering point",
        {"devices": {"roof": {"bus": "utility"}}},
        "ems.school.cut_order.1",
        "does not stand behind pcc",
    ),
    "device of another role": (
        "devices fit their strategies",
        {"ems": {"school": {"strategies": [{"kind": "self-consumption", "device": "roof"}]}}},
        "ems.school.strategies.0.device",
        "needs a device of kind battery",
    ),
    "strategy without limit": (
        "limits of strategies",
        {"boundaries": {"pcc": {"export_limit_kw": None}}},
        "ems.school.strategies.0",
        "export-cap has no limit",
    ),
    "strategy without prices": (
        "prices of strategies",
        {
            "devices": {"chp": CHP},
            "ems": {"school": {"strategies": [{"kind": "price-led", "device": "chp"}]}},
        },
        "ems.school.strategies.0",
        "the price of lpg is missing",
    ),
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
    "balancing group of strangers": (
        "members of a balancing group",
        {"balancing": {"retail": {"customers": ["school"], "devices": ["mill"]}}},
        "balancing.retail.devices.0",
        "there is no device of that name",
    ),
    "planned by two groups": (
        "members of a balancing group",
        {"balancing": {"retail": {"customers": ["school"]}, "second": {"customers": ["school"]}}},
        "balancing.second.customers.0",
        "the customer is planned by balancing.retail already",
    ),
    "wheeled from a stranger": (
        "plants of self-wheeling",
        {"customers": WORKS, "self_wheeling": {"far": {"devices": ["mill"], "customer": "works"}}},
        "self_wheeling.far.devices.0",
        "there is no device of that name",
    ),
    "a battery wheels": (
        "plants that generate",
        {"customers": WORKS, "self_wheeling": {"far": {"devices": ["battery"], "customer": "works"}}},
        "self_wheeling.far.devices.0",
        "a battery generates nothing that could be wheeled",
    ),
    "wheeled to a customer of another kind": (
        "customer of self-wheeling",
        {"self_wheeling": {"far": {"devices": ["roof"], "customer": "school"}}},
        "self_wheeling.far.customer",
        "the customer's supply is own",
    ),
    "own supply of a stranger": (
        "plants of own supply",
        {"sections": {"school": {"own_supply": {"devices": ["mill"]}}}},
        "sections.school.own_supply.devices.0",
        "there is no device of that name",
    ),
    "own supply from outside": (
        "own supply stands inside",
        {
            "devices": {"mill": WIND | {"bus": "utility"}},
            "sections": {"school": {"own_supply": {"devices": ["roof", "mill"]}}},
        },
        "sections.school.own_supply.devices.1",
        "stands outside section school, at bus utility",
    ),
    "a customer inside and outside": (
        "customers in one section",
        {"customers": {"school": {"buses": ["school", "utility"]}}},
        "customers.school.buses",
        "school lies in section school, utility lies in no section",
    ),
    "two customers own one load": (
        "loads of customers at one bus",
        {"customers": {"shop": {"buses": ["school"], "supply": "retail", "voltage": "high_voltage"}}},
        "customers.shop.buses",
        "shares bus school with customers.school",
    ),
    "bill of no boundary": (
        "metering point of a settlement",
        BILLED | {"settlement": {"site": {"boundary": "pc"}}},
        "settlement.site.boundary",
        "there is no boundary",
    ),
    "bill of a bank": (
        "metering point of a settlement",
        BILLED | BANK | {"settlement": {"site": {"boundary": "bank"}}},
        "settlement.site.boundary",
        "must be a boundary of kind pcc",
    ),
    "bill of one of two metering points": (
        "metering point of a settlement",
        BILLED | {"boundaries": {"second": {"into": "school", "at": ["switch:breaker@from"], "kind": "pcc"}}},
        "settlement.site",
        "needs boundary",
    ),
    "bill behind two metering points": (
        "own generation behind two metering points",
        TWO_POINTS,
        "settlement.site.boundary",
        "roof give behind pcc and second: what is used at each cannot be told",
    ),
    "bill that does not charge all of its tariff": (
        "tariff of a settlement",
        BILLED
        | {"market": {"currency": "USD", "tariff": {**BILLED["market"]["tariff"], "demand_charge_per_kw_month": 15}}},
        "settlement.site",
        "has demand_charge_per_kw_month, which a net-metering bill does not charge",
    ),
    "bill beyond the prices of its tariff": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2027-04-30T12:00"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "tariff jp-hv-business: no value for 2027-05-01; the last day known is 2027-04-30",
    ),
    "term of a bill that changes nothing": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"power_factor_percent": 90}}},
        "settlement.site.power_factor_percent",
        "has no power-factor clause",
    ),
    "bill without a tariff": (
        "tariff of a settlement",
        {"settlement": {"site": {}}},
        "settlement.site",
        "there is no tariff to bill by",
    ),
    "bill by an unknown tariff": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "jp-hv"}}},
        "settlement.site.tariff",
        "there is no tariff jp-hv",
    ),
    "bill in two currencies": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "kr-2004-residential"}}},
        "settlement.site.tariff",
        "two currencies: tariff kr-2004-residential is in KRW, the market in JPY",
    ),
    "bill in another zone": (
        "tariff of a settlement",
        BILLED | {"time": {"timezone": "Asia/Seoul"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "is meant in Asia/Tokyo, the study runs in Asia/Seoul",
    ),
    "bill of a month without rates": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2019-09-30T12:00"}, "settlement": {"site": {"tariff": "jp-hv-business"}}},
        "settlement.site.tariff",
        "tariff jp-hv-business has no rates for 2019-09-01",
    ),
    "Japanese bill by net metering": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"surplus": "roll"}}},
        "settlement.site.surplus",
        "makes a Japanese bill, which has no surplus",
    ),
    "net metering with a contract power": (
        "tariff of a settlement",
        {
            "time": {"timezone": "Asia/Seoul"},
            "settlement": {"site": {"tariff": "kr-2004-residential", "contract_kw": 50}},
        },
        "settlement.site.contract_kw",
        "makes a net-metering bill, which has no contract_kw",
    ),
    "Japanese bill of whole hours": (
        "tariff of a settlement",
        BILLED | {"time": {"step": "PT1H"}},
        "settlement.site",
        "needs steps of 30 min or less",
    ),
    "Japanese bill of a quarter hour": (
        "tariff of a settlement",
        BILLED | {"time": {"start": "2020-04-20T00:15"}},
        "settlement.site",
        "needs a run that begins and ends at :00 or :30",
    ),
    "forms without a market": (
        "supply forms of a settlement",
        BILLED | {"settlement": {"site": {"forms": FORMS}}},
        "settlement.site.forms",
        "needs market.spot",
    ),
    "forms with a tariff of nobody": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"retail": RETAIL | {"shop": "jp-lv-lighting"}}}}},
        "settlement.site.forms.retail.shop",
        "there is no customer of that name",
    ),
    "forms without a customer's tariff": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"wheeling": {}}}}},
        "settlement.site.forms.wheeling",
        "no tariff for school",
    ),
    "forms with contracts of nobody": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"contracts": {"shop": 3}}}}},
        "settlement.site.forms.contracts.shop",
        "there is no customer of that name",
    ),
    "forms with a tariff by kVA and no contract": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"retail": "jp-lv-lighting"}}}},
        "settlement.site.forms.retail",
        "the tariff of school charges the kVA of a contract",
    ),
    "bill by kVA without a contract": (
        "tariff of a settlement",
        BILLED | {"settlement": {"site": {"tariff": "jp-lv-lighting"}}},
        "settlement.site",
        "charges the kVA of a contract, which no meter shows",
    ),
    "forms in two currencies": (
        "supply forms of a settlement",
        SPOT | {"settlement": {"site": {"forms": FORMS | {"upstream": "kr-2004-residential"}}}},
        "settlement.site.forms.upstream",
        "two currencies",
    ),
    "EMS and bill in two currencies": (
        "prices",
        {"market": {"currency": "JPY", "tariff": "kr-2004-residential"}},
        "market.tariff",
        "two currencies",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_trips_at_the_right_place(study, name):
    rule, over, path, message = CASES[name]
    study.write(over)
    view = View(take_apart(read_document(find_source("case.cosim.yaml")).resolved()))
    found, skipped = judge(view, [known for known in RULES if known.name == rule])
    assert view.parts.problems == []
    assert {problem.path for problem in found} == {path}
    assert any(message in problem.message for problem in found)
    assert found[0].line
    assert found[0].column
    assert skipped == []


def test_every_rule_has_a_case_that_trips_it():
    assert {case[0] for case in CASES.values()} == {rule.name for rule in RULES}


def test_what_depends_on_a_broken_value_is_skipped_by_name(study):
    report = study({"time": {"step": "often"}, "devices": {"roof": {"bus": "nowhere"}}})
    assert {problem.path for problem in report.problems} == {"time.step", "devices.roof.bus"}
    assert ("profile of a load", "loads.school", "time is wrong") in {
        (skip.rule, skip.entry, skip.because) for skip in report.skipped
    }
    assert "not checked: step fits the run, because time is wrong" in {str(skip) for skip in report.skipped}


def test_one_broken_device_does_not_hide_another(study):
    report = study({"devices": {"roof": {"power_kw": "x"}, "battery": {"bus": "nowhere"}}})
    assert {problem.path for problem in report.problems} == {"devices.roof.power_kw", "devices.battery.bus"}


def test_two_mistakes_of_one_device_are_both_told(study):
    report = study({"devices": {"battery": {"bus": "nowhere", "soc_min": 0.95}}})
    assert {problem.path for problem in report.problems} >= {"devices.battery.bus"}
    assert len(report.problems) == 2


def test_a_broken_network_skips_what_needs_its_topology(study):
    report = study({"grid": {"tables": {"lines": {"cable": {"to": "nowhere"}}}}})
    assert "sections are cut out" in {skip.rule for skip in report.skipped}
    assert "bus of a device" not in {skip.rule for skip in report.skipped}  # names are known from the tables


def relay(kind: str, **normal) -> dict:
    where = {} if "power" not in kind else {"at": "pcc"}
    return {"relays": {"relay": {"kind": kind, "trips": ["roof"], "normal": normal} | where}}


@pytest.mark.parametrize(
    ("over", "path", "message"),
    [
        (relay("reverse-power", delay_s=200000), "relays.relay.normal.delay_s", "must be at most 3600 s"),
        (relay("over-voltage", delay_s=3601), "relays.relay.normal.delay_s", "must be at most 3600 s"),
        (relay("under-power", setting_percent=300), "relays.relay.normal.setting_percent", "must be at most 100 %"),
        (relay("reverse-power", setting_percent=500), "relays.relay.normal.setting_percent", "must be at most 100 %"),
        (
            {"limits": {"short_time_percent": {"line:cable": 1.5}}},
            "limits.short_time_percent.line:cable",
            "must be at least 100",
        ),
    ],
)
def test_a_slip_of_the_unit_is_told(study, over, path, message):
    (problem,) = study(over).problems
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize(
    "over",
    [
        relay("over-frequency", setting_hz=65.9),
        relay("under-frequency", setting_hz=54.1),
        relay("reverse-power", setting_kw=100),
        relay("reverse-power", setting_kw=110) | {"boundaries": {"pcc": {"export_limit_kw": 100}}},
        relay("under-power", setting_kw=200),  # of what it trips 100 kW: its setting is a share of the contract
        {"boundaries": {"pcc": {"contract_kw": 1999}}},
        {"devices": {"wind": WIND | {"scheme": "fit"}, "roof": {"scheme": "fip"}}},
    ],
)
def test_what_lies_within_reach_is_no_slip(study, over):
    report = study(over)
    assert report.problems == ()
    assert report.warnings == ()


def test_a_contract_beyond_its_voltage_is_a_warning(study):
    report = study({"boundaries": {"pcc": {"contract_kw": 2000}}})
    assert report.problems == ()
    assert [warning.path for warning in report.warnings] == ["boundaries.pcc.contract_kw"]


class TestVariants:
    def test_problems_of_a_variant_name_it_once_and_stand_where_it_is_written(self, study):
        report = study({"variants": {"dark": {"devices": {"roof": {"tilt_deg": 200}}}, "fine": {"name": None}}})
        told = [problem for problem in report.problems if "tilt_deg" in problem.path]
        (problem,) = told
        assert problem.message == "variant dark: must be at most 90 deg"
        assert problem.file == "case.cosim.yaml"

    def test_problems_of_the_file_are_not_repeated_for_its_variants(self, study):
        report = study({"devices": {"roof": {"tilt_deg": 200}}, "variants": {"long": {"time": {"duration": "P2D"}}}})
        assert len(report.problems) == 1


class TestShortenedRuns:
    def test_what_a_shortened_run_leaves_out_is_a_note(self, study):
        report = study({"expect": {"figures": {"boundary:pcc.export_mwh": {"max": 0}}}}, sets=["time.duration=PT2H"])
        assert report.problems == ()
        assert any("event outage" in note for note in report.notes)
        assert any("expect" in note for note in report.notes)

    def test_an_event_that_is_cut_is_a_note(self, study):
        report = study({}, sets=["time.duration=PT10H30M"])
        assert report.problems == ()
        assert report.notes == ("event outage lasts beyond the end of the shortened run",)


class TestLoading:
    def test_a_good_study_loads_with_absolute_files_and_places(self, study, tmp_path):
        (tmp_path / "data.csv").write_text("time,kw\n" + "".join(f"2020-04-{20 + d}T00:00,5\n" for d in range(3)))
        study({"loads": {"school": {"profile": {"kind": "csv", "file": "data.csv", "value": None}}}})
        loaded = load_scenario("case.cosim.yaml")
        assert loaded.resolve_path(loaded.scenario.loads["school"].profile.file) == (tmp_path / "data.csv").resolve()
        assert loaded.data["loads"]["school"]["profile"]["file"] == "data.csv"
        assert loaded.place(("devices", "roof", "power_kw")).source.shown == "base.cosim.yaml"
        assert loaded.scenario.devices["roof"].placed == ("school",)

    def test_all_problems_are_raised_at_once(self, study):
        study({"devices": {"roof": {"tilt_deg": 200}, "battery": {"power_kw": -1}}})
        with pytest.raises(InputError) as caught:
            load_scenario("case.cosim.yaml")
        assert len(caught.value.problems) == 2

    def test_an_abstract_study_is_valid_without_what_others_add_and_never_runs(self, study):
        report = study({"abstract": True, "time": None})
        assert report.problems == ()
        with pytest.raises(UsageError, match="abstract"):
            load_scenario("case.cosim.yaml")

    def test_only_an_unknown_file_is_an_error_of_usage(self, tmp_path):
        with pytest.raises(UsageError):
            validate_file(tmp_path / "no.cosim.yaml")
