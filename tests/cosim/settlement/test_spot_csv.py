"""Prices by time, and a file as JEPX publishes it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cosim.errors import InputError
from cosim.settlement.spot_csv import read_spot
from simulators.axis import TimeAxis

TOKYO = ZoneInfo("Asia/Tokyo")
JEPX = "受渡日,時刻コード,約定総量(kWh),システムプライス(円/kWh),エリアプライス東京(円/kWh),エリアプライス九州(円/kWh)"


def axis(start="2024-05-01T23:00", hours=2.0, step_s=1800, zone=TOKYO):
    begin = datetime.fromisoformat(start).replace(tzinfo=zone)
    return TimeAxis.build(begin, round(3600 * hours), step_s, half_hours=False)


def read(tmp_path, *rows, head=JEPX, encoding="utf-8", on=None, **options):
    path = tmp_path / "spot.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding=encoding)
    return read_spot(path, on or axis(), TOKYO, **options).tolist()


DAYS = (
    "2024/05/01,47,1,9,10,0.01",
    "2024/05/01,48,1,9,20,0.01",
    "2024/05/02,1,1,9,30,0.01",
    "2024/05/02,2,1,9,40,0.01",
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_slots_of_jepx_are_half_hours_from_midnight(tmp_path, encoding):
    assert read(tmp_path, *DAYS, column="東京", encoding=encoding) == [10, 20, 30, 40]
    assert read(tmp_path, *DAYS, column="システムプライス(円/kWh)") == [9] * 4


def test_slots_of_jepx_are_in_japan_whatever_the_zone_of_the_meter(tmp_path):
    berlin = axis("2024-05-01T16:00", zone=ZoneInfo("Europe/Berlin"))  # 23:00 in Japan
    assert read(tmp_path, *DAYS, column="東京", on=berlin) == [10, 20, 30, 40]


def test_shorter_steps_take_the_price_of_their_half_hour_longer_ones_the_mean(tmp_path):
    assert read(tmp_path, *DAYS, column="東京", on=axis(hours=1, step_s=900)) == [10, 10, 20, 20]
    assert read(tmp_path, *DAYS, column="東京", on=axis(step_s=3600)) == [15, 35]


def test_a_plain_file_needs_no_column_name(tmp_path):
    rows = ("2024-05-01T23:00,5", "2024-05-02T00:00,7")
    assert read(tmp_path, *rows, head="start,jpy") == [5, 5, 7, 7]
    assert read(tmp_path, *rows, head="time,jpy") == [5, 5, 7, 7]


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (DAYS, {}, "name one column of prices, --spot-column: システムプライス"),
        (DAYS, {"column": "エリア"}, "name one column of prices for 'エリア'"),
        (DAYS, {"column": "沖縄"}, "name one column of prices for '沖縄'"),
        ((*DAYS[:3], "2024/05/02,49,1,9,40,0.01"), {"column": "東京"}, "row 5: 時刻コード '49' is not one of 1 to 48"),
        ((*DAYS[:2], DAYS[3]), {"column": "東京"}, "row 4"),
        (DAYS[:3], {"column": "東京"}, "first missing moment 2024-05-02T00:30"),
    ],
)
def test_a_mistake_in_a_price_file_is_named(tmp_path, rows, options, message):
    with pytest.raises(InputError) as caught:
        read(tmp_path, *rows, **options)
    assert message in str(caught.value)
