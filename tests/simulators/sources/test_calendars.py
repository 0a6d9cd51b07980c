"""Calendars: Japanese holidays, closed days, opening states on the axis."""

from datetime import date

import pytest
from pydantic import ValidationError

from simulators.sources.calendars import Calendar, CalendarSpec, Opening
from simulators.sources.errors import SourceError


def test_japanese_holidays_hold_where_the_zone_is_tokyo(calendar_of, request):
    # Cabinet Office list of 2020: 29 April; 6 May is the substitute of 3 May, a Sunday
    tokyo = calendar_of()
    assert [tokyo.is_holiday(date(2020, *day)) for day in ((4, 29), (5, 6), (4, 30))] == [True, True, False]
    berlin = calendar_of(zone=request.getfixturevalue("berlin"))
    assert not berlin.is_holiday(date(2020, 4, 29))
    assert calendar_of(zone=request.getfixturevalue("berlin"), country="JP").is_holiday(date(2020, 4, 29))
    assert calendar_of(country="none", holiday_dates=["2020-12-24"]).is_holiday(date(2020, 12, 24))


@pytest.fixture
def berlin():
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("spec", "day", "closed"),
    [
        ({"closed_weekdays": ["tuesday"]}, date(2020, 4, 21), True),
        ({"closed_weekdays": ["tuesday"]}, date(2020, 4, 22), False),
        ({"closed_on_holidays": True}, date(2020, 4, 29), True),
        ({"closed_weekdays": ["wednesday"], "open_on_holidays": True}, date(2020, 4, 29), False),
        ({"closed_weekdays": ["wednesday"]}, date(2020, 4, 29), True),
        ({"closed_weekdays": ["tuesday"], "open_dates": ["2020-04-21"]}, date(2020, 4, 21), False),
        ({"closed_dates": ["2020-04-22"]}, date(2020, 4, 22), True),
    ],
)
def test_closed_days_follow_dates_before_holidays_before_weekdays(calendar_of, spec, day, closed):
    assert calendar_of(**spec).is_closed(day) is closed


def test_a_public_holiday_counts_as_a_sunday(calendar_of):
    assert calendar_of().day_types(date(2020, 4, 29)) == ("holiday", "sunday", "weekend", "open", "any")
    assert calendar_of().day_types(date(2020, 4, 28)) == ("tuesday", "workday", "open", "any")
    closed = calendar_of(closed_weekdays=["tuesday"]).day_types(date(2020, 4, 28))
    assert closed == ("closed", "tuesday", "workday", "any")


def test_states_follow_opening_hours_and_the_closed_day(axis_of, calendar_of):
    calendar = calendar_of(open="10:00-21:00", pre_open_hours=3, closed_weekdays=["tuesday"])
    axis = axis_of("2020-04-20", 48, 60)
    states = calendar.on(axis).tolist()
    assert states == [Opening.CLOSED] * 7 + [Opening.PRE_OPEN] * 3 + [Opening.OPEN] * 11 + [Opening.CLOSED] * 27
    assert calendar.heat_enabled(axis).sum() == 14


def test_hours_past_midnight_reach_into_a_closed_day(axis_of, calendar_of):
    calendar = calendar_of(open=["18:00-02:00"], closed_weekdays=["tuesday"])
    states = calendar.on(axis_of("2020-04-20", 48, 60))
    assert states[18:26].tolist() == [Opening.OPEN] * 8
    assert states[26:].tolist() == [Opening.CLOSED] * 22


def test_getting_ready_may_begin_on_the_day_before(axis_of, calendar_of):
    calendar = calendar_of(open="01:00-09:00", pre_open_hours=2)
    assert calendar.on(axis_of("2020-04-20", 24, 60))[23] == Opening.PRE_OPEN


def test_a_shorter_night_shortens_the_opening(axis_of, berlin):
    calendar = Calendar(CalendarSpec(open="00:00-06:00"), berlin)
    axis = axis_of("2020-03-29", 12, 30, berlin)
    assert (calendar.on(axis) == Opening.OPEN).sum() == 10  # five hours pass between 00:00 and 06:00


def test_without_hours_an_open_day_is_open_all_day(axis_of, calendar_of):
    assert set(calendar_of().on(axis_of("2020-04-20", 24))) == {Opening.OPEN}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"open": "10-21"}, "not a time of day"),
        ({"open": "10:00"}, "range of hours"),
        ({"open": "24:00-02:00"}, "write 00:00"),
        ({"open": "10:00-25:00"}, "not a time of day"),
        ({"closed_on_holidays": True, "open_on_holidays": True}, "exclude each other"),
        ({"closed_dates": ["2020-04-21"], "open_dates": ["2020-04-21"]}, "keep it in one"),
        ({"closed_weekdays": ["kayoubi"]}, "monday"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(spec, said):
    with pytest.raises(ValidationError, match=said):
        CalendarSpec(**spec)


def test_closing_on_unknown_holidays_is_refused(berlin):
    with pytest.raises(SourceError, match="no public holidays are known"):
        Calendar(CalendarSpec(closed_on_holidays=True), berlin)
