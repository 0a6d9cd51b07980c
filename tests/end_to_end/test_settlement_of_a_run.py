"""The bills of the compact grids on a day of January 2021's prices, with and without price-led engines."""

from decimal import Decimal

import pytest

from cosim.report.figures import Figures
from cosim.report.settlement import console_lines, settlement_tables

PRICE_LED, HEAT_LED, OFF = "price-spike", "price-spike-heat-led", "price-spike-engines-off"


@pytest.fixture(scope="module")
def day(run):
    """`day(variant)` -> the finished run."""
    return lambda variant: run("hioki", variant)


def bill(folder, name="welfare"):
    return folder.settlement()["settlements"][name]["members"]["0"]


def value(folder, key):
    return folder.summary()["figures"][key]["value"]


def lines(folder):
    """Charge -> exact amount, summed over the lines of the welfare grid's bill."""
    found = {}
    for month in bill(folder)["months"]:
        for line in month["lines"]:
            found[line["charge"]] = found.get(line["charge"], Decimal(0)) + Decimal(repr(line["amount"]))
    return found


@pytest.mark.parametrize("variant", [PRICE_LED, HEAT_LED, OFF])
def test_the_parts_of_a_bill_add_up_to_the_yen(day, variant):
    for name in ("welfare", "administrative"):
        one = bill(day(variant), name)
        for month in one["months"]:
            assert sum(Decimal(repr(line["amount"])) for line in month["lines"]) == month["total"]
        assert sum(month["total"] for month in one["months"]) == one["total"]
        assert isinstance(one["total"], int)


def test_the_bill_is_what_the_ems_reckoned_with_cut_to_whole_yen(day):
    cost = value(day(PRICE_LED), "boundary:welfare-pcc.energy_cost")
    assert bill(day(PRICE_LED))["total"] == int(cost)


@pytest.mark.parametrize(("without", "saved"), [(OFF, 171870), (HEAT_LED, 50880)])
def test_price_led_engines_save_what_the_lines_of_the_two_bills_differ_by(day, without, saved):
    dear, cheap = lines(day(without)), lines(day(PRICE_LED))
    difference = bill(day(without))["total"] - bill(day(PRICE_LED))["total"]
    assert difference == sum(dear[charge] - cheap[charge] for charge in dear)
    assert difference == pytest.approx(saved, rel=0.01)


@pytest.mark.parametrize(("without", "saved"), [(OFF, 147084), (HEAT_LED, 36983)])
def test_the_saving_is_there_net_of_fuel_and_upkeep_which_are_on_no_bill(day, without, saved):
    def whole(variant):
        folder = day(variant)
        keys = ("settlement:welfare.total", "device:baths.fuel_cost", "device:baths.om_cost")
        return sum(value(folder, key) for key in keys)

    assert whole(without) - whole(PRICE_LED) == pytest.approx(saved, rel=0.01)


def test_fuel_is_consumption_times_its_price(day):
    folder = day(PRICE_LED)
    # 180 JPY/m3 at 2 kg/m3
    assert value(folder, "device:baths.fuel_cost") == pytest.approx(90 * value(folder, "device:baths.fuel_kg"))
    assert value(folder, "device:baths.om_cost") == pytest.approx(
        2.5 * 1e3 * value(folder, "device:baths.generation_mwh")
    )


def test_page_and_console_show_every_line_of_the_bill(day):
    folder = day(PRICE_LED)
    (table,) = settlement_tables(folder)
    words = [row[2] for row in table.rows if row[0] == "welfare"]
    assert words == ["energy, spot-indexed", "rounding (端数処理)", ""]
    due = next(row for row in table.rows if row[:2] == ("welfare", "due"))
    assert due[-1] == f"{bill(folder)['total']:,} JPY"
    first, *_ = console_lines(folder, Figures(folder.summary()["figures"]))
    assert first[0] == "bills"
    assert first[1].startswith(f"welfare {bill(folder)['total']:,} JPY (without own generation ")
