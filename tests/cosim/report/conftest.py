"""Run folders of made-up steps, written by the real sinks, for tests of the page and the console."""

import json

import numpy as np
import pytest

from cosim.findings import Severity
from cosim.limits.limit import Bounds, Limit, Quantity
from cosim.limits.monitor import Monitor
from cosim.results.balance import Balance
from cosim.results.cost import EnergyCost
from cosim.results.extremes import Extremes
from cosim.results.folder import RunFolder, write_results
from cosim.results.manifest import Manifest, Status
from cosim.results.record_spec import RecordSpec
from cosim.results.series import SeriesWriter
from cosim.results.summary import build_summary
from grids.reasons import Reason
from simulators import ports
from simulators.sinks import EntityLayout

TITLE = {"ja": "試験マイクログリッド", "en": "Test grid <b>&amp;", "ko": "시험 마이크로그리드"}
ENTITIES = (
    EntityLayout("device:roof", "pv", "source", 1, (), injections=(0,)),
    EntityLayout("device:baths", "heat-plant", "engine", 1, (), injections=(1,)),
    EntityLayout("device:cells", "battery", "storage", 1, (), injections=(2,)),
    EntityLayout("load:hall", "daily", "load", 1, (), loads=(0,), customer="hall"),
    EntityLayout("load:shop", "daily", "load", 1, (), loads=(1,)),
    EntityLayout("market:main", "market", "input", 1, ()),
)
LIMITS = (
    Limit("voltage-200v", Quantity.VM_PU, ("bus:lv",), 1800, Bounds(0.90, 1.05), "home", "operator <x>", "Art. 26",
          "sourced: facts.md 1.1", Severity.VIOLATION),
    Limit("no-export", Quantity.EXPORT_KW, ("boundary:pcc",), 0, Bounds(upper=0.0), "home", "owner", "no export",
          "sourced: stated in the scenario", Severity.VIOLATION),
    Limit("contract-power", Quantity.IMPORT_KW, ("boundary:pcc",), 1800, Bounds(upper=150.0), "home", "owner",
          "contract power (契約電力)", "sourced: stated in the scenario", Severity.WARNING),
    Limit("line-loading", Quantity.LOADING_PERCENT, ("line:cable",), 1800, Bounds(upper=100.0), "home", "owner",
          "thermal rating", "assumed: rated current", Severity.VIOLATION),
)  # fmt: skip
SCENARIO = {
    "name": "test-grid",
    "time": {"timezone": "Asia/Tokyo"},
    "boundaries": {"pcc": {"kind": "pcc", "contract_kw": 150, "export_limit_kw": 0}},
    "market": {"currency": "JPY"},
}


def one(value):
    return np.array([[float(value)]])


def day_step(k, step_s):
    """A sunny day: 120 kW of load at night, PV to 200 kW at noon of which half is held back, engines in the evening."""
    hour = (k * step_s / 3600.0) % 24
    sun = max(0.0, np.sin((hour - 6) / 12 * np.pi)) * 0.2
    used = min(sun, 0.1)
    engine = 0.05 if 17 <= hour < 21 else 0.0
    cells = -0.02 if 10 <= hour < 12 else 0.02 if 18 <= hour < 20 else 0.0
    load = 0.12
    losses = 0.001
    into = load + losses - used - engine - cells
    if k == 50:  # one export the controller missed
        used, into = used + 0.04, into - 0.04
    return {
        "vm_pu": [1.0, 0.999, 0.999, 0.998, 0.99 + 0.1 * used],
        "loading_percent": [10 + 200 * abs(into), 50 + 10 * engine, np.nan, np.nan],
        "source_p_mw": into,
        "p_actual_mw": [used, engine, cells],
        "p_served_mw": [0.1, 0.02],
        "losses_mw": losses,
        "boundary_p_mw": [into, into],
        "ports": {
            "device:roof": {
                ports.P: one(used),
                ports.P_AVAILABLE: one(sun),
                ports.CUT_SET: one(sun - used),
                ports.SET_REASON: one(int(Reason.EXPORT) if sun > used else 0),
            },
            "device:baths": {
                ports.P: one(engine), ports.ON: one(engine > 0), ports.HEAT_DEMAND: one(0.06), ports.TANK_SOC: one(0.5),
                ports.HEAT_CHP: one(1.5 * engine), ports.HEAT_BOILER: one(0.02), ports.HEAT_DUMPED: one(0.0),
                ports.HEAT_SERVED: one(0.06), ports.HEAT_UNSERVED: one(0.0), ports.HEAT_LOSS: one(0.001),
                ports.FUEL: one(100 * engine), ports.CO2: one(300 * engine),
            },
            "device:cells": {ports.P: one(cells), ports.SOC: one(0.5 + 0.4 * np.sin(hour / 24 * 2 * np.pi))},
            "load:hall": {ports.P_LOAD: one(0.1)},
            "load:shop": {ports.P_LOAD: one(0.02)},
            "market:main": {ports.ENERGY_PRICE: one(12.0 if 8 <= hour < 20 else 6.0)},
        },
    }  # fmt: skip


def bare_step(k, step_s):
    """Loads only."""
    return {
        "source_p_mw": 0.121,
        "p_served_mw": [0.1, 0.02],
        "losses_mw": 0.001,
        "boundary_p_mw": [0.121, 0.121],
        "ports": {"load:hall": {ports.P_LOAD: one(0.1)}, "load:shop": {ports.P_LOAD: one(0.02)}},
    }


def write_run(toy, folder, *, days=1, step_s=900, entities=ENTITIES, step=day_step, stop_at=None, title=TITLE):
    """A run of `days`; `stop_at` = the step before which it died, status as after a kill."""
    study = toy(step_s=step_s, duration_s=86400 * days, entities=entities)
    manifest = Manifest(folder, {
        "scenario": "test-grid", "variant": None, "title": title, "timezone": "Asia/Tokyo", "members": 1,
        "engine": {"name": "pandapower", "version": "3.5"}, "hash": "abc123", "steps": study.axis.steps,
        "provenance": {"weather": "station 798 Kushima"}, "limits": [limit.as_dict() for limit in LIMITS],
        "notes": ["weather is synthetic: seed 1"],
    })  # fmt: skip
    (folder / "scenario.yaml").write_text(json.dumps(SCENARIO), encoding="utf-8")  # JSON is YAML
    balance, extremes, monitor = Balance(), Extremes({"hall": ("lv",)}), Monitor(LIMITS)
    cost, series = EnergyCost(["pcc"], "JPY"), SeriesWriter(folder, RecordSpec(), chunk_bytes=2**16)
    sinks = (series, balance, extremes, monitor, cost)
    for sink in sinks:
        sink.open(study.layout)
    for k in range(study.axis.steps):
        if k == stop_at:
            return RunFolder(folder)
        block = study.block(k, [step(k, step_s)])
        for sink in sinks:
            sink.write(block)
    for sink in sinks:
        sink.close(complete=True)
    findings = monitor.findings()
    figures = [*balance.figures(), *extremes.figures(), *cost.figures()]
    summary = build_summary(
        scenario="test-grid", variant=None, axis=study.axis, members=1, figures=figures, findings=findings,
        notes=["weather is synthetic: seed 1"],
    )  # fmt: skip
    write_results(folder, summary=summary, findings=findings, balance=balance.monthly())
    manifest.finish(Status.COMPLETE)
    return RunFolder(folder)


@pytest.fixture
def make_run(toy, tmp_path):
    """`make_run(**options of write_run)` -> RunFolder."""

    def make(**options):
        return write_run(toy, tmp_path, **options)

    return make


@pytest.fixture
def bare_run(make_run):
    """A finished run with loads only."""
    return make_run(entities=tuple(entity for entity in ENTITIES if entity.role == "load"), step=bare_step)


@pytest.fixture(scope="session")
def day_run(toy, tmp_path_factory):
    """One finished day, shared: do not write into it."""
    return write_run(toy, tmp_path_factory.mktemp("day"))
