"""What happened and who did it: switches, sources, taps and engines that changed, as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cosim.results.port_columns import PortColumns
from cosim.results.series_columns import labels
from grids.arrays import FloatArray
from simulators import ports
from simulators.sinks import Layout, StepRecord

MOST_EVENTS = 100_000  # records kept; what comes after is counted, not kept


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one subject. `time` is local, at the start of the step that shows it."""

    t_s: int
    time: str
    member: int
    actor: str
    action: str
    subject: str
    before: float
    after: float
    reason: str
    certainty: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for events.json, with `from` and `to`."""
        plain = asdict(self)
        return {{"before": "from", "after": "to"}.get(key, key): value for key, value in plain.items()}


@dataclass(frozen=True, slots=True)
class _Watch:
    """Something that may change: subjects, how to read (members, subject) values, and the words for a change."""

    actor: str
    subjects: tuple[str, ...]
    read: Callable[[StepRecord], FloatArray]
    up: str
    down: str


class EventLog:
    """Sink: compares each step with the one before. Memory is bounded by `most`."""

    def __init__(self, most: int = MOST_EVENTS) -> None:
        self.events: list[Event] = []
        self.dropped = 0
        self._most = most

    def open(self, layout: Layout) -> None:
        """Remember the layout; what can change is known with the first step."""
        self._layout = layout
        self._watches: tuple[_Watch, ...] | None = None
        self._last: list[FloatArray] = []

    def write(self, step: StepRecord) -> None:
        """Record what differs from the step before."""
        if self._watches is None:
            self._watches = tuple(watch for watch in _watches(self._layout, step) if watch.subjects)
            self._last = [watch.read(step) for watch in self._watches]
            return
        for at, watch in enumerate(self._watches):
            now, before = watch.read(step), self._last[at]
            if not np.array_equal(now, before):
                self._record(step, watch, before, now)
            self._last[at] = now

    def _record(self, step: StepRecord, watch: _Watch, before: FloatArray, now: FloatArray) -> None:
        time = self._layout.axis.local(step.t_s).isoformat()
        for member, position in np.argwhere(now != before).tolist():
            if len(self.events) >= self._most:
                self.dropped += 1
                continue
            was, is_now = float(before[member, position]), float(now[member, position])
            action = watch.up if is_now > was else watch.down
            subject = watch.subjects[position]
            self.events.append(
                Event(step.t_s, time, member, watch.actor, action, subject, was, is_now, "", "derived: this run")
            )

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""


def _watches(layout: Layout, first: StepRecord) -> Sequence[_Watch]:
    index = layout.index
    engines = PortColumns(layout.entities, (ports.ON,), first)
    units = tuple(label for block in engines.blocks for label in labels(block.entity.subject, block.width))
    return (
        _Watch(
            "schedule", _named("source", index.source), lambda s: s.grid.state.source_on.astype(np.float64), "on", "off"
        ),
        _Watch(
            "schedule",
            _named("switch", index.switch),
            lambda s: s.grid.state.closed.astype(np.float64),
            "close",
            "open",
        ),
        _Watch("regulator", _named("trafo", index.tap), lambda s: s.grid.state.tap_pos, "tap up", "tap down"),
        _Watch("device", units, lambda s: engines.gather(s.ports), "start", "stop"),
    )


def _named(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{kind}:{name}" for name in names)
