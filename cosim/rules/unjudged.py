"""Rules of a form that bind only what is listed: said before the run where nothing is, for then they are silent."""

from __future__ import annotations

from collections.abc import Iterator

from cosim.findings import Severity
from cosim.rules.checks import Breach
from cosim.rules.facts import Arrangement
from cosim.rules.register import RULES
from cosim.rules.terms import Supply

RULE = "not-judgeable"
MOST_NAMED = 5
_CERTAINTY = "derived: what is stated"
_PLANNED = frozenset(RULES["planned-balancing"].forms)


def not_judged(facts: Arrangement) -> Iterator[Breach]:
    """A warning for each customer of self-wheeling to whom nothing is wheeled; by section, who is in no group.

    The second is information: a study without half-hour plans is a study of something else, not a mistake.
    """
    wheeled = {one.customer for one in facts.wheeling}
    for customer in facts.customers:
        if customer.supply is Supply.SELF_WHEELING and customer.name not in wheeled:
            label = "nothing is wheeled to it: wheeling-surplus, new-plant and fit-barred are not judged"
            hint = f"name its plants in self_wheeling.NAME, with customer: {customer.name}"
            subject = f"customer:{customer.name}"
            yield Breach(RULE, subject, customer.section, label, _CERTAINTY, hint, Severity.WARNING)
    planned = {one for group in facts.balancing for one in group.customers}
    left: dict[str, list[str]] = {}
    for customer in facts.customers:
        form = facts.form(customer)
        if form is not None and form.letter in _PLANNED and customer.name not in planned:
            left.setdefault(customer.section, []).append(customer.name)
    for section, names in left.items():
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        label = f"in no balancing group, so planned-balancing is not judged: {', '.join(names[:MOST_NAMED])}{more}"
        subject = f"section:{section}" if section else "grid:network"
        hint = "name them in balancing.NAME.customers"
        yield Breach(RULE, subject, section, label, _CERTAINTY, hint, Severity.INFORMATION)
