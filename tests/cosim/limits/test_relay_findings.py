"""What relays did becomes one record per relay: trips, hours, the worst of them; opening in a dead grid is none."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.limits.relays import RelayWatch
from grids.protection.law import RelayKind, RelayStep
from grids.protection.relays import Relay
from simulators.sinks import join_steps

RELAYS = (
    Relay("upr", RelayKind.UNDER_POWER, np.array([0]), (("device:roof", 0),)),
    Relay("ovr", RelayKind.OVER_VOLTAGE, np.array([1, 2]), (("device:roof[0]", 1), ("device:roof[1]", 2))),
)
SETTING = np.array([6.0, 115.0, 115.0])
SIGN = np.array([-1.0, 1.0, 1.0])


def step(measured, tripped=(), open_=(), live=(0, 1, 2)):
    """One member's relays: points that trip, that are open, that are live."""

    def mask(points):
        return np.isin(np.arange(3), list(points))[np.newaxis]

    values = np.array([measured], dtype=float)
    return RelayStep(mask(open_), mask(tripped), values, SIGN * (SETTING - values), mask(live))


def watched(toy, *steps, members=1):
    """`steps` hold one RelayStep a member."""
    made = toy(members=members)
    sink = RelayWatch()
    sink.open(replace(made.layout, relays=RELAYS))
    for k, own in enumerate(steps):
        joined = RelayStep(*(np.concatenate([getattr(one, name) for one in own]) for name in RelayStep.__slots__))
        grid = replace(made.grid(), relays=joined)
        sink.write(join_steps(made.axis, k, members, [({},)], [grid]))
    return sink


def test_a_quiet_run_finds_nothing_and_counts_nothing(toy):
    sink = watched(toy, [step([50, 100, 100])])
    assert list(sink.findings()) == []
    assert sink.hours() == {}
    assert {figure.key: figure.values.tolist() for figure in sink.figures()} == {
        "relay:upr.trips": [0], "relay:upr.open_h": [0], "relay:ovr.trips": [0], "relay:ovr.open_h": [0],
    }  # fmt: skip


def test_the_worst_trip_is_the_one_furthest_beyond_its_setting(toy):
    sink = watched(toy, [step([5, 100, 100], [0])], [step([50, 100, 100], open_=[0])], [step([2, 100, 100], [0])])
    (finding,) = sink.findings()
    assert (finding.id, finding.severity) == ("relay-trip|relay:upr", "violation")
    assert (finding.value, finding.limit, finding.margin, finding.unit) == (2, 6, -4, "kW")
    assert (finding.windows, finding.hours) == (2, 0.25)
    assert [at[11:16] for at in (finding.first, finding.last, finding.worst_at)] == ["00:00", "00:30", "00:30"]


def test_breakers_of_one_relay_are_counted_each_but_their_hours_once(toy):
    sink = watched(toy, [step([9, 116, 118], [1, 2])], [step([9, 0, 0], open_=[1, 2])], [step([9, 0, 0], open_=[2])])
    (finding,) = sink.findings()
    assert (finding.subject, finding.windows, finding.hours) == ("relay:ovr", 2, 0.5)
    assert (finding.value, finding.limit, finding.margin) == (118, 115, -3)
    assert {figure.key: figure.values[0] for figure in sink.figures()}["relay:ovr.trips"] == 2


def test_opening_in_a_dead_grid_is_counted_and_no_finding(toy):
    sink = watched(toy, [step([0, 0, 0], [1], live=())], [step([9, 0, 0], open_=[1])])
    assert list(sink.findings()) == []
    assert sink.hours() == {}
    figures = {figure.key: figure.values[0] for figure in sink.figures()}
    assert (figures["relay:ovr.trips"], figures["relay:ovr.open_h"]) == (1, 0.25)


def test_members_are_counted_apart(toy):
    quiet, tripping = step([50, 100, 100]), step([5, 100, 100], [0])
    sink = watched(toy, [quiet, tripping], [quiet, step([9, 0, 0], open_=[0])], members=2)
    (finding,) = sink.findings()
    assert (finding.members, finding.worst_member, finding.member_share) == (1, 1, 0.5)
    assert sink.hours()["relay-trip|relay:upr"].tolist() == pytest.approx([0, 0.25])
