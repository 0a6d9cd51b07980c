"""The key `boundaries`: where flows are measured and limited."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from cosim.scenario.keys.scalars import Name
from grids.parameters import Parameters, quantity

_END = re.compile(r"(switch|trafo|line):(.+?)(?:@(from|to|hv|lv))?")
_SIDES = {"switch": ("from", "to"), "line": ("from", "to"), "trafo": ("hv", "lv")}


class BranchEnd(NamedTuple):
    """One end of a branch; `side` is empty where the scenario leaves it to the switch."""

    kind: Literal["switch", "trafo", "line"]
    name: str
    side: str

    @property
    def subject(self) -> str:
        """`switch:NAME`."""
        return f"{self.kind}:{self.name}"


def parse_end(text: str) -> BranchEnd:
    """A branch end as `trafo:T1@lv`, `switch:S3@from`, `line:L1@to`; ValueError in words otherwise."""
    match = _END.fullmatch(text)
    if match is None:
        raise ValueError("is not the end of a branch; write it as trafo:NAME@lv, switch:NAME@from or line:NAME@to")
    kind, name, side = match[1], match[2], match[3] or ""
    if side and side not in _SIDES[kind]:
        raise ValueError(f"a {kind} has the sides {' and '.join(_SIDES[kind])}")
    if not side and kind != "switch":
        raise ValueError(f"names no side; write {kind}:{name}@{_SIDES[kind][0]} or @{_SIDES[kind][1]}")
    return BranchEnd(kind, name, side)  # type: ignore[arg-type]


def _checked(text: str) -> str:
    parse_end(text)
    return text


EndRef = Annotated[str, AfterValidator(_checked)]


class BoundaryKind(StrEnum):
    """What a boundary is: a customer's metering point, a bank, a feeder head, the edge of a section."""

    PCC = "pcc"
    BANK = "bank"
    FEEDER = "feeder"
    SECTION = "section"


class BoundarySpec(Parameters):
    """One or several branch ends that are measured together, and what was agreed there."""

    into: Name | None = Field(None, description="Section the boundary leads into.")
    at: list[EndRef] = Field(description="Branch ends: trafo:NAME@lv, switch:NAME@from, ...", min_length=1)
    kind: BoundaryKind = Field(description="pcc (metering point), bank, feeder or section.")
    contract_kw: float | None = quantity(None, unit="kW", description="Contract power of the half hour.", gt=0)
    export_limit_kw: float | None = quantity(None, unit="kW", description="Highest net export; 0 = none allowed.", ge=0)
    min_import_kw: float | None = quantity(
        None, unit="kW", description="Import kept as distance to the reverse power relay.", ge=0
    )
    reverse_allowed: bool | None = Field(None, description="Whether reverse flow is agreed (bank, feeder).")
    separate_metering: bool = Field(
        False, description="Whether FIT plants behind it are metered apart from others (pcc)."
    )

    @model_validator(mode="after")
    def _led_into(self) -> Self:
        if self.into is None and self.kind in {BoundaryKind.PCC, BoundaryKind.SECTION}:
            raise ValueError(f"a boundary of kind {self.kind} needs into: the section it leads into")
        return self

    @property
    def ends(self) -> tuple[BranchEnd, ...]:
        """The branch ends, parsed."""
        return tuple(parse_end(text) for text in self.at)
