"""Files as people save them: encodings, labels, zones, clock changes; every bad row named."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simulators.sources.errors import SHOWN, SourceError
from simulators.sources.profiles import CsvProfile, ParquetProfile, PeriodLabel
from simulators.sources.tables import read_profile

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")


def read(path, zone=TOKYO, **options):
    return read_profile(CsvProfile(kind="csv", file=path.name, **options), zone, path)


def said(path, zone=TOKYO, **options):
    with pytest.raises(SourceError) as caught:
        read(path, zone, **options)
    return list(caught.value.problems)


def starts(series):
    return [datetime.fromtimestamp(int(second), UTC).isoformat() for second in series.epoch[:-1]]


def test_local_times_are_period_starts_in_the_scenario_zone(write):
    series = read(write("time,kw\n2020-04-20T00:00,10\n2020-04-20T00:30,20\n"))
    assert starts(series) == ["2020-04-19T15:00:00+00:00", "2020-04-19T15:30:00+00:00"]
    assert series.values.tolist() == [10, 20]
    assert series.duration_s == 3600


def test_an_offset_in_the_file_counts_before_any_zone(write):
    series = read(write("time,kw\n2020-04-20T00:00+02:00,1\n2020-04-20T00:30+02:00,2\n"))
    assert starts(series)[0] == "2020-04-19T22:00:00+00:00"


def test_a_stated_zone_counts_before_the_scenarios(write):
    series = read(write("time,kw\n2020-07-01 00:00,1\n2020-07-01 00:30,2\n"), timezone="Etc/GMT-1")
    assert starts(series)[0] == "2020-06-30T23:00:00+00:00"


def test_period_end_labels_with_24_00_give_the_day_they_end(write):
    series = read(write("time,kw\n2020/4/20 23:30,1\n2020/4/20 24:00,2\n"), label=PeriodLabel.END)
    assert starts(series) == ["2020-04-20T14:00:00+00:00", "2020-04-20T14:30:00+00:00"]  # 23:00 and 23:30 JST


def test_a_cp932_file_with_full_width_names_crlf_comments_and_blank_rows_is_read(write):
    text = '# "メモ\r\ntime,電力（ｋＷ）,\r\n2020-04-20 00:00,1,\r\n,,\r\n\r\n2020-04-20 00:30,2,\r\n'
    series = read(write(text, encoding="cp932"), column="電力(kW)")
    assert series.values.tolist() == [1, 2]


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    assert read(write("time,kw\n2020-04-20 00:00,1\n2020-04-20 00:30,2\n", encoding="utf-8-sig")).values.size == 2


def test_every_bad_row_is_named_by_its_number_in_the_file(write):
    path = write("# comment\ntime,kw\n2020-04-20 00:00,1\n\n2020-04-20 00:30,\n2020-04-20 01:00,nan\nlater,x\n")
    assert said(path) == [
        "row 5: kw: the value is missing",
        "row 6: kw: 'nan' is not a finite number",
        "row 7: 'later' is not a time; write it as 2020-04-20T00:30 or 2020-04-20T00:30+09:00",
        "row 7: kw: 'x' is not a number",
    ]


def test_gaps_repetitions_and_steps_back_are_all_named(write):
    clocks = ["00:00", "00:30", "02:00", "02:30", "02:30", "03:00", "01:00", "01:30", "01:40"]
    problems = said(write("time,kw\n" + "".join(f"2020-04-20 {clock},1\n" for clock in clocks)))
    assert [text.split(":")[0] for text in problems] == ["row 4", "row 6", "row 8", "row 10"]
    assert "2 rows are missing before 2020-04-20T02:00+09:00, first 2020-04-20T01:00+09:00" in problems[0]
    assert "twice (rows 5 and 6)" in problems[1]
    assert "sort the rows" in problems[2]
    assert "not 30 min after" in problems[3]


def test_the_message_is_capped_and_says_how_many_more(write):
    bad = 3 * SHOWN
    with pytest.raises(SourceError) as caught:
        read(write("time,kw\n" + "2020-04-20 00:00,x\n" * bad))
    assert len(caught.value.problems) == bad
    assert f"... and {bad - SHOWN} more" in str(caught.value)


def test_the_hour_a_clock_skips_is_no_gap_and_cannot_be_named(write):
    rows = [f"2020-03-29 {clock},1" for clock in ("01:00", "01:30", "03:00", "03:30")]
    assert np.unique(np.diff(read(write("time,kw\n" + "\n".join(rows)), BERLIN).epoch)).tolist() == [1800]
    wrong = write("time,kw\n2020-03-29 01:00,1\n2020-03-29 01:30,1\n2020-03-29 02:00,1\n", "wrong.csv")
    assert said(wrong, BERLIN) == ["row 4: 2020-03-29 02:00:00 does not exist in Europe/Berlin, the clock goes forward"]


def test_the_hour_a_clock_repeats_is_read_in_order_and_its_absence_is_a_gap(write):
    clocks = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    series = read(write("time,kw\n" + "".join(f"2020-10-25 {clock},1\n" for clock in clocks)), BERLIN)
    assert starts(series)[1] == "2020-10-25T00:00:00+00:00"
    assert starts(series)[3] == "2020-10-25T01:00:00+00:00"
    once = ("01:00", "01:30", "02:00", "02:30", "03:00")
    path = write("time,kw\n" + "".join(f"2020-10-25 {clock},1\n" for clock in once), "once.csv")
    assert said(path, BERLIN) == [
        "row 6: 2 rows are missing before 2020-10-25T03:00+01:00, first 2020-10-25T02:00+01:00"
    ]


def test_a_leap_day_is_an_ordinary_day(write):
    rows = [f"2020-{day}T00:00,1" for day in ("02-27", "02-28", "02-29", "03-01")]
    assert read(write("time,kw\n" + "\n".join(rows))).duration_s == 4 * 86400
    path = write("time,kw\n2021-02-28T00:00,1\n2021-02-29T00:00,1\n", "common.csv")
    assert "row 3: '2021-02-29T00:00' is not a time" in said(path)[0]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("time,a,b\n2020-01-01 00:00,1,2\n", {}, "say which column: a, b"),
        ("time,a\n2020-01-01 00:00,1\n", {"column": "c"}, "no column 'c'; there are time, a"),
        ("zeit,a\n2020-01-01 00:00,1\n", {"column": "a"}, "no column 'time'"),
        ("time,a,a\n", {}, "two columns have the same name"),
        ("", {}, "the file is empty"),
        ("time,a\n", {}, "no rows"),
        ("time,a\n2020-01-01 00:00,1\n", {}, "at least two rows"),
        ("time,a\n2020-01-01 00:00,1,7\n", {}, "row 2: more cells than columns"),
        ("time,a\n2020-01-01 00:00,1\n2020-01-01 01:00,1\n", {"unit": "kWh30"}, "kWh30 needs rows 30 min apart"),
        ("time,a\n2020-01-01 00:00,1\n2020-01-01 01:00,1\n", {"timezone": "Asia/Edo"}, "unknown time zone 'Asia/Edo'"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(write, text, options, message):
    assert any(message in problem for problem in said(write(text), **options))


def test_a_missing_or_unreadable_file_is_said_plainly(write, tmp_path):
    assert said(tmp_path / "none.csv") == ["there is no such file"]
    path = tmp_path / "odd.csv"
    path.write_bytes(b"time,kw\n\x81\x00\xff\xfe")
    assert "save it as UTF-8" in said(path)[0]


@pytest.fixture
def write_parquet(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    def save(times, numbers, kind):
        path = tmp_path / "data.parquet"
        pq.write_table(pa.table({"time": pa.array(times, type=kind(pa)), "kw": numbers}), path)
        return path

    return save


def read_pq(path):
    return read_profile(ParquetProfile(kind="parquet", file=path.name), TOKYO, path)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_parquet_time_stamps_of_any_precision_are_local_times(write_parquet, unit):
    times = [datetime(2020, 4, 20), datetime(2020, 4, 20, 0, 30)]
    series = read_pq(write_parquet(times, [1.0, 2.0], lambda pa: pa.timestamp(unit)))
    assert starts(series)[0] == "2020-04-19T15:00:00+00:00"
    assert series.values.tolist() == [1, 2]


def test_parquet_time_stamps_with_a_zone_and_text_are_instants(write_parquet):
    times = [datetime(2020, 4, 20, tzinfo=UTC), datetime(2020, 4, 20, 0, 30, tzinfo=UTC)]
    assert starts(read_pq(write_parquet(times, [1.0, 2.0], lambda pa: pa.timestamp("us", "Asia/Tokyo"))))[0][-14:] == (
        "00:00:00+00:00"
    )
    text = ["2020-04-20T00:00Z", "2020-04-20T00:30Z"]
    assert starts(read_pq(write_parquet(text, [1.0, 2.0], lambda pa: pa.string())))[0] == "2020-04-20T00:00:00+00:00"


def test_empty_cells_of_parquet_are_named_by_row(write_parquet):
    times = [datetime(2020, 4, 20), None, datetime(2020, 4, 20, 1)]
    with pytest.raises(SourceError) as caught:
        read_pq(write_parquet(times, [1.0, 2.0, None], lambda pa: pa.timestamp("us")))
    assert list(caught.value.problems) == ["row 2: the time is missing", "row 3: kw: the value is missing"]


def test_a_file_that_is_no_parquet_is_refused(write):
    with pytest.raises(SourceError, match="is not a Parquet file"):
        read_pq(write("time,kw\n", "data.parquet"))
