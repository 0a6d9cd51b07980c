"""The data-flow graph of a world as mermaid text: stages, ports, and which wires are one step late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cosim.world import Connection


def mermaid(wires: Iterable[Connection]) -> str:
    """A flowchart of every entity; a dotted arrow is time-shifted (read one step later)."""
    members: dict[str, set[str]] = defaultdict(set)
    ports: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    for wire in wires:
        ends = []
        for end in (wire.source, wire.target):
            members[end.stage].add(end.subject)
            ends.append(_node(end.stage, end.subject))
        ports[ends[0], ends[1], wire.shifted].add(wire.port)
    lines = ["flowchart LR"]
    for stage, subjects in members.items():
        lines.append(f"  subgraph {stage}")
        lines += [f'    {_node(stage, subject)}["{subject}"]' for subject in sorted(subjects)]
        lines.append("  end")
    for (source, target, shifted), names in sorted(ports.items()):
        arrow = "-.->" if shifted else "-->"
        lines.append(f'  {source} {arrow}|"{"<br/>".join(sorted(names))}"| {target}')
    return "\n".join(lines)


def _node(stage: str, subject: str) -> str:
    return f"{stage}_" + "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in subject)
