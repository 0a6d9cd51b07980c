"""What may be wrong with a network. Every message names the elements and says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple


class GridProblem(NamedTuple):
    """One thing wrong with the description of a network.

    `route` is the way to the place inside the described mapping (`("lines", "cable", "from")`); names may hold dots,
    so it is not a dotted string.
    """

    route: tuple[str | int, ...]
    message: str

    def under(self, *prefix: str | int) -> GridProblem:
        """The same problem seen from further out."""
        return GridProblem((*prefix, *self.route), self.message)


class GridError(ValueError):
    """A network, or what is asked of it, is wrong."""


class DescriptionError(GridError):
    """A network described in tables does not hold together: all problems at once."""

    def __init__(self, problems: Sequence[GridProblem]) -> None:
        self.problems = tuple(problems)
        lines = (f"{'.'.join(map(str, problem.route))}: {problem.message}" for problem in self.problems)
        super().__init__("\n".join(lines))


class UnsupportedElementsError(GridError):
    """A network holds elements that no engine here carries; `elements` lists them all."""

    def __init__(self, elements: Iterable[str]) -> None:
        self.elements = tuple(elements)
        super().__init__(
            "the network holds elements that are not supported: "
            + "; ".join(self.elements)
            + " (take them out, put them out of service, or model them by loads and static generators)"
        )


class ZeroImpedanceRingError(GridError):
    """Closed bus-bus switches form a ring: how the current splits between them is undefined.

    `row` is the first member it happens to.
    """

    def __init__(self, switches: Sequence[str], row: int = 0) -> None:
        self.switches = tuple(switches)
        self.row = row
        super().__init__(
            "closed bus-bus switches form a ring, so the flow through each is undefined: "
            + ", ".join(self.switches)
            + " (open one of them, or give one a line with impedance)"
        )


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """`there is no bus 'X'; did you mean 'Y'?`."""
    close = get_close_matches(name, list(known), n=1)
    return f"there is no {kind} {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
