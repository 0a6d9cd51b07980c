"""YAML text to a located tree: the safe subset, without surprises.

Plain scalars follow the YAML 1.2 core schema: only `true` and `false` are booleans, only decimal and exponent
notation makes a number; `10:00`, `2020-04-20T00:00`, `yes`, `off` and `010` stay text. Duplicate keys, tags, keys that
are not text, aliases that contain themselves and aliases that blow up are refused. Anchors and merge keys work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from cosim.errors import InputError, Problem
from cosim.scenario.syntax import explain, position
from cosim.scenario.tree import Node, Place, Route, Scalar, Source, dotted

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 60

_TAG = "tag:yaml.org,2002:"
_COLLECTIONS = frozenset({_TAG + "map", _TAG + "seq"})
_DEEP = f"at most {MAX_DEPTH} levels"

# the core schema of YAML 1.2 (yaml.org/spec/1.2.2, 10.3.2), less octal and hexadecimal numbers; then the merge key
_IMPLICIT = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    (
        "float",
        r"^(?:[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
    ("merge", r"^<<$", ["<"]),
)


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _number(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: Mapping[str, Callable[[str], Scalar]] = {
    "str": str,
    "null": lambda _: None,
    "bool": _boolean,
    "int": int,
    "float": _number,
    "merge": str,
}


class _Resolver(BaseResolver):
    """Types of plain scalars."""


for _name, _pattern, _first in _IMPLICIT:
    _Resolver.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


class _Loader(Reader, Scanner, Parser, Composer, _Resolver):
    """Composes nodes and has no constructor: nothing is ever built from a tag."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        _Resolver.__init__(self)


def read_file(source: Source) -> Node:
    """The tree of a YAML file.

    Raises:
        InputError: it cannot be read or is not the YAML we accept; every problem of its structure at once.
    """
    whole = Place(source)
    if source.file is None:
        raise ValueError(f"{source.shown} is not a file")
    try:
        data = source.file.read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError([whole.problem("", "cannot be read", given=reason)]) from None
    if len(data) > MAX_BYTES:
        raise InputError([whole.problem("", "is too large", given=f"{len(data)} bytes, at most {MAX_BYTES}")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = position(data[: error.start].decode("utf-8", "replace"), source)
        given = f"byte 0x{data[error.start]:02x}"
        raise InputError([place.problem("", "is not UTF-8 text", given=given, hint="save it as UTF-8")]) from None
    return read_text(text, source)


def read_text(text: str, source: Source) -> Node:
    """The tree of YAML text; InputError as in `read_file`."""
    try:
        root = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        raise InputError([explain(error, text, source)]) from None
    except RecursionError:
        raise InputError([Place(source).problem("", "is nested too deeply", hint=_DEEP)]) from None
    if root is None:
        raise InputError([Place(source).problem("", "is empty", hint="`cosim new` gives a scenario to start from")])
    builder = _Builder(source)
    tree = builder.build(root, ())
    if builder.problems:
        raise InputError(builder.problems)
    return tree


@dataclass
class _Builder:
    """Turns composed nodes into a tree and collects every structural problem on the way."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    open: list[int] = field(default_factory=list)  # ids of the nodes being built: finds aliases inside themselves

    def build(self, node: yaml.Node, route: Route) -> Node:
        """The tree of a composed node; aliases are expanded."""
        place = self._place(node)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise InputError([place.problem("", "aliases expand to too much data", hint=f"at most {MAX_NODES} values")])
        if id(node) in self.open:
            return self._refuse(place, route, "an alias stands inside what it stands for")
        if len(self.open) > MAX_DEPTH:
            return self._refuse(place, route, "is nested too deeply", hint=_DEEP)
        self.open.append(id(node))
        try:
            return self._any(node, place, route)
        finally:
            self.open.pop()

    def _any(self, node: yaml.Node, place: Place, route: Route) -> Node:
        if isinstance(node, ScalarNode):
            return self._scalar(node, place, route)
        if node.tag not in _COLLECTIONS:
            return self._refuse(place, route, "tags are not allowed", given=_shown(node.tag))
        if isinstance(node, MappingNode):
            return Node(self._entries(node, route), place)
        return Node(tuple(self.build(item, (*route, i)) for i, item in enumerate(node.value)), place)

    def _entries(self, node: MappingNode, route: Route) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if key_node.tag == _TAG + "merge":
                for base in self._bases(value_node, route):
                    merged = {**base, **merged}  # the first of several bases wins
            elif not isinstance(key_node, ScalarNode):
                self._refuse(place, route, "a key must be text", hint="quote a key that starts with { or [")
            elif (key := key_node.value) in own:
                self._refuse(place, (*route, key), "is given twice", given=f"first at {own[key].key}")
            else:
                own[key] = self.build(value_node, (*route, key)).with_key(place)
        return {**merged, **own}

    def _bases(self, node: yaml.Node, route: Route) -> Iterator[Mapping[str, Node]]:
        for base in node.value if isinstance(node, SequenceNode) else [node]:
            built = self.build(base, route)
            if isinstance(built.value, Mapping):
                yield built.value
            else:
                self._refuse(self._place(base), route, "`<<` takes a mapping", given=str(base.value))

    def _scalar(self, node: ScalarNode, place: Place, route: Route) -> Node:
        convert = _SCALARS.get(node.tag.removeprefix(_TAG))
        if convert is None:
            return self._refuse(place, route, "tags are not allowed", given=_shown(node.tag))
        try:
            return Node(convert(node.value), place)
        except (KeyError, ValueError):
            return self._refuse(place, route, f"is no {_shown(node.tag)}", given=node.value[:40])

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.source, node.start_mark.line + 1, node.start_mark.column + 1)

    def _refuse(self, place: Place, route: Route, message: str, *, given: str = "", hint: str = "") -> Node:
        self.problems.append(place.problem(dotted(route), message, given=given, hint=hint))
        return Node(None, place)


def _shown(tag: str) -> str:
    return tag.replace(_TAG, "!!")
