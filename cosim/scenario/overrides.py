"""`--set path=value`: one value laid over a scenario from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from cosim.errors import InputError, Problem
from cosim.scenario.merging import merged
from cosim.scenario.reading import read_text
from cosim.scenario.shape import SCALARS, shape_at
from cosim.scenario.tree import Node, Place, Route, Source, dotted

OPTION = "--set"


def with_sets(tree: Node, sets: Sequence[str], file: Path | None) -> Node:
    """The tree with every `path=value` laid over it, in order.

    Keys may hold dots: the longest key that fits counts. A value is a YAML scalar or flow collection; nothing or
    `null` deletes; a mapping is merged. File names in it start from the scenario `file`.

    Raises:
        InputError: every option that is malformed or names a path the scenario cannot have.
    """
    problems: list[Problem] = []
    for number, text in enumerate(sets, start=1):
        place = Place(Source(OPTION, file), number, 1)
        try:
            tree = _with_set(tree, text, place)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tree


def _with_set(tree: Node, text: str, place: Place) -> Node:
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not path:
        hint = f"write {OPTION} path=value, as {OPTION} time.duration=P2D"
        raise InputError([place.problem("", "is not path=value", given=text, hint=hint)])
    route = find_route(tree, path, place)
    node = _value(value, place, len(text) - len(value), path)
    return laid(tree, route, node)


def _value(text: str, place: Place, offset: int, path: str) -> Node:
    if not text.strip():
        return Node(None, place, place)
    try:
        return _moved(read_text(text, place.source), place.line, offset)
    except InputError as error:
        said = [replace(p, line=place.line, column=p.column + offset, path=p.path or path) for p in error.problems]
        raise InputError(said) from None


def _moved(node: Node, line: int, offset: int) -> Node:
    """The same value with places counted on the command line: line = number of the option."""

    def moved(place: Place) -> Place:
        return replace(place, line=line, column=place.column + offset)

    value = node.value
    if isinstance(value, Mapping):
        value = {key: _moved(child, line, offset) for key, child in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_moved(child, line, offset) for child in value)
    return Node(value, moved(node.place), moved(node.key) if node.key is not None else None)


def find_route(tree: Node, path: str, place: Place) -> Route:
    """The route a dotted path means; InputError at `place`, with near misses, if there is none."""
    route: Route = ()
    rest = path
    while rest:
        node = tree.at(route)
        if node is not None and isinstance(node.value, tuple):
            head, _, rest = rest.partition(".")
            if not head.isdecimal() or int(head) >= len(node.value):
                raise InputError([_unknown(tree, route, path, place)])
            route = (*route, int(head))
        else:
            key = _key(tree, route, rest)
            if key is None:
                raise InputError([_unknown(tree, route, path, place)])
            route, rest = (*route, key), rest[len(key) + 1 :]
    return route


def _key(tree: Node, route: Route, rest: str) -> str | None:
    """The key that the rest of a path begins with: one that is there, one the schema knows, or a new name."""
    node, shape = tree.at(route), shape_at(route, tree)
    existing = _longest(rest, list(node.mapping) if node is not None else []) or _longest(rest, shape.keys)
    if existing is None and shape.free and ("." not in rest or shape.below(rest, None).types <= SCALARS):
        return rest  # a new entry, if it is given whole; where nothing lies below entries, dots belong to its name
    return existing


def _longest(rest: str, keys: Sequence[str]) -> str | None:
    return max((key for key in keys if rest == key or rest.startswith(f"{key}.")), key=len, default=None)


def _unknown(tree: Node, route: Route, path: str, place: Place) -> Problem:
    known = {dotted(found) for found in tree.routes() if found[:2] != ("ensemble", "vary")}
    node = tree.at(route)
    here = [*(node.mapping if node is not None else ()), *shape_at(route, tree).keys]
    known |= {dotted((*route, key)) for key in here}
    close = get_close_matches(path, sorted(known), n=3, cutoff=0.6)
    if close:
        hint = f"did you mean {', '.join(close)}?"
    elif node is not None and isinstance(node.value, tuple):
        hint = f"{dotted(route)} has the items 0 to {len(node.value) - 1}"
    else:
        hint = f"{dotted(route) or 'the scenario'} has {', '.join(sorted(set(here))) or 'no keys'}"
    return place.problem(path, "there is no such path", hint=hint)


def laid(tree: Node, route: Route, value: Node) -> Node:
    """`value` laid over the tree at a route; mappings on the way that are missing are made."""
    if not route:
        return merged(tree, value.with_key(tree.key))
    step, *rest = route
    if isinstance(tree.value, tuple) and isinstance(step, int):
        items = list(tree.value)
        items[step] = laid(items[step], tuple(rest), value)
        return replace(tree, value=tuple(items))
    entries = dict(tree.mapping)
    below = entries.get(str(step)) or Node({}, value.place, value.place)
    entries[str(step)] = laid(below, tuple(rest), value)
    return Node(entries, tree.place, tree.key)
