"""What sections take in, keep and share with what is nested in them, from real runs."""

import pytest

SITE = {  # the homes are one own site behind a meter of its own, on the line
    "sections": {"site": {"contains": ["end"], "wires": "premises"}},
    "boundaries": {"site": {"into": "site", "at": ["line:branch@to", "switch:ring@to"], "kind": "pcc"}},
    "customers": {"homes": {"supply": "own"}},
    "balancing": None,
}
ROOF = {"kind": "generation", "bus": "end", "power_kw": 5, "profile": {"kind": "constant", "value": 1, "unit": "pu"}}
OWN_ENERGY = "section:line.own_supply_energy_percent"
STORING = {  # by day the sun fills the battery, by night it exports 60 kW
    "customers": {"homes": None},
    "balancing": None,
    "loads": {"homes": None, "station": {"profile": {"days": {"any": {"00:00": 40, "12:00": 40}}}}},
    "boundaries": {"edge": {"kind": "pcc", "export_limit_kw": 1000}},
    "devices": {"battery": {"power_kw": 300, "capacity_kwh": 2000, "soc_initial": 0.1}},
    "ems": {
        "line": {"at": "edge", "strategies": [{"kind": "self-consumption", "device": "battery", "net_export_kw": 60}]}
    },
}


def figure(run, key):
    return run.summary()["figures"][key]["value"]


def amounts(run, customer):
    (found,) = (one for one in run.arrangement()["customers"] if one["name"] == customer)
    return {row["charge"]: row["amount"] for row in found["charges"] if row["applies"]}


@pytest.fixture(scope="module")
def storing(town):
    return town(STORING)


def test_who_has_a_meter_of_its_own_takes_part_in_own_supply_like_anybody_on_the_line(town, usual):
    nested = town(SITE)
    assert figure(nested, OWN_ENERGY) == pytest.approx(figure(usual, OWN_ENERGY))
    assert figure(nested, OWN_ENERGY) == pytest.approx(100 * 1.44 / (7.2 + 2.7))


def test_and_only_in_what_its_meter_shows(town):
    run = town(SITE | {"devices": {"roof": ROOF}})
    assert figure(run, OWN_ENERGY) == pytest.approx(100 * 1.44 / (7.2 + 2.7 - 24 * 0.005))


def test_where_a_plant_that_counts_stands_behind_that_meter_everything_there_counts(town):
    sections = {**SITE["sections"], "line": {"own_supply": {"devices": ["roof"]}}}
    run = town(SITE | {"sections": sections, "devices": {"roof": ROOF}})
    assert figure(run, OWN_ENERGY) == pytest.approx(100 * 24 * 0.005 / (7.2 + 2.7))


def test_what_is_stored_and_leaves_later_covers_no_demand(storing):
    own, left = figure(storing, "device:sun.generation_mwh"), figure(storing, "boundary:edge.export_mwh")
    used = figure(storing, "customer:station.demand_mwh")
    assert left > 0.2
    assert figure(storing, OWN_ENERGY) == pytest.approx(100 * (own - left) / used)
    assert figure(storing, OWN_ENERGY) < 95


def test_what_others_send_out_is_not_taken_from_own_plants(town):
    """50 kW of own power and 2400 kW of sun that is sold elsewhere for six hours: 18 of 24 hours cover demand."""
    run = town(
        {
            "sections": {"line": {"own_supply": {"devices": ["far"]}}},
            "customers": {"works": None},
            "self_wheeling": None,
            "devices": {"far": {"bus": "line"}, "sun": {"power_kw": 3000}},
        }
    )
    assert figure(run, OWN_ENERGY) == pytest.approx(100 * 18 * 0.05 / 9.9)


def test_what_a_battery_gives_back_was_taken_in_before(storing):
    taken = figure(storing, "section:line.energy_in_mwh")
    imported = sum(figure(storing, f"point:edge[switch:{name}@from].import_mwh") for name in ("edge", "ring"))
    assert figure(storing, "device:battery.discharge_mwh") > 0.2
    assert taken == pytest.approx(imported + figure(storing, "device:sun.generation_mwh"))


def test_a_switch_named_on_both_sides_is_one_point(town, usual):
    second = {"boundaries": {"other-side": {"into": "line", "at": ["switch:edge@to"], "kind": "section"}}}
    run = town(second)
    assert figure(run, "section:line.energy_in_mwh") == figure(usual, "section:line.energy_in_mwh")
    assert amounts(run, "station")["standby"] == amounts(usual, "station")["standby"]


def test_a_line_cut_out_at_both_its_ends_is_two_points(town):
    """Its losses come in and do not go out again."""
    ends = {"hole": {"into": "line", "at": ["line:branch@from", "line:branch@to"], "kind": "section"}}
    run = town({"boundaries": ends, "sections": {"line": {"contains": ["line", "end"], "island": "none"}}})
    used = sum(figure(run, f"customer:{name}.demand_mwh") for name in ("station", "homes"))
    given = figure(run, "device:sun.generation_mwh")
    net = sum(
        way * figure(run, f"point:{name}_mwh")
        for end in (
            "edge[switch:edge@from]",
            "edge[switch:ring@from]",
            "hole[line:branch@from]",
            "hole[line:branch@to]",
        )
        for way, name in ((1, f"{end}.import"), (-1, f"{end}.export"))
    )
    charged = figure(run, "device:battery.charge_mwh") - figure(run, "device:battery.discharge_mwh")
    assert net + given == pytest.approx(used + figure(run, "section:line.losses_mwh") + charged)


@pytest.mark.parametrize(
    ("over", "billed"),
    [
        ({}, False),  # the edge is no metering point
        ({"boundaries": {"edge": {"kind": "pcc"}}}, False),  # the homes' load is behind it too
        ({"boundaries": {"edge": {"kind": "pcc"}}, "loads": {"homes": None}}, True),
        ({"sections": {"line": {"form": None, "wires": "premises"}}, "loads": {"homes": None}}, True),
    ],
)
def test_an_own_customer_is_billed_for_what_a_section_imports_only_if_it_is_alone_behind_a_meter(town, over, billed):
    own = {"customers": {"homes": None, "station": {"supply": "own"}}, "balancing": None}
    found = amounts(town(own | over), "station")
    assert (found["levy"] is not None) is billed
    assert (found["base"] is not None) is billed


def test_without_a_whole_half_hour_the_capacity_is_not_judgeable(town):
    run = town({"time": {"duration": "PT20M", "step": "PT10M"}, "balancing": None, "self_wheeling": None})
    (found,) = (one for one in run.findings() if one["rule"] == "own-supply")
    assert "by capacity not judgeable (firm 225 kW, no whole half hour of demand in the run)" in found["label"]
    assert "nan" not in found["label"] + found["hint"]


def test_a_specified_electricity_business_owes_own_supply(town):
    """By the rules of 2010: all of the demand, and nothing makes the sun firm."""
    old = {"form": "specified_electricity", "permits": ["permission"]}
    supplied = {"supply": None, "form": "specified_electricity", "relation": None}
    run = town(
        {
            "rules": {"as_of": "2010-06-01"},
            "sections": {"line": old | {"operator": "Line Co"}},
            "customers": {"station": supplied, "homes": supplied, "works": {"supply": "retail", "relation": None}},
            "self_wheeling": None,
        }
    )
    (found,) = (one for one in run.findings() if one["severity"] == "violation")
    assert (found["rule"], found["limit"], found["responsible"]) == ("own-supply", 100, "Line Co")
    assert found["certainty"].startswith("assumed: facts.md 3.1 [U]")
    assert figure(run, "section:line.own_supply_firm_kw") == 200
    assert figure(run, OWN_ENERGY) == pytest.approx(100 * 1.44 / 9.9)
    homes = next(one for one in run.arrangement()["customers"] if one["name"] == "homes")
    assert homes["form"]["id"] == run.arrangement()["sections"][0]["form"]["id"] == "specified_electricity"
