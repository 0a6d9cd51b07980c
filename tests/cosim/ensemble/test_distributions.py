"""Values at probabilities, against closed forms, the standard library and frozen distributions of scipy.stats."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats

from cosim.ensemble.distributions import Distribution

READ = TypeAdapter(Distribution).validate_python
U = np.array([1e-12, 0.01, 0.2, 0.5, 0.77, 0.99, 1.0 - 1e-12])
NORMAL = NormalDist(3, 2)


def truncated(u):
    low, high = NORMAL.cdf(1), NORMAL.cdf(4)
    return NORMAL.inv_cdf(low + u * (high - low))


def cut_below(u):
    return NORMAL.inv_cdf(NORMAL.cdf(1) + u * (1 - NORMAL.cdf(1)))


def triangle(u, low=1.0, mode=2.0, high=5.0):
    if u < (mode - low) / (high - low):
        return low + math.sqrt(u * (high - low) * (mode - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - mode))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"dist": "uniform", "low": -2, "high": 6}, lambda u: -2 + 8 * u),
        ({"dist": "normal", "mean": 3, "sd": 2}, NORMAL.inv_cdf),
        ({"dist": "normal", "mean": 3, "sd": 2, "low": 1, "high": 4}, truncated),
        ({"dist": "normal", "mean": 3, "sd": 2, "low": 1}, cut_below),
        ({"dist": "lognormal", "median": 20, "sigma": 0.3}, lambda u: 20 * math.exp(0.3 * NormalDist().inv_cdf(u))),
        ({"dist": "triangular", "low": 1, "mode": 2, "high": 5}, triangle),
        ({"dist": "triangular", "low": 1, "mode": 1, "high": 5}, lambda u: triangle(u, mode=1.0)),
    ],
)
def test_a_probability_gives_the_value_below_which_it_lies(given, value):
    distribution = READ(given)
    found = distribution.at(U)
    # half of the last digits of a probability near 1 are lost in 1 - u, which the references form
    assert found == pytest.approx([value(u) for u in U.tolist()], rel=1e-6, abs=1e-6)
    assert (np.diff(found) > 0).all()
    assert found.max() <= distribution.highest


@pytest.mark.parametrize(
    ("given", "reference"),
    [
        ({"dist": "uniform", "low": -2, "high": 6}, stats.uniform(-2, 8)),
        ({"dist": "normal", "mean": 3, "sd": 2, "low": 1, "high": 4}, stats.truncnorm(-1, 0.5, 3, 2)),
        ({"dist": "lognormal", "median": 20, "sigma": 0.3}, stats.lognorm(0.3, scale=20)),
        ({"dist": "triangular", "low": 1, "mode": 2, "high": 5}, stats.triang(0.25, 1, 4)),
    ],
)
def test_moments_are_those_of_scipy(given, reference):
    even = (np.arange(20_000) + 0.5) / 20_000
    found = READ(given).at(even)
    assert found.mean() == pytest.approx(reference.mean(), rel=1e-3)
    assert found.std() == pytest.approx(reference.std(), rel=3e-3)


def test_whole_numbers_between_two_bounds_are_equally_frequent():
    even = (np.arange(900) + 0.5) / 900
    values, counts = np.unique(READ({"dist": "uniform", "low": 2.5, "high": 5.5}).whole_at(even), return_counts=True)
    assert (values.tolist(), counts.tolist()) == ([3, 4, 5], [300, 300, 300])
    assert READ({"dist": "uniform", "low": 3, "high": 5}).whole_at(np.array([1 - 1e-16])).tolist() == [5]


def test_other_distributions_are_rounded_to_whole_numbers():
    assert READ({"dist": "normal", "mean": 3, "sd": 2}).whole_at(np.array([0.5, 0.6])).tolist() == [3, 4]


def test_choices_follow_their_weights():
    even = (np.arange(1000) + 0.5) / 1000
    weighed = READ({"dist": "choice", "values": [5, 6, 7, 8], "weights": [3, 0, 1, 0]})
    assert np.bincount(weighed.positions(even), minlength=4).tolist() == [750, 0, 250, 0]
    assert weighed.positions(np.array([1 - 2.0**-53, 2.0**-54])) == [2, 0]
    equal = READ({"dist": "choice", "values": [True, False]})
    assert np.bincount(equal.positions(even)).tolist() == [500, 500]


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ({"start": 0, "stop": 3}, [0, 1, 2, 3]),
        ({"start": 0, "stop": 3, "step": 2}, [0, 2]),
        ({"start": 0.1, "stop": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),  # 0.1 + 2 * 0.1 > 0.3
        ({"start": 3, "stop": 1, "step": -1}, [3, 2, 1]),
        ({"start": 3, "stop": 3}, [3]),
    ],
)
def test_a_range_counts_up_to_its_stop(keys, values):
    assert READ({"dist": "range"} | keys).listed == pytest.approx(values)


def test_listed_values_keep_their_type():
    assert [type(value) for value in READ({"dist": "list", "values": [True, 1, 1.5]}).values] == [bool, int, float]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"dist": "uniform", "low": 2, "high": 2}, "low 2 is not below high 2"),
        ({"dist": "uniform", "low": 2, "high": math.inf}, "finite"),
        ({"dist": "normal", "mean": 2, "sd": 0}, "greater than 0"),
        ({"dist": "normal", "mean": 2, "sd": 1, "low": 3, "high": 2}, "not below"),
        ({"dist": "lognormal", "median": 0, "sigma": 1}, "greater than 0"),
        ({"dist": "lognormal", "median": 1, "sigma": 0}, "greater than 0"),
        ({"dist": "triangular", "low": 1, "mode": 6, "high": 5}, "mode 6 lies outside"),
        ({"dist": "triangular", "low": 1, "mode": 1, "high": 1}, "not below"),
        ({"dist": "choice", "values": []}, "at least 1"),
        ({"dist": "choice", "values": [1, 2], "weights": [1]}, "1 entries for 2 values"),
        ({"dist": "choice", "values": [1, 2], "weights": [0, 0]}, "all 0"),
        ({"dist": "choice", "values": [1, 2], "weights": [-1, 2]}, "greater than or equal to 0"),
        ({"dist": "list", "values": []}, "at least 1"),
        ({"dist": "list", "values": ["a"]}, "valid"),
        ({"dist": "range", "start": 0, "stop": 1, "step": 0}, "step is 0"),
        ({"dist": "range", "start": 0, "stop": 1, "step": -1}, "leads away"),
        ({"dist": "range", "start": 0, "stop": 1, "step": 1e-9}, "more than 1000000 values"),
        ({"dist": "uniform", "low": 0, "high": 1, "mean": 1}, "Extra inputs"),
        ({"dist": "gamma"}, "does not match any of the expected tags"),
    ],
)
def test_a_distribution_that_cannot_be_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        READ(given)
