"""Rules about what is connected to what in the normal state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from grids.admission import Objection
from grids.powerflow.contract import BranchKind
from grids.topology import path, reach, zero_impedance_ring
from grids.validation.facts import GridFacts
from grids.validation.rule import Rule, Severity

SHOWN = 5  # names that a message prints


def listed(names: Iterable[str]) -> str:
    """Some names, and how many there are besides."""
    known = list(names)
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return ", ".join(known[:SHOWN]) + more


@dataclass(frozen=True)
class _DeadPart:
    """Buses joined to each other that no source reaches, and what could join them to the rest."""

    buses: frozenset[int]
    openings: tuple[str, ...]  # subjects of open switches and of branches out of service at its edge
    has_source: bool  # that is off
    powers: tuple[str, ...]  # loads and generators that stand there


def _dead_parts(facts: GridFacts) -> Iterator[_DeadPart]:
    index, adjacent = facts.grid.index, facts.adjacent
    ignored = {facts.bus_position[name] for name in facts.grid.out_of_service_buses} | set(index.star_bus)
    seen = set(facts.energised) | ignored
    for bus in range(len(index.bus)):
        if bus in seen:
            continue
        buses = frozenset(reach(adjacent, [bus])) - set(index.star_bus)
        seen |= buses
        names = {index.bus[position] for position in buses}
        yield _DeadPart(
            buses=buses,
            openings=tuple(_openings(facts, buses)),
            has_source=not buses.isdisjoint(index.source_bus.tolist()),
            powers=tuple(power.subject for power in facts.powers if power.bus in names),
        )


def _openings(facts: GridFacts, buses: frozenset[int]) -> Iterator[str]:
    """What is open between these buses and others: `switch:NAME`, or a branch that is out of service."""
    index, off = facts.grid.index, facts.grid.out_of_service_buses
    inside = np.zeros(len(index.bus), dtype=bool)
    inside[list(buses)] = True
    for branch in np.flatnonzero(inside[index.branch_from] != inside[index.branch_to]).tolist():
        if not {index.bus[index.branch_from[branch]], index.bus[index.branch_to[branch]]}.isdisjoint(off):
            continue
        opened = [switch for switch in facts.switches_of(branch) if not facts.grid.normal.closed[0, switch]]
        if opened:
            yield from (f"switch:{index.switch[switch]}" for switch in opened)
        elif not facts.grid.normal.in_service[0, branch]:
            yield index.branch_subject(branch)


def _bus_words(facts: GridFacts, part: _DeadPart) -> str:
    names = sorted(facts.grid.index.bus[bus] for bus in part.buses)
    return f"bus {names[0]!r}" if len(names) == 1 else f"{len(names)} buses ({listed(names)})"


def _subject(facts: GridFacts, part: _DeadPart) -> str:
    return f"bus:{min(facts.grid.index.bus[bus] for bus in part.buses)}"


def _unconnected(facts: GridFacts) -> Iterator[Objection]:
    for part in _dead_parts(facts):
        if not part.openings and not part.has_source and part.powers:
            message = f"no line, transformer or switch joins {_bus_words(facts, part)} with {listed(part.powers)} on it"
            yield Objection(_subject(facts, part), message + " to a source")


def _idle_part(facts: GridFacts) -> Iterator[Objection]:
    for part in _dead_parts(facts):
        if not part.openings and not part.has_source and not part.powers:
            message = f"nothing joins {_bus_words(facts, part)} to a source, and no load or generator is there"
            yield Objection(_subject(facts, part), message)


def _dead_part(facts: GridFacts) -> Iterator[Objection]:
    for part in _dead_parts(facts):
        if part.openings or part.has_source:
            why = f"open there: {listed(part.openings)}" if part.openings else "its source is off"
            held = f", with {listed(part.powers)} on it" if part.powers else ""
            message = f"no source reaches {_bus_words(facts, part)} in the normal state{held}; {why}"
            yield Objection(_subject(facts, part), message)


def _loop(facts: GridFacts) -> Iterator[Objection]:
    """One finding a branch that closes a loop beyond a spanning tree; parallel transformers of a bank are none."""
    if not facts.radial:
        return
    index, parents = facts.grid.index, facts.energised
    tree = {step[0] for step in parents.values() if step is not None}
    banks = {_ends(facts, branch) for branch in tree if index.branch_kind[branch] is BranchKind.TRAFO}
    for branch in np.flatnonzero(facts.connected.all(axis=1)).tolist():
        one, other = int(index.branch_from[branch]), int(index.branch_to[branch])
        if branch in tree or one not in parents or other not in parents:
            continue
        if index.branch_kind[branch] is BranchKind.TRAFO and _ends(facts, branch) in banks:
            continue
        ways = [path(parents, bus) for bus in (one, other)]
        ring = sorted({branch} | (set(ways[0]) ^ set(ways[1])))
        switches = [index.switch[switch] for member in ring for switch in facts.switches_of(member)]
        opened = f"switches in it: {listed(switches)}" if switches else "no switch is in it"
        message = f"{listed(index.branch_subject(member) for member in ring)} form a loop"
        if _root(facts, one) != _root(facts, other):
            message += " through the sources"
        subject = next((member for member in ring if facts.links[member]), branch)  # a tie closed by mistake, if any
        yield Objection(index.branch_subject(subject), f"{message}; {opened}")


def _ends(facts: GridFacts, branch: int) -> frozenset[int]:
    index = facts.grid.index
    return frozenset((int(index.branch_from[branch]), int(index.branch_to[branch])))


def _root(facts: GridFacts, bus: int) -> int:
    while (step := facts.energised[bus]) is not None:
        bus = step[1]
    return bus


def _switch_ring(facts: GridFacts) -> Iterator[Objection]:
    ring = zero_impedance_ring(facts.grid.index, facts.connected)
    if ring:
        message = f"closed bus-bus switches form a ring, so the flow through each is undefined: {', '.join(ring)}"
        yield Objection(f"switch:{ring[0]}", message)


RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "unconnected",
        Severity.ERROR,
        "loads or generators at buses that no line, transformer or switch, open or closed, joins to a source",
        "add the line or switch that was forgotten, or take the buses out",
        _unconnected,
    ),
    Rule(
        "idle-part",
        Severity.WARNING,
        "buses joined to nothing, with nothing on them",
        "take them out, or add the line that was forgotten",
        _idle_part,
    ),
    Rule(
        "dead-part",
        Severity.WARNING,
        "buses that no source reaches in the normal state, because a switch is open or a branch out of service",
        "close the switch, or leave it if they are meant to be dead (an open tie between two live parts is no finding)",
        _dead_part,
    ),
    Rule(
        "loop",
        Severity.ERROR,
        "a loop where the network is stated to be radial (`grid.radial`, or a Japanese feeder of the library)",
        "open a switch of the loop, or state `radial: false`",
        _loop,
    ),
    Rule(
        "switch-ring",
        Severity.ERROR,
        "closed bus-bus switches without impedance in a ring",
        "open one of them, or give one a line with impedance",
        _switch_ring,
    ),
)
