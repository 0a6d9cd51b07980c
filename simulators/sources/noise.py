"""Seeded noise that depends on nothing but seed, path, member, unit and the moment itself."""

from __future__ import annotations

import hashlib

import numpy as np

from grids.arrays import FloatArray
from simulators.sources.profiles import NoiseSpec
from simulators.sources.series import Series

_WORDS_A_DRAW = 4  # one block of the Philox counter
_TO_UNIT = 2.0**-53


def stream_key(seed: int, path: str, member: int, unit: int = 0) -> int:
    """128-bit key of a random stream: another member, path or unit leaves this one alone."""
    text = f"{seed}|{path}|{member}|{unit}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:16], "little")


def standard_normals(key: int, first: int, count: int) -> FloatArray:
    """(count,) normal draws number `first`, `first` + 1, ... of a stream (Philox counter, Box-Muller)."""
    generator = np.random.Philox(key=key)
    generator.advance(first)
    raw = generator.random_raw(_WORDS_A_DRAW * count).reshape(count, _WORDS_A_DRAW)
    uniform = ((raw[:, :2] >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT  # in (0, 1)
    return np.asarray(np.sqrt(-2.0 * np.log(uniform[:, 0])) * np.cos(2.0 * np.pi * uniform[:, 1]))


def noise_series(spec: NoiseSpec, key: int, first: int, last: int) -> Series:
    """Log-normal factors with mean 1 over `[first, last)` (seconds since 1970), one a clock period.

    The factor of a moment is the same whatever the run's start, end and step; the mean is 1 in expectation.
    """
    period = 60 * spec.period_min
    begin, end = first // period, -(-last // period)
    z = standard_normals(key, begin, end - begin)
    factors = np.exp(spec.sigma * z - spec.sigma**2 / 2.0)
    return Series.from_epoch(np.arange(begin, end + 1, dtype=np.int64) * period, factors, "noise")
