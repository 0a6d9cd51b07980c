import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pandapower
import pytest

import grids.library
from grids.equipment.tables import conductor, pole_transformer, svrs
from grids.errors import DescriptionError, GridError
from grids.japan.build import build_preset
from grids.japan.spec import DesignSpec
from grids.library.csv_columns import BRANCHES, NODES
from grids.library.csv_files import load
from grids.library.csv_writing import write
from grids.library.opening import open_network
from grids.library.spec import GridSpec
from grids.low_voltage import LowVoltageDepth

TEMPLATE = Path(grids.library.__file__).parent / "template"


def line_of(text, **cells):
    """A line of CSV text that fills these columns of its header."""
    header = text.strip().splitlines()[0].split(",")
    assert set(cells) <= set(header)
    return ",".join(str(cells.get(heading, "")) for heading in header) + "\n"


def rows(text, columns):
    """CSV text as lists of cells, header first."""
    table = list(csv.reader(text.strip().splitlines()))
    assert set(table[0]) <= {column.name for column in columns}
    return table


NODE_TEXT = """
name,vn_kv,source_vm_pu,load_kw,load_kvar,load_power_factor,pv_kw,pole,pole_kva,tap_v,drop_v,rise_v,peak_kw,pole_pv_kw,at,customer,share_a,share_b
up,66,1.01,,,,,,,,,,,,,,,
bus,6.6,,,,,,,,,,,,,,,,
a,6.6,,400,,0.9,,,,,,,,,,,,
b,6.6,,100,30,,250,,,,,,,,,,,
"""
BRANCH_TEXT = """
name,kind,from,to,length_km,conductor,r_ohm_per_km,x_ohm_per_km,c_nf_per_km,max_i_a,parallel,sn_kva,vn_hv_kv,vn_lv_kv,vk_percent,vkr_percent,tap_side,tap_min,tap_max,tap_step_percent,tap_pos,closed,at_line,model,pole_kva,tap_v,at_trafo
bank,trafo,up,bus,,,,,,,,10000,66,6.6,7.5,0.4,hv,-8,8,1.25,-2,,,,,,
l1,line,bus,a,2,Al-OC-120,,,,,,,,,,,,,,,,,,,,,
l2,line,a,b,1.5,,0.3,0.35,10,260,2,,,,,,,,,,,,,,,,
s1,switch,bus,,,,,,,,,,,,,,,,,,,closed,l1,,,,
"""


@pytest.fixture
def files(tmp_path):
    """Two files, their texts changed by (old, new) pairs."""

    def make(*changes, nodes=NODE_TEXT, branches=BRANCH_TEXT, encoding="utf-8"):
        texts = {"nodes.csv": nodes.strip(), "branches.csv": branches.strip()}
        for file, old, new in changes:
            assert old in texts[file], old
            texts[file] = texts[file].replace(old, new, 1)
        for file, text in texts.items():
            (tmp_path / file).write_text(text + "\n", encoding=encoding)
        return tmp_path / "nodes.csv", tmp_path / "branches.csv"

    return make


def solved(net):
    pandapower.runpp(net, tolerance_mva=1e-10)
    return dict(zip(net.bus["name"], net.res_bus["vm_pu"], strict=True))


def sorted_facts(facts):
    """Facts whose order does not matter."""
    parts = {part: tuple(sorted(getattr(facts, part), key=lambda one: one.name)) for part in ("poles", "segments")}
    return dataclasses.replace(facts, **parts, customers=tuple(sorted(facts.customers, key=lambda one: one.name)))


def problems(paths):
    with pytest.raises(DescriptionError) as caught:
        load(*paths, 60)
    return [problem.message for problem in caught.value.problems]


def test_what_the_files_say_is_what_is_solved(files):
    net = load(*files(), 60).net
    by_hand = pandapower.create_empty_network(f_hz=60)
    up, bus, a, b = (pandapower.create_bus(by_hand, vn) for vn in (66, 6.6, 6.6, 6.6))
    pandapower.create_ext_grid(by_hand, up, vm_pu=1.01)
    wire = conductor("Al-OC-120")
    pandapower.create_line_from_parameters(
        by_hand, bus, a, 2, wire.r_ohm_per_km, wire.x60_ohm_per_km, wire.c_nf_per_km, 1
    )
    pandapower.create_line_from_parameters(by_hand, a, b, 1.5, 0.3, 0.35, 10, 0.26, parallel=2)
    ratios = {"vn_hv_kv": 66 * (1 - 2 * 0.0125), "vn_lv_kv": 6.6}
    pandapower.create_transformer_from_parameters(
        by_hand, up, bus, 10, **ratios, vk_percent=7.5, vkr_percent=0.4, pfe_kw=0, i0_percent=0
    )
    pandapower.create_load(by_hand, a, 0.4, 0.4 * np.tan(np.arccos(0.9)))
    pandapower.create_load(by_hand, b, 0.1, 0.03)
    pandapower.create_sgen(by_hand, b, 0.25)
    pandapower.runpp(by_hand, tolerance_mva=1e-10)
    assert list(solved(net).values()) == pytest.approx(by_hand.res_bus["vm_pu"].tolist(), abs=1e-8)
    assert net.line["max_i_ka"].tolist() == [wire.max_i_a / 1000, 0.26]
    assert net.load["name"].tolist() == ["a", "b"]
    assert net.switch["name"].tolist() == ["s1"]


def test_frequency_decides_the_reactance_of_a_conductor(files):
    paths = files()
    assert load(*paths, 50).net.line["x_ohm_per_km"].iloc[0] == conductor("Al-OC-120").x50_ohm_per_km
    assert load(*paths, 60).net.line["x_ohm_per_km"].iloc[0] == conductor("Al-OC-120").x60_ohm_per_km


def test_equipment_is_taken_by_name(files):
    name = next(iter(svrs()))
    nodes = NODE_TEXT + line_of(NODE_TEXT, name="c", vn_kv=6.6) + line_of(NODE_TEXT, name="d", vn_kv=0.21)
    changer = {"name": "svr", "kind": "svr", "from": "b", "to": "c", "model": name, "tap_pos": 1}
    pole = {"name": "p1", "kind": "trafo", "from": "c", "to": "d", "pole_kva": 30, "tap_v": 6450}
    branches = BRANCH_TEXT + line_of(BRANCH_TEXT, **changer) + line_of(BRANCH_TEXT, **pole)
    net = load(*files(nodes=nodes, branches=branches), 60).net
    trafo = net.trafo.set_index("name")
    assert trafo.loc["svr", "tap_step_percent"] == pytest.approx(svrs()[name].tap_step_percent)
    assert trafo.loc["svr", "tap_pos"] == 1
    assert trafo.loc["p1", "vk_percent"] == pytest.approx(pole_transformer(30).vk_percent)
    assert trafo.loc["p1", "tap_pos"] == -1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_headings_and_words_may_be_japanese(files, encoding):
    words = {"line": "線路", "trafo": "変圧器", "switch": "開閉器"}
    node_rows, branch_rows = rows(NODE_TEXT, NODES), rows(BRANCH_TEXT, BRANCHES)
    for table, columns in ((node_rows, NODES), (branch_rows, BRANCHES)):
        japanese = {column.name: column.japanese for column in columns}
        table[0] = [japanese[heading] for heading in table[0]]
    for row in branch_rows[1:]:
        row[1] = words[row[1]]
        row[:] = ["投入" if cell == "closed" else cell for cell in row]
    node_rows[3][0] = "柱上 一号"
    branch_rows[2][3] = branch_rows[3][2] = "柱上 一号"
    text = ["\n".join(",".join(row) for row in table) for table in (node_rows, branch_rows)]
    net = load(*files(nodes=text[0], branches=text[1], encoding=encoding), 60).net
    plain = solved(load(*files(), 60).net)
    assert solved(net) == pytest.approx(
        {"柱上 一号" if name == "a" else name: vm_pu for name, vm_pu in plain.items()}, abs=1e-12
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("nodes.csv", "vn_kv,", "vnkv,"), ["nodes.csv:1:vnkv: there is no column", "nodes.csv:1:vn_kv: the"]),
        (("nodes.csv", "load_kw,load_kvar", "load_kw,load_kw"), ["nodes.csv:1:load_kw: the column load_kw is given"]),
        (("nodes.csv", "load_kw,", ","), ["nodes.csv:1:4: the column has no heading"]),
        (("nodes.csv", "b,6.6,,100", "b,6.6,,1OO"), ["nodes.csv:5:load_kw: '1OO' is no number"]),
        (("nodes.csv", "b,6.6,,100", "b,6.6,,nan"), ["nodes.csv:5:load_kw: 'nan' is no number"]),
        (("nodes.csv", "b,6.6,,100", "b,6.6,,1_0"), ["nodes.csv:5:load_kw: '1_0' is no number"]),
        (("nodes.csv", "b,6.6,,100", 'b,6.6,,"1,000"'), ["nodes.csv:5:load_kw: '1,000' is no number"]),
        (("nodes.csv", "b,6.6,,100", "b,6.6,,-100"), ["nodes.csv:5:load_kw: input should be greater"]),
        (("nodes.csv", "b,6.6", "b,0"), ["nodes.csv:5:vn_kv: input should be greater than 0"]),
        (("nodes.csv", "b,6.6", "b,"), ["nodes.csv:5:vn_kv: is blank"]),
        (("nodes.csv", "b,6.6", ",6.6"), ["nodes.csv:5:name: is blank", "branches.csv:4:to: there is no node 'b'"]),
        (("nodes.csv", "b,6.6", "a,6.6"), ["nodes.csv:5:name: 'a' is already in row 4", "branches.csv:4:to:"]),
        (("nodes.csv", "100,30,", "100,30,0.9"), ["nodes.csv:5:load_kvar: give load_kvar or load_power_factor"]),
        (("nodes.csv", "400,,0.9", "400,,"), ["nodes.csv:4:load_kvar: give load_kvar or load_power_factor"]),
        (("nodes.csv", "400,,0.9", "400,,1.9"), ["nodes.csv:4:load_power_factor: 1.9 is no power factor"]),
        (("nodes.csv", "400,,0.9", ",,0.9"), ["nodes.csv:4:load_kw: is blank"]),
        (("nodes.csv", "66,1.01", "66,"), ["nodes.csv:1:source_vm_pu: the network has no source"]),
        (("nodes.csv", "66,1.01", "66,2.5"), ["nodes.csv:2:source_vm_pu: input should be less than 2"]),
        (("nodes.csv", "b,6.6", "b,22"), ["branches.csv:4: joins buses of 6.6 and 22 kV"]),
        (("branches.csv", "l1,line", "l1,lime"), ["branches.csv:3:kind: there is no kind", "branches.csv:5:at_line"]),
        (("branches.csv", "l1,line,bus", "l1,line,buss"), ["branches.csv:3:from: there is no node 'buss'"]),
        (("branches.csv", "Al-OC-120", "Al-OC-12"), ["branches.csv:3:conductor: there is no conductor"]),
        (("branches.csv", "2,Al-OC-120,", "2,Al-OC-120,0.1"), ["branches.csv:3: conductor Al-OC-120 brings r_ohm"]),
        (("branches.csv", "1.5,,0.3,0.35", ",,0.3,0.35"), ["branches.csv:4:length_km: is blank"]),
        (("branches.csv", "1.5,,0.3,0.35", "1.5,,,0.35"), ["branches.csv:4: give conductor, or"]),
        (("branches.csv", "10,260,2", "10,260,1.5"), ["branches.csv:4:parallel: input should be a valid integer"]),
        (("branches.csv", "-8,8,1.25,-2", "-8,8,1.25,-9"), ["branches.csv:2: pos -9 lies outside"]),
        (("branches.csv", "-8,8,1.25", "-8,,1.25"), ["branches.csv:2:tap_max: is blank"]),
        (("branches.csv", "10000,66", "10000,22"), ["branches.csv:2:vn_hv_kv: the winding has 22 kV but its bus 'up'"]),
        (("branches.csv", "closed,l1", "maybe,l1"), ["branches.csv:5:closed: 'maybe' is no state"]),
        (("branches.csv", "closed,l1", ",l1"), ["branches.csv:5:closed: is blank"]),
        (("branches.csv", "closed,l1", "open,l2"), ["branches.csv:5:from: line 'l2' ends at a and b, not at 'bus'"]),
        (("branches.csv", "closed,l1", "open,"), ["branches.csv:5: give exactly one of to_bus, line, trafo"]),
        (("branches.csv", "s1,switch,bus,,", "s1,switch,bus,,3"), ["branches.csv:5:length_km: means nothing for"]),
        (("branches.csv", "l2,line", "l1,line"), ["branches.csv:4:name: 'l1' is already in row 3"]),
        (("branches.csv", "bank,trafo", ",trafo"), ["branches.csv:2:name: is blank"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_row_and_column(files, change, expected):
    found = problems(files(change))
    assert found[0].startswith(expected[0]) or any(message.startswith(expected[0]) for message in found)
    assert len(found) == len(expected), found
    for message in expected:
        assert any(one.startswith(message) for one in found), found


def test_all_mistakes_of_both_files_come_at_once(files):
    found = problems(
        files(
            ("nodes.csv", "b,6.6,,100", "b,6.6,,x"),
            ("nodes.csv", "400,,0.9", "400,,2"),
            ("branches.csv", "10,260", "10,-260"),
            ("branches.csv", "closed,l1", "shut,l9"),
        )
    )
    places = sorted(message.rsplit(": ", 1)[0].split(": ")[0] for message in found)
    assert places == [
        "branches.csv:4:max_i_a",
        "branches.csv:5:at_line",
        "branches.csv:5:closed",
        "nodes.csv:4:load_power_factor",
        "nodes.csv:5:load_kw",
    ]


def test_headers_of_both_files_are_judged_at_once(files):
    found = problems(files(("nodes.csv", "vn_kv", "kv"), ("branches.csv", "kind", "kinds")))
    assert {message.split(":")[0] for message in found} == {"nodes.csv", "branches.csv"}


def test_mistakes_reach_the_scenario_at_the_file_they_are_in(files, tmp_path):
    files(("nodes.csv", "b,6.6,,100", "b,6.6,,x"), ("branches.csv", "10,260", "10,-260"))
    spec = GridSpec.model_validate({"csv": {"nodes": "nodes.csv", "branches": "branches.csv", "frequency_hz": 60}})
    with pytest.raises(DescriptionError) as caught:
        open_network(spec, tmp_path)
    assert sorted(problem.route for problem in caught.value.problems) == [("csv", "branches"), ("csv", "nodes")]


def test_blank_rows_and_remarks_are_skipped_but_counted(files):
    nodes = NODE_TEXT.replace("\na,6.6", "\n# feeder 1\n,,,\na,6.6").replace("b,6.6,,100", "b,6.6,,x")
    assert problems(files(nodes=nodes)) == ["nodes.csv:7:load_kw: 'x' is no number"]


@pytest.mark.parametrize(("separator", "words"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_one_mistake_that_says_what_to_do(files, separator, words):
    nodes = NODE_TEXT.replace(",", separator)
    assert problems(files(nodes=nodes)) == [f"nodes.csv:1: columns are separated by {words}; save the file with commas"]


def test_a_workbook_is_told_from_text(files):
    nodes, branches = files()
    nodes.write_bytes(b"PK\x03\x04\x14\x00")
    with pytest.raises(GridError, match=r"nodes\.csv: is a workbook, not CSV"):
        load(nodes, branches, 60)


def test_what_is_no_text_is_refused(files):
    nodes, branches = files()
    nodes.write_bytes(b"name,vn_kv\n\xff\xfe\x00\x81,1")
    with pytest.raises(GridError, match=r"nodes\.csv: the text is neither"):
        load(nodes, branches, 60)


def test_a_node_may_have_more_than_one_load(files):
    further = "b-shop,,,7,2,,,,,,,,,,b,,,\n"
    net = load(*files(nodes=NODE_TEXT + further), 60).net
    at = net.bus["name"][net.load["bus"]].tolist()
    assert list(zip(net.load["name"], at, strict=True)) == [("a", "a"), ("b", "b"), ("b-shop", "b")]
    found = problems(files(nodes=NODE_TEXT + further.replace("b-shop,,", "b-shop,6.6,").replace(",b,", ",z,")))
    assert [message.split(": ")[0] for message in found] == ["nodes.csv:6:vn_kv", "nodes.csv:6:at"]


class TestLowVoltage:
    """The template's main: p1 with the stretch m1 and the customers c1 and c2."""

    @pytest.fixture
    def template(self):
        return {name: (TEMPLATE / f"{name}.csv").read_text(encoding="utf-8") for name in ("nodes", "branches")}

    def test_facts_follow_from_both_files(self, template, files):
        low = load(*files(**template), 60).low_voltage
        assert low.depth is LowVoltageDepth.FULL
        assert [(pole.name, pole.bus, pole.lv_bus, pole.trafo) for pole in low.poles] == [("p1", "n2", "p1-lv", "p1")]
        assert [(pole.sn_kva, pole.tap_v) for pole in low.poles] == [(30.0, 6600.0)]
        assert [(one.name, one.pole, one.share_a, one.share_b) for one in low.customers] == [
            ("c1", "p1", 0.5, 0.3),
            ("c2", "p1", 0.3, 0.5),
        ]

    def test_a_stretch_is_the_balanced_line_with_its_drop_and_losses(self, template, files):
        """Two wires of the loop in series; sqrt(3) between the current of the loop and of each phase."""
        network = load(*files(**template), 60)
        wire, line = conductor("OW-60"), network.net.line.set_index("name").loc["m1"]
        assert line["r_ohm_per_km"] == pytest.approx(2 * wire.r_ohm_per_km)
        assert line["x_ohm_per_km"] == pytest.approx(2 * wire.x60_ohm_per_km)
        assert line["max_i_ka"] == pytest.approx(wire.max_i_a / np.sqrt(3) / 1000)
        segment = network.low_voltage.segments[0]
        assert (segment.r_ohm, segment.x_ohm) == pytest.approx((0.04 * wire.r_ohm_per_km, 0.04 * wire.x60_ohm_per_km))

    def test_stretches_are_turned_outwards(self, template, files):
        turned = ("branches.csv", "m1,three_wire,p1-lv,m1", "m1,three_wire,m1,p1-lv")
        assert load(*files(turned, **template), 60).low_voltage == load(*files(**template), 60).low_voltage

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (("nodes.csv", "0.21,130.02,32.001", "0.21,,32.001"), "nodes.csv:7:longitude: is blank"),
            (("nodes.csv", ",p1,,,4,", ",p1,50,,4,"), "nodes.csv:7:pole_kva: the transformer 'p1' has 30 kVA"),
            (("nodes.csv", ",p1,,,4,", ",p1,,6450,4,"), "nodes.csv:7:tap_v: the transformer 'p1' stands at 6600 V"),
            (("nodes.csv", ",p1,,,4,", ",p1,,,,"), "nodes.csv:7:drop_v: is blank"),
            (("nodes.csv", ",p1,,,4,", ",,,,4,"), "nodes.csv:7:pole: is blank"),
            (("nodes.csv", "0.5,0.3", "0.5,0.7"), "nodes.csv:9:share_a: the shares of both legs are more than 1"),
            (("nodes.csv", "c2,0.3", "c1,0.3"), "nodes.csv:10:customer: 'c1' is already in row 9"),
            (
                ("branches.csv", "p1,trafo,n2,p1-lv", "p1,trafo,n2,m1"),
                "nodes.csv:7:pole: 0 transformers have their low",
            ),
            (("branches.csv", "c2,three_wire", "c2,line"), "nodes.csv:10:customer: no three-wire stretch leads"),
            (("branches.csv", "c2,three_wire,m1,c2", "c2,three_wire,c1,m1"), "branches.csv:8:name: belongs to a ring"),
        ],
    )
    def test_mistakes_below_the_pole_are_named(self, template, files, change, expected):
        assert any(message.startswith(expected) for message in problems(files(change, **template)))

    def test_an_equivalent_pole_needs_its_size_and_tap(self, files):
        given = "a,6.6,,400,,0.9,,p1,30,6450,6,2,20,10,,,,"
        old = "a,6.6,,400,,0.9,,,,,,,,,,,,"
        low = load(*files(("nodes.csv", old, given)), 60).low_voltage
        assert low.depth is LowVoltageDepth.EQUIVALENT
        pole = low.poles[0]
        assert (pole.bus, pole.lv_bus, pole.sn_kva, pole.tap_v, pole.peak_kw) == ("a", None, 30.0, 6450.0, 20.0)
        found = problems(files(("nodes.csv", old, given.replace("30,6450", ","))))
        assert [message.split(": ")[0] for message in found] == ["nodes.csv:4:pole_kva", "nodes.csv:4:tap_v"]

    def test_files_without_poles_say_nothing_of_low_voltage(self, files):
        assert load(*files(), 60).low_voltage is None


def column(table, name, value):
    """A change of a network: a column of a table."""

    def change(net):
        frame = net[table]
        frame[name] = value

    return change


class TestWriting:
    @pytest.mark.parametrize("depth", ["equivalent", "lumped", "full"])
    def test_the_template_rebuilds_the_builders_feeder(self, depth, tmp_path):
        feeder = build_preset("jp-rural", DesignSpec.model_validate({"low_voltage": depth}))
        loaded = load(*write(feeder.net, feeder.low_voltage, tmp_path), int(feeder.net.f_hz))
        assert solved(loaded.net) == pytest.approx(solved(feeder.net), abs=1e-8)
        assert sorted_facts(loaded.low_voltage) == sorted_facts(feeder.low_voltage)
        for table, columns in {
            "bus": ["vn_kv"],
            "line": ["max_i_ka", "length_km"],
            "trafo": ["tap_pos", "tap_min", "tap_max", "sn_mva"],
            "load": ["p_mw", "q_mvar"],
            "sgen": ["p_mw", "sn_mva"],
            "switch": ["closed"],
        }.items():
            old, new = (net[table].set_index("name")[columns].astype(float) for net in (feeder.net, loaded.net))
            assert new.loc[old.index].to_numpy() == pytest.approx(old.to_numpy(), rel=1e-12), table
        places = [net.bus.set_index("name")["geo"].map(json.loads).to_dict() for net in (feeder.net, loaded.net)]
        assert places[0] == places[1]
        assert set(loaded.net.load["type"]) == set(feeder.net.load["type"])

    def test_everything_the_format_holds_comes_back(self, files, tmp_path):
        """Bus-bus, line-end and transformer switches, taps at the low-voltage side, parallels, scaled loads."""
        net = load(*files(), 60).net
        spare = pandapower.create_bus(net, 6.6, name="spare")
        low = pandapower.create_bus(net, 0.21, name="low")
        pandapower.create_switch(net, 3, spare, et="b", name="tie", closed=True)
        trafo = pandapower.create_transformer_from_parameters(
            net, spare, low, 0.3, 6.6, 0.21, 0.8, 3.0, 0.5, 0.2, -30.0, name="low-trafo", parallel=2,
            tap_side="lv", tap_min=-2, tap_max=2, tap_neutral=0, tap_pos=1, tap_step_percent=2.5,
            tap_changer_type="Ratio",
        )  # fmt: skip
        pandapower.create_switch(net, spare, trafo, et="t", name="isolator", closed=True)
        pandapower.create_load(net, low, 0.1, 0.02, scaling=0.5, name="scaled")
        again = load(*write(net, None, tmp_path), 60)
        assert solved(again.net) == pytest.approx(solved(net), abs=1e-8)
        assert again.low_voltage is None
        columns = ["name", "bus", "element", "et", "closed"]
        assert again.net.switch.sort_values("name")[columns].to_numpy().tolist() == (
            net.switch.sort_values("name")[columns].to_numpy().tolist()
        )

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            (lambda net: pandapower.create_shunt(net, 2, 0.1, name="bank-c"), "shunt 'bank-c'"),
            (lambda net: pandapower.create_gen(net, 2, 0.1, name="holder"), "gen 'holder'"),
            (column("line", "in_service", [True, False]), r"line 'l2' \(out of service\)"),
            (column("line", "df", 0.8), r"line 'l1' \(df 0.8\)"),
            (column("line", "max_i_ka", np.nan), r"line 'l1' \(no rated current\)"),
            (column("load", "const_z_p_percent", 50.0), r"load 'a' \(const_z_p_percent 50\)"),
            (column("sgen", "q_mvar", 0.1), r"sgen 'b' \(q_mvar 0.1\)"),
            (column("switch", "z_ohm", 0.1), r"switch 's1' \(z_ohm 0.1\)"),
            (column("ext_grid", "va_degree", 5.0), r"ext_grid 'up' \(va_degree 5\)"),
            (column("trafo", "tap_changer_type", "Ideal"), r"trafo 'bank' \(tap changer Ideal\)"),
        ],
    )
    def test_what_the_format_does_not_hold_is_refused_by_name(self, files, tmp_path, change, named):
        net = load(*files(), 60).net
        change(net)
        with pytest.raises(GridError, match=named):
            write(net, None, tmp_path)

    def test_a_stretch_whose_line_is_not_twice_the_wire_is_refused(self, tmp_path):
        network = load(TEMPLATE / "nodes.csv", TEMPLATE / "branches.csv", 60)
        line = network.net.line
        line.loc[line["name"] == "c1", "r_ohm_per_km"] *= 1.1
        with pytest.raises(GridError, match="segment 'c1'"):
            write(network.net, network.low_voltage, tmp_path)


def test_the_template_shows_every_column_and_solves():
    network = load(TEMPLATE / "nodes.csv", TEMPLATE / "branches.csv", 60)
    for file, columns in (("nodes.csv", NODES), ("branches.csv", BRANCHES)):
        header = (TEMPLATE / file).read_text(encoding="utf-8").splitlines()[0].split(",")
        assert header == [column.name for column in columns]
    assert min(solved(network.net).values()) > 0.95


def test_the_page_shows_every_column_and_the_template():
    page = (Path(__file__).parents[3] / "docs" / "importers.md").read_text(encoding="utf-8")
    for column in (*NODES, *BRANCHES):
        needed = " (needed)" if column.needed else ""
        unit = {"": "text", "1": "–"}.get(column.unit, column.unit)
        assert f"| `{column.name}`{needed} | {column.japanese} | {unit} | {column.meaning} |" in page
    for file in ("nodes.csv", "branches.csv"):
        assert (TEMPLATE / file).read_text(encoding="utf-8") in page
