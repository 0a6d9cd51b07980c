"""The table of rules."""

from __future__ import annotations

from grids.validation import connection, lines, powers, regulation, transformers
from grids.validation.facts import GridFacts
from grids.validation.rule import GridFinding, Rule, apply_rules
from grids.validation.separation import SECTION_RULES

GRID_RULES: tuple[Rule[GridFacts], ...] = (
    *connection.RULES,
    *lines.RULES,
    *transformers.RULES,
    *powers.RULES,
    *regulation.RULES,
)
RULES: tuple[Rule[GridFacts], ...] = (*GRID_RULES, *SECTION_RULES)  # beside `refused.REFUSALS`


def findings(facts: GridFacts, rules: tuple[Rule[GridFacts], ...] = RULES) -> tuple[GridFinding, ...]:
    """Everything the rules find in a network that could be normalised."""
    return apply_rules(rules, facts)
