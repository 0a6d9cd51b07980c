"""Daily profiles by month: a first column `months` makes seasons."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from simulators.sources.calendars import Calendar
from simulators.sources.daily import pick, read_days
from simulators.sources.errors import SourceError

HEAD = "months,day_type,start,kw\n"


def table(tmp_path, rows):
    path = tmp_path / "days.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


def test_a_span_may_go_over_the_turn_of_the_year(tmp_path):
    year = read_days(table(tmp_path, "12-2,any,00:00,5\n3-11,any,00:00,1\n"), None)
    day_of = pick(year, Calendar(None, ZoneInfo("Asia/Tokyo")), "x")
    values = {month: day_of(date(2023, month, 10))[1][0] for month in range(1, 13)}
    assert [month for month, value in values.items() if value == 5] == [1, 2, 12]
    assert set(values.values()) == {1, 5}


def test_a_file_without_months_holds_all_year(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("day_type,start,kw\nany,00:00,3\n", encoding="utf-8")
    assert len(read_days(path, None)) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1-6,any,00:00,5\n", "no rows for month 7, 8, 9, 10, 11, 12"),
        ("13,any,00:00,5\n", "months '13' must be 1..12"),
        ("1-,any,00:00,5\n", "must be 1..12 or a span"),
        ("1-12,any,00:30,5\n", "a day starts at 00:00"),
    ],
)
def test_what_is_wrong_with_months_is_said_by_row(tmp_path, rows, said):
    with pytest.raises(SourceError, match=said.replace(".", r"\.")):
        read_days(table(tmp_path, rows), None)


def test_a_month_in_which_a_kind_of_day_has_no_steps_is_named(tmp_path):
    year = read_days(table(tmp_path, "1-6,any,00:00,5\n7-12,workday,00:00,5\n"), None)
    with pytest.raises(SourceError, match="saturday in month 7"):
        pick(year, Calendar(None, ZoneInfo("Asia/Tokyo")), "x")
