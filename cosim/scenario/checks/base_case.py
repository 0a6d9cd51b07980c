"""Checks of what is said about the base case."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.errors import Problem
from cosim.scenario.base_case import BASE_CASE
from cosim.scenario.rules import rule
from cosim.scenario.view import View


@rule("effects need a base case", "expect")
def effects(view: View) -> Iterator[Problem]:
    """An effect is one against the base case."""
    if view.tree.child(BASE_CASE) is not None:
        return
    for position, finding in enumerate(view.parts.values["expect"].findings):
        if finding.effect is not None:
            hint = "write what the study is without the microgrid under base_case"
            yield view.problem(("expect", "findings", position, "effect"), "needs a base case", hint=hint)
