"""The time axis: edges, half hours, zones."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.axis import TimeAxis

TOKYO = ZoneInfo("Asia/Tokyo")


def test_uniform_axis_has_the_edges_of_its_step():
    axis = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 3600, 900)
    assert axis.edges.tolist() == [0, 900, 1800, 2700, 3600]
    assert axis.steps == 4
    assert axis.duration_s == 3600
    assert axis.half_hour.tolist() == [0, 0, 1, 1]


def test_clock_half_hours_are_edges_even_when_the_start_is_not_on_one():
    axis = TimeAxis.build(datetime(2020, 4, 20, 0, 10, tzinfo=TOKYO), 3600, 900)
    # 00:30 and 01:00 are 1200 s and 3000 s after 00:10
    assert {1200, 3000} <= set(axis.edges.tolist())
    assert axis.fits_half_hours
    assert axis.half_hour.tolist() == [0, 0, 1, 1, 1, 2]


def test_steps_beyond_half_an_hour_leave_half_hours_not_judgeable():
    axis = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 7200, 3600)
    assert axis.steps == 2
    assert not axis.fits_half_hours


def test_events_of_the_run_become_edges_and_those_outside_do_not():
    axis = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 1800, 900, extra_s=(-5, 0, 100, 1800, 9000))
    assert axis.edges.tolist() == [0, 100, 900, 1800]


def test_next_edge_is_a_python_int_for_mosaik():
    axis = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 1800, 900)
    assert type(axis.next_edge(0)) is int
    assert axis.step_at(900) == 1
    with pytest.raises(KeyError):
        axis.step_at(450)


def test_local_time_follows_daylight_saving_while_seconds_do_not():
    start = datetime(2016, 10, 29, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    axis = TimeAxis.build(start, 86400, 3600)
    assert axis.local(86400).hour == 11  # the night has 25 hours
    assert axis.utc[-1] - axis.utc[0] == np.timedelta64(86400, "s")


def test_a_start_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        TimeAxis.build(datetime(2020, 4, 20), 1800, 900)


@given(st.integers(60, 1800), st.integers(1, 86400), st.integers(0, 59), st.lists(st.integers(-10, 90000)))
def test_edges_increase_cover_the_run_and_never_cross_a_half_hour(step_s, duration_s, minute, events):
    axis = TimeAxis.build(datetime(2020, 4, 20, 0, minute, tzinfo=TOKYO), duration_s, step_s, events)
    assert axis.edges[0] == 0
    assert axis.edges[-1] == duration_s
    assert np.all(axis.dt_s > 0)
    assert axis.dt_s.max() <= step_s
    assert axis.fits_half_hours
