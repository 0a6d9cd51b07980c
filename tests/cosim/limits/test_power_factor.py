"""Power factor at a boundary: half-hour energies, a floor, lagging and leading as seen from the grid."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.facts import BoundaryFact, LimitFacts, SectionFact
from cosim.limits.power_factor import PowerFactorWatch, power_factor, power_factor_limits
from cosim.limits.spec import LimitsSpec

MW = 1e-3


@pytest.fixture
def facts(toy):
    """`facts(**boundary)`: 100 kW contracted at the metering point."""

    def make(**given):
        pcc = BoundaryFact(**{"name": "pcc", "kind": "pcc", "ends": ("trafo:tr@hv",), "section": "site",
                              "contract_kw": 100.0} | given)  # fmt: skip
        return LimitFacts(toy().index, (SectionFact("site", ("lv",), "premises", "the site"),), boundaries=(pcc,))

    return make


def steps(*powers):
    """(import in kW, import in kvar) of each quarter hour."""
    return [{"boundary_p_mw": [0.0, p * MW], "boundary_q_mvar": [0.0, q * MW]} for p, q in powers]


def findings(study, known, given, spec=None):
    watch = study.feed(PowerFactorWatch(spec or LimitsSpec(), known), given)
    found = {finding.id: finding for finding in watch.findings()}
    assert set(watch.hours()) == set(found)
    return found


def test_a_half_hour_is_judged_by_its_energies_not_by_its_quarters(toy, facts):
    """80 kW with 80 kvar, then 80 with 0: 40 kWh and 20 kvarh, 0.894; the second half hour 40 and 30 is 0.8."""
    found = findings(toy(), facts(), steps((80, 80), (80, 0), (80, 80), (80, 40)))
    verdict = found.pop("power-factor|boundary:pcc")
    assert found == {}
    assert (verdict.value, verdict.limit, verdict.margin) == pytest.approx((0.8, 0.85, -0.05))
    assert (verdict.hours, verdict.windows, verdict.unit) == (0.5, 1, "1")
    assert verdict.first == verdict.worst_at == "2020-04-20T00:30:00+09:00"
    assert verdict.severity is Severity.VIOLATION
    assert (verdict.section, verdict.responsible) == ("site", "the site")
    assert verdict.certainty == "assumed: facts.md 2.2 [U]"


@pytest.mark.parametrize(("p_kw", "found"), [(19.9, False), (20.1, True), (-19.9, False), (-20.1, True)])
def test_it_is_judged_only_above_a_fifth_of_the_contract(toy, facts, p_kw, found):
    assert bool(findings(toy(), facts(), steps(*[(p_kw, 40)] * 4))) is found


def test_while_power_goes_out_the_agreed_export_is_the_measure(toy, facts):
    weak = steps(*[(-100.0, 200.0)] * 4)
    assert findings(toy(), facts(export_limit_kw=1000.0), weak) == {}
    assert set(findings(toy(), facts(export_limit_kw=400.0), weak)) == {"power-factor|boundary:pcc"}


@pytest.mark.parametrize("p_kw", [60.0, -60.0])
def test_taking_reactive_power_is_lagging_and_giving_it_is_leading_whichever_way_power_goes(toy, facts, p_kw):
    assert set(findings(toy(), facts(), steps(*[(p_kw, 60)] * 4))) == {"power-factor|boundary:pcc"}
    (leading,) = findings(toy(), facts(), steps(*[(p_kw, -60)] * 4)).values()
    assert (leading.id, leading.severity) == ("power-factor-leading|boundary:pcc", Severity.WARNING)
    assert (leading.value, leading.limit, leading.margin, leading.unit) == pytest.approx((60.0, 5.0, -55.0, "kvar"))


def test_the_charging_of_a_cable_is_not_leading(toy, facts):
    given = steps(*[(60.0, -4.9)] * 4)
    assert findings(toy(), facts(), given) == {}
    assert findings(toy(), facts(), given, LimitsSpec(power_factor_leading_percent=4.0)) != {}


def test_where_no_export_is_agreed_it_is_a_warning(toy, facts):
    (found,) = findings(toy(), facts(export_limit_kw=0.0), steps(*[(60, 60)] * 4)).values()
    assert found.severity is Severity.WARNING
    assert "no reverse flow" in found.label


@pytest.mark.parametrize("given", [{"contract_kw": None}, {"kind": "bank"}])
def test_without_contract_power_and_at_a_bank_nothing_is_judged(facts, given):
    assert list(power_factor_limits(LimitsSpec(), facts(**given))) == []


def test_other_figures_may_be_agreed(toy, facts):
    given = steps(*[(60, 40)] * 4)  # 0.832
    assert findings(toy(), facts(), given, LimitsSpec(power_factor_min=0.8)) == {}
    assert findings(toy(), facts(), given, LimitsSpec(power_factor_floor_percent=70)) == {}
    assert findings(toy(), facts(), given) != {}


def test_a_half_hour_without_solution_or_without_voltage_is_not_judged(toy, facts):
    bad = steps((60, 60))[0]
    for spoilt in (bad | {"converged": False}, bad | {"energised": [1, 1, 1, 1, 0]}):
        assert findings(toy(duration_s=1800), facts(), [bad, spoilt]) == {}
    assert findings(toy(duration_s=1800), facts(), [bad, bad]) != {}


def test_members_are_judged_apart(toy, facts):
    study = toy(members=3, duration_s=3600)
    study.layout = replace(study.layout, numbers=np.array([4, 5, 6]))
    power = {"boundary_p_mw": np.array([[0, 60 * MW]] * 3)}
    reactive = [[[0, q * MW] for q in kvar] for kvar in ((0, 60, 90), (0, 60, 90), (0, 0, 90), (0, 0, 90))]
    watch = study.feed(
        PowerFactorWatch(LimitsSpec(), facts()), [power | {"boundary_q_mvar": np.array(q)} for q in reactive], size=1
    )
    (found,) = watch.findings()
    assert (found.members, found.worst_member, found.windows, found.hours) == (2, 6, 3, 0.75)
    assert watch.hours()[found.id].tolist() == [0.0, 0.5, 1.0]


def test_power_factor_has_no_sign_and_none_without_power():
    assert power_factor(np.array([3.0, -3.0, 5.0]), np.array([4.0, 4.0, 0.0])).tolist() == pytest.approx([0.6, 0.6, 1])
    assert np.isnan(power_factor(np.zeros(1), np.zeros(1))).all()


def test_where_a_licensees_network_meets_the_utilitys_no_power_factor_is_known(facts):
    """facts.md 2.2 is about points of receipt; a customer's point on a licensee's wires is one."""
    for kind, wires, judged in (
        ("section", "distribution_licence", False),
        ("feeder", "distribution_licence", False),
        ("pcc", "distribution_licence", True),
        ("section", "general_utility", True),
    ):
        known = facts(kind=kind)
        known = replace(known, sections=(SectionFact("site", ("lv",), wires, "the site"),))
        assert bool(list(power_factor_limits(LimitsSpec(), known))) is judged, (kind, wires)
