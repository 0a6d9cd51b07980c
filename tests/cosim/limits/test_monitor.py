"""The monitor: half-hour means, excursions, the three flows. Cases of planner.md 5."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.findings import Severity
from cosim.limits.facts import BoundaryFact, CustomerFact, LimitFacts, SupplyVoltage
from cosim.limits.limit import Bounds, Limit, Quantity, excess
from cosim.limits.loading import loading_limits
from cosim.limits.monitor import MOST_FAILED, Monitor
from cosim.limits.reverse_flow import boundary_limits
from cosim.limits.spec import LimitsSpec
from cosim.limits.voltage import voltage_limits

MW = 1e-3


def voltage(toy, kind=SupplyVoltage.LV_100):
    facts = LimitFacts(toy().index, customers=(CustomerFact("c", ("lv",), kind),))
    return tuple(voltage_limits(LimitsSpec().voltage, facts))


def boundaries(toy, **facts):
    ends = {"section": ("switch:near@from", "switch:far@from"), "pcc": ("trafo:tr@hv",)}
    given = tuple(BoundaryFact(name=name, ends=ends[name], **fact) for name, fact in facts.items())
    return tuple(boundary_limits(LimitFacts(toy().index, boundaries=given), 0.1))


def legs(*volts):
    """Steps in which the customer's legs have these volts."""
    return [{"vm_pu": [1, 1, 1, 1, 2 * volt / 210]} for volt in volts]


def imports(*kilowatts):
    return [{"boundary_p_mw": [0.0, kw * MW], "end_p_mw": [0.0, 0.0, kw * MW]} for kw in kilowatts]


def findings(toy_instance, limits, steps):
    return {finding.id: finding for finding in toy_instance.feed(Monitor(limits), steps).findings()}


def test_half_hour_means_decide_and_quarter_hours_are_information(toy):
    steps = legs(106.0, 108.5, 105.0, 106.5, 107.5, 106.2)
    found = findings(toy(duration_s=5400), voltage(toy), steps)
    verdict, excursion = found["voltage-100v|bus:lv"], found["voltage-100v-excursion|bus:lv"]
    assert (verdict.severity, verdict.hours, verdict.windows) == (Severity.VIOLATION, 0.5, 1)
    assert verdict.value == pytest.approx(107.25 * 2 / 210)
    assert verdict.margin == pytest.approx((107 - 107.25) * 2 / 210)
    assert verdict.first == verdict.last == verdict.worst_at == "2020-04-20T00:00:00+09:00"
    assert (excursion.severity, excursion.hours, excursion.windows) == (Severity.INFORMATION, 0.5, 2)
    assert (excursion.first, excursion.last) == ("2020-04-20T00:15:00+09:00", "2020-04-20T01:00:00+09:00")
    assert len(found) == 2


def test_contract_power_is_a_clock_half_hour_mean_not_a_rolling_one(toy):
    found = findings(toy(), boundaries(toy, pcc={"kind": "pcc", "contract_kw": 500}), imports(300, 600, 600, 300))
    assert set(found) == {"contract-power-excursion|boundary:pcc"}


def test_contract_power_breached_says_by_how_much_energy(toy):
    found = findings(toy(), boundaries(toy, pcc={"kind": "pcc", "contract_kw": 500}), imports(300, 600, 700, 400))
    verdict = found["contract-power|boundary:pcc"]
    assert (verdict.value, verdict.margin, verdict.hours) == pytest.approx((550.0, -50.0, 0.5))
    assert verdict.energy_mwh == pytest.approx(0.025)


def test_export_within_the_half_hour_does_not_lower_the_metered_demand(toy):
    found = findings(toy(), boundaries(toy, pcc={"kind": "pcc", "contract_kw": 290}), imports(600, -600, 0, 0))
    assert found["contract-power|boundary:pcc"].value == pytest.approx(300.0)


@pytest.mark.parametrize(("near", "net", "reverse"), [(400, 150, None), (-100, 650, 100)])
def test_through_flow_is_no_reverse_flow(toy, near, net, reverse):
    limits = boundaries(toy, section={"kind": "section", "export_limit_kw": 100})
    steps = [{"boundary_p_mw": [-net * MW, 0.0], "end_p_mw": [near * MW, 550 * MW, 0.0]}] * 2
    found = findings(toy(duration_s=1800), limits, steps)
    assert found["export-limit|boundary:section"].value == pytest.approx(net)
    at_near = found.get("reverse-flow|switch:near@from")
    assert (at_near.value if at_near else None) == (pytest.approx(reverse) if reverse else None)
    assert "reverse-flow|switch:far@from" not in found


def test_111_v_fails(toy):
    found = findings(toy(), voltage(toy), legs(111, 111, 111, 111))
    assert found["voltage-100v|bus:lv"].windows == 2
    assert findings(toy(), voltage(toy, SupplyVoltage.LV_200), legs(111, 111, 111, 111)) == {}


def test_both_sides_of_a_band_are_judged_and_the_worst_is_kept(toy):
    found = findings(toy(), voltage(toy), legs(108, 108, 90, 90))
    verdict = found["voltage-100v|bus:lv"]
    assert (verdict.hours, verdict.windows) == (1.0, 2)
    assert verdict.value == pytest.approx(90 * 2 / 210)
    assert verdict.limit == pytest.approx(95 * 2 / 210)
    assert verdict.margin == pytest.approx(-5 * 2 / 210)
    assert verdict.worst_at == "2020-04-20T00:30:00+09:00"


def test_a_value_on_the_limit_passes(toy):
    assert findings(toy(), voltage(toy), legs(107, 107, 95, 95)) == {}


def test_half_hours_are_clock_aligned_and_incomplete_ones_are_not_judged(toy):
    start = toy().start.replace(minute=10)
    study = toy(start=start, duration_s=3000, step_s=600)  # 00:10-01:00; 00:00-00:30 is incomplete
    found = findings(study, voltage(toy), legs(120, 120, 105, 105, 105))
    assert set(found) == {"voltage-100v-excursion|bus:lv"}


def test_a_half_hour_with_a_dead_step_is_not_judged(toy):
    dead = {"vm_pu": 0.0, "energised": False}
    found = findings(toy(), voltage(toy), [dead, *legs(120, 101, 101)])
    assert set(found) == {"voltage-100v-excursion|bus:lv"}
    assert findings(toy(), voltage(toy), [dead] * 4) == {}


def test_a_step_that_did_not_converge_is_a_violation_by_itself_and_spoils_its_half_hour(toy):
    found = findings(toy(), voltage(toy), [{"converged": False}, *legs(120, 101, 101)])
    failed = found["convergence|grid:network"]
    assert (failed.severity, failed.hours, failed.value) == (Severity.VIOLATION, 0.25, 1.0)
    assert failed.first == "2020-04-20T00:00:00+09:00"
    assert "voltage-100v|bus:lv" not in found


def test_steps_longer_than_half_an_hour_are_not_judgeable(toy):
    study = toy(step_s=3600, duration_s=7200)
    found = findings(study, voltage(toy), legs(120, 120))
    notice = found["not-judgeable|limit:voltage-100v"]
    assert (notice.severity, notice.hours) == (Severity.INFORMATION, 2.0)
    assert "voltage-100v|bus:lv" not in found
    assert found["voltage-100v-excursion|bus:lv"].hours == 2.0


def test_half_hour_steps_need_no_excursions(toy):
    found = findings(toy(step_s=1800), voltage(toy), legs(120, 101))
    assert set(found) == {"voltage-100v|bus:lv"}


def test_steps_of_unequal_length_are_weighted_by_their_length(toy):
    study = toy(duration_s=1800, step_s=1200)  # 1200 s at 106.5, 600 s at 107.5: mean 106.83
    assert set(findings(study, voltage(toy), legs(106.5, 107.5))) == {"voltage-100v-excursion|bus:lv"}
    assert "voltage-100v|bus:lv" in findings(study, voltage(toy), legs(107.5, 106.5))


def test_loading_is_a_half_hour_mean_unless_it_is_a_short_time_rating(toy):
    steps = [{"loading_percent": [percent, 20, np.nan, np.nan]} for percent in (70, 125, 90, 90)]
    facts = LimitFacts(toy().index)
    assert set(findings(toy(), tuple(loading_limits(LimitsSpec(), facts)), steps)) == {
        "line-loading-excursion|line:cable"
    }
    found = findings(toy(), tuple(loading_limits(LimitsSpec(loading_window_s=0), facts)), steps)
    assert (found["line-loading|line:cable"].value, found["line-loading|line:cable"].hours) == (125.0, 0.25)


def test_any_metered_export_breaks_a_no_export_contract_and_noise_does_not(toy):
    limits = boundaries(toy, pcc={"kind": "pcc", "export_limit_kw": 0.0})
    assert findings(toy(), limits, imports(50, -0.09, 50, 50)) == {}
    verdict = findings(toy(), limits, imports(50, -2, 50, 50))["no-export|boundary:pcc"]
    assert (verdict.value, verdict.hours, verdict.severity) == (pytest.approx(2.0), 0.25, Severity.VIOLATION)


def test_import_below_the_relay_margin_is_information_and_not_while_the_point_is_dead_or_open(toy):
    limits = boundaries(toy, pcc={"kind": "pcc", "min_import_kw": 10})
    found = findings(toy(), limits, imports(50, 3, 50, 50))
    assert found["min-import|boundary:pcc"].severity is Severity.INFORMATION
    dead = {"vm_pu": 0.0, "energised": False}
    assert findings(toy(), limits, [dead] * 4) == {}


def test_an_open_switch_does_not_count_as_a_boundary_without_import(toy):
    limits = boundaries(toy, section={"kind": "pcc", "min_import_kw": 10})
    assert findings(toy(), limits, [{"closed": [False, False]}] * 4) == {}
    assert "min-import|boundary:section" in findings(toy(), limits, [{"closed": [True, False]}] * 4)


def test_members_are_judged_apart_and_their_share_is_told(toy):
    study = toy(members=4, duration_s=1800)
    steps = [{"vm_pu": np.array([[1, 1, 1, 1, 2 * v / 210] for v in (101, 110, 101, 112)])}] * 2
    verdict = findings(study, voltage(toy), steps)["voltage-100v|bus:lv"]
    assert (verdict.members, verdict.member_share, verdict.worst_member, verdict.windows) == (2, 0.5, 3, 2)
    assert verdict.value == pytest.approx(112 * 2 / 210)
    assert verdict.hours == 0.5


def test_violations_come_before_information(toy):
    found = toy().feed(Monitor(voltage(toy)), legs(108, 108, 110, 101)).findings()
    assert [finding.severity for finding in found] == [Severity.VIOLATION, Severity.INFORMATION]


def test_a_limit_on_something_the_study_does_not_have_is_refused(toy):
    limit = Limit("x", Quantity.VM_PU, ("bus:nowhere",), 0, Bounds(upper=1), "", "", "", "", Severity.WARNING)
    with pytest.raises(ValueError, match="no bus:nowhere"):
        Monitor([limit]).open(toy().layout)


def test_one_subject_twice_under_one_rule_is_refused(toy):
    limit = Limit("x", Quantity.VM_PU, ("bus:lv",), 0, Bounds(upper=1), "", "", "", "", Severity.WARNING)
    with pytest.raises(ValueError, match="twice"):
        Monitor([limit, limit]).open(toy().layout)


def test_excess_is_the_distance_to_the_nearer_bound():
    values = np.array([0.8, 1.0, 1.3, np.nan])
    assert excess(values, 0.9, 1.1)[:3] == pytest.approx([0.1, 0.0, 0.2])
    assert np.isnan(excess(values, 0.9, 1.1)[3])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(80, 130), min_size=6, max_size=6))
def test_shorter_steps_of_the_same_volts_give_the_same_verdict(toy, volts):
    coarse = findings(toy(duration_s=5400), voltage(toy), legs(*volts))
    fine = findings(toy(duration_s=5400, step_s=300), voltage(toy), legs(*np.repeat(volts, 3)))
    assert coarse.keys() == fine.keys()
    for key, finding in coarse.items():
        assert fine[key].hours == pytest.approx(finding.hours)
        assert fine[key].value == pytest.approx(finding.value)


def test_hours_of_every_member_stand_under_the_id_of_the_finding(toy):
    study = toy(members=3, duration_s=3600)
    high = np.array([[1, 1, 1, 1, 2 * volts / 210] for volts in (101, 110, 112)])
    calm = np.array([[1, 1, 1, 1, 2 * volts / 210] for volts in (101, 101, 112)])
    monitor = study.feed(Monitor(voltage(toy)), [{"vm_pu": high}] * 2 + [{"vm_pu": calm}] * 2)
    hours = {finding: values.tolist() for finding, values in monitor.hours().items()}
    assert hours == {"voltage-100v|bus:lv": [0, 0.5, 1.0], "voltage-100v-excursion|bus:lv": [0, 0.5, 1.0]}
    assert set(hours) == {finding.id for finding in monitor.findings()}


def test_the_worst_member_is_named_by_its_number_in_the_ensemble(toy):
    study = toy(members=2, duration_s=1800)
    study.layout = replace(study.layout, numbers=np.array([7, 31]))
    steps = [{"vm_pu": np.array([[1, 1, 1, 1, 2 * v / 210] for v in (101, 112)])}] * 2
    assert findings(study, voltage(toy), steps)["voltage-100v|bus:lv"].worst_member == 31


def test_members_that_fail_are_listed_with_their_first_step_and_the_others_are_judged_as_without_them(toy):
    study = toy(members=3, duration_s=3600)
    study.layout = replace(study.layout, numbers=np.array([4, 5, 6]))
    high = {"vm_pu": np.array([[1, 1, 1, 1, 2 * volts / 210] for volts in (112, 112, 101)])}
    failing = high | {"converged": [[True], [False], [True]]}
    monitor = study.feed(Monitor(voltage(toy)), [high, high, failing, failing])
    found = {finding.id: finding for finding in monitor.findings()}
    failed = found["convergence|grid:network"]
    assert (failed.members, failed.worst_member, failed.windows, failed.hours) == (1, 5, 2, 0.5)
    assert "member 5 from step 2 (2 steps)" in failed.hint
    assert monitor.hours()["convergence|grid:network"].tolist() == [0, 0.5, 0]
    assert monitor.hours()["voltage-100v|bus:lv"].tolist() == [1.0, 0.5, 0]


def test_very_many_failed_members_are_not_all_listed(toy):
    study = toy(members=MOST_FAILED + 3, duration_s=900)
    (failed,) = study.feed(Monitor([]), [{"converged": False}]).findings()
    assert failed.hint.count("from step 0") == MOST_FAILED
    assert "3 more members" in failed.hint
