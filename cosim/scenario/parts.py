"""A scenario taken apart: every key, and every named entry of a key, judged by the schema on its own.

So one broken device does not hide what is wrong with the others, and cross-checks run on whatever is usable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from cosim.errors import Problem
from cosim.scenario.files import with_absolute_files
from cosim.scenario.messages import Found, misplaced, missing, translate, unknown_key
from cosim.scenario.schema import Scenario
from cosim.scenario.tree import Node, Route, plain


@dataclass
class Parts:
    """What the schema made of a tree: usable values, broken routes, problems."""

    tree: Node
    values: dict[str, Any] = field(default_factory=dict)  # key -> model, scalar, or name -> entry
    broken: set[Route] = field(default_factory=set)
    unset: set[Route] = field(default_factory=set)  # what a broken entry lacks though it is not wrong by itself
    problems: list[Problem] = field(default_factory=list)

    def usable(self, route: Route) -> bool:
        """Whether nothing on, above or below a route is broken, and what it names can be read."""
        return not any(
            broken[: len(route)] == route or route[: len(broken)] == broken
            for broken in (*self.broken, *self.unset)
            if broken
        )

    def because(self, route: Route) -> Route:
        """What is wrong where a route is not usable: itself, or the entry that could not be read so far."""
        if any(broken[: len(route)] == route for broken in self.broken):
            return route
        unset = {at[:-1] for at in self.unset if at == route[: len(at)]}
        lost = unset | {at for at in self.broken if at and at == route[: len(at)]}
        return min(lost, key=len, default=route)

    def entries(self, key: str) -> dict[str, Any]:
        """The named entries of a key that could be read at least in part."""
        value = self.values.get(key)
        return value if isinstance(value, dict) else {}

    def names(self, key: str) -> tuple[str, ...]:
        """Names of all entries of a key, broken ones included."""
        node = self.tree.child(key)
        return tuple(node.mapping) if node is not None else ()


def take_apart(tree: Node, *, abstract: bool = False) -> Parts:
    """Judge every part of a tree (nulls already removed) by the schema; `abstract` files may lack keys."""
    parts = Parts(tree)
    located = with_absolute_files(tree)
    for key in tree.mapping:
        if key not in Scenario.model_fields:
            _report(parts, [Found((key,), unknown_key((key,), tree))])
    for key, info in Scenario.model_fields.items():
        node = located.child(key)
        if node is None:
            _absent(parts, key, info, abstract)
        elif _named_entries(info) is not None and isinstance(node.value, Mapping):
            entry_type = _named_entries(info)
            read = {
                name: value
                for name, child in node.value.items()
                if (value := _read(parts, entry_type, child, (key, name))) is not None
            }
            parts.values[key] = read
        else:
            value = _read(parts, info, node, (key,))
            if value is not None:
                parts.values[key] = value
    return parts


def _absent(parts: Parts, key: str, info: FieldInfo, abstract: bool) -> None:
    if not info.is_required():
        parts.values[key] = info.get_default(call_default_factory=True)
    elif abstract:
        parts.broken.add((key,))
    else:
        _report(parts, [Found((key,), missing((key,), parts.tree))])


def _report(parts: Parts, found: list[Found]) -> None:
    parts.problems += [item.problem for item in found]
    parts.broken |= {item.route for item in found}


def _read(parts: Parts, typed: Any, node: Node, route: Route) -> Any:
    """The value at a route as the schema's type; where it is broken, what can be saved of it, else None."""
    data = plain(node)
    try:
        value = _adapter(typed).validate_python(data)
    except ValidationError as error:
        found = translate(error.errors(include_url=False), parts.tree, route)
        _report(parts, found)
        return _saved(parts, typed, data, route)
    _report(parts, [Found(at, misplaced(at, parts.tree)) for at in _coerced(node, value, route)])
    return value


def _saved(parts: Parts, typed: Any, data: Any, route: Route) -> BaseModel | None:
    """The model with every field that is fine by itself; reading another one raises AttributeError."""
    model = _model_for(typed.annotation if isinstance(typed, FieldInfo) else typed, data)
    if model is None or not isinstance(data, dict) or route in parts.broken:
        parts.broken.add(route)  # nothing of it can be read
        return None
    values = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if not parts.usable((*route, key)):
            continue
        if key in data:
            try:
                values[name] = _adapter(info).validate_python(data[key])
            except ValidationError:  # judged already, as part of the whole
                parts.unset.add((*route, key))
        elif not info.is_required():
            values[name] = info.get_default(call_default_factory=True)
        else:  # a preset was to bring it
            parts.unset.add((*route, key))
    return model.model_construct(_fields_set=set(values), **values)


def _model_for(annotation: Any, data: Any) -> type[BaseModel] | None:
    """The model an annotation means for this data: of several, the one of its `kind`."""
    models = [model for model in _leaves(annotation) if isinstance(model, type) and issubclass(model, BaseModel)]
    if len(models) <= 1:
        return models[0] if models else None
    for model in models:
        info = model.model_fields.get("kind")
        given = data.get("kind", info.default if info else None) if isinstance(data, dict) else None
        if info is not None and given in get_args(info.annotation):
            return model
    return None


def _leaves(annotation: Any) -> Iterator[Any]:
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from _leaves(arguments[0])
    elif arguments:
        for argument in arguments:
            yield from _leaves(argument)
    else:
        yield annotation


def _coerced(node: Node, value: Any, route: Route) -> Iterator[Route]:
    """Routes at which a number, truth value or date was made of something else: never guess."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            key = info.alias or name
            if (child := node.child(key)) is not None:
                yield from _coerced(child, getattr(value, name), (*route, key))
    elif isinstance(value, dict):
        by_text = {str(key): item for key, item in value.items()}
        for key, child in node.mapping.items():
            if key in by_text:
                yield from _coerced(child, by_text[key], (*route, key))
    elif isinstance(value, list | tuple) and isinstance(node.value, tuple):
        for position, (child, item) in enumerate(zip(node.value, value, strict=False)):
            yield from _coerced(child, item, (*route, position))
    elif _differs(node.value, value):
        yield route


def _differs(given: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return not isinstance(given, bool)
    if isinstance(value, int | float) and not isinstance(value, Enum):
        return isinstance(given, bool | str)
    return isinstance(value, date) and not isinstance(given, str)


def _named_entries(info: FieldInfo) -> Any:
    """The entry type of a key that holds named entries, None for other keys."""
    if get_origin(info.annotation) is dict and any(
        isinstance(leaf, type) and issubclass(leaf, BaseModel) for leaf in _leaves(get_args(info.annotation)[1])
    ):
        return get_args(info.annotation)[1]
    return None


_adapters: dict[int, tuple[Any, TypeAdapter[Any]]] = {}


def _adapter(typed: Any) -> TypeAdapter[Any]:
    """The validator of a field or annotation; kept by identity, since neither need be hashable."""
    if id(typed) not in _adapters:
        annotation: Any = Annotated[typed.annotation, typed] if isinstance(typed, FieldInfo) else typed
        _adapters[id(typed)] = (typed, TypeAdapter(annotation))
    return _adapters[id(typed)][1]
