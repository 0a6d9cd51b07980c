"""From `voltage_control`, `svc` and `grid.regulators` to what regulates: refusals, members, network units."""

import numpy as np
import pytest

from cosim.errors import InputError
from cosim.run import RunOptions, build
from cosim.scenario.validation import load_scenario
from simulators.ports import P_AVAILABLE

HEAD = "name: s\ntime: {start: 2019-05-01T10:00, duration: PT1H, step: PT30M, timezone: Asia/Tokyo}\n"


def study(tmp_path, text, **options):
    file = tmp_path / "s.cosim.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return build(load_scenario(str(file)), RunOptions(**options))


FEEDER = (
    "grid: {library: jp-remote-island, design: {low_voltage: DEPTH, pv: {penetration: 1.0, share_of_homes: 0.4}}}\n"
)
LOADS = "loads: {all: {kind: network, scale: 0.3}}\n"
HOMES = "devices: {homes: {kind: generation, network: true, type: pv-home, voltage_control: {kind: suppression}}}\n"


def test_suppression_at_6600_v_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError) as caught:
        study(tmp_path, FEEDER.replace("DEPTH", "equivalent") + LOADS + HOMES)
    said = str(caught.value)
    assert "suppression holds 100 V legs" in said
    assert "low_voltage lumped or full" in said


def test_the_rise_along_lumped_mains_is_that_of_the_pole(tmp_path):
    made = study(tmp_path, FEEDER.replace("DEPTH", "lumped") + LOADS + HOMES)
    (group,) = made.feeder.regulation.inverters.groups
    poles = {pole.lv_bus: pole.rise_v for pole in made.facts.low_voltage.poles}
    index = made.feeder.index
    mains = np.array([poles[index.bus[bus]] for bus in index.injection_bus[group.points]])
    assert np.all(mains > 0)
    assert group.rise_pu[0] == pytest.approx((mains + 1.0) / 105)  # 1 V of house wiring
    assert group.response.setting_pu[0] == pytest.approx(np.full(len(mains), 108 / 105))


def test_at_the_terminals_nothing_rises_any_more(tmp_path):
    homes = HOMES.replace("suppression}", "suppression, bus_is: terminal}")
    made = study(tmp_path, FEEDER.replace("DEPTH", "lumped") + LOADS + homes)
    (group,) = made.feeder.regulation.inverters.groups
    assert not group.rise_pu.any()


def test_modelled_house_wiring_is_not_counted_twice(tmp_path):
    """PV of the full depth stands at `-pcs`, behind the wiring: left out, `bus_is` means the terminals there."""
    made = study(tmp_path, FEEDER.replace("DEPTH", "full") + LOADS + HOMES)
    (group,) = made.feeder.regulation.inverters.groups
    assert not group.rise_pu.any()
    assert group.response.setting_pu[0] == pytest.approx(np.full(len(group.points), 108 / 105))


def test_every_unit_of_a_network_has_its_own_rating(tmp_path):
    made = study(tmp_path, FEEDER.replace("DEPTH", "lumped") + LOADS + HOMES)
    (group,) = made.feeder.regulation.inverters.groups
    pv = {pole.lv_bus: pole.pv_kw for pole in made.facts.low_voltage.poles if pole.pv_kw > 0}
    assert sorted(1e3 * group.rated_mw[0]) == pytest.approx(sorted(pv.values()))


def test_nothing_regulates_where_nothing_is_asked_for(tmp_path):
    plain = (
        "grid: {tables: {frequency_hz: 50, buses: {a: {vn_kv: 6.6}}, sources: {s: {bus: a}}}}\n"
        "loads: {l: {bus: a, profile: {kind: constant, value: 1}}}\n"
    )
    assert study(tmp_path, plain).feeder.regulation is None


TWO = (
    "grid:\n  tables:\n    frequency_hz: 50\n    buses: {a: {vn_kv: 6.6}, b: {vn_kv: 6.6}}\n"
    "    sources: {s: {bus: a}}\n"
    "    lines: {l: {from: a, to: b, length_km: 5, conductor: Cu-OC-60}}\n"
    "loads: {l: {bus: b, profile: {kind: constant, value: 800}}}\n"
)


def test_members_may_differ_in_their_control(tmp_path):
    text = TWO + (
        "devices: {svc: {kind: svc, bus: b, rating_kvar: 300}}\n"
        "ensemble:\n  members: 2\n  by_default: true\n"
        "  vary: {devices.svc.reference_pu: {dist: list, values: [0.98, 1.02]}}\n"
    )
    made = study(tmp_path, text)
    (group,) = made.feeder.regulation.inverters.groups
    assert group.response.reference_pu[:, 0].tolist() == [0.98, 1.02]


def test_a_design_cannot_vary_within_one_network(tmp_path):
    text = (
        FEEDER.replace("DEPTH", "equivalent")
        + LOADS
        + (
            "ensemble: {members: 2, by_default: true, vary: "
            "{grid.design.svrs.svr1.compensation.r_ohm: {dist: list, values: [1, 2]}}}\n"
        )
    )
    with pytest.raises(InputError, match=r"one network of all members|no such path"):
        study(tmp_path, text)


def test_a_regulator_of_the_scenario_replaces_the_one_the_library_brings(tmp_path):
    text = "grid: {library: jp-rural, regulators: {mine: {trafo: bank, reference_v: 6500}}}\n" + LOADS
    assert study(tmp_path, text).feeder.regulators == ("mine",)


def test_loads_of_a_type_follow_one_shape_times_their_own_power(tmp_path):
    shape = "{kind: daily, unit: pu, days: {any: {'00:00': 0.25}}}"
    text = FEEDER.replace("DEPTH", "lumped") + (
        f"loads: {{homes: {{kind: network, type: home, profile: {shape}}}, "
        f"shops: {{kind: network, type: shop, profile: {shape}}}}}\n"
    )
    made = study(tmp_path, text)
    series = {one.subject: one.ports for one in made.drivers}
    homes = series["load:homes"]["P_load[MW]"].row(0)[0]
    assert len(homes) > 10
    assert len(set(np.round(homes, 9))) > 1
    ratio = series["load:homes"]["Q_load[MVar]"].row(0)[0] / homes
    assert ratio == pytest.approx(np.full(len(homes), np.tan(np.arccos(0.95))), rel=1e-3)


def test_what_two_entries_stand_for_is_refused(tmp_path):
    text = FEEDER.replace("DEPTH", "lumped") + (
        "loads: {some: {kind: network, type: home, exclude: [f1-p01-homes]}, all: {kind: network}}\n"
    )
    with pytest.raises(InputError, match=r"belong to loads\.some already"):
        study(tmp_path, text)


def test_all_members_run_by_default_where_the_file_says_so(tmp_path):
    text = TWO + "ensemble: {members: 3, by_default: true}\n"
    assert study(tmp_path, text).members == 3
    assert study(tmp_path, TWO + "ensemble: {members: 3}\n").members == 1


def test_by_default_needs_a_number_of_members(tmp_path):
    with pytest.raises(InputError, match="by_default needs members"):
        study(tmp_path, TWO + "ensemble: {by_default: true}\n")


def test_scale_is_a_factor_on_what_pv_of_a_network_could_give_also_with_a_rating_of_its_own(tmp_path):
    sun = "location: {latitude_deg: 32, longitude_deg: 130.6}\nweather: {kind: synthetic}\n"
    homes = "devices: {homes: {kind: pv, network: true, type: pv-home, power_kw: 3SCALE}}\n"
    could = []
    for scale in ("", ", scale: 2"):
        text = FEEDER.replace("DEPTH", "lumped") + LOADS + sun + homes.replace("SCALE", scale)
        (driver,) = (one for one in study(tmp_path, text).drivers if one.subject == "device:homes")
        could.append(driver.ports[P_AVAILABLE].row(0))
    assert could[0].min() > 0
    assert could[1] == pytest.approx(2 * could[0])
