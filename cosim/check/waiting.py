"""How far the checks are: one line with the time left on a terminal, nothing elsewhere (results are lines already)."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from cosim.progress import clock


class Waiting:
    """Writes to standard error, so that output stays clean.

    Args:
        what: what is done, `checked`.
        weights: how long each item takes, in any unit.
        stream: standard error if left out.
    """

    def __init__(self, what: str, weights: Sequence[int], stream: TextIO | None = None) -> None:
        self._what, self._weights = what, tuple(weights)
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._started = time.monotonic()
        self._done: set[int] = set()

    def tick(self, at: int) -> None:
        """Item `at` has come to an end; -1 = none, time has passed."""
        if at >= 0:
            self._done.add(at)
        if self._terminal:
            self._stream.write(f"\r\x1b[K{self._text()[:79]}")
            self._stream.flush()

    def clear(self) -> None:
        """Take the line away, before anything else is written."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def _text(self) -> str:
        passed = time.monotonic() - self._started
        done = sum(self._weights[at] for at in self._done)
        left = f"{clock(passed * (sum(self._weights) - done) / done)} left" if done else f"{clock(passed)} so far"
        return f"{len(self._done)} of {len(self._weights)} {self._what}  {left}"
