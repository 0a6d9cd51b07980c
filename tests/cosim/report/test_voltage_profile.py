"""Voltage over distance: how far things are, which voltages a tap allows, and what the chart shows of a moment."""

import numpy as np
import pandapower as pp
import pytest

from cosim.limits.spec import VoltageLimits
from cosim.report.bus_bands import pole_window_v
from cosim.report.chart import ChartSource
from cosim.report.distance import ways
from cosim.report.network_charts import network_charts
from cosim.report.shown_limits import limits_of
from cosim.report.wires import read_wires
from cosim.results.folder import RunFolder
from grids.low_voltage import LowVoltageDepth, PoleTransformer
from tests.cosim.report.drawn_feeder import MEMBER, facts, network, points_of, voltage_limit, worst, write

LIMITS = VoltageLimits()
DROP = {"n1": 0.995, "n2": 0.985, "n3": 0.975, "n4": 0.99}
HEIGHT = {"n1": 1.005, "n2": 1.01, "n3": 1.015, "n4": 1.004}


@pytest.fixture
def profiles(tmp_path):
    """`profiles(members=..., **options of write)` -> chart id -> chart."""

    def draw(members=1, **options):
        write(tmp_path, members=members, **options)
        run = RunFolder(tmp_path)
        source = ChartSource(run, "Asia/Tokyo", limits_of(run.manifest), "", scenario=options.get("scenario") or {})
        return {chart.id: chart for chart in network_charts(source, members)}

    return draw


def pole(tap_v, drop_v, rise_v):
    return PoleTransformer("p", "n", None, None, 50.0, tap_v, drop_v, rise_v, 40.0, 20.0)


@pytest.mark.parametrize(
    ("tap_v", "high", "low_6", "low_4"),
    [(6750, 6879, 6493, 6364), (6600, 6726, 6349, 6223), (6450, 6573, 6204, 6081), (6300, 6420, 6060, 5940),
     (6150, 6267, 5916, 5799)],
)  # fmt: skip
def test_the_window_of_a_tap_is_that_of_the_facts(tap_v, high, low_6, low_4):
    # facts.md 1.3: 107 V without load, 95 V plus 6 V and plus 4 V of drop
    assert pole_window_v(pole(tap_v, 6.0, 0.0), LIMITS) == (pytest.approx(low_6, abs=0.6), pytest.approx(high, abs=0.6))
    assert pole_window_v(pole(tap_v, 4.0, 0.0), LIMITS)[0] == pytest.approx(low_4, abs=0.6)


def test_windows_of_staggered_taps_meet_as_the_planner_says():
    # planner.md 1.5: taps 6600 and 6300 with 6 V of drop leave 6349-6420 V; with 2 V of rise nothing
    for rise_v, high in ((0.0, 6420), (2.0, 6300)):
        windows = [pole_window_v(pole(tap_v, 6.0, rise_v), LIMITS) for tap_v in (6600, 6300)]
        assert max(low for low, _ in windows) == pytest.approx(6349, abs=0.5)
        assert min(top for _, top in windows) == pytest.approx(high, abs=0.5)


def km_of(wires, opened=None, sources=(0,)):
    found = ways(wires, wires.open_branches() if opened is None else opened, sources)
    return dict(zip(wires.bus, found.km.tolist(), strict=True)), found


def test_distance_is_the_length_of_lines_from_the_head(tmp_path):
    km, _ = km_of(read_wires(write(tmp_path)))
    expected = {"hv": 0, "head": 0, "n1": 1.0, "n2": 2.5, "n3": 4.5, "n4": 1.7, "lv": 2.5, "house": 2.6}
    assert km == pytest.approx(expected, abs=1e-6)


def test_a_closed_tie_is_a_way_and_a_line_above_60_kv_is_none(tmp_path):
    net = network()
    far = pp.create_bus(net, 66.0, name="far", geodata=(129.0, 32.0))
    pp.create_line_from_parameters(net, 0, far, 30.0, 0.1, 0.4, 0, 0.5, name="transmission")
    wires = read_wires(write(tmp_path, net=net))
    km, _ = km_of(wires, opened=wires.open_branches(frozenset()), sources=[wires.position["far"]])
    assert km["n3"] == pytest.approx(1.0 + 0.7 + 0.4, abs=1e-6)
    assert km["head"] == pytest.approx(0.0, abs=1e-6)


def test_of_two_parallel_lines_the_shorter_one_counts(tmp_path):
    net = network()
    pp.create_line_from_parameters(net, 1, 2, 0.6, 0.3, 0.3, 0, 0.3, name="short")
    km, _ = km_of(read_wires(write(tmp_path, net=net)))
    assert km["n1"] == pytest.approx(0.6, abs=1e-6)


def test_what_no_source_reaches_has_no_distance(tmp_path):
    wires = read_wires(write(tmp_path))
    km, found = km_of(wires, opened=wires.open_branches(out=frozenset({"line:l2"})))
    assert np.isnan(km["n2"])
    assert np.isnan(km_of(wires, sources=())[0]["hv"])
    assert not any(wires.position["n2"] in path for path in found.paths(range(len(wires.bus))))


def test_paths_use_every_stretch_once_and_start_with_the_trunk(tmp_path):
    wires = read_wires(write(tmp_path))
    at = wires.position
    _, found = km_of(wires)
    paths = found.paths([at[name] for name in ("head", "n1", "n2", "n3", "n4")])
    assert [[wires.bus[bus] for bus in path] for path in paths] == [["head", "n1", "n2", "n3"], ["n1", "n4"]]


def test_a_chart_shows_every_bus_of_its_level_at_both_moments(profiles):
    chart = profiles(values=worst(DROP, HEIGHT))["profile-6.6kv"]
    low, high = chart.figure["data"]
    assert low["name"] == "lowest voltage, 2020-08-03 19:00"
    assert high["name"] == "highest voltage, 2020-05-01 12:00"
    assert low["x"] == pytest.approx([0, 1.0, 2.5, 4.5, None, 1.0, 1.7, None], abs=1e-6)
    assert low["y"] == [1.0, 0.995, 0.985, 0.975, None, 0.995, 0.99, None]
    assert high["y"] == [1.0, 1.005, 1.01, 1.015, None, 1.005, 1.004, None]
    assert "<b>n3</b>, 4.5 km<br>0.9750 pu (6,435 V)" in low["text"][3]


def test_a_dead_bus_is_a_gap(profiles):
    low = profiles(values=worst(DROP | {"n4": None}, HEIGHT))["profile-6.6kv"].figure["data"][0]
    assert low["y"] == [1.0, 0.995, 0.985, 0.975, None]


def test_the_way_is_that_of_the_moment(profiles):
    chart = profiles(values=worst(DROP, HEIGHT, tie_closed=True))["profile-6.6kv"]
    texts = [text for text in chart.figure["data"][0]["text"] if text.startswith("<b>n3</b>")]
    assert texts[0].startswith("<b>n3</b>, 2.1 km")


def test_of_an_ensemble_the_member_is_named(profiles):
    chart = profiles(members=5, values=worst(DROP, HEIGHT, members=5))["profile-6.6kv"]
    assert chart.figure["data"][0]["name"].endswith(f"member {MEMBER}")
    assert f"2020-05-01 12:00, member {MEMBER}" in chart.caption


def test_levels_that_no_line_spreads_out_have_no_chart(profiles):
    assert list(profiles(values=worst(DROP, HEIGHT))) == ["map", "profile-6.6kv", "profile-0.21kv"]
    net = network()
    net.line = net.line[net.line["name"] != "main"]
    assert list(profiles(net=net, values=worst(DROP | {"house": None}, HEIGHT))) == ["map", "profile-6.6kv"]


def test_limits_near_the_voltages_are_lines_and_others_are_told(profiles):
    limits = [voltage_limit("lv", "house")]
    low = {"lv": 0.95, "house": 0.93}
    near = profiles(values=worst(low, {"lv": 1.0, "house": 1.01}), limits=limits)["profile-0.21kv"]
    assert [shape["y0"] for shape in near.figure["layout"]["shapes"]] == [0.9048, 1.0190]
    far = profiles(values=worst({"lv": 1.0, "house": 1.0}), limits=limits)["profile-0.21kv"]
    assert [shape["y0"] for shape in far.figure["layout"]["shapes"]] == [1.0190]
    assert "Too far off to be drawn: limit 0.9048 (voltage-100v)" in far.caption


def test_every_tap_is_a_box_from_its_first_to_its_last_node(profiles):
    chart = profiles(values=worst(DROP, HEIGHT), known=facts(6750.0, 6750.0, 6600.0))["profile-6.6kv"]
    first, second = (one for one in chart.figure["data"] if one["name"].startswith("tap"))
    assert first["name"] == "tap 6750 V: 6493 to 6750 V"
    assert second["name"] == "tap 6600 V: 6349 to 6600 V"
    across = points_of(first)
    assert (across[:, 0].min(), across[:, 0].max()) == (pytest.approx(1.0, abs=0.15), pytest.approx(2.5, abs=0.15))
    assert (across[:, 1].min(), across[:, 1].max()) == (
        pytest.approx(6493 / 6600, abs=1e-4),
        pytest.approx(6750 / 6600, abs=1e-4),
    )
    assert "95 V plus the drop to 107 V less the rise at peak demand" in chart.caption


def test_a_tap_that_nothing_suits_says_so(profiles):
    charts = profiles(values=worst(DROP, HEIGHT), known=facts(6600.0, drop_v=8.0, rise_v=6.0))
    (box,) = (one for one in charts["profile-6.6kv"].figure["data"] if one["name"].startswith("tap"))
    assert box["name"] == "tap 6600 V: none, at least 6474 and at most 6349 V"
    texts = next(one for one in charts["map"].figure["data"] if one["name"] == "buses")["text"]
    assert any("no voltage suits tap 6600 V" in text for text in texts)


def test_a_modelled_transformer_is_taken_to_have_a_third_of_drop_and_rise(profiles):
    known = facts(6600.0, depth=LowVoltageDepth.LUMPED)
    chart = profiles(values=worst(DROP, HEIGHT), known=known)["profile-6.6kv"]
    assert "a third of both assumed inside the pole transformer" in chart.caption


def test_legs_of_supply_points_stand_between_their_limits(profiles):
    supply = {"customer:a": ("lv", 98.0, 104.0), "customer:b": ("house", 96.0, 106.0)}
    known = facts(6600.0, depth=LowVoltageDepth.FULL)
    chart = profiles(values=worst(supply=supply), known=known)["profile-legs"]
    low, high = chart.figure["data"]
    assert (low["x"], low["y"]) == (pytest.approx([2.5, 2.6], abs=1e-6), [98.0, 96.0])
    assert high["y"] == [104.0, 106.0]
    assert low["mode"] == "markers"
    assert [shape["y0"] for shape in chart.figure["layout"]["shapes"]] == [95.0, 107.0]
    assert "Measured" in chart.caption
    assert "Equivalent" in profiles(values=worst(supply=supply), known=facts(6600.0))["profile-legs"].caption


def test_plotly_accepts_the_charts(profiles):
    go = pytest.importorskip("plotly.graph_objects")
    supply = {"customer:a": ("house", 98.0, 104.0)}
    for chart in profiles(values=worst(DROP, HEIGHT, supply=supply), known=facts(6750.0, 6600.0)).values():
        go.Figure(chart.figure)
