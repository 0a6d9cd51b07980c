"""Drawn values that the scenario cannot take: all of them, before the run, in the words of the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from pydantic import BaseModel, ValidationError

from cosim.ensemble.draws import Draws
from cosim.ensemble.paths import VARY, Target
from cosim.errors import Problem
from cosim.scenario.messages import translate
from cosim.scenario.overrides import laid
from cosim.scenario.tree import Node, Route, dotted

Read = Callable[[str], Any]  # top-level key -> its value: a model, or name -> entry


def refused(draws: Draws, targets: Iterable[Target], tree: Node, read: Read) -> Iterator[Problem]:
    """What the members draw that the scenario refuses: one problem for each kind of refusal, naming the first member.

    Every entry that holds a varied value is validated as a whole, so fields that no longer fit together are found too.
    """
    by_owner: dict[Route, list[Target]] = {}
    for target in targets:
        by_owner.setdefault(owner_of(target.route, read), []).append(target)
    for owner, own in by_owner.items():
        value = read(str(owner[0]))
        spec = value[owner[1]] if len(owner) > 1 else value
        if not isinstance(spec, BaseModel):
            hint = f"write the key {owner[0]} with the value a plain run has"
            message = "stands in a part the scenario does not have"
            yield from (one.place.problem(dotted((*VARY, one.path)), message, hint=hint) for one in own)
            continue
        try:
            draws.specs(owner, spec)
        except ValidationError:
            yield from _explained(draws, owner, own, spec, tree)


def owner_of(route: Route, read: Read) -> Route:
    """The named entry, or else the key, that is validated as a whole when something below it varies."""
    return route[:2] if isinstance(read(str(route[0])), dict) else route[:1]


@dataclass
class _Refusal:
    problem: Problem
    member: int
    members: int = 1


def _explained(draws: Draws, owner: Route, own: list[Target], spec: BaseModel, tree: Node) -> Iterator[Problem]:
    found: dict[tuple[Any, ...], _Refusal] = {}
    for row, member in enumerate(draws.member.tolist()):
        alone = replace(
            draws,
            member=draws.member[row : row + 1],
            drawn=tuple(replace(one, values=one.values[row : row + 1]) for one in draws.drawn),
        )
        try:
            alone.specs(owner, spec)
        except ValidationError as error:
            for each in error.errors(include_url=False):
                kind = (each["type"], each["loc"])
                if kind in found:
                    found[kind].members += 1
                    continue
                for said in translate([each], _written(alone, own, tree), owner):
                    found.setdefault(kind, _Refusal(said.problem, member))
    for one in found.values():
        problem = _at_vary(one.problem, one.member, draws, own)
        many = f"; {one.members} of {draws.count} members draw such values" if draws.count > 1 else ""
        yield replace(problem, message=f"member {one.member} draws what does not fit: {problem.message}{many}")


def _at_vary(problem: Problem, member: int, draws: Draws, own: list[Target]) -> Problem:
    """The problem where the path stands in `ensemble.vary`; if it is about several values, what was drawn for them."""
    for target in own:
        if problem.path == target.key:
            return replace(problem, path=dotted((*VARY, target.path)))
    named = [target for target in own if re.search(rf"\b{re.escape(str(target.route[-1]))}\b", problem.message)]
    about = named or [max(own, key=lambda target: _shared(target.key, problem.path))]
    row = draws.member.tolist().index(member)
    said = [f"{target.path} {(draws.column(target.route) or ())[row]:g}" for target in about]
    place = about[0].place
    return replace(problem, file=place.source.shown, line=place.line, column=place.column, given=", ".join(said))


def _shared(one: str, other: str) -> int:
    """How many characters two paths have in common from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _written(alone: Draws, own: list[Target], tree: Node) -> Node:
    """The tree as if what a member draws stood in it, at the places of the paths in `ensemble.vary`."""
    for target in own:
        (value,) = alone.column(target.route) or (None,)
        tree = laid(tree, target.route, Node(value, target.place))
    return tree
