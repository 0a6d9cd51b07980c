"""Checks of events: their subjects exist, they lie inside the run."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.keys.events import EventKind
from cosim.scenario.rules import rule
from cosim.scenario.view import View

_FREQUENCY = EventKind.SOURCE_FREQUENCY


@rule("subject of an event", "grid", "events.*.kind", "events.*.subject")
def event_subject(view: View, name: str) -> Iterator[Problem]:
    """Events happen to sources and switches that exist."""
    event = view.events[name]
    if event.kind.subject_kind == "source":
        known = view.names.sources if view.names is not None else view.network.grid.index.source
    else:
        known = view.names.switches if view.names is not None else view.network.grid.index.switch
    if event.name not in known:
        yield unknown(view, ("events", name, "subject"), event.kind.subject_kind, event.name, known)


@rule("event inside the run", "time", "events.*.at")
def event_inside(view: View, name: str) -> Iterator[Problem]:
    """Events begin before the run ends, unless the command line cut the run."""
    event, length_s = view.events[name], view.time.duration_s
    if length_s > 0 and event.at.total_seconds() >= length_s and not run_was_cut(view):
        hint = "lengthen the run or move the event"
        yield view.problem(("events", name, "at"), "lies after the end of the run", hint=hint)


@rule("events of one subject apart", "events.*.kind", "events.*.subject", "events.*.at", "events.*.duration")
def events_apart(view: View, name: str) -> Iterator[Problem]:
    """Two events of one subject do not overlap: the end of one would undo the other."""
    event = view.events[name]
    for other_name, other in view.events.items():
        if other_name == name or other.subject != event.subject or other.at > event.at:
            continue
        if (getattr(other, "kind", event.kind) is _FREQUENCY) != (event.kind is _FREQUENCY):
            continue  # a source that is on runs at some frequency
        later = other.at < event.at or list(view.events).index(other_name) < list(view.events).index(name)
        if later and (other.until is None or other.until > event.at):
            hint = "join them, or let one begin where the other ends"
            message = f"begins while event {other_name} of the same subject still lasts"
            yield view.problem(("events", name, "at"), message, hint=hint)


def run_was_cut(view: View) -> bool:
    """Whether the length of the run comes from the command line."""
    return view.from_command_line(("time", "duration")) or view.from_command_line(("time", "end"))


def notes(view: View) -> Iterator[str]:
    """What a shortened run leaves out; not an error."""
    if not view.parts.usable(("time",)) or not run_was_cut(view):
        return
    length_s = view.time.duration_s
    for name, event in view.events.items():
        if not view.parts.usable(("events", name)):
            continue
        if event.at.total_seconds() >= length_s:
            yield f"event {name} lies after the end of the shortened run and does not happen"
        elif event.until is not None and event.until.total_seconds() > length_s:
            yield f"event {name} lasts beyond the end of the shortened run"
    expect = view.parts.values.get("expect")
    if expect is not None and (expect.figures or expect.findings):
        yield "expect was written for the whole run and is not judged on a shortened one"
