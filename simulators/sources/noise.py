"""Seeded noise that depends on nothing but seed, path, member, unit and the moment itself.

Every (seed, path, member) has a random stream of its own (Philox, keyed by a hash of the three). The draws of one clock
period stand side by side in it, `LANES` units to a group, so that a block of periods is one call per member and group,
and a unit, member or path added leaves all others alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from grids.arrays import FloatArray, IntArray
from simulators.axis import TimeAxis
from simulators.sources.clock import DAY_S, epoch_seconds
from simulators.sources.member_axis import MemberAxis
from simulators.sources.profiles import NoiseSpec
from simulators.sources.series import Series

LANES = 32
BLOCK_BYTES = 64 << 20  # factors kept at a time, whatever the number of members
BLOCK_PERIODS = 336  # a week of half hours
_WORDS_A_COUNT = 4  # draws in one count of Philox
_WORD = (1 << 64) - 1
_FIRST_PERIOD = 1 << 40  # periods before 1970 count on from here, so that no draw has a negative number
_TO_UNIT = 2.0**-53


def stream_key(seed: int, path: str, member: int) -> int:
    """128-bit key of a random stream: another member or path leaves this one alone."""
    text = f"{seed}|{path}|{member}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:16], "little")


def noise_series(spec: NoiseSpec, key: int, unit: int, first: int, last: int) -> Series:
    """Log-normal factors with mean 1 of one unit over `[first, last)` (seconds since 1970), one a clock period.

    The factor of a moment is the same whatever the run's start, end and step; the mean is 1 in expectation.
    """
    period = 60 * spec.period_min
    begin, end = first // period, -(-last // period)
    words = _Streams().group(key, unit // LANES, begin, end - begin)[:, unit % LANES]
    factors = _factors(_to_normal(np.ascontiguousarray(words)), np.asarray(spec.sigma))
    return Series.from_epoch(np.arange(begin, end + 1, dtype=np.int64) * period, factors, "noise")


def fits_periods(axis: TimeAxis, period_min: int) -> bool:
    """Whether no step crosses a clock period, whole days later too: its factor then is one number a step."""
    period = 60 * period_min
    epoch = axis.edges + epoch_seconds(axis.utc[0])
    return DAY_S % period == 0 and bool(np.all(epoch[:-1] // period == (epoch[1:] - 1) // period))


class Noise:
    """Log-normal factors with mean 1 of every member and unit, looked up step by step.

    They are made in blocks of periods as the run gets there, never for the whole run. All ports of one entry share one
    object.
    """

    def __init__(self, specs: Sequence[NoiseSpec], path: str, members: MemberAxis, units: int) -> None:
        """Noise of one entry.

        Args:
            specs: one a member, or one for all; `fits_periods` for their period (which does not vary).
            path: scenario path, part of the key of the streams.
            members: axis, numbers, start offsets and seed of the members.
            units: units of the entry, each with its own draws.
        """
        period = 60 * specs[0].period_min
        axis = members.axis
        numbers = (axis.edges[:-1] + epoch_seconds(axis.utc[0])) // period
        self._period: IntArray = numbers - numbers[0]  # of each step, from the run's first
        self._first: IntArray = numbers[0] + members.days * (DAY_S // period)  # (M,)
        self._units = units
        every = specs if len(specs) > 1 else tuple(specs) * members.count
        self._sigma = np.array([[spec.sigma] for spec in every])
        self._keys = noise_keys(every, path, members)
        self._begin, self._block = 0, np.zeros((0, members.count, units))

    @property
    def members(self) -> int:
        """M."""
        return len(self._keys)

    def row(self, k: int) -> FloatArray:
        """(M, units) factors of step k."""
        at = int(self._period[k]) - self._begin
        if not 0 <= at < len(self._block):
            self._make(int(self._period[k]))
            at = 0
        row: FloatArray = self._block[at]
        return row

    def _make(self, begin: int) -> None:
        """The block of periods that starts with the run's period `begin`."""
        members = len(self._keys)
        room = max(1, BLOCK_BYTES // (8 * members * self._units))
        count = min(room, BLOCK_PERIODS, int(self._period[-1]) - begin + 1)
        normal = standard_normals(self._keys, self._units, self._first + begin, count)
        self._begin, self._block = begin, _factors(normal, self._sigma)


def standard_normals(keys: Sequence[int], units: int, first: IntArray, count: int) -> FloatArray:
    """(count, stream, units) standard normal draws of the clock periods from number `first` (stream,) on."""
    words = np.empty((count, len(keys), units), dtype=np.uint64)
    streams = _Streams()
    for stream, key in enumerate(keys):
        for group, start in enumerate(range(0, units, LANES)):
            drawn = streams.group(key, group, int(first[stream]), count)
            words[:, stream, start : start + LANES] = drawn[:, : units - start]
    return _to_normal(words)


def noise_keys(specs: Sequence[NoiseSpec], path: str, members: MemberAxis) -> list[int]:
    """Key of the stream of each member: by the noise's own seed if it has one, else by that of the run."""
    seeds = [members.seed if spec.seed is None else spec.seed for spec in specs]
    return [stream_key(seed, path, int(number)) for seed, number in zip(seeds, members.number, strict=True)]


class _Streams:
    """Random words from any place of any stream. One generator is moved about: making one costs more than drawing."""

    def __init__(self) -> None:
        self._generator = np.random.Philox(key=0)
        self._state = self._generator.state  # nothing drawn yet, so no words left over
        self._place = self._state["state"]

    def group(self, key: int, group: int, first: int, count: int) -> np.ndarray:
        """(count, LANES) words of a group of units over `count` clock periods from number `first` on."""
        self._place["key"][:] = (key & _WORD, key >> 64)
        self._place["counter"][:2] = ((first + _FIRST_PERIOD) * (LANES // _WORDS_A_COUNT), group)
        self._generator.state = self._state
        return np.asarray(self._generator.random_raw(count * LANES)).reshape(count, LANES)


def _to_normal(words: np.ndarray) -> FloatArray:
    """Standard normal of each word: the inverse of the distribution at a number in (0, 1)."""
    from scipy.special import ndtri  # noqa: PLC0415 - slow to import

    uniform = (words >> np.uint64(11)).astype(np.float64)
    uniform += 0.5
    uniform *= _TO_UNIT
    return np.asarray(ndtri(uniform, out=uniform))


def _factors(normal: FloatArray, sigma: FloatArray) -> FloatArray:
    """exp(sigma z - sigma^2 / 2): mean 1. `normal` is written over."""
    normal *= sigma
    normal -= sigma**2 / 2.0
    return np.asarray(np.exp(normal, out=normal))
