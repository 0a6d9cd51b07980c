"""The input stage publishes, each step, what every member reads; nothing is computed when mosaik asks."""

from datetime import UTC, datetime

import numpy as np
import pytest

from simulators.axis import TimeAxis
from simulators.inputs import DriverSeries, InputSimulator
from simulators.ports import P_LOAD, Q_LOAD
from simulators.sources.member_axis import MemberAxis
from simulators.sources.member_series import MemberSeries

AXIS = TimeAxis.build(datetime(2020, 4, 20, tzinfo=UTC), 86_400, 3600, half_hours=False)
MEMBERS = MemberAxis(AXIS, np.arange(3), np.array([0, 1, 0]))


@pytest.fixture
def stage():
    simulator = InputSimulator()
    simulator.init("Inputs-0", axis=AXIS, members=3)
    return simulator


def test_each_step_publishes_the_rows_of_its_step(stage):
    own = MemberSeries.of(np.arange(48.0).reshape(1, 48, 1), MEMBERS)
    shared = MemberSeries.of(np.array([[[0.5, 0.7]]]), MEMBERS)
    (entity,) = stage.create(1, "Driver", series=DriverSeries("load:hall", {P_LOAD: own, Q_LOAD: shared}))
    assert entity["eid"] == "load:hall"
    for k in (0, 1):
        assert stage.step(3600 * k, {}, 0) == 3600 * (k + 1)
        data = stage.get_data({"load:hall": [P_LOAD, Q_LOAD]})["load:hall"]
        assert data[P_LOAD].tolist() == [[k], [24 + k], [k]]
        assert data[Q_LOAD].tolist() == [[0.5, 0.7]]


def test_a_series_of_other_members_is_refused(stage):
    four = MemberAxis(AXIS, np.arange(4), np.zeros(4, dtype=np.int64))
    series = MemberSeries.of(np.ones((1, 24, 1)), four, factor=np.arange(4.0).reshape(4, 1))
    with pytest.raises(ValueError, match=r"load:hall P_load\[MW\]: 4 members, expected 3"):
        stage.create(1, "Driver", series=DriverSeries("load:hall", {P_LOAD: series}))
