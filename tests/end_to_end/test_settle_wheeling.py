"""Self-wheeling (自己託送): what is wheeled to the mill is on no retailer's bill, whoever makes it."""

import json

import pytest
import yaml

from tests.end_to_end.command import cosim

SCENARIO = {
    "name": "mill",
    "extends": "forms-d-self-wheeling",
    "market": {"currency": "JPY", "tariff": {"energy": {"kind": "flat", "per_kwh": 20}, "levy_per_kwh": "japan"}},
    "settlement": {"mill": {"boundary": "mill-pcc"}},
    "variants": None,
}


@pytest.fixture(scope="module")
def mill(tmp_path_factory):
    """A folder with a run of the mill, its bill among it."""
    folder = tmp_path_factory.mktemp("mill")
    (folder / "mill.cosim.yaml").write_text(yaml.safe_dump(SCENARIO), encoding="utf-8")
    said = cosim("run", "mill.cosim.yaml", "--out", "run", "--no-report", "-q", cwd=folder)
    assert said.code == 0, said.err
    return folder


def used(folder):
    customers = json.loads((folder / "run" / "arrangement.json").read_text(encoding="utf-8"))["customers"]
    return next(one["used"] for one in customers if one["name"] == "mill")


def test_the_bill_is_of_what_the_arrangement_says_is_bought(mill):
    said = cosim(
        "settle", "run", "--tariff", "jp-hv-business", "--boundary", "mill-pcc", "--json", "bill.json", cwd=mill
    )
    assert (said.code, said.err) == (0, "")
    told, known = json.loads((mill / "bill.json").read_text(encoding="utf-8")), used(mill)
    (month,) = told["months"]
    assert told["import_kwh"] == pytest.approx(1e3 * known["purchased_mwh"], abs=1e-3)
    assert month["peak_kw"] == pytest.approx(known["max_purchased_kw"], abs=1e-3)
    (levy,) = [line for line in month["lines"] if line["charge"] == "levy"]
    assert levy["quantity"] == told["import_kwh"]  # none on what is wheeled
    assert known["demand_mwh"] - known["purchased_mwh"] == pytest.approx(known["wheeled_mwh"])
    (note,) = told["notes"]
    assert f"{1e3 * known['wheeled_mwh']:,.1f} kWh come through mill-pcc by self-wheeling" in note


def test_the_scenarios_own_settlement_bills_the_same(mill):
    settled = json.loads((mill / "run" / "settlement.json").read_text(encoding="utf-8"))["settlements"]["mill"]
    assert settled["members"]["0"]["import_kwh"] == pytest.approx(1e3 * used(mill)["purchased_mwh"], abs=1e-3)
    assert any("by self-wheeling" in note for note in settled["notes"])
