"""Why a member failed: the collapse factor against the reference, what changed, and where it breaks."""

from dataclasses import replace

import numpy as np
import pandapower
import pytest

from grids.powerflow.pandapower_engine import PandapowerEngine
from grids.powerflow.pgm_engine import PgmEngine
from grids.powerflow.post_mortem import SHOWN, examine
from grids.powerflow.results import taken


@pytest.fixture(scope="module")
def rural():
    """SimBench 1-LV-rural3--0-sw with its own powers."""
    simbench = pytest.importorskip("simbench")
    from grids.normalise import normalise

    grid = normalise(simbench.get_simbench_net("1-LV-rural3--0-sw"))
    loads, generators = grid.loads, grid.generators
    grid = grid.with_points([(one.name, one.bus) for one in loads], [(one.name, one.bus) for one in generators])
    powers = [
        np.array([[getattr(element, name) for element in elements]])
        for elements in (generators, loads)
        for name in ("p_mw", "q_mvar")
    ]
    return grid, grid.normal.flow(*powers)


def eightfold(state):
    return replace(state, p_load_mw=state.p_load_mw * 8.0, q_load_mvar=state.q_load_mvar * 8.0)


def test_load_times_eight_has_no_solution_and_its_collapse_factor_is_the_reference_s(rural):
    grid, state = rural
    engine, failing = PgmEngine(grid), eightfold(state)
    assert not engine.solve(failing).converged[0]
    found = examine(engine, failing, state, k=5, member=7)
    assert (found.k, found.member) == (5, 7)
    assert 0.0 < found.collapse_factor < 1.0
    reference = PandapowerEngine(grid)
    below, above = (
        replace(state, p_load_mw=state.p_load_mw * 8 * f, q_load_mvar=state.q_load_mvar * 8 * f)
        for f in (found.collapse_factor * 0.999, found.collapse_factor * 1.002)
    )
    low = engine.solve(below)
    assert reference.solve_from(below, low.vm_pu[0], low.va_degree[0]).converged[0]
    assert not reference.solve(above).converged[0]
    assert found.critical_bus == grid.index.bus[int(np.argmin(low.vm_pu[0]))]
    assert 0.3 < found.critical_vm_pu < 0.6


def test_what_changed_most_comes_first_and_switching_before_it(rural):
    grid, state = rural
    after = eightfold(state)
    closed = after.closed.copy()
    closed[0, 0] ^= True
    found = examine(PgmEngine(grid), replace(after, closed=closed), state, 0, 0)
    assert found.changes[0].subject == f"switch:{grid.index.switch[0]}"
    powers = [abs(change.after - change.before) for change in found.changes[1:]]
    assert powers == sorted(powers, reverse=True)
    assert powers[0] == pytest.approx(7 * max(state.p_load_mw[0]))
    assert len(powers) <= SHOWN


def test_worst_mismatches_are_what_the_last_solution_still_owes(rural):
    grid, state = rural
    found = examine(PgmEngine(grid), eightfold(state), None, 0, 0)
    assert found.changes == ()
    per_bus = np.bincount(grid.index.load_bus, weights=8 * state.p_load_mw[0])
    worst = found.mismatches[0]
    assert worst.p_mw == pytest.approx((1 - found.collapse_factor) * per_bus.max())
    assert [m.p_mw for m in found.mismatches] == sorted((m.p_mw for m in found.mismatches), reverse=True)


def test_generation_that_nothing_takes_is_not_blamed_on_demand(rural):
    grid, state = rural
    found = examine(PgmEngine(grid), replace(state, p_mw=state.p_mw + 50.0), state, 0, 0)
    assert found.collapse_factor == 0.0
    assert found.critical_vm_pu is None
    assert "even without demand" in str(found)


def test_both_engines_name_the_same_factor(rural):
    grid, state = rural
    fast, slow = (examine(engine, eightfold(state), None, 0, 0) for engine in (PgmEngine(grid), PandapowerEngine(grid)))
    assert slow.collapse_factor == pytest.approx(fast.collapse_factor, rel=2e-3)
    assert slow.critical_bus == fast.critical_bus


def test_the_network_of_a_failed_step_can_be_solved_by_hand(rural, tmp_path):
    grid, state = rural
    many = taken(state, np.zeros(1, dtype=np.int64))
    PandapowerEngine(grid).to_json(eightfold(many), tmp_path / "failed.json")
    net = pandapower.from_json(str(tmp_path / "failed.json"))
    assert net.load.p_mw.sum() == pytest.approx(8 * state.p_load_mw.sum())
    with pytest.raises(pandapower.LoadflowNotConverged):
        pandapower.runpp(net, trafo_model="pi", calculate_voltage_angles=True)
    net.load[["p_mw", "q_mvar"]] /= 8.0
    pandapower.runpp(net, trafo_model="pi", calculate_voltage_angles=True, init="dc")
    assert net.res_bus.vm_pu.to_numpy() == pytest.approx(PgmEngine(grid).solve(state).vm_pu[0], abs=1e-6)
