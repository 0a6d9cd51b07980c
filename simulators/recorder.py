"""The recorder stage: gathers what every stage published and hands it to the sinks, a block of steps at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from typing import Any

from grids.feeder import GridStep
from simulators.ports import STEP
from simulators.shell import DONE, OUTPUTS, Inputs, Record, StageSimulator, model_meta, only
from simulators.sinks import Layout, Ports, Sink, block_steps, join_steps

RECORDER = "Recorder"
GRID_SUBJECT = "grid"
BLOCK_SECONDS = 1.0  # longest wait for the rest of a block: a slow run is shown and kept as it goes


class RecorderSimulator(StageSimulator):
    """Opens the sinks, feeds them the steps in order, and closes them when mosaik ends, also after a failure.

    `sinks` may be any iterable of `Sink`; `layout` is what they are opened with; `steps` how many steps make a block
    (by default what suits the number of members). A block ends at once with a step that did not converge.
    """

    def __init__(self) -> None:
        super().__init__({RECORDER: model_meta([OUTPUTS, DONE])})
        self._sinks: tuple[Sink, ...] = ()
        self._opened: list[Sink] = []
        self._seen = 0
        self._since = time.monotonic()
        # steps only: their arrays are new on every step and never written again
        self._ports: list[tuple[Ports, ...]] = []
        self._grids: list[GridStep] = []

    def configure(self, **parameters: Any) -> None:
        """Take `sinks`, `layout` and `steps`, and open the sinks."""
        sinks: Iterable[Sink] = parameters.pop("sinks")
        layout: Layout = parameters.pop("layout")
        self._block_steps: int = parameters.pop("steps", None) or block_steps(self.members)
        super().configure(**parameters)
        self._sinks = tuple(sinks)
        for sink in self._sinks:
            sink.open(layout)
            self._opened.append(sink)

    def add(self, model: str, **parameters: Any) -> str:
        """The one recorder."""
        if self.values:
            raise ValueError("one recorder is enough: it hears everybody")
        self.values["recorder"] = {DONE: -1}
        return "recorder"

    def advance(self, k: int, inputs: Inputs) -> None:
        """Keep step k; write the block it completes."""
        outputs: Record = only(next(iter(inputs.values()), {}).get(OUTPUTS, {}))
        steps = [stage[GRID_SUBJECT][STEP] for stage in outputs if GRID_SUBJECT in stage]
        if len(steps) != 1:
            raise ValueError(f"{len(steps)} grid stages reach the recorder: connect it to the outputs of one")
        grid: GridStep = steps[0]
        self._ports.append(outputs)
        self._grids.append(grid)
        self._seen += 1
        self.values["recorder"] = {DONE: k}
        full = len(self._grids) == self._block_steps or self._seen == self.axis.steps
        if full or time.monotonic() - self._since > BLOCK_SECONDS or not grid.result.converged.all():
            self._flush()

    def _flush(self) -> None:
        """Hand on what is kept; a sink that raises does not get it again."""
        ports, grids = self._ports, self._grids
        self._ports, self._grids = [], []
        self._since = time.monotonic()
        if not grids:
            return
        block = join_steps(self.axis, self._seen - len(grids), self.members, ports, grids)
        for sink in self._sinks:
            sink.write(block)

    def finalize(self) -> None:
        """Close every sink, also if one of them fails to; the run is complete if every step of the axis came."""
        complete = self._seen == self.axis.steps
        with ExitStack() as stack:
            for sink in reversed(self._opened):
                stack.callback(partial(sink.close, complete=complete))
            self._flush()
