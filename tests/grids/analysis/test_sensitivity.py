"""What each part adds to a measured value: hand-made networks, checked by taking the part away."""

import numpy as np
import pytest

from grids.analysis import sensitivity
from grids.analysis.sensitivity import Part, contributions

SMALL, LARGE = Part("near", injections=(0,)), Part("far", injections=(1,))
LOAD = Part("load", loads=(0,))


@pytest.fixture
def feeder(tables, feeder_of):
    """source --1-- near --4-- far, of r = 0.3 and x = 0.4 ohm a piece of line."""
    grid = tables(
        ["source", "near", "far"],
        [("source", "near"), ("near", "far")],
        loads=["far"],
        injections=["near", "far"],
        x=0.4,
    )
    return feeder_of(grid, boundaries={"head": (["line:source-near@from"], None)})


def state(feeder, row, near, far, load, q=0.0):
    wires = feeder.initial(1).wires
    return wires.flow(row([near, far]), row([0.0, q]), row([load]), row([0.2 * load]))


def far_voltage(step):
    return step.result.vm_pu[:, [2]]


def replayed(feeder, given, **powers):
    from dataclasses import replace

    return far_voltage(feeder.replay(replace(given, **powers)))[0, 0]


def test_contributions_are_what_is_lost_without_the_part(feeder, row):
    given = state(feeder, row, 0.5, 0.3, 0.6, q=0.1)
    base, added = contributions(feeder, given, [SMALL, LARGE, LOAD], far_voltage)
    assert base[0] == pytest.approx(far_voltage(feeder.replay(given))[0, 0], abs=1e-12)
    without_far = replayed(feeder, given, p_mw=row([0.5, 0.0]), q_mvar=row([0.0, 0.0]))
    without_load = replayed(feeder, given, p_load_mw=row([0.0]), q_load_mvar=row([0.0]))
    assert added[1, 0] == pytest.approx(base[0] - without_far, rel=0.05)  # first order only
    assert added[2, 0] == pytest.approx(base[0] - without_load, rel=0.05)  # first order only
    assert added[2, 0] < 0 < added[1, 0]


def test_reactive_power_goes_with_the_active_one(feeder, row):
    """On lines without resistance Q alone moves the voltage: dV = X Q / V = 0.8 * 0.1 / 6.6 kV on 6.6 kV."""
    given = state(feeder, row, 0.0, 0.0, 0.0, q=0.1)
    _, added = contributions(feeder, given, [LARGE], far_voltage)
    assert added[0, 0] == pytest.approx(0.8 * 0.1 / 6.6**2, rel=0.01)


def test_a_flow_is_shared_by_those_who_make_it(feeder, row):
    given = state(feeder, row, 0.5, 0.3, 0.6)
    _, added = contributions(feeder, given, [SMALL, LARGE, LOAD], lambda step: 1e3 * step.boundary_p_mw)
    assert np.abs(added[:, 0]) == pytest.approx([500, 300, 600], rel=1e-3)
    assert added[0, 0] * added[2, 0] < 0


def test_many_parts_are_solved_in_pieces_with_the_same_answer(feeder, row, monkeypatch):
    given = state(feeder, row, 0.5, 0.3, 0.6)
    whole = contributions(feeder, given, [SMALL, LARGE, LOAD], far_voltage)[1]
    monkeypatch.setattr(sensitivity, "CHUNK", 2)
    assert np.array_equal(contributions(feeder, given, [SMALL, LARGE, LOAD], far_voltage)[1], whole)


def test_units_are_parts_of_their_own_and_one_unit_has_none():
    assert [unit.name for unit in Part("device:roofs", injections=(4, 7)).units] == [
        "device:roofs[0]",
        "device:roofs[1]",
    ]
    assert [unit.loads for unit in Part("load:homes", loads=(1, 2)).units] == [(1,), (2,)]
    assert SMALL.units == ()


def test_a_replay_keeps_taps_and_remembers_nothing(feeder, row):
    given = state(feeder, row, 0.5, 0.3, 0.6)
    step = feeder.replay(given)
    assert step.state.tap_pos is given.tap_pos
    assert step.after.memory is None
    assert np.array_equal(step.p_actual_mw, given.p_mw)
