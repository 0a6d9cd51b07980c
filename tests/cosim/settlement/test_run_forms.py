"""The town of form (c), its half hours billed under three supply forms."""

import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario
from cosim.settlement import run_forms
from cosim.settlement.run_bills import schemes
from cosim.settlement.run_meters import read_run

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
    parts = {form: sum(differing(forms, part)["amounts"][form] for part in ("base", "energy")) for form in (C, E, F)}
    assert parts[C] == 0
    assert parts[E] == parts[F] > 0
    assert own["amounts"][C] == pytest.approx(parts[E], abs=5)  # the same rates here; bills are cut to whole yen
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
    assert paid(forms, C, "microgrid_operator") == entry["members"]["0"]["total"] > 0


def test_what_no_price_was_given_for_is_said(forms):
    assert forms["unpriced"][C] == ["imbalance"]
    assert "specified transmission: no price given for imbalance." in forms["notes"]


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
    from cosim.report.settlement import settlement_tables

    (table,) = [one for one in settlement_tables(run) if "supply forms" in one.title]
    assert table.head == ("", "specified transmission", "existing line microgrid", "distribution licence", "why")
    upstream = next(row for row in table.rows if row[0] == "upstream")
    assert "the licensee buys connection" in upstream[-1]
    assert "standby" not in {row[0] for row in table.rows}  # nobody pays it under any of the three
