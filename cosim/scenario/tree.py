"""The located tree: plain data in which every value knows the file, line and column it was written at.

Reading, merging and overriding work on this tree, so provenance needs no book-keeping of its own: a value that
survives a merge brings its place along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from cosim.errors import Problem

Scalar: TypeAlias = str | int | float | bool | None
Route: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where text came from: how it is shown to people, and the file relative paths in it start from."""

    shown: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a source; line and column count from 1, 0 = the source as a whole."""

    source: Source
    line: int = 0
    column: int = 0

    def problem(self, path: str, message: str, *, given: str = "", hint: str = "") -> Problem:
        """A problem at this place; `path` is the dotted scenario path."""
        return Problem(self.source.shown, self.line, self.column, path, message, given, hint)

    def __str__(self) -> str:
        return f"{self.source.shown}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Node:
    """One value with its place; `key` is where its key stands (None for list items and the root)."""

    value: Scalar | Mapping[str, Node] | tuple[Node, ...]
    place: Place
    key: Place | None = None

    @property
    def mapping(self) -> Mapping[str, Node]:
        """The entries of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def anchor(self) -> Place:
        """Where to point when the value as a whole is meant: its key if it has one."""
        return self.key if self.key is not None and isinstance(self.value, Mapping | tuple) else self.place

    def child(self, step: str | int) -> Node | None:
        """The entry or item at `step`, None if there is none."""
        if isinstance(self.value, Mapping):
            return self.value.get(str(step))
        if isinstance(self.value, tuple) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None

    def at(self, route: Route) -> Node | None:
        """The node at a route, None if the route leaves the tree."""
        node: Node | None = self
        for step in route:
            node = node.child(step) if node is not None else None
        return node

    def nearest(self, route: Route) -> Node:
        """The deepest node on a route."""
        node = self
        for step in route:
            below = node.child(step)
            if below is None:
                break
            node = below
        return node

    def routes(self) -> Iterator[Route]:
        """Every route in the tree below this node, mappings and leaves alike."""
        if isinstance(self.value, Mapping):
            children: Iterator[tuple[str | int, Node]] = iter(self.value.items())
        elif isinstance(self.value, tuple):
            children = iter(enumerate(self.value))
        else:
            return
        for step, child in children:
            yield (step,)
            for below in child.routes():
                yield (step, *below)

    def with_key(self, key: Place | None) -> Node:
        """The same value under another key."""
        return replace(self, key=key)


class Text(str):
    """A string that knows the file it was written in, so that a relative path can be resolved against it."""

    file: Path | None

    def __new__(cls, value: str, file: Path | None = None) -> Text:
        """The text `value`, written in `file`."""
        text = super().__new__(cls, value)
        text.file = file
        return text


def plain(node: Node) -> Any:
    """Plain data of a tree: dicts, lists and scalars; strings are `Text`."""
    if isinstance(node.value, Mapping):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [plain(child) for child in node.value]
    if isinstance(node.value, str):
        return Text(node.value, node.place.source.file)
    return node.value


def dotted(route: Route) -> str:
    """A route as a scenario path: `devices.baths.power_kw`."""
    return ".".join(str(step) for step in route)
