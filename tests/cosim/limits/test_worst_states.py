"""The states kept for the question who caused a breach: which step, of whom, and how many."""

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.monitor import Monitor


def limits(window_s, upper=1.05):
    return [
        Limit("high", Quantity.VM_PU, ("bus:lv", "bus:end"), window_s, Bounds(upper=upper), "", "", "", "",
              Severity.VIOLATION)
    ]  # fmt: skip


def step(*lv, end=1.0):
    """One step; the power served tells which one it was and of whom."""
    volts = np.ones((len(lv), 5))
    volts[:, 4], volts[:, 3] = lv, end
    return {"vm_pu": volts}


def numbered(steps):
    """Each step with a load of its own number, so that a kept state can be told."""
    return [given | {"p_served_mw": [[float(k), 0.0]] * len(given["vm_pu"])} for k, given in enumerate(steps)]


def kept(study, limit, steps, size=3):
    states = study.feed(Monitor(limit), numbered(steps), size=size).worst_states()
    return {name: (state.k, state.row, state.state.p_load_mw[0, 0]) for name, (_, state) in states.items()}


def test_nothing_is_kept_while_nothing_breaches(toy):
    monitor = toy().feed(Monitor(limits(1800)), [step(1.0)] * 4)
    assert monitor.worst_states() == {}


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_of_a_half_hour_the_worst_step_is_kept_however_the_blocks_fall(toy, size):
    found = kept(toy(), limits(1800), [step(1.06), step(1.07), step(1.0), step(1.15)], size)
    assert found["high|bus:lv"] == (3, 0, 3.0)
    assert found["high-excursion|bus:lv"] == (3, 0, 3.0)


def test_a_worse_step_in_a_milder_half_hour_is_the_excursion_only(toy):
    """Half hours 1.09 and 1.06: the second one holds the highest single step."""
    found = kept(toy(), limits(1800), [step(1.08), step(1.10), step(0.96), step(1.16)])
    assert found["high|bus:lv"][0] == 1
    assert found["high-excursion|bus:lv"][0] == 3


def test_single_steps_are_kept_as_they_are_judged(toy):
    assert kept(toy(), limits(0), [step(1.06), step(1.09), step(1.09), step(1.0)])["high|bus:lv"] == (1, 0, 1.0)


def test_the_state_is_that_of_the_member_the_finding_names(toy):
    study = toy(members=3)
    steps = [step(1.0, 1.06, 1.08), step(1.0, 1.06, 1.08), step(1.09, 1.0, 1.0), step(1.09, 1.0, 1.0)]
    monitor = study.feed(Monitor(limits(1800)), numbered(steps))
    found = {one.id: one for one in monitor.findings()}
    for name, (_, state) in monitor.worst_states().items():
        assert state.row == found[name].worst_member == 0
        assert study.axis.local(int(study.axis.edges[state.k])).isoformat() == found[name].worst_at


def test_of_equal_members_the_first_one_is_kept_as_the_finding_says(toy):
    study = toy(members=2)
    monitor = study.feed(Monitor(limits(0)), [step(1.0, 1.08), step(1.08, 1.0)] * 2)
    (finding,) = monitor.findings()
    assert monitor.worst_states()[finding.id][1].row == finding.worst_member == 0


def test_columns_that_are_worst_together_share_one_state(toy):
    monitor = toy().feed(Monitor(limits(0)), [step(1.06, end=1.07), step(1.08, end=1.09)])
    states = [state for _, state in monitor.worst_states().values()]
    assert len(states) == 2
    assert states[0] is states[1]
