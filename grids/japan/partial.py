"""The same parameters, none of them required: what a scenario says of a preset."""

from __future__ import annotations

from functools import reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from grids.parameters import Parameters

PACKAGE = __name__.rpartition(".")[0]  # models of other packages are given whole or not at all


def optional(model: type[Parameters], name: str) -> type[Parameters]:
    """A model with the fields of `model`, and of its parts in this package, each None unless given."""
    fields: dict[str, Any] = {
        key: (_optional(info, f"{name}{key.title().replace('_', '')}"), _field(info))
        for key, info in model.model_fields.items()
    }
    return create_model(name, __base__=Parameters, __doc__=model.__doc__, __module__=PACKAGE, **fields)


def _field(info: FieldInfo) -> Any:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kept = {key: value for key, value in extra.items() if key != "certainty"}  # that of a default which is not ours
    return Field(None, alias=info.alias, description=info.description, json_schema_extra=kept or None)


def _optional(info: FieldInfo, name: str) -> Any:
    annotation = _inside(info.annotation, name)
    for constraint in info.metadata:
        annotation = Annotated[annotation, constraint]
    return annotation | None


def _inside(annotation: Any, name: str) -> Any:
    """The annotation with every model of this package in it made optional."""
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        return optional(annotation, name) if annotation.__module__.startswith(PACKAGE) else annotation
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return GenericAlias(dict, (parts[0], _inside(parts[1], name) | None))
    if origin in {Union, UnionType}:
        return reduce(or_, (_inside(part, name) for part in parts))
    return annotation
