"""Every rule has a case that trips it, and one just inside that does not."""

import math
from dataclasses import dataclass
from typing import Any

import pandapower as pp
import pytest

from grids.validation.refused import REFUSALS, refusals
from grids.validation.rule import Severity
from grids.validation.rules import RULES
from tests.grids.validation.changes import (
    between_taps,
    both,
    bus_of,
    island,
    lateral,
    poles,
    put,
    r_over_x,
    regulators,
    second_bank,
    second_tie,
    shared_names,
    stated,
    stray_bus,
    tap_table,
)
from tests.grids.validation.conftest import feeder


@dataclass(frozen=True)
class Case:
    """A change that trips a rule at a subject, with words its message must hold, and one just inside."""

    trips: Any
    inside: Any
    subject: str
    words: tuple[str, ...]


LONG_WAIT = {"trafo": "svr", "delay_s": 90}

CASES = {
    "unconnected": Case(stray_bus(with_load=True), lateral(6.6), "bus:stray", ("'stray'", "load:forgotten")),
    "idle-part": Case(stray_bus(with_load=False), lateral(6.6), "bus:stray", ("'stray'",)),
    "dead-part": Case(
        put("switch", "S1", "closed", False),
        both(put("switch", "S1", "closed", False), put("switch", "tie", "closed", True)),
        "bus:b1",
        ("5 buses (b1, b2, b3, house, lv)", "load:home", "switch:S1", "switch:tie"),
    ),
    "loop": Case(
        both(stated(radial=True), put("switch", "tie", "closed", True)),
        both(stated(radial=True), second_bank),
        "switch:tie",
        ("line:first", "line:second", "trafo:svr", "switches in it: S1, tie"),
    ),
    "switch-ring": Case(second_tie(closed=True), second_tie(closed=False), "switch:tie 2", ("tie 2, tie",)),
    "joined-voltages": Case(lateral(6.7), lateral(6.6), "line:lateral", ("6.6 and 6.7 kV",)),
    "tiny-impedance": Case(
        put("line", "first", "length_km", 1.9e-5),
        put("line", "first", "length_km", 2.1e-5),
        "line:first",
        ("9.54 micro-ohm",),
    ),
    "missing-rating": Case(
        put("line", "first", "max_i_ka", math.nan), put("line", "first", "max_i_ka", 2.0), "line:first", ("no rating",)
    ),
    "unusual-rating": Case(
        put("line", "first", "max_i_ka", 2.1), put("line", "first", "max_i_ka", 2.0), "line:first", ("2.1 kA",)
    ),
    "resistance-ratio": Case(r_over_x(12.1), r_over_x(11.9), "line:first", ("R/X 12.1", "0.25 to 12")),
    "long-line": Case(
        put("line", "main", "length_km", 2.1), put("line", "main", "length_km", 2.0), "line:main", ("2.1 km", "2 km")
    ),
    "winding-voltage": Case(
        put("trafo", "pole", "vn_lv_kv", 0.4),
        put("trafo", "pole", "vn_lv_kv", 0.21),
        "trafo:pole",
        ("low-voltage", "0.4 kV", "0.21 kV"),
    ),
    "winding-off-nominal": Case(
        put("trafo", "pole", "vn_hv_kv", 7.3),
        put("trafo", "pole", "vn_hv_kv", 7.2),
        "trafo:pole",
        ("high-voltage", "7.3 kV", "6.6 kV"),
    ),
    "vk-below-vkr": Case(
        put("trafo", "pole", "vkr_percent", 2.6), put("trafo", "pole", "vkr_percent", 2.5), "trafo:pole", ("2.6", "2.5")
    ),
    "unusual-vk": Case(
        put("trafo", "bank", "vk_percent", 31), put("trafo", "bank", "vk_percent", 30), "trafo:bank", ("31 %",)
    ),
    "missing-trafo-rating": Case(
        put("trafo", "bank", "sn_mva", 9900), put("trafo", "bank", "sn_mva", 1999), "trafo:bank", ("9900 MVA",)
    ),
    "tap-out-of-range": Case(
        put("trafo", "svr", "tap_pos", 5), put("trafo", "svr", "tap_pos", 4), "trafo:svr", ("tap 5", "-4 to 4")
    ),
    "tap-between-positions": Case(
        between_taps,
        put("trafo", "bank", "tap_pos", 1),
        "trafo:bank",
        ("tap 0.5",),
    ),
    "tap-range": Case(
        put("trafo", "svr", "tap_step_percent", 7.6),
        put("trafo", "svr", "tap_step_percent", 7.5),
        "trafo:svr",
        ("30.4 %", "4 steps of 7.6 %"),
    ),
    "pole-tap": Case(poles(tap_v=6500), poles(tap_v=6450), "pole:p1", ("6500 V", "6750, 6600, 6450, 6300, 6150")),
    "power-for-voltage": Case(
        put("sgen", "plant", "p_mw", 31), put("sgen", "plant", "p_mw", 29.9), "sgen:plant", ("31 MVA", "6.6 kV")
    ),
    "overfull-transformer": Case(
        put("load", "home", "p_mw", 0.066),
        put("load", "home", "p_mw", 0.064),
        "trafo:pole",
        ("50 kVA", "66 kVA", "132 %"),
    ),
    "source-voltage": Case(
        put("ext_grid", "utility", "vm_pu", 1.11),
        put("ext_grid", "utility", "vm_pu", 1.09),
        "source:utility",
        ("1.11",),
    ),
    "double-name": Case(
        shared_names, put("line", "second", "name", "first b"), "line:first", ("'first (0)', 'first (1)'",)
    ),
    "regulator-trafo": Case(
        regulators(lrt={"trafo": "pole"}), regulators(lrt={"trafo": "bank"}), "regulator:lrt", ("'pole' has no tap",)
    ),
    "regulator-reference": Case(
        regulators(lrt={"trafo": "bank", "reference_v": 7930}),
        regulators(lrt={"trafo": "bank", "reference_v": 7910}),
        "regulator:lrt",
        ("7930 V", "6600 V"),
    ),
    "regulator-dead-band": Case(
        regulators(lrt={"trafo": "bank", "dead_band_percent": 0.6}),
        regulators(lrt={"trafo": "bank", "dead_band_percent": 0.65}),
        "regulator:lrt",
        ("+-0.6 %", "1.25 %", "hunt"),
    ),
    "regulator-order": Case(
        regulators(lrt={"trafo": "bank", "delay_s": 90}, far=LONG_WAIT),
        regulators(lrt={"trafo": "bank", "delay_s": 60}, far=LONG_WAIT),
        "regulator:far",
        ("'far' waits 90 s", "'lrt' upstream"),
    ),
    "section-not-separable": Case(
        island("line:second@to", "switch:tie"), island("switch:S1", "switch:tie"), "section:village", ("line:second",)
    ),
    "section-open-tie": Case(
        island("switch:S1"), island("switch:S1", "switch:tie"), "section:village", ("'tie'", "b0")
    ),
}

# rule -> (a change that trips it, one just inside, subject)
REFUSED = {
    "unsupported-element": (
        lambda net: pp.create_asymmetric_load(net, bus_of(net, "house"), 0.001, name="uneven"),
        lambda net: pp.create_asymmetric_load(net, bus_of(net, "house"), 0.001, name="uneven", in_service=False),
        "",
    ),
    "stray-reference": (put("line", "main", "to_bus", 99), put("line", "main", "to_bus", 6), "line:main"),
    "sources": (
        lambda net: pp.create_ext_grid(net, bus_of(net, "grid"), name="second"),
        lambda net: pp.create_ext_grid(net, bus_of(net, "b3"), name="second"),
        "source:second",
    ),
    "impossible-number": (
        put("line", "main", "length_km", 0.0),
        put("line", "main", "length_km", 1e-9),
        "line:main",
    ),
    "load-shares": (
        both(put("load", "home", "const_z_p_percent", 60.0), put("load", "home", "const_i_p_percent", 41.0)),
        both(put("load", "home", "const_z_p_percent", 60.0), put("load", "home", "const_i_p_percent", 40.0)),
        "load:home",
    ),
    "zero-impedance": (
        both(put("line", "main", "r_ohm_per_km", 0.0), put("line", "main", "x_ohm_per_km", 0.0)),
        put("line", "main", "r_ohm_per_km", 0.0),
        "line:main",
    ),
    "tap-table": (lambda net: tap_table(net, range(-8, 8)), lambda net: tap_table(net, range(-8, 9)), "trafo:bank"),
}


def test_no_rule_lacks_a_tripping_case():
    assert set(CASES) == {rule.id for rule in RULES}
    assert set(REFUSED) == {rule.id for rule in REFUSALS}
    assert len(CASES) + len(REFUSED) == len({*CASES, *REFUSED}) == len(RULES) + len(REFUSALS)


def test_the_feeder_itself_has_no_finding(judged):
    assert judged(lambda net: None) == ()


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_its_case_and_only_that(judged, rule):
    case = CASES[rule]
    found = judged(case.trips)
    assert {(one.rule, one.subject) for one in found} == {(rule, case.subject)}
    for word in case.words:
        assert word in found[0].message
    known = next(known for known in RULES if known.id == rule)
    assert (found[0].severity, found[0].hint) == (known.severity, known.remedy)


@pytest.mark.parametrize("rule", CASES)
def test_a_case_just_inside_is_no_finding(judged, rule):
    assert judged(CASES[rule].inside) == ()


@pytest.mark.parametrize("rule", REFUSED)
def test_what_cannot_be_normalised_is_an_error_of_its_rule(rule):
    trips, inside, subject = REFUSED[rule]
    net = feeder()
    trips(net)
    assert [(one.rule, one.severity, one.subject) for one in refusals(net)] == [(rule, Severity.ERROR, subject)]
    net = feeder()
    inside(net)
    assert refusals(net) == ()


def test_all_refusals_are_told_at_once():
    net = feeder()
    for column in ("length_km", "r_ohm_per_km"):
        net.line[column] = math.nan
    assert len(refusals(net)) == 2 * len(net.line)
    assert math.isnan(net.line["length_km"].iloc[0])  # the network is left alone
