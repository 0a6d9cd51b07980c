"""Relays in whole runs: the right one trips in the right step, its device is off from the next, and the books close."""

import copy

import pytest
import yaml

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario

# a factory of 80 kW behind one metering point; its PV passes it at noon (planner.md 1.7)
LINE = {"length_km": 1, "r_ohm_per_km": 0.4, "x_ohm_per_km": 0.12, "max_i_ka": 0.2}
SITE = {
    "name": "site",
    "time": {"start": "2020-06-01T10:00", "duration": "PT4H", "step": "PT15M", "timezone": "Asia/Tokyo"},
    "grid": {"tables": {
        "frequency_hz": 60,
        "buses": {name: {"vn_kv": 6.6} for name in ("utility", "pcc", "site")},
        "sources": {"utility": {"bus": "utility"}},
        "switches": {"breaker": {"bus": "utility", "to_bus": "pcc"}},
        "lines": {"cable": {"from": "pcc", "to": "site", **LINE}},
    }},
    "sections": {"site": {"contains": ["site"], "wires": "premises", "owner": "factory"}},
    "boundaries": {"pcc": {"into": "site", "at": ["switch:breaker@from"], "kind": "pcc", "contract_kw": 200,
                           "export_limit_kw": 0}},
    "customers": {"factory": {"buses": ["site"], "supply": "own", "voltage": "high_voltage"}},
    "loads": {"factory": {"bus": "site", "profile": {"kind": "constant", "value": 80, "unit": "kW"}}},
    "devices": {"pv": {"kind": "generation", "bus": "site", "power_kw": 120, "profile": {
        "kind": "daily", "unit": "kW", "days": {"any": {"00:00": 60, "12:00": 100, "13:00": 60}}}}},
    "relays": {"rpr": {"kind": "reverse-power", "at": "pcc", "trips": ["pv"]}},
}  # fmt: skip
CAP = {"site": {"at": "pcc", "strategies": [{"kind": "export-cap"}]}}
BALANCES = ("balance.residual_mw", "balance.available_residual_mw", "balance.demand_residual_mw")


def laid(base, over):
    """Mappings deep, `None` deletes."""
    made = copy.deepcopy(base)
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(made.get(key), dict):
            made[key] = laid(made[key], value)
        else:
            made[key] = value
    return made


def pv(**kw_from):
    """`devices` with the PV's output in kW from a time on."""
    days = {f"{hour[1:3]}:{hour[3:]}": kw for hour, kw in kw_from.items()}
    return {"pv": {"profile": {"days": {"any": {"12:00": None, "13:00": None} | {"00:00": 60} | days}}}}


@pytest.fixture
def run(tmp_path):
    """`run(key=value, ...)` -> the folder of the site with these keys laid over it."""

    def finished(**over):
        number = len(list(tmp_path.iterdir()))
        path = tmp_path / f"site-{number}.cosim.yaml"
        path.write_text(yaml.safe_dump(without_nulls(laid(SITE, over))), encoding="utf-8")
        options = RunOptions(quiet=True, report=False, members=over.get("ensemble", {}).get("members"))
        loaded = load_scenario(path)
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        execute(loaded, build(loaded, options), folder, options)
        return RunFolder(folder)

    return finished


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


def figure(folder, key):
    return folder.summary()["figures"][key]["value"]


def trips(folder):
    """(relay, HH:MM of the step that was beyond the setting) of every `relay-trip`, by its worst step."""
    found = [each for each in folder.findings() if each["rule"] == "relay-trip"]
    return [(each["subject"], each["worst_at"][11:16], each["windows"]) for each in found]


def rules(folder):
    return {each["rule"] for each in folder.findings()}


def told(folder, actor="relay:rpr"):
    """(HH:MM, action, subject) of what a relay did."""
    events = [each for each in folder.events() if each["actor"] == actor]
    return [(each["time"][11:16], each["action"], each["subject"]) for each in events]


def power(folder, device="pv"):
    """HH:MM -> kW the device really gave."""
    table = folder.series("device").to_pandas()
    local = table["time"].dt.tz_convert("Asia/Tokyo").dt.strftime("%H:%M")
    return dict(zip(local, table[f"p_mw|{device}"] * 1e3, strict=True))


def test_a_no_export_site_loses_its_generator_by_the_right_relay_in_the_right_step(run):
    folder = run(relays={"upr": {"kind": "under-power", "at": "pcc", "trips": ["pv"], "normal": {"setting_kw": 0}}})
    # 12:00 is the first step that exports; both relays see it, both setting and finding are told apart
    assert [(subject, at) for subject, at, _ in trips(folder)] == [("relay:rpr", "12:00"), ("relay:upr", "12:00")]
    assert told(folder)[:2] == [("12:15", "trip", "device:pv"), ("12:30", "reclose", "device:pv")]
    given = power(folder)
    assert [given[at] for at in ("11:45", "12:00", "12:15", "12:30")] == pytest.approx([60, 100, 0, 100])
    assert {"no-export", "relay-trip", "min-import"} <= rules(folder)
    finding = next(each for each in folder.findings() if each["id"] == "relay-trip|relay:rpr")
    # 5 % of 120 kW; 100 - 80 kW and the losses of the cable
    assert finding["limit"] == pytest.approx(6.0)
    assert finding["value"] == pytest.approx(20.0, abs=0.05)
    assert finding["margin"] == pytest.approx(6.0 - finding["value"])
    assert (finding["severity"], finding["unit"], finding["quantity"]) == ("violation", "kW", "export_kw")
    assert finding["section"] == "site"


def test_the_cap_with_minimum_import_prevents_it(run):
    folder = run(ems=CAP)
    assert rules(folder).isdisjoint({"relay-trip", "no-export", "min-import"})
    # nobody states a minimum import: the relay's setting is one
    assert power(folder)["12:00"] == pytest.approx(74.0, abs=0.01)
    assert figure(folder, "device:pv.curtailed_export_mwh") == pytest.approx(0.026, rel=1e-3)
    assert figure(folder, "device:pv.curtailed_relay_mwh") == 0


def test_an_under_power_relay_trips_while_the_site_still_imports(run):
    upr = {"kind": "under-power", "at": "pcc", "trips": ["pv"]}
    folder = run(relays={"upr": upr}, devices=pv(h1200=77, h1215=60))
    assert trips(folder) == [("relay:upr", "12:00", 1)]
    assert "no-export" not in rules(folder)
    finding = next(each for each in folder.findings() if each["rule"] == "relay-trip")
    assert finding["limit"] == pytest.approx(6.0)  # 3 % of the 200 kW contract
    assert 0 < finding["value"] < 6.0
    assert finding["margin"] < 0
    assert figure(folder, "boundary:pcc.export_mwh") == 0


def test_a_pv_that_sleeps_is_not_tripped_for_a_small_load(run):
    upr = {"kind": "under-power", "at": "pcc", "trips": ["pv"], "normal": {"setting_kw": 100}}
    night = {"pv": {"profile": {"days": {"any": {"00:00": 0, "12:00": None, "13:00": None}}}}}
    assert trips(run(relays={"upr": upr}, devices=night)) == []


def test_energy_books_close_with_a_trip(run):
    folder = run()
    assert all(figure(folder, key) < 1e-9 for key in BALANCES)
    available = figure(folder, "device:pv.available_mwh")
    given, cut = figure(folder, "device:pv.generation_mwh"), figure(folder, "device:pv.curtailed_relay_mwh")
    assert cut == pytest.approx(2 * 0.1 / 4)  # two quarter hours of 100 kW
    assert given + cut == pytest.approx(available)
    assert (figure(folder, "relay:rpr.trips"), figure(folder, "relay:rpr.open_h")) == (2, 0.5)


@pytest.mark.parametrize(
    ("step", "until", "off"),
    [("PT1M", "h1201", ["12:01", "12:02", "12:03", "12:04", "12:05"]), ("PT15M", "h1215", ["12:15"])],
)
def test_the_wait_of_300_seconds_lasts_whole_steps(run, step, until, off):
    time = {"step": step, "start": "2020-06-01T11:45", "duration": "PT45M"}
    folder = run(time=time, devices=pv(h1200=100, **{until: 60}))
    assert [at for at, kw in power(folder).items() if kw == 0] == off
    minutes_off = len(off) * {"PT1M": 1, "PT15M": 15}[step]
    assert figure(folder, "relay:rpr.open_h") == pytest.approx(minutes_off / 60)


def test_a_relay_that_is_reset_by_hand_leaves_its_device_off(run):
    folder = run(relays={"rpr": {"reconnect": "manual"}})
    assert told(folder) == [("12:15", "trip", "device:pv")]
    given = power(folder)
    assert [kw for at, kw in given.items() if at >= "12:15"] == [0.0] * 7


def test_of_two_members_only_the_one_that_exports_trips(run):
    vary = {"loads.factory.profile.scale": {"dist": "list", "values": [1.0, 1.5]}}
    folder = run(ensemble={"members": 2, "vary": vary})
    finding = next(each for each in folder.findings() if each["rule"] == "relay-trip")
    assert (finding["members"], finding["worst_member"], finding["member_share"]) == (1, 0, 0.5)
    assert {each["member"] for each in folder.events() if each["actor"] == "relay:rpr"} == {0}
    assert folder.summary()["figures"]["relay:rpr.trips"]["min"] == 0
    assert all(folder.summary()["figures"][key]["max"] < 1e-9 for key in BALANCES)


def test_a_default_setting_follows_the_rating_that_a_member_drew(run):
    vary = {"devices.pv.power_kw": {"dist": "list", "values": [120.0, 500.0]}}
    folder = run(ensemble={"members": 2, "vary": vary})  # 6 kW trips, 25 kW does not
    assert {each["member"] for each in folder.events() if each["actor"] == "relay:rpr"} == {0}


@pytest.mark.parametrize(("tap_kv", "tripped"), [(6.3, True), (6.75, False)])
def test_an_over_voltage_relay_trips_on_a_high_tap(run, tap_kv, tripped):
    # 6,996 V on the tap of 6,300 V is 233 V = 116.6 % of 200 V, yet only 1.11 pu of the base of 210 V
    trafo = {"hv": "site", "lv": "low", "sn_kva": 300, "vn_hv_kv": tap_kv, "vn_lv_kv": 0.21, "vk_percent": 4.0,
             "vkr_percent": 1.2, "pfe_kw": 0.5, "i0_percent": 0.3, "shift_degree": 30}  # fmt: skip
    tables = {"buses": {"low": {"vn_kv": 0.21}}, "trafos": {"pole": trafo}, "sources": {"utility": {"vm_pu": 1.06}}}
    folder = run(grid={"tables": tables}, devices={"pv": {"bus": "low"}},
                 relays={"rpr": None, "ovr": {"kind": "over-voltage", "trips": ["pv"]}})  # fmt: skip
    assert bool(trips(folder)) is tripped
    given = power(folder)
    assert [given[at] for at in ("10:00", "10:15")] == pytest.approx([60, 0 if tripped else 60])
    if tripped:
        finding = next(each for each in folder.findings() if each["rule"] == "relay-trip")
        assert finding["limit"] == pytest.approx(115.0)
        assert finding["value"] == pytest.approx(116.6, abs=0.3)
        assert [kw for at, kw in given.items() if at >= "10:15"] == [0.0] * 15  # never healthy again


@pytest.mark.parametrize(("hz", "relay"), [(61.5, "ofr"), (58.5, "ufr"), (60.5, "")])
def test_a_frequency_relay_follows_the_source(run, hz, relay):
    event = {"kind": "source-frequency", "subject": "source:utility", "at": "PT1H", "duration": "PT30M", "value_hz": hz}
    relays = {"rpr": None, "ofr": {"kind": "over-frequency", "trips": ["pv"]},
              "ufr": {"kind": "under-frequency", "trips": ["pv"]}}  # fmt: skip
    folder = run(relays=relays, events={"drift": event})
    assert [subject for subject, _, _ in trips(folder)] == ([f"relay:{relay}"] if relay else [])
    if relay:
        # beyond 11:00-11:30, then a quarter hour of health
        acted = [(at, action) for at, action, _ in told(folder, f"relay:{relay}")]
        assert acted == [("11:15", "trip"), ("11:45", "reclose")]


def test_an_outage_opens_the_under_voltage_relay_and_is_no_trip_of_its_own(run):
    outage = {"kind": "source-off", "subject": "source:utility", "at": "PT1H", "duration": "PT30M"}
    folder = run(relays={"rpr": None, "uvr": {"kind": "under-voltage", "trips": ["pv"]}}, events={"dark": outage})
    assert trips(folder) == []
    assert told(folder, "relay:uvr") == [("11:15", "trip", "device:pv"), ("11:45", "reclose", "device:pv")]
    given = power(folder)  # the grid is back at 11:30, the PCS waits 300 s
    assert [given[at] for at in ("10:45", "11:00", "11:15", "11:30", "11:45")] == pytest.approx([60, 0, 0, 0, 60])


def test_only_the_units_at_the_bus_that_is_too_high_are_tripped(run):
    tables = {"buses": {"far": {"vn_kv": 6.6}},
              "lines": {"long": {"from": "site", "to": "far", "length_km": 60, **{k: v for k, v in LINE.items()
                                                                               if k != "length_km"}}}}  # fmt: skip
    devices = laid(pv(h1200=400), {"pv": {"bus": None, "buses": ["site", "far"], "power_kw": 500}})
    boundary = {"pcc": {"export_limit_kw": None}}
    relays = {"rpr": None, "ovr": {"kind": "over-voltage", "trips": ["pv"]}}
    folder = run(grid={"tables": tables}, devices=devices, relays=relays, boundaries=boundary,
                 limits={"line_loading_percent": 1000, "voltage": {"default_upper_pu": 2.0}})  # fmt: skip
    assert {subject for _, _, subject in told(folder, "relay:ovr")} == {"device:pv[1]"}
    assert min(power(folder, "pv[0]").values()) > 0


def test_an_inverter_behind_an_open_breaker_gives_no_reactive_power(run):
    event = {"kind": "source-frequency", "subject": "source:utility", "at": "PT1H", "value_hz": 62}
    folder = run(relays={"rpr": None, "ofr": {"kind": "over-frequency", "trips": ["pv"]}}, events={"drift": event},
                 devices={"pv": {"voltage_control": {"kind": "volt_var_watt", "volt_var": "category_b"}}},
                 grid={"tables": {"sources": {"utility": {"vm_pu": 1.05}}}})  # fmt: skip
    table = folder.series("device").to_pandas()
    q = table["q_mvar|pv"].to_numpy()
    assert (q[:5] < 0).all()
    assert (q[5:] == 0).all()
    assert all(figure(folder, key) < 1e-9 for key in BALANCES)


def test_the_ems_does_not_count_on_what_a_relay_keeps_off(run):
    event = {"kind": "source-frequency", "subject": "source:utility", "at": "PT1H", "value_hz": 62}
    battery = {"kind": "battery", "bus": "site", "power_kw": 100, "capacity_kwh": 1000}
    strategies = [{"kind": "export-cap"}, {"kind": "self-consumption", "device": "battery"}]
    folder = run(relays={"ofr": {"kind": "over-frequency", "trips": ["pv"]}}, events={"drift": event},
                 devices={"battery": battery}, ems={"site": {"at": "pcc", "strategies": strategies}})  # fmt: skip
    stored, given = power(folder, "battery"), power(folder)
    assert [given[at] for at in ("10:45", "11:00", "11:15", "13:45")] == pytest.approx([60, 60, 0, 0])
    # 80 kW less 6 kW of minimum import: from PV and battery together, then from the battery alone, in that very step
    assert [stored[at] for at in ("11:00", "11:15", "11:30")] == pytest.approx([14, 74, 74], abs=0.1)
    assert folder.series("device").to_pandas()["p_set_mw|pv"].notna().all()
    assert figure(folder, "device:pv.curtailed_relay_mwh") == pytest.approx(
        figure(folder, "device:pv.available_mwh") - figure(folder, "device:pv.generation_mwh")
    )
    assert all(figure(folder, key) < 1e-9 for key in BALANCES)


def test_intra_step_swings_show_the_risk_that_means_hide(run):
    quiet = run(ems=CAP)
    swinging = run(ems=CAP, limits={"intra_step_kw": 3})
    assert "min-import" not in rules(quiet)
    finding = next(each for each in swinging.findings() if each["rule"] == "min-import")
    assert (finding["limit"], finding["severity"]) == (9.0, "information")
    assert "relay-trip" not in rules(swinging)


def test_a_tripped_engine_is_reset_by_hand_and_the_boiler_makes_its_heat(tmp_path):
    upr = "relays={upr: {kind: under-power, at: welfare-pcc, trips: [baths], normal: {setting_kw: 40}}}"
    loaded = load_scenario("hioki", variant="winter-open", sets=(upr, "time.duration=P1D", "expect=null"))
    options = RunOptions(quiet=True, report=False)
    execute(loaded, build(loaded, options), tmp_path, options)
    folder = RunFolder(tmp_path)
    assert trips(folder)[0][:2] == ("relay:upr", "06:00")
    assert [each[:2] for each in told(folder, "relay:upr")] == [("06:15", "trip")]
    table = folder.series("device").to_pandas()
    engines = table[[f"p_mw|baths[{engine}]" for engine in range(4)]].sum(axis=1)
    boiler = table["heat_boiler_mw|baths"]
    on = table["on|baths[0]"]
    begin = 6 * 4
    assert engines[begin] > 0
    assert (engines[begin + 1 :] == 0).all()
    assert (on[begin + 2 :] == 0).all()  # it learns of its open breaker one step later, and is not started again
    assert boiler[begin + 1 :].sum() > 0
    assert all(figure(folder, key) < 1e-9 for key in (*BALANCES, "balance.heat_residual_mw"))
    assert figure(folder, "relay:upr.open_h") == 24 - 6.25
