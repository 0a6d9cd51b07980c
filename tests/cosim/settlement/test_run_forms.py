"""The town of form (c), its half hours billed under three supply forms."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from cosim.report.settlement import forms_tables, settlement_tables
from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario
from cosim.settlement import run_forms
from cosim.settlement.console import print_settled
from cosim.settlement.run_bills import schemes
from cosim.settlement.run_meters import read_run
from cosim.settlement.settle_input import ScenarioBills

C, E, F = "specified_transmission", "existing_line_microgrid", "distribution_licence"
OPTIONS = RunOptions(quiet=True, report=False)


@pytest.fixture(scope="module")
def study():
    loaded = load_scenario("three-forms", sets=["time.duration=PT12H"])
    return loaded, build(loaded, OPTIONS)


@pytest.fixture(scope="module")
def run(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    execute(*study, folder, OPTIONS)
    return RunFolder(folder)


@pytest.fixture(scope="module")
def entry(run):
    return run.settlement()["settlements"]["area"]


@pytest.fixture(scope="module")
def forms(entry):
    return entry["forms"]


def differing(forms, charge):
    return next(row for row in forms["differences"] if row["charge"] == charge)


def paid(forms, form, payer):
    return sum(one["amount"] for one in forms["payments"][form] if one["payer"] == payer)


def test_everybody_on_the_wires_of_the_section_is_billed(forms):
    assert forms["forms"] == [C, E, F]
    assert set(forms["customers"]) == {"hall", "works", "homes", "neighbours", "shop"}


def test_on_wires_of_ones_own_one_price_stands_for_base_energy_and_fuel(forms):
    own = differing(forms, "own_price")
    assert own["applies"] == {C: True, E: False, F: False}
    names = ("base", "energy", "rounding")
    parts = {form: sum(differing(forms, part)["amounts"][form] for part in names) for form in (C, E, F)}
    assert parts[C] == 0
    assert parts[E] == parts[F] > 0
    assert own["amounts"][C] == pytest.approx(parts[E])  # the same rates here
    assert "own price" in differing(forms, "energy")["why"][C]


def test_whose_wires_they_are_decides_who_is_paid_for_wheeling(forms):
    wheeling = differing(forms, "wheeling")
    assert wheeling["amounts"][C] == 0
    assert wheeling["amounts"][E] == wheeling["amounts"][F] > 0
    payees = {form: {one["payee"] for one in forms["payments"][form] if one["charge"] == "wheeling"} for form in (E, F)}
    assert payees == {E: {"utility"}, F: {"licensee"}}
    assert wheeling["why"][E] == "over the utility's wires, in the retailer's price"
    assert wheeling["why"][F] == "over the licensee's wires, by its own wheeling tariff"


def test_only_a_licensee_pays_the_utility_above(forms):
    upstream = differing(forms, "upstream")
    assert upstream["amounts"][F] == paid(forms, F, "licensee") > 0
    assert upstream["amounts"][C] == upstream["amounts"][E] == 0
    assert upstream["why"][F] == "the licensee buys connection of the utility above"


def test_the_residual_of_the_operator_is_the_bill_of_the_metering_point(entry, forms):
    residual = sum(one["amount"] for one in forms["payments"][C] if one["charge"] == "procurement")
    assert residual == entry["members"]["0"]["total"] > 0


def test_imbalance_is_that_of_the_run_and_costs_its_price_less_spot(run, forms):
    found = next(one for one in forms["payments"][C] if one["charge"] == "imbalance")
    known = {key: run.summary()["figures"][f"balancing:area.{key}_mwh"]["value"] for key in ("shortfall", "surplus")}
    assert found["quantity"] == pytest.approx(1000 * sum(known.values()))
    columns = read_run(run.path).columns
    by_hand = (columns["imbalance_kwh|area"] * 0.2 * columns["spot_per_kwh"]).sum()  # spot_factor 1.2
    assert found["amount"] == pytest.approx(by_hand, abs=0.01)
    assert (found["payer"], found["payee"]) == ("microgrid_operator", "utility")
    assert forms["outside"] == {C: [], E: ["imbalance"], F: ["imbalance"]}


def test_what_no_price_was_given_for_is_said(study, run):
    (scheme,) = schemes(study[0].scenario, study[1].draws, study[1].arrangement)
    bare = replace(scheme.forms, spec=scheme.forms.spec.model_copy(update={"imbalance": None}))
    told = run_forms.bill_forms(bare, read_run(run.path)).as_dict()
    assert told["unpriced"][C] == ["imbalance"]
    assert "specified transmission: no price given for imbalance." in told["notes"]
    (table,) = forms_tables({"settlements": {"area": {"currency": "JPY", "forms": told}}})
    assert next(row for row in table.rows if row[0] == "imbalance")[1:4] == ("not priced", "outside", "outside")


def test_a_group_that_reaches_beyond_the_wires_is_not_the_operators(study, run):
    (scheme,) = schemes(study[0].scenario, study[1].draws, study[1].arrangement)
    assert scheme.forms.groups == ("area",)
    facts = scheme.forms.arrangement
    elsewhere = tuple(replace(one, section="") if one.name == "shop" else one for one in facts.customers)
    wider = replace(scheme.forms, arrangement=replace(facts, customers=elsewhere))
    assert wider.groups == ()
    assert run_forms.bill_forms(wider, read_run(run.path)).as_dict()["unpriced"][C] == ["imbalance"]


def test_thirty_homes_are_thirty_contracts(run, forms):
    assert forms["contracts"] == {"hall": 1, "works": 1, "homes": 3, "neighbours": 30, "shop": 1}
    base = next(p for p in forms["payments"][E] if (p["charge"], p["subject"]) == ("base", "customer:neighbours"))
    assert (base["quantity"], base["unit"]) == (120, "kVA")
    energy = next(p for p in forms["payments"][E] if (p["charge"], p["subject"]) == ("energy", "customer:neighbours"))
    assert energy["amount"] == pytest.approx(
        29.8 * energy["quantity"], abs=1
    )  # half a day of a home: in the first block
    assert any("neighbours 30 contracts: energy split evenly" in note for note in forms["notes"])
    assert any("blocks those of a whole month" in note for note in forms["notes"])


def test_what_customers_pay_can_be_added_up_from_the_table(run, forms):
    (table,) = [one for one in settlement_tables(run) if "supply forms" in one.title]
    names = [row[0] for row in table.rows]
    at = names.index("customers pay")
    assert "equal in all: levy, tax" in names[:at]
    for column, form in enumerate((C, E, F), start=1):
        above = [float(row[column].replace(",", "")) for row in table.rows[:at] if row[column] != "-"]
        assert sum(above) == pytest.approx(forms["customers_pay"][form])
    assert table.rows[names.index("own price")][2:4] == ("-", "-")  # does not apply


@pytest.mark.parametrize("width", [60, 100])
def test_no_line_on_the_console_is_wider_than_the_terminal(run, monkeypatch, capsys, width):
    monkeypatch.setenv("COLUMNS", str(width))
    print_settled(ScenarioBills(run))
    lines = capsys.readouterr().out.splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert any(line.startswith("wheeling: specified transmission: none to the utility") for line in lines)


def test_what_customers_would_pay_is_a_figure_of_the_run(run, forms):
    figures = run.summary()["figures"]
    for form in (C, E, F):
        assert figures[f"settlement:area.customers_pay_{form}"]["value"] == forms["customers_pay"][form] > 0


def test_members_left_out_to_bound_the_work_are_said(study, run, monkeypatch):
    loaded, built = study
    (scheme,) = schemes(loaded.scenario, built.draws, built.arrangement)
    monkeypatch.setattr(run_forms, "MOST_MONTHS", 0)
    found = run_forms.bill_forms(scheme.forms, read_run(run.path))
    assert found.bills == {}
    assert found.as_dict() is None
    assert "forms billed without the last 1 members" in found.notes[0]


def test_the_page_names_the_rule_of_every_charge_that_differs(run):
    (table,) = [one for one in settlement_tables(run) if "supply forms" in one.title]
    assert table.head == ("JPY", "specified transmission", "existing line microgrid", "distribution licence", "why")
    upstream = next(row for row in table.rows if row[0] == "upstream")
    assert "the licensee buys connection" in upstream[-1]
    assert "standby" not in {row[0] for row in table.rows}  # nobody pays it under any of the three
