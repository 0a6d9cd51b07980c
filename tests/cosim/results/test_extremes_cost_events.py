"""Sinks that watch: extremes, the cost of imported energy, and what changed."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.results import events
from cosim.results.cost import EnergyCost
from cosim.results.events import EventLog
from cosim.results.extremes import Extremes
from simulators import ports
from simulators.sinks import EntityLayout


def figures(sink):
    return {figure.key: figure.values.tolist() for figure in sink.figures()}


def test_voltages_are_kept_per_level_and_customer_and_dead_buses_do_not_count(toy, entities):
    steps = [
        {"vm_pu": [1.01, 1.0, 0.99, 0.98, 0.97]},
        {"vm_pu": [1.0, 1.0, 1.0, 1.0, 0.0], "energised": [1, 1, 1, 1, 0]},
    ]
    found = figures(toy(entities=entities, duration_s=1800).feed(Extremes({"hall": ["lv"]}), steps))
    assert found["level:6.6kV.vm_max_pu"] == [1.01]
    assert found["level:6.6kV.vm_min_pu"] == [0.98]
    assert found["level:0.21kV.vm_min_pu"] == found["customer:hall.vm_min_pu"] == [0.97]


def test_a_member_that_did_not_converge_leaves_no_extreme(toy, entities):
    study = toy(entities=entities, duration_s=900, members=2)
    found = figures(study.feed(Extremes(), [{"converged": [[True], [False]], "loading_percent": [80, 40, 0, 0]}]))
    assert found["grid.max_line_loading_percent"] == pytest.approx([80, np.nan], nan_ok=True)
    assert found["level:6.6kV.vm_max_pu"] == pytest.approx([1.0, np.nan], nan_ok=True)


def test_the_highest_import_is_a_clock_half_hour_mean(toy):
    steps = [{"boundary_p_mw": [p, -p]} for p in (0.3, 0.6, 0.6, 0.3)]
    found = figures(toy().feed(Extremes(), steps))
    assert found["boundary:section.max_import_kw"] == pytest.approx([450.0])
    assert found["boundary:section.max_export_kw"] == [0.0]
    assert found["boundary:pcc.max_export_kw"] == pytest.approx([450.0])


def test_steps_longer_than_half_an_hour_give_step_means(toy):
    steps = [{"boundary_p_mw": [0.3, 0]}, {"boundary_p_mw": [0.6, 0]}]
    found = figures(toy(step_s=3600, duration_s=7200).feed(Extremes(), steps))
    assert found["boundary:section.max_import_kw"] == pytest.approx([600.0])


def test_storage_ranges_and_engine_starts(toy):
    plant = EntityLayout("device:baths", "heat-plant", "engine", 2, (), injections=(0, 1))
    cells = EntityLayout("device:cells", "battery", "storage", 1, (), injections=(2,))
    on = [(1, 0), (1, 1), (0, 1), (1, 1)]
    steps = [
        {"ports": {"device:baths": {ports.ON: np.array([row]) > 0, ports.TANK_SOC: np.array([[0.1 * k]])},
                   "device:cells": {ports.SOC: np.array([[0.5 - 0.1 * k]])}}}
        for k, row in enumerate(on)
    ]  # fmt: skip
    found = figures(toy(entities=(plant, cells)).feed(Extremes(), steps))
    assert found["device:baths.starts"] == [3.0]
    assert found["device:cells.soc_min"] == pytest.approx([0.2])
    assert found["device:baths.tank_soc_max"] == pytest.approx([0.3])


def test_import_costs_its_price_and_export_earns_nothing(toy):
    market = [{"market:main": {ports.ENERGY_PRICE: np.array([[price]])}} for price in (10.0, 30.0, 30.0)]
    flows = [(0, 0.1), (0, 0.2), (0, -0.5)]
    steps = [{"ports": p, "boundary_p_mw": f} for p, f in zip(market, flows, strict=True)]
    sink = toy(duration_s=2700).feed(EnergyCost(["pcc"], "JPY"), steps)
    assert figures(sink) == {"boundary:pcc.energy_cost": pytest.approx([25 * 10 + 50 * 30])}
    assert sink.figures()[0].unit == "JPY"


def test_without_a_price_there_is_no_cost_and_an_unknown_metering_point_is_refused(toy):
    assert toy().feed(EnergyCost(["pcc"], "JPY"), [{"boundary_p_mw": [1, 1]}]).figures() == []
    with pytest.raises(ValueError, match="no boundary is called main"):
        EnergyCost(["main"], "JPY").open(toy().layout)


def test_switches_and_engines_that_change_are_events(toy):
    plant = EntityLayout("device:baths", "heat-plant", "engine", 2, (), injections=(0, 1))

    def step(closed, on):
        return {"closed": closed, "ports": {"device:baths": {ports.ON: np.array([on])}}}

    steps = [step([1, 1], [0, 0]), step([1, 0], [0, 1]), step([1, 0], [0, 1])]
    log = toy(entities=(plant,), duration_s=2700).feed(EventLog(), steps)
    opened, started = (event.as_dict() for event in log.events)
    assert opened == {
        "t_s": 900, "time": "2020-04-20T00:15:00+09:00", "member": 0, "actor": "schedule", "action": "open",
        "subject": "switch:far", "from": 1.0, "to": 0.0, "reason": "", "certainty": "derived: this run",
    }  # fmt: skip
    assert (started["action"], started["subject"]) == ("start", "device:baths[1]")


@pytest.mark.parametrize("size", [1, 4, 10])
def test_the_event_log_keeps_the_first_records_and_counts_all(toy, size):
    log = toy(duration_s=9000).feed(EventLog(most=3), [{"closed": [k % 2, 1]} for k in range(10)], size)
    assert ([event.t_s for event in log.events], log.dropped) == ([900, 1800, 2700], 6)
    assert log.counts == {"close": 5, "open": 4}


def test_an_ensemble_keeps_fewer_records_than_its_members_have_events(toy, monkeypatch):
    monkeypatch.setattr(events, "MOST_EVENTS_OF_MANY", 5)
    steps = [{"closed": np.array([[1, k % 2]] * 4)} for k in range(4)]
    log = toy(members=4).feed(EventLog(), steps)
    assert (len(log.events), log.counts.total(), log.dropped) == (5, 12, 7)


def test_events_and_worst_members_go_by_the_numbers_of_the_ensemble(toy):
    study = toy(members=2, duration_s=1800)
    study.layout = replace(study.layout, numbers=np.array([12, 40]))
    log = study.feed(EventLog(), [{}, {"closed": [[1, 1], [1, 0]]}])
    assert [event.member for event in log.events] == [40]


def test_equal_changes_of_one_step_are_told_by_kind_then_member_then_subject(toy):
    steps = [{}, {"closed": [[0, 0], [1, 0]]}]
    log = toy(members=2, duration_s=1800).feed(EventLog(), steps)
    assert [(event.member, event.subject) for event in log.events] == [
        (0, "switch:near"), (0, "switch:far"), (1, "switch:far"),
    ]  # fmt: skip
