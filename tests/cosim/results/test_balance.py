"""The balances: what closes, what is left over, and under which reason a missing kilowatt stands."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.results.balance import Balance
from cosim.results.ledger import calendar_months
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout

MW = 1e-3
ROOF = {
    ports.P: np.array([[0.030, 0.040]]),
    ports.P_AVAILABLE: np.array([[0.050, 0.040]]),
    ports.CUT_RATING: np.array([[0.005, 0.0]]),
    ports.CUT_VOLTAGE: np.array([[0.003, 0.0]]),
    ports.CUT_SET: np.array([[0.012, 0.0]]),
    ports.SET_REASON: np.array([[int(Reason.EXPORT), 0]]),
}
LOADS = {"load:hall": {ports.P_LOAD: np.array([[0.1]])}, "load:shop": {ports.P_LOAD: np.array([[0.02]])}}


def step(**changed):
    """Roof 70 kW, battery charging 10 kW, 120 kW of load, 1 kW of losses: 61 kW come in."""
    given = {
        "ports": {"device:roof": ROOF, **LOADS},
        "source_p_mw": 0.061,
        "p_actual_mw": [0.030, 0.040, -0.010],
        "p_served_mw": [0.1, 0.02],
        "losses_mw": 0.001,
        "boundary_p_mw": [0.061, -0.005],
    }
    return given | changed


def figures(sink):
    return {figure.key: figure.values for figure in sink.figures()}


def run(toy, entities, *steps, **given):
    study = toy(entities=entities, duration_s=900 * len(steps), **given)
    return figures(study.feed(Balance(), steps))


def test_a_balanced_step_leaves_no_residual_and_its_energies_add_up(toy, entities):
    found = run(toy, entities, step(), step())
    assert found["balance.residual_mw"] == pytest.approx(0.0, abs=1e-15)
    hours = 0.5
    expected = {
        "grid.import_mwh": 0.061, "grid.export_mwh": 0.0, "grid.generation_mwh": 0.070, "grid.charge_mwh": 0.010,
        "grid.discharge_mwh": 0.0, "grid.served_mwh": 0.12, "grid.losses_mwh": 0.001,
        "device:roof.generation_mwh": 0.070, "device:roof.available_mwh": 0.090, "device:cells.charge_mwh": 0.010,
        "load:hall.demand_mwh": 0.1, "load:hall.served_mwh": 0.1, "load:shop.served_mwh": 0.02,
        "boundary:section.import_mwh": 0.061, "boundary:pcc.export_mwh": 0.005, "boundary:pcc.import_mwh": 0.0,
    }  # fmt: skip
    assert {key: found[key][0] for key in expected} == pytest.approx({k: v * hours for k, v in expected.items()})
    assert found["balance.peak_flow_mw"] == pytest.approx(0.131)


def test_a_missing_kilowatt_shows_as_residual_with_its_time(toy, entities):
    study = toy(entities=entities, duration_s=1800)
    sink = study.feed(Balance(), [step(), step(source_p_mw=0.062)])
    assert figures(sink)["balance.residual_mw"] == pytest.approx(0.001)
    assert sink.monthly()["residuals"]["residual_mw"]["at"] == "2020-04-20T00:15:00+09:00"


def test_every_curtailed_kilowatt_stands_under_its_one_reason(toy, entities):
    found = run(toy, entities, step())
    reasons = {"rating": 0.005, "voltage": 0.003, "export": 0.012, "order": 0.0, "island": 0.0, "relay": 0.0}
    for name, megawatt in reasons.items():
        assert found[f"device:roof.curtailed_{name}_mwh"] == pytest.approx(megawatt * 0.25), name
    assert found["device:roof.curtailed_mwh"] == pytest.approx(0.020 * 0.25)
    assert found["grid.curtailed_mwh"] == pytest.approx(0.020 * 0.25)
    assert found["balance.available_residual_mw"] == pytest.approx(0.0, abs=1e-15)


def test_what_the_grid_refuses_is_curtailed_under_the_grid_s_reason(toy, entities):
    dead = step(
        p_actual_mw=[0.0, 0.040, -0.010],
        injection_reason=[int(Reason.RELAY), 0, 0],
        source_p_mw=0.091,
    )
    found = run(toy, entities, dead)
    assert found["device:roof.curtailed_relay_mwh"] == pytest.approx(0.030 * 0.25)
    assert found["device:roof.curtailed_mwh"] == pytest.approx(0.050 * 0.25)
    assert found["balance.residual_mw"] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    "broken",
    [
        step(ports={"device:roof": ROOF | {ports.P_AVAILABLE: np.array([[0.057, 0.040]])}, **LOADS}),
        step(ports={"device:roof": ROOF | {ports.CUT_SET: np.array([[0.012, 0.007]])}, **LOADS}),
        step(p_actual_mw=[0.023, 0.040, -0.010]),
    ],
    ids=["device does not account for it", "set-point without reason", "grid without reason"],
)
def test_a_kilowatt_without_a_reason_is_a_residual(toy, entities, broken):
    assert run(toy, entities, broken)["balance.available_residual_mw"] == pytest.approx(0.007)


def test_unserved_demand_stands_under_its_reason(toy, entities):
    shed = step(p_served_mw=[0.0, 0.015], load_reason=[int(Reason.NO_SUPPLY), int(Reason.SHED)])
    found = run(toy, entities, shed)
    assert found["load:hall.unserved_no_supply_mwh"] == pytest.approx(0.1 * 0.25)
    assert found["load:shop.unserved_shed_mwh"] == pytest.approx(0.005 * 0.25)
    assert found["grid.unserved_mwh"] == pytest.approx(0.105 * 0.25)
    assert found["balance.demand_residual_mw"] == pytest.approx(0.0)


def test_demand_missing_without_a_reason_is_a_residual_unless_the_load_follows_the_voltage(toy, entities):
    low = step(p_served_mw=[0.09, 0.02])
    assert run(toy, entities, low)["balance.demand_residual_mw"] == pytest.approx(0.01)
    study = toy(entities=entities, duration_s=900)
    lenient = study.feed(Balance(voltage_dependent=np.array([True, False])), [low])
    assert figures(lenient)["balance.demand_residual_mw"] == pytest.approx(0.0)
    assert figures(lenient)["load:hall.unserved_mwh"] == pytest.approx(0.0)


def test_one_column_for_all_units_stands_for_each_of_them(toy, entities):
    shared = {
        ports.P: np.array([[0.03, 0.03]]),
        ports.P_AVAILABLE: np.array([[0.03]]),
    }
    found = run(toy, entities, step(ports={"device:roof": shared, **LOADS}, p_actual_mw=[0.03, 0.03, 0.0]))
    assert found["device:roof.available_mwh"] == pytest.approx(0.06 * 0.25)
    assert found["balance.available_residual_mw"] == pytest.approx(0.0, abs=1e-15)


def test_what_belongs_to_the_plant_is_counted_once_whatever_its_units(toy):
    plant = EntityLayout("device:baths", "heat-plant", "engine", 3, (), injections=(0, 1, 2))
    flows = {
        ports.ON: np.array([[True, True, False]]), ports.FUEL: np.array([[8.0]]), ports.HEAT_CHP: np.array([[0.06]]),
    }  # fmt: skip
    found = run(toy, (plant,), {"ports": {"device:baths": flows}})
    assert found["device:baths.fuel_kg"] == pytest.approx(2.0)
    assert found["device:baths.run_hours"] == pytest.approx(0.5)
    assert found["device:baths.heat_chp_mwh"] == pytest.approx(0.015)


def heat(chp, boiler, served, dumped, loss, soc, demand=None):
    flows = {
        ports.HEAT_CHP: chp, ports.HEAT_BOILER: boiler, ports.HEAT_SERVED: served, ports.HEAT_DUMPED: dumped,
        ports.HEAT_LOSS: loss, ports.TANK_SOC: soc, ports.HEAT_DEMAND: served if demand is None else demand,
        ports.HEAT_UNSERVED: 0.0,
    }  # fmt: skip
    return {"ports": {"device:baths": {name: np.array([[value]]) for name, value in flows.items()}}}


@pytest.mark.parametrize(("soc", "residual"), [(0.6, 0.0), (0.7, 0.08)])
def test_the_tank_takes_what_the_heat_flows_leave(toy, soc, residual):
    plant = EntityLayout("device:baths", "heat-plant", "engine", 1, (), injections=(0,), storage_mwh=0.2)
    # 0.1 + 0.02 - 0.03 - 0.005 - 0.005 = 0.08 MW stored for a quarter hour = 0.02 MWh = 0.1 of the tank
    flows = (0.1, 0.02, 0.03, 0.005, 0.005)
    found = run(toy, (plant,), heat(*flows, 0.5), heat(*flows, soc))
    assert found["balance.heat_residual_mw"] == pytest.approx(residual, abs=1e-12)


def test_heat_asked_for_is_served_or_unserved(toy):
    plant = EntityLayout("device:baths", "heat-plant", "engine", 1, (), injections=(0,))
    found = run(toy, (plant,), heat(0, 0.03, 0.03, 0, 0, 0, demand=0.04))
    assert found["balance.heat_residual_mw"] == pytest.approx(0.01)


def test_a_member_that_did_not_converge_books_nothing_and_is_counted(toy, entities):
    both = run(toy, entities, step(), step(converged=[[True], [False]]), members=2)
    assert both["grid.import_mwh"] == pytest.approx([0.061 * 0.5, 0.061 * 0.25])
    assert both["grid.failed_steps"].tolist() == [0.0, 1.0]
    assert both["balance.residual_mw"] == pytest.approx([0.0, 0.0], abs=1e-15)
    assert both["device:roof.curtailed_mwh"] == pytest.approx([0.01, 0.005])


def test_energies_are_kept_by_month_of_the_local_calendar(toy, entities):
    start = toy().start.replace(month=4, day=30, hour=23, minute=30)
    study = toy(entities=entities, start=start, duration_s=3600)
    monthly = study.feed(Balance(), [step(source_p_mw=p) for p in (0.1, 0.2, 0.3, 0.5)]).monthly()
    assert monthly["months"] == ["2020-04", "2020-05"]
    assert monthly["energies"]["grid.import_mwh"]["values"] == pytest.approx([0.075, 0.2])
    assert monthly["energies"]["device:roof.curtailed_mwh"]["values"] == pytest.approx([0.01, 0.01])


def test_months_of_a_year_follow_the_calendar(toy):
    months, position = calendar_months(toy(start=toy().start.replace(month=1, day=1), duration_s=366 * 86400).axis)
    assert months == tuple(f"2020-{month:02d}" for month in range(1, 13))
    assert np.bincount(position).tolist() == [96 * days for days in (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)]


def test_nothing_is_reported_before_the_first_step(toy, entities):
    sink = toy(entities=entities).feed(Balance(), [])
    assert sink.figures() == []
    assert sink.monthly()["energies"] == {}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 0.2), min_size=4, max_size=4), st.integers(1, 6))
def test_energies_do_not_depend_on_the_length_of_steps(toy, powers, split):
    roof = EntityLayout("device:roof", "pv", "source", 2, (), injections=(0, 1))
    steps = [{"p_actual_mw": [power, 0, 0], "source_p_mw": -power} for power in powers]
    whole = figures(toy(entities=(roof,)).feed(Balance(), steps))
    parts = figures(
        toy(entities=(roof,), step_s=900 // split).feed(Balance(), [s for s in steps for _ in range(split)])
    )
    assert parts["device:roof.generation_mwh"] == pytest.approx(whole["device:roof.generation_mwh"])
    assert parts["grid.export_mwh"] == pytest.approx(whole["grid.export_mwh"])


def test_equipment_nobody_drives_is_in_the_balance_and_told_only_where_there_is_any(toy, entities):
    index = replace(toy().index, fixture=("shunt:c", "gen:g"), fixture_bus=np.array([1, 1]))
    given = step(fixture_p_mw=[0.010, -0.025], source_p_mw=0.046)
    found = run(toy, entities, given, index=index)
    assert found["balance.residual_mw"] == pytest.approx(0.0, abs=1e-15)
    assert found["grid.fixtures_mwh"] == pytest.approx(0.010 * 0.25)
    assert found["grid.fixture_generation_mwh"] == pytest.approx(0.025 * 0.25)
    assert not [key for key in run(toy, entities, step()) if "fixture" in key]


def test_a_tank_may_differ_by_member(toy):
    plant = EntityLayout(
        "device:baths", "heat-plant", "engine", 1, (), injections=(0,), storage_mwh=np.array([0.2, 0.4])
    )
    # 0.08 MW are left for a quarter hour: 0.02 MWh fill 0.1 of the first tank, 0.05 of the second
    flows = (0.1, 0.02, 0.03, 0.005, 0.005)
    full = [heat(*flows, 0.5), heat(*flows, 0.6)]
    found = run(toy, (plant,), *full, members=2)
    assert found["balance.heat_residual_mw"] == pytest.approx([0.0, 0.08], abs=1e-12)
