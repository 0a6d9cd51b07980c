"""Loading limits, and the three reverse flows as limits."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.build import build_limits
from cosim.limits.facts import BoundaryFact, LimitFacts, SectionFact
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.loading import loading_limits
from cosim.limits.monitor import Monitor
from cosim.limits.reverse_flow import boundary_limits
from cosim.limits.spec import LimitsSpec


@pytest.fixture
def facts(toy):
    return LimitFacts(toy().index)


def upper(limits):
    return {subject: limit.bounds.upper for limit in limits for subject in limit.subjects}


def boundary(facts, **given):
    fact = BoundaryFact(name="b", ends=("switch:near@from", "switch:far@from"), **given)
    found = boundary_limits(replace(facts, boundaries=(fact,)), 0.1)
    return {limit.id: limit for limit in found}


def test_rated_lines_and_transformers_are_judged_and_switches_are_not(facts):
    assert upper(loading_limits(LimitsSpec(), facts)) == {"line:cable": 100.0, "trafo:tr": 100.0}


def test_pole_transformers_may_run_above_name_plate_and_single_elements_may_differ(facts):
    spec = LimitsSpec(pole_trafos=("tr",), loading_percent={"line:cable": 80})
    assert upper(loading_limits(spec, facts)) == {"line:cable": 80.0, "trafo:tr": 130.0}


def test_a_short_time_rating_is_judged_on_steps(facts):
    assert {limit.window_s for limit in loading_limits(LimitsSpec(loading_window_s=0), facts)} == {0}


def test_an_element_with_a_short_time_rating_is_judged_by_it_as_well(facts, toy):
    limits = tuple(loading_limits(LimitsSpec(short_time_percent={"line:cable": 120}), facts))
    short = [limit for limit in limits if limit.id == "line-loading-short-time"]
    assert [(limit.subjects, limit.window_s, limit.bounds.upper) for limit in short] == [(("line:cable",), 0, 120.0)]
    assert upper(limit for limit in limits if limit not in short) == {"line:cable": 100.0, "trafo:tr": 100.0}
    steps = [{"loading_percent": [percent, 20, np.nan, np.nan]} for percent in (130, 60, 115, 80)]
    found = {one.id: one for one in toy().feed(Monitor(limits), steps).findings()}
    assert set(found) == {"line-loading-short-time|line:cable", "line-loading-excursion|line:cable"}
    verdict = found["line-loading-short-time|line:cable"]
    assert (verdict.severity, verdict.value, verdict.hours) == (Severity.VIOLATION, 130.0, 0.25)


def test_a_limit_for_an_element_that_is_not_there_is_refused(facts):
    with pytest.raises(ValueError, match="line:caple"):
        list(loading_limits(LimitsSpec(short_time_percent={"line:caple": 180}), facts))
    with pytest.raises(ValueError, match="line:cabel, trafo:pole"):
        list(loading_limits(LimitsSpec(loading_percent={"line:cabel": 80}, pole_trafos=("pole",)), facts))


def test_a_branch_is_of_the_smallest_section_that_holds_it_and_else_of_none(facts):
    area = SectionFact("area", ("mid", "down", "end", "lv"), branches=("line:cable", "trafo:tr"))
    site = SectionFact("site", ("lv",), branches=("trafo:tr",))
    inside = LimitFacts(facts.index, (site, area))
    spec = LimitsSpec(short_time_percent={"trafo:tr": 150})
    sections = {(limit.id, *limit.subjects): limit.section for limit in loading_limits(spec, inside)}
    assert sections == {
        ("line-loading", "line:cable"): "area",
        ("trafo-loading", "trafo:tr"): "site",
        ("trafo-loading-short-time", "trafo:tr"): "site",
    }
    assert {limit.section for limit in loading_limits(LimitsSpec(), facts)} == {""}


def test_a_no_export_contract_judges_any_metered_export(facts):
    limit = boundary(facts, kind="pcc", export_limit_kw=0.0)["no-export"]
    assert (limit.quantity, limit.window_s, limit.severity) == (Quantity.EXPORT_KW, 0, Severity.VIOLATION)
    assert "0.1 kW" in limit.label


def test_an_export_limit_is_judged_on_half_hours(facts):
    limit = boundary(facts, kind="section", export_limit_kw=1000.0)["export-limit"]
    assert (limit.window_s, limit.bounds.upper, limit.subjects) == (1800, 1000.0, ("boundary:b",))


def test_contract_power_reads_import_and_the_relay_margin_is_information(facts):
    limits = boundary(facts, kind="pcc", contract_kw=200.0, min_import_kw=10.0)
    assert limits["contract-power"].quantity is Quantity.IMPORT_KW
    assert limits["min-import"].quantity is Quantity.NET_IMPORT_KW
    assert limits["min-import"].severity is Severity.INFORMATION


@pytest.mark.parametrize(
    ("allowed", "severity"), [(True, Severity.INFORMATION), (None, Severity.INFORMATION), (False, Severity.VIOLATION)]
)
def test_bank_reverse_flow_is_a_violation_only_where_it_is_not_allowed(facts, allowed, severity):
    limit = boundary(facts, kind="bank", reverse_allowed=allowed)["bank-reverse"]
    assert (limit.severity, limit.quantity) == (severity, Quantity.EXPORT_KW)


@pytest.mark.parametrize(
    ("day", "allowed", "severity", "certainty"),
    [
        (date(2013, 5, 30), None, Severity.VIOLATION, "sourced"),
        (date(2013, 5, 31), None, Severity.INFORMATION, "assumed"),
        (date(2013, 5, 30), True, Severity.INFORMATION, "sourced: stated"),
        (date(1990, 1, 1), None, Severity.INFORMATION, "assumed: what held"),
    ],
)
def test_before_2013_reverse_flow_of_a_bank_was_barred_unless_it_was_agreed(facts, day, allowed, severity, certainty):
    """Facts.md 2.4 [W28][W15]: allowed with measures taken since 2013-05-31."""
    then = LimitFacts(facts.index, as_of=day)
    limit = boundary(then, kind="bank", reverse_allowed=allowed)["bank-reverse"]
    assert limit.severity is severity
    assert limit.certainty.startswith(certainty)


def test_at_a_section_each_switch_has_its_own_direction_and_a_metering_point_has_none(facts):
    limit = boundary(facts, kind="section")["reverse-flow"]
    assert (limit.quantity, limit.subjects) == (Quantity.REVERSE_KW, ("switch:near@from", "switch:far@from"))
    assert "reverse-flow" not in boundary(facts, kind="pcc")


def test_all_limits_of_a_study_are_built_together(facts):
    fact = BoundaryFact("b", "pcc", ("trafo:tr@hv",), contract_kw=100.0)
    limits = build_limits(LimitsSpec(), LimitFacts(facts.index, boundaries=(fact,)))
    expected = {"voltage-100v", "line-loading", "trafo-loading", "contract-power"}
    assert {limit.id for limit in limits} == expected | {"power-factor", "power-factor-leading"}


def test_bounds_upside_down_and_odd_windows_are_refused():
    with pytest.raises(ValueError, match=r"given 2.0, 1.0"):
        Bounds(2.0, 1.0)
    with pytest.raises(ValueError, match="given 600"):
        Limit("x", Quantity.VM_PU, (), 600, Bounds(), "", "", "", "", Severity.WARNING)


def test_a_limit_as_data_leaves_an_open_side_empty(facts):
    data = json.loads(json.dumps(boundary(facts, kind="pcc", contract_kw=200.0)["contract-power"].as_dict()))
    assert (data["id"], data["quantity"], data["subjects"]) == ("contract-power", "import_kw", ["boundary:b"])
    assert (data["lower"], data["upper"], data["unit"], data["severity"]) == (None, 200.0, "kW", "violation")
