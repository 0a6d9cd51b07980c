"""Timing: interleaved pairs, medians, and how much memory a process took."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

PAIRS = 5


@dataclass(frozen=True)
class Pair:
    """Seconds per step of two ways to do the same work, measured in turns."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the pairs of ours / theirs."""
        return statistics.median(one / other for one, other in zip(self.ours, self.theirs, strict=True))

    def as_dict(self, ours: str, theirs: str) -> dict[str, object]:
        """Medians in milliseconds per step, and the spread of the ratio."""
        ratios = sorted(one / other for one, other in zip(self.ours, self.theirs, strict=True))
        return {
            f"{ours}_ms": 1e3 * statistics.median(self.ours),
            f"{theirs}_ms": 1e3 * statistics.median(self.theirs),
            "ratios": ratios,
        }


def in_turns(ours: Callable[[], float], theirs: Callable[[], float], pairs: int = PAIRS) -> Pair:
    """Run both once to warm up, then in turns; each returns seconds per step."""
    ours(), theirs()
    measured = [(ours(), theirs()) for _ in range(pairs)]
    return Pair(tuple(one for one, _ in measured), tuple(other for _, other in measured))


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


_CHILD = """
import resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
took = time.perf_counter() - started
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, code)
"""


@dataclass(frozen=True)
class Process:
    """One finished command."""

    seconds: float
    peak_mb: float


def command(arguments: Sequence[str]) -> Process:
    """Run `cosim ARGUMENTS` in a process of its own: how long, and its largest resident set."""
    whole = [sys.executable, "-c", _CHILD, sys.executable, "-m", "cosim", *arguments]
    took, peak, code = subprocess.run(whole, capture_output=True, text=True, check=True).stdout.split()
    if code != "0":
        raise RuntimeError(f"cosim {' '.join(arguments)} ended with {code}")
    return Process(float(took), float(peak))
