"""Everything pandapower can solve: `runpp` on the network as it came against the engine on the normalised one."""

from dataclasses import replace

import numpy as np
import pandapower
import pandapower.networks
import pandas as pd
import pytest

from grids.errors import GridError, UnsupportedElementsError
from grids.normalise import normalise
from grids.powerflow.contract import BranchKind
from tests.grids.powerflow.oracle import add_three_winding, assert_same, run_original

NETWORKS = {
    "example_multivoltage": pandapower.networks.example_multivoltage,
    "example_simple": pandapower.networks.example_simple,
    "case33bw": pandapower.networks.case33bw,
    "CIGRE MV with everything": lambda: pandapower.networks.create_cigre_network_mv(with_der="all"),
    "CIGRE LV": pandapower.networks.create_cigre_network_lv,
    "CIGRE HV": pandapower.networks.create_cigre_network_hv,
    "Oberrhein": pandapower.networks.mv_oberrhein,
    "case57": pandapower.networks.case57,
    "case118": pandapower.networks.case118,
    "Iceland": pandapower.networks.iceland,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_published_networks_are_solved_as_they_came(name, as_given):
    assert_same(NETWORKS[name](), as_given)


def test_a_simbench_network_with_storages_is_solved_as_it_came(as_given):
    simbench = pytest.importorskip("simbench")
    grid, *_ = assert_same(simbench.get_simbench_net("1-LV-rural3--2-sw"), as_given)
    assert sum("Storage" in load.name for load in grid.loads) == 16


def test_dead_equipment_and_its_switches_are_dropped_without_a_word(net):
    add_three_winding(net, in_service=False)
    pandapower.create_switch(net, 1, 0, et="t3", name="gone")
    pandapower.create_impedance(net, 0, 1, np.nan, 1, 1, in_service=False)
    pandapower.create_gen(net, 1, 1, np.nan, in_service=False, slack=True)
    pandapower.create_asymmetric_load(net, 1, 1, in_service=False)
    net.bus.loc[3, "in_service"] = False
    pandapower.create_shunt(net, 3, np.nan)
    pandapower.create_motor(net, 3, np.nan, 0.9)
    grid = normalise(net)
    assert grid.index.branch == ("line",)
    assert (grid.index.switch, grid.index.fixture, grid.index.star_bus, grid.only_pandapower) == ((), (), (), ())
    assert [load.name for load in grid.loads] == ["mv load"]


@pytest.mark.parametrize("shunt", [{}, {"gf_pu": 0.02, "bf_pu": -0.1, "gt_pu": 0.02, "bt_pu": -0.1}])
def test_a_symmetric_impedance_is_a_line_without_rating(net, as_given, shunt):
    pandapower.create_impedance(net, 0, 1, 0.02, 0.07, 30, name="Z", **shunt)
    pandapower.create_load(net, 1, 30, 10)
    grid, result, _ = assert_same(net, as_given)
    assert grid.index.branch_subject(1) == "line:Z"
    assert np.isnan(result.loading_percent[0, 1])
    assert grid.only_pandapower == ()


@pytest.mark.parametrize(
    "odd",
    [{"rtf_pu": 0.03}, {"xtf_pu": 0.09}, {"bf_pu": 0.1, "bt_pu": 0.2}, {"gf_pu": 0.01, "gt_pu": 0.02}, {"to_bus": 2}],
)
def test_any_other_impedance_stays_a_branch_of_its_own(net, as_given, odd):
    ends = {"from_bus": 0, "to_bus": 1, "rft_pu": 0.02, "xft_pu": 0.07, "sn_mva": 30}
    pandapower.create_impedance(net, **ends | odd, name="Z")
    pandapower.create_load(net, odd.get("to_bus", 1), 9, 3)
    grid, *_ = assert_same(net, as_given)
    assert grid.index.branch_subject(1) == "impedance:Z"
    (why,) = grid.only_pandapower
    assert why.startswith("impedance 0 'Z' (not symmetric")


def test_an_impedance_out_of_service_carries_nothing(net, as_given):
    pandapower.create_impedance(net, 0, 1, 0.02, 0.07, 30, rtf_pu=0.03, name="Z")
    pandapower.create_load(net, 1, 9, 3)
    _, engine, state = as_given(net)
    result = engine.solve(replace(state, in_service=np.array([[True, False]])))
    assert result.p_mw[0, 1].tolist() == [0.0, 0.0]
    assert result.p_mw[0, 0, 1] == pytest.approx(-9, abs=1e-8)


def test_motors_storages_and_wards_are_loads(net, as_given):
    pandapower.create_motor(
        net, 1, pn_mech_mw=3, cos_phi=0.85, efficiency_percent=93, loading_percent=70, scaling=0.9, name="M"
    )
    pandapower.create_storage(net, 1, -2, 10, q_mvar=0.4, scaling=0.5, name="S")
    pandapower.create_storage(net, 1, 1.5, 10, name="S2")
    pandapower.create_ward(net, 1, 1, 0.5, 0, 0, name="W")
    pandapower.create_load(net, 1, 5, 1, name="L")
    grid, *_ = assert_same(net, as_given)
    taken = {load.name: (load.p_mw, load.q_mvar) for load in grid.loads}
    motor_mw = 3 / 0.93 * 0.7 * 0.9
    assert list(taken) == ["L", "M", "S", "S2", "W"]
    assert taken["M"] == pytest.approx((motor_mw, motor_mw * np.tan(np.arccos(0.85))))
    assert (taken["S"], taken["S2"], taken["W"]) == ((-1.0, 0.2), (1.5, 0.0), (1.0, 0.5))
    assert [load.index for load in grid.loads] == [0, 1, 2, 3, 4]
    assert grid.index.fixture == ()


def test_names_that_load_tables_share_are_told_apart(net):
    for create in (pandapower.create_load, pandapower.create_ward):
        create(net, 1, 1, 1, **({"pz_mw": 0, "qz_mvar": 0} if create is pandapower.create_ward else {}), name="same")
    pandapower.create_impedance(net, 0, 1, 0.1, 0.1, 10, name="line")
    grid = normalise(net)
    assert [load.name for load in grid.loads] == ["same", "same (ward)"]
    assert grid.index.branch == ("line", "line (impedance)")
    assert ("ward", 0, "same", "same (ward)") in [(r.table, r.index, r.old, r.new) for r in grid.renamed]


def add_shunts(net):
    pandapower.create_shunt(net, 1, q_mvar=-6, p_mw=0.2, vn_kv=115, step=2, name="C")
    pandapower.create_shunt(net, 1, q_mvar=3, vn_kv=np.nan, name="L")
    pandapower.create_ward(net, 1, ps_mw=2, qs_mvar=1, pz_mw=3, qz_mvar=0.5, name="W")
    pandapower.create_load(net, 1, 25, 10)


def test_shunts_and_constant_impedances_of_wards_are_fixtures(net, as_given):
    add_shunts(net)
    grid, result, hand = assert_same(net, as_given)
    assert grid.index.fixture == ("shunt:C", "shunt:L", "ward:W")
    assert grid.index.fixture_bus.tolist() == [1, 1, 1]
    assert result.fixture_p_mw[0, :2] == pytest.approx(hand.res_shunt["p_mw"].to_numpy(), abs=1e-9)
    assert result.fixture_q_mvar[0, :2] == pytest.approx(hand.res_shunt["q_mvar"].to_numpy(), abs=1e-9)
    assert result.fixture_p_mw[0, 2] + 2 == pytest.approx(hand.res_ward["p_mw"][0], abs=1e-9)
    assert result.fixture_q_mvar[0, 2] + 1 == pytest.approx(hand.res_ward["q_mvar"][0], abs=1e-9)
    assert grid.net.shunt[["step", "vn_kv"]].to_numpy().tolist() == [[1, 115], [1, 110], [1, 110]]
    assert grid.only_pandapower == ()


def test_fixtures_are_zero_where_dead_and_nan_where_nothing_is_known(net, as_given):
    add_shunts(net)
    pandapower.create_switch(net, 1, 0, et="l", name="breaker")
    _, engine, state = as_given(net)
    dead = engine.solve(replace(state, closed=np.array([[False]])))
    assert dead.converged.all()
    assert (dead.fixture_p_mw.tolist(), dead.fixture_q_mvar.tolist()) == ([[0.0] * 3], [[0.0] * 3])
    dark = engine.solve(replace(state, source_on=np.array([[False]])))
    assert dark.fixture_q_mvar.tolist() == [[0.0] * 3]
    lost = engine.solve(replace(state, p_load_mw=state.p_load_mw * 1e3))
    assert not lost.converged.any()
    assert np.isnan(lost.fixture_p_mw).all()
    assert np.isnan(lost.fixture_q_mvar).all()


def test_a_shunt_with_a_table_stands_at_its_step(net, as_given):
    pandapower.create_shunt(net, 1, q_mvar=-6, step=2, name="C", step_dependency_table=True, id_characteristic_table=0)
    net["shunt_characteristic_table"] = pd.DataFrame(
        {"id_characteristic": 0, "step": [1, 2], "q_mvar": [-5.0, -11.0], "p_mw": [0.1, 0.3]}
    )
    pandapower.create_load(net, 1, 25, 10)
    grid, *_ = assert_same(net, as_given)
    assert grid.net.shunt["q_mvar"].tolist() == [-11.0]
    net.shunt["step"] = 3
    with pytest.raises(GridError, match="shunt 'C': its table lacks step 3"):
        normalise(net)


def test_generators_and_extended_wards_are_fixtures_only_pandapower_solves(net, as_given):
    pandapower.create_gen(net, 1, 8, 1.005, scaling=0.5, name="G")
    pandapower.create_xward(net, 0, 2, 1, 0.5, 0.2, 1, 8, 1.0, name="X")
    pandapower.create_load(net, 1, 25, 10)
    grid, result, hand = assert_same(net, as_given)
    assert grid.only_pandapower == ("gen 0 'G' (PV bus)", "xward 0 'X' (extended ward)")
    assert grid.index.fixture == ("gen:G", "xward:X")
    assert result.fixture_p_mw[0, 0] == pytest.approx(-4, abs=1e-9)
    assert result.fixture_q_mvar[0, 0] == pytest.approx(-hand.res_gen["q_mvar"][0], abs=1e-7)
    # the constant power of the ward is a load of its own
    assert [(load.name, load.p_mw, load.q_mvar) for load in grid.loads][1:] == [("X", 2.0, 1.0)]
    assert result.fixture_p_mw[0, 1] + 2 == pytest.approx(hand.res_xward["p_mw"][0], abs=1e-9)
    assert result.fixture_q_mvar[0, 1] + 1 == pytest.approx(hand.res_xward["q_mvar"][0], abs=1e-7)


def test_a_slack_generator_is_refused_with_a_hint(net):
    pandapower.create_gen(net, 1, 8, 1.005, slack=True, name="G")
    with pytest.raises(UnsupportedElementsError, match=r"gen 0 'G' \(slack; make it an ext_grid\)"):
        normalise(net)


def test_voltages_asked_for_that_contradict_each_other_are_refused(net, as_given):
    pandapower.create_gen(net, 1, 8, 1.005)
    pandapower.create_gen(net, 1, 8, 1.01)
    _, engine, state = as_given(net)
    with pytest.raises(GridError, match="different setpoints"):
        engine.solve(state)


@pytest.mark.parametrize("p_mw", [5.0, -5.0])
def test_a_dc_line_is_a_fixture_at_each_end(net, as_given, p_mw):
    add_three_winding(net)
    pandapower.create_dcline(net, 0, 2, p_mw, 2.0, 0.1, 1.01, 1.0, name="DC")
    grid, result, hand = assert_same(net, as_given)
    assert grid.index.fixture == ("dcline:DC (from)", "dcline:DC (to)")
    assert grid.index.fixture_bus.tolist() == [0, 2]
    for end, name in enumerate(("from", "to")):
        assert result.fixture_p_mw[0, end] == pytest.approx(hand.res_dcline[f"p_{name}_mw"][0], abs=1e-9)
    total = result.source_p_mw.sum() - 19 - result.fixture_p_mw.sum() - result.losses_mw.sum()
    assert total == pytest.approx(0, abs=1e-7)
    _, engine, state = as_given(net)
    assert not engine.solve(replace(state, p_load_mw=state.p_load_mw * 1e3)).converged.any()
    np.testing.assert_array_equal(engine.solve(state).vm_pu, result.vm_pu)  # a failure leaves nothing behind


def add_compensator(net, kind):
    pandapower.create_line_from_parameters(net, 0, 1, 30, 0.06, 0.3, 9, 0.6, name="second")
    pandapower.create_load(net, 1, 40, 20)
    thyristor = {"x_l_ohm": 1, "x_cvar_ohm": -10, "thyristor_firing_angle_degree": 140}
    if kind == "svc":
        pandapower.create_svc(net, 1, set_vm_pu=1.0, name="S", **thyristor)
    elif kind == "ssc":
        pandapower.create_ssc(net, 1, 0, 5, set_vm_pu=1.0, name="S")
    else:
        end = pandapower.create_bus(net, 110)
        net.line.loc[1, "to_bus"] = end
        pandapower.create_tcsc(net, end, 1, set_p_to_mw=-15, name="S", **thyristor)


@pytest.mark.parametrize("kind", ["svc", "ssc"])
def test_compensators_at_a_bus_are_fixtures(net, as_given, kind):
    add_compensator(net, kind)
    grid, result, hand = assert_same(net, as_given, init="flat")
    assert grid.index.fixture == (f"{kind}:S",)
    assert grid.only_pandapower[0].startswith(f"{kind} 0 'S' (static ")
    assert result.vm_pu[0, 1] == pytest.approx(1.0, abs=1e-9)
    assert result.fixture_p_mw.tolist() == [[0.0]]
    assert result.fixture_q_mvar[0, 0] == pytest.approx(hand[f"res_{kind}"]["q_mvar"][0], abs=1e-6)


def test_a_series_compensator_is_a_branch(net, as_given):
    add_compensator(net, "tcsc")
    grid, result, _ = assert_same(net, as_given)
    assert grid.index.branch_subject(2) == "tcsc:S"
    assert result.p_mw[0, 2, 1] == pytest.approx(-15, abs=1e-6)


@pytest.mark.parametrize("closed", [True, False])
def test_a_bus_bus_switch_with_impedance_is_a_link_that_is_solved(net, as_given, closed):
    far = pandapower.create_bus(net, 110, name="far")
    pandapower.create_switch(net, 1, far, et="b", z_ohm=4.0, closed=closed, name="Z")
    pandapower.create_load(net, far, 30, 9)
    # in parallel with an ordinary switch it is no ring: no current is undefined
    pandapower.create_switch(net, 1, far, et="b", closed=False, name="plain")
    grid, result, hand = assert_same(net, as_given)
    branch = grid.index.branch_position(BranchKind.LINK, "Z")
    assert grid.index.impedance_link == (branch,)
    assert grid.only_pandapower == ("switch 0 'Z' (impedance 4 ohm)",)
    flows = np.nan_to_num(hand.res_switch.to_dict("index")[0]["p_to_mw"])
    assert result.p_mw[0, branch, 1] == pytest.approx(flows, abs=1e-8)
    assert result.p_mw[0, branch, 1] == pytest.approx(-30 if closed else 0, abs=1e-8)
    assert result.losses_mw[0] == pytest.approx(result.p_mw[0].sum(), abs=1e-12)
    if closed:
        assert result.i_ka[0, branch] == pytest.approx([hand.res_switch["i_ka"][0]] * 2, abs=1e-9)
        assert result.p_mw[0, branch].sum() > 0.1
        state = grid.normal.flow(*(np.zeros((1, n)) for n in (0, 0, 1, 1)))
        both = as_given(net)[1].solve(replace(state, closed=np.array([[True, True]]), p_load_mw=np.array([[30.0]])))
        assert both.p_mw[0, -1] == pytest.approx([30, -30], abs=1e-8)


def with_tap_table(net, steps=(-2, -1, 0, 1, 2)):
    pandapower.create_transformer_from_parameters(
        net, 1, 2, 25, 110, 20, 0.4, 11, 20, 0.1, tap_side="hv", tap_neutral=0, tap_min=-2, tap_max=2, tap_pos=1,
        tap_changer_type="Tabular", tap_dependency_table=True, id_characteristic_table=0, name="T",
    )  # fmt: skip
    steps = np.array(steps)
    net["trafo_characteristic_table"] = pd.DataFrame(
        {
            "id_characteristic": 0, "step": steps, "voltage_ratio": 1 + 0.02 * steps, "angle_deg": 0.5 * steps,
            "vk_percent": 11 + steps, "vkr_percent": 0.4,
        }
    )  # fmt: skip
    pandapower.create_load(net, 2, 15, 5)
    return net


def test_a_transformer_with_a_tap_table_follows_it(net, as_given):
    grid, *_ = assert_same(with_tap_table(net), as_given)
    assert grid.only_pandapower == ("trafo 0 'T' (impedance from a tap table)",)
    _, engine, state = as_given(net)
    net.trafo["tap_pos"] = -2
    moved = engine.solve(replace(state, tap_pos=np.array([[-2.0]])))
    assert moved.vm_pu[0, :3] == pytest.approx(run_original(net).res_bus.vm_pu.to_numpy()[:3], abs=1e-9)


def test_a_tap_table_with_holes_is_refused(net):
    with pytest.raises(GridError, match="trafo 'T': its tap table lacks position -2"):
        normalise(with_tap_table(net, steps=(-1, 0, 1, 2)))
    net.trafo["tap_dependency_table"] = False
    with pytest.raises(UnsupportedElementsError, match="tap changer of type Tabular without its table"):
        normalise(net)


def test_a_second_tap_changer_counts(net, as_given):
    pandapower.create_transformer_from_parameters(
        net, 1, 2, 25, 110, 20, 0.4, 11, 20, 0.1, tap_side="hv", tap_neutral=0, tap_pos=2, tap_step_percent=1.5,
        tap_changer_type="Ratio", tap2_side="lv", tap2_neutral=0, tap2_pos=-1, tap2_step_percent=2.0,
        tap2_step_degree=0.0, tap2_changer_type="Ratio", name="T",
    )  # fmt: skip
    pandapower.create_load(net, 2, 15, 5)
    assert_same(net, as_given)


def test_solving_from_given_voltages_finds_the_same_and_tests_them(net, as_given):
    add_three_winding(net)
    pandapower.create_bus(net, 20, name="dead")
    _, engine, state = as_given(net)
    result = engine.solve(state)
    again = engine.solve_from(state, result.vm_pu[0], result.va_degree[0])
    assert again.vm_pu == pytest.approx(result.vm_pu, abs=1e-10)
    assert again.iterations[0] <= 1
    wrong = engine.solve_from(state, result.vm_pu[0] * 0.98, result.va_degree[0])
    assert wrong.vm_pu == pytest.approx(result.vm_pu, abs=1e-9)


def test_lines_and_rows_made_here_are_numbered_on(net):
    add_three_winding(net)
    net.trafo3w.index = [7]
    pandapower.create_impedance(net, 0, 1, 0.1, 0.1, 10, name="Z")
    grid = normalise(net)
    assert (grid.origin["bus"], grid.origin["line"], grid.origin["trafo"]) == ((0, 1, 2, 3, 4), (0, 1), (0, 1, 2))
    for table in ("bus", "line", "trafo", "switch", "ext_grid"):
        assert grid.net[table].index.tolist() == list(range(len(grid.origin[table])))
