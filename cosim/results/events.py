"""What happened and who did it: switches, sources, taps and engines that changed, as records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from cosim.results.port_columns import PortColumns
from cosim.results.series_columns import labels
from grids.arrays import BoolArray, FloatArray
from grids.protection.relays import Relay
from simulators import ports
from simulators.sinks import Layout, StepBlock

Values = FloatArray | BoolArray
MOST_EVENTS = 100_000  # records kept of one member; what comes after is counted, not kept
MOST_EVENTS_OF_MANY = 10_000  # of an ensemble


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
    """Something that may change: subjects, how to read (rows, subject) values, and the words for a change."""

    actor: str
    subjects: tuple[str, ...]
    read: Callable[[StepBlock], Values]
    up: str
    down: str


class _Change(NamedTuple):
    """One change, in the order in which they are told."""

    step: int  # in its block
    watch: int
    row: int  # member
    subject: int
    before: float
    now: float


class EventLog:
    """Sink: compares each step with the one before. Memory is bounded: by `most` records, the first of the run."""

    def __init__(self, most: int | None = None) -> None:
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()  # action -> times in all members, recorded or not
        self._given = most

    @property
    def dropped(self) -> int:
        """Events that were counted and not recorded."""
        return self.counts.total() - len(self.events)

    def open(self, layout: Layout) -> None:
        """Remember the layout; what can change is known with the first step."""
        self._layout = layout
        self._most = self._given or (MOST_EVENTS if layout.members == 1 else MOST_EVENTS_OF_MANY)
        self._watches: tuple[_Watch, ...] | None = None
        self._last: list[Values] = []

    def write(self, block: StepBlock) -> None:
        """Record what differs from the step before, in time order."""
        if self._watches is None:
            self._watches = tuple(watch for watch in _watches(self._layout, block) if watch.subjects)
            self._last = [block.by_step(watch.read(block))[0] for watch in self._watches]
        found: list[_Change] = []
        for place, watch in enumerate(self._watches):
            now = block.by_step(watch.read(block))
            before = np.concatenate((self._last[place][np.newaxis], now[:-1]))
            self._last[place] = now[-1]
            at = np.nonzero(now != before)
            if not len(at[0]):
                continue
            rose = now[at] > before[at]
            self.counts.update({watch.up: int(rose.sum()), watch.down: int((~rose).sum())})
            room = slice(0, self._most - len(self.events))  # nonzero goes by time first
            columns = (*at, before[at], now[at])
            found += [
                _Change(row[0], place, *row[1:]) for row in zip(*(c[room].tolist() for c in columns), strict=True)
            ]
        self._record(block, sorted(found)[: self._most - len(self.events)])

    def _record(self, block: StepBlock, changes: Sequence[_Change]) -> None:
        times: dict[int, str] = {}
        for change in changes:
            watch = (self._watches or ())[change.watch]
            t_s = int(block.t_s[change.step])
            if t_s not in times:
                times[t_s] = self._layout.axis.local(t_s).isoformat()
            self.events.append(
                Event(
                    t_s=t_s,
                    time=times[t_s],
                    member=int(self._layout.member[change.row]),
                    actor=watch.actor,
                    action=watch.up if change.now > change.before else watch.down,
                    subject=watch.subjects[change.subject],
                    before=float(change.before),
                    after=float(change.now),
                    reason="",
                    certainty="derived: this run",
                )
            )

    def close(self, *, complete: bool) -> None:
        """Nothing to release."""


def _watches(layout: Layout, first: StepBlock) -> Sequence[_Watch]:
    index = layout.index
    engines = PortColumns(layout.entities, (ports.ON,), first)
    units = tuple(label for block in engines.blocks for label in labels(block.entity.subject, block.width))
    return (
        _Watch("schedule", _named("source", index.source), lambda b: b.grid.state.source_on, "on", "off"),
        _Watch(
            "schedule",
            _named("switch", index.switch),
            lambda b: b.grid.state.closed,
            "close",
            "open",
        ),
        _Watch("regulator", _named("trafo", index.tap), lambda b: b.grid.state.tap_pos, "tap up", "tap down"),
        _Watch("device", units, engines.gather, "start", "stop"),
        *(_relay(relay) for relay in layout.relays),
    )


def _relay(relay: Relay) -> _Watch:
    """The breakers of one relay: a trip is told at the start of the first step in which its device is off."""
    subjects = tuple(subject for subject, _ in relay.opens)
    points = [point for _, point in relay.opens]
    return _Watch(relay.subject, subjects, lambda b: b.grid.relays.open[:, points], "trip", "reclose")


def _named(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{kind}:{name}" for name in names)
