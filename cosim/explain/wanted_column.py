"""One column of the table of a finding, before it is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KW = 1000.0


class Join(StrEnum):
    """How several columns become one, and how steps of a group of them are put together."""

    SUM = "sum"  # then means over time
    LOWEST = "lowest"
    HIGHEST = "highest"
    LAST = "last"  # states: the value at the end
    REASONS = "reasons"  # codes: the words of those that are not 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One column of the table: words above it, and the series it is made of."""

    words: str
    unit: str
    group: str
    names: tuple[str, ...]  # columns of the group; `NAME[*]` stands for all units
    join: Join = Join.SUM
    factor: float = 1.0
    digits: int = 4
