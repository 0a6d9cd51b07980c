"""Numbers and sets of the law that changed: each with the day from which it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from cosim.rules.terms import Relation

V = TypeVar("V")
LATEST = date(2026, 4, 1)  # the youngest change the rule set knows; studies are judged by it unless they say otherwise


@dataclass(frozen=True, slots=True)
class Dated(Generic[V]):
    """A value of the law over time; `steps` in order of their days."""

    steps: tuple[tuple[date, V], ...]
    certainty: str

    def at(self, day: date) -> V | None:
        """What holds on `day`; None before the first one."""
        held = [value for since, value in self.steps if since <= day]
        return held[-1] if held else None


OWN_SUPPLY_SHARE = Dated(
    ((date(1995, 12, 1), 1.0), (date(2012, 4, 1), 0.5)),
    "sourced: facts.md 3.1 [W42]; the day within 2012 [U]",
)
OWN_SUPPLY_COUNTS_CONTRACTS = Dated(
    ((date(1995, 12, 1), False), (date(2014, 4, 1), True)), "sourced: facts.md 3.4 [W42]"
)
OWN_SUPPLY_COUNTS_STORED = Dated(((date(1995, 12, 1), False), (date(2014, 4, 1), True)), "sourced: facts.md 3.4 [W42]")

_CLOSE = frozenset({Relation.SAME_OWNER, Relation.PRODUCTION_PROCESS, Relation.CAPITAL, Relation.PERSONNEL})
SPECIFIED_SUPPLY_RELATIONS = Dated(
    ((date(1995, 12, 1), _CLOSE), (date(2013, 1, 1), _CLOSE | {Relation.UNION})),
    "sourced: facts.md 3.1 [S001][W42]; union without cash since 2013, its day [U]",
)
SELF_WHEELING_RELATIONS = Dated(
    ((date(2014, 4, 1), _CLOSE), (date(2021, 11, 18), _CLOSE | {Relation.UNION})),
    "sourced: facts.md 3.1 [W46]; tightened 2024-02-12 [W43]",
)
PREMISES_RELATIONS = Dated(
    ((date(1964, 7, 11), frozenset({Relation.SAME_OWNER, Relation.ADJACENT_RELATED})),), "sourced: facts.md 3.1 [S001]"
)
SELF_WHEELING_OWN_PLANT_ONLY = Dated(
    ((date(2014, 4, 1), False), (date(2024, 2, 12), True)), "sourced: facts.md 3.1 [W43]"
)
BANK_REVERSE_ALLOWED = Dated(
    ((date(1995, 12, 1), False), (date(2013, 5, 31), True)), "sourced: facts.md 2.4 [W28][W15]"
)
