"""A green tariff as a file: the bundled example, and mistakes named where they stand."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from cosim.errors import InputError, UsageError
from cosim.settlement.green_report import bill_table, comparison_table
from cosim.settlement.green_run import load_green, run_green, run_green_file
from tests.cosim.settlement.green_parts import tariff

FOLDER = Path(__file__).parents[3] / "scenarios" / "settlement" / "green"


@pytest.fixture(scope="module")
def result():
    return run_green_file(FOLDER / "kr-green.yaml")


@pytest.fixture
def copy(tmp_path):
    """A copy of the example, and a way to change its text."""
    folder = shutil.copytree(FOLDER, tmp_path / "green")

    def changed(old, new, name="kr-green.yaml"):
        file = folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder / "kr-green.yaml"

    return changed


def test_the_example_closes_to_the_certificate_and_the_won(result):
    data = result.as_dict()
    assert data["audit"] == []
    counts = data["certificates"]
    assert counts["issued_in_all"] == sum(counts[state] for state in ("issued", "notified", "transferred", "retired"))
    assert sum(counts["left_over"].values()) == counts["issued"]
    assert counts["unpaid"] == {"cold-store": {"2021-03": counts["notified"]}}
    assert counts["transferred"] == 0  # the office has its certificates retired when the contract ends
    for month in data["months"]:
        assert month["allotted"] + month["left_over"] == month["issued"]
    for bill in data["bills"]:
        assert bill["total"] == bill["base"] + bill["green"] + bill["ordinary"]
    assert sum(row["total"] for row in data["participants"].values()) == sum(bill["total"] for bill in data["bills"])


def test_the_example_has_months_of_shortage_and_of_surplus(result):
    months = {month["month"]: month for month in result.as_dict()["months"]}
    short = [name for name, month in months.items() if month["issued"] < month["declared_kwh"]]
    assert {"2020-11", "2020-12", "2021-01", "2021-02"} <= set(short)
    assert months["2020-08"]["left_over"] > 0
    # 2020-07: SMP 70.96 of the file, + 24 + 4 + 2
    assert months["2020-07"]["price"]["per_kwh"] == pytest.approx(100.96)


def test_the_page_shows_what_the_example_gives(result):
    page = (FOLDER.parents[2] / "docs" / "green-tariff.md").read_text(encoding="utf-8")
    for table in (bill_table(result), comparison_table(result.comparison)):
        for row in table[1:]:
            assert f"| {' | '.join(row)} |" in page


def test_the_comparison_has_the_four_ways_of_table_1_over_historic_years(result):
    data = result.as_dict()["comparison"]
    assert [way["way"] for way in data["ways"]] == [
        "ordinary", "self-generation", "certificates", "ppa", "green-tariff",
    ]  # fmt: skip
    assert data["smp_paths"] == {"kind": "historic", "number": 12}  # July 2010 to July 2021
    green, ppa = data["ways"][4], data["ways"][3]
    assert green["cost_p05"] < green["cost_p50"] < green["cost_p95"]
    assert green["smp_share"] > 0 > ppa["smp_share"]
    assert green["table_1"]["investment"] == "no"
    bills = [bill for bill in result.as_dict()["bills"] if bill["participant"] == "foundry"]
    assert green["cost"] == sum(bill["total"] for bill in bills)


def test_a_result_is_written_as_json_and_as_a_trail(result, tmp_path):
    result.write(tmp_path / "out")
    data = json.loads((tmp_path / "out" / "green.json").read_text(encoding="utf-8"))
    assert data["schema"] == "cosim-green/1"
    trail = (tmp_path / "out" / "trail.csv").read_text(encoding="utf-8").splitlines()
    assert len(trail) == len(data["trail"]) + 1


@pytest.mark.parametrize(
    "paths",
    [
        "{ kind: bootstrap, file: smp-mainland.csv, paths: 50 }",
        "{ kind: lognormal, volatility: 0.1, paths: 50 }",
        "{ kind: given, file: smp-mainland.csv, columns: [smp_per_kwh] }",
    ],
)
def test_other_paths_of_the_smp_leave_the_settled_cost_alone(copy, result, paths):
    other = run_green_file(copy("{ kind: historic, file: smp-mainland.csv }", paths)).comparison
    assert [row.cost for row in other.rows] == [row.cost for row in result.comparison.rows]
    # the settled year itself as the only path: the spread is nothing
    if "given" in paths:
        for row in other.rows:
            assert row.percentiles[5] == pytest.approx(float(row.cost), abs=1e-3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kw: 990", "kw: 1200", "plants.units.0  plant hill-pv has 1200 kW"),
        ("last_month: 2021-06", "last_month: 2019-06", "last_month (2019-06) lies before first_month"),
        ("last_month: 2021-06", "last_month: 2021-05", "needs the first contract of foundry as a whole"),
        ("first_month: 2020-07", "first_month: 2020-7", "first_month  '2020-7' is not a month"),
        ("name: shop", "name: office", "participant office stands there twice"),
        ("participant: foundry", "participant: smelter", "comparison.participant smelter is none of"),
        ("2020-09: 2020-11", "2020-09: 2020-08", "participants.1  the bill of 2020-09 cannot be paid before"),
        ("contracts_from: [2020-07]", "contracts_from: [2020-07, 2021-06]", "a contract runs 12 months"),
        ("declared_kwh: 90000", "declared_kwh: [1, 2]", "declared_kwh is one number or twelve"),
        ("use: { typical_days: use.csv, column: foundry }", "use: {}", "give either meter or typical_days"),
        (", column: foundry }", " }", "typical_days and column belong together"),
        ("contract_kw: 600", "contract_kva: 600", "contract_kva"),
    ],
)
def test_a_mistake_of_the_file_is_named_where_it_stands(copy, old, new, said):
    with pytest.raises(InputError) as caught:
        load_green(copy(old, new))
    problems = [problem for problem in caught.value.problems if said in str(problem)]
    assert problems, str(caught.value)
    assert problems[0].line > 0


def test_mistakes_of_several_tables_are_told_together(copy):
    copy("2020-09,", "2020-9,", "plants.csv")
    file = copy("network_per_kwh: 24.0", "network_per_kwh: -1", "terms.yaml")
    with pytest.raises(InputError) as caught:
        run_green_file(file)
    said = str(caught.value)
    assert "plants.csv:5:0  month  '2020-9' is not a month" in said
    assert "has no rows for 2020-09" in said
    assert "terms.yaml:" in said
    assert "network_per_kwh" in said


@pytest.mark.parametrize(
    ("old", "new", "name", "said"),
    [
        ("currency: KRW", "currency: JPY", "terms.yaml", "is in KRW, the green terms in JPY"),
        ("timezone: Asia/Seoul", "timezone: Asia/Tokyo", "kr-green.yaml", "is meant in Asia/Seoul"),
        ("timezone: Asia/Seoul", "timezone: Seoul", "kr-green.yaml", "there is no time zone 'Seoul'"),
        ("terms: terms.yaml", "terms: none.yaml", "kr-green.yaml", "there is no file"),
        ("kr-2013-general-gap.yaml", "none.yaml", "kr-green.yaml", "there is no tariff"),
        ("first: 2020-01-01", "first: 2020-08-01", "terms.yaml", "has no rates for 2020-07-01"),
    ],
)
def test_parts_that_do_not_fit_are_refused(copy, old, new, name, said):
    with pytest.raises(UsageError, match=said):
        run_green_file(copy(old, new, name))


def test_terms_that_overlap_are_refused(copy):
    with pytest.raises(InputError, match="periods overlap: 2020-01-01 to 2021-06-30 and 2021-01-01 to open"):
        run_green_file(copy("last: 2020-12-31", "last: 2021-06-30", "terms.yaml"))


def test_a_participant_may_bring_a_meter_of_its_own(copy):
    file = copy("use: { typical_days: use.csv, column: shop }", "use: { meter: shop.csv }")
    rows = ["start,load_kwh,generation_kwh"]
    rows += [f"{2020 + (month + 6) // 12}-{(month + 6) % 12 + 1:02d}-01,16000,0" for month in range(12)]
    (file.parent / "shop.csv").write_text("\n".join(rows), encoding="utf-8")
    spec = load_green(file)
    bills = run_green(spec, file.parent).settled.bills_of("shop")
    assert {bill.use_kwh for bill in bills} == {16000}
    (file.parent / "shop.csv").write_text("\n".join(rows[:9]), encoding="utf-8")
    with pytest.raises(UsageError, match="shop: the meter has no readings for 2021-03, 2021-04"):
        run_green(spec, file.parent)


def test_a_bill_paid_that_is_not_settled_is_a_mistake(copy):
    with pytest.raises(InputError, match="cold-store has paid: 2023-09, but no bill of then: settled are 2020-07 to"):
        load_green(copy("2020-09: 2020-11", "2023-09: 2023-11"))


def test_a_meter_must_hold_every_month_as_a_whole(copy):
    file = copy("use: { typical_days: use.csv, column: shop }", "use: { meter: shop.csv }")
    days = [date(2020, 7, 3) + timedelta(days=at) for at in range(363)]
    rows = ["start,load_kwh,generation_kwh", *(f"{day},500,0" for day in days)]
    (file.parent / "shop.csv").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(UsageError, match="shop: the meter holds only a part of 2020-07: a month is settled as a whole"):
        run_green_file(file)


def test_a_tariff_by_blocks_must_be_meant_in_the_zone_of_the_green_tariff(copy):
    file = copy("name: shop", "name: shop")
    blocks = tariff({"kind": "blocks", "blocks": [{"up_to_kwh": 100, "per_kwh": 60}, {"per_kwh": 90}]})
    elsewhere = blocks.model_copy(update={"timezone": "Asia/Tokyo"})
    for one, said in ((blocks, ""), (elsewhere, "tariff hand is meant in Asia/Tokyo, the meter is read in Asia/Seoul")):
        (file.parent / "hand.yaml").write_text(yaml.safe_dump(one.model_dump(mode="json")), encoding="utf-8")
        text = yaml.safe_load(file.read_text(encoding="utf-8"))
        text["participants"][-1]["tariff"] = "hand.yaml"
        (file.parent / "blocks.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
        if said:
            with pytest.raises(UsageError, match=said):
                run_green_file(file.parent / "blocks.yaml")
        else:
            assert run_green_file(file.parent / "blocks.yaml").as_dict()["audit"] == []
