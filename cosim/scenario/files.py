"""Files a scenario names: relative to the file that names them, and never outside its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from cosim.scenario.tree import Node, Route

_FILE_KEY = "file"
_FILE_ROUTES = frozenset(
    {("grid", "pandapower"), ("grid", "matpower"), ("grid", "csv", "nodes"), ("grid", "csv", "branches")}
)
_TARIFF_SUFFIXES = (".yaml", ".yml")


def names_file(route: Route, text: str) -> bool:
    """Whether the text at a route names a file; a tariff is a file or the name of a bundled one."""
    if route == ("market", "tariff") or route[:1] == ("settlement",):
        return text.endswith(_TARIFF_SUFFIXES)
    return route in _FILE_ROUTES or (bool(route) and route[-1] == _FILE_KEY)


def inside(name: str, named_in: Path) -> Path:
    """The file `name` as meant in the file `named_in`; ValueError in words if it leaves that file's folder."""
    folder = named_in.parent.resolve()
    if not name or "\0" in name:
        raise ValueError("names no file")
    target = (folder / name).resolve()
    if Path(name).is_absolute() or not target.is_relative_to(folder):
        raise ValueError("lies outside the folder of the file that names it; put it beside that file")
    return target


def file_values(tree: Node) -> Iterator[tuple[Route, Node]]:
    """Every text in the tree that names a file."""
    for route in tree.routes():
        node = tree.at(route)
        if node is not None and isinstance(node.value, str) and names_file(route, node.value):
            yield route, node


def with_absolute_files(tree: Node) -> Node:
    """The tree with every file name resolved against the file it was written in.

    Names that cannot be resolved stay; `cosim.scenario.checks.files` reports them.
    """
    return _resolved(tree, ())


def _resolved(node: Node, route: Route) -> Node:
    if isinstance(node.value, Mapping):
        return replace(node, value={key: _resolved(child, (*route, key)) for key, child in node.value.items()})
    if isinstance(node.value, tuple):
        return replace(node, value=tuple(_resolved(child, (*route, i)) for i, child in enumerate(node.value)))
    named_in = node.place.source.file
    if isinstance(node.value, str) and names_file(route, node.value) and named_in is not None:
        try:
            return replace(node, value=str(inside(node.value, named_in)))
        except ValueError:
            return node
    return node
