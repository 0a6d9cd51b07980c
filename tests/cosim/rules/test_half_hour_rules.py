"""Balancing groups and self-wheeling on a network small enough to reckon by hand."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.rules.balancing import Balancing
from cosim.rules.facts import Arrangement, BalancingFact, CustomerFact, PlanFact, PlantFact, WheelingFact
from cosim.rules.terms import Relation, Supply
from cosim.rules.wheeling import Wheeling
from tests.cosim.rules.arrangements import NOW

HOUR = timedelta(hours=1)
HALL = CustomerFact("hall", Supply.SELF_WHEELING, Relation.CAPITAL, "", (0,))
BOTH = CustomerFact("both", Supply.SPECIFIED_TRANSMISSION_RETAIL, None, "", (0, 1))
ROOF = PlantFact("roof", "pv", "source", "", 60.0, injections=(0, 1))
CELLS = PlantFact("cells", "battery", "storage", "", 10.0, injections=(2,))
PERFECT = PlanFact(HOUR, 0.0, 0, 10.0)
BAD = PlanFact(24 * HOUR, 40.0, 0, 10.0)
DAY = [{"p_served_mw": [0.02, 0.01], "p_actual_mw": [0.004, 0.002, -0.003]}] * 96


def group(plan=PERFECT, customers=("both",), plants=("roof", "cells")):
    return Arrangement(
        NOW,
        customers=(BOTH,),
        plants=(ROOF, CELLS),
        balancing=(BalancingFact("town", customers, plants, plan),),
    )


def wheeling(**given):
    way = replace(WheelingFact("way", ("roof",), "hall", 4.0, new_plant=True, user_owned=True), **given)
    return Arrangement(NOW, customers=(HALL,), plants=(ROOF,), wheeling=(way,))


def figures(sink):
    return {figure.key.rpartition(".")[2]: figure.values for figure in sink.figures()}


def fed(toy, sink, steps, **given):
    return toy(duration_s=900 * len(steps), **given).feed(sink, steps)


def test_a_perfect_plan_has_no_imbalance(toy):
    sink = fed(toy, Balancing(group()), DAY)
    found = figures(sink)
    assert found["planned_mwh"][0] == pytest.approx(24 * (0.030 + 0.003))
    assert found["shortfall_mwh"][0] == found["surplus_mwh"][0] == found["imbalance_percent"][0] == 0.0
    assert list(sink.findings()) == []
    assert sink.hours() == {}


def test_a_bad_plan_is_a_warning_with_the_half_hours_that_missed(toy):
    sink = fed(toy, Balancing(group(BAD)), DAY)
    found = figures(sink)
    (finding,) = sink.findings()
    assert (finding.id, finding.severity) == ("planned-balancing|balancing:town", Severity.WARNING)
    assert finding.value == pytest.approx(found["imbalance_percent"][0])
    assert finding.value > finding.limit == 10.0
    assert finding.margin < 0
    assert 0.0 < finding.hours <= 24.0
    assert finding.windows == 2 * finding.hours
    missed = found["shortfall_mwh"][0] + found["surplus_mwh"][0]
    assert finding.energy_mwh == pytest.approx(missed)
    assert finding.value == pytest.approx(100 * missed / found["planned_mwh"][0])


@pytest.mark.parametrize(("gate", "larger"), [(HOUR, 24 * HOUR), (0.5 * HOUR, 6 * HOUR)])
def test_a_shorter_gate_misses_less(toy, gate, larger):
    steps = DAY * 7
    missed = [
        figures(fed(toy, Balancing(group(replace(BAD, gate=one))), steps))["imbalance_percent"][0]
        for one in (gate, larger)
    ]
    assert missed[0] < 0.6 * missed[1]


def test_imbalance_closes_actual_and_plan_to_the_member(toy):
    """Members plan with errors of their own, and one alone errs as it does among others."""
    sink = fed(toy, Balancing(group(BAD)), DAY, members=3)
    together = figures(sink)["imbalance_percent"]
    assert len(set(together.tolist())) == 3
    world = toy(duration_s=900 * len(DAY))
    world.layout = replace(world.layout, numbers=np.array([2]))
    alone = Balancing(group(BAD))
    world.feed(alone, DAY)
    assert figures(alone)["imbalance_percent"][0] == together[2]


def test_blocks_of_any_size_give_the_same_bits(toy):
    parts = []
    for size in (1, 5, 96):
        sink = Balancing(group(BAD))
        toy(duration_s=900 * len(DAY)).feed(sink, DAY, size=size)
        parts.append(figures(sink)["shortfall_mwh"])
    assert parts[0] == parts[1] == parts[2]


def test_half_hours_that_are_dead_or_without_solution_are_not_judged(toy):
    dead, failed = {"energised": [True, True, True, True, False]}, {"converged": False}
    steps = [DAY[0], DAY[0] | dead, DAY[0], DAY[0] | failed, DAY[0], DAY[0]]
    found = figures(fed(toy, Balancing(group()), steps))
    assert found["planned_mwh"][0] == pytest.approx(0.5 * 0.033)


def test_steps_longer_than_half_an_hour_are_said_to_be_unjudged(toy):
    sink = Balancing(group(BAD))
    toy(step_s=3600, duration_s=7200).feed(sink, DAY[:2])
    (finding,) = sink.findings()
    assert finding.rule == "not-judgeable"
    assert np.isnan(figures(sink)["planned_mwh"][0])


def test_what_is_wheeled_loses_its_share_and_the_rest_is_bought(toy):
    sink = fed(toy, Wheeling(wheeling(), 0.1), [{"p_served_mw": [0.02, 0.5], "p_actual_mw": [0.006, 0.004, 0.9]}] * 4)
    found = figures(sink)
    assert found["delivered_mwh"][0] == pytest.approx(0.0096)
    assert found["residual_purchase_mwh"][0] == pytest.approx(0.0104)
    assert found["max_residual_purchase_kw"][0] == pytest.approx(10.4)
    assert found["surplus_mwh"][0] == 0.0
    assert list(sink.findings()) == []


def test_more_than_is_used_in_a_half_hour_breaks_the_rule(toy):
    quiet = {"p_served_mw": [0.02, 0.5], "p_actual_mw": [0.01, 0.01, 0.0]}  # 19.2 kW arrive for 20 kW
    sunny = {"p_served_mw": [0.02, 0.5], "p_actual_mw": [0.03, 0.02, 0.0]}  # 48 kW arrive
    sink = fed(toy, Wheeling(wheeling(), 0.1), [quiet, quiet, quiet, sunny, sunny, sunny])
    (finding,) = sink.findings()
    assert (finding.id, finding.severity) == ("wheeling-surplus|wheeling:way", Severity.VIOLATION)
    assert finding.value == pytest.approx(28.0)
    assert (finding.hours, finding.windows) == (1.0, 2)
    assert finding.energy_mwh == pytest.approx(0.5 * (13.6 + 28.0) / 1000)
    assert figures(sink)["surplus_mwh"][0] == pytest.approx(finding.energy_mwh)
    assert sink.hours() == {finding.id: pytest.approx([1.0])}


def test_a_half_hour_may_even_out_what_its_steps_do_not(toy):
    over, under = ({"p_served_mw": [0.02, 0], "p_actual_mw": [power, 0.0, 0.0]} for power in (0.03, 0.005))
    assert list(fed(toy, Wheeling(wheeling(), 0.1), [over, under]).findings()) == []


def test_a_surplus_no_meter_shows_is_none(toy):
    near = {"p_served_mw": [0.01, 0], "p_actual_mw": [0.01009, 0.0, 0.0]}
    assert list(fed(toy, Wheeling(wheeling(loss_percent=0.0), 0.1), [near, near]).findings()) == []
    assert len(list(fed(toy, Wheeling(wheeling(loss_percent=0.0), 0.05), [near, near]).findings())) == 1
