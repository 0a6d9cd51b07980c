"""Splitting a total over units: bounds, exactness, engines that run or not, and independence of the members."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulators.ems.split import Fleet, share

ENGINE = 25.0
FLEET = (1, 4)


def engines(total, on=(0, 0, 0, 0), must=(0, 0, 0, 0), blocked=(0, 0, 0, 0)):
    low = np.array([[12.5 if each else 0.0 for each in must]])
    high = np.array([[0.0 if each else ENGINE for each in blocked]])
    on_min = np.full(FLEET, 12.5)
    return Fleet.of(low, high, on_min, np.array([on], dtype=bool)).split(np.array([float(total)]))[0].tolist()


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (0, [0, 0, 0, 0]),
        (10, [0, 0, 0, 0]),  # below one engine's minimum: none runs
        (12.5, [12.5, 0, 0, 0]),
        (25, [25, 0, 0, 0]),
        (26, [13, 13, 0, 0]),  # two at part load rather than one at 25
        (49, [24.5, 24.5, 0, 0]),
        (100, [25, 25, 25, 25]),
        (400, [25, 25, 25, 25]),
    ],
)
def test_engines_run_in_the_number_the_total_needs(total, expected):
    assert engines(total) == pytest.approx(expected)


def test_engines_already_on_are_preferred():
    assert engines(25, on=(0, 0, 1, 0)) == pytest.approx([0, 0, 25, 0])


def test_an_engine_that_must_run_runs_and_a_blocked_one_does_not():
    assert engines(0, must=(0, 1, 0, 0)) == pytest.approx([0, 12.5, 0, 0])
    assert engines(25, blocked=(1, 1, 0, 0)) == pytest.approx([0, 0, 25, 0])


def test_more_than_a_cap_is_never_given_to_keep_an_engine_running():
    for total in np.linspace(0, 100, 81):
        assert sum(engines(total)) <= total + 1e-9


@given(
    st.floats(-500, 500),
    arrays(np.float64, (1, 5), elements=st.floats(-50, 0)),
    arrays(np.float64, (1, 5), elements=st.floats(0, 50)),
)
def test_continuous_units_give_the_clipped_total_and_stay_in_range(total, low, high):
    given_mw = share(np.array([total]), low, high)
    assert np.all(given_mw >= low - 1e-9)
    assert np.all(given_mw <= high + 1e-9)
    assert given_mw.sum() == pytest.approx(np.clip(total, low.sum(), high.sum()), abs=1e-9)


@given(arrays(np.float64, 6, elements=st.floats(-20, 120)), st.permutations(range(6)))
def test_a_members_row_does_not_depend_on_its_neighbours(totals, order):
    shape = (6, 4)
    on_min, high = np.full(shape, 12.5), np.full(shape, ENGINE)
    on = np.arange(24).reshape(shape) % 3 == 0
    together = Fleet.of(np.zeros(shape), high, on_min, on).split(totals)
    shuffled = Fleet.of(np.zeros(shape), high, on_min, on[order]).split(totals[order])
    alone = [
        Fleet.of(np.zeros(FLEET), high[:1], on_min[:1], on[m : m + 1]).split(totals[m : m + 1])[0] for m in range(6)
    ]
    assert np.array_equal(shuffled, together[order])
    assert np.array_equal(np.array(alone), together)
