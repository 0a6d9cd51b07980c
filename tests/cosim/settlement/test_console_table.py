"""Tables that fit the terminal: what folds, what is never broken, what is printed in parts."""

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from cosim.settlement.console import print_settled
from cosim.settlement.console_table import print_table
from cosim.settlement.green_run import run_green_file

GREEN = Path(__file__).parents[3] / "scenarios" / "settlement" / "green" / "kr-green.yaml"


def printed(width, rows, **options):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_table(console, rows, **options)
    return console.file.getvalue().splitlines()


def test_what_fits_is_left_as_it_is():
    assert printed(20, [["", "yen"], ["base", "1,850"]]) == ["        yen", "base  1,850"]


def test_a_head_wider_than_its_numbers_folds():
    rows = [["month", "contract price"], ["2020-07", "100.96"]]
    assert printed(20, rows) == ["month    contract", "            price", "2020-07    100.96"]


def test_words_fold_and_numbers_do_not_break():
    rows = [["renewable levy (再エネ賦課金)", "29,760", "41,664"], ["total", "", "564,340"]]
    assert printed(36, rows, head=False) == [
        "renewable levy  29,760   41,664",
        "(再エネ賦課金)",
        "total                   564,340",
    ]


def test_what_is_still_too_wide_is_printed_in_parts_that_begin_with_the_first_column():
    rows = [["", "a", "b"], ["x", "123,456", "234,567"], ["y", "1", "2"]]
    assert printed(12, rows) == ["         a", "x  123,456", "y        1", "", "         b", "x  234,567", "y        2"]


@pytest.fixture(scope="module")
def green():
    return run_green_file(GREEN)


@pytest.mark.parametrize("width", [60, 100])
def test_a_green_tariff_fits_the_terminal_and_says_what_its_comparison_leaves_open(green, monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    print_settled(green)
    out = capsys.readouterr().out
    assert max(map(cell_len, out.splitlines())) <= width
    assert "certificates: document 3: only obligated generators may buy these certificates in Korea" in " ".join(
        out.split()
    )
