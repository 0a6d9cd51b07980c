"""Checks of named files: inside the folder of the file that names them, and there."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.errors import Problem
from cosim.scenario.files import file_values, inside
from cosim.scenario.rules import rule
from cosim.scenario.tree import dotted
from cosim.scenario.view import View


@rule("files")
def files(view: View) -> Iterator[Problem]:
    """Named files exist beside the scenario."""
    for route, node in file_values(view.tree):
        named_in = node.place.source.file
        if named_in is None:
            continue
        try:
            file = inside(str(node.value), named_in)
        except ValueError as error:
            message, _, hint = str(error).partition("; ")
            yield node.place.problem(dotted(route), message, given=f'"{node.value}"', hint=hint)
            continue
        if not file.is_file():
            hint = f"paths start from the folder of {named_in.name}"
            yield node.place.problem(dotted(route), "there is no such file", given=f'"{node.value}"', hint=hint)
