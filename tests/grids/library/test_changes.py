"""`grid.change`: edits of elements a network already has, from any source."""

import copy
from dataclasses import replace

import pandapower
import pandapower.networks
import pytest
from pandas.testing import assert_frame_equal
from pydantic import ValidationError

from grids.errors import DescriptionError
from grids.library.change_spec import ChangeSpec
from grids.library.changes import apply_changes
from grids.library.opening import open_network
from grids.library.spec import GridSpec, TablesSpec
from grids.library.tables import build
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts, PoleTransformer, WireSegment

TABLES = {
    "frequency_hz": 60,
    "buses": {"bus": {"vn_kv": 6.6}, "node": {"vn_kv": 6.6}, "lv": {"vn_kv": 0.21}, "home": {"vn_kv": 0.21}},
    "lines": {
        "trunk": {"from": "bus", "to": "node", "length_km": 4, "conductor": "Cu-OC-60"},
        "main": {
            "from": "lv",
            "to": "home",
            "length_km": 0.1,
            # a single-phase loop: twice one wire of OW 38 mm2
            "r_ohm_per_km": 2 * 0.497,
            "x_ohm_per_km": 2 * 0.30,
            "max_i_ka": 0.162 / 3**0.5,
        },
    },
    "trafos": {"pole": {"hv": "node", "lv": "lv", "pole_kva": 30}},
    "switches": {"s1": {"bus": "node", "line": "trunk"}},
    "sources": {"utility": {"bus": "bus"}},
}
POLE = PoleTransformer("pole", "node", "lv", "pole", 30.0, 6600.0, 4.0, 1.0, 20.0, 10.0)
SEGMENT = WireSegment("main", "lv", "home", 0.0497, 0.03)
FULL = LowVoltageFacts(LowVoltageDepth.FULL, (POLE,), (SEGMENT,))
EQUIVALENT = LowVoltageFacts(LowVoltageDepth.EQUIVALENT, (replace(POLE, lv_bus=None, trafo=None),))


@pytest.fixture
def net():
    return build(TablesSpec.model_validate(TABLES))


def changed(net, low_voltage=None, **what):
    return apply_changes(net, ChangeSpec.model_validate(what), low_voltage)


def assert_equal(net, other):
    for table in ("bus", "line", "trafo", "switch", "ext_grid"):
        assert_frame_equal(net[table], other[table])


def line(net, name):
    return net.line[net.line["name"] == name].iloc[0]


def test_a_new_conductor_brings_its_values_and_leaves_the_length(net):
    changed(net, lines={"trunk": {"conductor": "Al-OC-240"}})
    columns = ["length_km", "r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka", "std_type", "type"]
    assert line(net, "trunk")[columns].tolist() == [4, 0.12, 0.336, 11, 0.48, "Al-OC-240", "ol"]
    changed(net, lines={"trunk": {"conductor": "CVT-325", "conductor_degc": 20}})
    assert line(net, "trunk")["r_ohm_per_km"] == pytest.approx(0.0770 / (1 + 0.00393 * 70))
    assert line(net, "trunk")["type"] == "cs"


def test_a_thicker_trunk_lifts_the_end_of_the_feeder(net):
    pandapower.create_load(net, 1, 1.0, 0.33)
    pandapower.runpp(net)
    before = net.res_bus.vm_pu[1]
    changed(net, lines={"trunk": {"conductor": "Cu-OC-150"}})
    pandapower.runpp(net)
    # R falls by 0.189 ohm/km and X by 0.036, at 1 MW + j0.33 Mvar over 4 km
    assert net.res_bus.vm_pu[1] - before == pytest.approx(4 * (0.189 * 1.0 + 0.036 * 0.33) / 6.6**2, rel=0.1)


def test_everything_that_may_change_does(net):
    trafo = {"sn_kva": 50, "vk_percent": 3, "vkr_percent": 2, "i0_percent": 1, "pfe_kw": 0.2, "tap_pos": 1}
    changed(
        net,
        buses={"home": {"in_service": False}},
        lines={"trunk": {"length_km": 2, "parallel": 2}, "main": {"in_service": False}},
        trafos={"pole": trafo},
        switches={"s1": {"closed": False}},
        sources={"utility": {"vm_pu": 1.02}},
    )
    assert net.bus["in_service"].tolist() == [True, True, True, False]
    assert line(net, "trunk")[["length_km", "parallel", "r_ohm_per_km"]].tolist() == [2, 2, 0.309]
    assert not line(net, "main")["in_service"]
    columns = ["sn_mva", "vk_percent", "vkr_percent", "i0_percent", "pfe_kw", "tap_pos"]
    assert net.trafo.loc[0, columns].tolist() == [0.05, 3, 2, 1, 0.2, 1]
    assert net.switch["closed"].tolist() == [False]
    assert net.ext_grid["vm_pu"].tolist() == [1.02]


def test_what_is_not_named_stays(net):
    before = copy.deepcopy(net)
    changed(net, trafos={"pole": {"tap_v": 6450}})
    assert net.trafo["tap_pos"].tolist() == [-1]
    net.trafo["tap_pos"] = before.trafo["tap_pos"]
    assert_equal(net, before)


@pytest.mark.parametrize(
    ("what", "route", "message"),
    [
        ({"buses": {"nod": {"in_service": False}}}, ("buses", "nod"), "no bus 'nod'; did you mean 'node'"),
        ({"lines": {"trnk": {"length_km": 1}}}, ("lines", "trnk"), "no line 'trnk'; did you mean 'trunk'"),
        ({"trafos": {"poles": {"tap_pos": 0}}}, ("trafos", "poles"), "did you mean 'pole'"),
        ({"switches": {"s2": {"closed": True}}}, ("switches", "s2"), "no switch 's2'"),
        ({"sources": {"x": {"vm_pu": 1}}}, ("sources", "x"), "no source 'x'"),
        ({"poles": {"x": {"tap_v": 6450}}}, ("poles", "x"), "no pole transformer 'x'"),
        ({"lines": {"trunk": {"conductor": "DV-14"}}}, ("lines", "trunk", "conductor"), "the line has 6.6 kV"),
        ({"trafos": {"pole": {"tap_pos": 2}}}, ("trafos", "pole", "tap_pos"), "2 lies outside -3 .. 1"),
        ({"trafos": {"pole": {"tap_v": 6500}}}, ("trafos", "pole", "tap_v"), "no tap has 6500 V; there are 6150, 6300"),
        ({"trafos": {"pole": {"vk_percent": 1}}}, ("trafos", "pole"), "vkr_percent would be 1.7, above vk_percent 1"),
    ],
)
def test_what_does_not_fit_the_network_is_located_and_nothing_changes(net, what, route, message):
    before = copy.deepcopy(net)
    with pytest.raises(DescriptionError) as caught:
        changed(net, FULL, **{"sources": {"utility": {"vm_pu": 1.05}}, **what})
    assert [problem.route for problem in caught.value.problems] == [route]
    assert message in caught.value.problems[0].message
    assert_equal(net, before)


def test_taps_that_are_not_there_or_on_the_other_side(net):
    net.trafo["tap_side"] = "lv"
    with pytest.raises(DescriptionError, match="taps are on the low-voltage side; give tap_pos"):
        changed(net, trafos={"pole": {"tap_v": 6450}})
    net.trafo["tap_side"] = None
    for tap in ({"tap_v": 6450}, {"tap_pos": 0}):
        with pytest.raises(DescriptionError, match="the transformer has no taps"):
            changed(net, trafos={"pole": tap})
    with pytest.raises(DescriptionError, match=r"poles\.pole\.tap_v: the transformer has no taps"):
        changed(net, FULL, poles={"pole": {"tap_v": 6450}})


def test_only_a_pole_transformer_becomes_another_pole_transformer(net):
    changed(net, trafos={"pole": {"pole_kva": 50}})
    assert net.trafo.loc[0, ["sn_mva", "vkr_percent", "pfe_kw"]].tolist() == [0.05, 1.5, 0.11]
    net.trafo["vn_lv_kv"] = 0.42
    with pytest.raises(DescriptionError, match=r"has 6\.6/0\.42 kV, a pole transformer 6\.6/0\.21 kV"):
        changed(net, trafos={"pole": {"pole_kva": 30}})


def test_all_problems_come_at_once(net):
    bad = {"lines": {"x": {"length_km": 1}}, "trafos": {"pole": {"tap_pos": 9, "vkr_percent": 9}}}
    with pytest.raises(DescriptionError) as caught:
        changed(net, **bad)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"lines": {"trunk": {}}}, "changes nothing; give at least one of conductor"),
        ({"switches": {"s1": {"closed": None}}}, "changes nothing"),
        ({"lines": {"trunk": {"conductor": "Cu-60"}}}, "did you mean 'Cu-OC-60'"),
        ({"lines": {"trunk": {"conductor_degc": 75}}}, "conductor_degc belongs to conductor"),
        ({"lines": {"trunk": {"length_km": 0}}}, "greater than 0"),
        ({"lines": {"trunk": {"r_ohm_per_km": 1}}}, "Extra inputs"),
        ({"trafos": {"pole": {"tap_pos": 0, "tap_v": 6600}}}, "say the same thing"),
        ({"trafos": {"pole": {"pole_kva": 30, "vk_percent": 3}}}, "pole_kva brings vk_percent"),
        ({"poles": {"pole": {"tap_v": 6500}}}, "no tap of 6500 V"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(what, message):
    with pytest.raises(ValidationError, match=message):
        ChangeSpec.model_validate(what)


def test_what_is_known_of_low_voltage_follows_the_transformer(net):
    facts = changed(net, FULL, trafos={"pole": {"pole_kva": 50, "tap_v": 6300, "parallel": 2}})
    assert facts == replace(FULL, poles=(replace(POLE, sn_kva=100.0, tap_v=6300.0),))
    assert changed(net, FULL, trafos={"pole": {"tap_pos": -3, "parallel": 1}}).poles[0].tap_v == 6150
    assert changed(net, FULL, sources={"utility": {"vm_pu": 1.0}}) == FULL
    assert changed(net, None, trafos={"pole": {"tap_pos": 0}}) is None


def test_what_is_known_of_low_voltage_follows_the_wire(net):
    facts = changed(net, FULL, lines={"main": {"conductor": "OW-60", "length_km": 0.2}})
    assert facts.segments[0].r_ohm == pytest.approx(0.2 * 0.309)
    assert facts.segments[0].x_ohm == pytest.approx(0.2 * 0.30)
    # the line of the balanced network: both wires of the loop, and its current times sqrt(3) in the loop
    assert line(net, "main")["r_ohm_per_km"] == pytest.approx(2 * 0.309)
    assert line(net, "main")["max_i_ka"] * 3**0.5 == pytest.approx(0.217)
    assert changed(net, FULL, lines={"main": {"parallel": 2}}).segments[0].r_ohm == pytest.approx(0.1 * 0.309)


def test_a_pole_is_re_tapped_whether_its_transformer_is_modelled_or_not(net):
    facts = changed(net, FULL, poles={"pole": {"tap_v": 6450}})
    assert (facts.poles[0].tap_v, net.trafo["tap_pos"][0]) == (6450, -1)
    facts = changed(net, EQUIVALENT, poles={"pole": {"tap_v": 6150}})
    assert (facts.poles[0].tap_v, net.trafo["tap_pos"][0]) == (6150, -1)
    with pytest.raises(DescriptionError, match="the tap of 'pole' stands under trafos too"):
        changed(net, FULL, poles={"pole": {"tap_v": 6450}}, trafos={"pole": {"tap_pos": 0}})


def test_changes_come_after_additions_and_problems_name_the_scenario_key(tmp_path):
    spec = {
        "tables": TABLES,
        "add": {"svrs": {"svr": {"model": "SVR-3000", "line": "trunk", "at": "to"}}},
        "change": {"trafos": {"svr": {"tap_pos": 4}}},
    }
    net = open_network(GridSpec.model_validate(spec), tmp_path).net
    assert net.trafo["tap_pos"].tolist() == [0, 4]
    spec["change"] = {"trafos": {"svr": {"tap_pos": 5}}}
    with pytest.raises(DescriptionError) as caught:
        open_network(GridSpec.model_validate(spec), tmp_path)
    assert caught.value.problems[0].route == ("change", "trafos", "svr", "tap_pos")


def test_any_network_may_be_changed(tmp_path):
    net = pandapower.networks.mv_oberrhein()
    name = net.line["name"].iloc[0]
    changed(net, lines={name: {"conductor": "CVT-325"}})
    assert line(net, name)["x_ohm_per_km"] == 0.102  # 50 Hz
    net.f_hz = 16.7
    with pytest.raises(DescriptionError, match=r"the network has 16\.7 Hz"):
        changed(net, lines={name: {"conductor": "CVT-60"}})


@pytest.mark.parametrize("depth", ["lumped", "full"])
def test_a_preset_is_re_tapped_and_re_wired(tmp_path, depth):
    spec = {"library": "jp-rural", "design": {"low_voltage": depth}}
    plain = open_network(GridSpec.model_validate(spec), tmp_path)
    pole = plain.low_voltage.poles[-1]
    spec["change"] = {"poles": {pole.name: {"tap_v": 6750}}}
    if depth == "full":
        spec["change"]["lines"] = {plain.low_voltage.segments[0].name: {"conductor": "OW-100"}}
    new = open_network(GridSpec.model_validate(spec), tmp_path)
    assert new.low_voltage.poles[-1] == replace(pole, tap_v=6750.0)
    assert new.low_voltage.poles[:-1] == plain.low_voltage.poles[:-1]
    trafo = new.net.trafo[new.net.trafo["name"] == pole.trafo].iloc[0]
    assert trafo["tap_pos"] == 1
    if depth == "full":
        old, wire = plain.low_voltage.segments[0], new.low_voltage.segments[0]
        km = plain.net.line.set_index("name")["length_km"][old.name]
        assert wire.r_ohm == pytest.approx(0.184 * km)
        assert new.low_voltage.segments[1:] == plain.low_voltage.segments[1:]
