from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cosim.errors import InputError
from cosim.settlement.meter import Month
from cosim.settlement.meter_csv import read_meter, read_registers

SEOUL = ZoneInfo("Asia/Seoul")
HEAD = "start,load_kwh,generation_kwh"


def read(tmp_path, *rows, head=HEAD, zone=SEOUL):
    path = tmp_path / "meter.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return read_meter(path, zone)


def refused(tmp_path, *rows, **options):
    with pytest.raises(InputError) as caught:
        read(tmp_path, *rows, **options)
    return str(caught.value)


def test_a_single_row_is_its_month(tmp_path):
    meter = read(tmp_path, "2004-05-01T00:00,450,200")
    reading = next(meter.readings())
    assert (reading.month, reading.use_kwh, reading.generation_kwh) == (Month(2004, 5), Decimal(450), Decimal(200))


def test_intervals_are_netted_one_by_one(tmp_path):
    meter = read(tmp_path, "2004-05-01T00:00,2,0.5", "2004-05-01T01:00,1,4")
    reading = next(meter.readings())
    assert (reading.purchase_kwh, reading.sale_kwh) == (Decimal("1.5"), Decimal(3))


def test_months_are_those_of_the_sites_zone(tmp_path):
    # 15:00 UTC is 00:00 of the next day in Seoul
    meter = read(tmp_path, "2004-05-31T14:00Z,1,0", "2004-05-31T15:00Z,2,0")
    assert [(str(one.month), one.use_kwh) for one in meter.readings()] == [("2004-05", 1), ("2004-06", 2)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["2004-05-01T00:00,-1,0"], "meter.csv:2:0  load_kwh  is negative (-1 kWh)"),
        (["2004-05-01T00:00,1,x"], "generation_kwh  'x' is not a number"),
        (["2004-05-01T00:00,1,"], "generation_kwh  the value is missing"),
        (["2004-05-01T00:00,1"], "has only 2 cells"),
        (["May,1,0"], "start  'May' is not a time"),
        (["2004-05-01T00:00,1,0", "2004-05-01T00:00,1,0"], "does not come after the row before"),
        (["2004-05-01T00:00,1,0", "2004-07-01T00:00,1,0"], "no rows in 2004-06"),
        (["2004-05-01T00:00+01:00,1,0"], "has an offset that Asia/Seoul does not have"),
        (["2004-05-01T00:00,1e30,0"], "meter.csv:2:0  load_kwh  is more than any meter counts (1e+30)"),
        (["2004-05-31T12:00,1,0", "2004-06-01T12:00,1,0"], "meter.csv:2:0  start  lasts from 2004-05-31T12:00+09:00"),
        (["2004-05-01,1,0", "2004-05-21,1,0"], "the last row lasts as long as the one before"),
        (["2004-05-15,1,0", "2004-06-15,1,0"], "lasts from 2004-05-15T00:00+09:00 to 2004-06-15T00:00+09:00"),
        ([], "holds no interval"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_where_it_stands(tmp_path, rows, message):
    assert message in refused(tmp_path, *rows)


def test_all_rows_are_judged_at_once(tmp_path):
    said = refused(tmp_path, "2004-05-01T00:00,-1,0", "2004-05-01T01:00,a,0", "x,1,-2")
    assert len(said.splitlines()) == 4


@pytest.mark.parametrize("head", ["start,load_kwh", "time,load_kwh,generation_kwh", f"{HEAD},load_kwh"])
def test_columns_are_named_exactly(tmp_path, head):
    assert "column" in refused(tmp_path, "2004-05-01T00:00,1,0,1", head=head)


def test_reactive_energy_is_read_where_it_stands_and_may_lead(tmp_path):
    path = tmp_path / "meter.csv"
    path.write_text(f"{HEAD},kvarh\n2024-05-01T00:00,1,0,0.5\n2024-05-01T00:30,1,0,-0.25\n", encoding="utf-8")
    meter, kvarh = read_registers(path, SEOUL)
    assert kvarh is not None
    assert (meter.load_kwh.tolist(), kvarh.tolist()) == ([1, 1], [0.5, -0.25])
    path.write_text(f"{HEAD}\n2024-05-01T00:00,1,0\n", encoding="utf-8")
    assert read_registers(path, SEOUL)[1] is None


def hours(*wanted):
    return [f"2004-05-{1 + hour // 24:02d}T{hour % 24:02d}:00,1,0" for hour in wanted]


def test_rows_that_are_missing_are_a_mistake_not_a_long_interval(tmp_path):
    said = refused(tmp_path, *hours(*range(10), *range(251, 300), *range(302, 310)))
    assert "meter.csv:12:0  start  241 h without rows before it  rows are usually 1 h apart" in said
    assert "meter.csv:61:0  start  2 h without rows before it" in said
    assert read(tmp_path, *hours(*range(300))).load_kwh.sum() == 300


def test_a_day_of_25_hours_is_no_gap_and_months_are_of_any_length(tmp_path):
    zone = ZoneInfo("Europe/Berlin")
    days = [f"2004-{10 if day < 32 else 11}-{day if day < 32 else day - 31:02d},1,0" for day in range(29, 35)]
    assert len(read(tmp_path, *days, zone=zone).load_kwh) == 6  # the clock goes back on 31 October
    months = [f"2004-{month:02d}-01,1,0" for month in range(1, 13)]
    assert all(map(read(tmp_path, *months).holds, read(tmp_path, *months).months))
