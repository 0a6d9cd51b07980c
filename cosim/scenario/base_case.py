"""The base case: the same study without the microgrid, as overrides laid over the resolved scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from cosim.errors import InputError, Problem
from cosim.scenario.merging import merged, without_nulls
from cosim.scenario.overrides import find_route
from cosim.scenario.shape import shape_at
from cosim.scenario.tree import Node, Route, dotted

BASE_CASE = "base_case"
NAME = "base case"  # what its run is called
FIXED = ("extends", "variants", "abstract", "name", "time", "expect", BASE_CASE)  # must be those of the study
VARY: Route = ("ensemble", "vary")


def keep_nulls(tree: Node, raw: Node) -> Node:
    """`tree` (nulls removed) with the base case as it stands in `raw`: its nulls delete something."""
    base = raw.child(BASE_CASE)
    if base is None or base.value is None:
        return tree
    return replace(tree, value={**tree.mapping, BASE_CASE: base})


def base_tree(tree: Node) -> Node | None:
    """The tree of the base case of a resolved scenario, without `expect`; None where the scenario has none.

    What members draw for an entry that the base case does not have is left out with it.

    Raises:
        InputError: it changes what must be the same.
    """
    base = tree.child(BASE_CASE)
    if base is None:
        return None
    if not isinstance(base.value, Mapping):
        message = "must be a mapping of keys to change: the same study without the microgrid"
        raise InputError([base.place.problem(BASE_CASE, message, given=str(base.value))])
    if problems := _fixed(base):
        raise InputError(problems)
    own = {key: child for key, child in tree.mapping.items() if key not in {BASE_CASE, "expect"}}
    laid = without_nulls(merged(replace(tree, value=own), base))
    return _without_draws(laid, tree)


def _fixed(base: Node) -> list[Problem]:
    found = [(key, child) for key, child in base.mapping.items() if key in FIXED]
    found += [(f"ensemble.{key}", child) for key, child in _below(base, "ensemble").items() if key != "vary"]
    return [
        (child.key or child.place).problem(f"{BASE_CASE}.{key}", f"a base case cannot change {key}")
        for key, child in found
    ]


def _below(node: Node, key: str) -> dict[str, Node]:
    child = node.child(key)
    return {} if child is None else dict(child.mapping)


def misspelled(tree: Node, written: Sequence[Node]) -> list[Problem]:
    """Nulls of a base case that delete nothing: a misspelled name would leave the microgrid in.

    Args:
        tree: the resolved scenario.
        written: the file as written and its variants; what any of them has may be deleted.
    """
    base = tree.child(BASE_CASE)
    if base is None or not isinstance(base.value, Mapping):
        return []
    problems = []
    for route in base.routes():
        node = base.at(route)
        if node is None or node.value is not None or any(isinstance(step, int) for step in route):
            continue
        if len(route) > 1 and not shape_at(route[:1], tree).alternatives:
            continue  # below a key that no scenario has, which is said of that key
        if not any(one.at(route) for one in (*written, tree)):
            place = node.key or node.place
            hint = _there(route, tree)
            problems.append(place.problem(dotted((BASE_CASE, *route)), "deletes what is not there", hint=hint))
    return problems


def _there(route: Route, tree: Node) -> str:
    """What could have been meant by a route that leads nowhere."""
    at = next(length for length in range(1, len(route) + 1) if tree.at(route[:length]) is None)
    known = tuple(tree.nearest(route[:at]).mapping)
    if close := get_close_matches(str(route[at - 1]), known, n=1):
        return f"did you mean {close[0]}?"
    return f"{dotted(route[: at - 1])} has {', '.join(known) or 'nothing'}" if at > 1 else ""


def _without_draws(laid: Node, study: Node) -> Node:
    vary = laid.at(VARY)
    ensemble = laid.child("ensemble")
    if vary is None or ensemble is None or not vary.mapping:
        return laid
    kept = {path: child for path, child in vary.mapping.items() if not _is_gone(path, laid, study)}
    ensemble = replace(ensemble, value={**ensemble.mapping, "vary": replace(vary, value=kept)})
    return replace(laid, value={**laid.mapping, "ensemble": ensemble})


def _is_gone(path: str, laid: Node, study: Node) -> bool:
    try:
        entry = find_route(study, path, study.place)[:2]
    except InputError:
        return False  # said of the study
    return study.at(entry) is not None and laid.at(entry) is None
