"""The recorder stage: one record a step from every stage, sinks opened, fed in order and closed."""

from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.ports import SOC, STEP, P
from simulators.recorder import RecorderSimulator

AXIS = TimeAxis.build(datetime(2020, 4, 20, tzinfo=UTC), 2700, 900)


class Spy:
    def __init__(self, calls, name="spy", fails_on=None):
        self.calls, self.name, self.fails_on = calls, name, fails_on

    def _call(self, what, *given):
        self.calls.append((self.name, what, *given))
        if what == self.fails_on:
            raise OSError(f"{self.name} cannot {what}")

    def open(self, layout):
        self._call("open", layout)

    def write(self, step):
        self._call("write", step)

    def close(self, *, complete):
        self._call("close", complete)


def recorder(*sinks, layout="layout"):
    stage = RecorderSimulator()
    stage.init("Recorder-0", axis=AXIS, members=1, sinks=sinks, layout=layout)
    stage.create(1, "Recorder")
    return stage


def inputs(soc=0.5):
    grid = SimpleNamespace(name="grid step")
    return {
        "recorder": {
            SOC: {"Devices-0.device:LV4.101 cells": np.array([[soc]])},
            P: {"Devices-0.device:LV4.101 cells": np.array([[0.1]]), "Devices-0.device:roof": np.array([[0.2]])},
            STEP: {"Grid-0.grid": grid},
        }
    }, grid


def test_a_step_is_gathered_by_subject_and_port():
    calls = []
    stage = recorder(Spy(calls))
    given, grid = inputs()
    assert stage.step(900, given, 0) == 1800
    record = calls[-1][2]
    assert (record.k, record.t_s, record.dt_s, record.grid) == (1, 900, 900, grid)
    assert set(record.ports) == {"device:LV4.101 cells", "device:roof"}
    assert record.ports["device:LV4.101 cells"][SOC] is given["recorder"][SOC]["Devices-0.device:LV4.101 cells"]
    assert record.ports["device:roof"][P].item() == 0.2


def test_sinks_are_opened_with_the_layout_and_fed_in_order():
    calls = []
    stage = recorder(Spy(calls, "a"), Spy(calls, "b"))
    assert calls == [("a", "open", "layout"), ("b", "open", "layout")]
    stage.step(0, inputs()[0], 0)
    assert [call[:2] for call in calls[2:]] == [("a", "write"), ("b", "write")]


@pytest.mark.parametrize(("steps", "complete"), [(3, True), (2, False), (0, False)])
def test_a_run_is_complete_only_with_every_step(steps, complete):
    calls = []
    stage = recorder(Spy(calls))
    for k in range(steps):
        stage.step(900 * k, inputs()[0], 0)
    stage.finalize()
    assert calls[-1] == ("spy", "close", complete)


def test_every_sink_is_closed_also_when_one_fails_to():
    calls = []
    stage = recorder(Spy(calls, "a", fails_on="close"), Spy(calls, "b"))
    with pytest.raises(OSError, match="a cannot close"):
        stage.finalize()
    assert [call[:2] for call in calls[2:]] == [("a", "close"), ("b", "close")]


def test_a_step_without_the_grid_or_with_a_port_twice_is_refused():
    stage = recorder()
    given, _ = inputs()
    given["recorder"][P]["Ems-0.device:roof"] = np.array([[0.3]])
    with pytest.raises(ValueError, match="device:roof reaches the recorder twice"):
        stage.step(0, given, 0)
    with pytest.raises(ValueError, match="connect it to the grid stage"):
        stage.step(0, {"recorder": {}}, 0)


def test_there_is_one_recorder():
    with pytest.raises(ValueError, match="one recorder"):
        recorder().create(1, "Recorder")
