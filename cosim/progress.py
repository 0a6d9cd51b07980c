"""Progress of a run: a bar with time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from simulators.sinks import Layout, StepBlock

_TERMINAL_EVERY_S = 0.2
_PLAIN_EVERY_S = 15.0


class Progress:
    """A sink that only watches the clock. Writes to standard error, so that output stays clean."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._every_s = _TERMINAL_EVERY_S if self._terminal else _PLAIN_EVERY_S
        self._layout: Layout
        self._started = self._shown = 0.0

    def open(self, layout: Layout) -> None:
        """Start the clock."""
        self._layout = layout
        self._started = self._shown = time.monotonic()

    def write(self, block: StepBlock) -> None:
        """Show where the run is, not more often than useful."""
        now = time.monotonic()
        if now - self._shown < self._every_s:
            return
        self._shown = now
        done = (block.first_k + block.steps) / self._layout.axis.steps
        left_s = (now - self._started) * (1.0 - done) / done
        moment = self._layout.axis.local(int(block.t_s[-1]))
        self._print(f"{self._title}  {done:4.0%}  {moment:%Y-%m-%d %H:%M}  {clock(left_s)} left")

    def close(self, *, complete: bool) -> None:
        """Clear the bar; on a log say how long it took."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
        elif complete:
            self._stream.write(f"{self._title}  done in {clock(time.monotonic() - self._started)}\n")
        self._stream.flush()

    def _print(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text[:79]}" if self._terminal else f"{text}\n")
        self._stream.flush()


def clock(seconds: float) -> str:
    """Hours, minutes and seconds: `1:05`, `2:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
