"""Three-winding transformers against pandapower's own, which stays one element there."""

from dataclasses import replace

import numpy as np
import pandapower
import pytest

from grids.errors import GridError, UnsupportedElementsError
from grids.normalise import normalise
from grids.powerflow.contract import BranchKind
from tests.grids.powerflow.oracle import add_three_winding, assert_same, run_original


@pytest.mark.parametrize("at_star", [False, True])
@pytest.mark.parametrize("side", ["hv", "mv", "lv", None])
@pytest.mark.parametrize(
    "tap",
    [
        {},
        {"tap_changer_type": "Symmetrical", "tap_step_degree": 40.0},
        {"tap_changer_type": None, "tap_pos": -3},
        {"tap_pos": np.nan},
    ],
)
def test_a_tap_of_a_three_winding_transformer_works_on_any_side_and_at_the_star(net, as_given, side, at_star, tap):
    assert_same(add_three_winding(net, tap_side=side, tap_at_star_point=at_star, **tap), as_given)


@pytest.mark.parametrize("side", ["hv", "mv", "lv"])
@pytest.mark.parametrize("step", [{"tap_step_degree": 2.0, "tap_step_percent": np.nan}, {"tap_step_percent": 1.0}])
def test_an_ideal_phase_shifter_at_a_terminal_turns(net, as_given, side, step):
    assert_same(add_three_winding(net, tap_side=side, tap_changer_type="Ideal", **step), as_given)


def test_an_ideal_phase_shifter_at_the_star_point_is_refused_off_neutral(net, as_given):
    """pandapower turns it by 180 degrees a step."""
    add_three_winding(net, tap_changer_type="Ideal", tap_at_star_point=True, tap_step_degree=2.0, tap_step_percent=0.0)
    with pytest.raises(UnsupportedElementsError, match=r"trafo3w 0 'T3' \(ideal phase shifter at the star point\)"):
        normalise(net)
    net.trafo3w["tap_pos"] = net.trafo3w["tap_neutral"]
    assert_same(net, as_given)


@pytest.mark.parametrize("loss_side", ["hv", "mv", "lv", "star"])
def test_iron_losses_sit_where_they_are_said_to(net, as_given, loss_side):
    add_three_winding(net)
    net.trafo3w["loss_side"] = loss_side
    assert_same(net, as_given)


def test_iron_losses_sit_at_the_hv_winding_where_nothing_is_said(net):
    assert normalise(add_three_winding(net)).net.trafo["pfe_kw"].tolist() == [45, 0, 0]
    net.trafo3w["loss_side"] = None
    assert normalise(net).net.trafo["pfe_kw"].tolist() == [45, 0, 0]


def test_a_star_winding_may_have_a_negative_impedance(net, as_given):
    grid, *_ = assert_same(add_three_winding(net, vk_hv_percent=3, vk_mv_percent=15, vk_lv_percent=3), as_given)
    assert (grid.net.trafo["vk_percent"] < 0).any()


def test_a_star_winding_without_impedance_is_refused(net):
    add_three_winding(net, vkr_hv_percent=20)
    with pytest.raises(GridError, match="trafo3w 'T3': its star equivalent has a winding without impedance"):
        normalise(net)


@pytest.mark.parametrize("side", ["hv", "mv", "lv"])
def test_a_switch_at_a_winding_opens_that_winding_only(net, as_given, side):
    add_three_winding(net)
    pandapower.create_line_from_parameters(net, 2, 2, 1, 1, 1, 0, 1, name="loop", in_service=False)
    bus = {"hv": 1, "mv": 2, "lv": 3}[side]
    pandapower.create_switch(net, bus, 0, et="t3", closed=side == "hv", name="at winding")
    grid, result, _ = assert_same(net, as_given)
    where = grid.index.branch_position(BranchKind.TRAFO, f"T3 ({side})")
    assert (grid.index.switch_branch[0], grid.index.switch_end[0]) == (where, 0 if side == "hv" else 1)
    assert result.energised[0, grid.index.bus_position(side)] == (side == "hv")


def test_windings_are_rated_at_their_outer_ends(net):
    index = normalise(add_three_winding(net)).index
    windings = [index.branch_position(BranchKind.TRAFO, f"T3 ({side})") for side in ("hv", "mv", "lv")]
    expected = np.array([[40 / 112, np.nan], [np.nan, 25 / 20], [np.nan, 16 / 10.5]]) / np.sqrt(3)
    assert index.branch_rating[windings] == pytest.approx(expected, nan_ok=True)
    assert [index.bus[bus] for bus in index.star_bus] == ["T3 (star)"]
    assert index.bus_vn_kv[index.star_bus[0]] == 110


def test_a_tap_at_a_terminal_moves_and_one_at_the_star_point_stays(net, as_given):
    grid, engine, state = as_given(add_three_winding(net))
    assert grid.index.tap == ("T3 (hv)",)
    moved = engine.solve(replace(state, tap_pos=np.array([[-5.0]])))
    net.trafo3w["tap_pos"] = -5
    hand = run_original(net)
    assert moved.vm_pu[0, :4] == pytest.approx(hand.res_bus.vm_pu.to_numpy(), abs=1e-9)
    net.trafo3w["tap_at_star_point"] = True
    assert normalise(net).index.tap == ()


def test_a_three_winding_transformer_keeps_the_windings_that_are_left(net, as_given):
    add_three_winding(net)
    net.bus.loc[3, "in_service"] = False
    assert_same(net, as_given)


def test_a_switch_that_sits_at_no_winding_is_refused(net):
    add_three_winding(net)
    pandapower.create_switch(net, 1, 0, et="t3", name="astray")
    net.switch["bus"] = 0
    with pytest.raises(GridError, match="switches at a bus their element does not end at: astray"):
        normalise(net)
