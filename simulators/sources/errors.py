"""What is wrong with an input series, in words a planner can act on."""

from __future__ import annotations

from collections.abc import Iterable

SHOWN = 20  # of many bad rows, so many are listed


class SourceError(ValueError):
    """A file, profile, calendar or price that cannot be used: every problem found, one a line.

    Attributes:
        problems: all of them; the message lists the first `SHOWN` and says how many there are.
    """

    def __init__(self, where: str, problems: Iterable[str]) -> None:
        self.where = where
        self.problems = tuple(problems)
        shown = list(self.problems[:SHOWN])
        if len(self.problems) > SHOWN:
            shown.append(f"... and {len(self.problems) - SHOWN} more")
        super().__init__(f"{where}: {shown[0]}" if len(shown) == 1 else "\n  ".join([f"{where}:", *shown]))
