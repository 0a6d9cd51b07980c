import copy

import numpy as np
import pandapower
import pytest

from grids.errors import DescriptionError
from grids.library.opening import open_network
from grids.library.spec import EditSpec, GridSpec, TablesSpec
from grids.library.tables import apply, build, check

TABLES = {
    "frequency_hz": 60,
    "buses": {"utility": {"vn_kv": 6.6}, "hv": {"vn_kv": 6.6}, "lv": {"vn_kv": 0.21}},
    "lines": {
        "cvt": {
            "from": "utility",
            "to": "hv",
            "length_km": 1.5,
            "r_ohm_per_km": 0.397,
            "x_ohm_per_km": 0.12,
            "max_i_ka": 0.225,
        }
    },
    "trafos": {
        "tr": {
            "hv": "hv",
            "lv": "lv",
            "sn_kva": 300,
            "vn_hv_kv": 6.6,
            "vn_lv_kv": 0.21,
            "vk_percent": 4,
            "vkr_percent": 1.2,
            "shift_degree": 30,
            "tap": {"side": "hv", "min": -2, "max": 2, "step_percent": 2.5, "pos": 1},
        }
    },
    "switches": {
        "at-line": {"bus": "utility", "line": "cvt"},
        "at-trafo": {"bus": "lv", "trafo": "tr", "closed": False},
    },
    "sources": {"grid": {"bus": "utility", "vm_pu": 1.02}},
}


def spec(**changes):
    tables = copy.deepcopy(TABLES)
    for kind, elements in changes.items():
        tables[kind].update(elements)
    return TablesSpec.model_validate(tables)


def test_tables_become_the_network_they_describe():
    net = build(spec())
    assert net.f_hz == 60
    assert net.line.loc[0, ["r_ohm_per_km", "length_km", "max_i_ka"]].tolist() == [0.397, 1.5, 0.225]
    assert net.trafo.loc[0, ["sn_mva", "tap_pos", "tap_changer_type", "shift_degree"]].tolist() == [0.3, 1, "Ratio", 30]
    assert net.switch[["et", "closed"]].to_numpy().tolist() == [["l", True], ["t", False]]
    assert net.ext_grid.loc[0, "vm_pu"] == 1.02


def test_tap_position_moves_the_voltage_by_its_step():
    volts = []
    for position in (0, 2):
        trafo = copy.deepcopy(TABLES["trafos"]["tr"])
        trafo["tap"]["pos"] = position
        net = build(spec(trafos={"tr": trafo}, switches={"at-trafo": {"bus": "lv", "trafo": "tr"}}))
        pandapower.runpp(net, trafo_model="pi")
        volts.append(net.res_bus.vm_pu.to_numpy()[2])
    assert volts[1] == pytest.approx(volts[0] / 1.05, rel=1e-9)  # more turns at hv: less voltage at lv


@pytest.mark.parametrize(
    ("changes", "route", "message"),
    [
        ({"lines": {"x": {**TABLES["lines"]["cvt"], "from": "utilty"}}}, ("lines", "x", "from"), "mean 'utility'"),
        ({"lines": {"x": {**TABLES["lines"]["cvt"], "to": "lv"}}}, ("lines", "x"), "6.6 and 0.21 kV"),
        ({"trafos": {"x": {**TABLES["trafos"]["tr"], "lv": "nowhere"}}}, ("trafos", "x", "lv"), "no bus 'nowhere'"),
        ({"trafos": {"x": {**TABLES["trafos"]["tr"], "lv": "utility"}}}, ("trafos", "x", "vn_lv_kv"), "6.6 kV"),
        ({"switches": {"x": {"bus": "lv", "line": "cvt"}}}, ("switches", "x", "bus"), "utility and hv, not at 'lv'"),
        ({"switches": {"x": {"bus": "hv", "line": "cv"}}}, ("switches", "x", "line"), "mean 'cvt'"),
        ({"switches": {"x": {"bus": "hv", "to_bus": "lv"}}}, ("switches", "x"), "6.6 and 0.21 kV"),
        ({"switches": {"x": {"bus": "hv", "to_bus": "far"}}}, ("switches", "x", "to_bus"), "no bus 'far'"),
        ({"sources": {"x": {"bus": "far"}}}, ("sources", "x", "bus"), "no bus 'far'"),
    ],
)
def test_every_dangling_reference_is_located(changes, route, message):
    problems = check(spec(**changes))
    assert [problem.route for problem in problems] == [route]
    assert message in problems[0].message
    with pytest.raises(DescriptionError, match="(?s).*" + message):
        build(spec(**changes))


def test_all_problems_come_at_once():
    bad = spec(sources={"x": {"bus": "far"}}, switches={"y": {"bus": "gone", "to_bus": "far"}})
    assert len(check(bad)) == 3


def test_a_network_without_a_source_is_refused():
    tables = {**TABLES, "sources": {}}
    assert [p.route for p in check(TablesSpec.model_validate(tables))] == [("sources",)]


def test_edits_go_on_top_of_any_network_and_refuse_doubled_names():
    net = build(spec())
    apply(
        net,
        EditSpec.model_validate({"buses": {"pcc": {"vn_kv": 0.21}}, "switches": {"b": {"bus": "lv", "to_bus": "pcc"}}}),
    )
    assert net.bus["name"].tolist()[-1] == "pcc"
    with pytest.raises(DescriptionError, match=r"buses\.lv: the network already has"):
        apply(net, EditSpec.model_validate({"buses": {"lv": {"vn_kv": 0.21}}}))
    assert len(net.bus) == 4


def test_opening_puts_the_scenario_key_before_the_route(tmp_path):
    grid = GridSpec.model_validate({"tables": TABLES, "add": {"sources": {"x": {"bus": "far"}}}})
    with pytest.raises(DescriptionError) as caught:
        open_network(grid, tmp_path)
    assert caught.value.problems[0].route == ("add", "sources", "x", "bus")


def test_line_charging_follows_the_frequency():
    charging = []
    for hertz in (50, 60):
        tables = copy.deepcopy(TABLES)
        tables["frequency_hz"] = hertz
        tables["lines"]["cvt"]["c_nf_per_km"] = 300
        net = build(TablesSpec.model_validate(tables))
        pandapower.runpp(net)
        charging.append(net.res_ext_grid.q_mvar.to_numpy()[0])
    assert np.isclose(charging[1] / charging[0], 1.2, rtol=1e-3)
