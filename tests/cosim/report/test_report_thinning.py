"""Fewer points, same extremes and same energy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.report.thinning import MOST_POINTS, area_buckets, buckets, line_buckets
from cosim.report.wire_charts import duration_curve


def times(steps, step_s=900):
    return np.arange(steps, dtype=np.int64) * step_s


def test_a_short_run_is_left_alone():
    grouped = buckets(times(MOST_POINTS))
    assert grouped.whole
    values = np.arange(float(MOST_POINTS))
    assert grouped.extremes(values).tolist() == list(range(MOST_POINTS))
    assert grouped.mean(values, np.full(MOST_POINTS, 900.0)) is values


def test_a_year_of_quarter_hours_is_grouped_by_round_lengths():
    assert buckets(times(35040)).span_s == 4 * 3600
    assert len(buckets(times(35040)).starts) == 2190


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2501, 20000), st.floats(0.0, 0.3))
def test_extremes_gaps_and_energy_survive(seed, steps, missing):
    rng = np.random.default_rng(seed)
    dt_s = rng.integers(1, 8, steps) * 300
    t_s = np.concatenate(([0], np.cumsum(dt_s)[:-1]))
    values = rng.normal(size=steps)
    grouped, means = line_buckets(t_s), buckets(t_s)
    kept = grouped.extremes(values)
    assert len(kept) <= MOST_POINTS
    assert values[kept].min() == values.min()
    assert values[kept].max() == values.max()
    assert np.all(np.diff(kept) > 0)
    hours = np.add.reduceat(dt_s, means.starts) if not means.whole else dt_s
    energy = (means.mean(values, dt_s.astype(float)) * hours).sum()
    assert energy == pytest.approx((values * dt_s).sum(), abs=1e-6 * dt_s.sum())
    values[rng.random(steps) < missing] = np.nan
    values[0] = 1.0
    gappy = values[grouped.extremes(values)]
    assert np.nanmax(gappy) == np.nanmax(values)
    assert np.isnan(gappy).any() == np.isnan(values).any()


def test_means_leave_gaps_out_and_a_bucket_of_gaps_is_a_gap():
    values = np.ones(5000)
    values[:40] = np.nan
    values[41] = np.nan
    mean = buckets(times(5000)).mean(values, np.full(5000, 900.0))
    assert np.isnan(mean[0])
    assert np.nanmin(mean) == np.nanmax(mean) == 1.0


def test_bands_keep_the_lowest_low_and_the_highest_high():
    values = np.ones(5000)
    values[1234], values[4321] = 0.8, 1.2
    grouped = buckets(times(5000))
    assert grouped.low(values).min() == 0.8
    assert grouped.high(values).max() == 1.2


@pytest.mark.parametrize(("days", "span_s"), [(20, 0), (60, 3600), (90, 3600), (366, 86400), (3660, 172800)])
def test_areas_of_long_runs_are_means_over_whole_days(days, span_s):
    grouped = area_buckets(times(96 * days))
    assert grouped.span_s == span_s
    assert len(grouped.starts) <= MOST_POINTS


def test_very_long_runs_are_grouped_too():
    grouped = buckets(times(2_000_000, 3600))
    assert len(grouped.starts) <= MOST_POINTS


def test_the_duration_curve_counts_hours_of_unequal_steps_and_leaves_gaps_out():
    hours, values = duration_curve(np.array([10.0, np.nan, 30.0, 20.0]), np.array([900, 900, 1800, 3600]))
    assert values.tolist() == [30.0, 20.0, 10.0]
    assert hours.tolist() == [0.5, 1.5, 1.75]
