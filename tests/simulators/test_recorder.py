"""The recorder stage: blocks of steps from every stage, sinks opened, fed in order and closed."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from simulators import recorder as recording
from simulators.axis import TimeAxis
from simulators.ports import P_LOAD, SOC, STEP, P
from simulators.recorder import RecorderSimulator
from simulators.sinks import ROWS, STEPS_ALONE, block_steps

AXIS = TimeAxis.build(datetime(2020, 4, 20, tzinfo=UTC), 9000, 900)
CELLS = "device:LV4.101 cells"


@dataclass(frozen=True)
class Result:
    converged: np.ndarray
    vm_pu: np.ndarray


@dataclass(frozen=True)
class Step:
    result: Result
    p_actual_mw: np.ndarray


class Spy:
    def __init__(self, calls, name="spy", fails_on=None):
        self.calls, self.name, self.fails_on = calls, name, fails_on

    def _call(self, what, *given):
        self.calls.append((self.name, what, *given))
        if what == self.fails_on:
            raise OSError(f"{self.name} cannot {what}")

    def open(self, layout):
        self._call("open", layout)

    def write(self, block):
        self._call("write", block)

    def close(self, *, complete):
        self._call("close", complete)

    def blocks(self):
        return [call[2] for call in self.calls if call[1] == "write"]


def recorder(*sinks, layout="layout", members=1, **given):
    stage = RecorderSimulator()
    stage.init("Recorder-0", axis=AXIS, members=members, sinks=sinks, layout=layout, **given)
    stage.create(1, "Recorder")
    return stage


def outputs(k=0, members=1, converged=True):
    """What four stages publish in step k; the load is shared by all members."""
    rows = np.arange(members)[:, np.newaxis]
    grid = Step(Result(np.full(members, converged), 1 + 0.1 * k + 0.01 * rows), 10.0 * k + rows)
    stages = {
        "Inputs-0.outputs": {"load:hall": {P_LOAD: np.array([[0.1 * k]])}},
        "Devices-0.outputs": {CELLS: {SOC: k + 0.1 * rows, P: 7.0 + 0 * rows}, "device:roof": {P: 0.2 + 0 * rows}},
        "Ems-0.outputs": {"ems:site": {}, CELLS: {"P_set[MW]": 1.0 + 0 * rows}},
        "Grid-0.outputs": {CELLS: {"Vm[pu]": 1.0 + 0 * rows}, "grid": {STEP: grid}},
    }
    return {"recorder": {"outputs": {"Grid-0.outputs": tuple(stages.values())}}}


def of_stage(given, name):
    """What one stage published."""
    return given["recorder"]["outputs"]["Grid-0.outputs"][("Inputs", "Devices", "Ems", "Grid").index(name)]


def run(stage, steps=AXIS.steps, members=1, failing=()):
    for k in range(steps):
        stage.step(900 * k, outputs(k, members, converged=k not in failing), 0)


def test_a_block_holds_every_port_by_subject_whoever_published_it():
    spy = Spy([])
    run(recorder(spy, steps=2), steps=2)
    (block,) = spy.blocks()
    assert set(block.ports) == {CELLS, "device:roof", "load:hall", "ems:site", "grid"}
    assert set(block.ports[CELLS]) == {SOC, P, "P_set[MW]", "Vm[pu]"}
    assert block.ports[CELLS][SOC].tolist() == [[0.0], [1.0]]
    assert block.ports["device:roof"].get("nothing") is None


@pytest.mark.parametrize("size", [1, 3, 4, 10, 100])
def test_rows_are_steps_and_members_and_every_step_comes_once(size):
    spy = Spy([])
    run(recorder(spy, members=2, steps=size), members=2)
    blocks = spy.blocks()
    assert [block.first_k for block in blocks] == list(range(0, AXIS.steps, size))
    assert sum(block.steps for block in blocks) == AXIS.steps
    for block in blocks:
        k = np.arange(block.first_k, block.first_k + block.steps)
        assert block.by_step(block.ports[CELLS][SOC])[..., 0] == pytest.approx(k[:, None] + [0.0, 0.1])
        assert block.by_step(block.grid.result.vm_pu)[..., 0] == pytest.approx(1 + 0.1 * k[:, None] + [0.0, 0.01])
        assert block.grid.p_actual_mw.shape == (block.rows, 1)
        assert block.ports["load:hall"][P_LOAD] == pytest.approx(0.1 * k[:, None])  # shared: one row a step
        assert (block.t_s.tolist(), block.dt_s.tolist()) == ((900 * k).tolist(), [900] * len(k))


def test_blocks_are_long_for_one_member_and_one_step_for_very_many():
    assert [block_steps(m) for m in (1, 2, 100, ROWS, 10_000)] == [STEPS_ALONE, ROWS // 2, ROWS // 100, 1, 1]


def test_a_port_shared_in_some_steps_only_has_a_row_for_every_member():
    spy = Spy([])
    stage = recorder(spy, members=2, steps=2)
    first, second = outputs(0, 2), outputs(1, 2)
    of_stage(second, "Inputs")["load:hall"][P_LOAD] = np.array([[3.0], [4.0]])
    stage.step(0, first, 0)
    stage.step(900, second, 0)
    assert spy.blocks()[0].ports["load:hall"][P_LOAD].ravel().tolist() == [0.0, 0.0, 3.0, 4.0]


def test_arrays_of_a_block_are_in_c_order_whatever_a_stage_gave():
    spy = Spy([])
    stage = recorder(spy, members=3, steps=1)
    given = outputs(0, 3)
    of_stage(given, "Devices")["device:roof"][P] = np.asfortranarray(np.ones((3, 4)))
    stage.step(0, given, 0)
    assert spy.blocks()[0].ports["device:roof"][P].flags.c_contiguous


def test_a_step_that_did_not_converge_ends_its_block_at_once():
    spy = Spy([])
    run(recorder(spy, steps=4), steps=3, failing={1})
    assert [(block.first_k, block.steps) for block in spy.blocks()] == [(0, 2)]


def test_a_slow_run_does_not_wait_for_a_whole_block(monkeypatch):
    monkeypatch.setattr(recording, "BLOCK_SECONDS", -1.0)
    spy = Spy([])
    run(recorder(spy, steps=4), steps=3)
    assert [(block.first_k, block.steps) for block in spy.blocks()] == [(0, 1), (1, 1), (2, 1)]


def test_a_run_that_dies_hands_on_what_it_has_before_closing():
    spy = Spy([])
    stage = recorder(spy, steps=4)
    run(stage, steps=6)
    stage.finalize()
    assert [(block.first_k, block.steps) for block in spy.blocks()] == [(0, 4), (4, 2)]
    assert spy.calls[-1] == ("spy", "close", False)


def test_a_sink_that_refuses_a_block_does_not_get_it_again():
    spy = Spy([], fails_on="write")
    stage = recorder(spy, steps=2)
    with pytest.raises(OSError, match="cannot write"):
        run(stage, steps=2)
    stage.finalize()
    assert len(spy.blocks()) == 1


def test_sinks_are_opened_with_the_layout_and_fed_in_order():
    calls = []
    stage = recorder(Spy(calls, "a"), Spy(calls, "b"), steps=1)
    assert calls == [("a", "open", "layout"), ("b", "open", "layout")]
    run(stage, steps=1)
    assert [call[:2] for call in calls[2:]] == [("a", "write"), ("b", "write")]


@pytest.mark.parametrize(("steps", "complete"), [(AXIS.steps, True), (2, False), (0, False)])
def test_a_run_is_complete_only_with_every_step(steps, complete):
    spy = Spy([])
    stage = recorder(spy)
    run(stage, steps=steps)
    stage.finalize()
    assert spy.calls[-1] == ("spy", "close", complete)


def test_every_sink_is_closed_also_when_one_fails_to():
    calls = []
    stage = recorder(Spy(calls, "a", fails_on="close"), Spy(calls, "b"))
    with pytest.raises(OSError, match="a cannot close"):
        stage.finalize()
    assert [call[:2] for call in calls[2:]] == [("a", "close"), ("b", "close")]


def test_a_step_without_the_grid_or_with_a_port_twice_is_refused():
    stage = recorder(Spy([]), steps=1)
    given = outputs()
    of_stage(given, "Ems")["device:roof"] = {P: np.array([[0.3]])}
    with pytest.raises(ValueError, match="device:roof reaches the recorder twice"):
        stage.step(0, given, 0)
    with pytest.raises(ValueError, match="expected one source"):
        stage.step(0, {"recorder": {}}, 0)


def test_there_is_one_recorder():
    with pytest.raises(ValueError, match="one recorder"):
        recorder().create(1, "Recorder")
