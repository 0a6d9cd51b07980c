"""Piecewise-constant series: exact means on any edges, nothing guessed outside."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.axis import TimeAxis
from simulators.sources.errors import SourceError
from simulators.sources.series import Series

START = datetime(2020, 4, 20, tzinfo=UTC)
EPOCH = np.datetime64("2020-04-20T00:00:00")
lengths = st.lists(st.integers(1, 5000), min_size=1, max_size=12)
values = st.floats(-1e3, 1e3)


def series(edges, numbers):
    return Series(EPOCH, np.array(edges, dtype=np.int64), np.array(numbers, dtype=float), "meter")


def axis(*edges):
    return TimeAxis(np.array(edges, dtype=np.int64), START)


def test_a_mean_weighs_pieces_by_their_time():
    # 10 for 600 s and 40 for 300 s of a step of 900 s: (10 * 600 + 40 * 300) / 900 = 20
    assert series([0, 600, 1800], [10, 40]).mean_on(axis(0, 900, 1800)).tolist() == pytest.approx([20.0, 40.0])


def test_means_on_the_series_own_edges_are_its_values_to_the_bit():
    numbers = [0.1, 0.2, 0.3]
    assert series([0, 700, 900, 1500], numbers).mean_on(axis(0, 700, 900, 1500)).tolist() == numbers


def test_zero_stays_exactly_zero_beside_large_values():
    means = series([0, 900, 1800, 2700], [1e9 / 3, 0.0, 1e9 / 7]).mean_on(axis(0, 300, 900, 1000, 1800, 2700))
    assert means[2:4].tolist() == [0.0, 0.0]


@given(lengths, lengths, st.data())
def test_resampling_keeps_the_energy_on_irregular_edges(pieces, steps, data):
    source = np.cumsum([0, *pieces])
    numbers = data.draw(st.lists(values, min_size=len(pieces), max_size=len(pieces)))
    inner = [edge for edge in np.cumsum(steps).tolist() if edge < source[-1]]
    target = axis(0, *inner, int(source[-1]))
    original = series(source, numbers)
    resampled = float(np.sum(original.mean_on(target) * target.hours))
    assert resampled == pytest.approx(original.energy, rel=1e-9, abs=1e-9 * float(source[-1]))


@given(lengths, st.data())
def test_a_mean_lies_between_the_smallest_and_the_largest_value(pieces, data):
    source = np.cumsum([0, *pieces])
    numbers = data.draw(st.lists(values, min_size=len(pieces), max_size=len(pieces)))
    mean = series(source, numbers).mean_on(axis(0, int(source[-1])))[0]
    assert min(numbers) - 1e-9 <= mean <= max(numbers) + 1e-9


def test_columns_are_averaged_side_by_side():
    table = series([0, 900, 1800], [[1, 10], [3, 30]])
    assert table.mean_on(axis(0, 1800)).tolist() == [[2.0, 20.0]]


@pytest.mark.parametrize(
    ("edges", "missing"),
    [
        ([0, 900], "2020-04-20T00:15"),  # too short
        ([900, 7200], "2020-04-20T00:00"),  # begins too late
        ([-7200, -3600], "2020-04-20T00:00"),  # over before the run
    ],
)
def test_a_series_shorter_than_the_run_names_the_first_missing_moment(edges, missing):
    with pytest.raises(SourceError, match=f"first missing moment {missing}"):
        series(edges, [1.0]).mean_on(axis(0, 3600))


def test_a_product_holds_piece_by_piece():
    left, right = series([0, 600, 1200], [1, 2]), series([0, 300, 1200], [10, 100])
    product = left.times(right)
    assert product.edges_s.tolist() == [0, 300, 600, 1200]
    assert product.values.tolist() == [10, 100, 200]


@pytest.mark.parametrize(
    ("edges", "numbers", "said"),
    [
        ([0, 900, 900], [1, 2], "increase"),
        ([0, 900], [1, 2], "one edge more"),
        ([0, 900, 1800], [1, np.nan], "value 2 is not a finite number"),
    ],
)
def test_a_series_that_is_none_is_refused(edges, numbers, said):
    with pytest.raises(SourceError, match=said):
        series(edges, numbers)
