"""What the schema says about a place in a scenario: which keys it knows, units, descriptions, alternatives.

Works on the JSON Schema, so that it needs no knowledge of the models and always says what `cosim schema` prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cosim.scenario.tree import Node, Route

Schema = Mapping[str, Any]
TAGS = ("kind", "dist")  # keys whose value tells the alternatives of a union apart


@dataclass(frozen=True)
class Shape:
    """All alternatives the schema allows at one place."""

    alternatives: tuple[Schema, ...]
    definitions: Mapping[str, Schema]

    def below(self, step: str | int, node: Node | None) -> Shape:
        """What is allowed at `step`; `node` (the value there, if any) picks among kinds."""
        found: list[Schema] = []
        for schema in self.alternatives:
            if isinstance(step, int):
                found += [schema["items"]] if isinstance(schema.get("items"), Mapping) else []
            elif step in schema.get("properties", {}):
                found.append(schema["properties"][step])
            elif isinstance(schema.get("additionalProperties"), Mapping):
                found.append(schema["additionalProperties"])
        return Shape(tuple(_flat(found, self.definitions)), self.definitions)._of_kind(node)

    def _of_kind(self, node: Node | None) -> Shape:
        given = [child.value for tag in TAGS if node is not None and (child := node.child(tag)) is not None]
        kinds = [schema for schema in self.alternatives if given and _kind(schema) == given[0]]
        return Shape(tuple(kinds), self.definitions) if kinds else self

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys the schema names here."""
        return tuple(dict.fromkeys(key for schema in self.alternatives for key in schema.get("properties", {})))

    @property
    def free(self) -> bool:
        """Whether keys are names of the author's choice."""
        return any(schema.get("additionalProperties") not in {None, False} for schema in _hashable(self.alternatives))

    @property
    def types(self) -> frozenset[str]:
        """JSON types a value may have here; what the schema leaves open is `object`."""
        return frozenset(str(schema.get("type", "object")) for schema in self.alternatives)

    @property
    def vary(self) -> bool:
        """Whether `ensemble.vary` may draw the value."""
        return any(schema.get("vary") is True for schema in self.alternatives)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Values of `kind` (or `dist`) that tell the alternatives apart."""
        return tuple(str(kind) for schema in self.alternatives if (kind := _kind(schema)) is not None)

    def said(self, key: str) -> str:
        """Unit of the value here, or its description; empty if the schema has none."""
        return next((str(schema[key]) for schema in self.alternatives if schema.get(key)), "")


SCALARS = frozenset({"number", "integer", "boolean", "string"})


def _hashable(alternatives: tuple[Schema, ...]) -> Iterator[Schema]:
    for schema in alternatives:
        extra = schema.get("additionalProperties")
        yield {"additionalProperties": True if isinstance(extra, Mapping) else extra}


def _kind(schema: Schema) -> Any:
    properties = schema.get("properties", {})
    kind: Schema = next((properties[tag] for tag in TAGS if tag in properties), {})
    return kind.get("const", kind.get("default"))


def _flat(schemas: list[Schema], definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    """Schemas without references and unions; what stands beside a reference (description, unit) is kept."""
    for schema in schemas:
        beside = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf", "oneOf", "discriminator"}}
        inner = list(schema.get("anyOf", ())) + list(schema.get("oneOf", ()))
        if "$ref" in schema:
            inner.append(definitions[schema["$ref"].rsplit("/", 1)[-1]])
        if not inner:
            yield schema
        for alternative in _flat(inner, definitions):
            yield {**alternative, **beside}


@lru_cache(maxsize=1)
def _root() -> Shape:
    from cosim.scenario.schema import json_schema  # noqa: PLC0415 - schema imports this package's keys

    schema = json_schema()
    definitions = schema.get("$defs", {})
    return Shape(tuple(_flat([schema], definitions)), definitions)


def tag_at(route: Route, tree: Node) -> str | None:
    """The `kind` of an entry that is one of several kinds, its default where none is given; None elsewhere."""
    if not route:
        return None
    shape, node = shape_at(route[:-1], tree).below(route[-1], None), tree.at(route)
    if len(shape.kinds) < 2 or node is None:
        return None
    given = [str(child.value) for tag in TAGS if (child := node.child(tag)) is not None]
    return given[0] if given else next(_defaults(shape), None)


def _defaults(shape: Shape) -> Iterator[str]:
    for schema in shape.alternatives:
        for tag in TAGS:
            if "default" in (own := schema.get("properties", {}).get(tag, {})):
                yield str(own["default"])


def shape_at(route: Route, tree: Node) -> Shape:
    """What the schema allows at a route of a tree."""
    shape, node = _root(), tree
    for step in route:
        below = node.child(step) if node is not None else None
        shape, node = shape.below(step, below), below  # type: ignore[assignment]
    return shape
