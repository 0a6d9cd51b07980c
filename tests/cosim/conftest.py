"""A network small enough to reckon by hand, and steps of it, for tests of limits and results."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cosim.results.folder import RunFolder
from cosim.run import MARK, RunOptions, build, execute
from cosim.scenario.validation import load_scenario
from grids.feeder import GridStep
from grids.powerflow.contract import BranchKind, FeederIndex, FlowResult, FlowState
from grids.supply import SupplyState
from simulators.axis import TimeAxis
from simulators.sinks import EntityLayout, Layout, join_steps
from tests.cosim.small_ensemble import MEMBERS, write_study

# up --near-- mid --far-- down;  mid --tr-- lv;  mid --cable-- end
BUSES = ("up", "mid", "down", "end", "lv")
BRANCHES = ("cable", "tr", "near", "far")
ENDS = (
    ("section", "switch:near@from"),
    ("section", "switch:far@from"),
    ("pcc", "trafo:tr@hv"),
)
INDEX = FeederIndex(
    bus=BUSES,
    bus_vn_kv=np.array([6.6, 6.6, 6.6, 6.6, 0.21]),
    branch=BRANCHES,
    branch_kind=(BranchKind.LINE, BranchKind.TRAFO, BranchKind.LINK, BranchKind.LINK),
    branch_from=np.array([1, 1, 0, 1]),
    branch_to=np.array([3, 4, 1, 2]),
    branch_rating=np.array([[0.2, 0.2], [0.03, 0.9], [np.nan, np.nan], [np.nan, np.nan]]),
    switch=("near", "far"),
    switch_branch=np.array([2, 3]),
    switch_end=np.array([0, 0]),
    tap=(),
    tap_branch=np.zeros(0, dtype=np.int64),
    source=("utility",),
    source_bus=np.array([0]),
    load=("hall", "shop"),
    load_bus=np.array([4, 4]),
    injection=("roof-0", "roof-1", "cells"),
    injection_bus=np.array([4, 4, 4]),
)


def _rows(value, members, width, kind=np.float64):
    return np.array(np.broadcast_to(np.asarray(value, dtype=kind), (members, width)))


def _supply(legs_v):
    alive = legs_v.max(axis=2) > 0.0
    return SupplyState(np.array(legs_v, dtype=np.float64), legs_v.sum(axis=2), alive, np.ones_like(alive))


@dataclass
class Toy:
    """Layout and step factory. Every array may be given as anything that broadcasts to (members, n)."""

    step_s: int = 900
    duration_s: int = 3600
    members: int = 1
    start: datetime = datetime(2020, 4, 20, tzinfo=ZoneInfo("Asia/Tokyo"))
    entities: tuple = ()
    index: FeederIndex = field(default=INDEX)

    def __post_init__(self):
        self.axis = TimeAxis.build(self.start, self.duration_s, self.step_s)
        self.layout = Layout(
            axis=self.axis,
            members=self.members,
            index=self.index,
            entities=self.entities,
            boundaries=("section", "pcc"),
            ends=ENDS,
        )

    def grid(self, **given):
        m = self.members
        points, loads = len(self.index.injection), len(self.index.load)
        size = {
            "vm_pu": 5, "energised": 5, "loading_percent": 4, "closed": 2, "source_p_mw": 1, "p_actual_mw": points,
            "p_served_mw": loads, "injection_reason": points, "load_reason": loads, "boundary_p_mw": 2, "end_p_mw": 3,
            "boundary_q_mvar": 2,
            "fixture_p_mw": len(self.index.fixture),
        }  # fmt: skip
        default = {"vm_pu": 1.0, "energised": True, "closed": True, "loading_percent": [10, 20, np.nan, np.nan]}
        kinds = {"energised": bool, "closed": bool, "injection_reason": np.int64, "load_reason": np.int64}
        converged = _rows(given.pop("converged", True), m, 1, bool)[:, 0]
        losses = _rows(given.pop("losses_mw", 0.0), m, 1)[:, 0]
        legs_v = given.pop("legs_v", None)  # (members, supply point, 2)
        a = {name: _rows(given.pop(name, default.get(name, 0.0)), m, width, kinds.get(name, np.float64))
             for name, width in size.items()}  # fmt: skip
        assert not given, f"no such array: {sorted(given)}"
        for name, values in a.items():
            if values.dtype == np.float64:
                values[~converged] = np.nan
            elif name == "energised":
                values[~converged] = False
        losses[~converged] = np.nan
        state = FlowState(
            p_mw=a["p_actual_mw"], q_mvar=a["p_actual_mw"] * 0, p_load_mw=a["p_served_mw"],
            q_load_mvar=a["p_served_mw"] * 0, closed=a["closed"], in_service=np.ones((m, 4), dtype=bool),
            tap_pos=np.zeros((m, 0)), source_on=np.ones((m, 1), dtype=bool), source_vm_pu=np.ones((m, 1)),
        )  # fmt: skip
        ends = np.zeros((m, 4, 2))
        result = FlowResult(
            vm_pu=a["vm_pu"], va_degree=np.zeros((m, 5)), energised=a["energised"], p_mw=ends, q_mvar=ends, i_ka=ends,
            loading_percent=a["loading_percent"], source_p_mw=a["source_p_mw"], source_q_mvar=np.zeros((m, 1)),
            fixture_p_mw=a["fixture_p_mw"], fixture_q_mvar=a["fixture_p_mw"] * 0,
            losses_mw=losses, converged=converged, iterations=np.ones(m, dtype=np.int64),
        )  # fmt: skip
        return GridStep(
            state=state, result=result, p_actual_mw=a["p_actual_mw"], q_actual_mvar=a["p_actual_mw"] * 0,
            p_served_mw=a["p_served_mw"], q_served_mvar=a["p_served_mw"] * 0,
            injection_reason=a["injection_reason"], load_reason=a["load_reason"],
            boundary_p_mw=a["boundary_p_mw"], boundary_q_mvar=a["boundary_q_mvar"],
            end_p_mw=a["end_p_mw"], end_q_mvar=a["end_p_mw"] * 0,
            supply=None if legs_v is None else _supply(np.broadcast_to(legs_v, (m, *np.shape(legs_v)[-2:]))),
        )  # fmt: skip

    def block(self, first_k, steps):
        """Consecutive steps, each as keyword arguments of `grid`, plus `ports`."""
        ports = [({subject: dict(own) for subject, own in given.get("ports", {}).items()},) for given in steps]
        grids = [self.grid(**{name: value for name, value in given.items() if name != "ports"}) for given in steps]
        return join_steps(self.axis, first_k, self.members, ports, grids)

    def feed(self, sink, steps, size=3):
        """Open the sink and write the steps in blocks of `size`."""
        steps = list(steps)
        sink.open(self.layout)
        for k in range(0, len(steps), size):
            sink.write(self.block(k, steps[k : k + size]))
        return sink


@pytest.fixture(scope="session")
def toy():
    """The factory itself: `toy(step_s=..., members=...)`."""
    return Toy


@pytest.fixture
def entities():
    """Two roofs, a battery, and two loads of one customer."""
    return (
        EntityLayout("device:roof", "pv", "source", 2, (), injections=(0, 1)),
        EntityLayout("device:cells", "battery", "storage", 1, (), injections=(2,)),
        EntityLayout("load:hall", "daily", "load", 1, (), loads=(0,), customer="hall"),
        EntityLayout("load:shop", "daily", "load", 1, (), loads=(1,)),
    )


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    """The small ensemble's scenario, loaded."""
    return load_scenario(write_study(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="session")
def run_ensemble(small_study, tmp_path_factory):
    """`run_ensemble(members=..., member=...)` -> a finished run folder of the small ensemble."""

    def finished(**options):
        given = RunOptions(quiet=True, report=False, on_failure=MARK, engine="pandapower", **options)
        folder = tmp_path_factory.mktemp("run")
        execute(small_study, build(small_study, given), folder, given)
        return RunFolder(folder)

    return finished


@pytest.fixture(scope="session")
def ensemble(run_ensemble):
    """All members of the small ensemble, shared: do not write into it."""
    return run_ensemble(members=MEMBERS)
