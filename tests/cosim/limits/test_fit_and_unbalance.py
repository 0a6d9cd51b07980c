"""FIT beside other plants at one meter (facts.md 2.7), and unequal legs of a three-wire supply."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.build import build_limits
from cosim.limits.columns import unbalance_percent
from cosim.limits.facts import BoundaryFact, GeneratorFact, LimitFacts, SectionFact, SupplyFact
from cosim.limits.monitor import Monitor
from cosim.limits.spec import LimitsSpec

MW = 1e-3
ROOF = GeneratorFact("roof", "source", "fit", False, ("lv", "lv"), (20.0, 20.0))
CELLS = GeneratorFact("cells", "storage", "none", False, ("lv",), (20.0,))


def limits(toy, rule, *generators, **given):
    pcc = BoundaryFact("pcc", **{"kind": "pcc", "ends": ("trafo:tr@hv",), "section": "site"} | given)
    sections = (SectionFact("site", ("lv",), "premises", "the site"),)
    facts = LimitFacts(toy().index, sections, boundaries=(pcc,), generators=generators)
    return tuple(limit for limit in build_limits(LimitsSpec(), facts) if limit.id == rule)


def with_fit(study):
    """Both roofs sell under FIT behind the metering point."""
    study.layout = replace(study.layout, fit=((), (0, 1)))
    return study


def step(export_kw, roof_kw, cells_kw):
    roofs = [roof_kw * MW / 2.0] * 2
    return {"boundary_p_mw": [0.0, -export_kw * MW], "p_actual_mw": [*roofs, cells_kw * MW]}


@pytest.mark.parametrize(
    ("generators", "given", "judged"),
    [
        ((ROOF, CELLS), {}, True),
        ((ROOF, replace(CELLS, scheme="fip")), {}, True),
        ((ROOF,), {}, False),
        ((CELLS,), {}, False),
        ((ROOF, replace(CELLS, scheme="fit")), {}, False),
        ((ROOF, replace(CELLS, buses=("end",))), {}, False),
        ((ROOF, CELLS), {"separate_metering": True}, False),
        ((ROOF, CELLS), {"kind": "section"}, False),
    ],
)
def test_it_binds_where_fit_and_other_plants_stand_behind_one_meter(toy, generators, given, judged):
    assert bool(limits(toy, "fit-coexistence", *generators, **given)) is judged


def test_what_goes_out_beyond_fit_generation_is_a_violation(toy):
    (limit,) = limits(toy, "fit-coexistence", ROOF, CELLS)
    given = [step(10, 12, 0), step(12.05, 12, 5), step(15, 12, 5), step(5, 0, 5)]
    found = with_fit(toy()).feed(Monitor([limit]), given).findings()
    (finding,) = found
    assert (finding.id, finding.severity) == ("fit-coexistence|boundary:pcc", Severity.VIOLATION)
    assert (finding.value, finding.limit, finding.hours) == pytest.approx((5.0, 0.0, 0.5))  # 0.05 kW shows on no meter
    assert finding.worst_at == "2020-04-20T00:45:00+09:00"
    assert "施行規則第5条" in finding.label
    assert "[U]" in finding.certainty


def test_what_a_fit_plant_draws_by_night_is_no_generation(toy):
    (limit,) = limits(toy, "fit-coexistence", ROOF, CELLS)
    (finding,) = with_fit(toy()).feed(Monitor([limit]), [step(4, -6, 10)] * 4).findings()
    assert finding.value == pytest.approx(4.0)


def test_a_limit_without_its_plants_is_refused(toy):
    (limit,) = limits(toy, "fit-coexistence", ROOF, CELLS)
    with pytest.raises(ValueError, match="no FIT plant"):
        Monitor([limit]).open(toy().layout)


def supplied(study):
    study.layout = replace(study.layout, supply=(("customer:a", ("a", "b")), ("customer:c", ("a", "b"))))
    return study


def unbalance(toy, method="measured", **spec):
    supplies = tuple(SupplyFact(f"customer:{name}", ("a", "b"), "lv", method) for name in ("a", "c"))
    facts = LimitFacts(toy().index, supplies=supplies, legs_known_at=frozenset({"lv"}))
    every = build_limits(LimitsSpec(voltage=spec), facts)
    return tuple(limit for limit in every if limit.id == "leg-unbalance")


def test_legs_that_differ_are_a_warning_on_half_hours(toy):
    """104.0 and 100.0 V: 4 V over 102 V, 3.92 %; with 101 and 101 in the other quarter hour 1.96 %."""
    legs = [[[104, 100], [101, 101]], [[101, 101], [101, 101]], [[104, 100], [101, 101]], [[100, 104], [101, 101]]]
    given = [{"legs_v": volts} for volts in legs]
    found = {one.id: one for one in supplied(toy()).feed(Monitor(unbalance(toy)), given).findings()}
    verdict = found["leg-unbalance|customer:a"]
    assert (verdict.value, verdict.limit, verdict.hours) == pytest.approx((100 * 4 / 102, 3.0, 0.5))
    assert (verdict.severity, verdict.unit) == (Severity.WARNING, "%")
    assert found["leg-unbalance-excursion|customer:a"].windows == 3
    assert len(found) == 2


def test_an_equivalent_has_no_legs_to_compare_and_the_limit_may_differ(toy):
    assert unbalance(toy, "equivalent") == ()
    (limit,) = unbalance(toy, leg_unbalance_percent=5.0)
    assert limit.bounds.upper == 5.0


def test_a_dead_supply_point_is_not_judged(toy):
    given = [{"legs_v": [[0, 0], [101, 101]]}] * 4
    assert supplied(toy()).feed(Monitor(unbalance(toy)), given).findings() == []
    assert unbalance_percent(np.zeros((1, 1, 2))).tolist() == [[0.0]]


def test_quarters_of_legs_make_one_violation_of_half_an_hour(toy):
    """planner.md 5 "Means", on leg a of a supply point."""
    supply = SupplyFact("customer:a", ("a", "b"), "lv", "measured")
    facts = LimitFacts(toy().index, supplies=(supply,), legs_known_at=frozenset({"lv"}))
    given = [{"legs_v": [[volt, 105.0], [101, 101]]} for volt in (106.0, 108.5, 105.0, 106.5, 107.5, 106.2)]
    monitor = supplied(toy(duration_s=5400)).feed(Monitor(build_limits(LimitsSpec(), facts)), given)
    found = {one.id: one for one in monitor.findings()}
    assert set(found) == {"voltage-100v|customer:a@a", "voltage-100v-excursion|customer:a@a"} | {
        one for one in found if one.startswith("leg-unbalance")
    }
    verdict, excursion = found["voltage-100v|customer:a@a"], found["voltage-100v-excursion|customer:a@a"]
    assert (verdict.severity, verdict.windows, verdict.hours) == (Severity.VIOLATION, 1, 0.5)
    assert verdict.value == pytest.approx(107.25)
    assert (excursion.severity, excursion.windows) == (Severity.INFORMATION, 2)
