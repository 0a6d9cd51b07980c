import copy

import numpy as np
import pandapower
import pytest

from grids.errors import DescriptionError
from grids.library.opening import open_network
from grids.library.spec import EditSpec, GridSpec, TablesSpec
from grids.library.tables import apply, build, check
from grids.powerflow.pgm_engine import PgmEngine

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
        tables.setdefault(kind, {}).update(elements)
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


POLE = {"hv": "hv", "lv": "lv", "pole_kva": 30}
WIRE = {"from": "utility", "to": "hv", "length_km": 1.5, "conductor": "Al-OC-120"}
SVR = {"model": "SVR-3000", "from": "utility", "to": "hv"}


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
        ({"lines": {"x": {**WIRE, "conductor": "OW-60"}}}, ("lines", "x", "conductor"), "low-voltage wire"),
        ({"trafos": {"x": {**POLE, "lv": "utility"}}}, ("trafos", "x", "pole_kva"), "has 0.21 kV but its bus"),
        ({"svrs": {"tr": SVR}}, ("svrs", "tr"), "already has a transformer of that name"),
        ({"svrs": {"x": {**SVR, "to": "far"}}}, ("svrs", "x", "to"), "no bus 'far'"),
        ({"svrs": {"x": {"model": "SVR-3000", "line": "cv", "at": "to"}}}, ("svrs", "x", "line"), "mean 'cvt'"),
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


def test_an_svr_belongs_on_its_own_voltage():
    wrong = spec(svrs={"x": {**SVR, "to": "lv"}})
    assert [problem.route for problem in check(wrong)] == [("svrs", "x", "to"), ("svrs", "x")]
    assert "SVR-3000 is for 6.6 kV, bus 'lv' has 0.21 kV" in check(wrong)[0].message


@pytest.mark.parametrize(("hertz", "x"), [(50, 0.31), (60, 0.372)])
def test_a_conductor_brings_its_values_at_the_frequency_of_the_network(hertz, x):
    tables = {**copy.deepcopy(TABLES), "frequency_hz": hertz}
    tables["lines"] = {"cvt": WIRE, "hot": {**WIRE, "conductor_degc": 75}}
    net = build(TablesSpec.model_validate(tables))
    columns = ["r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka", "std_type", "type"]
    assert net.line.loc[0, columns].tolist() == [0.24, x, 11, 0.3, "Al-OC-120", "ol"]
    assert net.line.loc[1, "r_ohm_per_km"] == pytest.approx(0.24 * 1.22, abs=0.001)  # facts.md 1.5


def test_a_conductor_needs_a_network_of_50_or_60_hertz():
    net = build(spec())
    net.f_hz = 16.7
    with pytest.raises(DescriptionError, match=r"lines\.x\.conductor: .*16\.7 Hz"):
        apply(net, EditSpec.model_validate({"lines": {"x": WIRE}}))


def test_a_pole_transformer_by_size_and_tap():
    volts = {}
    for tap in (6600, 6150):
        net = build(spec(trafos={"pole": {**POLE, "tap_v": tap}}))
        net.switch["closed"] = True
        pandapower.create_load(net, 2, 0.0)
        net.trafo.loc[net.trafo["name"] == "tr", "in_service"] = False
        pandapower.runpp(net, trafo_model="pi")
        volts[tap] = net.res_bus.vm_pu.to_numpy()[2]
    assert net.trafo.loc[1, ["sn_mva", "vn_hv_kv", "vn_lv_kv", "tap_pos"]].tolist() == [0.03, 6.6, 0.21, -3]
    assert volts[6150] / volts[6600] == pytest.approx(6600 / 6150, rel=1e-5)  # no load but the iron


def svr_net(**svr):
    """5 km of Cu 60 with 1 MW at the end, planner.md 5; an SVR in it."""
    tables = {
        "frequency_hz": 60,
        "buses": {name: {"vn_kv": 6.6} for name in ("source", "mid", "end")},
        "lines": {
            "near": {"from": "source", "to": "mid", "length_km": 2, "conductor": "Cu-OC-60"},
            "far": {"from": "mid", "to": "end", "length_km": 3, "conductor": "Cu-OC-60"},
        },
        "switches": {"s1": {"bus": "mid", "line": "far"}, "s2": {"bus": "mid", "line": "near"}},
        "sources": {"utility": {"bus": "source"}},
        "svrs": {"svr": {"model": "SVR-3000", **svr}} if svr else {},
    }
    net = build(TablesSpec.model_validate(tables))
    pandapower.create_load(net, 2, 1.0, 0.33)
    return net


def solved(net):
    pandapower.runpp(net, trafo_model="pi", init="dc", tolerance_mva=1e-9)
    return dict(zip(net.bus["name"], net.res_bus["vm_pu"], strict=True))


def test_an_svr_in_a_line_raises_what_lies_beyond_by_its_steps():
    volts = {tap: solved(svr_net(line="far", at="from", tap_pos=tap)) for tap in (0, 3)}
    ratio = {tap: at["svr-out"] / at["mid"] for tap, at in volts.items()}
    assert ratio[3] / ratio[0] == pytest.approx(1 + 300 / 6600, abs=2e-4)
    # a constant power takes less current at 3 x 100 V more, so the end gains a little more than the steps
    assert volts[3]["end"] - volts[0]["end"] == pytest.approx(300 / 6600, rel=0.12)


def test_an_svr_at_1_to_1_adds_only_its_impedance():
    net = svr_net(line="far", at="from")
    volts = solved(net)
    p_mw, q_mvar = net.res_trafo.loc[0, ["p_hv_mw", "q_hv_mvar"]]
    r, x = 0.001 / 3, np.sqrt(0.005**2 - 0.001**2) / 3  # 0.1 % and 0.5 % of 3 MVA, pu of 1 MVA
    assert volts["mid"] - volts["svr-out"] == pytest.approx((r * p_mw + x * q_mvar) / volts["mid"], rel=0.01)


@pytest.mark.parametrize(
    ("place", "bus", "ends", "switch"),
    [
        ({"line": "far", "at": "from"}, "svr-out", {"far": ("svr-out", "end"), "svr": ("mid", "svr-out")}, "svr-out"),
        ({"line": "far", "at": "to"}, "svr-in", {"far": ("mid", "svr-in"), "svr": ("svr-in", "end")}, "mid"),
    ],
)
def test_an_svr_in_a_line_takes_the_end_of_the_line_and_its_switches(place, bus, ends, switch):
    net = svr_net(**place)
    names = net.bus["name"]
    assert names.iloc[-1] == bus
    rows = {row.name: (names[row.from_bus], names[row.to_bus]) for row in net.line.itertuples(index=False)}
    rows |= {row.name: (names[row.hv_bus], names[row.lv_bus]) for row in net.trafo.itertuples(index=False)}
    assert {name: rows[name] for name in ends} == ends
    assert names[net.switch["bus"][0]] == switch
    assert names[net.switch["bus"][1]] == "mid"  # the other line's switch stays
    assert net.trafo.loc[0, ["tap_side", "tap_min", "tap_max", "vn_hv_kv", "vn_lv_kv"]].tolist() == [
        "lv",
        -4,
        4,
        6.6,
        6.6,
    ]


def test_both_ways_to_place_an_svr_give_one_network():
    inside = solved(svr_net(line="far", at="to", tap_pos=2))
    tables = TablesSpec.model_validate(
        {
            "frequency_hz": 60,
            "buses": {name: {"vn_kv": 6.6} for name in ("source", "mid", "end", "svr-in")},
            "lines": {
                "near": {"from": "source", "to": "mid", "length_km": 2, "conductor": "Cu-OC-60"},
                "far": {"from": "mid", "to": "svr-in", "length_km": 3, "conductor": "Cu-OC-60"},
            },
            "svrs": {"svr": {"model": "SVR-3000", "from": "svr-in", "to": "end", "tap_pos": 2}},
            "sources": {"utility": {"bus": "source"}},
        }
    )
    net = build(tables)
    pandapower.create_load(net, 2, 1.0, 0.33)
    assert solved(net) == pytest.approx(inside, abs=1e-12)


def test_the_bus_an_svr_makes_must_be_new():
    edits = {"buses": {"svr-out": {"vn_kv": 6.6}}, "svrs": {"svr": {"model": "SVR-3000", "line": "far", "at": "from"}}}
    with pytest.raises(DescriptionError, match=r"svrs\.svr: the bus it makes, 'svr-out', exists already"):
        apply(svr_net(), EditSpec.model_validate(edits))


@pytest.mark.parametrize("tap_pos", [-4, 0, 4])
@pytest.mark.parametrize("p_mw", [1.5, -2.0])
def test_both_engines_agree_on_an_svr_at_every_tap_and_in_reverse_flow(as_given, tap_pos, p_mw):
    net = svr_net(line="far", at="from", tap_pos=tap_pos)
    net.load.loc[0, ["p_mw", "q_mvar"]] = p_mw, 0.2
    grid, reference, state = as_given(net)
    exact, fast = reference.solve(state), PgmEngine(grid).solve(state)
    assert exact.converged.all()
    assert np.abs(exact.vm_pu - fast.vm_pu).max() < 1e-9
    assert np.abs(exact.p_mw - fast.p_mw).max() < 1e-8
