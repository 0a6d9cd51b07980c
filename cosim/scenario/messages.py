"""What pydantic found, said in plain words and at the place in the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from cosim.errors import Problem
from cosim.scenario.shape import TAGS, Shape, shape_at, tag_at
from cosim.scenario.tree import Node, Route, dotted

WHOLE = "(whole)"  # a step below a model whose fields do not fit together
_KEY = "[key]"  # pydantic's step where the key of a mapping is wrong
LONGEST_LIST = 12  # more known keys than this are not worth reading

_NUMBER = "a number"
_WHOLE = "a whole number"
_TEXT = "text"
_BOOL = "true or false"
_LIST = "a list"
_MAPPING = "a mapping"
_CLOCK = 'a time of day as "07:00"'
_EXPECTED = {
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "string_type": _TEXT,
    "bool_type": _BOOL,
    "bool_parsing": _BOOL,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "mapping_type": _MAPPING,
    "date_type": "a date as 2020-04-20",
    "date_parsing": "a date as 2020-04-20",
    "date_from_datetime_parsing": "a date as 2020-04-20",
    "date_from_datetime_inexact": "a date as 2020-04-20",
    "time_type": _CLOCK,
    "time_parsing": _CLOCK,
}
_JSON_TYPES = {"number": _NUMBER, "integer": _WHOLE, "boolean": _BOOL, "string": _TEXT}
_UNITLESS = frozenset({"", "1"})
_RANGES = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True)
class Found:
    """One error of the schema: where it is, in routes of the tree, and the problem to show."""

    route: Route
    problem: Problem


def translate(errors: Iterable[ErrorDetails], tree: Node, prefix: Route = ()) -> list[Found]:
    """Every error once, unions folded into one message, at its place in the tree; `prefix` goes before each `loc`."""
    located = [(_route((*prefix, *error["loc"]), tree, error["type"]), error) for error in errors]
    wrong_type: dict[Route, list[str]] = {}
    found = []
    for route, error in located:
        expected = _expected(route, error["type"], tree)
        if expected is None:
            # fields that are fine by themselves but do not fit together leave the fields usable
            together = error["type"] == "value_error" and isinstance(tree.nearest(route).value, Mapping)
            found.append(Found((*route, WHOLE) if together else route, _problem(route, error, tree)))
        elif expected not in wrong_type.setdefault(route, []):
            wrong_type[route].append(expected)
    for route, expected_types in wrong_type.items():
        # a union reports its other alternatives too; an error further inside or about the value itself says more
        if not any(other.route[: len(route)] == route for other in found):
            found.append(Found(route, _type_problem(route, expected_types, tree)))
    return list({item.problem: item for item in found}.values())


def _expected(route: Route, kind: str, tree: Node) -> str | None:
    """What a value must be, if the error is about its type."""
    if kind == "union_tag_not_found" and not isinstance(tree.nearest(route).value, Mapping):
        return _MAPPING  # without a mapping there is no `kind` to miss
    return _EXPECTED.get(kind)


def _route(loc: Iterable[int | str], tree: Node, kind: str) -> Route:
    """`loc` without pydantic's own steps (union tags, validators, `[key]`)."""
    route: Route = ()
    node: Node | None = tree
    steps = list(loc)
    told = False  # whether the tag of the union at this route has been passed; it may be a key there as well
    for position, step in enumerate(steps):
        if not told and step == tag_at(route, tree):
            told = True
            continue
        below = node.child(step) if node is not None else None
        if below is not None:
            route, node, told = (*route, step), below, False
        elif kind == "missing" and position == len(steps) - 1:
            route = (*route, step)
    return route


def _problem(route: Route, error: ErrorDetails, tree: Node) -> Problem:
    context: Mapping[str, Any] = error.get("ctx", {})
    kind = error["type"]
    if error["loc"][-1:] == (_KEY,):
        return _wrong_key(route, error, tree)
    if kind in _RANGES:
        return _range(route, kind, context, tree)
    if kind in _TRANSLATORS:
        return _TRANSLATORS[kind](route, context, tree)
    return _at(route, tree, error["msg"][:1].lower() + error["msg"][1:])


def _range(route: Route, kind: str, context: Mapping[str, Any], tree: Node) -> Problem:
    key, words = _RANGES[kind]
    unit = shape_at(route, tree).said("unit")
    bound = f"{context[key]:g}" if isinstance(context[key], int | float) else str(context[key])
    return _at(route, tree, f"must be {words} {bound}{'' if unit in _UNITLESS else ' ' + unit}")


def _type_problem(route: Route, expected: list[str], tree: Node) -> Problem:
    number_for_text = _TEXT in expected and isinstance(tree.nearest(route).value, bool | int | float)
    hint = "put it in quotes" if number_for_text else _unit_hint(route, tree)
    return _at(route, tree, f"must be {' or '.join(expected)}", hint=hint)


def misplaced(route: Route, tree: Node) -> Problem:
    """A number, truth value or date was written as something that only could be read as one."""
    types = {str(schema.get("type")) for schema in shape_at(route, tree).alternatives}
    wanted = [words for name, words in _JSON_TYPES.items() if name in types]
    hint = "remove the quotes" if isinstance(tree.nearest(route).value, str) else _unit_hint(route, tree)
    return _at(route, tree, f"must be {' or '.join(wanted) or 'of another type'}", hint=hint)


def missing(route: Route, tree: Node) -> Problem:
    """A key that must be there is not."""
    shape = shape_at(route, tree)
    kinds = shape_at(route[:-1], tree).kinds if route[-1] in TAGS else ()
    hint = f"one of {', '.join(kinds)}" if kinds else " ".join(filter(None, [shape.said("description"), _unit(shape)]))
    return tree.nearest(route).anchor.problem(dotted(route), "is missing", hint=hint)


def unknown_key(route: Route, tree: Node) -> Problem:
    """A key the schema does not know, with the one that was probably meant."""
    node = tree.nearest(route)
    mapping = tree.nearest(route[:-1])
    keys = shape_at(route[:-1], tree).keys
    close = get_close_matches(str(route[-1]), keys, n=1)
    kind = mapping.child("kind")
    if close:
        hint = f"did you mean {close[0]}?"
    elif kind is not None and kind.place.source != node.place.source:
        hint = f"it comes from another file than kind ({kind.place}); write `{route[-1]}: null` to drop it"
    elif 0 < len(keys) <= LONGEST_LIST:
        hint = f"known keys: {', '.join(keys)}"
    else:
        hint = "`cosim schema` lists the keys"
    return (node.key or node.place).problem(dotted(route), "unknown key", hint=hint)


def _wrong_key(route: Route, error: ErrorDetails, tree: Node) -> Problem:
    """A name of an entry, and not its value, is wrong."""
    node = tree.nearest(route)
    choices = _quoted(str(error["ctx"]["expected"])) if "expected" in error.get("ctx", {}) else ()
    message = "unknown key" if choices else "a name must not be empty"
    close = get_close_matches(str(route[-1]), choices, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(choices)}" if choices else ""
    return (node.key or node.place).problem(dotted(route), message, hint=hint)


def _choice(route: Route, message: str, choices: tuple[str, ...], tree: Node) -> Problem:
    given = tree.nearest(route).value
    close = get_close_matches(given, choices, n=1) if isinstance(given, str) else []
    hint = f"did you mean {close[0]}?" if close else f"one of {', '.join(choices)}"
    return _at(route, tree, message, hint=hint)


def _said(route: Route, text: str, tree: Node) -> Problem:
    """A validator's own words; where it names a key of the mapping, the problem stands there."""
    node = tree.nearest(route)
    message, _, hint = text.partition("; ")
    if isinstance(node.value, Mapping):
        for word in re.findall(r"[A-Za-z_][\w-]*", text):
            if word in node.value:
                return node.value[word].anchor.problem(dotted((*route, word)), message, hint=hint)
    return _at(route, tree, message, hint=hint)


def _at(route: Route, tree: Node, message: str, *, hint: str = "") -> Problem:
    node = tree.nearest(route)
    given = shown(node) if not isinstance(node.value, Mapping) or "must be" in message else ""
    said = given.strip('"') in message
    return node.anchor.problem(dotted(route), message, given="" if said else given, hint=hint)


def _unit(shape: Shape) -> str:
    unit = shape.said("unit")
    return f"[{unit}]" if unit not in _UNITLESS else ""


def _unit_hint(route: Route, tree: Node) -> str:
    unit = shape_at(route, tree).said("unit")
    return f"in {unit}" if unit not in _UNITLESS else ""


def _quoted(text: str) -> tuple[str, ...]:
    """`'a', 'b' or 'c'` as a tuple; numbers stay as they are."""
    return tuple(re.findall(r"'([^']*)'", text)) or tuple(re.split(r", | or ", text))


def _literal(route: Route, context: Mapping[str, Any], tree: Node) -> Problem:
    return _choice(route, "is none of the allowed values", _quoted(str(context["expected"])), tree)


def _tag(context: Mapping[str, Any]) -> str:
    """The key that tells the alternatives apart; a discriminator that is a function reads `kind`."""
    return "dist" if context.get("discriminator") == "'dist'" else "kind"


def shown(node: Node) -> str:
    """What was given, for a message: as written in YAML, or what it is."""
    if isinstance(node.value, Mapping):
        return "a mapping"
    if isinstance(node.value, tuple):
        return "a list"
    if isinstance(node.value, bool):
        return str(node.value).lower()
    if node.value is None:
        return "nothing"
    text = f'"{node.value}"' if isinstance(node.value, str) else str(node.value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_TRANSLATORS: Mapping[str, Callable[[Route, Mapping[str, Any], Node], Problem]] = {
    "missing": lambda route, _, tree: missing(route, tree),
    "extra_forbidden": lambda route, _, tree: unknown_key(route, tree),
    "union_tag_not_found": lambda route, context, tree: missing((*route, _tag(context)), tree),
    "union_tag_invalid": lambda route, context, tree: _choice(
        (*route, _tag(context)), f"unknown {_tag(context)}", shape_at(route, tree).kinds, tree
    ),
    "literal_error": _literal,
    "enum": _literal,
    "value_error": lambda route, context, tree: _said(route, str(context["error"]), tree),
    "finite_number": lambda route, _, tree: _at(route, tree, "must be a finite number"),
    "too_short": lambda route, _, tree: _at(route, tree, "must not be empty"),
    "string_too_short": lambda route, _, tree: _at(route, tree, "must not be empty"),
    "string_pattern_mismatch": lambda route, context, tree: _at(route, tree, f"must look like {context['pattern']}"),
}
