"""The bundled files of the Hioki scenario give the numbers of planner.md section 4."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.sources.build import build_profile
from simulators.sources.calendars import Calendar, CalendarSpec
from simulators.sources.member_axis import MemberAxis
from simulators.sources.profiles import DailyProfile

FOLDER = Path(__file__).parents[3] / "scenarios" / "hioki"
TOKYO = ZoneInfo("Asia/Tokyo")
WELFARE = ("hospital_kw", "yusuiin_kw", "sports_park_kw")
CLOSED_ON_TUESDAY = Calendar(CalendarSpec(closed_weekdays=["tuesday"]), TOKYO)


def kw(start, column, file="loads.csv"):
    """(48,) half hours of one day."""
    axis = TimeAxis.build(datetime.fromisoformat(start).replace(tzinfo=TOKYO), 86400, 1800)
    spec = DailyProfile(kind="daily", file=file, column=column)
    driven = build_profile(
        (spec,),
        MemberAxis.alone(axis),
        calendar=CLOSED_ON_TUESDAY,
        path=column,
        resolve_path=lambda name: FOLDER / name,
    )
    series = driven.port()
    return 1e3 * np.array([series.row(k)[0, 0] for k in range(axis.steps)])


def test_the_welfare_grid_peaks_and_rests_as_stated():
    open_day = np.sum([kw("2020-04-20", column) for column in WELFARE], axis=0)
    closed_day = np.sum([kw("2020-04-21", column) for column in WELFARE], axis=0)
    assert open_day.max() == pytest.approx(150)
    assert open_day.min() == pytest.approx(59)
    assert closed_day.max() == pytest.approx(93)


@pytest.mark.parametrize(
    ("start", "column", "kwh"),
    [
        ("2021-01-13", "winter_kw", 1400),
        ("2020-07-15", "summer_kw", 900),
        ("2020-04-20", "spring_kw", 1150),
        ("2020-04-21", "spring_kw", 192),  # closed: the steady 8 kW
    ],
)
def test_the_bath_asks_for_its_daily_heat(start, column, kwh):
    assert kw(start, column, "heat.csv").sum() / 2 == pytest.approx(kwh, abs=0.01)
