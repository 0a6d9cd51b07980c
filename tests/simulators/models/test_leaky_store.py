"""The leaking store: closed form against its laws, also for tiny and zero leaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.models.storage import LeakyStore, rate_per_hour

rates = st.one_of(st.just(0.0), st.floats(1e-12, 2.0))


def column(value):
    return np.array([[float(value)]])


@given(rates, st.floats(0, 10), st.floats(-5, 5), st.integers(1, 7))
def test_many_short_steps_equal_one_long_step(rate, energy, power, parts):
    store = LeakyStore(column(rate))
    whole = store.after(column(energy), column(power), 3600.0)
    split = column(energy)
    for _ in range(parts):
        split = store.after(split, column(power), 3600.0 / parts)
    assert split[0, 0] == pytest.approx(whole[0, 0], rel=1e-9, abs=1e-9)


@given(rates, st.floats(0, 10), st.floats(0, 10), st.sampled_from([60.0, 900.0, 86400.0]))
def test_the_power_to_a_target_reaches_it(rate, energy, target, dt_s):
    store = LeakyStore(column(rate))
    power = store.power_to(column(energy), column(target), dt_s)
    assert store.after(column(energy), power, dt_s)[0, 0] == pytest.approx(target, rel=1e-9, abs=1e-9)


def test_a_tiny_leak_equals_its_first_order_to_the_last_digits():
    store = LeakyStore(column(1e-13))
    assert store.after(column(0), column(1), 3600.0)[0, 0] == pytest.approx(1.0, rel=1e-12)


def test_the_rate_is_that_of_the_stated_loss():
    store = LeakyStore(rate_per_hour(column(0.02), 720.0))
    assert store.after(column(1), column(0), 720 * 3600.0)[0, 0] == pytest.approx(0.98, rel=1e-14)
