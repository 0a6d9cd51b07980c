"""Laying one tree over another: mappings merge deep, everything else is replaced whole, null deletes.

Trees are merged from left to right (base, file, variant, `--set`); nulls stay as they are while merging and are
removed at the end by `without_nulls`, so a later layer may still fill what an earlier one deleted. Every value keeps
its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cosim.scenario.tree import Node


def merged(base: Node, over: Node) -> Node:
    """`over` laid over `base`; an empty mapping changes nothing."""
    if not (isinstance(base.value, Mapping) and isinstance(over.value, Mapping)):
        return over
    entries = dict(base.value)
    for key, child in over.value.items():
        entries[key] = merged(entries[key], child) if key in entries else child
    # a mapping that both layers write stays where it was first written: that is where a missing key is missed
    return replace(base, value=entries)


def without_nulls(node: Node) -> Node:
    """The tree without mapping entries that are null; null in a list stays."""
    if isinstance(node.value, Mapping):
        kept = {key: without_nulls(child) for key, child in node.value.items() if child.value is not None}
        return replace(node, value=kept)
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(without_nulls(child) for child in node.value))
    return node
