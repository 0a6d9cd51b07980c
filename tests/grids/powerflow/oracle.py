"""The oracle for carried elements: `runpp` on the network as it came, against the engine on the normalised one."""

import copy

import numpy as np
import pandapower
import pytest

from grids.powerflow.contract import BranchKind
from grids.tapchangers import TAP_TYPES

SIDES = ("hv", "mv", "lv")
ENDS = {"line": ("from", "to"), "trafo": ("hv", "lv"), "impedance": ("from", "to"), "tcsc": ("from", "to")}


def run_original(net, **options):
    """The network as it came, solved the way the engine solves, with working tap changers."""
    net = copy.deepcopy(net)
    for table in [table for table in ("trafo", "trafo3w") if len(net[table])]:
        tapped = net[table]["tap_side"].notna() & ~net[table]["tap_changer_type"].isin(TAP_TYPES)
        net[table].loc[tapped, "tap_changer_type"] = "Ratio"
        net[table]["tap_step_degree"] = net[table]["tap_step_degree"].fillna(0.0)
    options = {"init": "dc", "numba": False} | options
    pandapower.runpp(net, calculate_voltage_angles=True, trafo_model="pi", tolerance_mva=1e-9, **options)
    return net


def assert_same(net, as_given, **options):
    """Voltages, flows, currents, loadings, sources, fixtures and losses are those of `runpp` on the original."""
    hand = run_original(net, **options)
    grid, engine, state = as_given(net)
    result = engine.solve(state)
    assert result.converged.all()
    buses = len(net.bus)
    volts = hand.res_bus["vm_pu"].fillna(0.0).to_numpy()
    assert result.vm_pu[0, :buses] == pytest.approx(volts, abs=1e-9)
    alive = volts > 0.0
    assert result.va_degree[0, :buses][alive] == pytest.approx(hand.res_bus["va_degree"].to_numpy()[alive], abs=1e-7)
    assert result.source_p_mw[0] == pytest.approx(hand.res_ext_grid["p_mw"].to_numpy(), abs=1e-7)
    assert result.source_q_mvar[0] == pytest.approx(hand.res_ext_grid["q_mvar"].to_numpy(), abs=1e-7)
    losses = 0.0
    for table in ("line", "trafo", "impedance", "tcsc"):
        frame = hand[f"res_{table}"][hand[table]["in_service"].astype(bool)]
        losses += frame["pl_mw"].sum()
        for name, flows in zip(_names(grid, hand, table), frame.to_dict("records"), strict=True):
            _assert_branch(result, grid.index, table, name, flows)
    for name, flows in zip(hand.trafo3w["name"], hand.res_trafo3w.to_dict("records"), strict=True):
        losses += np.nan_to_num(flows["pl_mw"])
        _assert_three_winding(result, grid.index, name, flows)
    for row in np.flatnonzero((hand.switch["et"] == "b") & (hand.switch["z_ohm"] > 0.0)):
        losses += np.nan_to_num(hand.res_switch[["p_from_mw", "p_to_mw"]].to_numpy(dtype=float)[row].sum())
    assert result.losses_mw[0] == pytest.approx(losses, abs=1e-7)
    return grid, result, hand


def _names(grid, hand, table):
    """Names after normalising, of the rows in service."""
    renamed = {(one.table, one.index): one.new for one in grid.renamed}
    frame = hand[table][hand[table]["in_service"].astype(bool)]
    return [renamed.get((table, index), name) for index, name in frame["name"].items()]


def _assert_branch(result, index, table, name, flows):
    kind = BranchKind(table)
    if table == "impedance" and f"impedance:{name}" not in map(index.branch_subject, range(len(index.branch))):
        kind = BranchKind.LINE
    branch = index.branch_position(kind, name)
    for end, side in enumerate(ENDS[table]):
        assert result.p_mw[0, branch, end] == pytest.approx(np.nan_to_num(flows[f"p_{side}_mw"]), abs=1e-7), name
        assert result.q_mvar[0, branch, end] == pytest.approx(np.nan_to_num(flows[f"q_{side}_mvar"]), abs=1e-7), name
        current = flows["i_ka" if table == "tcsc" else f"i_{side}_ka"]
        assert result.i_ka[0, branch, end] == pytest.approx(np.nan_to_num(current), abs=1e-8), name
    if not np.isnan(result.loading_percent[0, branch]):
        assert result.loading_percent[0, branch] == pytest.approx(np.nan_to_num(flows["loading_percent"]), abs=1e-5)


def _assert_three_winding(result, index, name, flows):
    loading = []
    for side in SIDES:
        branch = index.branch_position(BranchKind.TRAFO, f"{name} ({side})")
        end = 0 if side == "hv" else 1
        assert result.p_mw[0, branch, end] == pytest.approx(np.nan_to_num(flows[f"p_{side}_mw"]), abs=1e-7)
        assert result.q_mvar[0, branch, end] == pytest.approx(np.nan_to_num(flows[f"q_{side}_mvar"]), abs=1e-7)
        assert result.i_ka[0, branch, end] == pytest.approx(np.nan_to_num(flows[f"i_{side}_ka"]), abs=1e-8)
        loading.append(result.loading_percent[0, branch])
    if not np.isnan(flows["loading_percent"]):  # it is if any winding is dead
        assert max(loading) == pytest.approx(flows["loading_percent"], abs=1e-5)
    star = index.bus_position(f"{name} (star)")
    assert star in index.star_bus
    assert result.vm_pu[0, star] == pytest.approx(np.nan_to_num(flows["vm_internal_pu"]), abs=1e-9)


def add_three_winding(net, **parameters):
    options = {
        "vn_hv_kv": 112, "vn_mv_kv": 20, "vn_lv_kv": 10.5, "sn_hv_mva": 40, "sn_mv_mva": 25, "sn_lv_mva": 16,
        "vk_hv_percent": 10.4, "vk_mv_percent": 9.1, "vk_lv_percent": 7.5, "vkr_hv_percent": 0.35,
        "vkr_mv_percent": 0.41, "vkr_lv_percent": 0.3, "pfe_kw": 45, "i0_percent": 0.4,
        "shift_mv_degree": 30, "shift_lv_degree": 150, "tap_neutral": 1, "tap_min": -8, "tap_max": 8,
        "tap_step_percent": 1.2, "tap_step_degree": 0.0, "tap_pos": 4, "tap_side": "hv", "tap_changer_type": "Ratio",
        "name": "T3",
    }  # fmt: skip
    pandapower.create_transformer3w_from_parameters(net, 1, 2, 3, **options | parameters)
    pandapower.create_load(net, 2, 12, 4, name="mv load")
    pandapower.create_load(net, 3, 7, 2, name="lv load")
    return net
