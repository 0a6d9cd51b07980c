"""`cosim settle` on files: the numbers of document 2, Japanese bills, green tariffs, and every mistake a user makes."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.command import cosim

ROOT = Path(__file__).parents[2]
GREEN = ROOT / "scenarios" / "settlement" / "green"
PAGE = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")
HEAD = "start,load_kwh,generation_kwh"
KOREA = ("--tariff", "kr-2004-residential", "--timezone", "Asia/Seoul")
JAPAN = ("--tariff", "jp-hv-business", "--timezone", "Asia/Tokyo")
FLAT = {
    "name": "mine",
    "title": {"en": "Mine"},
    "bill": "japan",
    "currency": "JPY",
    "timezone": "Asia/Tokyo",
    "source": "test",
    "certainty": "assumed: test",
}


def csv(folder, *rows, head=HEAD, name="meter.csv"):
    (folder / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return name


def tariff(folder, *rates, **changes):
    periods = [{"first": "2004-01-01", "rates": one} for one in rates]
    text = yaml.safe_dump(FLAT | {"periods": periods} | changes, sort_keys=False, allow_unicode=True)
    (folder / "mine.yaml").write_text(text, encoding="utf-8")
    return "mine.yaml"


def half_hours(folder, energy, start="2024-05-01T00:00", days=31):
    """`energy(hour)` -> cells after the start."""
    first = datetime.fromisoformat(start)
    moments = [first + timedelta(minutes=30 * at) for at in range(48 * days)]
    rows = [f"{moment.isoformat()},{energy(moment.hour)}" for moment in moments]
    return csv(folder, *rows, head=HEAD + ",kvarh")


def settled(folder, *arguments):
    """The JSON of a settlement that works."""
    said = cosim("settle", *arguments, "--json", "out.json", cwd=folder)
    assert (said.code, said.err) == (0, "")
    return json.loads((folder / "out.json").read_text(encoding="utf-8")), said.out


@pytest.mark.parametrize(
    ("name", "credit", "numbers", "averages"),
    [
        ("kr-2004-residential", "reverse-block", (73_895, 49_010, 24_885), (164.2, 245.1, 99.5)),
        ("kr-2004-residential", "representative", (73_895, 32_580, 41_315), (164.2, 162.9, 165.3)),
        ("kr-2004-residential-table2", "reverse-block", (73_845, 48_960, 24_885), (164.1, 244.8, 99.5)),
        ("kr-2004-residential-table2", "representative", (73_845, 32_580, 41_265), (164.1, 162.9, 165.1)),
    ],
)
def test_table_2_of_document_2(tmp_path, name, credit, numbers, averages):
    meter = csv(tmp_path, "2004-05-01T00:00,450,200")
    told, out = settled(tmp_path, meter, "--tariff", name, "--timezone", "Asia/Seoul", "--credit", credit)
    assert (told["charge_before"], told["credit"], told["charge_after"]) == numbers
    means = told["average_per_kwh"]
    assert tuple(round(means[key], 1) for key in ("charge_before", "credit", "charge_after")) == averages
    assert (told["currency"], told["total"]) == ("KRW", numbers[2])
    assert sum(part["amount"] for part in told["parts"]) == told["charge_before"]
    credited = told["months"][0]["credit_parts"]
    assert sum(part["amount"] for part in credited) == (told["credit"] if credit == "reverse-block" else 0)
    assert f"{numbers[0]:,} KRW" in out
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
    assert f"{numbers[0]:,} ({averages[0]})" in row
    assert f"{numbers[1]:,} ({averages[1]})" in row


def test_the_credit_is_counted_from_the_top_block_down(tmp_path):
    told, _ = settled(tmp_path, csv(tmp_path, "2004-05-01T00:00,450,200"), *KOREA)
    parts = [(part["of"], part["kwh"], part["per_kwh"]) for part in told["months"][0]["credit_parts"]]
    assert parts == [("block 5", 50, 346.9), ("block 4", 100, 235.2), ("block 3", 50, 162.9)]


def test_methods_and_surplus_are_options(tmp_path):
    meter = csv(tmp_path, "2004-05-01T00:00,300,0", "2004-05-16T00:00,0,400")
    bought, _ = settled(tmp_path, meter, *KOREA)
    assert (bought["charge_after"], bought["payment"], bought["total"]) == (0, 16_290, -16_290)  # 100 x 162.9
    given, _ = settled(tmp_path, meter, *KOREA, "--surplus", "forfeit")
    assert (given["payment"], given["forfeited_kwh"]) == (0, 100)
    priced, _ = settled(tmp_path, meter, *KOREA, "--purchase-price", "50")
    assert priced["payment"] == 5_000
    apart, _ = settled(tmp_path, meter, *KOREA, "--method", "net-purchase-and-sale")
    assert (apart["charge_after"], apart["payment"]) == (33_030, 65_160)  # T(300); 400 x 162.9


def test_a_part_of_a_month_is_said(tmp_path):
    told, out = settled(tmp_path, csv(tmp_path, "2004-05-01T00:00,10,0", "2004-05-02T00:00,10,0"), *KOREA)
    assert told["notes"] == ["2004-05 is metered for 2 days only: its blocks are those of a whole month"]
    assert "for 2 days only" in out


def test_a_japanese_bill_line_by_line(tmp_path):
    # the table of docs/japan-bill.md: 100 kW from 09 to 21, 26 kW else, kvarh a quarter of the kWh
    meter = half_hours(tmp_path, lambda hour: "50,0,12.5" if 9 <= hour < 21 else "13,0,3.25")
    told, out = settled(tmp_path, meter, *JAPAN)
    month = told["months"][0]
    assert [(line["charge"], line["quantity"], line["amount"]) for line in month["lines"]] == [
        ("base", 100, 162_800),  # 1,850 x 100 x (185 - 97)/100
        ("energy", 20_580, 257_250),
        ("energy", 26_292, 407_526),
        ("levy", 46_872, 163_583),
        ("tax", 827_576, 82_757),
    ]
    assert (told["total"], told["charge_before"], told["credit"]) == (1_073_916, 1_073_916, 0)
    assert told["months_without_generation"] is None
    page = (ROOT / "docs" / "japan-bill.md").read_text(encoding="utf-8")
    assert "1,073,916" in out
    assert "1,073,916" in page


def test_what_own_generation_saves_in_japan(tmp_path):
    def cells(hour):
        return f"{50 if 9 <= hour < 21 else 13},{20 if 10 <= hour < 14 else 0},{12.5 if 9 <= hour < 21 else 3.25}"

    told, out = settled(tmp_path, half_hours(tmp_path, cells), *JAPAN)
    assert told["generation_kwh"] == 31 * 8 * 20
    assert told["charge_before"] == 1_073_916  # the same use without it
    assert told["charge_before"] - told["credit"] == told["charge_after"] == told["total"]
    for months in ("months", "months_without_generation"):
        for month in told[months]:
            assert sum(line["amount"] for line in month["lines"]) == pytest.approx(month["total"], abs=1e-6)
    assert sum(told["parts"].values()) == pytest.approx(told["total"], abs=1e-6)
    assert f"{told['credit']:,} JPY" in out
    for number in (told["total"], told["charge_before"], told["credit"], told["generation_kwh"]):
        assert f"{number:,}" in PAGE


def test_contract_terms_of_japan_are_options(tmp_path):
    meter = csv(tmp_path, "2024-05-01T09:00,50,0", "2024-05-01T09:30,40,0")

    def base(*options):
        told, _ = settled(tmp_path, meter, *JAPAN, *options)
        return told["months"][0]

    def billed(month):
        return month["contract_kw"], month["peak_kw"], month["power_factor_percent"]

    assert billed(base("--power-factor-percent", "100")) == (100, 100, 100)
    assert billed(base("--power-factor-percent", "90", "--previous-max-kw", "130")) == (130, 100, 90)
    assert billed(base("--power-factor-percent", "90", "--contract-kw", "80")) == (80, 100, 90)


def test_a_spot_indexed_tariff_is_billed_from_a_price_file(tmp_path):
    meter = csv(tmp_path, "2024-05-01T09:00,10,0", "2024-05-01T09:30,20,0")
    rates = {"energy": {"kind": "spot-indexed", "loss_percent": 20, "wheeling_per_kwh": 2}}
    mine = tariff(tmp_path, rates)
    options = ("--tariff", mine, "--timezone", "Asia/Tokyo")
    spot = csv(tmp_path, "2024-05-01T09:00,8", "2024-05-01T09:30,16", head="start,jpy_per_kwh", name="spot.csv")
    told, _ = settled(tmp_path, meter, *options, "--spot", spot)
    assert told["total"] == 10 * (8 / 0.8 + 2) + 20 * (16 / 0.8 + 2)
    assert "give --spot FILE.csv" in refused(tmp_path, meter, *options)
    late = csv(tmp_path, "2024-05-01T09:30,8", "2024-05-01T10:00,16", head="time,jpy", name="late.csv")
    assert "first missing moment 2024-05-01T09:00" in refused(tmp_path, meter, *options, "--spot", late)
    assert "not indexed to the spot price" in refused(tmp_path, meter, *JAPAN, "--spot", spot)


def refused(folder, *arguments):
    """What is said of a settlement that is refused; nothing is written."""
    said = cosim("settle", *arguments, "--json", "refused.json", cwd=folder)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert not (folder / "refused.json").exists()
    return said.err


ROW = "2004-05-01T00:00,450,200"
MISTAKES = {
    "no tariff": ((ROW,), ("--timezone", "Asia/Seoul"), "--tariff NAME or FILE"),
    "no zone": ((ROW,), KOREA[:2], "--timezone Asia/Seoul is the tariff's"),
    "unknown tariff": ((ROW,), ("--tariff", "kr-1999", *KOREA[2:]), "there is no tariff kr-1999; bundled are"),
    "unknown zone": ((ROW,), (*KOREA[:2], "--timezone", "Seoul"), "there is no time zone 'Seoul'"),
    "wrong zone": ((ROW,), (*KOREA[:2], "--timezone", "Asia/Tokyo"), "is meant in Asia/Seoul"),
    "wrong zone of Japan": ((ROW,), (*JAPAN[:2], *KOREA[2:]), "is meant in Asia/Tokyo"),
    "offset of another zone": (("2004-05-01T00:00+07:00,1,0",), KOREA, "has an offset that Asia/Seoul does not have"),
    "negative energy": (("2004-05-01T00:00,-450,200",), KOREA, "meter.csv:2:0  load_kwh  is negative (-450 kWh)"),
    "missing month": ((ROW, "2004-07-01T00:00,1,0"), KOREA, "no rows in 2004-06"),
    "before the tariff": (("2003-05-01T00:00,450,200",), KOREA, "no rates for 2003-05-01"),
    "twice the same time": ((ROW, ROW), KOREA, "does not come after the row before"),
    "option of the other bill": ((ROW,), (*KOREA, "--contract-kw", "9"), "--contract-kw: tariff kr-2004-residential"),
    "option of Korea": ((ROW,), (*JAPAN, "--credit", "representative"), "--credit: tariff jp-hv-business makes"),
    "option of a run": ((ROW,), (*KOREA, "--boundary", "pcc"), "only a run folder has"),
    "no half hours": (
        ("2024-05-01T00:00,1,0", "2024-05-01T01:00,1,0"),
        JAPAN,
        "2024-05-01T00:00+09:00 lasts 60 min",
    ),
    "rows missing": (
        ("2004-05-01T00:00,1,0", "2004-05-01T01:00,1,0", "2004-05-03T01:00,1,0"),
        KOREA,
        "meter.csv:4:0  start  47 h without rows before it  rows are usually 1 h apart",
    ),
    "two months in a row": (("2004-05-20T00:00,1,0", "2004-06-20T00:00,1,0"), KOREA, "beyond its month"),
    "a month by hours": ((ROW,), ("--tariff", "kr-2004-general-eul", *KOREA[2:]), "changes within the reading from"),
    "a month of spot prices": ((ROW,), ("--tariff", "mine.yaml", *KOREA[2:]), "spans many spot prices"),
    "beyond any meter": (("2004-05-01T00:00,1e30,0",), KOREA, "is more than any meter counts (1e+30)"),
    "surplus that cannot roll": (
        (ROW,),
        (*KOREA, "--method", "net-purchase-and-sale", "--surplus", "roll"),
        "--surplus: net-purchase-and-sale sells each interval's surplus apart, nothing rolls: purchase or forfeit",
    ),
    "cycle of nothing": ((ROW,), (*KOREA, "--cycle-months", "6"), "--cycle-months: only surplus by step has cycles"),
    "no power factor": (("2024-05-01T00:00,1,0", "2024-05-01T00:30,1,0"), JAPAN, "no reactive energy is metered"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_ends_with_2(tmp_path, mistake):
    rows, options, message = MISTAKES[mistake]
    spot = {"energy": {"kind": "spot-indexed"}}
    tariff(tmp_path, spot, bill="net-metering", currency="KRW", timezone="Asia/Seoul")
    assert message in refused(tmp_path, csv(tmp_path, *rows), *options)


def test_what_is_not_there_is_named(tmp_path):
    assert "there is no such file or folder: runs/fdd" in refused(tmp_path, "runs/fdd", *JAPAN[:2])
    said = cosim("settle", csv(tmp_path, ROW), *KOREA, "--json", "nodir/x.json", cwd=tmp_path)
    assert (said.code, said.err) == (2, "cosim: there is no folder nodir to write x.json to\n")


def test_all_bad_rows_of_a_meter_are_said_at_once(tmp_path):
    meter = csv(tmp_path, "2004-05-01T00:00,-1,0", "2004-05-02T00:00,x,0", "2004-05-40T00:00,1,-3")
    lines = refused(tmp_path, meter, *KOREA).splitlines()
    assert [line.split("  ")[:2] for line in lines] == [
        ["meter.csv:2:0", "load_kwh"],
        ["meter.csv:3:0", "load_kwh"],
        ["meter.csv:4:0", "generation_kwh"],
        ["meter.csv:4:0", "start"],
    ]


def test_overlapping_periods_of_a_tariff_are_refused(tmp_path):
    rates = {"energy": {"kind": "flat", "per_kwh": 20}}
    mine = tariff(tmp_path, rates, rates)
    meter = csv(tmp_path, "2024-05-01T00:00,1,0", "2024-05-01T00:30,1,0")
    assert "periods overlap: 2004-01-01 to open" in refused(
        tmp_path, meter, "--tariff", mine, "--timezone", "Asia/Tokyo"
    )


@pytest.mark.parametrize(
    "rates",
    [{"demand_charge_per_kw_month": 1000}, {"tax_percent": 10}, {"power_factor": {}}],
    ids=lambda one: next(iter(one)),
)
def test_what_a_net_metering_bill_does_not_know_is_refused_not_dropped(tmp_path, rates):
    changes = {"bill": "net-metering", "currency": "KRW", "timezone": "Asia/Seoul"}
    mine = tariff(tmp_path, {"energy": {"kind": "flat", "per_kwh": 20}, **rates}, **changes)
    said = refused(tmp_path, csv(tmp_path, ROW), "--tariff", mine, *KOREA[2:])
    assert f"tariff mine has {next(iter(rates))}, which a net-metering bill does not charge" in said


def test_a_green_tariff_is_settled_with_ledger_bills_and_comparison(tmp_path):
    from cosim.settlement.green_run import run_green_file

    told, out = settled(tmp_path, GREEN / "kr-green.yaml")
    expected = run_green_file(GREEN / "kr-green.yaml").as_dict()
    assert told == json.loads(json.dumps(expected))
    assert told["audit"] == []
    for text in ("2020-12  66.98           96.98  155,725   200,000   155,725          0", "288,428,132", "-13.7%"):
        assert text in out
    assert "leave out --tariff" in refused(tmp_path, GREEN / "kr-green.yaml", *KOREA[:2])


def test_a_green_tariff_in_two_currencies_is_refused(tmp_path):
    for file in GREEN.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.name == "terms.yaml":
            text = text.replace("currency: KRW", "currency: JPY")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    assert "is in KRW, the green terms in JPY" in refused(tmp_path, "kr-green.yaml")


def test_bundled_tariffs_are_listed_with_currency_zone_days_and_certainty(tmp_path):
    from cosim.settlement.tariff_file import bundled, load_tariff

    said = cosim("list", "--tariffs", cwd=tmp_path)
    lines = said.out.splitlines()
    for tariff_file in map(load_tariff, bundled()):
        block = " ".join(" ".join(lines[lines.index(tariff_file.name) :][:8]).split())
        first, last = tariff_file.days
        assert f"{tariff_file.bill} bill, {tariff_file.currency}, {tariff_file.timezone}, from {first}" in block
        assert last is None
        assert tariff_file.certainty in block
