"""Which series show what a finding judges: its quantity, and what the relay, group or wheeling it names stands for."""

import pytest

from cosim.explain.judged import MOST_PLANTS, judged
from cosim.explain.sentences import sentences
from cosim.explain.wanted_column import Join

SCENARIO = {
    "relays": {
        "upr": {"kind": "under-power", "at": "pcc", "trips": ["sun", "engine"]},
        "rpr": {"kind": "reverse-power", "at": "other", "trips": ["sun"]},
        "uvr": {"kind": "under-voltage", "at": "hall", "trips": ["sun"]},
        "ovr": {"kind": "over-voltage", "trips": ["sun", "roofs"]},
        "ofr": {"kind": "over-frequency", "trips": ["sun"]},
    },
    "devices": {
        "sun": {"bus": "site", "scheme": "fit"},
        "roofs": {"buses": ["a", "b"], "scheme": "fip"},
        "engine": {"bus": "site"},
    },
    "self_wheeling": {
        "way": {"devices": ["sun", "roofs"], "customer": "mill", "loss_percent": 10},
        "usual": {"devices": ["sun"], "customer": "mill"},
    },
    "balancing": {"group": {"customers": ["mill", "homes"], "devices": ["sun"]}, "sellers": {"devices": ["roofs"]}},
    "customers": {"mill": {"buses": ["m"]}, "homes": {"buses": ["h1", "h2"], "loads": ["flats"]}},
    "loads": {"saw": {"bus": "m"}, "lamps": {"buses": ["x", "m"]}, "flats": {"bus": "m"}, "rest": {"kind": "network"}},
}


def columns(rule, subject, quantity, scenario=SCENARIO):
    """(group, names, factor) of every column."""
    finding = {"rule": rule, "subject": subject, "quantity": quantity}
    return [(one.group, one.names, pytest.approx(one.factor)) for one in judged(finding, scenario)]


@pytest.mark.parametrize(
    ("relay", "quantity", "first"),
    [
        ("upr", "net_import_kw", ("boundary", ("p_mw|pcc",), 1000.0)),
        ("rpr", "export_kw", ("boundary", ("p_mw|other",), -1000.0)),
        ("uvr", "voltage_percent", ("bus", ("vm_pu|hall",), 1.0)),
        ("ovr", "voltage_percent", ("bus", ("vm_pu|site", "vm_pu|a", "vm_pu|b"), 1.0)),
        ("ofr", "frequency_hz", ("device", ("p_mw|sun",), 1000.0)),  # no series holds a frequency
    ],
)
def test_of_a_relay_it_is_what_it_measures_and_then_what_it_takes_off(relay, quantity, first):
    found = columns("relay-trip", f"relay:{relay}", quantity)
    assert found[0] == first
    assert found[-len(SCENARIO["relays"][relay]["trips"]) :] == [
        ("device", (f"p_mw|{name}",), 1000.0) for name in SCENARIO["relays"][relay]["trips"]
    ]


@pytest.mark.parametrize(("relay", "join"), [("ovr", Join.HIGHEST), ("uvr", Join.LOWEST)])
def test_of_several_buses_it_is_the_one_that_trips(relay, join):
    finding = {"rule": "relay-trip", "subject": f"relay:{relay}", "quantity": "voltage_percent"}
    assert next(judged(finding, SCENARIO)).join is join


def test_export_that_is_not_fit_stands_beside_the_fit_plants():
    found = columns("fit-coexistence", "boundary:pcc", "non_fit_export_kw")
    assert found == [("boundary", ("p_mw|pcc",), -1000.0), ("device", ("p_mw|sun",), 1000.0)]
    many = SCENARIO | {"devices": {f"d{at}": {"scheme": "fit"} for at in range(9)}}
    assert len(columns("fit-coexistence", "boundary:pcc", "non_fit_export_kw", many)) == 1 + MOST_PLANTS


def test_what_is_wheeled_is_shown_as_it_arrives_beside_the_demand_it_is_for():
    arriving, served = columns("wheeling-surplus", "wheeling:way", "surplus_kw")
    assert arriving == ("device", ("p_mw|sun", "p_mw|roofs"), 900.0)
    assert served == ("inputs", ("p_served_mw|load:saw", "p_served_mw|load:lamps[1]"), 1000.0)
    assert columns("wheeling-surplus", "wheeling:usual", "surplus_kw")[0][2] == 960.0  # the default loss, 4 %


def test_of_a_balancing_group_it_is_its_demand_and_its_generation():
    demand, generation = columns("planned-balancing", "balancing:group", "imbalance_percent")
    assert demand[1] == tuple(f"p_served_mw|load:{name}" for name in ("saw", "lamps[1]", "flats"))
    assert generation == ("device", ("p_mw|sun",), 1000.0)
    assert columns("planned-balancing", "balancing:sellers", "imbalance_percent") == [
        ("device", ("p_mw|roofs",), 1000.0)
    ]


@pytest.mark.parametrize("subject", ["relay:gone", "wheeling:gone", "balancing:gone"])
def test_what_the_scenario_does_not_name_has_no_columns(subject):
    assert columns("rule", subject, "export_kw", {}) == []


STATED = {
    "rule": "permits", "severity": "violation", "subject": "section:town", "section": "town", "quantity": "stated",
    "value": 0.0, "limit": 1.0, "margin": -1.0, "unit": "1", "hours": 24.0, "windows": 0, "mode": "normal",
    "first": "2020-06-01T00:00:00+09:00", "last": "2020-06-01T23:30:00+09:00", "worst_at": "2020-06-01T00:00:00+09:00",
    "caused_by": "", "responsible": "Town", "label": "permission missing", "certainty": "sourced: here", "hint": "ask",
    "members": 1,
}  # fmt: skip


@pytest.mark.parametrize("changed", [{}, {"rule": "not-judgeable", "quantity": "steps", "windows": 1}])
def test_what_is_stated_or_not_judged_has_a_ground_and_no_numbers(changed):
    assert dict(sentences(STATED | changed, 1)) == {
        "who answers": "Town (normal mode, section town)",
        "ground": "permission missing (sourced: here)",
        "what may help": "ask",
    }


def test_what_is_judged_over_the_whole_run_has_a_number_and_no_moment():
    over = {"rule": "own-supply", "quantity": "own_supply_energy_percent", "value": 31.0, "limit": 50.0, "unit": "%"}
    said = dict(sentences(STATED | over | {"windows": 1, "margin": -19.0}, 3))
    assert said["what"] == "own supply energy percent 31 % against a limit of 50 %, 19 % beyond"
    assert said["when"] == "judged over the whole run, not by steps, in 1 of 3 members"
    assert "caused by" not in said


@pytest.mark.parametrize(
    ("quantity", "words"),
    [("surplus_kw", "power wheeled and not used"), ("imbalance_percent", "mean imbalance over what was planned")],
)
def test_sums_of_half_hours_have_words(quantity, words):
    said = dict(sentences(STATED | {"rule": "r", "quantity": quantity, "windows": 2}, 1, 1800))
    assert said["what"].startswith(words)
    assert "in 2 half hours" in said["when"]
