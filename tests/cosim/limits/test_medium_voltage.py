"""The planning band of 6.6 kV nodes and the voltage window of islands. Figures of planner.md 1.5."""

from dataclasses import replace

import pytest

from cosim.findings import Severity
from cosim.limits.beforehand import breaches_before, figures_before
from cosim.limits.facts import GeneratorFact, LimitFacts, SectionFact, SupplyFact
from cosim.limits.medium_voltage import island_windows, mv_band_limits
from cosim.limits.monitor import Monitor
from cosim.limits.spec import LimitsSpec, VoltageLimits
from cosim.rules.findings import as_findings
from grids.low_voltage import LowVoltageDepth, LowVoltageFacts
from tests.grids.threewire.poles import pole_fact

SPEC = VoltageLimits()
ISLAND = SectionFact("town", ("mid", "end"), "general_utility", "utility", "existing_line")


def pole(name, bus, tap_v, **given):
    return pole_fact(name, tap_v, LowVoltageDepth.EQUIVALENT, **{"bus": bus, "pv_kw": 0.0, **given})


@pytest.fixture
def known(toy):
    """`known(poles, **facts)` of the toy network."""

    def make(*poles, **given):
        return LimitFacts(toy().index, low_voltage=LowVoltageFacts(LowVoltageDepth.EQUIVALENT, poles), **given)

    return make


def judged_at(bus):
    return SupplyFact(f"pole:{bus}", ("near", "far"), bus, "equivalent")


def test_nodes_of_one_tap_share_a_limit_and_each_tap_has_its_own(known):
    facts = known(pole("p", "mid", 6600.0), pole("q", "end", 6600.0), pole("r", "down", 6300.0))
    both, other = mv_band_limits(SPEC, facts)
    assert (both.subjects, other.subjects) == (("bus:mid", "bus:end"), ("bus:down",))
    assert (both.bounds.lower, both.bounds.upper) == pytest.approx((6348.57 / 6600, 6725.71 / 6600), abs=1e-6)
    assert (other.bounds.lower, other.bounds.upper) == pytest.approx((6060 / 6600, 6420 / 6600), abs=1e-6)
    assert "6300 V" in other.label
    assert "柱上変圧器タップ" in other.label


def test_it_warns_only_where_nobody_judges_the_legs_behind(known):
    poles = pole("p", "mid", 6600.0), pole("q", "end", 6600.0)
    severity = {
        subject: limit.severity
        for limit in mv_band_limits(SPEC, known(*poles, supplies=(judged_at("mid"),)))
        for subject in limit.subjects
    }
    assert severity == {"bus:mid": Severity.INFORMATION, "bus:end": Severity.WARNING}


def test_a_device_at_the_node_brings_the_rise(known):
    roof = GeneratorFact("roof", "source", "none", False, ("mid",), (5.0,))
    (plain,) = mv_band_limits(SPEC, known(pole("p", "mid", 6600.0)))
    (risen,) = mv_band_limits(SPEC, known(pole("p", "mid", 6600.0), generators=(roof,)))
    assert (plain.bounds.upper - risen.bounds.upper) * 6600 == pytest.approx(2.0 * 6600 / 105)


def test_the_band_is_judged_on_half_hours(known, toy):
    limits = tuple(mv_band_limits(SPEC, known(pole("p", "mid", 6300.0))))
    volts = (6410.0, 6440.0, 6400.0, 6430.0)  # 6420 V is the upper bound of tap 6300
    steps = [{"vm_pu": [1, volt / 6600, 1, 1, 1]} for volt in volts]
    found = {one.id: one for one in toy().feed(Monitor(limits), steps).findings()}
    verdict = found["voltage-mv-band|bus:mid"]
    assert (verdict.hours, verdict.value) == (pytest.approx(0.5), pytest.approx(6425.0 / 6600))
    assert verdict.severity is Severity.WARNING
    assert found["voltage-mv-band-excursion|bus:mid"].windows == 2


@pytest.mark.parametrize(("pv_kw", "window", "empty"), [(0.0, (6349, 6420), False), (10.0, (6349, 6300), True)])
def test_an_island_has_what_suits_all_its_nodes(known, toy, pv_kw, window, empty):
    poles = pole("p", "mid", 6600.0, pv_kw=pv_kw), pole("q", "end", 6300.0, pv_kw=pv_kw)
    facts = known(*poles, pole("far", "down", 6150.0), sections=(ISLAND,))
    figures = {figure.key: figure for figure in figures_before(LimitsSpec(), facts, members=2)}
    assert set(figures) == {"section:town.island_window_lower_v", "section:town.island_window_upper_v"}
    lower, upper = (figures[f"section:town.island_window_{side}_v"] for side in ("lower", "upper"))
    assert (lower.values[0], upper.values[1]) == pytest.approx(window, abs=0.6)
    assert (lower.unit, lower.values.shape) == ("V", (2,))
    found = list(as_findings(breaches_before(LimitsSpec(), facts), toy(members=2).layout))
    assert bool(found) is empty
    if found:
        (finding,) = found
        assert finding.id == "island-voltage-window|section:town"
        assert (finding.severity, finding.section, finding.unit) == (Severity.WARNING, "town", "V")
        assert (finding.value, finding.margin) == pytest.approx((-48.57, -48.57), abs=0.01)
        assert finding.hours == 1.0
        assert "6600, 6300 V" in finding.label
        assert "re-tap before islanding" in finding.hint


def test_a_section_that_never_runs_alone_or_has_no_pole_has_no_window(known):
    poles = (pole("p", "mid", 6600.0),)
    assert island_windows(SPEC, known(*poles, sections=(replace(ISLAND, island="none"),))) == {}
    assert island_windows(SPEC, known(*poles, sections=(replace(ISLAND, buses=("end",)),))) == {}
    assert set(island_windows(SPEC, known(*poles, sections=(replace(ISLAND, island="own"),)))) == {"town"}


@pytest.mark.parametrize(
    ("poles", "advice"),
    [
        ((("p", 6750.0), ("q", 6150.0)), "re-tap"),
        ((("p", 6600.0),), "no tap helps"),
    ],
)
def test_a_node_that_no_voltage_suits_is_said_before_the_run_and_not_judged(known, poles, advice):
    drop_v = 13.0 if len(poles) == 1 else 6.0
    facts = known(*(pole(name, "mid", tap_v, drop_v=drop_v) for name, tap_v in poles))
    assert list(mv_band_limits(SPEC, facts)) == []
    (breach,) = breaches_before(LimitsSpec(), facts)
    assert (breach.rule, breach.subject, breach.severity) == ("mv-band-empty", "bus:mid", Severity.WARNING)
    assert advice in breach.hint
    assert breach.value < 0.0 == breach.limit


def test_without_facts_below_6_6_kv_there_is_no_band(toy):
    facts = LimitFacts(toy().index, sections=(ISLAND,))
    assert list(mv_band_limits(SPEC, facts)) == list(breaches_before(LimitsSpec(), facts)) == []
    assert list(figures_before(LimitsSpec(), facts, 1)) == []
