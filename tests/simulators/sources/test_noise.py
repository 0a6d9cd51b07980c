"""Noise: keyed by seed, path, member, unit and moment; made in blocks; never a table of members x time."""

import numpy as np
import pytest
from scipy import stats

from simulators.sources import noise as module
from simulators.sources.driven import CrossingNoise, Driven, noise_of
from simulators.sources.member_axis import MemberAxis
from simulators.sources.noise import LANES, Noise, fits_periods, noise_keys, noise_series
from simulators.sources.profiles import NoiseSpec
from simulators.sources.series import Series

SPEC = NoiseSpec(sigma=0.3)
UNITS = 2 * LANES + 3  # three groups, the last one not full


@pytest.fixture
def axis(axis_of):
    return axis_of("2020-04-20", 48, 15)


def rows(noise: Noise, steps: int) -> np.ndarray:
    return np.stack([noise.row(k) for k in range(steps)])


def test_member_unit_and_path_added_leave_the_others_alone(axis):
    members = MemberAxis(axis, np.arange(4), np.zeros(4, dtype=np.int64))
    all_of_them = rows(Noise([SPEC], "loads.a", members, UNITS), axis.steps)
    alone = rows(Noise([SPEC], "loads.a", MemberAxis.alone(axis, 2), 1), axis.steps)
    assert np.array_equal(all_of_them[:, 2:3, :1], alone)
    other = rows(Noise([SPEC], "loads.b", members, UNITS), axis.steps)
    assert not np.any(all_of_them == other)
    period = all_of_them[0].reshape(-1)
    assert len(np.unique(period)) == len(period)  # no two members or units share a draw


def test_the_size_of_a_block_changes_nothing(axis, monkeypatch):
    members = MemberAxis(axis, np.arange(3), np.array([0, 5, 300]))
    whole = rows(Noise([SPEC], "x", members, UNITS), axis.steps)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1)
    assert np.array_equal(rows(Noise([SPEC], "x", members, UNITS), axis.steps), whole)
    backwards = Noise([SPEC], "x", members, UNITS)
    assert np.array_equal(np.stack([backwards.row(k) for k in reversed(range(axis.steps))])[::-1], whole)


def test_a_block_never_holds_a_run(axis_of, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_BYTES", 8 * 100 * UNITS * 5)
    year = axis_of("2020-01-01", 365 * 24, 15)
    noise = Noise([SPEC], "x", MemberAxis(year, np.arange(100), np.zeros(100, dtype=np.int64)), UNITS)
    noise.row(1000)
    assert noise._block.shape == (5, 100, UNITS)


def test_an_offset_reads_the_noise_of_that_day(axis, axis_of):
    later = MemberAxis.alone(axis, number=7, days=30)
    there = MemberAxis.alone(axis_of("2020-05-20", 48, 15), number=7)
    assert np.array_equal(rows(Noise([SPEC], "x", later, 2), 192), rows(Noise([SPEC], "x", there, 2), 192))


def test_each_member_has_its_own_spread_and_seed(axis):
    members = MemberAxis(axis, np.arange(3), np.zeros(3, dtype=np.int64), seed=5)
    specs = [NoiseSpec(sigma=0.0), NoiseSpec(sigma=0.1, seed=9), NoiseSpec(sigma=0.2)]
    together = rows(Noise(specs, "x", members, 2), axis.steps)
    assert np.all(together[:, 0] == 1.0)
    for number, spec in enumerate(specs):
        alone = Noise([spec], "x", MemberAxis.alone(axis, number, seed=5), 2)
        assert np.array_equal(together[:, number], rows(alone, axis.steps)[:, 0])


def test_the_logarithm_is_normal_and_the_mean_is_one(axis_of):
    year = axis_of("2020-01-01", 100 * 24, 30)
    drawn = rows(Noise([SPEC], "x", MemberAxis.alone(year), LANES), year.steps).reshape(-1)
    assert stats.kstest((np.log(drawn) + SPEC.sigma**2 / 2) / SPEC.sigma, "norm").pvalue > 0.001
    # standard error of the mean of 153,600 draws: sqrt(exp(0.09) - 1) / 392 = 0.0008
    assert drawn.mean() == pytest.approx(1.0, abs=4 * 0.0008)


def test_periods_and_steps_that_cross_are_told_apart(axis, axis_of):
    assert fits_periods(axis, 30)
    assert fits_periods(axis, 15)
    assert not fits_periods(axis, 20)  # a quarter hour crosses every third of them
    assert not fits_periods(axis, 50)  # 28.8 of them in a day: members that start later would fall between
    assert not fits_periods(axis_of("2020-04-20", 24, 60, half_hours=False), 30)


@pytest.mark.parametrize("repeats", [False, True])
def test_crossing_noise_is_the_mean_of_the_product_over_each_step(axis_of, repeats):
    axis = axis_of("2020-04-20", 24, 60, half_hours=False)
    members = MemberAxis(axis, np.array([3, 4]), np.array([0, 1]), seed=2)
    epoch = int(axis.utc[0].astype(np.int64)) + 1800 * np.arange(97)
    load = Series.from_epoch(epoch, np.arange(1.0, 97.0))
    noise = noise_of([SPEC], "x", members, 2)
    assert isinstance(noise, CrossingNoise)
    series = Driven(load, members, "x", 2, np.array([[2.0]]), noise, repeats=repeats).port()
    for member, (number, day) in enumerate(((3, 0), (4, 1))):
        first = int(epoch[48 * day])
        (key,) = noise_keys([SPEC], "x", MemberAxis.alone(axis, number, seed=2))
        for unit in range(2):
            factors = noise_series(SPEC, key, unit, first, first + 86_400).values
            expected = (2.0 * load.values[48 * day :][:48] * factors).reshape(24, 2).mean(axis=1)
            read = np.array([series.row(k)[member, unit] for k in range(24)])
            assert read == pytest.approx(expected, rel=1e-14)


def test_both_ways_draw_the_same_noise(axis):
    members = MemberAxis.alone(axis, number=1, days=2, seed=4)
    quick = rows(Noise([SPEC], "x", members, LANES + 1), axis.steps)[:, 0, LANES]
    (key,) = noise_keys([SPEC], "x", members)
    first = int(members.of(0).utc[0].astype(np.int64))
    assert np.array_equal(quick[::2], noise_series(SPEC, key, LANES, first, first + 2 * 86_400).values)


def test_crossing_noise_that_does_not_fit_into_memory_is_refused(axis_of):
    from simulators.sources.errors import SourceError

    year = axis_of("2020-01-01", 365 * 24, 60, half_hours=False)
    members = MemberAxis(year, np.arange(10_000), np.zeros(10_000, dtype=np.int64))
    flat = Series.from_epoch(np.array([0, 2**32]), np.ones(1))
    driven = Driven(flat, members, "loads.town", 40, np.ones((1, 1)), noise_of([SPEC], "loads.town", members, 40))
    with pytest.raises(SourceError, match=r"loads\.town: noise in periods that cross steps: .* need 28\.0 GB"):
        driven.port()


def test_no_spread_is_no_noise(axis):
    members = MemberAxis.alone(axis)
    assert noise_of([None], "x", members, 1) is None
    assert noise_of([NoiseSpec(sigma=0.0)], "x", members, 1) is None
