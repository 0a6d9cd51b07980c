"""Checks of sections and boundaries against the network's topology."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.errors import Problem
from cosim.scenario.checks.connections import unknown
from cosim.scenario.rules import rule
from cosim.scenario.view import View


@rule("section of a boundary", "boundaries.*.into", about=("into",))
def boundary_section(view: View, name: str) -> Iterator[Problem]:
    """A boundary leads into a section that exists."""
    into, known = view.boundaries[name].into, view.parts.names("sections")
    if into is not None and into not in known:
        yield unknown(view, ("boundaries", name, "into"), "section", into, known)


@rule("sections are cut out", "grid", "sections", "boundaries")
def sections_cut(view: View) -> Iterator[Problem]:
    """Ends of boundaries exist, and boundaries close every section off from the sources."""
    for problem in view.cut[1]:
        if problem.route[-1:] != ("into",):  # said by a rule that needs no network
            message, _, hint = problem.message.partition("; ")
            yield view.problem(problem.route, message, hint=hint)


@rule(
    "powers of a boundary",
    "boundaries.*.contract_kw",
    "boundaries.*.min_import_kw",
    "boundaries.*.export_limit_kw",
    about=("min_import_kw",),
)
def boundary_powers(view: View, name: str) -> Iterator[Problem]:
    """What is agreed at a boundary can be kept at the same time."""
    spec = view.boundaries[name]
    route = ("boundaries", name, "min_import_kw")
    if spec.min_import_kw is None:
        return
    if spec.contract_kw is not None and spec.min_import_kw >= spec.contract_kw:
        given = f"{spec.min_import_kw:g} kW, contract {spec.contract_kw:g} kW"
        yield view.problem(route, "is not below contract_kw", given=given)
    if spec.min_import_kw > 0 and spec.export_limit_kw:
        given = f"{spec.min_import_kw:g} kW with export_limit_kw {spec.export_limit_kw:g}"
        message = "contradicts an allowed export: who must always import can never export"
        yield view.problem(route, message, given=given, hint="remove one of them")
