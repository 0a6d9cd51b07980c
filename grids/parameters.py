"""Base of every parameter model: closed, frozen, each quantity with its unit and whether it may vary.

Device, source, grid and scenario schemas all derive from `Parameters`, so an unknown key is an error
everywhere and one text feeds validation, the JSON Schema and the docs.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo


class Parameters(BaseModel):
    """A closed, frozen set of parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True)


def quantity(
    default: Any = ...,
    *,
    unit: str,
    description: str,
    vary: bool = False,
    certainty: str | None = None,
    **constraints: Any,
) -> Any:
    """A field that carries a physical quantity.

    Args:
        default: default value; `...` makes the field required.
        unit: the unit, as printed ("kW", "1", "%/h").
        description: one sentence; ends up in the JSON Schema and the docs.
        vary: whether `ensemble.vary` may draw it per member.
        certainty: mark of the *default* value: `sourced`, `derived` or `assumed` with its source.
        **constraints: pydantic constraints (`gt`, `ge`, `lt`, `le`).
    """
    extra: dict[str, Any] = {"unit": unit, "vary": vary}
    if certainty is not None:
        extra["certainty"] = certainty
    return Field(default, description=description, json_schema_extra=extra, **constraints)


def unit_of(field: FieldInfo) -> str:
    """The unit a field was declared with, or an empty string."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""
