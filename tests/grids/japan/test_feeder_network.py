"""The network of a preset: its shape, its names, its switches, and what it keeps in every depth."""

import json
from math import cos, hypot, radians

import networkx as nx
import numpy as np
import pandapower
import pandapower.topology
import pytest

from grids.boundaries import BoundarySpec
from grids.errors import GridError
from grids.japan.build import build_preset, presets
from grids.japan.design import section_start
from grids.japan.spec import DesignSpec
from grids.library.opening import open_network
from grids.library.spec import GridSpec
from grids.normalise import normalise
from grids.powerflow.pgm_engine import PgmEngine
from grids.sections import SectionSpec, partition

PRESETS = ("jp-rural", "jp-suburban", "jp-urban", "jp-remote-island")
DEPTHS = ("equivalent", "lumped", "full")


def solved(net, *, pv=False):
    net.sgen["in_service"] = pv
    pandapower.runpp(net, numba=False)
    return net


def medium_voltage(net):
    mask = (net.bus["vn_kv"] == 6.6).to_numpy()
    volts = 6600 * net.res_bus["vm_pu"].to_numpy()[mask]
    return dict(zip(net.bus["name"][mask], volts, strict=True))


def distances(net):
    """Line -> (length in the network, straight length on the map), km."""
    places = [json.loads(geo)["coordinates"] for geo in net.bus["geo"]]
    found = {}
    for line in net.line.itertuples():
        (x1, y1), (x2, y2) = places[line.from_bus], places[line.to_bus]
        east = 111.32 * cos(radians((y1 + y2) / 2))
        found[line.name] = (line.length_km, hypot((x2 - x1) * east, (y2 - y1) * 111.32))
    return found


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("depth", DEPTHS)
def test_presets_build_in_every_depth_and_both_engines_agree(feeder, as_given, preset, depth):
    built = feeder(preset, low_voltage=depth)
    grid, reference, state = as_given(built.net)
    assert grid.renamed == ()
    one, other = reference.solve(state), PgmEngine(grid).solve(state)
    assert one.converged.all()
    assert np.abs(one.vm_pu - other.vm_pu).max() < 1e-6
    assert one.energised.all()


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_radial_with_ties_open_and_meshed_by_each_tie(feeder, preset):
    net = feeder(preset, low_voltage="full").net
    graph = pandapower.topology.create_nxgraph(net, multi=True)
    assert nx.is_connected(graph)
    assert graph.number_of_edges() == graph.number_of_nodes() - 1
    ties = net.switch.index[net.switch["name"].str.startswith("tie-")]
    assert len(ties) == build_preset(preset).design.ties
    assert not net.switch.loc[ties, "closed"].any()
    for tie in ties:
        net.switch.loc[tie, "closed"] = True
    closed = pandapower.topology.create_nxgraph(net, multi=True)
    assert closed.number_of_edges() == graph.number_of_edges() + len(ties)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_carry_their_peak_within_ratings_and_usual_drop(feeder, preset):
    net = solved(feeder(preset, low_voltage="full").net)
    volts = medium_voltage(net)
    study = [volt for name, volt in volts.items() if name.startswith("f1-")]
    assert volts["busbar"] - min(study) <= 300  # facts.md 1.3 [U]
    assert net.res_line["loading_percent"].max() < 100
    assert net.trafo.empty or net.res_trafo["loading_percent"].max() < 100
    legs = 105 * net.res_bus["vm_pu"][net.bus["vn_kv"] < 1]
    assert legs.min() > 95  # the mean of both legs, without PV


@pytest.mark.parametrize("preset", PRESETS)
def test_without_pv_every_preset_has_a_feasible_tap_at_every_pole(feeder, preset):
    built = feeder(preset)
    assert all(choice.tap_v is not None for choice in built.tap_choices.values())
    assert len(built.tap_choices) == built.figures.poles
    assert not any("tap" in note for note in built.notes)


def test_equal_input_gives_an_equal_network_and_no_two_builds_share_one():
    one, other = (build_preset("jp-remote-island", DesignSpec(low_voltage="full")) for _ in range(2))
    assert pandapower.toolbox.nets_equal(one.net, other.net)
    assert one.low_voltage == other.low_voltage
    assert one.net is not other.net


def test_names_follow_the_scheme(feeder):
    built = feeder(low_voltage="full", svrs={"svr1": {"at": "s2"}})
    net = built.net
    buses, switches = set(net.bus["name"]), set(net.switch["name"])
    assert {"upstream", "busbar", "f1-n03", "f1-l2-n1", "f2-n01", "f1-mill", "svr1-in"} <= buses
    assert {"f1-p03-lv", "f1-p03-m2", "f1-p03-c04", "f1-l2-p1-c01", "f1-p08-shop"} <= buses
    incomers = {f"f1-{name}" for name in built.design.hv_customers}
    assert switches == {*(f"f{k}-cb" for k in range(1, 5)), "f1-s2", "f1-s3", "tie-f1-f2", "tie-f1-f3"} | incomers
    assert set(net.trafo["name"][:2]) == {"bank", "svr1"}
    assert {name: one.trafo for name, one in built.regulators.items()} == {"lrt": "bank", "svr1": "svr1"}
    pcs = {name for name in buses if name.endswith("-pcs")}
    study = net.sgen["name"][net.sgen["name"].str.startswith("f1-")]
    assert pcs == {name.removesuffix("-pv") + "-pcs" for name in study}
    assert len(pcs) == built.figures.pv_homes


def test_pv_is_spread_evenly_over_the_homes(feeder):
    built = feeder(low_voltage="full", pv={"penetration": 0.6, "share_of_homes": 0.25})
    names = [one.name for one in built.low_voltage.customers if not one.name.endswith("-shop")]
    generators = set(built.net.sgen["name"])
    has_pv = np.array([f"{name}-pv" in generators for name in names])
    counts = np.cumsum(has_pv)
    assert np.abs(counts - 0.25 * np.arange(1, len(names) + 1)).max() < 1


def test_loads_and_pv_add_up_to_the_figures_in_every_depth(feeder):
    for depth in DEPTHS:
        built = feeder("jp-suburban", low_voltage=depth, pv={"penetration": 0.37})
        net, figures = built.net, built.figures
        load, pv = (table[table["name"].str.startswith("f1-")] for table in (net.load, net.sgen))
        by_type = 1e3 * load.groupby("type")["p_mw"].sum()
        assert by_type["home"] == pytest.approx(figures.homes_kw)
        assert 1e3 * load["p_mw"].sum() == pytest.approx(figures.peak_kw)
        assert set(pv["type"]) == {"pv-home"}
        assert pv["p_mw"].sum() / load["p_mw"].sum() == pytest.approx(0.37, rel=1e-12)
        assert sum(pole.pv_kw for pole in built.low_voltage.poles) == pytest.approx(figures.pv_kw)
        assert sum(pole.peak_kw for pole in built.low_voltage.poles) == pytest.approx(
            figures.homes_kw + figures.shops_kw
        )


def test_high_voltage_customers_have_buses_and_switches_of_their_own(feeder):
    for depth in DEPTHS:
        built = feeder("jp-urban", low_voltage=depth)
        names = built.net.bus["name"]
        theirs = {f"f1-{name}" for name in built.design.hv_customers}
        assert theirs <= set(names)
        assert not theirs & {pole.bus for pole in built.low_voltage.poles}
        for name in theirs:
            built.net.switch.loc[built.net.switch["name"] == name, "closed"] = False
        off = pandapower.topology.unsupplied_buses(built.net)
        assert {names[bus] for bus in off} == theirs


@pytest.mark.parametrize("preset", PRESETS)
def test_each_section_is_bounded_by_its_sectionalisers(feeder, preset):
    built = feeder(preset)
    design, count = built.design, built.design.trunk.sections
    heads = {k: f"f1-n{section_start(design, k):02d}" for k in range(1, count + 1)}
    switches = {k: "f1-cb" if k == 1 else f"f1-s{k}" for k in heads}
    sections = [SectionSpec(f"section-{k}", (head,)) for k, head in heads.items()]
    boundaries = [BoundarySpec(f"near-{k}", (f"switch:{switches[k]}",), f"section-{k}") for k in heads]
    boundaries += [BoundarySpec(f"far-{k}", (f"switch:{switches[k + 1]}",), f"section-{k}") for k in range(1, count)]
    parts, problems = partition(normalise(built.net), sections, boundaries)
    assert problems == []
    buses = np.concatenate([section.buses for section in parts.sections])
    names = np.array(normalise(built.net).index.bus)[buses]
    assert len(set(names)) == len(names)  # no bus is in two sections
    assert set(names) == {name for name in built.net.bus["name"] if name.startswith("f1-")}


def test_every_section_can_be_cut_off_and_taken_over_by_a_tie(feeder):
    net = feeder("jp-rural").net

    def switched(**closed):
        for name, state in closed.items():
            net.switch.loc[net.switch["name"] == name.replace("_", "-"), "closed"] = state
        return {net.bus["name"][bus] for bus in pandapower.topology.unsupplied_buses(net)}

    dead = switched(f1_s3=False)
    assert "f1-n16" in dead
    assert "f1-n05" not in dead
    assert switched(tie_f1_f2=True) == set()
    assert solved(net).converged


def test_frequency_decides_reactances_and_nothing_else(feeder):
    fifty, sixty = (feeder("jp-remote-island", frequency_hz=hertz, low_voltage="full").net for hertz in (50, 60))
    assert (fifty.f_hz, sixty.f_hz) == (50, 60)
    assert fifty.line["r_ohm_per_km"].equals(sixty.line["r_ohm_per_km"])
    ratio = sixty.line["x_ohm_per_km"] / fifty.line["x_ohm_per_km"]
    assert ratio[fifty.line["type"] == "ol"].to_numpy() == pytest.approx(1.2, abs=0.01)  # table values are rounded
    assert ratio.min() > 1.1


def test_low_voltage_agrees_at_six_kilovolts_within_a_third_of_a_percent(feeder):
    volts = {depth: medium_voltage(solved(feeder("jp-rural", low_voltage=depth).net)) for depth in DEPTHS}
    for depth in ("lumped", "full"):
        gap = max(abs(volts[depth][name] / volt - 1) for name, volt in volts["equivalent"].items())
        assert 0 < gap < 1 / 300  # losses of the low voltage, which `equivalent` leaves out
    for pole, other in zip(feeder(low_voltage="full").low_voltage.poles, feeder().low_voltage.poles, strict=True):
        assert pole.tap_v == other.tap_v


def test_with_its_losses_added_the_equivalent_equals_the_full_network(feeder):
    full, equivalent = solved(feeder(low_voltage="full").net), feeder().net
    trafos, flows = full.trafo["name"], full.res_trafo[["p_hv_mw", "q_hv_mvar"]].to_numpy()
    into = dict(zip(trafos, flows, strict=True))
    poles = {pole.bus: pole.name for pole in feeder().low_voltage.poles}
    seen = set()
    for load in equivalent.load.itertuples():
        bus = equivalent.bus["name"][load.bus]
        if bus in poles:
            p, q = (0.0, 0.0) if bus in seen else into[poles[bus]]
            equivalent.load.loc[load.Index, ["p_mw", "q_mvar"]] = p, q
            seen.add(bus)
    one, other = medium_voltage(full), medium_voltage(solved(equivalent))
    assert max(abs(one[name] - volt) for name, volt in other.items()) < 1e-5


def test_a_balanced_low_voltage_line_has_drop_losses_and_loading_of_the_loop(feeder):
    built = feeder(low_voltage="full")
    net, segment = solved(built.net), built.low_voltage.segments
    service = next(one for one in segment if one.name == "f1-p03-c04")
    row = net.line.index[net.line["name"] == service.name][0]
    line, result = net.line.loc[row], net.res_line.loc[row]
    assert line["r_ohm_per_km"] * line["length_km"] == pytest.approx(2 * service.r_ohm)
    assert line["x_ohm_per_km"] * line["length_km"] == pytest.approx(2 * service.x_ohm)
    volts = 210 * net.res_bus["vm_pu"][line["to_bus"]]
    amperes = 1e6 * abs(complex(result["p_to_mw"], result["q_to_mvar"])) / volts  # in the loop
    assert 1e6 * result["pl_mw"] == pytest.approx(2 * service.r_ohm * amperes**2, rel=1e-6)
    assert result["loading_percent"] == pytest.approx(100 * amperes / 61, rel=1e-3)  # DV-14: 61 A
    power = -complex(result["p_to_mw"], result["q_to_mvar"]) * 1e6
    sent = volts + 2 * complex(service.r_ohm, service.x_ohm) * (power / volts).conjugate()
    assert 210 * net.res_bus["vm_pu"][line["from_bus"]] == pytest.approx(abs(sent), abs=1e-6)


def test_facts_describe_the_network_they_came_with(feeder):
    for depth in DEPTHS:
        built = feeder("jp-rural", low_voltage=depth)
        net, facts = built.net, built.low_voltage
        buses, lines = set(net.bus["name"]), set(net.line["name"])
        assert str(facts.depth) == depth
        assert len(facts.poles) == built.figures.poles
        assert len({pole.bus for pole in facts.poles}) == len(facts.poles)
        assert {pole.bus for pole in facts.poles} <= buses
        modelled = depth != "equivalent"
        assert {pole.lv_bus for pole in facts.poles} <= (buses if modelled else {None})
        assert {pole.trafo for pole in facts.poles} <= (set(net.trafo["name"]) if modelled else {None})
        assert {segment.name for segment in facts.segments} <= lines
        assert len(facts.customers) == (built.figures.homes + built.figures.shops if depth == "full" else 0)
        assert facts.poles[0].drop_v == pytest.approx(4.0 if modelled else 6.0)
        assert facts.poles[0].rise_v == pytest.approx(4 / 3 if modelled else 2.0)


def test_segments_run_outwards_from_each_pole_to_every_customer(feeder):
    facts = feeder(low_voltage="full").low_voltage
    reached = {pole.lv_bus for pole in facts.poles}
    for segment in facts.segments:
        assert segment.from_bus in reached
        assert segment.to_bus not in reached
        reached.add(segment.to_bus)
    assert {customer.bus for customer in facts.customers} <= reached


def test_legs_alternate_and_the_rest_is_on_200_volts(feeder):
    homes = [one for one in feeder(low_voltage="full").low_voltage.customers if one.name.startswith("f1-p03-c")]
    first, second = homes[:2]
    assert (first.share_a, first.share_b) == pytest.approx((0.42, 0.28))  # 70 % on 100 V, 60/40
    assert (second.share_a, second.share_b) == pytest.approx((0.28, 0.42))


def test_pole_transformers_have_the_tap_of_their_fact(feeder):
    built = feeder("jp-rural", low_voltage="lumped", taps={"fixed_v": 6450})
    trafos = built.net.trafo.set_index("name")
    for pole in built.low_voltage.poles:
        row = trafos.loc[pole.trafo]
        assert pole.tap_v == 6450
        assert row["vn_hv_kv"] * (1 + row["tap_pos"] * row["tap_step_percent"] / 100) == pytest.approx(6.45)
        assert (row["tap_side"], row["tap_min"], row["tap_max"]) == ("hv", -3, 1)
        assert (row["tap_changer_type"], row["vector_group"], row["vn_lv_kv"]) == ("Ratio", "YNyn0", 0.21)
    assert any("6450 V" in note and "remedy" in note for note in built.notes)


def test_taps_fall_with_the_voltage_along_a_long_feeder(feeder):
    built = feeder("jp-rural", trunk={"km": 9}, bank={"lrt": {"reference_v": 6600, "dead_band_percent": 1.0}})
    taps = [pole.tap_v for pole in built.low_voltage.poles[: built.design.trunk.nodes]]
    assert taps == sorted(taps, reverse=True)
    assert len(set(taps)) > 1


def test_poles_that_no_tap_serves_are_named(feeder):
    built = feeder("jp-rural", trunk={"km": 12})
    bad = [name for name, choice in built.tap_choices.items() if choice.tap_v is None]
    assert bad
    assert any(bad[0] in note and "needs SVR or other remedy" in note for note in built.notes)


def test_an_svr_splits_the_span_before_its_place_and_lifts_what_is_behind(feeder):
    without, with_svr = (
        feeder("jp-rural", trunk={"km": 12}),
        feeder("jp-rural", trunk={"km": 12}, svrs={"svr1": {"at": "s3", "reference_v": 6600}}),
    )
    net = with_svr.net
    row = net.trafo[net.trafo["name"] == "svr1"].iloc[0]
    head = f"f1-n{section_start(with_svr.design, 3):02d}"
    assert (net.bus["name"][row["hv_bus"]], net.bus["name"][row["lv_bus"]]) == ("svr1-in", head)
    assert row["tap_pos"] > 0
    far = [medium_voltage(solved(one.net))["f1-n16"] for one in (without, with_svr)]
    assert far[1] - far[0] > 60 * row["tap_pos"]  # 100 V a tap, less what constant power takes back
    assert with_svr.regulators["svr1"].reference_v == 6600
    assert with_svr.regulators["svr1"].delay_s == 90


def test_taps_for_pv_are_higher_than_taps_without(feeder):
    plain, with_pv = (feeder("jp-rural", pv={"penetration": 1.0}, taps={"with_pv": yes}) for yes in (False, True))
    pairs = list(zip(plain.low_voltage.poles, with_pv.low_voltage.poles, strict=True))
    assert all(later.tap_v >= sooner.tap_v for sooner, later in pairs)
    assert any(later.tap_v > sooner.tap_v for sooner, later in pairs)


def test_a_feeder_that_cannot_carry_its_peak_is_refused():
    with pytest.raises(GridError, match="no power-flow solution at its annual peak"):
        build_preset("jp-rural", DesignSpec.model_validate({"trunk": {"km": 40}, "homes": {"kw": 6}}))


@pytest.mark.parametrize("preset", PRESETS)
def test_spans_are_as_long_on_the_map_as_in_the_network(feeder, preset):
    built = feeder(preset, low_voltage="full")
    for name, (km, straight) in distances(built.net).items():
        if not name.endswith("-pcs"):
            assert straight == pytest.approx(km, rel=0.01, abs=2e-4), name


def test_the_library_key_of_a_scenario_opens_the_feeder(tmp_path):
    spec = GridSpec.model_validate({"library": "jp-remote-island", "design": {"low_voltage": "lumped"}})
    opened = open_network(spec, tmp_path)
    assert opened.low_voltage is not None
    assert opened.regulators == {}
    assert "jp-remote-island" in opened.origin
    assert set(presets()) == set(PRESETS)
