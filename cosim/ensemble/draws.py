"""What the members of a run drew, and the parameter models that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from pydantic import BaseModel

from cosim.scenario.tree import Route
from grids.arrays import IntArray

T = TypeVar("T", bound=BaseModel)

_NORMAL = ("grid", "normal")
_WRITTEN = (("grid", "tables", "switches"), ("grid", "add", "switches"))


@dataclass(frozen=True)
class Drawn:
    """One varied value of the scenario, for every member that runs."""

    path: str  # as spelled in the file
    route: Route
    unit: str  # as the schema says; "1" = none
    values: tuple[Any, ...]  # (M,) numbers or truth values


@dataclass(frozen=True)
class Draws:
    """An ensemble of `size` members, of which those of `member` run, each with its own values.

    A row m of any array of the run belongs to ensemble member `member[m]`; random streams are keyed by that number.
    """

    size: int
    member: IntArray  # (M,)
    seed: int
    drawn: tuple[Drawn, ...] = ()

    @classmethod
    def single(cls, seed: int = 0) -> Self:
        """One member with the file's own values."""
        return cls(1, np.zeros(1, dtype=np.int64), seed)

    @property
    def count(self) -> int:
        """M, the members that run."""
        return len(self.member)

    @property
    def switches(self) -> dict[str, tuple[bool, ...]]:
        """Switch name -> (M,) whether it is closed at the start, for every switch whose normal state varies."""
        found = {one.route[-2]: one.values for one in self.drawn if one.route[:-2] in _WRITTEN}
        found |= {one.route[-1]: one.values for one in self.drawn if one.route[:-1] == _NORMAL}
        return {str(name): values for name, values in found.items()}

    def column(self, route: Route) -> tuple[Any, ...] | None:
        """(M,) values drawn at exactly this route, None if it does not vary."""
        return next((one.values for one in self.drawn if one.route == route), None)

    def specs(self, route: Route, spec: T) -> tuple[T, ...]:
        """The parameter model `spec` that stands at `route`, per member.

        One object if nothing at or below `route` varies, else M validated ones; members with equal values share one.

        Raises:
            ValidationError: a drawn value that the model refuses (`draw` has found it before).
        """
        own = [one for one in self.drawn if _below(one.route, route)]
        if not own:
            return (spec,)
        routes = [one.route[len(route) :] for one in own]
        rows = list(zip(*(one.values for one in own), strict=True))
        made: dict[tuple[Any, ...], T] = {}
        for row in rows:
            if row not in made:
                made[row] = type(spec).model_validate(_with(spec, dict(zip(routes, row, strict=True))))
        return tuple(made[row] for row in rows)


def _below(route: Route, top: Route) -> bool:
    return route[: len(top)] == top


def _with(value: Any, changes: Mapping[Route, Any]) -> Any:
    """`value` as data to validate, with other values at routes below it; parts nothing changes stay as they are."""
    if () in changes:
        return changes[()]
    by_step: dict[str | int, dict[Route, Any]] = {}
    for route, new in changes.items():
        by_step.setdefault(route[0], {})[route[1:]] = new
    if isinstance(value, list | tuple):
        return [_with(item, by_step[at]) if at in by_step else item for at, item in enumerate(value)]
    if isinstance(value, BaseModel):
        # only what was given is given again, so that "which keys were set" stays what it was
        infos = type(value).model_fields
        held = {infos[name].alias or name: getattr(value, name) for name in value.model_fields_set}
    else:
        held = {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
    return {**held, **{str(step): _with(held.get(str(step)), below) for step, below in by_step.items()}}
