"""Series of many members: what each reads, without a table of members x time."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.axis import TimeAxis
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import MemberSeries, stacked

MEMBERS = 5
DAY = TimeAxis.build(datetime(2020, 4, 20, tzinfo=UTC), 86_400, 3600, half_hours=False)


@pytest.fixture
def members_of(axis_of):
    """Members on a day of hours, by the days each starts later."""

    def build(*days: int, hours: float = 24) -> MemberAxis:
        axis = axis_of("2020-04-20", hours, 60, half_hours=False)
        return MemberAxis(axis, np.arange(len(days)), np.array(days))

    return build


@given(seed=st.integers(0, 2**32 - 1), columns=st.sampled_from([1, 3]), profiles=st.integers(1, 4))
def test_a_row_is_profile_at_offset_times_factor_for_any_mixture(seed, columns, profiles):
    random = np.random.default_rng(seed)
    members = MemberAxis(DAY, np.arange(MEMBERS), random.integers(0, 3, MEMBERS) * random.integers(0, 2))
    values = random.random((profiles, members.reading.steps, columns))
    which = random.integers(0, profiles, MEMBERS)
    factor = random.random((random.choice([1, MEMBERS]), random.choice([1, 3])))
    series = MemberSeries.of(values, members, units=3, which=which, factor=factor)
    for k in (0, 7, 23):
        row = np.broadcast_to(series.row(k), (MEMBERS, 3))
        for member in range(MEMBERS):
            read = values[which[member], k + 24 * members.days[member]]
            assert np.array_equal(row[member], np.broadcast_to(read * factor[member % len(factor)], 3))


def test_what_all_members_share_has_one_row(members_of):
    members = members_of(1, 1, 1)
    series = MemberSeries.of(np.arange(48.0).reshape(1, 48, 1), members, units=2, factor=np.full((3, 1), 0.5))
    assert series.members == 1
    assert series.row(3).tolist() == [[13.5, 13.5]]  # a day later: 24 + 3, halved


def test_a_year_begins_again_and_a_single_step_holds_all_the_time(members_of):
    members = members_of(0, 1, 2)
    again = MemberSeries.of(np.arange(36.0).reshape(1, 36, 1), members)
    assert again.row(20)[:, 0].tolist() == [20.0, 8.0, 32.0]  # 44 and 68, less 36
    steady = MemberSeries.of(np.array([[[4.0, 5.0]]]), members)
    assert steady.row(20).tolist() == [[4.0, 5.0]]
    assert steady.members == 1


def test_series_are_never_written_after_being_handed_on(members_of):
    series = MemberSeries.of(np.ones((1, 24, 1)), members_of(0, 0), factor=np.array([[1.0], [2.0]]))
    first = series.row(0)
    series.row(1)
    assert first.tolist() == [[1.0], [2.0]]
    assert series.row(0) is not first


def test_equal_items_share_a_profile():
    profiles, which = stacked([1, 2, 1, 2, 2], lambda value: np.full(4, float(value)), "here", key=int)
    assert profiles.shape == (2, 4, 1)
    assert which.tolist() == [0, 1, 0, 1, 1]


def test_more_than_two_gigabytes_are_refused_by_name_before_they_are_made():
    made = []

    def make(item: int) -> np.ndarray:
        made.append(item)
        return np.zeros(35_040)

    with pytest.raises(SourceError, match=r"devices\.roof: 10000 members' own profiles of 35040 steps need 2\.8 GB"):
        stacked(range(10_000), make, "devices.roof", key=int)
    assert made == [0]


def test_offsets_need_steps_of_one_length_that_divides_a_day(axis_of):
    uneven = axis_of("2020-04-20", 24, 60, extra_s=[600])
    for axis in (uneven, axis_of("2020-04-20", 35, 7 * 60, half_hours=False)):
        MemberAxis.alone(axis)
        with pytest.raises(SourceError, match=r"time\.offset_days: starts later by whole days need"):
            MemberAxis.alone(axis, days=1)


def test_a_member_reads_its_own_dates(members_of):
    members = members_of(0, 3)
    assert members.reading.steps == 4 * 24
    assert members.of(1).start.isoformat() == "2020-04-23T00:00:00+09:00"
    assert np.array_equal(members.of(1).edges, members.axis.edges)
