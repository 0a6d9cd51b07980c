"""The recorder stage: gathers one step from every stage and hands it to the sinks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from typing import Any

from grids.feeder import GridStep
from simulators.ports import PORTS, STEP
from simulators.shell import Inputs, StageSimulator, model_meta
from simulators.sinks import Layout, Sink, StepRecord

RECORDER = "Recorder"


class RecorderSimulator(StageSimulator):
    """Opens the sinks, feeds them every step in order, and closes them when mosaik ends, also after a failure.

    `sinks` may be any iterable of `Sink`; `layout` is what they are opened with.
    """

    def __init__(self) -> None:
        super().__init__({RECORDER: model_meta(PORTS, any_inputs=True)})
        self._subjects: dict[str, str] = {}
        self._sinks: tuple[Sink, ...] = ()
        self._opened: list[Sink] = []
        self._steps = 0

    def configure(self, **parameters: Any) -> None:
        """Take `sinks` and `layout`, and open the sinks."""
        sinks: Iterable[Sink] = parameters.pop("sinks")
        layout: Layout = parameters.pop("layout")
        super().configure(**parameters)
        self._sinks = tuple(sinks)
        for sink in self._sinks:
            sink.open(layout)
            self._opened.append(sink)

    def add(self, model: str, **parameters: Any) -> str:
        """The one recorder."""
        if self.values:
            raise ValueError("one recorder is enough: it hears everybody")
        self.values["recorder"] = {}
        return "recorder"

    def advance(self, k: int, inputs: Inputs) -> None:
        """Build the record of step k and write it to every sink."""
        edges = self.axis.edges
        ports: dict[str, dict[str, Any]] = {}
        grid: GridStep | None = None
        for port, sources in next(iter(inputs.values()), {}).items():
            if port == STEP:
                grid = _one_step(sources)
                continue
            for source, value in sources.items():
                of_subject = ports.setdefault(self._subject(source), {})
                if port in of_subject:
                    raise ValueError(f"{port} of {self._subject(source)} reaches the recorder twice")
                of_subject[port] = value
        if grid is None:
            raise ValueError(f"no {STEP} reaches the recorder: connect it to the grid stage")
        record = StepRecord(k, int(edges[k]), int(edges[k + 1] - edges[k]), ports, grid)
        for sink in self._sinks:
            sink.write(record)
        self._steps += 1

    def _subject(self, source: str) -> str:
        """`Devices-0.device:LV4.101` -> `device:LV4.101`."""
        subject = self._subjects.get(source)
        if subject is None:
            subject = self._subjects[source] = source.partition(".")[2]
        return subject

    def finalize(self) -> None:
        """Close every sink, also if one of them fails to; the run is complete if every step of the axis came."""
        complete = self._steps == self.axis.steps
        with ExitStack() as stack:
            for sink in reversed(self._opened):
                stack.callback(partial(sink.close, complete=complete))


def _one_step(sources: Any) -> GridStep:
    if len(sources) != 1:
        raise ValueError(f"one grid stage is recorded, got {sorted(sources)}")
    step: GridStep = next(iter(sources.values()))
    return step
