"""Room schedules of the Japanese energy code."""

import sys
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.sources.build import build_profile
from simulators.sources.calendars import Calendar, CalendarSpec
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.profiles import ScheduleProfile
from simulators.sources.schedules import room_schedules, schedule_days

TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE_ROOM = {"building": "事務所等", "room": "事務室"}


def spec(**fields):
    return ScheduleProfile(**{"kind": "schedule", "quantity": "equipment", **OFFICE_ROOM, **fields})


def test_there_are_210_room_types_of_9_uses():
    assert len(room_schedules()) == 9
    assert sum(len(rooms) for rooms in room_schedules().values()) == 210


def scheduled_rooms():
    """Room types whose name is not one of those with annual hours only."""
    bare = {
        "厨房",
        "屋内駐車場",
        "機械室",
        "電気室",
        "湯沸室等",
        "食品庫等",
        "印刷室等",
        "廃棄物保管場所等",
        "屋外廊下",
    }
    bare |= {"倉庫", "屋外駐車場又は駐輪場"}
    return [(building, name) for building, rooms in room_schedules().items() for name in rooms if name not in bare]


def test_every_scheduled_room_and_quantity_gives_24_ratios_on_every_day_of_a_leap_year():
    calendar = Calendar(None, TOKYO)
    days = [date(2020, 1, 1) + timedelta(days=step) for step in range(0, 366, 29)]
    assert len(scheduled_rooms()) == 147
    for building, name in scheduled_rooms():
        for quantity in ("use", "lighting", "people", "equipment"):
            day_of = schedule_days(spec(building=building, room=name, quantity=quantity), calendar)
            for day in days:
                minutes, values = day_of(day)
                assert len(minutes) == len(values) == 24
                assert all(value >= 0 for value in values)


def test_office_equipment_runs_on_workdays_and_idles_at_weekends_and_holidays():
    day_of = schedule_days(spec(), Calendar(None, TOKYO))
    workday, saturday, holiday = (day_of(date(2020, *day))[1] for day in ((4, 28), (4, 25), (4, 29)))
    assert workday[7:13] == [0.25, 1.0, 1.0, 1.0, 1.0, 0.8]  # the code's standard office, lunch break at noon
    assert set(saturday) == set(holiday) == {0.25}


@pytest.mark.parametrize(
    ("day", "in_class"), [(date(2020, 5, 20), True), (date(2020, 8, 12), False), (date(2020, 12, 30), False)]
)
def test_schools_keep_their_holidays_whatever_the_weekday(day, in_class):
    day_of = schedule_days(spec(building="学校等", room="小中学校の教室", quantity="lighting"), Calendar(None, TOKYO))
    assert (max(day_of(day)[1]) > 0) is in_class


def test_a_closed_day_takes_the_schedule_of_a_sunday():
    closed = Calendar(CalendarSpec(closed_weekdays=["tuesday"]), TOKYO)
    assert set(schedule_days(spec(), closed)(date(2020, 4, 28))[1]) == {0.25}


def test_a_schedule_scales_to_its_annual_energy(axis_of, table):
    axis = axis_of("2021-01-01", 365 * 24, 60, half_hours=False)
    driven = build_profile(
        (spec(annual_mwh=120),),
        MemberAxis.alone(axis),
        calendar=Calendar(None, TOKYO),
        path="loads.office",
        resolve_path=lambda name: name,
    )
    assert float(np.sum(table(driven.port(), axis.steps))) == pytest.approx(120)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"building": "事務所"}, "did you mean 事務所等"),
        ({"room": "電気室"}, "has no hourly schedule; of this use there are: 事務室, "),
        ({"room": "事務"}, "unknown room type of 事務所等 '事務'.*電子計算機器事務室"),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_there_are(fields, said):
    with pytest.raises(SourceError, match=said):
        schedule_days(spec(**fields), Calendar(None, TOKYO))


def test_no_code_of_the_package_is_run():
    room_schedules()
    assert not [name for name in sys.modules if name.split(".")[0] == "builelib"]
