"""One private line, two supply relations: the station and the homes are judged and billed apart (planner.md 1.2)."""

from typing import Any

import pytest

from cosim.results.folder import RunFolder
from cosim.run import RunOptions, build, execute
from cosim.scenario.validation import load_scenario

OPERATOR, RETAILER = "CHIBA Mutsuzawa Energy", "CHIBA Mutsuzawa Energy (retail)"
APPLY = {"station": {"standby", "own_price"}, "homes": {"levy", "imbalance", "own_price"}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """`run(variant)` -> its run folder; equal calls share one."""
    done: dict[str | None, RunFolder] = {}

    def once(variant: str | None = None) -> RunFolder:
        if variant not in done:
            options = RunOptions(variant=variant, quiet=True, report=False)
            loaded = load_scenario("mutsuzawa", variant=variant)
            path = tmp_path_factory.mktemp("run")
            execute(loaded, build(loaded, options), path, options)
            done[variant] = RunFolder(path)
        return done[variant]

    return once


def figures(folder: RunFolder) -> dict[str, float]:
    return {key: figure["value"] for key, figure in folder.summary()["figures"].items()}


def broken(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """Violations and warnings by rule."""
    return {one["rule"]: one for one in folder.findings() if one["severity"] != "information"}


def customers(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """Name -> the record of arrangement.json, its applying charges by name."""
    return {
        one["name"]: one | {"charges": {row["charge"]: row for row in one["charges"] if row["applies"]}}
        for one in folder.arrangement()["customers"]
    }


def test_it_passes_and_finds_nothing(run):
    assert run().findings() == []


def test_own_supply_is_judged_by_the_station_alone(run):
    """Firm 2 x 80 kW (PV without a battery does not count) over the station's 100 kW, not over the line's 145 kW."""
    found = figures(run())
    assert found["section:town.own_supply_firm_kw"] == pytest.approx(160)
    assert found["customer:station.max_demand_kw"] == pytest.approx(100)
    assert found["section:town.own_supply_capacity_percent"] == pytest.approx(160)
    both = figures(run("homes-as-specified-supply"))
    assert both["section:town.own_supply_capacity_percent"] == pytest.approx(100 * 160 / 145)


def test_the_energy_of_own_plants_is_shared_by_all_on_the_line(run):
    """Nothing is exported, so generation over what both use and PV are all there is."""
    found = figures(run())
    own = found["device:engines.generation_mwh"] + found["device:pv.generation_mwh"]
    used = found["customer:station.demand_mwh"] + found["customer:homes.demand_mwh"]
    assert found["section:town.own_supply_energy_percent"] == pytest.approx(100 * own / used)


def test_only_the_homes_are_planned(run):
    """The group plans what 33 homes use: 3.738 MWh in the week, and its error is that of an hour's gate."""
    found = figures(run())
    assert found["balancing:homes.planned_mwh"] == pytest.approx(found["customer:homes.demand_mwh"], rel=0.02)
    assert 0 < found["balancing:homes.imbalance_percent"] < 4


def test_with_one_engine_the_stations_supply_falls_short_and_the_homes_do_not_matter(run):
    (finding,) = broken(run("one-engine")).values()
    assert (finding["rule"], finding["subject"], finding["severity"]) == ("own-supply", "section:town", "violation")
    assert finding["quantity"] == "own_supply_energy_percent"  # 80 kW are 80 % of 100 kW, but run too short
    assert finding["responsible"] == OPERATOR
    assert figures(run("one-engine"))["balancing:homes.imbalance_percent"] == pytest.approx(
        figures(run())["balancing:homes.imbalance_percent"]
    )


def test_poor_plans_are_the_retailers_business_and_not_the_stations(run):
    (finding,) = broken(run("poor-plans")).values()
    assert (finding["rule"], finding["subject"], finding["severity"]) == (
        "planned-balancing",
        "balancing:homes",
        "warning",
    )
    assert finding["responsible"] == RETAILER
    for key in ("own_supply_energy_percent", "own_supply_capacity_percent"):
        assert figures(run("poor-plans"))[f"section:town.{key}"] == figures(run())[f"section:town.{key}"]


def test_both_are_billed_by_their_own_relation(run):
    told, found = customers(run()), figures(run())
    assert {name: one["form"]["id"] for name, one in told.items()} == {
        "station": "specified_supply",
        "homes": "specified_transmission",
    }
    assert {name: set(one["charges"]) for name, one in told.items()} == APPLY
    for name in APPLY:
        price = told[name]["charges"]["own_price"]
        assert (price["payer"], price["unit"]) == ("customer", "MWh")
        assert price["amount"] == pytest.approx(found[f"customer:{name}.demand_mwh"])
    assert told["station"]["charges"]["own_price"]["amount"] == pytest.approx(11.34)
    assert told["homes"]["charges"]["own_price"]["amount"] == pytest.approx(3.738)


def test_standby_is_the_suppliers_and_imbalance_the_retailers(run):
    told, found = customers(run()), figures(run())
    standby, imbalance = told["station"]["charges"]["standby"], told["homes"]["charges"]["imbalance"]
    assert (standby["payer"], standby["unit"]) == ("supplier", "kW")
    assert standby["amount"] == pytest.approx(found["boundary:pcc.max_import_kw"])
    assert imbalance["payer"] == "retailer"
    missed = found["balancing:homes.shortfall_mwh"] + found["balancing:homes.surplus_mwh"]
    assert imbalance["amount"] == pytest.approx(missed)
    poor = customers(run("poor-plans"))
    assert poor["homes"]["charges"]["imbalance"]["amount"] > 10 * imbalance["amount"]
    assert poor["station"]["charges"]["standby"] == standby


def test_homes_could_not_be_under_specified_supply(run):
    (finding,) = broken(run("homes-as-specified-supply")).values()
    assert (finding["rule"], finding["subject"]) == ("close-relation", "customer:homes")


@pytest.mark.parametrize(("variant", "kw"), [("chp-150", 150), ("chp-170", 170)])
def test_both_sizes_of_the_source_give_the_same_energy_and_another_firm_power(run, variant, kw):
    """Without export the homes and the station take no more, whatever the engines could give."""
    found, known = figures(run(variant)), figures(run())
    assert found["section:town.own_supply_firm_kw"] == pytest.approx(kw)
    assert found["device:engines.generation_mwh"] == pytest.approx(known["device:engines.generation_mwh"], rel=0.005)
    assert found["boundary:pcc.export_mwh"] == 0
