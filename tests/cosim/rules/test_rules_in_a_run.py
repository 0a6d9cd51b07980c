"""What the arrangement means in energies and charges, from real runs."""

import numpy as np
import pytest

from cosim.report.console import print_run_summary
from cosim.report.page import render
from cosim.rules.terms import Party

PLANNER = {  # planner.md 5, own supply: peak 600 kW, CHP 200, PV 300, battery 150 kW, two thirds of the energy
    "customers": {"homes": None},
    "balancing": None,
    "loads": {"homes": None, "station": {"profile": {"days": {"any": {"00:00": 400, "12:00": 600, "18:00": 400}}}}},
    "devices": {
        "sun": {"profile": {"days": {"any": {"00:00": 1, "09:00": None, "15:00": None}}}},
        "battery": {"power_kw": 150},
    },
}


def figure(run, key):
    return run.summary()["figures"][key]["value"]


def findings(run):
    return {finding["id"]: finding for finding in run.findings()}


def charges(run, customer):
    (found,) = (one for one in run.arrangement()["customers"] if one["name"] == customer)
    return {row["charge"]: row for row in found["charges"]}


def applying(run, customer):
    return {charge for charge, row in charges(run, customer).items() if row["applies"]}


def test_the_planners_case_passes_with_its_battery(town):
    run = town(PLANNER)
    assert figure(run, "customer:station.max_demand_kw") == pytest.approx(600)
    assert figure(run, "section:line.own_supply_firm_kw") == 350
    assert figure(run, "section:line.own_supply_capacity_percent") == pytest.approx(58.3, abs=0.05)
    assert figure(run, "section:line.own_supply_energy_percent") == pytest.approx(66.7, abs=0.05)
    assert "own-supply|section:line" not in findings(run)


def test_and_fails_without_it_by_capacity_while_the_energy_passes(town):
    run = town(PLANNER | {"devices": PLANNER["devices"] | {"battery": None}})
    found = findings(run)["own-supply|section:line"]
    assert found["severity"] == "violation"
    assert (found["quantity"], found["limit"]) == ("own_supply_capacity_percent", 50)
    assert found["value"] == pytest.approx(33.3, abs=0.05)
    assert found["margin"] == pytest.approx(33.3 - 50, abs=0.05)
    assert "33.3 %" in found["label"]
    assert "66.7 %" in found["label"]
    assert "the capacity binds" in found["label"]
    assert found["responsible"] == "Town Energy"
    assert found["hint"].startswith("100 kW more firm power")


def test_what_counts_follows_the_day_whose_rules_apply(town):
    """In 2013 half was asked for already, and nothing made the sun firm."""
    run = town(PLANNER | {"rules": {"as_of": "2013-06-01"}})
    assert figure(run, "section:line.own_supply_firm_kw") == 200
    assert "own-supply|section:line" in findings(run)


def test_members_of_an_ensemble_have_firm_power_of_their_own(town):
    batteries = {"devices.battery.power_kw": {"dist": "list", "values": [10, 99, 150]}}
    run = town(PLANNER | {"ensemble": {"vary": batteries}}, members=3)
    column = run.members()["section:line.own_supply_firm_kw"].to_numpy()
    assert column.tolist() == [210, 299, 350]
    found = findings(run)["own-supply|section:line"]
    assert (found["members"], found["worst_member"]) == (2, 0)
    hours = run.members()["hours|own-supply|section:line"].to_numpy()
    assert hours.tolist() == [24, 24, 0]
    alone = town(PLANNER | {"ensemble": {"vary": batteries}}, members=3, member=1)
    assert figure(alone, "section:line.own_supply_firm_kw") == 299


def test_two_relations_on_one_line_are_judged_and_billed_apart(usual):
    """Mutsuzawa (planner.md 1.2): the station under specified supply, the homes bought from their retailer."""
    assert applying(usual, "station") == {"standby", "own_price"}
    assert applying(usual, "homes") == {"levy", "imbalance", "own_price"}
    assert charges(usual, "homes")["levy"]["amount"] == figure(usual, "customer:homes.demand_mwh") == 2.7
    missed = [figure(usual, f"balancing:homes.{side}_mwh") for side in ("shortfall", "surplus")]
    assert charges(usual, "homes")["imbalance"]["amount"] == pytest.approx(sum(missed))
    assert charges(usual, "homes")["imbalance"]["payer"] == "retailer"
    assert charges(usual, "station")["standby"]["payer"] == "supplier"
    own = findings(usual)["own-supply|section:line"]
    # 1.44 MWh of sun, shared with the homes by energy: 7.2 of 9.9 MWh are the station's
    assert own["value"] == pytest.approx(100 * 1.44 * (7.2 / 9.9) / 7.2)
    assert f"of {450} kW" in own["label"]


def test_retail_and_self_wheeling_outside_pay_for_the_utilitys_wires(usual):
    assert applying(usual, "shop") == {"base", "energy", "fuel_adjustment", "levy", "wheeling", "imbalance"}
    assert applying(usual, "works") == applying(usual, "shop")
    assert charges(usual, "shop")["wheeling"]["amount"] == figure(usual, "customer:shop.demand_mwh")
    works = charges(usual, "works")
    assert works["wheeling"]["amount"] == figure(usual, "wheeling:works.delivered_mwh") == pytest.approx(1.2 * 0.96)
    assert works["levy"]["amount"] == figure(usual, "wheeling:works.residual_purchase_mwh")
    assert works["levy"]["amount"] + works["wheeling"]["amount"] == pytest.approx(2.4)


def test_the_arrangement_says_who_answers_for_what(usual):
    (line,) = usual.arrangement()["sections"]
    assert usual.arrangement()["as_of"] == "2026-04-01"
    assert (line["wires"], line["form"]["title_ja"], line["customers"]) == (
        "private_line",
        "特定供給",
        ["station", "homes"],
    )
    assert line["answers"]["normal"]["voltage"] == "Town Energy"
    assert set(line["answers"]) == {"normal", "island"}


def test_what_is_billed_behind_a_metering_point_is_what_it_imports(town):
    own = {"homes": {"supply": "own", "buses": ["end"]}}
    site = {"sections": {"homes": {"contains": ["end"], "wires": "premises"}}, "customers": own, "balancing": None}
    meter = {"homes": {"into": "homes", "at": ["line:branch@to", "switch:ring@to"], "kind": "pcc"}}
    roof = {
        "roof": {
            "kind": "generation",
            "bus": "end",
            "power_kw": 40,
            "profile": {"kind": "constant", "value": 1, "unit": "pu"},
        }
    }
    run = town(site | {"boundaries": meter, "devices": roof})
    assert applying(run, "homes") == {"base", "energy", "fuel_adjustment", "levy"}
    assert charges(run, "homes")["levy"]["amount"] == pytest.approx(2.7 - 24 * 0.04)
    assert charges(run, "homes")["base"]["amount"] == pytest.approx(150 - 40)
    assert figure(run, "customer:homes.demand_mwh") == pytest.approx(2.7)


def test_points_of_a_boundary_are_not_netted_and_the_section_closes(town):
    """Closed at both ends the line carries power for others: it comes in at one point and leaves at the other."""
    tables = {"switches": {"ring": {"closed": True}}, "lines": {"street": {"length_km": 20}}}
    run = town({"grid": {"tables": tables}, "loads": {"shop": {"profile": {"value": 900}}}})
    imports, exports = (
        [figure(run, f"point:edge[switch:{name}@from].{way}_mwh") for name in ("edge", "ring")]
        for way in ("import", "export")
    )
    assert min(imports[0], exports[1]) > 0.1
    net = figure(run, "boundary:edge.import_mwh") - figure(run, "boundary:edge.export_mwh")
    assert sum(imports) - sum(exports) == pytest.approx(net)
    taken, losses = (figure(run, f"section:line.{key}_mwh") for key in ("energy_in", "losses"))
    used = sum(figure(run, f"customer:{name}.demand_mwh") for name in ("station", "homes"))
    charged = figure(run, "device:battery.charge_mwh") + figure(run, "device:engine.own_use_mwh")
    assert taken == pytest.approx(used + losses + charged + sum(exports))
    assert figure(run, "section:line.loss_percent") == pytest.approx(100 * losses / taken)


def test_hours_without_supply_are_counted_by_load_and_not_planned(town, usual):
    outage = {"outage": {"kind": "source-off", "subject": "source:utility", "at": "PT10H", "duration": "PT1H"}}
    run = town({"events": outage})
    assert figure(run, "section:line.outage_customer_h") == 2.0
    assert "section:line.outage_customer_h" not in usual.summary()["figures"]
    assert figure(run, "balancing:homes.shortfall_mwh") <= figure(usual, "balancing:homes.shortfall_mwh")
    assert figure(run, "customer:homes.demand_mwh") == pytest.approx(2.7 - 0.1)


def test_a_bad_plan_is_the_retailers_finding(town):
    late = {"homes": {"plan": {"gate": "P1D", "day_ahead_error_percent": 40}}}
    found = findings(town({"balancing": late}))["planned-balancing|balancing:homes"]
    assert found["severity"] == "warning"
    assert found["value"] > found["limit"] == 10
    assert (found["responsible"], found["section"]) == ("Homes Co", "line")


def test_wheeling_more_than_is_used_is_the_users_finding(town):
    strong = {"far": {"profile": {"value": 0.75}}}
    found = findings(town({"devices": strong}))["wheeling-surplus|wheeling:works"]
    assert found["value"] == pytest.approx(150 * 0.96 - 100)
    assert (found["severity"], found["hours"]) == ("violation", 24)
    assert found["responsible"] == Party.USER.words


def test_page_and_console_say_who_answers_and_who_is_billed_what(usual, capsys):
    page = render(usual)
    for words in ("Who runs the wires, who answers", "Town Energy", "特定供給", "standby 603.9 kW (supplier)"):
        assert words in page
    assert "levy 2.7 MWh, imbalance 0.0543 MWh (retailer), own price 2.7 MWh" in page
    print_run_summary(usual, 1.0)
    printed = capsys.readouterr().out
    assert "line: specified supply (特定供給); Town Energy" in printed
    assert "line: 50 % by capacity, 14.5 % by energy" in printed


def test_equal_runs_give_equal_bytes(town, usual):
    again = town()
    for name in ("arrangement.json", "summary.json", "findings.json"):
        assert (again.path / name).read_bytes() == (usual.path / name).read_bytes()


def test_a_study_without_sections_and_customers_has_no_arrangement(town):
    bare = town(dict.fromkeys(("sections", "boundaries", "customers", "balancing", "self_wheeling")))
    assert bare.arrangement() == {}
    assert not (bare.path / "arrangement.json").exists()
    assert np.isfinite(figure(bare, "grid.import_mwh"))
