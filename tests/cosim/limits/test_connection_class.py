"""Connection class: how much generation one connection may have at its voltage (facts.md 2.1)."""

from dataclasses import replace

import pytest

from cosim.findings import Severity
from cosim.limits.connection import connection_breaches
from cosim.limits.facts import BoundaryFact, CustomerFact, GeneratorFact, LimitFacts, SectionFact, SupplyVoltage
from cosim.limits.spec import LimitsSpec
from grids.low_voltage import Customer, LowVoltageDepth, LowVoltageFacts
from tests.grids.threewire.poles import pole_fact

SITE = SectionFact("site", ("end", "lv"), "premises", "the site")
AT_6_6_KV = BoundaryFact("pcc", "pcc", ("switch:near@from",), "site")
AT_210_V = BoundaryFact("pcc", "pcc", ("trafo:tr@lv",), "site")
ENGINE = GeneratorFact("baths", "engine", "none", True, ("lv", "lv"), (10.0, 10.0))


def plant(*rated_kw, bus="lv", name="roof", role="source"):
    return GeneratorFact(name, role, "none", False, (bus,) * len(rated_kw), rated_kw)


@pytest.fixture
def breaches(toy):
    def found(*generators, boundaries=(), customers=(), low_voltage=None, spec=None):
        facts = LimitFacts(toy().index, (SITE,), customers, boundaries, low_voltage=low_voltage, generators=generators)
        return list(connection_breaches(spec or LimitsSpec(), facts))

    return found


@pytest.mark.parametrize(
    ("boundary", "rated_kw", "limit_kw"),
    [
        (AT_210_V, (25.0, 24.9), None),
        (AT_210_V, (25.0, 25.0), 50.0),
        (AT_6_6_KV, (1000.0, 999.0), None),
        (AT_6_6_KV, (1000.0, 1000.0), 2000.0),
    ],
)
def test_everything_behind_a_metering_point_stays_below_the_class_of_its_voltage(
    breaches, boundary, rated_kw, limit_kw
):
    found = breaches(plant(*rated_kw), boundaries=(boundary,))
    assert bool(found) is (limit_kw is not None)
    if found:
        (breach,) = found
        assert (breach.rule, breach.subject, breach.section) == ("connection-class", "boundary:pcc", "site")
        assert (breach.value, breach.limit, breach.unit) == (sum(rated_kw), limit_kw, "kW")
        assert (breach.severity, breach.certainty) == (Severity.WARNING, "assumed: facts.md 2.1 [U]")


def test_batteries_count_and_what_stands_outside_does_not(breaches):
    inside = plant(30.0), plant(30.0, name="cells", role="storage")
    assert len(breaches(*inside, boundaries=(AT_210_V,))) == 1
    assert breaches(inside[0], replace(inside[1], buses=("mid",)), boundaries=(AT_210_V,)) == []


@pytest.mark.parametrize(("export_limit_kw", "found"), [(0.0, False), (None, True), (10.0, True)])
def test_a_machine_stands_at_low_voltage_only_without_reverse_flow(breaches, export_limit_kw, found):
    (said,) = breaches(ENGINE, boundaries=(replace(AT_210_V, export_limit_kw=export_limit_kw),)) or (None,)
    assert (said is not None) is found
    if said is not None:
        assert "only without reverse flow" in said.label
        assert said.certainty == "sourced: facts.md 2.1 [W24]"
        assert "device:baths" in said.hint


def test_a_machine_at_high_voltage_and_an_inverter_may_feed_back(breaches):
    assert breaches(ENGINE, boundaries=(AT_6_6_KV,)) == []
    assert breaches(replace(ENGINE, rotating=False), boundaries=(AT_210_V,)) == []


def test_both_faults_of_a_connection_make_one_finding(breaches):
    (breach,) = breaches(replace(ENGINE, rated_kw=(30.0, 30.0)), boundaries=(AT_210_V,))
    assert (breach.value, breach.limit) == (60.0, 50.0)
    assert "below 50 kW" in breach.label
    assert "only without reverse flow" in breach.label


def test_at_a_customer_without_meter_only_single_units_are_judged(breaches):
    """A bus may stand for many homes: forty roofs of 5.5 kW are forty connections."""
    homes = (CustomerFact("homes", ("lv",), SupplyVoltage.LV_100),)
    assert breaches(plant(*[5.5] * 40), customers=homes) == []
    (breach,) = breaches(plant(5.5, 60.0), customers=homes)
    assert (breach.subject, breach.value) == ("customer:homes", 60.0)


def test_at_a_customer_whose_wires_are_known_its_units_count_together(breaches):
    pole = pole_fact("p", bus="mid", lv_bus="lv", trafo="tr")
    known = LowVoltageFacts(LowVoltageDepth.FULL, (pole,), (), (Customer("home", "p", "lv", 0.5, 0.5),))
    (breach,) = breaches(plant(30.0, 25.0), low_voltage=known)
    assert (breach.subject, breach.value) == ("customer:home", 55.0)


def test_behind_a_metering_point_customers_are_not_judged_again(breaches):
    homes = (CustomerFact("homes", ("lv",), SupplyVoltage.LV_200),)
    (breach,) = breaches(plant(60.0), customers=homes, boundaries=(AT_210_V,))
    assert breach.subject == "boundary:pcc"
    assert breaches(plant(60.0), customers=homes, boundaries=(AT_6_6_KV,)) == []


def test_other_voltages_have_no_class_and_the_figures_may_differ(breaches, toy):
    foreign = replace(toy().index, bus_vn_kv=toy().index.bus_vn_kv * 20.0 / 6.6)
    facts = LimitFacts(foreign, (SITE,), (), (AT_6_6_KV,), generators=(plant(5000.0),))
    assert list(connection_breaches(LimitsSpec(), facts)) == []
    assert breaches(plant(60.0), boundaries=(AT_210_V,), spec=LimitsSpec(connection_low_voltage_kw=61.0)) == []
