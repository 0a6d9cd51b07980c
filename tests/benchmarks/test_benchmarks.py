"""The benchmark's parts run and measure the same work; no time is asserted."""

import numpy as np
import pytest

pytest.importorskip("simbench")

from tests.benchmarks import growth, peer
from tests.benchmarks.bare import Bare
from tests.benchmarks.measure import Pair, in_turns
from tests.benchmarks.ours import SCENARIO, Ours


@pytest.mark.parametrize("members", [1, 3])
def test_the_bare_solver_solves_the_very_powers_of_the_run(members):
    ours = Ours.of(SCENARIO, "PT6H", members=members)
    states = ours.states()
    assert len(states) == ours.steps == 24
    assert all(state.members == members for state in states)
    pair = in_turns(ours.run, Bare(ours.study.feeder.grid, states, 1).run, pairs=1)
    assert min(*pair.ours, *pair.theirs) > 0.0
    demand = np.array([state.p_load_mw.sum() for state in states])
    assert (demand > 0.0).all()
    assert len(set(demand.tolist())) > 1


def test_the_peer_steps_the_same_network():
    pytest.importorskip("mosaik_components.pandapower")
    assert peer.run("1-LV-rural3--0-sw", 2) > 0.0


def test_growth_covers_what_it_says():
    (row,) = growth.by_buses([30])
    assert row["buses"] == 30
    (row,) = growth.by_members([2])
    assert row["member_step_us"] == pytest.approx(500.0 * row["step_ms"])


def test_a_ratio_is_the_median_of_its_pairs():
    assert Pair((1.0, 2.0, 9.0), (1.0, 1.0, 1.0)).ratio == 2.0
