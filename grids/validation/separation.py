"""Rules about sections that shall be able to run alone: can their switches cut them off?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from grids.admission import Objection
from grids.arrays import BoolArray
from grids.sections import Section
from grids.validation.facts import GridFacts
from grids.validation.rule import Rule, Severity


def _islands(facts: GridFacts) -> Iterator[tuple[Section, dict[int, str]]]:
    """Sections that shall run alone, each with the branches its boundaries cut and how they are written."""
    for position, section in enumerate(facts.cut.sections):
        if section.name not in facts.islands:
            continue
        leading = {name for name, into in zip(facts.cut.boundaries, facts.cut.into, strict=True) if into == position}
        yield section, {end.where.branch: end.at for end in facts.cut.ends if end.boundary in leading}


def _not_separable(facts: GridFacts) -> Iterator[Objection]:
    for section, cuts in _islands(facts):
        for branch, at in cuts.items():
            if not facts.switches_of(branch):
                subject = facts.grid.index.branch_subject(branch)
                message = f"section {section.name!r} shall run alone, but {subject} at its boundary {at} has no switch"
                yield Objection(f"section:{section.name}", message)


def _open_tie(facts: GridFacts) -> Iterator[Objection]:
    index = facts.grid.index
    for section, cuts in _islands(facts):
        inside: BoolArray = np.zeros(len(index.bus), dtype=bool)
        inside[section.buses] = True
        border = inside[index.branch_from] != inside[index.branch_to]
        for branch in np.flatnonzero(border & facts.grid.normal.in_service[0]).tolist():
            opened = [at for at in facts.switches_of(branch) if not facts.grid.normal.closed[0, at]]
            if branch in cuts or not opened:
                continue
            names = ", ".join(repr(index.switch[at]) for at in opened)
            beyond = index.branch_to[branch] if inside[index.branch_from[branch]] else index.branch_from[branch]
            message = f"section {section.name!r} shall run alone; open switch {names} joins it to"
            yield Objection(f"section:{section.name}", f"{message} bus {index.bus[beyond]!r}, and no boundary is there")


SECTION_RULES: tuple[Rule[GridFacts], ...] = (
    Rule(
        "section-not-separable",
        Severity.ERROR,
        "a section with an island arrangement whose boundary lies in a branch without any switch",
        "put the boundary where a switch is, add the switch, or state `island: none`",
        _not_separable,
    ),
    Rule(
        "section-open-tie",
        Severity.WARNING,
        "a section with an island arrangement that a normally-open switch joins to the rest, without a boundary there",
        "list the switch in a boundary of the section; it must stay open while the section runs alone",
        _open_tie,
    ),
)
