from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import Field, FiniteFloat

from grids.equipment.reading import read
from grids.errors import GridError


@dataclass(frozen=True)
class Wire:
    name: Annotated[str, Field(min_length=1)]
    r_ohm_per_km: Annotated[FiniteFloat, Field(gt=0)]


@pytest.fixture
def table(tmp_path):
    def load(text):
        (tmp_path / "wires.csv").write_text(text, encoding="utf-8")
        return read("wires.csv", Wire, lambda row: row.name, tmp_path)

    return load


def test_rows_come_in_the_order_of_the_file(table):
    rows = table("name,r_ohm_per_km\nb,0.2\na,0.1\n")
    assert list(rows.values()) == [Wire("b", 0.2), Wire("a", 0.1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,r\nb,0.2\n", r"wires\.csv:1: columns are name, r; they must be name, r_ohm_per_km"),
        ("", r"wires\.csv:1: columns are ; they must"),
        ("name,r_ohm_per_km\nb,0\n", r"wires\.csv:2: .*r_ohm_per_km.*greater than 0"),
        ("name,r_ohm_per_km\nb,2,0\n", r"wires\.csv:2: more cells than columns"),
        ("name,r_ohm_per_km\na,1\nb,x\n", r"wires\.csv:3: r_ohm_per_km: .*number.* \(given: 'x'\)"),
        ("name,r_ohm_per_km\nb,nan\n", r"wires\.csv:2: r_ohm_per_km: .*finite"),
        ("name,r_ohm_per_km\nb\n", r"wires\.csv:2: r_ohm_per_km"),
        ("name,r_ohm_per_km\n,1\n", r"wires\.csv:2: name: .*at least 1 character"),
        ("name,r_ohm_per_km\nb,1\nb,2\n", r"wires\.csv:3: b stands in the table already"),
    ],
)
def test_a_bad_table_names_file_and_line(table, text, message):
    with pytest.raises(GridError, match=message):
        table(text)


def test_all_bad_rows_come_at_once(table):
    with pytest.raises(GridError) as caught:
        table("name,r_ohm_per_km\na,-1\nb,1\n,x\n")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "wires.csv:2:",
        "wires.csv:4:",
        "wires.csv:4:",
    ]
