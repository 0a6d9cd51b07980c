"""The feeder map: everything has its place, colours mean what the caption says, and the texts name what was worst."""

import json
from dataclasses import replace

import numpy as np
import pandapower as pp
import pytest

from cosim.report.bus_bands import BusBand
from cosim.report.chart import ChartSource
from cosim.report.layout import ASIDE, lay_out, plane_km, tree
from cosim.report.map_symbols import FROM_BUS, end_point
from cosim.report.network_charts import network_charts
from cosim.report.page import render
from cosim.report.shown_limits import limits_of
from cosim.report.wires import read_wires
from cosim.results.folder import RunFolder
from grids.low_voltage import Customer, LowVoltageDepth
from tests.cosim.report.drawn_feeder import BUSES, MEMBER, facts, network, points_of, voltage_limit, worst, write


@pytest.fixture
def drawn(tmp_path):
    """`drawn(members=..., **options of write)` -> the map of a run folder."""

    def draw(members=1, **options):
        write(tmp_path, members=members, **options)
        return maps(tmp_path, members, options.get("scenario") or {})[0]

    return draw


def maps(folder, members=1, scenario=None):
    run = RunFolder(folder)
    source = ChartSource(run, "Asia/Tokyo", limits_of(run.manifest), "", scenario=scenario or {})
    return [chart for chart in network_charts(source, members) if chart.id == "map"]


@pytest.fixture
def wires(tmp_path):
    return read_wires(write(tmp_path))


def trace(chart, name):
    return next(one for one in chart.figure["data"] if one["name"] == name)


def of_bus(chart, name, key):
    """Colour, size or ring width of a bus."""
    buses = trace(chart, "buses")
    at = next(place for place, text in enumerate(buses["text"]) if text.startswith(f"<b>{name}</b>"))
    return {"text": buses["text"], "color": buses["marker"]["color"], "size": buses["marker"]["size"],
            "ring": buses["marker"]["line"]["width"], "x": buses["x"], "y": buses["y"]}[key][at]  # fmt: skip


def test_every_bus_and_branch_of_the_network_is_read(wires):
    assert wires.bus == BUSES
    assert {branch.subject for branch in wires.branches} == {
        "line:l1", "line:l2", "line:l3", "line:l4", "line:tie", "line:main", "trafo:bank", "trafo:pole",
    }  # fmt: skip
    opened = wires.open_branches()
    assert [branch.name for branch, is_open in zip(wires.branches, opened, strict=True) if is_open] == ["tie"]
    assert wires.sources == (("grid", 0),)


def test_switches_between_buses_are_branches_too(tmp_path):
    net = network()
    pp.create_switch(net, 1, 5, "b", closed=False, name="bypass")
    wires = read_wires(write(tmp_path, net=net))
    branch = wires.branches[wires.branch_position["switch:bypass"]]
    assert (wires.bus[branch.start], wires.bus[branch.end]) == ("head", "n4")
    assert wires.open_branches()[wires.branch_position["switch:bypass"]]


def test_a_broken_network_file_leaves_the_map_out(tmp_path):
    write(tmp_path)
    assert maps(tmp_path)
    (tmp_path / "grid.json").write_text("{}", encoding="utf-8")
    assert maps(tmp_path) == []


def test_a_run_without_worst_values_has_no_map(tmp_path):
    write(tmp_path)
    (tmp_path / "worst.json").unlink()
    assert maps(tmp_path) == []


def test_distances_on_the_map_are_those_on_the_earth():
    # a degree of latitude on a sphere of 6371 km is 111.195 km; at 60 degrees north one of longitude is half of it
    km = plane_km(np.array([[10.0, 59.5], [10.0, 60.5], [11.0, 60.0], [10.0, 60.0]]))
    assert np.ptp(km[:2, 1]) == pytest.approx(111.195, abs=0.01)
    assert km[2, 0] - km[3, 0] == pytest.approx(55.597, abs=0.01)


def test_coordinates_that_are_no_degrees_are_metres():
    assert np.ptp(plane_km(np.array([[350_000.0, 5_600_000.0], [351_500.0, 5_600_000.0]]))[:, 0]) == pytest.approx(1.5)


def test_the_map_keeps_its_proportions(drawn):
    axis = drawn().figure["layout"]["yaxis"]
    assert (axis["scaleanchor"], axis["scaleratio"]) == ("x", 1)


def test_a_bus_without_coordinates_stands_beside_its_neighbour(tmp_path, drawn):
    chart = drawn(net=network(missing=["n4"]))
    wires = read_wires(tmp_path)
    layout = lay_out(wires)
    near = [wires.position["n1"], wires.position["n3"]]
    away = np.linalg.norm(layout.xy[near] - layout.xy[wires.position["n4"]], axis=1).min()
    assert away == pytest.approx(ASIDE * np.ptp(layout.xy, axis=0).max(), rel=0.05)
    assert "1 bus without coordinates" in chart.caption


def test_without_coordinates_the_network_is_a_tree_from_its_sources(tmp_path, drawn):
    chart = drawn(net=network(geo=False))
    assert "no coordinates" in chart.caption
    assert "scaleanchor" not in chart.figure["layout"]["yaxis"]
    wires = read_wires(tmp_path)
    xy = tree(wires)
    assert len({tuple(place) for place in xy.tolist()}) == len(wires.bus)
    column = dict(zip(wires.bus, xy[:, 0].tolist(), strict=True))
    assert [column[name] for name in ("hv", "head", "n1", "n2", "n3", "house")] == [0, 1, 2, 3, 4, 5]
    row = dict(zip(wires.bus, xy[:, 1].tolist(), strict=True))
    assert row["hv"] == row["n2"] == row["house"]  # the deepest way goes straight ahead
    assert row["n4"] < row["n1"]
    assert column["n4"] == 3  # by the closed line, not over the open tie
    assert np.array_equal(xy, tree(read_wires(tmp_path)))


def test_a_part_without_a_source_has_a_place_of_its_own(tmp_path):
    net = network(geo=False)
    one, other = pp.create_buses(net, 2, 6.6, name=["lost-1", "lost-2"])
    pp.create_line_from_parameters(net, one, other, 1.0, 0.3, 0.3, 0, 0.3, name="lost")
    wires = read_wires(write(tmp_path, net=net, values=worst()))
    xy = tree(wires)
    assert len({tuple(place) for place in xy.tolist()}) == len(wires.bus)
    assert xy[wires.position["lost-1"], 1] < xy[: len(BUSES), 1].min()


def test_a_large_tree_has_no_two_buses_at_one_place(wires):
    count = 900
    branch = wires.branches[0]
    rng = np.random.default_rng(1)
    chain = tuple(
        replace(branch, subject=f"line:{at}", start=int(rng.integers(max(0, at - 20), at)), end=at, in_service=True)
        for at in range(1, count)
    )
    large = replace(
        wires, bus=tuple(map(str, range(count))), vn_kv=np.full(count, 6.6), star=np.zeros(count, dtype=bool),
        degrees=np.full((count, 2), np.nan), branches=chain, switches=(),
    )  # fmt: skip
    assert len({tuple(place) for place in tree(large).tolist()}) == count


@pytest.mark.parametrize(
    ("low", "high", "place"),
    [(0.9048, 0.9048, -1.0), (1.0190, 1.0190, 1.0), (0.9619, 0.9619, 0.0), (0.93, 1.03, 1.1926), (0.89, 1.02, -1.2592)],
)
def test_the_colour_is_the_place_of_the_worst_voltage_in_the_band(drawn, low, high, place):
    chart = drawn(values=worst({"house": low}, {"house": high}), limits=[voltage_limit("house", "lv")])
    assert of_bus(chart, "house", "color") == pytest.approx(place, abs=1e-4)


def test_what_lies_outside_its_band_has_a_thick_ring_and_is_drawn_last(drawn):
    chart = drawn(values=worst({"house": 0.90}), limits=[voltage_limit("house", "lv")])
    assert of_bus(chart, "house", "ring") > of_bus(chart, "lv", "ring")
    assert of_bus(chart, "house", "size") > of_bus(chart, "lv", "size")
    assert trace(chart, "buses")["text"][-1].startswith("<b>house</b>")


def test_a_bus_without_limit_is_small_and_never_ringed(drawn):
    chart = drawn(values=worst({"n3": 0.85}), limits=[voltage_limit("house", "lv")])
    assert of_bus(chart, "n3", "size") < of_bus(chart, "house", "size")
    assert of_bus(chart, "n3", "ring") == of_bus(chart, "house", "ring")
    assert "no limit here; coloured on 0.9000 to 1.1000 pu" in of_bus(chart, "n3", "text")
    assert "no limit holds here" in chart.caption


def test_a_node_with_a_pole_transformer_is_coloured_in_the_window_of_its_tap(drawn):
    chart = drawn(values=worst({"n1": 6349 / 6600}), known=facts(6600.0))
    assert of_bus(chart, "n1", "color") == pytest.approx(-1.0, abs=0.01)
    assert "tap 6600 V: 0.9619 to 1.0000 pu" in of_bus(chart, "n1", "text")


def test_where_legs_are_known_the_worst_leg_counts(drawn):
    supply = {"customer:a": ("house", 100.0, 102.0), "customer:b": ("house", 99.0, 108.0)}
    chart = drawn(values=worst({"house": 0.98}, supply=supply), limits=[voltage_limit("house")])
    assert of_bus(chart, "house", "color") == pytest.approx((108.0 - 101.0) / 6.0, rel=1e-5)
    text = of_bus(chart, "house", "text")
    assert "lowest leg 99 V, 2020-08-03 19:00 (customer:b)<br>highest leg 108 V, 2020-05-01 12:00 (customer:b)" in text
    assert "of 2 supply points" in text
    assert "95 to 107 V" in text


@pytest.mark.parametrize(("depth", "subject"), [("full", "customer:a"), ("lumped", "pole:p-n1")])
def test_a_node_is_coloured_by_the_legs_behind_its_pole_transformer(drawn, depth, subject):
    known = facts(6600.0, depth=LowVoltageDepth(depth))
    customers = (Customer("a", "p-n1", "house", 0.5, 0.3),) if depth == "full" else ()
    known = replace(known, low_voltage=replace(known.low_voltage, customers=customers))
    chart = drawn(values=worst({"n1": 1.02}, supply={subject: ("house", 100.0, 106.0)}), known=known)
    assert of_bus(chart, "n1", "color") == of_bus(chart, "house", "color") == pytest.approx(5 / 6, rel=1e-5)
    assert f"highest leg 106 V, 2020-05-01 12:00 ({subject})" in of_bus(chart, "n1", "text")


def test_a_scenario_with_bands_of_its_own_colours_by_them(drawn):
    supply = {"customer:a": ("house", 101.0, 104.0)}
    scenario = {"limits": {"voltage": {"lv_100_lower_v": 98.0, "lv_100_upper_v": 104.0}}}
    chart = drawn(values=worst(supply=supply), scenario=scenario)
    assert of_bus(chart, "house", "color") == pytest.approx(1.0)


def test_texts_say_value_volts_and_time_and_of_an_ensemble_the_member(drawn):
    values = worst({"n3": 0.97}, {"n3": 1.01}, {"line:l3": 45.6})
    text = of_bus(drawn(values=values), "n3", "text")
    assert "lowest 0.9700 pu (6,402 V), 2020-08-03 19:00<br>" in text
    assert "highest 1.0100 pu (6,666 V), 2020-05-01 12:00<br>" in text
    chart = drawn(members=5, values=worst({"n3": 0.97}, {"n3": 1.01}, {"line:l3": 45.6}, members=5))
    assert f"2020-08-03 19:00, member {MEMBER}" in of_bus(chart, "n3", "text")
    assert (
        f"<b>l3</b>, 2 km<br>highest loading 45.6 %, 2020-08-03 19:00, member {MEMBER}"
        in trace(chart, "branches")["text"]
    )
    assert "Worst of all 5 members" in chart.caption


def test_a_bus_that_never_lived_is_said_to_be_so(drawn):
    chart = drawn(values=worst({"n4": None}, {"n4": None}))
    assert "never energised" in trace(chart, "never energised")["text"][0]
    assert not any(text.startswith("<b>n4</b>") for text in trace(chart, "buses")["text"])


def test_lines_are_grouped_by_their_highest_loading(drawn):
    loading = {"line:l1": 100.0, "line:l2": 100.5, "line:l3": 25.0, "trafo:bank": 60.0}
    chart = drawn(values=worst(loading=loading))
    names = [one["name"] for one in chart.figure["data"]]
    assert [name for name in names if name.startswith("loading")] == [
        "loading 0 to 25 %", "loading 50 to 75 %", "loading 75 to 100 %", "loading above 100 %",
    ]  # fmt: skip
    x = of_bus(chart, "n1", "x"), of_bus(chart, "n2", "x")
    assert trace(chart, "loading above 100 %")["x"] == [*x, None]
    assert trace(chart, "open line or tie")["line"]["dash"] == "dash"


def test_switches_sources_transformers_and_boundaries_have_symbols(drawn):
    scenario = {"boundaries": {"bank": {"at": ["trafo:bank@lv"]}, "far": {"at": ["switch:s2@from"]}}}
    chart = drawn(known=facts(6600.0), scenario=scenario)
    assert trace(chart, "switch, open in normal operation")["text"] == ["tie-switch, open"]
    assert trace(chart, "switch, closed")["text"] == ["s2, closed"]
    assert trace(chart, "source")["text"] == ["source grid"]
    assert trace(chart, "voltage regulator")["text"] == ["bank, 66/6.6 kV"]
    assert trace(chart, "transformer to low voltage")["text"] == ["pole, 6.6/0.21 kV"]
    boundary = trace(chart, "boundary")
    assert boundary["text"] == ["bank", "far"]
    assert points_of(boundary)[0].tolist() == [of_bus(chart, "head", "x"), of_bus(chart, "head", "y")]


def test_a_switch_stands_near_its_end_of_the_line(wires):
    xy = lay_out(wires).xy
    one, other = xy[wires.position["n1"]], xy[wires.position["n2"]]
    for at in ("switch:s2", "line:l2@from"):
        assert end_point(wires, xy, at) == pytest.approx(one + FROM_BUS * (other - one))
    assert end_point(wires, xy, "line:l2@to") == pytest.approx(other - FROM_BUS * (other - one))
    assert end_point(wires, xy, "switch:nowhere") is None


def test_buttons_change_colours_and_scale_together(drawn):
    chart = drawn(values=worst({"n3": 0.95}, {"n3": 1.02}), limits=[voltage_limit("house")])
    colours, views = chart.figure["layout"]["updatemenus"]
    changed, axis, (position,) = colours["buttons"][1]["args"]
    buses = chart.figure["data"][position]
    assert buses["name"] == "buses"
    at = next(place for place, text in enumerate(buses["text"]) if text.startswith("<b>n3</b>"))
    assert changed["marker.color"][0][at] == 0.95
    assert (axis["coloraxis.cmin"], axis["coloraxis.cmax"]) == (
        pytest.approx(0.95),
        pytest.approx(1.05),
    )  # centred on 1
    near = views["buttons"][1]["args"][0]
    assert near["xaxis.range"][0] < of_bus(chart, "n3", "x") < near["xaxis.range"][1]


def test_names_cannot_mark_up_a_text(tmp_path):
    net = network()
    net.bus.loc[2, "name"] = "<b onclick=x>"
    net.line.loc[0, "name"] = "<i>"
    values = worst()
    values["bus"]["name"][2] = "<b onclick=x>"
    write(tmp_path, net=net, values=values, scenario={"boundaries": {"<u>": {"at": ["trafo:bank@lv"]}}})
    text = json.dumps(maps(tmp_path, scenario={"boundaries": {"<u>": {"at": ["trafo:bank@lv"]}}})[0].figure)
    assert "&lt;b onclick=x&gt;" in text
    assert not any(tag in text for tag in ("<b onclick", "<i>", "<u>"))


def test_plotly_accepts_the_map(drawn):
    go = pytest.importorskip("plotly.graph_objects")
    go.Figure(drawn(known=facts(6600.0), values=worst(loading={"line:l1": 10.0})).figure)


def test_a_band_is_measured_from_its_middle():
    band = BusBand(95.0, 107.0, "limit", "leg")
    assert [band.place(volts) for volts in (95.0, 101.0, 107.0, 110.0)] == [-1.0, 0.0, 1.0, 1.5]


def test_an_ensemble_run_has_the_map_of_its_worst_member(ensemble):
    found = ensemble.worst()
    lowest = dict(zip(found["bus"]["name"], found["bus"]["vm_min_pu"], strict=True))["school"]
    per_member = ensemble.members()["level:6.6kV.vm_min_pu"].to_numpy()
    assert lowest == pytest.approx(np.nanmin(per_member), rel=1e-9)
    member = dict(zip(found["bus"]["name"], found["bus"]["vm_min_member"], strict=True))["school"]
    assert per_member[member] == pytest.approx(lowest, rel=1e-9)
    html = render(ensemble)
    assert 'id="chart-map"' in html
    assert f"member {member}" in html
