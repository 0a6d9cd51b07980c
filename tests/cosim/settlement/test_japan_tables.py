from datetime import date

import pytest
from pydantic import ValidationError

from cosim.errors import UsageError
from cosim.settlement.japan_tables import DatedTable, imbalance_cap, renewable_levy
from cosim.settlement.tariff import WheelingRate
from cosim.settlement.tariff_file import load_tariff


@pytest.mark.parametrize(
    ("day", "rate", "mark"),
    [  # facts.md 6.2; the levy's year runs from May to April
        (date(2020, 4, 30), 2.95, "[U]"),
        (date(2020, 5, 1), 2.98, "[U]"),
        (date(2023, 4, 30), 3.45, "[U]"),
        (date(2023, 5, 1), 1.40, "[W86]"),
        (date(2024, 5, 1), 3.49, "[W86]"),
        (date(2026, 4, 30), 3.98, "[W86]"),
        (date(2026, 5, 1), 4.18, "[W87]"),
    ],
)
def test_the_levy_of_a_day_is_that_of_its_year(day, rate, mark):
    row = renewable_levy().at(day)
    assert row.value == rate
    assert mark in row.certainty


def test_before_the_first_and_after_the_last_row_nothing_is_guessed():
    assert renewable_levy().at(date(2019, 4, 30)) is None
    with pytest.raises(UsageError, match="last day known is 2027-04-30"):
        renewable_levy().at(date(2027, 5, 1))


@pytest.mark.parametrize(
    ("day", "transitional", "cap"),
    [
        (date(2021, 1, 16), True, None),
        (date(2021, 1, 17), True, 200),
        (date(2022, 3, 31), False, 200),
        (date(2022, 4, 1), False, 600),
        (date(2022, 4, 1), True, 200),
    ],
)
def test_the_cap_of_the_imbalance_price_is_dated(day, transitional, cap):
    assert imbalance_cap(day, transitional=transitional) == cap


@pytest.mark.parametrize("second", ["2020-01-03", "2020-01-01"])
def test_a_table_with_a_gap_or_an_overlap_is_refused(second):
    rows = [
        {"first": "2019-01-01", "last": "2020-01-01", "value": 1, "certainty": "assumed"},
        {"first": second, "value": 2, "certainty": "assumed"},
    ]
    with pytest.raises(ValidationError, match="must begin the day after"):
        DatedTable(name="x", title={}, unit="1", source="test", rows=rows)


@pytest.mark.parametrize(
    ("name", "day", "per_kwh", "mark"),
    [  # facts.md 6.2
        ("jp-wheeling-hv-hokkaido", date(2025, 10, 1), 2.28, "[W87]"),
        ("jp-wheeling-hv-tohoku", date(2025, 10, 1), 2.15, "[W87]"),
        ("jp-wheeling-hv", date(2020, 4, 20), 2.6, "[U]"),
        ("jp-wheeling-lv", date(2020, 4, 20), 8.5, "[U]"),
    ],
)
def test_bundled_wheeling_tariffs_carry_their_marks(name, day, per_kwh, mark):
    file = load_tariff(name)
    energy = file.at(day).energy
    assert isinstance(energy, WheelingRate)
    assert energy.per_kwh == per_kwh
    assert mark in file.certainty
