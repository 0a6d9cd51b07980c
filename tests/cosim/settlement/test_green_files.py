"""Tables of a green tariff: monthly columns, hourly prices with volumes, typical days; every mistake by its row."""

from decimal import Decimal

import numpy as np
import pytest

from cosim.errors import InputError
from cosim.settlement.green_files import gather, meter_of_days, month_of, read_monthly, read_smp
from cosim.settlement.meter import Month
from simulators.sources.errors import SourceError
from tests.cosim.settlement.green_parts import JULY, JUNE, SEOUL


def written(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def hours(price, volume, days=30):
    rows = ["start,smp_per_kwh,volume_mwh"]
    for hour in range(24 * days):
        at = hour % 24
        rows.append(f"2020-06-{hour // 24 + 1:02d}T{at:02d}:00,{price(at)},{volume(at)}")
    return "\n".join(rows)


def test_columns_are_read_to_the_digit(tmp_path):
    path = written(tmp_path, "# plants\nmonth,hill,weir\n2020-06,600.4,0.1\n\n2020-07,1000.5,0.2\n")
    assert read_monthly(path, ["weir"], (JUNE, JULY)) == {"weir": {JUNE: Decimal("0.1"), JULY: Decimal("0.2")}}


def test_every_mistake_of_a_table_is_named_by_row_and_column_at_once(tmp_path):
    path = written(tmp_path, "month,hill\n2020-06,-1\n2020-6,5\n2020-06,x\n")
    with pytest.raises(InputError) as caught:
        read_monthly(path, ["hill"], (JUNE, JULY))
    said = [(one.line, one.path, one.message) for one in caught.value.problems]
    assert said == [
        (0, "month", "has no rows for 2020-07"),
        (2, "hill", "is negative (-1)"),
        (3, "month", "'2020-6' is not a month; write it as 2020-07"),
        (4, "hill", "'x' is not a number"),
        (4, "month", "2020-06 stands there twice (first in row 2)"),
    ]
    with pytest.raises(InputError, match="has no column weir; there are month, hill"):
        read_monthly(path, ["weir"])
    with pytest.raises(InputError, match="there is no such file"):
        read_monthly(tmp_path / "none.csv", ["weir"])


def test_the_monthly_price_weighs_hours_by_their_volume(tmp_path):
    # 12 h at 50 with 100 MWh, 12 h at 90 with 300 MWh: (50 x 100 + 90 x 300) / 400 = 80, not 70
    text = hours(lambda at: 50 if at < 12 else 90, lambda at: 100 if at < 12 else 300)
    assert read_smp(written(tmp_path, text), SEOUL, (JUNE,)) == {JUNE: Decimal(80)}


def test_monthly_prices_are_taken_as_they_are(tmp_path):
    path = written(tmp_path, "month,smp_per_kwh\n2020-05,1\n2020-06,70.58\n")
    assert read_smp(path, SEOUL, (JUNE,)) == {JUNE: Decimal("70.58")}


def test_hours_that_do_not_give_a_price_are_refused(tmp_path):
    with pytest.raises(SourceError, match="2020-06 is not whole: the file covers 2020-06-01T00:00"):
        read_smp(written(tmp_path, hours(lambda at: 50, lambda at: 1, days=29)), SEOUL, (JUNE,))
    with pytest.raises(SourceError, match="no volume was traded in 2020-06"):
        read_smp(written(tmp_path, hours(lambda at: 50, lambda at: 0), "b.csv"), SEOUL, (JUNE,))
    with pytest.raises(InputError, match=r"c\.csv:2:0  volume_mwh  is negative"):
        read_smp(written(tmp_path, hours(lambda at: 50, lambda at: -1), "c.csv"), SEOUL, (JUNE,))
    gap = hours(lambda at: 50, lambda at: 1).replace("2020-06-03T05:00,50,1\n", "")
    with pytest.raises(SourceError, match="1 rows are missing"):
        read_smp(written(tmp_path, gap, "d.csv"), SEOUL, (JUNE,))


def test_typical_days_make_an_hourly_meter(tmp_path):
    text = "months,day_type,start,mill\n1-12,workday,00:00,10\n1-12,workday,12:00,30\n1-12,weekend,00:00,5\n"
    meter = meter_of_days(written(tmp_path, text), "mill", (JUNE, JULY), SEOUL)
    june, july = meter.readings()
    # June 2020: 22 workdays and 8 days of weekend; July: 23 and 8
    assert (june.month, june.use_kwh) == (JUNE, 22 * 480 + 8 * 120)
    assert (july.month, july.use_kwh) == (JULY, 23 * 480 + 8 * 120)
    assert np.array_equal(np.unique(np.diff(meter.edges_s)), [3600])
    with pytest.raises(SourceError, match="column mill is negative"):
        meter_of_days(written(tmp_path, text.replace(",30", ",-30"), "b.csv"), "mill", (JUNE,), SEOUL)


def test_problems_of_several_tables_come_together(tmp_path):
    def bad(name):
        return lambda: read_monthly(written(tmp_path, "month,x\n2020-06,?\n", name), ["x"])

    with pytest.raises(InputError) as caught:
        gather({"one": bad("one.csv"), "fine": lambda: 1, "two": bad("two.csv")})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["2020-13", "2020", "July 2020", "2020-07-01"])
def test_a_month_is_written_year_first(text):
    with pytest.raises(ValueError, match="write it as 2020-07"):
        month_of(text)
    assert month_of(" 2020-07 ") == Month(2020, 7)
