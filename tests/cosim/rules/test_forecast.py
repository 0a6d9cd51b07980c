"""Errors of plans: how large they are, how they hang together, and that nobody disturbs another's."""

from datetime import timedelta

import numpy as np
import pytest

from cosim.rules.forecast import PlanErrors, error_weights
from simulators.sources.noise import stream_key

HOUR = timedelta(hours=1)
FIRST = 900_000  # some half hour since 1970
MANY = np.arange(FIRST, FIRST + 20_000)


def errors(gate=HOUR, sigma=0.1, members=(0,), path="balancing.town", seed=1):
    return PlanErrors([stream_key(seed, path, member) for member in members], 2, sigma, gate)


@pytest.mark.parametrize("hours", [0.25, 0.5, 0.75, 1, 6, 24, 36])
def test_the_error_grows_with_the_root_of_the_time_to_delivery(hours):
    assert np.sqrt((error_weights(hours * HOUR) ** 2).sum()) == pytest.approx(np.sqrt(hours / 24))


@pytest.mark.parametrize("hours", [1, 24])
def test_what_is_drawn_has_that_size_and_no_bias(hours):
    drawn = errors(hours * HOUR).of(MANY)
    expected = 0.1 * np.sqrt(hours / 24)
    assert drawn.std() == pytest.approx(expected, rel=0.06)
    assert abs(drawn.mean()) < 0.1 * expected * np.sqrt(hours)


def test_half_hours_closer_than_the_gate_err_alike():
    drawn = errors(4 * HOUR).of(MANY)[:, 0, 0]
    correlation = [np.corrcoef(drawn[:-lag], drawn[lag:])[0, 1] for lag in (1, 4, 12)]
    assert correlation == pytest.approx([7 / 8, 4 / 8, 0.0], abs=0.06)


def test_demand_and_generation_err_each_for_itself():
    drawn = errors().of(MANY)[:, 0, :]
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.05


def test_no_error_is_no_error():
    assert not errors(sigma=0.0).of(MANY[:100]).any()


def test_a_moment_has_one_error_however_it_is_reached():
    whole = errors().of(MANY[:1000])
    later = errors()
    parts = [later.of(MANY[at : at + 7]) for at in range(500, 1000, 7)]
    assert np.array_equal(np.concatenate(parts)[:500], whole[500:])


def test_a_member_or_a_group_added_disturbs_nobody():
    alone, together = errors(members=(7,)).of(MANY[:50]), errors(members=(3, 7, 8)).of(MANY[:50])
    assert np.array_equal(alone[:, 0], together[:, 1])
    other = errors(members=(7,), path="balancing.other").of(MANY[:50])
    assert not np.isclose(alone, other).any()
    assert not np.isclose(alone, errors(members=(7,), seed=2).of(MANY[:50])).any()
