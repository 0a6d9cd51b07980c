"""Profiles on the axis: day types, files, scaling, units, noise."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulators.sources.build import build_price, build_profile, reactive_per_active
from simulators.sources.calendars import Calendar, CalendarSpec
from simulators.sources.errors import SourceError
from simulators.sources.member_axis import MemberAxis
from simulators.sources.profiles import ProfileSpec, Shaping

PROFILE = TypeAdapter(ProfileSpec)
TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = {"workday": {"00:00": 10, "08:30": 100, "18:00": 10}, "weekend": {"00:00": 10}}


def profile(**fields):
    return PROFILE.validate_python(fields)


@pytest.fixture
def build(in_folder, table):
    """The profile of one member, (K, units) MW."""

    def on(spec, axis, calendar=None, *, seed=0, member=0, shaping=None, rated_kw=None, **options):
        base = calendar or Calendar(None, axis.start.tzinfo)
        options.setdefault("path", "loads.test")
        members = MemberAxis.alone(axis, member, seed=seed)
        options |= {"shaping": None if shaping is None else (shaping,), "rated_kw": (rated_kw,)}
        driven = build_profile((spec,), members, calendar=base, resolve_path=in_folder, **options)
        return table(driven.port(), axis.steps)

    return on


# --- day types


def test_a_workday_steps_by_the_clock_and_a_weekend_stays_low(build, axis_of):
    kw = 1e3 * build(profile(kind="daily", days=OFFICE), axis_of("2020-04-24", 48, 30))[:, 0]  # Friday, Saturday
    assert kw[:17] == pytest.approx(10)
    assert kw[17:36] == pytest.approx(100)
    assert kw[36:] == pytest.approx(10)


def test_a_step_inside_an_interval_is_averaged_exactly(build, axis_of):
    kw = 1e3 * build(profile(kind="daily", days=OFFICE), axis_of("2020-04-24", 24, 60, half_hours=False))[:, 0]
    assert kw[8] == pytest.approx(55.0)  # half an hour at 10, half an hour at 100


@pytest.mark.parametrize(
    ("start", "kw"),
    [
        ("2020-04-22", 1),  # an ordinary Wednesday
        ("2020-04-21", 2),  # Tuesday, closed
        ("2020-04-29", 3),  # a holiday
        ("2020-04-25", 4),  # Saturday
        ("2020-04-26", 5),  # Sunday
    ],
)
def test_the_most_particular_day_type_counts(build, axis_of, calendar_of, start, kw):
    values = {"any": 1, "closed": 2, "holiday": 3, "saturday": 4, "weekend": 5}
    spec = profile(kind="daily", days={kind: {"00:00": value} for kind, value in values.items()})
    calendar = calendar_of(closed_weekdays=["tuesday"])
    assert 1e3 * build(spec, axis_of(start, 24), calendar) == pytest.approx(kw)


def test_a_day_type_that_is_never_covered_is_refused_before_the_run(build, axis_of):
    with pytest.raises(SourceError, match="no day type holds on a saturday"):
        build(profile(kind="daily", days={"workday": {"00:00": 1}}), axis_of("2020-04-20", 24))
    with pytest.raises(SourceError, match="no day type holds on a closed day"):
        build(profile(kind="daily", days={"open": {"00:00": 1}}), axis_of("2020-04-20", 24))


@pytest.mark.parametrize(("start", "hours"), [("2020-03-29", 23), ("2020-10-25", 25)])
def test_a_day_that_changes_the_clock_follows_the_clock(build, axis_of, start, hours):
    days = {"any": {"00:00": 0, "02:00": 10, "03:00": 20, "04:00": 0}}
    kw = 1e3 * build(profile(kind="daily", days=days), axis_of(start, hours, 60, BERLIN, half_hours=False))[:, 0]
    assert len(kw) == hours
    # the hour from 02:00 is skipped in March and runs twice in October
    assert kw[:5].tolist() == pytest.approx([0, 0, 20, 0, 0] if hours == 23 else [0, 0, 10, 10, 20])


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"any": {"01:00": 1}}, 'must start at "00:00"'),
        ({"any": {"00:00": 1, "18:00": 2, "08:00": 3}}, "follow each other"),
        ({"any": {"00:00": 1, "24:00": 2}}, "the day ends there"),
        ({"any": {"00:00": 1, "8 o'clock": 2}}, "not a time of day"),
        ({"workdays": {"00:00": 1}}, "workday"),
    ],
)
def test_days_that_cannot_be_meant_are_refused(days, said):
    with pytest.raises(ValidationError, match=said):
        profile(kind="daily", days=days)


def test_days_from_a_file_equal_the_same_days_inline(build, axis_of, write):
    rows = ["workday,00:00,10,1", "workday,08:30,100,1", "workday,18:00,10,1", "", "weekend,00:00,10,2"]
    write("\n".join(["# kW", "day_type,start,a_kw,b_kw", *rows]))
    axis = axis_of("2020-04-20", 7 * 24)
    from_file = build(profile(kind="daily", file="data.csv", column="a_kw"), axis)
    assert np.array_equal(from_file, build(profile(kind="daily", days=OFFICE), axis))


def test_bad_rows_of_a_day_file_are_all_named(build, axis_of, write):
    write(
        "day_type,start,kw\nany,00:00,1\nany,08:00,\nworkdays,00:00,1\nweekend,06:00,1\nany,00:00,2\n"
        "any,24:00,2\nclosed,00:00\n"
    )
    with pytest.raises(SourceError) as caught:
        build(profile(kind="daily", file="data.csv"), axis_of("2020-04-20", 24))
    assert [text.split(": ")[0] for text in caught.value.problems] == [f"row {row}" for row in range(3, 9)]


# --- files


def meter(write, values, start="2020-04-20T00:00", unit_min=30):
    times = np.datetime64(start) + unit_min * np.arange(len(values)) * np.timedelta64(1, "m")
    return write("time,value\n" + "".join(f"{time},{value}\n" for time, value in zip(times, values, strict=True)))


@pytest.mark.parametrize(
    ("unit", "mw"), [("kW", 0.02), ("MW", 20), ("W", 20e-6), ("kWh30", 0.04), ("Wh30", 40e-6), ("万kW", 200)]
)
def test_units_of_a_file_are_worth_what_they_say(build, axis_of, write, unit, mw):
    meter(write, [20] * 48)
    spec = profile(kind="csv", file="data.csv", unit=unit)
    assert build(spec, axis_of("2020-04-20", 24)) == pytest.approx(mw)


def test_a_file_shorter_than_the_run_names_the_first_missing_moment(build, axis_of, write):
    meter(write, [20] * 48)
    with pytest.raises(SourceError, match=r"first missing moment 2020-04-21T00:00\+09:00"):
        build(profile(kind="csv", file="data.csv"), axis_of("2020-04-20", 25))


def test_negative_demand_is_refused_and_a_negative_price_is_not(build, axis_of, write, in_folder):
    meter(write, [1.0] * 47 + [-2.0])
    axis = axis_of("2020-04-20", 24)
    with pytest.raises(SourceError, match=r"1 negative values, first at 2020-04-20T23:30"):
        build(profile(kind="csv", file="data.csv"), axis)
    price = build_price(
        profile(kind="csv", file="data.csv", unit="JPY/kWh"),
        axis,
        calendar=Calendar(None, TOKYO),
        path="market.spot",
        resolve_path=in_folder,
        currency="JPY",
    )
    assert price[-1] == -2.0


# --- scaling


def test_annual_energy_is_that_of_the_calendar_year_the_run_starts_in(build, axis_of):
    spec = profile(kind="daily", days=OFFICE, annual_mwh=120)
    year = axis_of("2020-01-01", 366 * 24, 30)
    assert float(np.sum(build(spec, year)[:, 0] * year.hours)) == pytest.approx(120)
    week = axis_of("2020-04-20", 7 * 24, 15)
    first = (np.datetime64("2020-04-20") - np.datetime64("2020-01-01")).astype(int) * 48
    assert build(spec, week)[::2] == pytest.approx(build(spec, year)[first : first + 7 * 48])


def test_peak_is_that_of_the_year_even_if_the_run_never_meets_it(build, axis_of):
    spec = profile(kind="daily", days=OFFICE, peak_kw=50)
    assert 1e3 * build(spec, axis_of("2020-04-25", 24)).max() == pytest.approx(5)  # a Saturday: a tenth of the peak


def test_a_year_of_file_is_scaled_by_its_first_365_days(build, axis_of, write):
    meter(write, [1.0] * 365 * 24 + [100.0] * 24, "2019-01-01T00:00", 60)
    spec = profile(kind="csv", file="data.csv", annual_mwh=8.76)
    assert build(spec, axis_of("2019-06-01", 24)) == pytest.approx(1e-3)


def test_less_than_a_year_of_file_cannot_be_scaled(build, axis_of, write):
    meter(write, [1.0] * 48)
    with pytest.raises(SourceError, match=r"holds 1\.0 days; annual_mwh and peak_kw need 365"):
        build(profile(kind="csv", file="data.csv", annual_mwh=1), axis_of("2020-04-20", 24))


def test_a_profile_of_zeros_cannot_be_scaled(build, axis_of):
    with pytest.raises(SourceError, match="zero over its year"):
        build(profile(kind="constant", value=0, annual_mwh=1), axis_of("2020-04-20", 24))


def test_shares_need_a_rating_or_a_target(build, axis_of):
    axis = axis_of("2020-04-20", 1)
    spec = profile(kind="constant", value=0.5, unit="pu")
    with pytest.raises(SourceError, match="needs annual_mwh or peak_kw"):
        build(spec, axis)
    assert build(spec, axis, rated_kw=1500) == pytest.approx(0.75)
    assert build(profile(kind="constant", value=50, unit="%"), axis, rated_kw=1500) == pytest.approx(0.75)
    assert build(spec, axis, rated_kw=(1000, 3000), units=2)[0].tolist() == pytest.approx([0.5, 1.5])


def test_scaling_beside_the_profile_counts_but_not_twice(build, axis_of):
    axis = axis_of("2020-04-20", 1)
    spec = profile(kind="constant", value=1)
    assert build(spec, axis, shaping=Shaping(peak_kw=7)) == pytest.approx(7e-3)
    with pytest.raises(SourceError, match="keep one"):
        build(profile(kind="constant", value=1, scale=2), axis, shaping=Shaping(peak_kw=7))


def test_scale_multiplies_on_top(build, axis_of):
    assert build(profile(kind="constant", value=3, peak_kw=10, scale=2), axis_of("2020-04-20", 1)) == pytest.approx(
        0.02
    )


def test_every_unit_gets_the_whole_profile(build, axis_of):
    assert build(profile(kind="constant", value=3), axis_of("2020-04-20", 1), units=4).shape == (2, 4)


def test_wrong_units_and_double_targets_are_refused(build, axis_of):
    with pytest.raises(SourceError, match="'JPY/kWh' is not a power"):
        build(profile(kind="constant", value=1, unit="JPY/kWh"), axis_of("2020-04-20", 1))
    with pytest.raises(ValidationError, match="exclude each other"):
        profile(kind="constant", value=1, peak_kw=1, annual_mwh=1)


def test_reactive_demand_follows_the_power_factor():
    # tan(acos(0.95)) = 0.32868 (planner.md 5: 1 MW at 0.95 -> 328.7 kvar)
    assert reactive_per_active(0.95) == pytest.approx(0.32868, abs=1e-5)


# --- SimBench


def test_a_simbench_profile_is_taken_on_its_own_clock_and_only_in_2016(build, axis_of):
    quarters = np.arange(366 * 96) / 1e5
    utc_plus_1 = ZoneInfo("Etc/GMT-1")
    spec = profile(kind="simbench", name="WP4")
    axis = axis_of("2016-06-06", 24, 15, utc_plus_1)
    power = build(spec, axis, simbench=lambda name: quarters, rated_kw=1000)
    assert power[:, 0] == pytest.approx(quarters[157 * 96 : 158 * 96])  # 6 June is day 158 of 2016
    with pytest.raises(SourceError, match="first missing moment"):
        build(spec, axis_of("2017-06-06", 24, 15, utc_plus_1), simbench=lambda name: quarters, rated_kw=1000)
    with pytest.raises(SourceError, match="needs a SimBench network"):
        build(spec, axis, rated_kw=1000)


def test_an_unknown_simbench_profile_is_said_with_its_path(build, axis_of):
    def lookup(name):
        raise ValueError(f"unknown profile {name}")

    with pytest.raises(SourceError, match=r"loads\.test: unknown profile H9"):
        build(profile(kind="simbench", name="H9"), axis_of("2016-06-06", 1), simbench=lookup, rated_kw=1)


# --- noise


def noisy(sigma=0.2, **noise):
    return profile(kind="constant", value=100, noise={"sigma": sigma, **noise})


def test_noise_of_a_moment_does_not_depend_on_start_end_or_step_of_the_run(build, axis_of):
    day = build(noisy(), axis_of("2020-04-20", 24, 30))
    later = build(noisy(), axis_of("2020-04-20T06:00", 3, 30))
    fine = build(noisy(), axis_of("2020-04-20", 24, 10))
    assert np.array_equal(day[12:18], later)
    assert fine.reshape(48, 3).mean(axis=1) == pytest.approx(day[:, 0])


def test_seed_path_member_and_unit_have_streams_of_their_own(build, axis_of):
    axis = axis_of("2020-04-20", 24)
    streams = [
        build(noisy(), axis, seed=1),
        build(noisy(), axis, seed=2),
        build(noisy(), axis, seed=1, member=1),
        build(noisy(), axis, seed=1, path="loads.other"),
        build(noisy(seed=9), axis, seed=1),
        build(noisy(), axis, seed=1, units=2)[:, 1:],
    ]
    assert len({stream.tobytes() for stream in streams}) == len(streams)
    assert np.array_equal(build(noisy(), axis, seed=1), streams[0])
    assert np.array_equal(build(noisy(), axis, seed=1, units=5)[:, :1], streams[0])
    assert np.array_equal(build(noisy(seed=9), axis, seed=1), build(noisy(seed=9), axis, seed=2))


def test_noise_is_positive_and_keeps_the_mean(build, axis_of):
    kw = 1e3 * build(noisy(0.3), axis_of("2020-01-01", 366 * 24))
    assert kw.min() > 0
    # standard error of the mean of 17,568 draws: 100 * sqrt(exp(0.09) - 1) / sqrt(17568) = 0.23
    assert kw.mean() == pytest.approx(100, abs=4 * 0.23)


def test_no_spread_means_no_noise(build, axis_of):
    assert np.all(build(noisy(0.0), axis_of("2020-04-20", 24)) == 0.1)


def test_the_closed_calendar_of_a_customer_reaches_its_load(build, axis_of):
    spec = profile(kind="daily", days={"any": {"00:00": 5}, "closed": {"00:00": 1}})
    closed = Calendar(CalendarSpec(closed_dates=["2020-04-20"]), TOKYO)
    axis = axis_of("2020-04-20", 24)
    assert 1e3 * build(spec, axis, closed) == pytest.approx(1)
    assert 1e3 * build(spec, axis) == pytest.approx(5)
