"""Weather: stations, centring, check values, EPW, CSV, invented years."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.sources.errors import SourceError
from simulators.sources.stations import find_station, nearest_station, station_rows, station_year, stations
from simulators.sources.sun import sun_at
from simulators.sources.typical_year import day_of_year, hour_middles
from simulators.sources.weather import build_weather
from simulators.sources.weather_spec import BuilelibWeather, CsvWeather, EpwWeather, Location, SyntheticWeather

TOKYO = ZoneInfo("Asia/Tokyo")
HIOKI = Location(latitude_deg=31.63, longitude_deg=130.40, altitude_m=100)
HALF_HOUR = np.timedelta64(1800, "s")


def place(number):
    station = find_station(number)
    return Location(latitude_deg=station.latitude_deg, longitude_deg=station.longitude_deg)


def year_at(number, step_s=1800):
    axis = TimeAxis.build(datetime(2015, 1, 1, tzinfo=TOKYO), 365 * 86400, step_s)
    return axis, build_weather(BuilelibWeather(kind="builelib", station=number), axis, place(number), str)


def kwh_per_m2(axis, irradiance):
    return float(np.sum(irradiance * axis.hours)) / 1e3


# --- stations


@pytest.mark.parametrize("number", sorted(stations()))
def test_coordinates_and_centring_agree_with_the_sun_columns_of_the_file(number):
    # planner.md 1.17: the columns equal the position at the full hour i + 1
    rows = station_rows(find_station(number))
    up = np.flatnonzero((rows[:, 3] > 5) & (rows[:, 3] < 80))[::23]
    sun = sun_at((hour_middles(9 * 3600) + HALF_HOUR)[up], place(number))
    altitude_error = rows[up, 3] - (90.0 - sun.zenith_deg)
    azimuth_error = (rows[up, 4] + 180.0 - sun.azimuth_deg) * np.cos(np.radians(rows[up, 3]))
    # the columns are rounded to 0.1 deg and know no refraction (0.15 deg at 5 deg)
    assert np.abs(altitude_error).max() < 0.35
    assert np.abs(azimuth_error).max() < 0.35
    assert abs(altitude_error.mean()) < 0.06
    assert abs(azimuth_error.mean()) < 0.03


def test_half_an_hour_off_would_be_seen():
    rows = station_rows(find_station("798"))
    up = np.flatnonzero(rows[:, 3] > 5)[::23]
    sun = sun_at(hour_middles(9 * 3600)[up], place("798"))
    assert np.abs(rows[up, 3] - (90.0 - sun.zenith_deg)).max() > 5.0


@pytest.mark.parametrize(
    ("location", "number", "km"),
    [(HIOKI, "798", 81), (Location(latitude_deg=24.72, longitude_deg=125.25), "836", 57)],
    ids=["Hioki", "Kurima"],
)
def test_the_nearest_station_is_that_of_the_planner(location, number, km):
    station, distance = nearest_station(location)
    assert station.number == number
    assert distance == pytest.approx(km, abs=1)


def test_a_variant_is_no_place_of_its_own():
    assert nearest_station(place("59-A4"))[0].number == "59"
    assert sum(not station.variant for station in stations().values()) == 31


@pytest.mark.parametrize(
    ("number", "ghi", "air"), [("401", 1467, 11.4), ("59", 1216, None), ("842", 1485, None)], ids=str
)
def test_annual_light_and_temperature_are_those_of_the_data_survey(number, ghi, air):
    # data_and_packages.md 2
    axis, weather = year_at(number)
    assert kwh_per_m2(axis, weather.ghi_w_m2) == pytest.approx(ghi, rel=0.003)
    if air is not None:
        assert weather.air_degc.mean() == pytest.approx(air, abs=0.05)


def test_the_clear_closed_day_of_hioki_has_its_light():
    axis = TimeAxis.build(datetime(2020, 4, 21, tzinfo=TOKYO), 86400, 900)
    weather = build_weather(None, axis, HIOKI, str)
    assert kwh_per_m2(axis, weather.ghi_w_m2) == pytest.approx(7.1, abs=0.1)  # planner.md 4
    assert weather.source.startswith("typical year of station 798")
    assert "81 km" in weather.source
    assert not weather.synthetic


def test_rows_are_centred_on_the_full_hour():
    # row 0 (hour 1) of 1 January covers 00:30 to 01:30, so 00:00 to 00:30 belongs to the last row of the year
    axis = TimeAxis.build(datetime(2021, 1, 1, tzinfo=TOKYO), 7200, 1800)
    weather = build_weather(BuilelibWeather(kind="builelib", station="798"), axis, HIOKI, str)
    rows = station_rows(find_station("798"))
    assert weather.air_degc.tolist() == [rows[-1, 0], rows[0, 0], rows[0, 0], rows[1, 0]]


def test_beam_is_zero_whenever_the_sun_is_down_and_global_light_adds_up():
    _, weather = year_at("842", 900)
    down = weather.sun_zenith_deg >= 90
    rows = station_rows(find_station("842"))
    assert np.any(rows[rows[:, 3] <= 0, 1] > 0)  # the file has beam below the horizon (planner.md 1.17)
    assert np.all(weather.dni_w_m2[down] == 0)
    beam = weather.dni_w_m2 * np.cos(np.radians(weather.sun_zenith_deg))
    assert weather.ghi_w_m2 == pytest.approx(weather.dhi_w_m2 + beam)
    assert np.all(weather.ghi_w_m2 >= 0)


def test_diffuse_energy_does_not_depend_on_the_step():
    coarse = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 7 * 86400, 3600, half_hours=False)
    fine = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 7 * 86400, 300)
    energies = [kwh_per_m2(axis, build_weather(None, axis, HIOKI, str).dhi_w_m2) for axis in (coarse, fine)]
    assert energies[0] == pytest.approx(energies[1])


def test_29_february_takes_the_rows_of_the_28th():
    axis = TimeAxis.build(datetime(2020, 2, 28, tzinfo=TOKYO), 3 * 86400, 1800)
    air = build_weather(None, axis, HIOKI, str).air_degc.reshape(3, 48)
    assert np.array_equal(air[0, 1:], air[1, 1:])
    assert not np.array_equal(air[1], air[2])
    first_of_march = station_year(find_station("798")).values["air"][24 * 59]
    assert air[2, 1] == first_of_march
    assert day_of_year(datetime(2020, 12, 31).date()) == 364


def test_the_sun_is_where_the_reference_algorithm_puts_it():
    # NREL SPA example (Reda and Andreas 2004): 2003-10-17 12:30:30 MST, apparent zenith 50.11162, azimuth 194.34024
    golden = Location(latitude_deg=39.742476, longitude_deg=-105.1786, altitude_m=1830.14)
    sun = sun_at(np.array(["2003-10-17T19:30:30"], dtype="datetime64[s]"), golden)
    assert sun.zenith_deg[0] == pytest.approx(50.11162, abs=2e-3)
    assert sun.azimuth_deg[0] == pytest.approx(194.34024, abs=1e-3)


def test_an_unknown_station_is_answered_with_those_there_are():
    axis = TimeAxis.build(datetime(2020, 4, 20, tzinfo=TOKYO), 3600, 900)
    with pytest.raises(SourceError, match=r"no station '999'.*798 Kushima"):
        build_weather(BuilelibWeather(kind="builelib", station="999"), axis, HIOKI, str)


# --- invented years


def synthetic(seed=1, location=None, zone="Europe/Berlin"):
    axis = TimeAxis.build(datetime(2019, 1, 1, tzinfo=ZoneInfo(zone)), 365 * 86400, 3600, half_hours=False)
    spot = location or Location(latitude_deg=53.64, longitude_deg=11.39)
    return axis, build_weather(SyntheticWeather(kind="synthetic", seed=seed), axis, spot, str)


def test_an_invented_year_says_so_and_is_what_other_countries_get():
    axis, weather = synthetic()
    assert weather.synthetic
    assert "SYNTHETIC" in weather.source
    assert build_weather(None, axis, Location(latitude_deg=53.64, longitude_deg=11.39), str).synthetic


def test_an_invented_year_depends_on_its_seed_alone():
    first, again, other = (synthetic(seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first.dni_w_m2, again.dni_w_m2)
    assert not np.array_equal(first.dni_w_m2, other.dni_w_m2)
    assert not np.array_equal(first.air_degc, other.air_degc)


def test_an_invented_year_is_physical_and_brighter_in_the_south():
    _, north = synthetic()
    axis, south = synthetic(location=Location(latitude_deg=26.2, longitude_deg=127.7), zone="Asia/Tokyo")
    for weather in (north, south):
        assert np.all(weather.dni_w_m2 >= 0)
        assert np.all(weather.dhi_w_m2 >= 0)
        assert weather.ghi_w_m2.max() < 1361
        night = weather.sun_zenith_deg > 96
        assert np.all(weather.ghi_w_m2[night] == 0)
    assert 850 < kwh_per_m2(axis, north.ghi_w_m2) < kwh_per_m2(axis, south.ghi_w_m2) < 1900
    assert north.air_degc.mean() < south.air_degc.mean()


def test_summer_of_the_southern_half_is_in_january():
    _, weather = synthetic(location=Location(latitude_deg=-33.9, longitude_deg=18.4), zone="Africa/Johannesburg")
    month = 31 * 24
    assert weather.air_degc[:month].mean() > weather.air_degc[181 * 24 : 181 * 24 + month].mean()


# --- CSV


def test_a_csv_file_is_taken_with_its_wind_and_global_light_is_recomputed(write, axis_of, in_folder):
    rows = "".join(f"2020-04-20T{hour:02d}:00,{900 if hour == 12 else 0},100,{hour},3\n" for hour in range(24))
    write("time,dni_w_m2,dhi_w_m2,air_degc,wind_m_s\n" + rows)
    axis = axis_of("2020-04-20", 24, 60, half_hours=False)
    weather = build_weather(CsvWeather(kind="csv", file="data.csv"), axis, HIOKI, in_folder)
    assert weather.air_degc.tolist() == list(range(24))
    assert np.all(weather.wind_m_s == 3)
    noon = weather.ghi_w_m2[12]
    assert noon == pytest.approx(100 + 900 * np.cos(np.radians(weather.sun_zenith_deg[12])))
    assert "wind" not in weather.source


def test_a_csv_file_without_beam_or_with_negative_light_is_refused(write, axis_of, in_folder):
    axis = axis_of("2020-04-20", 1, 30)
    spec = CsvWeather(kind="csv", file="data.csv")
    write("time,dhi_w_m2,air_degc\n2020-04-20T00:00,1,1\n2020-04-20T00:30,1,1\n")
    with pytest.raises(SourceError, match="no column 'dni_w_m2'"):
        build_weather(spec, axis, HIOKI, in_folder)
    write("time,dni_w_m2,dhi_w_m2,air_degc\n2020-04-20T00:00,-1,1,1\n2020-04-20T00:30,0,1,1\n")
    with pytest.raises(SourceError, match="dni_w_m2 has negative values"):
        build_weather(spec, axis, HIOKI, in_folder)


# --- EPW

HEADER = [
    "LOCATION,Kushima,-,JPN,made for a test,000000,31.47,131.23,9.0,10.0",
    "DESIGN CONDITIONS,0",
    "TYPICAL/EXTREME PERIODS,0",
    "GROUND TEMPERATURES,0",
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
    "COMMENTS 1,test",
    "COMMENTS 2,test",
    "DATA PERIODS,1,1,Data,Sunday,1/1,12/31",
]


def epw_text(change=None):
    middles = hour_middles(0).astype("datetime64[h]")
    lines = []
    for row, middle in enumerate(middles.tolist()):
        cells = ["0"] * 35
        cells[:6] = [str(2001 + middle.month), str(middle.month), str(middle.day), str(middle.hour + 1), "0", "x"]
        cells[6], cells[14], cells[15], cells[21] = f"{middle.hour}", f"{10 * middle.hour}", "50", "2.5"
        if change:
            change(row, cells)
        lines.append(",".join(cells))
    return "\n".join([*HEADER, *lines]) + "\n"


def test_an_epw_hour_ends_at_its_label(write, axis_of, in_folder):
    write(epw_text(), "year.epw")
    axis = axis_of("2020-04-20", 24, 30)
    weather = build_weather(EpwWeather(kind="epw", file="year.epw"), axis, HIOKI, in_folder)
    # hour 13 of the file is 12:00 to 13:00; the months of this file come from twelve different years
    assert weather.air_degc[24:26].tolist() == [12, 12]
    assert weather.dni_w_m2[24:26].tolist() == [120, 120]
    assert np.all(weather.wind_m_s == 2.5)
    assert "Kushima" in weather.source


def test_missing_values_of_an_epw_file_are_named_by_row(write, axis_of, in_folder):
    def spoil(row, cells):
        if row == 5:
            cells[14] = "9999"
        if row == 7:
            cells[6] = "99.9"

    write(epw_text(spoil), "year.epw")
    with pytest.raises(SourceError) as caught:
        build_weather(EpwWeather(kind="epw", file="year.epw"), axis_of("2020-04-20", 1), HIOKI, in_folder)
    assert [text.split(",")[0] for text in caught.value.problems] == [
        "row 14: dni is 9999",
        "row 16: temp_air is 99.9",
    ]


def test_half_an_epw_file_and_no_epw_file_are_refused(write, axis_of, in_folder):
    axis, spec = axis_of("2020-04-20", 1), EpwWeather(kind="epw", file="year.epw")
    write("\n".join(epw_text().splitlines()[:5000]), "year.epw")
    with pytest.raises(SourceError, match="a typical year has 8760"):
        build_weather(spec, axis, HIOKI, in_folder)
    write("time,kw\n1,2\n", "year.epw")
    with pytest.raises(SourceError, match="is not an EPW file"):
        build_weather(spec, axis, HIOKI, in_folder)
