"""Who contributes how much to what was measured in one solved step.

Each part (the points of one device or load) is scaled down by a small share, with taps and switches as they are; what
a measured value loses by it, per unit of that share, is the part's contribution: the first-order change if the part
were taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grids.arrays import FloatArray
from grids.feeder import Feeder, GridStep
from grids.powerflow.contract import FlowState
from grids.powerflow.results import taken

SHARE = 1e-2  # part of its power that a part loses: small against a feeder's curvature, large against a solver's noise
CHUNK = 256  # flows solved at once: bounds the memory of a large feeder


@dataclass(frozen=True, slots=True)
class Part:
    """Connection points that are scaled together."""

    name: str
    injections: tuple[int, ...] = ()
    loads: tuple[int, ...] = ()

    @property
    def units(self) -> tuple[Part, ...]:
        """Each of its points as a part of its own, `NAME[0]`, `NAME[1]`, ...; none where it has only one."""
        if len(self.injections) + len(self.loads) <= 1:
            return ()
        single = [Part("", (point,)) for point in self.injections] + [Part("", (), (point,)) for point in self.loads]
        return tuple(replace(one, name=f"{self.name}[{at}]") for at, one in enumerate(single))


def contributions(
    feeder: Feeder, state: FlowState, parts: Sequence[Part], read: Callable[[GridStep], FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """What each part adds to the values of one solved step.

    Args:
        feeder: whose step it was.
        state: as solved, of one member: actual powers, final taps and switches.
        parts: what is scaled.
        read: (rows, values) of a replayed step; a row is one flow.

    Returns:
        base: (values,) of the step itself, solved again.
        added: (parts, values) positive where the part raises the value; NaN where a flow has no solution.
    """
    found = np.concatenate([read(feeder.replay(batch)) for batch in _batches(state, parts)])
    return found[0], (found[0] - found[1:]) / SHARE


def _batches(state: FlowState, parts: Sequence[Part]) -> Iterator[FlowState]:
    """The state itself, then a copy of it for every part."""
    scaled = [Part(""), *parts]
    for start in range(0, len(scaled), CHUNK):
        chunk = scaled[start : start + CHUNK]
        batch = taken(state, np.zeros(len(chunk), dtype=np.int64))
        for row, part in enumerate(chunk):
            points, loads = list(part.injections), list(part.loads)
            for power in (batch.p_mw, batch.q_mvar):
                power[row, points] *= 1.0 - SHARE
            for power in (batch.p_load_mw, batch.q_load_mvar):
                power[row, loads] *= 1.0 - SHARE
        yield batch
