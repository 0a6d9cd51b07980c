import copy

import numpy as np
import pandapower
import pandapower.networks
import pytest

from grids.errors import GridError, UnsupportedElementsError
from grids.normalise import Point, normalise
from grids.powerflow.contract import BranchKind


@pytest.fixture
def net():
    """Two voltage levels, everything nameless, indices with holes."""
    net = pandapower.create_empty_network()
    hv, mv, end = (pandapower.create_bus(net, vn_kv=kv, index=i) for kv, i in ((110, 7), (20, 3), (20, 11)))
    pandapower.create_ext_grid(net, hv)
    pandapower.create_transformer_from_parameters(
        net, hv, mv, 25, 110, 20, 0.28, 11.2, 29, 0.07, shift_degree=150,
        tap_side="hv", tap_neutral=0, tap_min=-9, tap_max=9, tap_step_percent=1.5, tap_pos=3, parallel=2, index=5,
    )  # fmt: skip
    pandapower.create_line_from_parameters(net, mv, end, 2, 0.3, 0.12, 10, 0.2, df=0.8, parallel=2, index=9)
    pandapower.create_switch(net, end, 9, et="l", index=4)
    pandapower.create_load(net, end, 1.0, 0.4, scaling=0.5)
    pandapower.create_sgen(net, end, 0.3, scaling=2.0, in_service=False)
    return net


def test_nothing_nameless_remains_and_the_original_is_untouched(net):
    grid = normalise(net)
    assert grid.index.bus == ("bus-7", "bus-3", "bus-11")
    assert grid.index.branch == ("line-9", "trafo-5")
    assert (grid.index.switch, grid.index.source) == (("switch-4",), ("ext_grid-0",))
    assert net.bus["name"].isna().all()


def test_shared_names_are_told_apart_and_reported(net):
    net.bus["name"] = ["A", "A", "B"]
    grid = normalise(net)
    assert grid.index.bus == ("A (7)", "A (3)", "B")
    assert [(r.table, r.index, r.old, r.new) for r in grid.renamed[:2]] == [
        ("bus", 7, "A", "A (7)"),
        ("bus", 3, "A", "A (3)"),
    ]


def test_positions_follow_the_tables_whatever_their_index(net):
    index = normalise(net).index
    trafo = index.branch_position(BranchKind.TRAFO, "trafo-5")
    assert (index.branch_from[trafo], index.branch_to[trafo]) == (
        index.bus_position("bus-7"),
        index.bus_position("bus-3"),
    )
    assert index.switch_branch.tolist() == [index.branch_position(BranchKind.LINE, "line-9")]
    assert index.switch_end.tolist() == [1]
    assert index.tap_branch.tolist() == [trafo]


def test_ratings_count_derating_and_parallel_systems_at_both_ends(net):
    rating = normalise(net).index.branch_rating
    assert rating[0] == pytest.approx([0.2 * 0.8 * 2] * 2)
    assert rating[1] == pytest.approx([2 * 25 / (np.sqrt(3) * 110), 2 * 25 / (np.sqrt(3) * 20)])


def test_elements_come_back_scaled_and_only_those_in_service(net):
    (load,) = normalise(net).elements
    assert (load.kind, load.bus, load.p_mw, load.q_mvar) == ("load", "bus-11", 0.5, 0.2)


def test_a_tap_position_counts_even_where_the_changer_has_no_type(net, as_given):
    """SimBench leaves the type open and pandapower >= 3 then ignores the position: up to 2.8e-2 pu."""
    net.trafo["tap_changer_type"] = None
    trapped = copy.deepcopy(net)
    pandapower.runpp(trapped, trafo_model="pi")
    net.trafo["tap_changer_type"] = "Ratio"
    pandapower.runpp(net, trafo_model="pi")
    _, engine, state = as_given(trapped)
    volts = engine.solve(state).vm_pu[0]
    assert volts == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=1e-9)
    assert np.abs(volts - trapped.res_bus.vm_pu.to_numpy()).max() > 0.02


@pytest.mark.parametrize(
    ("shift", "group"), [(0, "YNyn0"), (30, "Dyn1"), (150, "Dyn5"), (180, "YNyn6"), (330, "Dyn11")]
)
def test_vector_groups_follow_the_clock(net, shift, group):
    net.trafo["shift_degree"] = float(shift)
    assert normalise(net).net.trafo["vector_group"].tolist() == [group]


def test_a_given_vector_group_stays(net):
    net.trafo["vector_group"] = "YNd5"
    assert normalise(net).net.trafo["vector_group"].tolist() == ["YNd5"]


def test_elements_nobody_carries_are_all_named(net):
    pandapower.create_asymmetric_load(net, 11, 1, 2, 3, name="single-phase")
    pandapower.create_bus_dc(net, 100, name="dc")
    with pytest.raises(UnsupportedElementsError) as caught:
        normalise(net)
    assert set(caught.value.elements) == {"asymmetric_load 0 'single-phase'", "bus_dc 0 'dc'"}


def test_elements_out_of_service_do_not_matter(net):
    bus = net.bus.index[1]
    pandapower.create_storage(net, bus, 1, 1, in_service=False)
    pandapower.create_shunt(net, bus, 1, in_service=False)
    assert normalise(net).index.branch == ("line-9", "trafo-5")


def test_a_network_must_have_one_source_a_bus(net):
    pandapower.create_ext_grid(net, 7, name="second")
    with pytest.raises(GridError, match="several sources at one bus: ext_grid-0, second"):
        normalise(net)
    net.ext_grid["in_service"] = False
    with pytest.raises(GridError, match="no source"):
        normalise(net)


@pytest.mark.parametrize(
    ("table", "column", "value", "message"),
    [
        ("line", "r_ohm_per_km", float("nan"), "line 'line-9': r_ohm_per_km is nan"),
        ("line", "length_km", 0.0, "line 'line-9': length_km is 0"),
        ("trafo", "vk_percent", 0.0, "trafo 'trafo-5': vk_percent is 0"),
        ("ext_grid", "vm_pu", float("inf"), "ext_grid 'ext_grid-0': vm_pu is inf"),
        ("load", "p_mw", float("nan"), "load 'load-0': p_mw is nan"),
        ("load", "const_z_p_percent", 101.0, "load 'load-0': .* more than 100 together"),
    ],
)
def test_a_parameter_that_cannot_be_solved_is_refused_by_name(net, table, column, value, message):
    net[table][column] = value
    with pytest.raises(GridError, match=message):
        normalise(net)


@pytest.mark.parametrize(
    ("create", "parameters", "message"),
    [
        (pandapower.create_shunt, {"q_mvar": np.nan}, "shunt 'new': q_mvar is nan"),
        (pandapower.create_ward, {"ps_mw": 1, "qs_mvar": 1, "pz_mw": np.nan, "qz_mvar": 1}, "ward 'new': pz_mw is nan"),
        (pandapower.create_storage, {"p_mw": np.inf, "max_e_mwh": 1}, "storage 'new': p_mw is inf"),
        (pandapower.create_motor, {"pn_mech_mw": 1, "cos_phi": 1.1}, "motor 'new': cos_phi is above 1"),
        (pandapower.create_motor, {"pn_mech_mw": 1, "cos_phi": 0.0}, "motor 'new': cos_phi is 0"),
        (pandapower.create_gen, {"p_mw": 1, "vm_pu": 0.0}, "gen 'new': vm_pu is 0"),
    ],
)
def test_equipment_that_cannot_be_solved_is_refused_by_name(net, create, parameters, message):
    create(net, 11, name="new", **parameters)
    with pytest.raises(GridError, match=message):
        normalise(net)


def test_an_impedance_of_zero_is_refused(net):
    pandapower.create_impedance(net, 3, 11, 0.0, 0.0, 10, rtf_pu=0.1, name="Z")
    with pytest.raises(GridError, match="impedance 'Z' has no impedance; make it a switch"):
        normalise(net)


def test_a_line_without_impedance_is_refused(net):
    net.line[["r_ohm_per_km", "x_ohm_per_km"]] = 0.0
    with pytest.raises(GridError, match="line 'line-9' has no impedance; make it a switch"):
        normalise(net)


@pytest.mark.parametrize("rating", [0.0, float("nan"), float("inf")])
def test_a_rating_that_says_nothing_is_no_rating(net, as_given, rating):
    net.line["max_i_ka"] = rating
    grid, engine, state = as_given(net)
    assert np.isnan(grid.index.branch_rating[0]).all()
    assert np.isnan(engine.solve(state).loading_percent[0, 0])


def test_a_reference_to_nothing_is_refused(net):
    net.line.loc[9, "to_bus"] = 99
    with pytest.raises(GridError, match=r"line 'line-9' refers to an element 99"):
        normalise(net)


@pytest.mark.parametrize(("table", "kind"), [("line", "l"), ("trafo", "t"), ("trafo3w", "t3"), ("bus", "b")])
def test_a_switch_at_nothing_is_refused(net, table, kind):
    net.switch.loc[4, ["element", "et"]] = [99, kind]
    with pytest.raises(GridError, match=r"switch 'switch-4' refers to an element 99 that is not in the network"):
        normalise(net)


def test_a_bus_out_of_service_takes_its_branches_and_elements_along(net):
    net.bus.loc[11, "in_service"] = False
    grid = normalise(net)
    assert grid.out_of_service_buses == {"bus-11"}
    assert grid.normal.in_service.tolist() == [[False, True]]
    assert grid.elements == ()
    with pytest.raises(GridError, match="bus 'bus-11' is out of service"):
        grid.with_points([("l", "bus-11")], [])


def test_points_are_named_as_given_and_checked(net):
    grid = normalise(net).with_points([("home", "bus-11"), Point("shop", "bus-3")], [("pv", "bus-11")])
    assert (grid.index.load, grid.index.injection) == (("home", "shop"), ("pv",))
    assert grid.index.load_bus.tolist() == [2, 1]
    with pytest.raises(GridError, match="two load points are called 'a'"):
        grid.with_points([("a", "bus-3"), ("a", "bus-3")], [])
    with pytest.raises(GridError, match="did you mean 'bus-11'"):
        grid.with_points([], [("a", "bus-12")])


def test_new_points_replace_the_old_ones(net):
    grid = normalise(net).with_points([("a", "bus-3")], []).with_points([], [("b", "bus-3")])
    assert (grid.index.load, grid.index.injection) == ((), ("b",))
    assert (len(grid.net.load), len(grid.net.sgen)) == (0, 1)


def test_the_written_network_can_be_solved_by_hand(net, as_given, tmp_path):
    """A user puts the recorded powers into grid.json and gets the recorded voltages."""
    grid, engine, state = as_given(net)
    result = engine.solve(state)
    grid.to_json(tmp_path / "grid.json")
    mine = pandapower.from_json(str(tmp_path / "grid.json"))
    mine.load["p_mw"], mine.load["q_mvar"] = state.p_load_mw[0], state.q_load_mvar[0]
    pandapower.runpp(mine, trafo_model="pi", init="dc", calculate_voltage_angles=True)
    assert mine.res_bus.vm_pu.to_numpy() == pytest.approx(result.vm_pu[0], abs=1e-8)
    assert mine.res_line.loading_percent.to_numpy() == pytest.approx(result.loading_percent[0, :1], abs=1e-6)
