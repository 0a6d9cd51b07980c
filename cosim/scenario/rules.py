"""Cross-checks as rules: each says which parts of a scenario it needs, and is skipped by name if one is broken."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cosim.errors import CosimError, Problem
from cosim.scenario.tree import Route, dotted

if TYPE_CHECKING:
    from cosim.scenario.view import View

Check = Callable[..., Iterable[Problem]]
ANY = "*"


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A rule that could not be judged, for which entry ("" = all), and because of what."""

    rule: str
    entry: str
    because: str

    def __str__(self) -> str:
        return f"not checked: {self.rule}{f' of {self.entry}' if self.entry else ''}, because {self.because}"


class CannotJudgeError(Exception):
    """Raised inside a check by what it needs and cannot have (a network that does not open).

    The rule counts as skipped; what it yielded before stays.
    """


@dataclass(frozen=True, slots=True)
class Rule:
    """One cross-check.

    `needs` are dotted paths; `key.*.field` makes it run once per entry of `key`, and with `about` only for entries
    that have one of those fields.
    """

    name: str
    needs: tuple[str, ...]
    check: Check
    about: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key whose entries the rule runs over; empty if it runs once."""
        return next((path.split(".")[0] for path in self.needs if ANY in path.split(".")), "")

    def subjects(self, view: View) -> Iterator[str]:
        """Entries it judges; one empty name if it runs once."""
        if not self.key:
            yield ""
        for entry in view.parts.names(self.key) if self.key else ():
            node = view.tree.at((self.key, entry))
            if not self.about or (node is not None and any(field in node.mapping for field in self.about)):
                yield entry

    def routes(self, entry: str) -> Iterator[Route]:
        """What it needs, for one entry."""
        for path in self.needs:
            yield tuple(entry if step == ANY else step for step in path.split("."))


RULES: list[Rule] = []


def rule(name: str, *needs: str, about: tuple[str, ...] = ()) -> Callable[[Check], Check]:
    """Register a check: `check(view)`, or `check(view, entry name)` where a need holds `*`."""

    def register(check: Check) -> Check:
        if any(known.name == name for known in RULES):
            raise ValueError(f"two rules are called {name}")
        RULES.append(Rule(name, needs, check, about))
        return check

    return register


def judge(view: View, rules: Iterable[Rule]) -> tuple[list[Problem], list[Skipped]]:
    """Every problem the rules find, and every rule that could not be judged."""
    problems: list[Problem] = []
    skipped: list[Skipped] = []
    for one in rules:
        for entry in one.subjects(view):
            subject = f"{one.key}.{entry}" if entry else ""
            broken = [route for route in one.routes(entry) if not view.parts.usable(route)]
            if broken:
                skipped.append(Skipped(one.name, subject, f"{dotted(view.parts.because(broken[0]))} is wrong"))
                continue
            try:
                for problem in one.check(view, entry) if entry else one.check(view):
                    problems.append(problem)  # kept even if the check then finds that it cannot go on
            except CannotJudgeError as reason:
                skipped.append(Skipped(one.name, subject, str(reason)))
            except CosimError:
                raise
            except Exception as error:  # noqa: BLE001 - one rule must not silence the others, nor one file the next
                problems.append(_fault(view, one, entry, error))
    return problems, skipped


def _fault(view: View, one: Rule, entry: str, error: Exception) -> Problem:
    """What a rule did not foresee, at the entry it was about."""
    said = f"{one.name}: {error}"
    hint = ""
    if not isinstance(error, OSError):
        at = traceback.extract_tb(error.__traceback__)[-1]
        said = f"a fault of cosim: {one.name}: {type(error).__name__}: {error} [{Path(at.filename).name}:{at.lineno}]"
        hint = "if it stays when all else is mended, report it"
    return view.problem((one.key, entry) if entry else (), said, hint=hint)
