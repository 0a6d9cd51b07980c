"""The last answer is kept for the same state and step length, and for nothing else."""

import numpy as np

from simulators.models.memo import Latest


def test_the_same_question_is_worked_out_once_and_any_other_again():
    asked = []

    def half(state, dt_s):
        asked.append(dt_s)
        return state * dt_s / 2

    latest = Latest(half)
    state = np.array([4.0])
    assert latest(state, 1.0) is latest(state, 1.0)
    assert asked == [1.0]
    assert latest(state, 2.0).tolist() == [4.0]
    assert latest(np.array([4.0]), 2.0).tolist() == [4.0]  # equal, but another state
    assert asked == [1.0, 2.0, 2.0]
