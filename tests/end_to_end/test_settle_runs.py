"""`cosim settle` and `cosim project` on a real run: a school with PV and a battery, three sizes of roof."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.end_to_end.command import cosim

BASE = Path(__file__).parents[1] / "cases" / "mistakes" / "base.cosim.yaml"
CHANGES = {
    "name": "school",
    "market": {
        "currency": "JPY",
        "spot": {"kind": "constant", "value": 12, "unit": "JPY/kWh"},
        "tariff": {"energy": {"kind": "flat", "per_kwh": 20}, "source": "test"},
    },
    "settlement": {"school": {}},
    "base_case": {"devices": {"roof": None, "battery": None}, "ems": None},
    "ensemble": {"vary": {"devices.roof.power_kw": {"dist": "list", "values": [50, 100, 150]}}},
}
SPOT = {
    "name": "by-spot",
    "title": {"en": "By spot"},
    "bill": "japan",
    "currency": "JPY",
    "timezone": "Asia/Tokyo",
    "source": "test",
    "certainty": "assumed: test",
    "periods": [{"first": "2020-01-01", "rates": {"energy": {"kind": "spot-indexed", "wheeling_per_kwh": 3}}}],
}
PROJECT = {
    "name": "roof",
    "title": {"en": "A roof"},
    "currency": "JPY",
    "owner": "customers",
    "years": 20,
    "discount_percent": 0,
    "periods": {"spring": {}},
    "investments": {"pv": {"amount": 20e6, "life_a": 20, "upkeep_percent": 1, "certainty": "assumed: test"}},
    "subsidy": {"cap": 10e6},
    "flows": {
        "bills": {
            "payer": "customers",
            "payee": "retailer",
            "figures": ["settlement:*.total"],
            "certainty": "derived: run",
        }
    },
    "energy": ["device:roof.generation_mwh"],
    "emissions": [{"figures": ["boundary:*.import_mwh"], "kg_per_unit": 400, "certainty": "assumed: test"}],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the runs `one` and `many` (three members), their tariffs and a project."""
    folder = tmp_path_factory.mktemp("school")
    plain = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    for name in ("events", "variants"):
        del plain[name]
    written = yaml.safe_dump(plain | CHANGES, sort_keys=False)
    (folder / "school.cosim.yaml").write_text(written, encoding="utf-8")
    for name, options in (("one", ()), ("many", ("--members", "3"))):
        said = cosim("run", "school.cosim.yaml", "--out", name, "--no-report", "-q", *options, cwd=folder)
        assert (said.code, said.err) == (0, "")
    write(folder, "by-spot.yaml", SPOT)
    write(folder, "project.yaml", PROJECT)
    return folder


def write(folder, name, content):
    (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def done(folder, *arguments):
    said = cosim(*arguments, "--json", "out.json", cwd=folder)
    assert (said.code, said.err) == (0, "")
    return json.loads((folder / "out.json").read_text(encoding="utf-8")), said.out


def refused(folder, *arguments):
    said = cosim(*arguments, cwd=folder)
    assert said.code == 2
    assert "Traceback" not in said.err
    return said.err


def figures(folder, run):
    return json.loads((folder / run / "summary.json").read_text(encoding="utf-8"))["figures"]


def test_the_only_metering_point_of_a_run_is_billed_with_and_without_own_generation(made):
    told, out = done(made, "settle", "one", "--tariff", "by-spot.yaml")
    imported = 1000 * figures(made, "one")["boundary:pcc.import_mwh"]["value"]
    before = 1000 * figures(made, "one/base-case")["boundary:pcc.import_mwh"]["value"]
    assert (told["run"], told["boundary"]) == ("one", "pcc")
    assert told["total"] == int(15 * imported)  # 12 of the run's spot price and 3 of wheeling, cut to the yen
    assert told["charge_before"] == pytest.approx(15 * before, rel=0.02)  # losses of the cable differ
    assert told["charge_before"] - told["credit"] == told["charge_after"]
    assert f"total                   {told['total']:,} JPY" in out


def test_the_command_and_the_scenario_make_the_same_bill(made):
    flat = SPOT | {"periods": [{"first": "2020-01-01", "rates": {"energy": {"kind": "flat", "per_kwh": 20}}}]}
    write(made, "flat.yaml", flat)
    told, _ = done(made, "settle", "one", "--tariff", "flat.yaml")
    assert told["total"] == figures(made, "one")["settlement:school.total"]["value"]


def test_without_a_tariff_the_settlement_of_the_scenario_is_shown(made):
    told, out = done(made, "settle", "one")
    assert told == json.loads((made / "one" / "settlement.json").read_text(encoding="utf-8"))
    assert f"{figures(made, 'one')['settlement:school.total']['value']:,.0f} JPY" in out


def test_many_members_are_told_as_a_spread_and_one_by_one(made):
    told, out = done(made, "settle", "many", "--tariff", "by-spot.yaml")
    totals = [one["total"] for one in told["members"]]
    assert [one["member"] for one in told["members"]] == [0, 1, 2]
    assert len(set(totals)) == 3  # three sizes of roof
    assert told["spread"]["total"] == pytest.approx(
        {"mean": np.mean(totals), "p05": np.percentile(totals, 5), "p95": np.percentile(totals, 95)}
    )
    assert "JPY, 3 members" in out
    one, _ = done(made, "settle", "many", "--tariff", "by-spot.yaml", "--member", "1")
    assert one["member"] == 1
    assert one["total"] == totals[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tariff", "by-spot.yaml", "--boundary", "gate"), "many has the metering points pcc: gate is none of them"),
        (("--tariff", "by-spot.yaml", "--member", "3"), "3 is none of them"),
        (("--tariff", "by-spot.yaml", "--timezone", "Asia/Seoul"), "the run's zone is Asia/Tokyo"),
        (("--tariff", "kr-2004-residential"), "is meant in Asia/Seoul, the run's zone is Asia/Tokyo"),
        (("--timezone", "Asia/Tokyo"), "--tariff NAME or FILE"),
        (("--tariff", "won.yaml"), "two currencies: tariff by-spot is in KRW, the run's spot price in JPY"),
    ],
)
def test_a_mistake_about_a_run_is_named(made, options, message):
    write(made, "won.yaml", SPOT | {"currency": "KRW"})
    assert message in refused(made, "settle", "many", *options)


def test_a_folder_without_a_run_is_refused(made, tmp_path):
    assert "is not a run folder" in refused(tmp_path, "settle", ".")
    assert "holds no metering.parquet" in refused(tmp_path, "settle", ".", "--tariff", "jp-hv-business")


def test_a_project_by_hand_from_the_figures_of_its_run(made):
    told, out = done(made, "project", "project.yaml", "--run", "one")
    ran, without = figures(made, "one"), figures(made, "one/base-case")
    key = "settlement:school.total"
    saved = 365 * (without[key]["value"] - ran[key]["value"]) - 200_000  # a day stands for the year; 1 % upkeep
    found = {name: one["mean"] for name, one in told["figures"].items()}
    assert found["simple_payback_a"] == pytest.approx((20e6 - 10e6) / saved)  # 2/3 would be 13.3 million, 10 is the cap
    assert found["discounted_payback_a"] == found["simple_payback_a"]
    assert found["npv.customers"] == pytest.approx(20 * saved - 10e6)
    energy = 365e3 * ran["device:roof.generation_mwh"]["value"]
    assert told["energy_kwh_a_year"]["mean"] == pytest.approx(energy)
    assert found["lcoe_per_kwh"] == pytest.approx((10e6 + 20 * 200_000) / (20 * energy))
    key = "boundary:pcc.import_mwh"
    avoided = 365 * 400 * (without[key]["value"] - ran[key]["value"])
    assert found["cost_per_avoided_kg"] == pytest.approx(-found["npv.customers"] / (20 * avoided))
    assert np.sum(list(told["cash_mean"].values()), axis=0) == pytest.approx(0, abs=1e-3)
    assert set(told["cash_mean"]) == {"customers", "suppliers", "treasury", "retailer"}
    assert f"{found['simple_payback_a']:.1f}" in out


def test_a_project_over_members_and_periods(made):
    write(made, "two.yaml", PROJECT | {"periods": {"a": {"run": "many", "days": 200}, "b": {"days": 165}}})
    told, out = done(made, "project", "two.yaml", "--run", "b=many")
    assert told["members"] == 3
    paybacks = told["figures"]["simple_payback_a"]
    assert paybacks["min"] < paybacks["p50"] < paybacks["max"]
    whole, _ = done(made, "project", "project.yaml", "--run", "many")
    assert whole["figures"]["lcoe_per_kwh"]["mean"] == pytest.approx(told["figures"]["lcoe_per_kwh"]["mean"])
    assert "3 members" in out


def flows(**changes):
    return {"flows": {"bills": PROJECT["flows"]["bills"] | changes}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"currency": "KRW"}, "flows.bills: two currencies: figures in JPY, the project in KRW"),
        (flows(figures=["settlement:hospital.*"]), "one has no figure settlement:hospital.*"),
        (flows(figures=["settlement:*.total", "boundary:*.import_mwh"]), "figures of several units cannot be added"),
        (flows(figures=["boundary:*.import_mwh"]), "is in MWh: give its price, per_unit"),
        (flows(per_year=5.0), "give figures or per_year, one of them"),
        (flows(payee="customers"), "customers cannot pay itself"),
        ({"energy": ["settlement:*.total"]}, "are in JPY, not in MWh"),
        ({"owner": "licensee"}, "owner licensee neither pays nor receives"),
        ({"periods": {"spring": {"days": 100}}}, "stand for 100 days of a year, they must stand for 365"),
        ({"periods": {"spring": {"without": "gone"}}}, "gone is not a run folder"),
    ],
)
def test_a_mistake_in_a_project_is_named(made, changes, message):
    write(made, "wrong.yaml", PROJECT | {"subsidy": {"cap": 1e6}} | changes)
    assert message in refused(made, "project", "wrong.yaml", "--run", "one")


def test_a_period_whose_run_has_no_settlement_is_refused_not_counted_as_nothing(made):
    """Periods are checked one by one: the figure of one does not stand for the other."""
    shutil.copytree(made / "one", made / "unsettled")
    strip(made / "unsettled")
    write(made, "two.yaml", PROJECT | {"periods": {"a": {"days": 200}, "b": {"days": 165}}})
    said = refused(made, "project", "two.yaml", "--run", "a=one", "--run", "b=unsettled")
    assert "flows.bills: period b: unsettled has no figure settlement:*.total; its summary.json lists them" in said


def test_what_the_base_case_of_a_period_has_no_figure_of_counts_as_nothing_there(made):
    shutil.copytree(made / "one", made / "new")
    strip(made / "new" / "base-case")
    told, _ = done(made, "project", "project.yaml", "--run", "new")
    (bills,) = [flow for flow in told["flows"] if flow["what"] == "bills"]
    assert bills["first_year"]["mean"] == pytest.approx(365 * figures(made, "one")["settlement:school.total"]["value"])


def strip(run):
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    summary["figures"] = {key: one for key, one in summary["figures"].items() if not key.startswith("settlement:")}
    (run / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


def test_a_project_without_its_runs_says_what_to_give(made):
    assert "period spring has no run: give --run spring=FOLDER" in refused(made, "project", "project.yaml")
    assert "holds no base case" in refused(made, "project", "project.yaml", "--run", "one/base-case")
    assert "name the period as PERIOD=FOLDER" in refused(made, "project", "project.yaml", "--run", "autumn=one")


def test_the_bundled_project_can_be_read():
    from cosim.settlement.project_file import load_project

    file = Path(__file__).parents[2] / "scenarios" / "settlement" / "project" / "hioki-project.yaml"
    spec = load_project(file)
    assert set(spec.periods) == {"mild", "winter"}
    assert all(one.certainty for one in (*spec.flows.values(), *spec.investments.values(), *spec.emissions))
