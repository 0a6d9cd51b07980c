from datetime import date

import pytest
import yaml

from cosim.errors import InputError, UsageError
from cosim.settlement.tariff_file import bundled, load_tariff

PLAIN = {
    "name": "mine",
    "title": {"en": "Mine"},
    "bill": "net-metering",
    "currency": "KRW",
    "timezone": "Asia/Seoul",
    "source": "test",
    "certainty": "assumed: test",
    "periods": [{"first": "2004-01-01", "last": "2004-12-31", "rates": {"energy": {"kind": "flat", "per_kwh": 1}}}],
}


def written(tmp_path, **changes):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(PLAIN | changes, sort_keys=False), encoding="utf-8")
    return str(path)


def period(first, last, price=1):
    return {"first": first, "last": last, "rates": {"energy": {"kind": "flat", "per_kwh": price}}}


@pytest.mark.parametrize("name", sorted(bundled()))
def test_bundled_tariffs_can_be_read_and_say_where_they_come_from(name):
    tariff = load_tariff(name)
    assert (tariff.name, bool(tariff.source), bool(tariff.title)) == (name, True, True)


def test_the_rates_of_a_day_are_those_of_its_period(tmp_path):
    file = written(tmp_path, periods=[period("2005-01-01", None, 2), period("2004-01-01", "2004-12-31", 1)])
    tariff = load_tariff(file)
    assert [tariff.at(day).energy.per_kwh for day in (date(2004, 12, 31), date(2005, 1, 1))] == [1, 2]


def test_overlapping_periods_are_refused_where_they_stand(tmp_path):
    file = written(tmp_path, periods=[period("2004-01-01", "2004-12-31"), period("2004-12-31", None)])
    with pytest.raises(InputError, match="periods overlap") as caught:
        load_tariff(file)
    assert "periods overlap: 2004-01-01 to 2004-12-31 and from 2004-12-31" in str(caught.value)


def test_a_gap_between_periods_is_refused_when_asked(tmp_path):
    file = written(tmp_path, periods=[period("2004-01-01", "2004-06-30"), period("2004-08-01", None)])
    with pytest.raises(UsageError, match="no rates for 2004-07-01"):
        load_tariff(file).at(date(2004, 7, 1))


def test_everything_wrong_with_a_file_is_said_at_once(tmp_path):
    file = written(tmp_path, currency="won", certainty="perhaps", colour="red")
    with pytest.raises(InputError) as caught:
        load_tariff(file)
    assert {problem.path for problem in caught.value.problems} == {"currency", "certainty", "colour"}


def test_an_unknown_tariff_names_those_there_are():
    with pytest.raises(UsageError, match="kr-2004-residential"):
        load_tariff("kr-2005")


def test_a_tariff_must_say_which_bill_it_is_for(tmp_path):
    with pytest.raises(InputError, match="bill  is missing"):
        load_tariff(written_without(tmp_path, "bill"))


def written_without(tmp_path, key):
    path = tmp_path / "mine.yaml"
    kept = {name: value for name, value in PLAIN.items() if name != key}
    path.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    return str(path)


def test_the_days_of_a_tariff_span_its_periods(tmp_path):
    file = written(tmp_path, periods=[period("2005-01-01", "2005-06-30", 2), period("2004-01-01", "2004-12-31", 1)])
    assert load_tariff(file).days == (date(2004, 1, 1), date(2005, 6, 30))
