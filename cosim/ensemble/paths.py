"""Where the paths of `ensemble.vary` lead, and whether the value there may differ between members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cosim.ensemble.distributions import Choice, List, Range, Uniform
from cosim.errors import InputError, Problem
from cosim.scenario.messages import shown
from cosim.scenario.overrides import find_route
from cosim.scenario.shape import Shape, shape_at
from cosim.scenario.tree import Node, Place, Route, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosim.ensemble.distributions import Distribution, Listed

VARY: Route = ("ensemble", "vary")
_DESIGN: Route = ("grid", "design")
ELSEWHERE = "it cannot vary within one network; make it a variant or a sweep"


@dataclass(frozen=True)
class Target:
    """A varied value of the scenario: where it stands, its unit, its distribution and what numbers it takes."""

    path: str  # as spelled in the file
    route: Route
    unit: str
    distribution: Distribution
    whole: bool  # only whole numbers
    place: Place  # of the path in the file

    @property
    def key(self) -> str:
        """The path in its one spelling, which keys the random stream."""
        return dotted(self.route)


def find_targets(tree: Node, vary: Mapping[str, Distribution]) -> tuple[list[Target], list[Problem]]:
    """What `vary` means in a scenario, and every path or distribution that is wrong, at its place."""
    targets: list[Target] = []
    problems: list[Problem] = []
    for path, distribution in vary.items():
        node = tree.at((*VARY, path)) or tree
        place = node.key or node.place
        try:
            route = find_route(tree, path, place)
        except InputError as error:
            problems += [replace(problem, path=dotted((*VARY, path))) for problem in error.problems]
            continue
        shape = shape_at(route, tree)
        found = [*_misplaced(tree, route, shape, place), *_unfit(route, shape, distribution, place)]
        problems += found[:1]
        if not found:
            whole = "integer" in shape.types
            targets.append(Target(path, route, shape.said("unit"), distribution, whole, place))
    return targets, [*problems, *_doubled(targets)]


def _misplaced(tree: Node, route: Route, shape: Shape, place: Place) -> Iterator[Problem]:
    """The value is one that may not vary, or no number in this scenario."""
    path = dotted((*VARY, dotted(route)))
    node, above = tree.at(route), tree.at(route[:-1])
    if node is None and shape_at(route[:-1], tree).free and not shape.vary:
        known = ", ".join(above.mapping) if above is not None else ""
        hint = f"there are: {known}" if known else ""
        yield place.problem(path, "there is no such path", hint=hint)
    elif route[:2] == _DESIGN:
        regulator = route[2:3] in (("lrt",), ("svrs",))
        hint = "write its regulator under grid.regulators and vary it there, or make it a variant" if regulator else ""
        yield place.problem(path, "belongs to the one network of all members", hint=hint or ELSEWHERE)
    elif not shape.vary:
        yield place.problem(path, "is fixed for all members of an ensemble", hint=ELSEWHERE)
    elif node is not None and isinstance(node.value, tuple):
        yield place.problem(path, "holds a list here; only a single value varies", hint="write one number for all")
    elif node is not None and node.mapping:
        hint = "vary a key below it, as its scale"
        yield place.problem(path, "is described by a mapping here; only a single value varies", hint=hint)


def _unfit(route: Route, shape: Shape, distribution: Distribution, place: Place) -> Iterator[Problem]:
    """The distribution does not make values of the type the path takes."""
    path = dotted((*VARY, dotted(route)))
    if "boolean" in shape.types:
        if not isinstance(distribution, Choice | List):
            hint = "use choice or list with true and false"
            yield place.problem(path, "is true or false", given=distribution.dist, hint=hint)
        else:
            strays = [value for value in distribution.values if not isinstance(value, bool)]
            yield from (_not_a(path, "true or false", value, place) for value in strays)
        return
    whole = "integer" in shape.types
    if isinstance(distribution, Choice | List | Range):
        values = distribution.listed if isinstance(distribution, Range) else distribution.values
        strays = [value for value in values if isinstance(value, bool) or (whole and value != int(value))]
        yield from (_not_a(path, "a whole number" if whole else "a number", value, place) for value in strays)
    elif whole and isinstance(distribution, Uniform) and not distribution.has_whole:
        yield place.problem(path, "takes whole numbers, and there is none from low to high")


def _not_a(path: str, wanted: str, value: Listed, place: Place) -> Problem:
    return place.problem(path, f"must be {wanted}", given=shown(Node(value, place)))


def _doubled(targets: list[Target]) -> Iterator[Problem]:
    """Two spellings of one path, as `strategies.2` and `strategies.02`."""
    first: dict[Route, str] = {}
    for target in targets:
        if (other := first.setdefault(target.route, target.path)) != target.path:
            message = f"is varied already, spelled {other}"
            yield target.place.problem(dotted((*VARY, target.path)), message, hint="keep one of them")
