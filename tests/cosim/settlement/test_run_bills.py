"""The bills of real runs: one price for EMS and bill, parts that add up, every member billed or named."""

from decimal import Decimal

import numpy as np
import pytest
import yaml

from cosim.report.figures import Figures
from cosim.report.settlement import console_lines, settlement_tables
from cosim.results.folder import RunFolder
from cosim.run import MARK, RunOptions, build, execute
from cosim.scenario.validation import load_scenario
from cosim.settlement import run_bills
from cosim.settlement.run_bills import bill_run, schemes
from cosim.settlement.run_meters import read_run
from tests.cosim.small_ensemble import BASE, BROKEN, MEMBERS, SCALE

FILE = """
name: own
title: { en: Own }
bill: net-metering
currency: JPY
timezone: Asia/Tokyo
source: made up
certainty: assumed
surplus_per_kwh: 8
periods: [{ first: 2020-01-01, rates: { energy: { kind: flat, per_kwh: 21.5 } } }]
"""


@pytest.fixture(scope="module")
def run_study(tmp_path_factory):
    """`run_study(keys, ...)` -> (loaded scenario, study, finished run) of the small study with keys laid over it."""

    def finished(over, **options):
        folder = tmp_path_factory.mktemp("study")
        (folder / "base.cosim.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "own.yaml").write_text(FILE, encoding="utf-8")
        path = folder / "case.cosim.yaml"
        plain = {"extends": "base.cosim.yaml", "name": "case", "events": None, "variants": None}
        path.write_text(yaml.safe_dump(plain | {"time": {"duration": "PT12H"}} | over), encoding="utf-8")
        given = RunOptions(quiet=True, report=False, on_failure=MARK, engine="pandapower", **options)
        loaded = load_scenario(path)
        study, out = build(loaded, given), tmp_path_factory.mktemp("run")
        execute(loaded, study, out, given)
        return loaded, study, RunFolder(out)

    return finished


@pytest.fixture(scope="module")
def named(run_study):
    """A run whose EMS and bills read one bundled tariff by name, and a file beside it."""
    return run_study(
        {
            "market": {"tariff": "jp-hv-business"},
            "boundaries": {"pcc": {"export_limit_kw": 200}},
            "settlement": {
                "site": {"previous_max_kw": 120, "power_factor_percent": 98},
                "own": {"boundary": "pcc", "tariff": "own.yaml", "method": "net-purchase-and-sale"},
            },
        }
    )


def figure(run, key):
    return run.summary()["figures"][key]["value"]


def test_the_bill_and_the_prices_of_the_ems_come_from_one_tariff(named):
    _, _, run = named
    bill = run.settlement()["settlements"]["site"]["members"]["0"]
    (month,) = bill["months"]
    per_kwh = sum(line["quantity"] * line["price"] for line in month["lines"] if line["unit"] == "kWh")
    assert per_kwh == pytest.approx(figure(run, "boundary:pcc.energy_cost"), abs=0.001)
    assert figure(run, "settlement:site.total") == bill["total"]
    assert run.summary()["figures"]["settlement:site.total"]["unit"] == "JPY"


def test_the_lines_add_up_to_what_is_due_to_the_yen(named):
    _, _, run = named
    bill = run.settlement()["settlements"]["site"]["members"]["0"]
    (month,) = bill["months"]
    assert sum(Decimal(repr(line["amount"])) for line in month["lines"]) == bill["total"] == month["total"]
    assert {line["charge"] for line in month["lines"]} >= {"base", "energy", "levy", "tax"}
    assert (month["contract_kw"], month["power_factor_percent"]) == (120, 98)
    parts = ("base", "energy", "levy", "tax", "rounding")
    assert sum(figure(run, f"settlement:site.{part}") for part in parts) == pytest.approx(bill["total"], abs=1e-6)


def test_a_tariff_file_beside_the_scenario_bills_by_net_purchase_and_sale(named):
    _, _, run = named
    found = run.settlement()["settlements"]["own"]
    meter = read_run(run.path).meter("pcc")
    net = meter.load_kwh - meter.generation_kwh
    assert found["tariff"] == "own"
    assert figure(run, "settlement:own.charge_after") == pytest.approx(21.5 * np.maximum(net, 0).sum(), abs=0.5)
    assert figure(run, "settlement:own.payment") == pytest.approx(8 * np.maximum(-net, 0).sum(), abs=0.5)
    due = figure(run, "settlement:own.charge_after") - figure(run, "settlement:own.payment")
    assert figure(run, "settlement:own.total") == due


def test_what_a_reader_must_know_is_a_note_of_the_run(named):
    _, _, run = named
    assert any(
        note.startswith("settlement site, 2020-04: covers 24 of 1440 half hours") for note in run.summary()["notes"]
    )
    assert any(
        note.startswith("settlement own: 2020-04 is metered for 0.5 days only") for note in run.summary()["notes"]
    )


@pytest.fixture(scope="module")
def many(run_study):
    """An ensemble whose loads and tariff vary, one member of it without solution."""
    vary = {
        "loads.school.profile.scale": {"dist": "list", "values": SCALE},
        "market.tariff.energy.per_kwh": {"dist": "list", "values": [20.0 + at for at in range(MEMBERS)]},
    }
    return run_study(
        {
            "time": {"duration": "PT3H"},
            "market": {"tariff": {"energy": {"kind": "flat", "per_kwh": 20.0}}},
            "settlement": {"site": {}},
            "ensemble": {"members": MEMBERS, "vary": vary},
        },
        members=MEMBERS,
    )


def test_every_member_is_billed_by_what_it_drew_and_one_without_solution_is_named(many):
    _, _, run = many
    column = run.members()["settlement:site.total"].to_numpy()
    cost = run.members()["boundary:pcc.energy_cost"].to_numpy()
    whole = np.arange(MEMBERS) != BROKEN
    assert column[whole] == pytest.approx(np.floor(np.round(cost[whole], 2)), abs=1)
    assert np.isnan(column[BROKEN])
    figures = run.summary()["figures"]["settlement:site.total"]
    assert figures["p95"] == pytest.approx(np.quantile(column[whole], 0.95))
    assert any("no bill of 1 of 12 members (first: 3): member 3 has steps without" in n for n in run.summary()["notes"])
    assert str(BROKEN) not in run.settlement()["settlements"]["site"]["members"]


def test_of_many_members_page_and_console_show_the_spread_of_what_is_due(many):
    _, _, run = many
    (table,) = settlement_tables(run)
    assert table.head == ("", "part", "mean", "5 %", "median", "95 %")
    due = table.rows[0]
    figure_of = run.summary()["figures"]["settlement:site.total"]
    assert due[:2] == ("site", "total")
    assert [float(text.removesuffix(" JPY").replace(",", "")) for text in due[2:]] == pytest.approx(
        [figure_of[statistic] for statistic in ("mean", "p05", "p50", "p95")], rel=1e-5
    )
    assert "site: 11 members" in table.caption
    ((_, line),) = console_lines(run, Figures(run.summary()["figures"]))
    assert line.endswith("mean of the members")


def test_bills_left_out_to_bound_the_work_are_said(many, monkeypatch):
    loaded, study, run = many
    monkeypatch.setattr(run_bills, "MOST_MONTHS", 2)
    (found,) = bill_run(schemes(loaded.scenario, study.draws, study.arrangement), read_run(run.path))
    assert set(found.bills) == {0, 1}
    assert any("bills of the first 2 of 12 members only" in note for note in found.notes)


def test_a_run_without_settlement_has_no_file_and_no_figures(ensemble):
    assert ensemble.settlement() == {}
    assert not [key for key in ensemble.summary()["figures"] if key.startswith("settlement:")]
