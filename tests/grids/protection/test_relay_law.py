"""Relays by hand: pick-up, delay, trip, wait, reclose; every number can be counted on fingers."""

import numpy as np
import pytest

from grids.protection.law import (
    MANUAL,
    Points,
    RelayKind,
    RelayMemory,
    RelayStep,
    Seen,
    Settings,
    operate,
    settings_in,
)


def points(kind, reconnect_s=300.0, count=1):
    return Points(
        upper=np.full(count, kind.over),
        from_trip=np.full(count, kind.power),
        resolution=np.full(count, kind.resolution),
        reconnect_s=np.full(count, reconnect_s),
    )


def settings(value, delay_s=1.0, blocked=False):
    return Settings(np.array([[value]]), np.array([[delay_s]]), np.array([[blocked]]))


def seen(*values, live=True, known=None, converged=True):
    measured = np.array(values, dtype=float)[:, np.newaxis]
    shape = measured.shape
    return Seen(
        measured,
        np.full(shape, live if known is None else known),
        np.full(shape, live),
        np.broadcast_to(converged, shape[:1]).copy(),
    )


def watched(kind, values, dt_s, *, value, delay_s=1.0, reconnect_s=300.0, off=None):
    """Steps in which the breaker is open, and in which it trips; `off` is what is measured while it is open."""
    memory, opened, tripped = RelayMemory.initial(1, 1), [], []
    for k, measured in enumerate(values):
        shown = off if off is not None and memory.open.any() else measured
        memory, did = operate(memory, seen(shown), settings(value, delay_s), points(kind, reconnect_s), dt_s)
        opened += [k] if did.open.all() else []
        tripped += [k] if did.tripped.all() else []
    return opened, tripped


@pytest.mark.parametrize(
    ("kind", "healthy", "beyond", "value"),
    [
        (RelayKind.REVERSE_POWER, 5.0, 5.1, 5.0),
        (RelayKind.UNDER_POWER, 6.0, 5.9, 6.0),
        (RelayKind.OVER_VOLTAGE, 115.0, 115.1, 115.0),
        (RelayKind.UNDER_VOLTAGE, 80.0, 79.9, 80.0),
        (RelayKind.OVER_FREQUENCY, 61.2, 61.3, 61.2),
        (RelayKind.UNDER_FREQUENCY, 58.8, 58.7, 58.8),
    ],
)
def test_each_kind_trips_on_its_side_of_the_setting_and_never_at_it(kind, healthy, beyond, value):
    assert watched(kind, [healthy] * 3, 60, value=value) == ([], [])
    assert watched(kind, [healthy, beyond, healthy], 60, value=value, reconnect_s=MANUAL) == ([2], [1])


def test_a_trip_takes_the_device_off_from_the_next_step_on():
    opened, tripped = watched(RelayKind.REVERSE_POWER, [0, 9, 9], 900, value=5.0, off=0)
    assert (opened, tripped) == ([2], [1])


@pytest.mark.parametrize(
    ("dt_s", "delay_s", "trips_in"), [(1, 2.0, 1), (1, 3.0, 2), (1, 1.0, 0), (900, 2.0, 0), (1, 0, 0)]
)
def test_it_waits_for_its_delay_and_a_longer_step_is_enough(dt_s, delay_s, trips_in):
    _, tripped = watched(
        RelayKind.OVER_VOLTAGE, [120] * 4, dt_s, value=115.0, delay_s=delay_s, reconnect_s=MANUAL, off=120
    )
    assert tripped == [trips_in]


def test_a_value_that_comes_back_before_the_delay_is_over_starts_the_wait_anew():
    _, tripped = watched(RelayKind.OVER_VOLTAGE, [120, 110, 120, 120], 1, value=115.0, delay_s=2.0)
    assert tripped == [3]


@pytest.mark.parametrize(("dt_s", "off_steps"), [(60, 5), (900, 1), (10, 30), (200, 2)])
def test_300_seconds_last_whole_steps(dt_s, off_steps):
    opened, tripped = watched(RelayKind.REVERSE_POWER, [9] * 40, dt_s, value=5.0, off=0)
    assert opened[:off_steps] == list(range(1, off_steps + 1))
    assert off_steps + 1 not in opened
    # nothing else changed, so it exports again in the step it is back, and trips again
    assert tripped[:2] == [0, off_steps + 1]


def test_a_power_relay_waits_from_the_trip_a_voltage_relay_until_it_has_been_healthy():
    still_bad = [120, 120, 120, 120, 100, 100]
    assert watched(RelayKind.REVERSE_POWER, still_bad, 200, value=115.0) == ([1, 2, 4, 5], [0, 3])
    assert watched(RelayKind.OVER_VOLTAGE, still_bad, 200, value=115.0) == ([1, 2, 3, 4, 5], [0])


def test_manual_never_closes():
    opened, tripped = watched(RelayKind.REVERSE_POWER, [9] * 100, 3600, value=5.0, reconnect_s=MANUAL, off=0)
    assert (opened, tripped) == (list(range(1, 100)), [0])


def test_a_blocked_group_never_picks_up():
    memory = RelayMemory.initial(1, 1)
    after, did = operate(memory, seen(99.0), settings(5.0, blocked=True), points(RelayKind.REVERSE_POWER), 900)
    assert not did.tripped.any()
    assert not after.open.any()
    assert np.isinf(did.margin).all()


def test_members_do_not_share_their_relays():
    memory, own = RelayMemory.initial(3, 1), settings(5.0)
    after, did = operate(memory, seen(4.0, 9.0, 0.0), own, points(RelayKind.REVERSE_POWER), 900)
    assert did.tripped[:, 0].tolist() == [False, True, False]
    assert did.margin[:, 0].tolist() == [1.0, -4.0, 5.0]
    assert after.open[:, 0].tolist() == [False, True, False]


def test_members_may_have_settings_of_their_own():
    own = Settings(np.array([[5.0], [10.0]]), np.ones((2, 1)), np.zeros((2, 1), dtype=bool))
    _, did = operate(RelayMemory.initial(2, 1), seen(9.0, 9.0), own, points(RelayKind.REVERSE_POWER), 900)
    assert did.tripped[:, 0].tolist() == [True, False]


def test_a_dead_bus_trips_only_what_knows_it_and_does_not_count_as_healthy():
    memory, kind = RelayMemory.initial(1, 1), RelayKind.UNDER_VOLTAGE
    dead = seen(0.0, live=False, known=True)
    memory, did = operate(memory, dead, settings(80.0), points(kind), 900)
    assert did.tripped.all()
    assert not did.live.any()
    memory, _ = operate(memory, dead, settings(80.0), points(kind), 900)
    assert memory.rested_s.tolist() == [[0.0]]
    memory, _ = operate(memory, seen(100.0), settings(80.0), points(kind), 900)
    assert not memory.open.any()
    unknown = seen(0.0, live=False)
    _, did = operate(RelayMemory.initial(1, 1), unknown, settings(80.0), points(RelayKind.UNDER_POWER), 900)
    assert not did.tripped.any()


def test_a_member_without_a_solution_keeps_what_it_remembers():
    memory = RelayMemory(np.array([[1.0], [1.0]]), np.array([[False], [True]]), np.array([[0.0], [60.0]]))
    nothing = Seen(np.full((2, 1), np.nan), np.ones((2, 1), bool), np.ones((2, 1), bool), np.zeros(2, bool))
    after, did = operate(memory, nothing, settings(5.0), points(RelayKind.REVERSE_POWER), 900)
    assert after.waited_s.tolist() == memory.waited_s.tolist()
    assert after.open.tolist() == memory.open.tolist()
    assert after.rested_s.tolist() == memory.rested_s.tolist()
    assert not did.tripped.any()


def test_nothing_that_was_handed_on_is_written_again():
    memory = RelayMemory.initial(1, 1)
    for array in (memory.waited_s, memory.open, memory.rested_s):
        array.setflags(write=False)
    after, did = operate(memory, seen(9.0), settings(5.0), points(RelayKind.REVERSE_POWER), 900)
    for array in (after.waited_s, after.open, after.rested_s, did.margin):
        array.setflags(write=False)
    operate(after, seen(0.0), settings(5.0), points(RelayKind.REVERSE_POWER), 900)


def test_an_island_has_its_own_settings():
    normal, island = settings(5.0, 1.0), settings(20.0, 2.0, blocked=True)
    own = settings_in(np.array([[False], [True]]), normal, island)
    assert own.value[:, 0].tolist() == [5.0, 20.0]
    assert own.delay_s[:, 0].tolist() == [1.0, 2.0]
    assert own.blocked[:, 0].tolist() == [False, True]
    _, did = operate(RelayMemory.initial(2, 1), seen(9.0, 99.0), own, points(RelayKind.REVERSE_POWER), 900)
    assert did.tripped[:, 0].tolist() == [True, False]


def test_no_relays_are_arrays_without_columns():
    none = RelayStep.none(3)
    assert none.open.shape == none.tripped.shape == none.measured.shape == none.margin.shape == (3, 0)
