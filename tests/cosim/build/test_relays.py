"""Relays of a scenario: default settings, what a percentage is of, which breaker is whose, the margin they ask for."""

import numpy as np
import pytest

from cosim.errors import InputError
from cosim.limits.limit import Quantity
from cosim.scenario.validation import validate_file
from tests.cosim.build.conftest import members

TOWN = """
name: town
time: { start: 2020-04-18T00:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo }
location: { latitude_deg: 34.8, longitude_deg: 130.4 }
grid:
  tables:
    frequency_hz: 60
    buses: { utility: { vn_kv: 6.6 }, pcc: { vn_kv: 6.6 }, town: { vn_kv: 6.6 }, tie: { vn_kv: 6.6 } }
    sources: { utility: { bus: utility } }
    switches: { breaker: { bus: utility, to_bus: pcc } }
    lines:
      cable: &cable { from: pcc, to: town, length_km: 1, r_ohm_per_km: 0.4, x_ohm_per_km: 0.12, max_i_ka: 0.2 }
      spur: { <<: *cable, to: tie }
sections: { town: { contains: [town], wires: private_line, operator: town } }
boundaries: { pcc: { into: town, at: ["switch:breaker@from"], kind: pcc, contract_kw: 200, export_limit_kw: 0 } }
devices:
  roof: { kind: pv, bus: town, count: 3, power_kw: 20, pcs_kva: 18 }
  yard: { kind: generation, bus: town, power_kw: 50, profile: { kind: constant, value: 0.4, unit: pu } }
  mill: { kind: generation, bus: tie, power_kw: 30, profile: { kind: constant, value: 0.4, unit: pu } }
  baths:
    kind: heat-plant
    bus: town
    power_kw: 25
    fuel: lpg
    tank_m3: 6
    boiler_kw: 100
    heat_demand: { kind: constant, value: 10, unit: kW }
  battery: { kind: battery, bus: town, power_kw: 50, capacity_kwh: 100 }
weather: { kind: synthetic, seed: 1 }
ems: { town: { at: pcc, strategies: [{ kind: export-cap }] } }
"""

RPR = "{kind: reverse-power, at: pcc, trips: [yard]}"
UPR = "{kind: under-power, at: pcc, trips: [yard]}"


def study(town, *sets, relays=None, vary=None, count=None, text=TOWN):
    given = f"relays={{{', '.join(f'{name}: {relay}' for name, relay in (relays or {}).items())}}}"
    return members(town(vary, given, *sets, text=text), count)


def said(made, name):
    return next(relay.said for relay in made.protection.relays if relay.name == name)


def judged_kw(made):
    """Minimum import that the finding `min-import` is about; None = none."""
    found = [limit for limit in made.limits if limit.quantity is Quantity.NET_IMPORT_KW]
    return found[0].bounds.lower if found else None


def test_no_relays_no_protection(town):
    made = members(town())
    assert made.protection is None
    assert made.layout.relays == ()
    assert judged_kw(made) is None


SAID = (
    (RPR, "reverse-power at pcc, 2.5 kW for 1 s, trips yard, closes after 300 s"),
    # 3 PCS of 18 kVA each, not their arrays of 20 kW
    ("{kind: reverse-power, at: pcc, trips: [roof, battery]}", "5.2 kW"),
    ("{kind: reverse-power, at: pcc, trips: [yard], normal: {setting_kw: 4, delay_s: 0.2}}", "4 kW for 0.2 s"),
    (UPR, "under-power at pcc, 6 kW for 1 s"),
    ("{kind: under-power, at: pcc, trips: [yard], normal: {setting_percent: 2}}", "4 kW"),
    ("{kind: over-voltage, trips: [yard]}", "over-voltage, 115 % for 1 s"),
    ("{kind: under-voltage, at: pcc, trips: [yard]}", "under-voltage at pcc, 80 % for 1 s"),
    ("{kind: over-frequency, trips: [yard]}", "61.2 Hz for 1 s"),
    ("{kind: under-frequency, trips: [yard]}", "58.8 Hz for 1 s"),
    ("{kind: under-frequency, trips: [yard], normal: {blocked: true}}", "under-frequency, blocked"),
    ("{kind: under-power, at: pcc, trips: [yard, baths]}", "closes by hand"),  # an engine among them
    ("{kind: under-power, at: pcc, trips: [baths], reconnect: 150}", "closes after 150 s"),
    ("{kind: under-power, at: pcc, trips: [yard], reconnect: manual}", "closes by hand"),
)


def test_settings_and_waits_are_those_of_facts_2_5_unless_given(town):
    made = study(town, relays={f"r{at}": relay for at, (relay, _) in enumerate(SAID)})
    for at, (_, text) in enumerate(SAID):
        assert text in said(made, f"r{at}")
        assert made.provenance[f"relay:r{at}"] == said(made, f"r{at}")


def test_at_50_hz_the_frequency_settings_are_those_of_50_hz(town):
    relays = {"o": "{kind: over-frequency, trips: [yard]}", "u": "{kind: under-frequency, trips: [yard]}"}
    made = study(town, relays=relays, text=TOWN.replace("frequency_hz: 60", "frequency_hz: 50"))
    assert "51 Hz" in said(made, "o")
    assert "48.5 Hz" in said(made, "u")


def test_at_another_frequency_there_is_no_default(tmp_path):
    import pandapower as pp

    net = pp.create_empty_network(f_hz=25.0)
    pp.create_ext_grid(net, pp.create_bus(net, 6.6, name="one"), name="utility")
    pp.to_json(net, str(tmp_path / "net.json"))
    text = """
name: other
time: { start: 2020-04-18T00:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo }
grid: { pandapower: net.json }
devices: { mill: { kind: generation, bus: one, power_kw: 30, profile: { kind: constant, value: 0.4, unit: pu } } }
relays:
  o: { kind: over-frequency, trips: [mill] }
  p: { kind: over-frequency, trips: [mill], normal: { setting_hz: 26 } }
"""
    (tmp_path / "other.cosim.yaml").write_text(text, encoding="utf-8")
    said = [str(one) for one in validate_file(tmp_path / "other.cosim.yaml").problems]
    assert len(said) == 1
    assert "relays.o" in said[0]
    assert "there is no default in a network of 25 Hz" in said[0]


def test_a_relay_without_a_place_stands_at_every_bus_of_its_units(town):
    both = "devices.yard.bus=null", "devices.yard.buses=[town, town]"
    made = study(town, *both, relays={"v": "{kind: over-voltage, trips: [mill, yard]}"})
    (relay,) = made.protection.relays
    assert len(relay.points) == 2  # the bus of the mill, and the bus of both units of the yard
    assert relay.opens == (("device:mill", 0), ("device:yard", 1))
    at_one_bus = study(town, relays={"v": "{kind: over-voltage, at: town, trips: [mill, yard]}"})
    assert len(at_one_bus.protection.relays[0].points) == 1


def test_units_at_several_buses_are_told_apart(town):
    split = "devices.yard.bus=null", "devices.yard.buses=[town, tie, town]"
    made = study(town, *split, relays={"v": "{kind: over-voltage, trips: [yard]}"})
    assert made.protection.relays[0].opens == (("device:yard[0]", 0), ("device:yard[1]", 1), ("device:yard[2]", 0))


def test_only_what_a_relay_can_take_off_is_protected(town):
    made = study(town, relays={"r": RPR})
    yard = next(device for device in made.devices if device.name == "yard")
    assert np.flatnonzero(made.protection.protects).tolist() == list(yard.points)
    assert made.protection.relays[0].section == "town"
    outside = study(town, "devices.mill.bus=utility", relays={"v": "{kind: over-voltage, trips: [yard, mill]}"})
    assert outside.protection.relays[0].section == ""  # the mill stands outside


@pytest.mark.parametrize(
    ("sets", "relays", "kw"),
    [
        ((), {"r": RPR}, 2.5),
        ((), {"r": RPR, "u": UPR}, 6.0),
        ((), {"r": RPR, "u": UPR.replace("[yard]", "[yard], normal: {blocked: true}")}, 2.5),
        (("boundaries.pcc.min_import_kw=1",), {"r": RPR, "u": UPR}, 1.0),
        (("boundaries.pcc.min_import_kw=0",), {"r": RPR, "u": UPR}, 0.0),
        (
            ("boundaries.pcc.export_limit_kw=100",),
            {"r": RPR.replace("[yard]", "[yard], normal: {setting_kw: 110}")},
            None,
        ),
        (("boundaries.pcc.export_limit_kw=null",), {"u": UPR}, 6.0),
        (("limits.intra_step_kw=4",), {"u": UPR}, 10.0),
        (("limits.intra_step_kw=4", "boundaries.pcc.min_import_kw=1"), {"u": UPR}, 5.0),
        (("limits.intra_step_kw=4",), {"v": "{kind: over-voltage, trips: [yard]}"}, None),
    ],
)
def test_the_larger_setting_is_the_minimum_import_where_none_is_given(town, sets, relays, kw):
    made = study(town, *sets, relays=relays)
    assert judged_kw(made) == kw


def cap_mw(made):
    (scope,) = made.scopes
    return next(one.limit_mw for one in scope.strategies if one.name == "export-cap").tolist()


def test_the_export_cap_keeps_the_margin_of_the_relays(town):
    assert cap_mw(study(town, relays={"r": RPR, "u": UPR})) == [-0.006]
    # what a mean hides is judged; what the cap keeps is what was asked for
    assert cap_mw(study(town, "limits.intra_step_kw=4", relays={"u": UPR})) == [-0.006]
    # a relay is a limit by itself
    assert cap_mw(study(town, "boundaries.pcc.export_limit_kw=null", relays={"u": UPR})) == [-0.006]


def test_without_relay_or_limit_the_export_cap_is_still_refused(town):
    for relays in ({}, {"u": UPR.replace("[yard]", "[yard], normal: {blocked: true}")}):
        with pytest.raises(InputError, match="export-cap has no limit"):
            study(town, "boundaries.pcc.export_limit_kw=null", relays=relays)


def test_settings_vary_between_members_and_the_widest_margin_counts(town):
    vary = {"relays.u.normal.setting_percent": {"dist": "list", "values": [3.0, 4.0]}}
    made = study(town, relays={"u": UPR}, vary=vary, count=2)
    assert "6 to 8 kW" in said(made, "u")
    assert judged_kw(made) == 8.0


def test_nobody_reads_a_frequency_event_without_a_frequency_relay(tmp_path):
    event = "events: {drift: {kind: source-frequency, subject: 'source:utility', at: PT30M, value_hz: 61}}\n"
    file = tmp_path / "town.cosim.yaml"
    file.write_text(TOWN + event, encoding="utf-8")
    report = validate_file(file)
    assert [str(one) for one in report.problems] == []
    assert any("nothing reads the frequency" in str(one) for one in report.warnings)
    file.write_text(TOWN + event + "relays: {o: {kind: over-frequency, trips: [yard]}}\n", encoding="utf-8")
    assert not any("frequency" in str(one) for one in validate_file(file).warnings)
