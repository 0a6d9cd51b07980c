"""Legs, neutral and 200 V: printed cases, laws, and that nobody's digits depend on anybody else."""

import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grids.threewire.forest import equal_wires, forest, rated_ohm, transformer, wires
from grids.threewire.sweep import sweep
from tests.grids.threewire.mains import MAIN_OHM_PER_KM, random_mains, trees, unit

TOLERANCE_V = 1e-6


def one_main(ohm, demand):
    """100 m (or `ohm`) behind an ideal 105-0-105 V source."""
    made = trees([(0.0, [(0, ohm)])])
    flow = sweep(made, np.array([[105.0]]), np.array([[[0, 0, 0], demand]], dtype=complex))
    assert flow.converged.all()
    return flow


@pytest.mark.parametrize(
    ("across", "a", "b", "line"), [(0.0, 101.53, 106.04, 207.56), (-5500.0, 102.88, 107.33, 210.20)]
)
def test_unequal_legs_give_the_planners_printed_volts(across, a, b, line):
    """planner.md 5: 4 kW / 1 kW behind 100 m; with 5.5 kW of PV on 200 V leg b leaves 107 V behind."""
    flow = one_main(0.1 * MAIN_OHM_PER_KM, [4000.0, 1000.0, across])
    assert flow.volts[0, 1] == pytest.approx([a, b], abs=0.006)
    assert flow.line_v[0, 1] == pytest.approx(line, abs=0.006)
    if not across:
        assert flow.wire_a[0, 1, 1] == pytest.approx(29.97, abs=0.006)


def test_resistance_alone_gives_the_drop_by_hand():
    """planner.md 5: 40 A and 10 A through 0.0497 ohm: 105 - 0.0497 (40 + 30) and 105 - 0.0497 (10 - 30)."""
    legs = np.array([105 - 0.0497 * 70, 105 + 0.0497 * 20])
    flow = one_main(0.0497, [*legs * [40, 10], 0.0])
    assert flow.volts[0, 1] == pytest.approx(legs, abs=TOLERANCE_V)
    assert flow.volts[0, 1] == pytest.approx([101.521, 105.994], abs=1e-9)
    assert flow.wire_a[0, 1] == pytest.approx([40.0, 30.0, 10.0], abs=TOLERANCE_V)


def test_what_balance_hides_is_worse_than_either_limit():
    """prototypes.md 7: the mean of both legs looks harmless while both legs are outside 95-107 V."""
    made = trees([(unit(30.0), [(0, 0.2 * MAIN_OHM_PER_KM)])])
    flow = sweep(made, np.array([[103.0]]), np.array([[[0, 0, 0], [8000.0, 0.0, -5000.0]]], dtype=complex))
    low, high = flow.volts[0, 1]
    assert (low, high) == (flow.volts[0, 1].min(), flow.volts[0, 1].max())
    assert low < 95.0 < (low + high) / 2 < 107.0 < high


@given(st.integers(0, 10_000))
def test_power_is_conserved_in_every_main(seed):
    """What leaves the e.m.f. is what is taken plus what the segments turn into heat and field."""
    made, emf, demand = random_mains(seed)
    flow = sweep(made, emf, demand)
    assert flow.converged.all()
    loops, z = flow.loop_a[0], made.loop_ohm
    lost = np.einsum("nl,nlk,nk->n", loops.conj(), z, loops)
    roots = made.first[:-1]
    sent = emf[0] * loops[roots].conj().sum(axis=1)
    used = np.add.reduceat(demand[0].sum(axis=1) + lost, roots)
    assert sent == pytest.approx(used, abs=1e-2)  # VA of some 40 kVA: 1e-7 V moved at the last iteration


@given(st.integers(0, 10_000))
def test_equal_legs_are_a_single_loop(seed):
    """Half the demand on each leg is the same as all of it on 200 V: two wires, no neutral current."""
    made, emf, demand = random_mains(seed)
    total = demand.sum(axis=2)
    halves, across = np.zeros_like(demand), np.zeros_like(demand)
    halves[..., 0] = halves[..., 1] = total / 2
    across[..., 2] = total
    one, other = sweep(made, emf, halves), sweep(made, emf, across)
    assert one.volts == pytest.approx(other.volts, abs=TOLERANCE_V)
    assert one.volts[..., 0] == pytest.approx(one.volts[..., 1], abs=TOLERANCE_V)
    assert one.wire_a[..., 1] == pytest.approx(0.0, abs=TOLERANCE_V)


@given(st.integers(0, 10_000))
def test_legs_swapped_are_voltages_swapped(seed):
    made, emf, demand = random_mains(seed)
    straight, crossed = sweep(made, emf, demand), sweep(made, emf, demand[..., [1, 0, 2]])
    assert straight.volts == pytest.approx(crossed.volts[..., ::-1], abs=TOLERANCE_V)


@given(st.integers(0, 10_000), st.sampled_from([0, 1, 2]))
def test_more_demand_never_raises_the_200_v_voltage_at_its_place(seed, connection):
    made, emf, demand = random_mains(seed)
    more = demand.copy()
    more[:, -1, connection] += 500.0
    assert sweep(made, emf, more).line_v[0, -1] < sweep(made, emf, demand).line_v[0, -1]


def test_a_member_and_a_main_are_the_same_to_the_bit_alone_and_among_others():
    members = 13
    made, emf, demand = random_mains(5, mains=4, members=members)
    emf[3, 1], demand[7, 2, 0] = 0.0, 1e7  # a dead main, one that collapses
    together = sweep(made, emf, demand)
    for k in range(members):
        alone = sweep(made, emf[k : k + 1], demand[k : k + 1])
        assert alone.volts.tobytes() == together.volts[k].tobytes()
        assert alone.line_v.tobytes() == together.line_v[k].tobytes()
        assert alone.wire_a.tobytes() == together.wire_a[k].tobytes()
    for main, (start, stop) in enumerate(zip(made.first[:-1], made.first[1:], strict=True)):
        up = np.where(made.parent[start:stop] < 0, -1, made.parent[start:stop] - start)
        single = sweep(forest(up, made.loop_ohm[start:stop]), emf[:, [main]], demand[:, start:stop])
        assert single.volts.tobytes() == np.ascontiguousarray(together.volts[:, start:stop]).tobytes()


def test_an_overloaded_main_is_nan_and_leaves_the_others_alone():
    made, emf, demand = random_mains(1, mains=3, members=2)
    usual = sweep(made, emf, demand)
    demand[0, made.first[1] + 1, 0] = 2e5
    flow = sweep(made, emf, demand)
    assert flow.converged.tolist() == [[True, False, True], [True, True, True]]
    inside = slice(made.first[1], made.first[2])
    assert np.isnan(flow.volts[0, inside]).all()
    assert np.isnan(flow.wire_a[0, inside]).all()
    assert np.isfinite(np.delete(flow.volts[0], np.arange(*inside.indices(99)), axis=0)).all()
    assert flow.volts[1].tobytes() == usual.volts[1].tobytes()


def test_a_demand_that_is_no_number_fails_its_main_only():
    made, emf, demand = random_mains(2, mains=2)
    demand[0, -1, 2] = np.nan
    flow = sweep(made, emf, demand)
    assert flow.converged.tolist() == [[True, False]]
    assert np.isfinite(flow.volts[0, : made.first[1]]).all()


@pytest.mark.parametrize(("emf", "converged"), [(0.0, True), (np.nan, False)])
def test_dead_and_unknown_mains_come_back_as_they_are(emf, converged):
    made, _, demand = random_mains(3, mains=1)
    flow = sweep(made, np.array([[emf]]), demand)
    assert flow.converged.item() is converged
    assert flow.volts == pytest.approx(np.full(flow.volts.shape, emf), nan_ok=True, abs=0)
    assert flow.wire_a == pytest.approx(np.full(flow.wire_a.shape, emf), nan_ok=True, abs=0)


def test_it_converges_up_to_the_nose_and_not_beyond():
    """One leg behind R: the most it can take is E^2 / 4R; just below that it works, above it does not."""
    ohm = 0.1
    most = 105.0**2 / (4 * 2 * ohm)
    made = trees([(0.0, [(0, ohm)])])

    def takes(watts):
        return sweep(made, np.array([[105.0]]), np.array([[[0, 0, 0], [watts, 0, 0]]], dtype=complex))

    assert takes(0.98 * most).converged.all()
    assert takes(0.98 * most).volts[0, 1, 0] == pytest.approx(105.0 / 2 * (1 + np.sqrt(0.02)), abs=1e-4)
    assert not takes(1.02 * most).converged.any()


def test_mutual_impedance_counts_as_the_loop_it_makes():
    """Wires with self z and mutual m are, loop by loop, wires of z - m without."""
    z, m = 0.05 + 0.06j, 0.01 + 0.03j
    full = np.full((3, 3), m) + (z - m) * np.eye(3)
    assert wires(full) == pytest.approx(equal_wires(np.array([z - m]))[0])


def test_the_transformer_is_its_rated_impedance_over_210_v():
    """50 kVA, 1.5 % and 2.0 %, full load on 200 V: the drop is that of R + jX at 210 V."""
    ohm = rated_ohm(np.array([50.0]), np.array([1.5]), np.array([2.0]))
    assert ohm == pytest.approx([(0.015 + 0.020j) * 210**2 / 50e3])
    made = forest(np.array([-1]), transformer(ohm))
    load = 50e3 * (0.9 + 0.43589j)
    flow = sweep(made, np.array([[105.0]]), np.array([[[0, 0, load]]]))
    line = flow.leg_v[0, 0].sum()
    assert line * flow.loop_a[0, 0, 0].conj() == pytest.approx(load, rel=1e-6)
    assert line == pytest.approx(210.0 - ohm[0] * flow.loop_a[0, 0, 0], abs=TOLERANCE_V)


@pytest.mark.parametrize("parent", [[0], [-1, 1], [-1, 2, 0], [-1, 0, -1, 1]])
def test_nodes_in_another_order_are_refused(parent):
    with pytest.raises(ValueError, match="do not stand behind"):
        forest(np.array(parent), np.zeros((len(parent), 2, 2)))


def test_a_place_to_keep_machine_code_is_not_needed():
    """numba refuses to cache code whose file it cannot find; it is compiled anew then."""
    from grids.threewire.kernel import compiled

    def double(x):
        return 2 * x

    nowhere = types.FunctionType(double.__code__.replace(co_filename="<nowhere>"), {})
    assert compiled(nowhere)(21) == 42
